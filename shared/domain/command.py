"""What a person orders, and what it does to an incident.

Every command says the level entry that its author saw, so that two people, or a person and the timer, never skip a
level together. What the incident's state doesn't allow is refused with its reason.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from shared.domain.directory import Assign, Directory, Level, Policy, Target, TargetKind
from shared.domain.errors import Refused
from shared.domain.incident import Incident, Status, apply, raises_epoch
from shared.domain.instants import Instant, whole_second
from shared.domain.timeline import Author, Kind, LogEntry

SNOOZE_MAX = timedelta(days=7)
REASSIGNED_FOR = timedelta(minutes=30)  # how long people an incident was handed to have, before it is exhausted


class Order(StrEnum):
    """Imperative: what is asked for."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    RESOLVE = "resolve"
    SNOOZE = "snooze"
    ESCALATE = "escalate"
    REASSIGN = "reassign"
    NOTE = "note"
    STATUS_UPDATE = "status_update"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    order: Order
    by: Author
    entry: int | None = None  # the level entry that the author saw
    for_: timedelta | None = None  # of a snooze
    policy: str | None = None  # to reassign to
    users: tuple[str, ...] = ()  # to reassign to
    text: str | None = None  # of a note or status update
    priority: str | None = None


def carry_out(incident: Incident, command: Command, directory: Directory, now: Instant) -> list[LogEntry]:
    """The log entries that ``command`` makes; none where it changes nothing. Raises Refused with the reason."""
    if not incident.open:
        raise Refused(f"{incident.number} is resolved, and resolved is final")
    entry = _entry(incident, command, directory, now)
    if entry is None:
        return []
    after = apply(incident, entry)
    return [replace(entry, epoch=after.epoch)]


def _entry(incident: Incident, command: Command, directory: Directory, now: Instant) -> LogEntry | None:
    by = command.by
    match command.order:
        case Order.ACKNOWLEDGE:
            if not raises_epoch(incident, Kind.ACKNOWLEDGED) and (
                by.user is None or by.user in incident.acknowledged_by
            ):
                return None
            return LogEntry(kind=Kind.ACKNOWLEDGED, at=now, by=by)
        case Order.UNACKNOWLEDGE:
            return LogEntry(kind=Kind.UNACKNOWLEDGED, at=now, by=by)
        case Order.RESOLVE:
            return LogEntry(kind=Kind.RESOLVED, at=now, by=by)
        case Order.SNOOZE:
            return LogEntry(kind=Kind.SNOOZED, at=now, by=by, until=whole_second(now + _snooze(command)))
        case Order.ESCALATE:
            _not_overtaken(incident, command)
            return LogEntry(kind=Kind.ESCALATED, at=now, by=by, due=whole_second(now), level=incident.level + 1)
        case Order.REASSIGN:
            policy = _policy(command, directory)
            return LogEntry(kind=Kind.REASSIGNED, at=now, by=by, due=whole_second(now), policy=policy, level=1)
        case Order.NOTE:
            return LogEntry(kind=Kind.NOTED, at=now, by=by, text=command.text)
        case Order.STATUS_UPDATE:
            return LogEntry(kind=Kind.STATUS_UPDATED, at=now, by=by, text=command.text)
        case Order.PRIORITY:
            if command.priority not in directory.account.priorities:
                known = ", ".join(directory.account.priorities) or "none"
                raise Refused(f"{command.priority} is no priority of this account; it has {known}")
            return LogEntry(kind=Kind.PRIORITY_CHANGED, at=now, by=by, priority=command.priority)


def _snooze(command: Command) -> timedelta:
    if command.for_ is None or not timedelta(seconds=1) <= command.for_ <= SNOOZE_MAX:
        raise Refused("a snooze lasts from 1 second to 7 days: snooze 2h")
    return command.for_


def _not_overtaken(incident: Incident, command: Command) -> None:
    if command.entry is not None and command.entry != incident.entry and incident.status is Status.TRIGGERED:
        raise Refused(f"level {incident.level} has begun meanwhile: nothing was skipped")


def _policy(command: Command, directory: Directory) -> Policy:
    if command.policy is not None:
        if command.policy not in directory.policies:
            raise Refused(f"there is no escalation policy {command.policy}")
        return directory.policies[command.policy]
    unknown = [name for name in command.users if name not in directory.users]
    if unknown or not command.users:
        raise Refused(f"there is no user {', '.join(unknown)}" if unknown else "reassign to whom?")
    targets = tuple(Target(kind=TargetKind.USER, name=name) for name in command.users)
    level = Level(notify=targets, after=REASSIGNED_FOR, assign=Assign.EVERYONE)
    return Policy(name=" and ".join(command.users), levels=(level,))
