"""One incident merged into another: it is resolved as merged, and its alerts are the other's from then on.

Laws: nobody is paged by it. What moves is a name and two counts, however many alerts there are: an alert's own item and
its key stay where they are, and whoever meets them follows ``merged_into``.
"""

from dataclasses import replace

from shared.domain.errors import Refused
from shared.domain.incident import ALERTS_MAX, Incident, apply
from shared.domain.instants import Instant
from shared.domain.timeline import Author, Kind, LogEntry, Moved


def merge(incident: Incident, into: Incident, by: Author, now: Instant) -> tuple[LogEntry, LogEntry]:
    """The log entries of ``incident`` and of ``into``, in one transaction. Raises Refused with the reason."""
    for each in (incident, into):
        if not each.open:
            raise Refused(f"{each.number} is resolved, and resolved is final")
    if incident.id == into.id:
        raise Refused(f"{incident.number} can't be merged into itself")
    if incident.alerts + into.alerts > ALERTS_MAX:
        raise Refused(f"{into.number} would have {incident.alerts + into.alerts} alerts, and may have {ALERTS_MAX}")
    moved = Moved(incident=incident.id, also=incident.merged, alerts=incident.alerts, open_alerts=incident.open_alerts)
    return (
        _with_epoch(incident, LogEntry(kind=Kind.MERGED, at=now, by=by, into=into.id)),
        _with_epoch(into, LogEntry(kind=Kind.ALERTS_MOVED, at=now, by=by, moved=moved)),
    )


def _with_epoch(incident: Incident, entry: LogEntry) -> LogEntry:
    return replace(entry, epoch=apply(incident, entry).epoch)
