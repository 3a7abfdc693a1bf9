"""Local times and the instants that they name, also where clocks change.

A local time that doesn't exist means the first instant after the gap; one that occurs twice is the first, or the last
where that is asked for. Inside, both are whole seconds since 1970, local ones by the wall clock: schedules ask often.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.domain.instants import Instant

SECOND, DAY = timedelta(seconds=1), 86_400
EPOCH, LOCAL_EPOCH = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1)  # noqa: DTZ001 - local times are naive
FOR_EVER = 1 << 60  # s
FIRST_YEAR, LAST_YEAR = 2, 9998  # a zone's offset at the very ends of the calendar can't be asked for


def seconds(at: Instant) -> int:
    """Since 1970, cut to the second."""
    return (at - EPOCH) // SECOND


def instant(at: int) -> Instant:
    return EPOCH + at * SECOND


def local_seconds(local: datetime) -> int:
    """A naive local time on its wall clock."""
    return (local - LOCAL_EPOCH) // SECOND


def local_seconds_at(at: Instant, zone: str) -> int:
    """What the wall clock of ``zone`` shows at ``at``."""
    return wall_clock(zone, at.year, at.year).local(seconds(at))


def instant_of(local: datetime, zone: str, *, last: bool = False) -> Instant:
    """The naive ``local`` time of ``zone`` → UTC."""
    clock = wall_clock(zone, local.year, local.year)
    wanted = local_seconds(local)
    return instant(clock.last(wanted) if last else clock.first(wanted))


@dataclass(frozen=True, slots=True)
class WallClock:
    """A zone over some years: ``offsets`` (s east of UTC) each hold from ``starts`` on (s since 1970).

    ``begins`` and ``ends`` are what the wall clock shows as each begins, and as it ends.
    """

    starts: tuple[int, ...]
    offsets: tuple[int, ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]

    def local(self, at: int) -> int:
        return at + self.offsets[max(bisect_right(self.starts, at) - 1, 0)]

    def first(self, local: int) -> int:
        """When the clock first shows ``local``, or the end of the gap that leaves it out."""
        place = bisect_right(self.ends, local)
        return max(local - self.offsets[place], self.starts[place])

    def last(self, local: int) -> int:
        """When the clock last shows ``local``, or the end of the gap that leaves it out."""
        place = max(bisect_right(self.begins, local) - 1, 0)
        at = local - self.offsets[place]
        return at if place + 1 == len(self.starts) else min(at, self.starts[place + 1])


@lru_cache(maxsize=512)
def wall_clock(zone: str, first_year: int, last_year: int) -> WallClock:
    """The clock of ``zone``, right from the year before ``first_year`` until the one after ``last_year``."""
    years = range(max(first_year - 1, FIRST_YEAR), min(last_year + 1, LAST_YEAR) + 1)
    changes: list[tuple[int, int]] = []
    for start, offset in (change for year in years for change in _changes(zone, year)):
        if not changes or changes[-1][1] != offset:
            changes.append((start, offset))
    starts = (-FOR_EVER, *(start for start, _ in changes[1:]))
    offsets = tuple(offset for _, offset in changes)
    return WallClock(
        starts=starts,
        offsets=offsets,
        begins=tuple(start + offset for start, offset in zip(starts, offsets, strict=True)),
        ends=(*(end + offset for end, offset in zip(starts[1:], offsets, strict=False)), FOR_EVER),
    )


@lru_cache(maxsize=1024)
def _changes(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """The year's offsets and from when each holds. No zone changes its clocks twice within a day."""
    clock = ZoneInfo(zone)
    begin = seconds(datetime(year, 1, 1, tzinfo=UTC))
    end = seconds(datetime(year + 1, 1, 1, tzinfo=UTC))
    found = [(begin, _offset(clock, begin))]
    for day in range(begin + DAY, end + DAY, DAY):
        offset = _offset(clock, min(day, end))
        if offset != found[-1][1]:
            found.append((_change(clock, day - DAY, min(day, end)), offset))
    return tuple(change for change in found if change[0] < end)


def _change(clock: ZoneInfo, low: int, high: int) -> int:
    """The first second of the offset that holds at ``high``."""
    after = _offset(clock, high)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(clock, middle) == after:
            high = middle
        else:
            low = middle
    return high


def _offset(clock: ZoneInfo, at: int) -> int:
    return ((EPOCH + at * SECOND).astimezone(clock).utcoffset() or timedelta(0)) // SECOND


def in_zone(at: Instant, name: str) -> tuple[Instant, str]:
    """``at`` on the clocks of the zone called ``name``, and its name; UTC where there is no such zone."""
    try:
        return at.astimezone(ZoneInfo(name)), name
    except (ZoneInfoNotFoundError, ValueError, OSError):  # whoever reads is told the time all the same
        return at.astimezone(UTC), "UTC"
