"""Local times and the instants that they name, also where clocks change.

A local time that doesn't exist means the first instant after the gap; one that occurs twice is the first, or the last
where that is asked for.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.instants import Instant

SECOND, NOTHING = timedelta(seconds=1), timedelta(0)
HERE = datetime(1970, 1, 1, tzinfo=UTC)
THERE = HERE.replace(tzinfo=None)  # sums with these two cost a third of ``replace``, and a schedule has thousands


def instant_of(local: datetime, zone: ZoneInfo, *, last: bool = False) -> Instant:
    """The naive ``local`` time of ``zone`` → UTC."""
    first, again = _offset(local, zone), _offset(local.replace(fold=1), zone)
    offset = again if last else first
    at = HERE + (local - THERE - offset)
    if first == again or local_at(at, zone) == local:
        return at
    return _end_of_gap(local, zone, min(first, again), max(first, again))


def local_at(at: Instant, zone: ZoneInfo) -> datetime:
    """What the clocks of ``zone`` show at ``at``, naive."""
    return THERE + (at - HERE + _offset(at.astimezone(zone), zone))


def _offset(there: datetime, zone: ZoneInfo) -> timedelta:
    return zone.utcoffset(there) or NOTHING


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
