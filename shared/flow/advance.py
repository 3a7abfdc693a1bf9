"""An incident goes on: its log entries, and what belongs to them, in one transaction; then a run, where whom to tell
has changed, or somebody was added.
"""

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.incident import Incident, apply
from shared.domain.instants import Instant
from shared.domain.timeline import LogEntry
from shared.flow.escalate import begin_run, next_moment
from shared.flow.ports import Deps
from shared.flow.stores import Change, Loaded

NOTHING_ELSE = Change()


def advance(
    deps: Deps,
    before: Incident,
    entries: Sequence[LogEntry],
    also: Change = NOTHING_ELSE,
    loaded: Loaded | None = None,
) -> Incident:
    """The incident after ``entries``, once they are written together with ``also``. ``loaded`` is all of it, where it
    was read as a whole.

    Raises Conflict where somebody wrote meanwhile, AlreadyCounted, Unavailable.
    """
    after, numbered = before, list[LogEntry]()
    for entry in entries:
        after = apply(after, entry)
        numbered.append(replace(entry, epoch=after.epoch))
    moved, added = after.epoch != before.epoch, after.responders[len(before.responders) :]
    due_at = _next_moment(deps, after, loaded) if moved else _due_at(deps, after, loaded)
    if added and not moved:
        due_at = min(due_at or added[0].added_at, added[0].added_at)
    change = replace(also, incident=after, before=before.version, entries=tuple(numbered), due_at=due_at)
    deps.incidents.commit(change)
    if moved or added:
        begin_run(deps, after, due_at, 0 if moved else len(after.responders))
    return after


def followed(deps: Deps, name: str | None) -> Incident | None:
    """The incident of that name, or the one that it was merged into."""
    incident = deps.incidents.state(name) if name else None
    while incident is not None and incident.merged_into is not None:
        incident = deps.incidents.state(incident.merged_into)
    return incident


def _next_moment(deps: Deps, incident: Incident, loaded: Loaded | None) -> Instant | None:
    """Only what is open and pages nobody at once may have responders, whose pages are to be known."""
    if loaded is None and incident.open and incident.next_at is None:
        loaded = deps.incidents.load(incident.id)
    return next_moment(deps, incident, loaded.pages if loaded else ())


def _due_at(deps: Deps, incident: Incident, loaded: Loaded | None) -> Instant | None:
    """When its next step is due, which a change that pages nobody leaves as it is."""
    loaded = loaded or deps.incidents.load(incident.id)
    return loaded.due_at if loaded else None
