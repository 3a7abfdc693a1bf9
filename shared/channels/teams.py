"""Pages in Microsoft Teams: a card that a workflow of the team's own posts, "When a Teams webhook request is received".

Laws: the workflow's address is a secret, a parameter that the contact names; what comes from outside stands in text
runs, which know no Markdown, and no card mentions anybody; refused → SendFailed with what is to be done, perhaps posted
→ OutcomeUnknown. A card is posted, and never changed: a workflow doesn't say where it posted.
"""

import json
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from shared.channels.facts import Facts, facts
from shared.channels.outside import Answer, Outside
from shared.channels.plain_text import cut, one_line, shown
from shared.channels.texts import Tell, text_of, unheard
from shared.flow.channel import Can, Notice, OutcomeUnknown, SendFailed
from shared.flow.ports import Parameters, Unavailable

CARD = "application/vnd.microsoft.card.adaptive"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION = "1.4"  # that every client of Teams shows
LARGEST = (
    28 * 1024
)  # bytes: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
SUMMARY_MAX, ROWS_MAX, NAME_MAX, VALUE_MAX, WHY_MAX = 1000, 10, 60, 200, 400  # characters, of up to four bytes
OWN, TEMPLATE_MAX = "teams", 2000  # the template's name, and characters of what it makes
SHORT = 2  # s: so long is waited where Teams asks for it
REASON_MAX = 200
COLOURS = {"critical": "attention", "error": "attention", "warning": "warning", "info": "default"}

REFERENCE = "ssm:"
AGAIN = "copy the workflow's address anew into the parameter"
REMEDIES: Mapping[int, str] = {
    400: "the workflow must begin with 'When a Teams webhook request is received' and post the card of its attachments",
    401: AGAIN,
    403: AGAIN,
    404: f"the workflow was deleted, or its address has changed: {AGAIN}",
    410: f"the workflow was deleted: make another, and {AGAIN}",
    413: "the card is too large for Teams: please report it",
}


class TeamsChannel:
    """``wait`` sleeps for seconds; ``tell`` hears of templates that failed."""

    can = Can(answers=False, buttons=False, length=1000)

    def __init__(
        self, parameters: Parameters, outside: Outside, wait: Callable[[float], None], tell: Tell = unheard
    ) -> None:
        self._parameters, self._outside, self._wait, self._tell = parameters, outside, wait, tell

    def send(self, notice: Notice) -> str:
        """The id of the workflow's run, or of the page where it tells none. Raises SendFailed, OutcomeUnknown."""
        url = self._url(notice.contact.address)
        body = json.dumps(render(notice, self._tell), ensure_ascii=False).encode()
        answer = self._post(url, body)
        seconds = _asked_to_wait(answer)
        if seconds is not None and seconds <= SHORT:
            self._wait(seconds)
            answer = self._post(url, body)
        _check(answer)
        own = f"{notice.incident.id} {notice.page.identity if notice.page else ''}"
        return one_line(answer.headers.get("x-ms-workflow-run-id", own), REASON_MAX)

    def _url(self, address: str) -> str:
        name = address.removeprefix(REFERENCE)
        try:
            url = self._parameters.read(name) if address.startswith(REFERENCE) else None
        except Unavailable as fault:
            raise SendFailed(f"the workflow's address can't be read: {fault}") from fault
        if not url:
            raise SendFailed(f"Teams isn't set up: put the workflow's address into the parameter {name}")
        return url.strip()

    def _post(self, url: str, body: bytes) -> Answer:
        try:
            return self._outside.post(url, {"Content-Type": "application/json"}, body)
        except SendFailed as fault:
            raise SendFailed(f"Teams was not reached: {fault}") from fault
        except OutcomeUnknown as fault:
            raise OutcomeUnknown(f"Teams may have posted it: {fault}") from fault


def render(notice: Notice, tell: Tell = unheard) -> Mapping[str, Any]:
    """The message that tells ``notice``. Pure. ``tell`` hears of a template that failed."""
    said = facts(notice)
    since = f"{said.status.capitalize()}. Since {said.since} ({said.zone}). {cut(said.why_you, WHY_MAX)}"
    rows = [_row(cut(name, NAME_MAX), cut(value, VALUE_MAX)) for name, value in islice(said.rows, ROWS_MAX)]
    card = {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": _inert(f"{said.headline}: {cut(said.summary, VALUE_MAX)}"),
        "msteams": {"width": "Full"},
        "body": [
            *_what(said, notice, tell),
            _text(since, isSubtle=True),
            *rows,
        ],
    }
    if said.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Answer", "url": said.link}]
    return {"type": "message", "attachments": [{"contentType": CARD, "contentUrl": None, "content": card}]}


def _what(said: Facts, notice: Notice, tell: Tell) -> list[Mapping[str, Any]]:
    """By the account's own template where there is one: its Markdown is meant, what it fills in is escaped."""
    if OWN in notice.templates:
        return [{"type": "TextBlock", "wrap": True, "text": cut(text_of(OWN, notice, tell), TEMPLATE_MAX)}]
    nobody = [_text(f"{said.nobody.capitalize()}. Please see to it.", weight="bolder")] if said.nobody else []
    return [
        _text(said.headline, weight="bolder", color=COLOURS.get(said.severity, "default")),
        *nobody,
        _text(cut(said.summary, SUMMARY_MAX) or "no summary", size="large"),
    ]


def _text(text: str, **looks: Any) -> Mapping[str, Any]:
    """Plain text: https://adaptivecards.io/explorer/TextRun.html"""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": _inert(text), **looks}]}


def _row(name: str, value: str) -> Mapping[str, Any]:
    runs = [
        {"type": "TextRun", "text": f"{_inert(name)}: ", "isSubtle": True},
        {"type": "TextRun", "text": _inert(value) or " "},
    ]
    return {"type": "RichTextBlock", "inlines": runs, "spacing": "small"}


def _inert(text: str) -> str:
    """Without what a card would put in the place of a text: ``{{DATE(…)}}``, ``${…}``."""
    return shown(text.replace("{{", "{ {").replace("${", "$ {"), 2 * SUMMARY_MAX)


def _asked_to_wait(answer: Answer) -> int | None:
    if answer.status != 429:
        return None
    asked = answer.headers.get("retry-after", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 60


def _check(answer: Answer) -> None:
    """https://learn.microsoft.com/power-automate/ and a workflow's own answers: 202 is taken. Raises as ``send``."""
    if 200 <= answer.status < 300:
        return
    said = one_line(answer.body.decode("utf-8", "replace"), REASON_MAX)
    if answer.status >= 500:
        raise OutcomeUnknown(f"Teams may have posted it: {answer.status} {said}")
    if (seconds := _asked_to_wait(answer)) is not None:
        raise SendFailed(f"Teams takes no more messages for {seconds} s")
    remedy = REMEDIES.get(answer.status)
    raise SendFailed(f"Teams refused: {answer.status}{f': {remedy}' if remedy else f' {said}'}")
