"""What people respond to, and its timeline.

Laws: the timeline is the truth, and an incident is the fold of its log entries. Entries are numbered without gaps, and
``version`` is the number of the last. ``epoch`` rises whenever whom to tell changes; whoever holds an older one writes
nothing. Resolved is final.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from shared.domain.directory import Policy, Urgency
from shared.domain.errors import Refused
from shared.domain.event import Severity
from shared.domain.instants import Instant


class Status(StrEnum):
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Kind(StrEnum):
    """What a log entry records; each is past."""

    TRIGGERED = "triggered"
    ALERT_JOINED = "alert_joined"
    ALERT_CHANGED = "alert_changed"
    ALERT_RESOLVED = "alert_resolved"
    LEVEL_ENTERED = "level_entered"
    LEVEL_SKIPPED = "level_skipped"
    EXHAUSTED = "exhausted"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGEMENT_TIMED_OUT = "acknowledgement_timed_out"
    SNOOZED = "snoozed"
    SNOOZE_ENDED = "snooze_ended"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"
    URGENCY_RAISED = "urgency_raised"
    RESOLVED = "resolved"
    AUTO_RESOLVED = "auto_resolved"
    MERGED = "merged"
    NOTED = "noted"
    STATUS_UPDATED = "status_updated"
    PRIORITY_CHANGED = "priority_changed"


T, A, R = Status.TRIGGERED, Status.ACKNOWLEDGED, Status.RESOLVED
STAYS = {T: T, A: A}

NEXT: Mapping[Kind, Mapping[Status, Status]] = {  # a pair that is missing is not allowed
    Kind.ALERT_JOINED: STAYS,
    Kind.ALERT_CHANGED: STAYS,
    Kind.ALERT_RESOLVED: STAYS,
    Kind.LEVEL_ENTERED: {T: T},
    Kind.LEVEL_SKIPPED: {T: T},
    Kind.EXHAUSTED: {T: T},
    Kind.ACKNOWLEDGED: {T: A, A: A},
    Kind.UNACKNOWLEDGED: {A: T},
    Kind.ACKNOWLEDGEMENT_TIMED_OUT: {A: T},
    Kind.SNOOZED: {T: A, A: A},
    Kind.SNOOZE_ENDED: {A: T},
    Kind.ESCALATED: {T: T, A: T},
    Kind.REASSIGNED: {T: T, A: T},
    Kind.URGENCY_RAISED: {T: T, A: T},
    Kind.RESOLVED: {T: R, A: R},
    Kind.AUTO_RESOLVED: {T: R, A: R},
    Kind.MERGED: {T: R, A: R},
    Kind.NOTED: STAYS,
    Kind.STATUS_UPDATED: STAYS,
    Kind.PRIORITY_CHANGED: STAYS,
}

PAGES_A_LEVEL = frozenset(  # what begins a level anew, or another one
    {
        Kind.TRIGGERED,
        Kind.UNACKNOWLEDGED,
        Kind.ACKNOWLEDGEMENT_TIMED_OUT,
        Kind.SNOOZE_ENDED,
        Kind.ESCALATED,
        Kind.REASSIGNED,
        Kind.URGENCY_RAISED,
    }
)
ENDS = frozenset({Kind.RESOLVED, Kind.AUTO_RESOLVED, Kind.MERGED})
RAISES_EPOCH = PAGES_A_LEVEL | ENDS | {Kind.ACKNOWLEDGED, Kind.SNOOZED}


class Why(StrEnum):
    """Reasons, in the same words on the timeline, in the page and in the log."""

    LEVEL_DUE = "the level is due"
    NOBODY_ON_CALL = "nobody is on call"
    NO_CONTACT_METHOD = "nobody at this level has a contact method"
    EVERY_METHOD_FAILED = "every method of everybody at this level failed"
    SUPPORT_HOURS = "the support hours have begun"
    UNANSWERED = "nobody acknowledged in time"
    EXHAUSTED = "the policy is exhausted"
    NOBODY_REACHABLE = "the policy reaches nobody"
    SOMEONE_HAS_IT = "someone has it"
    IT_IS_RESOLVED = "it is resolved"
    STALE_EPOCH = "another run has taken over"
    NO_SUCH_INCIDENT = "there is no such incident"
    WAITING = "the next moment has not come"
    NOTHING_LEFT = "nothing is left to come"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who caused an entry: a person, an integration, or the system itself (neither)."""

    user: str | None = None
    integration: str | None = None
    via: str | None = None  # the channel of a person's answer
    message_id: str | None = None  # the provider's id of that answer


