"""What Slack asks of us: proven by its signature, young enough, and read as one thing that a member did. Pure.

Laws: nothing in a request counts before its signature does; it is compared in constant time; a request is at most five
minutes old or early; text comes as the member wrote it, without Slack's own escapes.
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qs

from shared.domain.errors import Refused
from shared.domain.instants import Instant

YOUNG = 300  # s: Slack's own advice against replays
TEXT_MAX = 12_000  # characters of a message: Slack takes 12,000 from a member
SIGNED = re.compile(r"v0=[0-9a-f]{64}")
LINK = re.compile(r"<(?:https?|mailto)[^|>]*\|([^>]*)>|<((?:https?|mailto):[^>]*)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A button of a message of ours."""

    member: str
    word: str  # ack, resolve, escalate
    value: str  # as we wrote it: the incident and the level entry that was shown
    place: str  # where the message stands: ``<channel>:<ts>``
    id: str  # of this press


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """``/tocsin ack 17``: ``text`` is what stands behind the command."""

    member: str
    text: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message in the thread of ``place``."""

    member: str
    text: str
    place: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Slack asks whether this address is ours."""

    text: str


Said = Pressed | Ordered | Written | Challenge


def verify(headers: Mapping[str, str], body: bytes, secret: str, now: Instant) -> None:
    """Raises Refused with the reason. ``headers`` by their names in lower case."""
    at, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    if not (at.isascii() and at.isdecimal() and len(at) <= 12 and SIGNED.fullmatch(signature)):
        raise Refused("no Slack signature")
    expected = "v0=" + hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, "sha256").hexdigest()
    if not hmac.compare_digest(expected, signature):
        raise Refused("a wrong Slack signature")
    if abs(now.timestamp() - int(at)) > YOUNG:
        raise Refused("an old Slack timestamp")


def read_interaction(body: bytes) -> Said | None:
    """None where it is nothing that a member of ours could mean. Raises Refused for what isn't Slack's form."""
    told = _object(_form(body).get("payload", ""))
    if told.get("type") != "block_actions":
        return None
    action = _first(told.get("actions"))
    channel, message = _mapping(told.get("channel")), _mapping(told.get("message"))
    return Pressed(
        member=_text(_mapping(told.get("user")).get("id")),
        word=_text(action.get("action_id")).rpartition(":")[2],
        value=_text(action.get("value")),
        place=f"{_text(channel.get('id'))}:{_text(message.get('ts'))}",
        id=f"{_text(told.get('trigger_id'))} {_text(action.get('action_ts'))}"[:200],
    )


def read_command(body: bytes) -> Said | None:
    told = _form(body)
    return Ordered(
        member=told.get("user_id", ""), text=_plain(told.get("text", "")), id=told.get("trigger_id", "")[:200]
    )


def read_event(body: bytes) -> Said | None:
    """None for whatever is no member's message in a thread: the app's own messages, edits, other events."""
    told = _object(body.decode("utf-8", "replace"))
    if told.get("type") == "url_verification":
        return Challenge(text=_text(told.get("challenge"))[:1000])
    event = _mapping(told.get("event"))
    plain = event.get("type") == "message" and not event.get("subtype") and not event.get("bot_id")
    thread = _text(event.get("thread_ts"))
    if not plain or not thread or not event.get("user"):
        return None
    return Written(
        member=_text(event.get("user")),
        text=_plain(_text(event.get("text"))),
        place=f"{_text(event.get('channel'))}:{thread}",
        id=_text(told.get("event_id"))[:200],
    )


def _form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100)
    except ValueError as fault:
        raise Refused("a form with too many fields") from fault
    return {name: values[0] for name, values in fields.items()}


def _object(text: str) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(text))
    except (ValueError, RecursionError) as fault:
        raise Refused("no JSON where Slack has some") from fault


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _first(value: Any) -> Mapping[str, Any]:
    members = cast("list[Any]", value) if isinstance(value, list) else []
    return _mapping(members[0]) if members else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """As the member wrote it: https://docs.slack.dev/messaging/formatting-message-text#escaping"""
    written = LINK.sub(lambda link: link[1] or link[2], text[:TEXT_MAX])
    return written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
