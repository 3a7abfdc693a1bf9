"""A person's commands take effect: one transaction, and an answer that says what happened.

Whoever wrote meanwhile is read and decided on again. Where a level is to be paged, or somebody was added, a run begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.domain.command import Command, Order, carry_out
from shared.domain.errors import Conflict, NotFound, Refused
from shared.domain.incident import Incident, apply
from shared.domain.merging import merge
from shared.domain.timeline import LogEntry
from shared.flow.advance import advance
from shared.flow.opening import turn_of
from shared.flow.ports import Deps, Unavailable
from shared.flow.stores import Change, Loaded

TRIES = 8
Marker = tuple[str, str]  # channel, provider's message id


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an author is answered, and the incident as it is by then."""

    text: str
    incident: Incident


def obey(deps: Deps, incident: str, commands: Sequence[Command], marker: Marker | None) -> Said:
    """Carries out ``commands`` in one transaction; what their author is answered.

    Raises AlreadyCounted, NotFound, Unavailable.
    """
    commands = [_in_turn(deps, command) for command in commands]
    for _ in range(TRIES):
        loaded = load(deps, incident)
        try:
            entries, along = _carried_out(deps, loaded.incident, commands)
        except Refused as fault:
            return Said(text=f"Nothing was done: {fault}.", incident=loaded.incident)
        try:
            after = advance(deps, loaded.incident, entries, Change(along=along, marker=marker), loaded)
        except Conflict:
            continue  # the timer or somebody else wrote first: decide again on what is there now
        return Said(text=said_of(after, commands[-1], changed=bool(entries)), incident=after)
    raise Unavailable(f"{incident} is being written to without pause; the reply is applied again")


def load(deps: Deps, incident: str) -> Loaded:
    """Raises NotFound."""
    loaded = deps.incidents.load(incident)
    if loaded is None:
        raise NotFound(f"there is no incident {incident}")
    return loaded


def said_of(incident: Incident, command: Command, *, changed: bool) -> str:
    """What an author hears once a command has taken effect."""
    named = f"{incident.number} {incident.name}"
    match command.order:
        case Order.ACKNOWLEDGE:
            return f"You have it. {named} is acknowledged." if changed else f"You have {named} already."
        case Order.RESOLVE:
            return f"{named} is resolved."
        case Order.NOTE | Order.STATUS_UPDATE:
            return f"Noted on {named}."
        case Order.SNOOZE:
            return f"{named} is snoozed."
        case Order.ADD_RESPONDERS:
            whom = " and ".join(command.users)
            return f"{whom} {'is' if changed else 'was'} asked to help with {named}{'' if changed else ' already'}."
        case Order.MERGE:
            return f"{named} is merged, and its alerts have moved."
        case _:
            return f"Done. {named} is {incident.status}."


def _in_turn(deps: Deps, command: Command) -> Command:
    """An incident that is handed to a policy has its place among those of that policy."""
    policy = deps.directory.current().policies.get(command.policy or "")
    if command.order is not Order.REASSIGN or policy is None:
        return command
    return replace(command, turn=turn_of(deps, policy))


def _carried_out(deps: Deps, incident: Incident, commands: Sequence[Command]) -> tuple[list[LogEntry], Change | None]:
    """The log entries of ``commands``, one after the other, and what a merge does to the other incident.

    Raises Refused: then none of them is carried out.
    """
    after, entries, along = incident, list[LogEntry](), None
    for command in commands:
        if command.order is Order.MERGE:
            entry, along = _merged(deps, after, command)
            following = [entry]
        else:
            following = carry_out(after, command, deps.directory.current(), deps.now())
        for entry in following:
            after = apply(after, entry)
        entries += following
    return entries, along


def _merged(deps: Deps, incident: Incident, command: Command) -> tuple[LogEntry, Change]:
    into = deps.incidents.load(command.into) if command.into else None
    if into is None:
        raise Refused("there is no such incident to merge into")
    entry, other = merge(incident, into.incident, command.by, deps.now())
    after = apply(into.incident, other)
    return entry, Change(incident=after, before=into.incident.version, entries=(other,), due_at=into.due_at)
