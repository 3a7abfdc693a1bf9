"""Changes of services, and the counts of routing keys, in memory: for tests and ``simulate``."""

from shared.domain.change_event import ServiceChange
from shared.domain.instants import Instant


class MemoryChanges:
    """``ChangeStore`` in memory."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, Instant, str], ServiceChange] = {}

    def keep(self, change: ServiceChange) -> None:
        self._changes[change.service, change.at, change.id] = change

    def of(self, service: str, since: Instant, until: Instant, limit: int) -> list[ServiceChange]:
        found = [c for c in self._changes.values() if c.service == service and since <= c.at <= until]
        return sorted(found, key=lambda c: (c.at, c.id), reverse=True)[:limit]


class MemoryCounts:
    """``SharedCounts`` in memory."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Instant], int] = {}

    def add(self, routing_key_hash: str, minute: Instant, number: int) -> int:
        together = self._counts.get((routing_key_hash, minute), 0) + number
        self._counts[routing_key_hash, minute] = together
        return together
