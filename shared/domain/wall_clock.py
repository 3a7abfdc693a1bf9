"""Local times and the instants that they name, also where clocks change.

A local time that doesn't exist means the first instant after the gap; one that occurs twice is the first, or the last
where that is asked for.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.instants import Instant

SECOND = timedelta(seconds=1)


def instant_of(local: datetime, zone: ZoneInfo, *, last: bool = False) -> Instant:
    """The naive ``local`` time of ``zone`` → UTC."""
    there = local.replace(tzinfo=zone, fold=int(last))
    offset = there.utcoffset() or timedelta(0)
    other = there.replace(fold=int(not last)).utcoffset() or timedelta(0)
    at = (local - offset).replace(tzinfo=UTC)
    if offset == other or at.astimezone(zone).replace(tzinfo=None) == local:
        return at
    return _end_of_gap(local, zone, min(offset, other), max(offset, other))


def _end_of_gap(local: datetime, zone: ZoneInfo, before: timedelta, after: timedelta) -> Instant:
    """The change itself: it lies between the two readings (PEP 495) of a time that the clocks leave out."""
    low, high = (local - after).replace(tzinfo=UTC), (local - before).replace(tzinfo=UTC)
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
