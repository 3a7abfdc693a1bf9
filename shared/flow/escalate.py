"""``escalate``: one turn of an incident. What is due is saved, then the pages go to the queue, then the run sleeps.

A run that wakes to another epoch ends itself. What was saved but not done is found again by ``sweep``.
"""

from dataclasses import dataclass
from datetime import timedelta

from shared.domain.directory import Directory
from shared.domain.errors import Conflict, NotFound
from shared.domain.escalation import Turn, decide
from shared.domain.incident import Incident
from shared.domain.instants import Instant
from shared.domain.notification import Page
from shared.domain.timeline import Why
from shared.flow.ports import Change, Deps, Loaded, Unavailable

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
    directory = deps.directory.current()
    last_seen = deps.incidents.last_seen(incident.id) if incident.auto_resolve and incident.open else None
    now = _now(deps, loaded)
    turn = decide(incident, loaded.pages, directory, paged_by(deps, directory, incident), now, last_seen)
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


def begin_run(deps: Deps, incident: Incident, due_at: Instant | None) -> None:
    """Starts the run of the incident's epoch where something is to come; ``sweep`` stands in where that fails."""
    if due_at is None:
        return
    try:
        deps.executions.start(incident.id, incident.epoch)
    except Unavailable as fault:
        deps.journal.fault("escalate", f"{fault}; sweep takes the turns", incident=incident.id)


def next_moment(deps: Deps, incident: Incident, pages: tuple[Page, ...] = ()) -> Instant | None:
    """When something is next due for ``incident``, also when that is at once."""
    if incident.next_at is not None:
        return incident.next_at
    directory = deps.directory.current()
    last_seen = deps.incidents.last_seen(incident.id) if incident.auto_resolve and incident.open else None
    return decide(incident, pages, directory, directory, deps.now(), last_seen).wake_at


def paged_by(deps: Deps, directory: Directory, incident: Incident) -> Directory:
    """The version by which the present level's people are paged; the one in force where that is gone."""
    if incident.directory in (0, directory.version):
        return directory
    try:
        return deps.directory.version(incident.directory)
    except NotFound as fault:
        deps.journal.fault("escalate", f"{fault}; the version in force is used", incident=incident.id)
        return directory


def _now(deps: Deps, loaded: Loaded) -> Instant:
    """The later of the clock and the moment that the run slept for."""
    now = deps.now()
    due = loaded.due_at
    return due if due is not None and now < due <= now + EARLY else now