SYSTEM = Author()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """One rule that was tried on an event, and what came of it."""

    rule: str
    matched: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What an incident is when it is triggered; fixed then."""

    number: int
    service: str
    title: str
    urgency: Urgency
    priority: str | None = None
    tags: tuple[str, ...] = ()
    policy: Policy
    turn: int = 0  # the incident's place among those of its policy: round robin counts by it
    raises_at: Instant | None = None  # when low urgency becomes high: as the support hours begin
    acknowledgement_timeout: timedelta | None = None
    auto_resolve: timedelta | None = None
    runbook: str | None = None  # the one that a rule named
    ticket: Mapping[str, Any] | None = None  # as a rule asks for it


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of a timeline. ``at`` is when it was committed, ``due`` when it ought to have been."""

    kind: Kind
    at: Instant
    by: Author = SYSTEM
    epoch: int = 0  # the incident's epoch after this entry
    due: Instant | None = None
    why: Why | None = None
    opening: Opening | None = None
    alert: str | None = None
    severity: Severity | None = None
    summary: str | None = None
    rules: tuple[RuleTrace, ...] = ()
    round: int | None = None
    level: int | None = None
    entry: int | None = None
    people: tuple[str, ...] = ()
    directory: int | None = None  # the version of the directory that a level's people are paged by
    policy: Policy | None = None
    until: Instant | None = None
    into: str | None = None
    priority: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Changes only by ``apply``; ``fold(id, log)`` gives the same."""

    id: str
    number: int
    service: str
    title: str
    status: Status = Status.TRIGGERED
    urgency: Urgency
    priority: str | None = None
    tags: tuple[str, ...] = ()
    policy: Policy
    turn: int = 0
    raises_at: Instant | None = None
    acknowledgement_timeout: timedelta | None = None
    auto_resolve: timedelta | None = None
    triggered_at: Instant
    open_alerts: int = 1
    alerts: int = 1
    round: int = 0  # from 0; at most ``policy.repeat``
    level: int = 0  # from 1; 0 before the first
    entry: int = 0  # each entering of a level has a number of its own
    entered_at: Instant | None = None  # when the present level was due
    people: tuple[str, ...] = ()  # whom the present level pages: the assignees
    directory: int = 0
    reached: bool = False  # somebody was paged in this round
    next_level: int | None = None  # the level to enter at ``next_at``; None while the present one lasts
    next_at: Instant | None = None
    exhausted: bool = False
    acknowledged_by: tuple[str, ...] = ()
    acknowledged_at: Instant | None = None
    snoozed_until: Instant | None = None
    touched: bool = False  # a person did something to it
    merged_into: str | None = None
    epoch: int = 0
    version: int = 0

    @property
    def open(self) -> bool:
        return self.status is not Status.RESOLVED

    @property
    def name(self) -> str:
        """What people call it: the title up to its first colon."""
        return self.title.partition(": ")[0][:80]


def begin(incident: str, entry: LogEntry) -> Incident:
    """The incident that a ``triggered`` entry begins."""
    opening = entry.opening
    if entry.kind is not Kind.TRIGGERED or opening is None:
        raise ValueError(f"the timeline of {incident} begins with {entry.kind}, not with its opening")
    return Incident(
        id=incident,
        number=opening.number,
        service=opening.service,
        title=opening.title,
        urgency=opening.urgency,
        priority=opening.priority,
        tags=opening.tags,
        policy=opening.policy,
        turn=opening.turn,
        raises_at=opening.raises_at,
        acknowledgement_timeout=opening.acknowledgement_timeout,
        auto_resolve=opening.auto_resolve,
        triggered_at=entry.at,
        next_level=1,
        next_at=entry.due or entry.at,
        epoch=1,
        version=1,
    )


def apply(incident: Incident, entry: LogEntry) -> Incident:
    """``incident`` after ``entry``. Raises Refused where the table ``NEXT`` doesn't allow it."""
    status = NEXT.get(entry.kind, {}).get(incident.status)
    if status is None:
        raise Refused(f"{incident.number} is {incident.status}: it can't be {entry.kind.replace('_', ' ')}")
    raises = raises_epoch(incident, entry.kind)
    after = replace(incident, status=status, version=incident.version + 1, epoch=incident.epoch + raises)
    if entry.by.user is not None:
        after = replace(after, touched=True)
    if entry.kind in PAGES_A_LEVEL:
        after = _page_anew(after, entry)
    elif entry.kind in ENDS:
        after = replace(after, open_alerts=0, next_level=None, next_at=None, snoozed_until=None, merged_into=entry.into)
    return _details(after, entry)


