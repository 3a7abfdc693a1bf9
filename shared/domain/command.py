"""What a person orders, and what it does to an incident.

Every command says the level entry that its author saw, so that two people, or a person and the timer, never skip a
level together. What the incident's state doesn't allow is refused with its reason.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from shared.domain.directory import Assign, Directory, Level, Policy, Target, TargetKind
from shared.domain.errors import Refused
from shared.domain.incident import TIMELINE_MAX, Incident, Status, apply, raises_epoch
from shared.domain.instants import Instant, next_whole_second, whole_second
from shared.domain.notification import methods
from shared.domain.responder import RESPONDERS_MAX, waiting
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
    ADD_RESPONDERS = "add_responders"
    MERGE = "merge"
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
    turn: int | None = None  # the incident's place among those of that policy, where it takes turns
    users: tuple[str, ...] = ()  # to reassign to, or to ask for help
    into: str | None = None  # the incident to merge into
    text: str | None = None  # of a note or status update
    priority: str | None = None


def carry_out(incident: Incident, command: Command, directory: Directory, now: Instant) -> list[LogEntry]:
    """The log entries that ``command`` makes; none where it changes nothing. Raises Refused with the reason."""
    if not incident.open:
        merged = ": it was merged into another incident" if incident.merged_into else ""
        raise Refused(f"{incident.number} is resolved, and resolved is final{merged}")
    entry = _entry(incident, command, directory, now)
    if entry is None:
        return []
    after = apply(incident, entry)
    return [replace(entry, epoch=after.epoch)]


def _entry(incident: Incident, command: Command, directory: Directory, now: Instant) -> LogEntry | None:
    by = command.by
    match command.order:
        case Order.ACKNOWLEDGE:
            return None if _has_it(incident, by) else LogEntry(kind=Kind.ACKNOWLEDGED, at=now, by=by)
        case Order.UNACKNOWLEDGE:
            return LogEntry(kind=Kind.UNACKNOWLEDGED, at=now, by=by)
        case Order.RESOLVE:
            return LogEntry(kind=Kind.RESOLVED, at=now, by=by)
        case Order.SNOOZE:
            return LogEntry(kind=Kind.SNOOZED, at=now, by=by, until=next_whole_second(now + _snooze(command)))
        case Order.ESCALATE:
            _not_overtaken(incident, command)
            if incident.status is Status.TRIGGERED and incident.next_level == incident.level + 1:
                return None  # it is about to begin
            return LogEntry(kind=Kind.ESCALATED, at=now, by=by, due=whole_second(now), level=incident.level + 1)
        case Order.REASSIGN:
            policy = _policy(command, directory)
            return LogEntry(
                kind=Kind.REASSIGNED, at=now, by=by, due=whole_second(now), policy=policy, turn=command.turn, level=1
            )
        case Order.ADD_RESPONDERS:
            return _responders(incident, command, directory, now)
        case Order.MERGE:
            raise Refused("a merge is between two incidents: say into which, and it is carried out on both")
        case _:
            return _said(incident, command, directory, now)


def _said(incident: Incident, command: Command, directory: Directory, now: Instant) -> LogEntry:
    """What pages nobody and leaves the status: a note, a status update, a priority."""
    if incident.version >= TIMELINE_MAX:
        raise Refused(f"{incident.number} has {TIMELINE_MAX} entries, and takes no more notes: resolve it")
    if command.order is not Order.PRIORITY:
        kind = Kind.NOTED if command.order is Order.NOTE else Kind.STATUS_UPDATED
        return LogEntry(kind=kind, at=now, by=command.by, text=command.text)
    if command.priority not in directory.account.priorities:
        known = ", ".join(directory.account.priorities) or "none"
        raise Refused(f"{command.priority} is no priority of this account; it has {known}")
    return LogEntry(kind=Kind.PRIORITY_CHANGED, at=now, by=command.by, priority=command.priority)


def _snooze(command: Command) -> timedelta:
    if command.for_ is None or not timedelta(seconds=1) <= command.for_ <= SNOOZE_MAX:
        raise Refused("a snooze lasts from 1 second to 7 days: snooze 2h")
    return command.for_


def _has_it(incident: Incident, by: Author) -> bool:
    """An acknowledgement says nothing new: of what is acknowledged already, by them or by no person."""
    if raises_epoch(incident, Kind.ACKNOWLEDGED):
        return False
    asked = any(responder.user == by.user for responder in waiting(incident.responders))
    return not asked and (by.user is None or by.user in incident.acknowledged_by)


def _not_overtaken(incident: Incident, command: Command) -> None:
    overtaken = command.entry is not None and command.entry != incident.entry
    if incident.exhausted and (overtaken or incident.status is Status.TRIGGERED):
        raise Refused("the policy is exhausted and the fallback contact knows: reassign it, or add somebody")
    if overtaken:
        raise Refused(f"level {incident.level} has begun meanwhile: nothing was skipped")


def _responders(incident: Incident, command: Command, directory: Directory, now: Instant) -> LogEntry | None:
    """Whoever is still being paged for this is left in peace; who answered before is asked anew."""
    _known(command.users, directory, "add whom?")
    mute = [name for name in command.users if not methods(directory.users[name], incident.urgency)]
    if mute:
        raise Refused(f"{', '.join(mute)} can't be paged: add a contact method")
    asked = {responder.user for responder in waiting(incident.responders)}
    people = tuple(name for name in dict.fromkeys(command.users) if name not in asked)
    if len(incident.responders) + len(people) > RESPONDERS_MAX:
        raise Refused(f"an incident takes {RESPONDERS_MAX} responders: reassign it to a policy that has them")
    if not people:
        return None
    return LogEntry(
        kind=Kind.RESPONDER_ADDED,
        at=now,
        by=command.by,
        due=whole_second(now),
        people=people,
        directory=directory.version,
    )


def _policy(command: Command, directory: Directory) -> Policy:
    if command.policy is not None:
        if command.policy not in directory.policies:
            raise Refused(f"there is no escalation policy {command.policy}")
        return directory.policies[command.policy]
    _known(command.users, directory, "reassign to whom?")
    targets = tuple(Target(kind=TargetKind.USER, name=name) for name in command.users)
    level = Level(notify=targets, after=REASSIGNED_FOR, assign=Assign.EVERYONE)
    return Policy(name=" and ".join(command.users), levels=(level,))


def _known(users: tuple[str, ...], directory: Directory, nobody: str) -> None:
    unknown = [name for name in users if name not in directory.users]
    if unknown or not users:
        raise Refused(f"there is no user {', '.join(unknown)}" if unknown else nobody)
