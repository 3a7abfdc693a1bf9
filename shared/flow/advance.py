"""An incident goes on: its log entries, and what belongs to them, in one transaction; then a run, where whom to tell
has changed.
"""

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.incident import Incident, LogEntry, apply
from shared.domain.instants import Instant
from shared.flow.escalate import begin_run, next_moment
from shared.flow.ports import Change, Deps

NOTHING_ELSE = Change()


def advance(deps: Deps, before: Incident, entries: Sequence[LogEntry], also: Change = NOTHING_ELSE) -> Incident:
    """The incident after ``entries``, once they are written together with ``also``.

    Raises Conflict where somebody wrote meanwhile, AlreadyCounted, Unavailable.
    """
    after, numbered = before, list[LogEntry]()
    for entry in entries:
        after = apply(after, entry)
        numbered.append(replace(entry, epoch=after.epoch))
    moved = after.epoch != before.epoch
    due_at = next_moment(deps, after) if moved else _due_at(deps, after.id)
    change = replace(also, incident=after, before=before.version, entries=tuple(numbered), due_at=due_at)
    deps.incidents.commit(change)
    if moved:
        begin_run(deps, after, due_at)
    return after


def _due_at(deps: Deps, incident: str) -> Instant | None:
    """When its next step is due, which a change that pages nobody leaves as it is."""
    loaded = deps.incidents.load(incident)
    return loaded.due_at if loaded else None
