"""An incident goes on: its log entries, and what belongs to them, in one transaction; then a run, where whom to tell
has changed.
"""

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.incident import Incident, apply
from shared.domain.instants import Instant
from shared.domain.timeline import LogEntry
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
    moved, added = after.epoch != before.epoch, after.responders[len(before.responders) :]
    due_at = _due_at(deps, after, moved=moved)
    if added:
        due_at = min(due_at or added[0].added_at, added[0].added_at)
    change = replace(also, incident=after, before=before.version, entries=tuple(numbered), due_at=due_at)
    deps.incidents.commit(change)
    if moved or added:
        begin_run(deps, after, due_at, 0 if moved else len(after.responders))
    return after


def _due_at(deps: Deps, incident: Incident, *, moved: bool) -> Instant | None:
    """When its next step is due: by the pages that there are, or as it was, where a change pages nobody."""
    if moved and (incident.next_at is not None or not incident.open):
        return incident.next_at
    loaded = deps.incidents.load(incident.id)
    if loaded is None:
        return None
    return next_moment(deps, incident, loaded.pages) if moved else loaded.due_at
