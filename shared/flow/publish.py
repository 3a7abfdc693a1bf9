"""``publish``: new log entries → the event bus, for reports and whatever else listens; and word to ``announce`` of
those that webhooks or chats are to be told of.

The entry's kind is the detail type: ``incident.triggered``, ``incident.acknowledged`` … A batch that the bus doesn't
take comes again, so a listener may hear an entry twice and knows it by its number.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.announcement import WRITTEN, wanted
from shared.domain.directory import Directory
from shared.domain.timeline import Kind
from shared.flow.ports import Deps, Unavailable

AT_ONCE = 10  # entries a PutEvents call takes

Entry = tuple[str, int, Mapping[str, Any]]


def run(deps: Deps, entries: Sequence[Entry]) -> int:
    """``entries`` are (incident, number, entry as plain JSON), in order. Raises Unavailable."""
    details: list[tuple[str, Mapping[str, Any]]] = [
        (f"incident.{entry['kind']}", {"incident": incident, "number": number, **entry})
        for incident, number, entry in entries
    ]
    put(deps, details)
    if heard := _heard(deps, entries):
        put(deps, [(WRITTEN, {"entries": heard})])
    return len(details)


def put(deps: Deps, details: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Raises Unavailable."""
    for start in range(0, len(details), AT_ONCE):
        deps.bus.put(details[start : start + AT_ONCE])


def _heard(deps: Deps, entries: Sequence[Entry]) -> dict[str, list[int]]:
    """Whose configuration nobody is named in, ``announce`` is never called."""
    if not entries:
        return {}
    directory, heard = _directory(deps), dict[str, list[int]]()
    for incident, number, entry in entries:
        if directory is None or wanted(Kind(entry["kind"]), entry.get("entry"), directory):
            heard.setdefault(incident, []).append(number)
    return heard


def _directory(deps: Deps) -> Directory | None:
    """None where it is away: ``announce`` looks again, and the bus needn't be told of the batch once more."""
    try:
        return deps.directory.current()
    except Unavailable as fault:
        deps.journal.fault("publish", f"{fault}; all that was written is left to announce")
        return None
