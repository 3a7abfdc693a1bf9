"""Pages and answers by mail, through SES.

Laws: the first lines tell a half-asleep reader the service, how bad it is and what it is; all mail of an incident is
one thread; text from outside is one escaped line wherever it stands, and no line of a page is a command by itself.
"""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import formataddr
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.channels.facts import NAME_MAX, SUMMARY_MAX, VALUE_MAX, rows
from shared.channels.plain_text import cut, one_line, shown
from shared.channels.sending import sending_by
from shared.channels.wording import for_fallback, local, severity, unanswered, why_you
from shared.domain.answer import headline
from shared.domain.directory import Urgency
from shared.flow.ports import Can, Notice

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

SUBJECT_MAX = 120  # characters; a phone shows 40, a list of mails about 100
HEADER_MAX = 870  # characters: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html

HOW_TO_ANSWER = "Reply with one line: ack, resolve or escalate; help says what else."
COLOURS = {"critical": "#b42318", "error": "#c4320a", "warning": "#a15c07", "info": "#344054"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]


class MailChannel:
    """Sends by SES v2. ``client`` has retries switched off."""

    can = Can(answers=True, buttons=False, length=100_000)

    def __init__(self, client: "SESV2Client", from_address: str) -> None:
        self._client = client
        self._from = formataddr(("Tocsin", from_address))

    def send(self, notice: Notice) -> str:
        """Sends once; SES's message id. Raises SendFailed, OutcomeUnknown."""
        mail = render(notice)
        with sending_by("SES"):
            answer = self._client.send_email(
                FromEmailAddress=self._from,
                Destination={"ToAddresses": [notice.contact.address]},
                ReplyToAddresses=[notice.reply_to] if notice.reply_to else [],
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": mail.text, "Charset": "UTF-8"},
                            "Html": {"Data": mail.html, "Charset": "UTF-8"},
                        },
                        "Headers": [{"Name": name, "Value": value} for name, value in mail.headers],
                    }
                },
            )
        return answer["MessageId"]


def render(notice: Notice) -> Mail:
    """The mail that tells ``notice``. Pure."""
    if notice.answer is not None:
        return _answer(notice, notice.answer)
    return Mail(subject=_subject(notice), text=_text(notice), html=_html(notice), headers=_headers(notice))


def _subject(notice: Notice) -> str:
    """The same for all pages of an incident, since mail programs join threads by it."""
    incident = notice.incident
    nobody = f"{unanswered(notice).capitalize()}: " if for_fallback(notice) else ""
    what = f"[#{incident.number} {severity(notice)}] {nobody}{incident.service}: {incident.title}"
    return one_line(what, SUBJECT_MAX)


def _headers(notice: Notice) -> tuple[tuple[str, str], ...]:
    thread, answered = f"<{notice.incident.id}.incident@tocsin>", _printable(notice.in_reply_to)
    urgent = notice.answer is None and notice.incident.urgency is Urgency.HIGH
    headers = {
        # RFC 3834 §5: what we send is never answered by a machine, what answers is told from what begins.
        "Auto-Submitted": "auto-generated" if notice.answer is None else "auto-replied",
        "X-Auto-Response-Suppress": "All",  # the same for Exchange
        # SES sets the Message-ID itself, so a thread hangs on an id that no mail has (RFC 5322 §3.6.4).
        "References": f"{thread} {answered}" if answered else thread,
        "In-Reply-To": answered or thread,
        "Importance": "high" if urgent else "normal",
    }
    return tuple(headers.items())


def _printable(message_id: str | None) -> str | None:
    """A message id as a header takes it, or none."""
    if message_id is None or len(message_id) > HEADER_MAX // 2:
        return None
    return message_id if all("!" <= character <= "~" for character in message_id) else None


def _answer(notice: Notice, answer: str) -> Mail:
    """What became of a reply, in the thread of its incident."""
    incident = notice.incident
    said = [shown(line, SUMMARY_MAX) for line in answer.splitlines()]
    status = f"{incident.number} is {incident.status}: {shown(incident.title, VALUE_MAX)}"
    head = headline(incident.number, severity(notice), shown(incident.service, NAME_MAX))
    lines = "".join(f'<p style="margin:0 0 8px">{html.escape(line)}</p>' for line in said)
    return Mail(
        subject=cut(f"Re: {_subject(notice)}", SUBJECT_MAX),
        text="\n".join([*said, "", head, status, ""]),
        html=_page(f"{lines}{_small(head)}{_small(status)}"),
        headers=_headers(notice),
    )


def _text(notice: Notice) -> str:
    told = list(rows(notice))
    width = max((len(name) for name, _ in told), default=0)
    details = [f"{name:<{width}}  {value}" for name, value in told]
    foot = [why_you(notice), *([f"Tocsin of {shown(notice.account, NAME_MAX)}"] if notice.account else [])]
    parts = [[*_first_lines(notice)], [_since(notice)], [_how(notice)], details, foot]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _html(notice: Notice) -> str:
    head, *first = [html.escape(line) for line in _first_lines(notice)]
    colour = COLOURS.get(severity(notice), COLOURS["info"])
    what = "".join(f'<p style="margin:4px 0 0;font-size:18px"><b>{line}</b></p>' for line in first)
    told = "".join(_row(name, value) for name, value in rows(notice))
    foot = _small(why_you(notice)) + (_small(f"Tocsin of {shown(notice.account, NAME_MAX)}") if notice.account else "")
    return _page(
        f'<p style="margin:0;color:{colour}"><b>{head}</b></p>{what}'
        f'<p style="margin:12px 0">{html.escape(_since(notice))}</p>'
        f'<p style="margin:12px 0"><b>{html.escape(_how(notice))}</b></p>'
        f'<table cellpadding="0" cellspacing="0">{told}</table>{foot}'
    )


def _page(body: str) -> str:
    style = "font:15px/1.4 -apple-system,Segoe UI,Roboto,sans-serif;color:#101828"
    return f'<!doctype html><html lang="en"><body style="margin:0;padding:16px;{style}">{body}</body></html>\n'


def _small(line: str) -> str:
    return f'<p style="margin:12px 0 0;color:#667085;font-size:13px">{html.escape(line)}</p>'


def _row(name: str, value: str) -> str:
    shown_value = html.escape(value)
    if _is_link(value):  # the address itself is what is shown: a text over a link could say another
        shown_value = f'<a href="{shown_value}" rel="noopener noreferrer">{shown_value}</a>'
    return (
        f'<tr><td style="padding:2px 12px 2px 0;color:#667085;vertical-align:top">{html.escape(name)}</td>'
        f'<td style="padding:2px 0;word-break:break-word">{shown_value}</td></tr>'
    )


def _is_link(value: str) -> bool:
    if " " in value or not value.isascii() or not value.lower().startswith(("https://", "http://")):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.hostname) and parts.username is None


def _first_lines(notice: Notice) -> Iterator[str]:
    incident = notice.incident
    yield headline(incident.number, severity(notice), shown(incident.service, NAME_MAX))
    if for_fallback(notice):
        yield f"{unanswered(notice).capitalize()}. Please see to it."
    yield shown(incident.title, SUMMARY_MAX)


def _since(notice: Notice) -> str:
    at = notice.incident.triggered_at
    here, zone = local(at, notice)
    clock = f"Since {here:%H:%M} on {here:%a} {here.day} {here:%b %Y} ({zone})"
    return f"{clock}." if zone == "UTC" else f"{clock}, {at.astimezone(UTC):%H:%M} UTC."


def _how(notice: Notice) -> str:
    return HOW_TO_ANSWER if notice.reply_to else "Replies to this mail are not read."
