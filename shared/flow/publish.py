"""``publish``: new log entries → the event bus, for reports, webhooks and whatever else listens.

The entry's kind is the detail type: ``incident.triggered``, ``incident.acknowledged`` … A batch that the bus doesn't
take comes again, so a listener may hear an entry twice and knows it by its number.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.flow.ports import Deps

AT_ONCE = 10  # entries a PutEvents call takes


def run(deps: Deps, entries: Sequence[tuple[str, int, Mapping[str, Any]]]) -> int:
    """``entries`` are (incident, number, entry as plain JSON), in order. Raises Unavailable."""
    details = [
        (f"incident.{entry['kind']}", {"incident": incident, "number": number, **entry})
        for incident, number, entry in entries
    ]
    for start in range(0, len(details), AT_ONCE):
        deps.bus.put(details[start : start + AT_ONCE])
    return len(details)
