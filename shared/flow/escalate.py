"""``escalate``: one turn of an incident. What is due is saved, then the pages go to the queue, then the run sleeps.

A run that wakes to another epoch ends itself. What was saved but not done is found again by ``sweep``.
"""

from dataclasses import dataclass
from datetime import timedelta

from shared.domain.directory import Directory, Versions
from shared.domain.errors import Conflict, NotFound
from shared.domain.escalation import Turn, decide
from shared.domain.incident import Incident
from shared.domain.instants import Instant
from shared.domain.notification import Page
from shared.domain.responder import waiting
from shared.domain.timeline import Why
from shared.flow.ports import Deps, Unavailable
from shared.flow.stores import Change, Loaded

TRIES = 8  # a turn meets another writer seldom, and eight times in a row only if something is wrong
EARLY = timedelta(seconds=1)  # clocks of hosts differ: a run that wakes this much too early is on time


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a turn came to; ``wake_at`` None is the end of the run."""

    epoch: int
    wake_at: Instant | None
    why: Why


def run(deps: Deps, incident: str, epoch: int) -> Taken:
    """The turn of the run ``<incident>-<epoch>``. Raises Unavailable where it may be tried again."""
    for _ in range(TRIES):
        loaded = deps.incidents.load(incident)
        if loaded is None:
            return Taken(epoch=epoch, wake_at=None, why=Why.NO_SUCH_INCIDENT)
        if loaded.incident.epoch != epoch:
            return Taken(epoch=epoch, wake_at=None, why=Why.STALE_EPOCH)
        try:
            turn = take(deps, loaded)
        except Conflict:
            continue  # somebody wrote first: read again and decide again
        return Taken(epoch=turn.incident.epoch, wake_at=turn.wake_at, why=turn.why)
    raise Unavailable(f"{incident} is being written to without pause; its turn is tried again")


def take(deps: Deps, loaded: Loaded) -> Turn:
    """Decide, save, queue. Raises Conflict where somebody else wrote meanwhile."""
    incident = loaded.incident
    turn = look(deps, incident, loaded.pages, _now(deps, loaded))
    if turn.entries or turn.pages or turn.wake_at != loaded.due_at:
        deps.incidents.commit(
            Change(
                incident=turn.incident,
                before=incident.version,
                entries=turn.entries,
                pages=turn.pages,
                due_at=turn.wake_at,
            )
        )
    queue(deps, turn.pages)
    return turn


def queue(deps: Deps, pages: tuple[Page, ...]) -> None:
    """Pages that were saved as due; those that the queue doesn't take now are sent on by ``sweep``."""
    if not pages:
        return
    try:
        deps.pages.put(pages)
    except Unavailable as fault:
        deps.journal.fault("escalate", f"{fault}; sweep sends the pages on", incident=pages[0].incident)


def begin_run(deps: Deps, incident: Incident, due_at: Instant | None, responders: int = 0) -> None:
    """Starts the run of the incident's epoch where something is to come; ``sweep`` stands in where that fails.

    For responders, who change no epoch, a further run of it that is named by how many there are.
    """
    if due_at is None:
        return
    try:
        deps.executions.start(incident.id, incident.epoch, responders)
    except Unavailable as fault:
        deps.journal.fault("escalate", f"{fault}; sweep takes the turns", incident=incident.id)


def next_moment(deps: Deps, incident: Incident, pages: tuple[Page, ...] = ()) -> Instant | None:
    """When something is next due for ``incident``, also when that is at once. ``pages`` are all that it has."""
    if incident.next_at is not None or not incident.open:
        return incident.next_at
    return look(deps, incident, pages, deps.now()).wake_at


def look(deps: Deps, incident: Incident, pages: tuple[Page, ...], now: Instant) -> Turn:
    """The turn of ``incident`` at ``now``, decided and not carried out."""
    counts = incident.auto_resolve is not None and incident.open and not incident.touched
    last_seen = deps.incidents.last_seen(incident.id) if counts else None
    return decide(incident, pages, versions(deps, incident), now, last_seen)


def versions(deps: Deps, incident: Incident) -> Versions:
    """The directory in force, and the versions by which the present level and the responders are paged."""
    in_force = deps.directory.current()
    asked = {responder.directory for responder in waiting(incident.responders)}
    numbers = (asked | {incident.directory}) - {0, in_force.version}
    found = ((number, _version(deps, incident, number)) for number in sorted(numbers))
    return Versions(in_force=in_force, older={number: older for number, older in found if older is not None})


def _version(deps: Deps, incident: Incident, number: int) -> Directory | None:
    try:
        return deps.directory.version(number)
    except NotFound as fault:
        deps.journal.fault("escalate", f"{fault}; the version in force is used", incident=incident.id)
        return None


def _now(deps: Deps, loaded: Loaded) -> Instant:
    """The later of the clock and the moment that the run slept for."""
    now = deps.now()
    due = loaded.due_at
    return due if due is not None and now < due <= now + EARLY else now
