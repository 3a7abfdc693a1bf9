"""An incident as a message of Slack, and a line of its thread. Pure.

Laws: what comes from outside stands in plain text, with ``&``, ``<`` and ``>`` escaped, so that nothing in it formats,
links, shows a picture or calls anybody; mentions are ours alone. The account's own template may format, and there, too,
nothing from outside links or calls anybody. Whatever an incident says, its message is within Slack's limits.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from typing import Any

from shared.channels.facts import Facts, facts
from shared.channels.plain_text import cut, shown
from shared.channels.texts import Tell, text_of, unheard
from shared.channels.wording import why_you
from shared.domain.answer import Word
from shared.domain.directory import Medium
from shared.domain.incident import Status
from shared.flow.channel import Notice

# https://docs.slack.dev/reference/block-kit/blocks/header-block, …/section-block, …/context-block
HEADER_MAX, TEXT_MAX, FIELD_MAX, FIELDS_MAX = 150, 3000, 2000, 10
TITLE_MAX = 1500  # characters, escaped: all of a message is refused beyond about 13,000
VALUE_MAX = 240  # of a row: more is on the incident's page
TEMPLATE_MAX = 2900  # of what the account's own template makes
LINE_MAX, LINES_MAX = 2500, 60  # of a line of a thread, and of what one member is told

OWN = "slack"  # the template's name
PART_OF_ENTITY = re.compile(r"&[a-z]{0,3}(?=…?$)")  # where it was cut

BUTTON = "tocsin:"  # begins the action ids of our buttons; the word follows
BUTTONS: Mapping[Word, tuple[str, str | None]] = {  # what they say, and their colour
    Word.ACK: ("Acknowledge", "primary"),
    Word.RESOLVE: ("Resolve", None),
    Word.ESCALATE: ("Escalate", "danger"),
}
OFFERED: Mapping[Status, tuple[Word, ...]] = {
    Status.TRIGGERED: (Word.ACK, Word.RESOLVE, Word.ESCALATE),
    Status.ACKNOWLEDGED: (Word.RESOLVE, Word.ESCALATE),
    Status.RESOLVED: (),
}

Block = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """``text`` is what a notification says, and what a reader without blocks gets."""

    text: str
    blocks: Sequence[Block]


def escaped(text: str, limit: int) -> str:
    """One line of ``text``, at most ``limit`` characters once ``&``, ``<`` and ``>`` are written as entities."""
    line = shown(text, limit)
    while len(written := escape(line, quote=False)) > limit:
        line = cut(line, len(line) - max((len(written) - limit) // 4, 1))
    return written


def escaped_lines(text: str) -> str:
    """As ``escaped``, with the line breaks that ``text`` has."""
    return cut("\n".join(escaped(line, LINE_MAX) for line in text.split("\n", LINES_MAX)), LINE_MAX)


def render(notice: Notice, tell: Tell = unheard) -> Message:
    """The message that shows ``notice``'s incident as it is now. ``tell`` hears of a template that failed."""
    incident = notice.incident
    said = facts(notice)
    state = f"{said.nobody.capitalize()}. Please see to it." if said.nobody else _state(notice)
    told = [(name, cut(value, VALUE_MAX)) for name, value in islice(said.rows, FIELDS_MAX)]
    blocks: list[Block] = [
        *_what(said, notice, tell),
        {"type": "context", "elements": [_plain(f"{state} {_since(said)} {said.why_you}", TEXT_MAX)]},
    ]
    if told:
        fields = [_plain(f"{name}: {value}", 2 * VALUE_MAX) for name, value in told]
        blocks.append({"type": "section", "fields": fields})
    if offered := OFFERED[incident.status]:
        blocks.append({"type": "actions", "elements": [_button(word, notice) for word in offered]})
    return Message(text=escaped(f"{said.headline}: {said.summary}", TITLE_MAX), blocks=blocks)


def _what(said: Facts, notice: Notice, tell: Tell) -> list[Block]:
    """By the account's own template where there is one: its markup is meant, what it fills in is escaped."""
    if OWN in notice.templates:
        text = PART_OF_ENTITY.sub("", cut(text_of(OWN, notice, tell), TEMPLATE_MAX))
        return [{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}]
    return [
        {"type": "header", "text": _plain(said.headline, HEADER_MAX)},
        {"type": "section", "text": _plain(said.summary or said.headline, TITLE_MAX)},
    ]


def again(notice: Notice) -> str:
    """The line of the thread by which somebody is told of an incident that its place has already."""
    member = notice.user and next((c.address for c in notice.user.contacts if is_member(c)), None)
    incident = notice.incident
    line = f"{incident.number} {incident.name} is {incident.status}. {why_you(notice)}"
    return f"{f'<@{member}> ' if member else ''}{escaped(line, LINE_MAX)}"


def is_member(contact: Any) -> bool:
    """A contact that is one person in Slack; a channel is a place."""
    return contact.medium is Medium.SLACK and contact.address[:1] in ("U", "W")


def _state(notice: Notice) -> str:
    incident = notice.incident
    who = ", ".join(incident.acknowledged_by) if incident.status is Status.ACKNOWLEDGED else ""
    return f"{incident.status.capitalize()}{f' by {who}' if who else ''}."


def _since(said: Facts) -> str:
    return f"Since {said.since} ({said.zone}){f', {said.utc} UTC' if said.zone != 'UTC' else ''}."


def _button(word: Word, notice: Notice) -> Block:
    said, style = BUTTONS[word]
    button = {
        "type": "button",
        "action_id": f"{BUTTON}{word}",
        "text": {"type": "plain_text", "text": said},
        "value": f"{notice.incident.id} {notice.incident.entry}",  # the level entry that its reader saw
    }
    return {**button, "style": style} if style else button


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": escaped(text, limit) or " ", "emoji": False}
