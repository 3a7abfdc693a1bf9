"""The present state of one problem, and what an event of its key does to it.

Identity is settled at the door: the key comes from the sender's own id, never from wording. Events of one key take
effect in the order in which they were accepted; a duplicate changes nothing; what was overtaken is noted as late.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from shared.domain.event import Action, Event, Severity
from shared.domain.instants import Instant, whole_second

REDRIVEN = timedelta(minutes=15)  # hosts' clocks differ by up to 10 min; the door puts an event into the queue at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An event as the door made it durable; ``generation``, ``sequence`` (39 digits), ``sent_at`` are the queue's."""

    event_id: str
    accepted_at: Instant
    integration: str | None
    key: str
    event: Event
    raw: Any = None
    raw_at: str | None = None  # where the message lies, if it is too large to travel
    routing_key: str | None = None  # still to be verified: the directory couldn't be read at the door
    generation: str = ""
    sequence: str = ""
    sent_at: Instant | None = None  # when it came into the queue, by the queue's clock


def routed_key(integration: str, dedup_key: str) -> str:
    """The key of a sender with a routing key: another integration's same dedup key is another alert."""
    return f"{integration}|{dedup_key}"


def aws_key(source_type: str, event: Event) -> str:
    """The key of an AWS event: the same by whatever integration it comes, so a recovery always meets its alert."""
    return f"aws:{source_type}|{event.account or ''}|{event.region or ''}|{event.dedup_key}"


def key_hash(key: str) -> str:
    """The key as an item's key and a queue's group: 64 characters whatever the sender wrote."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class KeyStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    SUPPRESSED = "suppressed"
    HELD = "held"  # no incident yet: a pause or maintenance lasts
    RECOVERING = "recovering"  # its incident is open: it flaps, and its recovery is to last
    COUNTING = "counting"  # no incident yet: it didn't come often enough


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """The small item of an alert key, under 1 KB. An alert is open if this says so and its incident isn't resolved."""

    hash: str
    state: KeyStatus
    state_at: Instant | None = None  # the last change of state, by the vendor's clock where it gave a time
    alert: str | None = None
    incident: str | None = None
    count: int = 0
    last_seen: Instant
    accepted_at: Instant  # of the last event that took effect
    generation: str = ""
    last_seq: str = ""
    said: str = ""  # a digest of severity and summary: tells a repeat from a change
    severity: Severity = Severity.INFO
    recent: str = ""  # when it spoke of late, where a rule counts that: see tally.py
    openings: str = ""  # when it opened of late, where its service asks whether it flaps: the same

    @property
    def in_incident(self) -> bool:
        """Whether the alert is an open one of its incident."""
        return self.state in (KeyStatus.OPEN, KeyStatus.RECOVERING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One problem of an incident, as it was when it opened; its counters are the key's."""

    id: str
    key: str
    event_id: str
    event: Event
    raw: Any = None
    raw_at: str | None = None


class Effect(StrEnum):
    """What an event does."""

    OPENS = "opens"
    COUNTS = "counts"  # it may have come often enough by now
    REPEATS = "repeats"
    CHANGES = "changes"
    RELAPSES = "relapses"  # it comes back while its recovery is held
    ACKNOWLEDGES = "acknowledges"
    RESOLVES = "resolves"
    REMEMBERED = "remembered"  # a resolve that meets nothing
    LATE = "late"
    DUPLICATE = "duplicate"
    MEETS_NOTHING = "meets nothing"


def said(event: Event) -> str:
    """The digest that tells a repeat from a change."""
    return _digest(event.severity, event.summary)


@lru_cache(maxsize=64)  # of one event it is asked for twice, and repeats say the same
def _digest(severity: Severity, summary: str) -> str:
    return hashlib.sha256(f"{severity}\0{summary}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def effect(known: KeyState | None, incident_open: bool, accepted: Accepted) -> Effect:
    """SEMANTICS §2's table. ``incident_open`` tells of the incident that ``known`` names."""
    if known is not None and is_duplicate(known, accepted):
        return Effect.DUPLICATE
    if known is not None and _overtaken(known, accepted):
        return Effect.LATE
    is_open = known is not None and known.state is not KeyStatus.CLOSED and (incident_open or known.incident is None)
    match accepted.event.action:
        case Action.TRIGGER if known is not None and known.state is KeyStatus.COUNTING:
            return Effect.COUNTS
        case Action.TRIGGER if known is not None and known.state is KeyStatus.RECOVERING and is_open:
            return Effect.LATE if _older_than_its_end(known, accepted.event) else Effect.RELAPSES
        case Action.TRIGGER if known is not None and is_open:
            return Effect.REPEATS if known.said == said(accepted.event) else Effect.CHANGES
        case Action.TRIGGER:
            return Effect.LATE if known is not None and _older_than_its_end(known, accepted.event) else Effect.OPENS
        case Action.ACKNOWLEDGE:
            return Effect.ACKNOWLEDGES if is_open else Effect.MEETS_NOTHING
        case Action.RESOLVE:
            return Effect.RESOLVES if is_open else Effect.REMEMBERED


def is_duplicate(known: KeyState, accepted: Accepted) -> bool:
    """The queue delivered it before. Sequence numbers compare within one generation of the queue only."""
    return bool(accepted.generation) and (
        known.generation == accepted.generation and accepted.sequence <= known.last_seq
    )


def _overtaken(known: KeyState, accepted: Accepted) -> bool:
    """Of an older queue, or redriven from dead letters: newer events took effect before it."""
    if known.generation == accepted.generation and not _redriven(accepted):
        return False  # the queue's own order holds
    return accepted.accepted_at <= known.accepted_at


def _redriven(accepted: Accepted) -> bool:
    """It came into the queue anew, long after the door had accepted it."""
    return accepted.sent_at is not None and accepted.sent_at - accepted.accepted_at > REDRIVEN


def _older_than_its_end(known: KeyState, event: Event) -> bool:
    """A trigger that the vendor sent before the key's last change of state doesn't reopen it."""
    return known.state_at is not None and event.timestamp is not None and event.timestamp < whole_second(known.state_at)
