"""What happened to an incident, as one webhook is told of one entry of the timeline.

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

from shared.domain.directory import Directory, Webhook
from shared.domain.incident import Incident
from shared.domain.instants import Instant, format_instant
from shared.domain.telling import told
from shared.domain.timeline import Kind, LogEntry

EVENTS = tuple(f"incident.{kind}" for kind in Kind)
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
    webhook: str  # its name
    incident: str
    number: int  # of the entry
    event: str
    body: str  # JSON
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


def identity(webhook: str, incident: str, number: int) -> str:
    return sha256(json.dumps([webhook, incident, number]).encode()).hexdigest()


def is_due(announcement: Announcement, now: Instant) -> bool:
    return announcement.due_at is not None and announcement.due_at <= now


def too_old(announcement: Announcement, now: Instant) -> bool:
    return now - announcement.since >= TRIED_FOR


def tried_again(announcement: Announcement, now: Instant) -> Announcement:
    """With one more attempt under way."""
    tries = announcement.tries + 1
    pause = min(FIRST_PAUSE * 2 ** min(tries - 1, 10), LONGEST_PAUSE)
    return replace(announcement, tries=tries, due_at=now + pause)


def delivered(announcement: Announcement) -> Announcement:
    return replace(announcement, due_at=None, error=None)


def failed(announcement: Announcement, error: str) -> Announcement:
    return replace(announcement, error=error)


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