def raises_epoch(incident: Incident, kind: Kind) -> bool:
    """Whether ``kind`` changes whom to tell; a further acknowledgement only adds a name."""
    if kind is Kind.ACKNOWLEDGED:
        return incident.status is Status.TRIGGERED or incident.snoozed_until is not None
    return kind in RAISES_EPOCH


def fold(incident: str, log: Iterable[LogEntry]) -> Incident:
    """The incident that its whole timeline tells. Raises ValueError on an empty one."""
    entries = iter(log)
    first = next(entries, None)
    if first is None:
        raise ValueError(f"{incident} has no timeline")
    state = begin(incident, first)
    for entry in entries:
        state = apply(state, entry)
    return state


def _page_anew(incident: Incident, entry: LogEntry) -> Incident:
    """Some level is to be entered at once: by default the present one."""
    return replace(
        incident,
        next_level=max(incident.level, 1) if entry.level is None else entry.level,
        next_at=entry.due or entry.at,
        exhausted=False,
        acknowledged_by=(),
        acknowledged_at=None,
        snoozed_until=None,
    )


def _details(incident: Incident, entry: LogEntry) -> Incident:
    match entry.kind:
        case Kind.LEVEL_ENTERED:
            return replace(
                incident,
                round=entry.round or 0,
                level=entry.level or 1,
                entry=entry.entry or incident.entry + 1,
                entered_at=entry.due,
                people=entry.people,
                directory=entry.directory or 0,
                reached=True,
                next_level=None,
                next_at=None,
            )
        case Kind.LEVEL_SKIPPED:
            level, same_round = entry.level or 1, entry.round == incident.round
            return replace(
                incident,
                round=entry.round or 0,
                level=level,
                entered_at=None,
                people=(),
                reached=incident.reached and same_round,
                next_level=level + 1,
                next_at=entry.due,
            )
        case Kind.EXHAUSTED:
            return replace(
                incident, entry=entry.entry or incident.entry + 1, exhausted=True, next_level=None, next_at=None
            )
        case Kind.ACKNOWLEDGED:
            names = (entry.by.user,) if entry.by.user and entry.by.user not in incident.acknowledged_by else ()
            return replace(
                incident,
                acknowledged_by=incident.acknowledged_by + names,
                acknowledged_at=entry.at,
                snoozed_until=None,
                next_level=None,
                next_at=None,
            )
        case Kind.SNOOZED:
            return replace(
                incident,
                snoozed_until=entry.until,
                acknowledged_at=entry.at,
                acknowledged_by=incident.acknowledged_by or ((entry.by.user,) if entry.by.user else ()),
                next_level=None,
                next_at=None,
            )
        case Kind.REASSIGNED:
            return replace(incident, policy=entry.policy or incident.policy, round=0, reached=False)
        case Kind.URGENCY_RAISED:
            return replace(incident, urgency=Urgency.HIGH, raises_at=None)
        case Kind.ALERT_JOINED:
            return replace(incident, alerts=incident.alerts + 1, open_alerts=incident.open_alerts + 1)
        case Kind.ALERT_RESOLVED:
            return replace(incident, open_alerts=incident.open_alerts - 1)
        case Kind.PRIORITY_CHANGED:
            return replace(incident, priority=entry.priority)
        case _:
            return incident
