"""How many events one routing key may send a minute: counted in each warm function, and now and then together.

Laws: nothing below the limit is refused. Above it passes at most what arrives in 5 s: so long a function may know
nothing of the others. An event costs no call of its own. A count that can't be shared refuses nobody.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Protocol

from shared.domain.alert import key_hash
from shared.domain.instants import Instant
from shared.flow.ports import Journal, Unavailable

MINUTE = timedelta(minutes=1)
SHARED_EVERY = timedelta(seconds=5)
WORTH_SHARING = 120  # of the limit: fewer events than pass in half a second at the full rate aren't told


class SharedCounts(Protocol):
    def add(self, routing_key_hash: str, minute: Instant, number: int) -> int:
        """Adds what one function counted in that minute; what all have. Raises Unavailable."""
        ...


@dataclass(slots=True)
class _Count:
    """Of one key in this minute."""

    untold: int = 0
    together: int = 0  # as last heard, with what was told
    shared_at: Instant | None = None


class CountedLimit:
    """``RateLimit``, by the minute of the clock."""

    def __init__(self, shared: SharedCounts, per_minute: int, journal: Journal) -> None:
        self._shared, self._journal = shared, journal
        self._limit, self._worth_sharing = per_minute, max(per_minute // WORTH_SHARING, 1)
        self._minute: Instant | None = None
        self._counts: dict[str, _Count] = {}

    def wait(self, routing_key: str, now: Instant) -> int:
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        name = key_hash(routing_key)
        count = self._counts.setdefault(name, _Count())
        if count.untold + count.together >= self._limit:
            return ceil((minute + MINUTE - now).total_seconds())
        count.untold += 1
        if count.untold >= self._worth_sharing and (not count.shared_at or now - count.shared_at >= SHARED_EVERY):
            self._share(name, minute, count, now)
        return 0

    def _share(self, name: str, minute: Instant, count: _Count, now: Instant) -> None:
        count.shared_at = now
        try:
            count.together = self._shared.add(name, minute, count.untold)
            count.untold = 0
        except Unavailable as fault:
            self._journal.fault("ingest", f"{fault}; the rate limit counts by itself meanwhile")
