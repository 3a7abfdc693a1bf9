"""What people respond to, and its timeline.

Laws: the timeline is the truth, and an incident is the fold of its log entries. Entries are numbered without gaps, and
``version`` is the number of the last. ``epoch`` rises whenever whom to tell changes; whoever holds an older one writes
nothing. Resolved is final.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from shared.domain.directory import Policy, Urgency
from shared.domain.errors import Refused
from shared.domain.instants import Instant
from shared.domain.responder import Responder, answered, unreached
from shared.domain.timeline import Kind, LogEntry


class Status(StrEnum):
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


TIMELINE_MAX = 10_000  # entries: an alert that changes each second has as many within three hours
ALERTS_MAX = 1000  # of one incident: nothing grows without bound

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
    Kind.ALERTS_MOVED: STAYS,
    Kind.RESPONDER_ADDED: STAYS,
    Kind.RESPONDER_UNREACHED: STAYS,
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
    next_level: int | None = None  # the level to enter; None while the present one lasts
    next_at: Instant | None = None  # when; None while somebody has it
    exhausted: bool = False
    acknowledged_by: tuple[str, ...] = ()
    acknowledged_at: Instant | None = None
    snoozed_until: Instant | None = None
    touched: bool = False  # a person did something to it
    responders: tuple[Responder, ...] = ()  # who was added beside the level's people; the place is their number's
    merged_into: str | None = None
    merged: tuple[str, ...] = ()  # those merged into it, whose alerts are its own
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
        after = replace(after, touched=True, responders=answered(after.responders, entry.by.user))
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
    """Some level is to be entered at once: by default the one that was to be entered, else the present one."""
    return replace(
        incident,
        next_level=entry.level or incident.next_level or max(incident.level, 1),
        next_at=entry.due or entry.at,
        exhausted=False,
        acknowledged_by=(),
        acknowledged_at=None,
        snoozed_until=None,
    )


def _details(incident: Incident, entry: LogEntry) -> Incident:
    """What the entry's kind changes besides."""
    return _of_alerts(_of_people(_of_level(incident, entry), entry), entry)


def _of_level(incident: Incident, entry: LogEntry) -> Incident:
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
        case _:
            return incident


def _of_people(incident: Incident, entry: LogEntry) -> Incident:
    match entry.kind:
        case Kind.ACKNOWLEDGED:
            names = (entry.by.user,) if entry.by.user and entry.by.user not in incident.acknowledged_by else ()
            return replace(
                incident,
                acknowledged_by=incident.acknowledged_by + names,
                acknowledged_at=entry.at,
                snoozed_until=None,
                next_at=None,
            )
        case Kind.SNOOZED:
            return replace(
                incident,
                snoozed_until=entry.until,
                acknowledged_at=entry.at,
                acknowledged_by=incident.acknowledged_by or ((entry.by.user,) if entry.by.user else ()),
                next_at=None,
            )
        case Kind.REASSIGNED:
            return replace(
                incident,
                policy=entry.policy or incident.policy,
                turn=incident.turn if entry.turn is None else entry.turn,
                round=0,
                level=0,
                entered_at=None,
                people=(),
                reached=False,
            )
        case Kind.PRIORITY_CHANGED:
            return replace(incident, priority=entry.priority)
        case Kind.RESPONDER_ADDED:
            return replace(incident, responders=(*incident.responders, *_added(incident, entry)))
        case Kind.RESPONDER_UNREACHED:
            return replace(incident, responders=unreached(incident.responders, entry.responder))
        case _:
            return incident


def _of_alerts(incident: Incident, entry: LogEntry) -> Incident:
    match entry.kind:
        case Kind.URGENCY_RAISED:
            return replace(incident, urgency=Urgency.HIGH, raises_at=None)
        case Kind.ALERT_JOINED:
            return replace(incident, alerts=incident.alerts + 1, open_alerts=incident.open_alerts + 1)
        case Kind.ALERT_RESOLVED:
            return replace(incident, open_alerts=incident.open_alerts - 1)
        case Kind.ALERTS_MOVED if entry.moved is not None:
            return replace(
                incident,
                touched=True,
                alerts=incident.alerts + entry.moved.alerts,
                open_alerts=incident.open_alerts + entry.moved.open_alerts,
                merged=(*incident.merged, entry.moved.incident, *entry.moved.also),
            )
        case _:
            return incident


def _added(incident: Incident, entry: LogEntry) -> Iterator[Responder]:
    for number, user in enumerate(entry.people, start=len(incident.responders) + 1):
        yield Responder(
            number=number,
            user=user,
            added_at=entry.due or entry.at,
            urgency=incident.urgency,
            directory=entry.directory or 0,
        )
