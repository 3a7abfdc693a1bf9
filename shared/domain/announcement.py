"""What happened to an incident, as one webhook, or one place of a chat, is told of one entry of the timeline.

Laws: its id is the same however often it is sent, so that its receiver counts it once; its body is written once. It
says no address of a person and nothing secret. It is tried for a day, ever more rarely; then it is given up, and kept
with the reason.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from shared.domain.directory import Directory, Medium, Webhook
from shared.domain.incident import Incident
from shared.domain.instants import Instant, format_instant
from shared.domain.telling import told
from shared.domain.timeline import Kind, LogEntry

EVENTS = tuple(f"incident.{kind}" for kind in Kind)
BOARD = Medium.SLACK  # the chat whose messages can be changed
TALKED_OF = frozenset(Kind) - {  # in the thread of a message there; the rest is in its page, or told by the dozen
    Kind.TRIGGERED,
    Kind.ALERT_JOINED,
    Kind.ALERT_CHANGED,
    Kind.ALERT_RESOLVED,
    Kind.LEVEL_SKIPPED,
    Kind.ALERTS_MOVED,
}
WRITTEN = "entries.written"  # said on the bus once for a batch, of what somebody is to be told of: numbers by incident
DUE = "webhook.due"  # said on the bus once a minute, of the announcements whose next attempt is due: their ids
TRIED_FOR = timedelta(days=1)
KEPT = timedelta(days=8)  # from its beginning: a week after it was given up
TEXT_MAX = 2000  # characters of each text
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)  # each is twice the one before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """``due_at`` is when it is sent next unless the attempt that is under way succeeds; None once it is over.

    ``error`` is what the last attempt came to; one that is over and has an error was given up.
    """

    id: str
    webhook: str  # its name; empty for a place of a chat
    place: str | None = None  # the contact's address there: where the incident's message stands is looked up
    incident: str
    number: int  # of the entry
    event: str
    body: str  # JSON; for a chat the line of the thread
    since: Instant
    due_at: Instant | None
    tries: int = 1
    error: str | None = None


def first(
    webhook: Webhook, incident: Incident, number: int, entry: LogEntry, directory: Directory, now: Instant
) -> Announcement:
    """With its first attempt under way."""
    name = identity(webhook.name, incident.id, number)
    event = f"incident.{entry.kind}"
    return Announcement(
        id=name,
        webhook=webhook.name,
        incident=incident.id,
        number=number,
        event=event,
        body=json.dumps(_body(name, event, incident, number, entry, directory), separators=(",", ":")),
        since=now,
        due_at=now + FIRST_PAUSE,
    )


def first_there(
    place: str, incident: str, number: int, entry: LogEntry, directory: Directory, now: Instant
) -> Announcement:
    """To that place of the chat, with its first attempt under way."""
    return Announcement(
        id=identity(BOARD.value, place, incident, number),
        webhook="",
        place=place,
        incident=incident,
        number=number,
        event=f"incident.{entry.kind}",
        body=told(entry, directory)[:TEXT_MAX],
        since=now,
        due_at=now + FIRST_PAUSE,
    )


def talked_of(kind: Kind, level_entry: int | None) -> bool:
    """In the thread of a chat. That the first level was entered is what the page itself says."""
    return kind in TALKED_OF and not (kind is Kind.LEVEL_ENTERED and level_entry == 1)


def wanted(kind: Kind, level_entry: int | None, directory: Directory) -> bool:
    """Somebody is to be told of such an entry, so far as the configuration says."""
    event = f"incident.{kind}"
    return any(webhook.hears(event) for webhook in directory.webhooks.values()) or (
        talked_of(kind, level_entry)
        and any(contact.medium is BOARD for user in directory.users.values() for contact in user.contacts)
    )


def identity(*parts: str | int) -> str:
    """Of who is told (a webhook, or a chat and its place), the incident, and the number of the entry."""
    return sha256(json.dumps(parts).encode()).hexdigest()


def is_due(announcement: Announcement, now: Instant) -> bool:
    return announcement.due_at is not None and announcement.due_at <= now


def too_old(announcement: Announcement, now: Instant) -> bool:
    return now - announcement.since >= TRIED_FOR


def tried_again(announcement: Announcement, now: Instant) -> Announcement:
    """With one more attempt under way."""
    tries = announcement.tries + 1
    pause = min(FIRST_PAUSE * 2 ** min(tries - 1, 10), LONGEST_PAUSE)
    return replace(announcement, tries=tries, due_at=now + pause)


def put_off(announcement: Announcement, now: Instant) -> Announcement:
    """Its attempt was due and wasn't made: it comes again the later the older it is."""
    return replace(announcement, due_at=now + min(max(now - announcement.since, FIRST_PAUSE), LONGEST_PAUSE))


def delivered(announcement: Announcement) -> Announcement:
    return replace(announcement, due_at=None, error=None)


def failed(announcement: Announcement, error: str, not_before: Instant | None = None) -> Announcement:
    """It comes again when it is due, and not before whoever refused it takes more."""
    later = [moment for moment in (announcement.due_at, not_before) if moment is not None]
    return replace(announcement, error=error, due_at=max(later, default=None))


def given_up(announcement: Announcement, error: str) -> Announcement:
    return replace(announcement, due_at=None, error=error)


def _body(
    name: str, event: str, incident: Incident, number: int, entry: LogEntry, directory: Directory
) -> Mapping[str, Any]:
    """People are called as the configuration calls them: ``ada``, and her full name where it says what happened."""
    return {
        "v": 1,
        "id": name,
        "event": event,
        "at": format_instant(entry.at),
        "incident": {
            "id": incident.id,
            "number": incident.number,
            "service": incident.service,
            "title": incident.title[:TEXT_MAX],
            "status": incident.status.value,
            "urgency": incident.urgency.value,
            "priority": incident.priority,
            "tags": list(incident.tags),
            "triggered_at": format_instant(incident.triggered_at),
        },
        "entry": {
            "number": number,
            "kind": entry.kind.value,
            "says": told(entry, directory)[:TEXT_MAX],
            "by": entry.by.user,
            "why": entry.why.value if entry.why else None,
            "level": entry.level,
            "people": list(entry.people),
            "text": entry.text[:TEXT_MAX] if entry.text else None,
        },
    }
