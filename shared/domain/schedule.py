"""Who is on call: layers of rotations with restrictions, and overrides above them.

Turns are counted on the wall clock; the later layer wins; an override wins over all layers, the newest over older ones.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from heapq import heappop, heappush
from itertools import pairwise
from zoneinfo import ZoneInfo

from shared.domain.instants import Instant
from shared.domain.wall_clock import instant_of, local_at

DAY = timedelta(days=1)
WEEK = 7  # days: no window reaches further back


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A weekly stretch of local time in which a layer is in force; ``days`` are 0 (Monday) to 6.

    A daily window has one begin on each of ``days`` and ends ``to`` the same or the next day; a weekly window over
    several days has one day in ``days`` and ``span`` says how many days later it ends.
    """

    days: tuple[int, ...]
    begin: time
    to: time
    span: int  # days from the begin's date to the end's


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    name: str
    start: datetime  # naive local time: the first turn begins here
    turn: timedelta  # of the wall clock
    users: tuple[str, ...]
    until: datetime | None = None  # naive local time
    only: tuple[Window, ...] = ()  # empty: always


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A later one in the list is newer."""

    user: str
    begin: Instant
    end: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    name: str
    time_zone: str
    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """``user`` holds the pager from ``start`` until just before ``end``."""

    user: str
    start: Instant
    end: Instant


def on_call(schedule: Schedule, at: Instant) -> str | None:
    """Who holds the pager at ``at``; None in a gap."""
    for override in reversed(schedule.overrides):
        if override.begin <= at < override.end:
            return override.user
    zone = ZoneInfo(schedule.time_zone)
    return next((user for layer in reversed(schedule.layers) if (user := _on_layer(layer, zone, at))), None)


def final_schedule(schedule: Schedule, since: Instant, until: Instant) -> list[Shift]:
    """Who holds the pager when: cut to the range, in order, gaps absent, neighbours of one person merged."""
    zone = ZoneInfo(schedule.time_zone)
    layers = [list(_layer_shifts(layer, zone, since, until)) for layer in schedule.layers]
    overrides = [Shift(user=o.user, start=max(o.begin, since), end=min(o.end, until)) for o in schedule.overrides]
    return _uppermost([*layers, *([override] for override in overrides if override.start < override.end)])


def _on_layer(layer: Layer, zone: ZoneInfo, at: Instant) -> str | None:
    if layer.until is not None and at >= instant_of(layer.until, zone, last=True):
        return None
    turn = _turn(layer, zone, at)
    if turn < 0 or not _in_force(layer, zone, at):
        return None
    return layer.users[turn % len(layer.users)]


def _turn(layer: Layer, zone: ZoneInfo, at: Instant) -> int:
    """The last turn that has begun at ``at``; negative before the first.

    Plain local arithmetic finds it but for an hour around a change of clocks, when a neighbour may be the one.
    """
    local = local_at(at, zone)
    turn = (local - layer.start) // layer.turn
    while instant_of(layer.start + (turn + 1) * layer.turn, zone) <= at:
        turn += 1
    while turn >= 0 and instant_of(layer.start + turn * layer.turn, zone) > at:
        turn -= 1
    return turn


def _in_force(layer: Layer, zone: ZoneInfo, at: Instant) -> bool:
    """Within one of the layer's restrictions; without any, always."""
    if not layer.only:
        return True
    today = at.astimezone(zone).date()
    days = [datetime.combine(today, time()) - back * DAY for back in range(-1, WEEK + 1)]
    return any(begin <= at < end for window in layer.only for begin, end in _windows(window, days, zone))


def _windows(window: Window, days: Sequence[datetime], zone: ZoneInfo) -> Iterator[tuple[Instant, Instant]]:
    """The window as it begins on each of ``days`` (midnights): from its first occurrence to its last."""
    for day in days:
        if day.weekday() in window.days:
            begin = instant_of(datetime.combine(day, window.begin), zone)
            end = instant_of(datetime.combine(day + window.span * DAY, window.to), zone, last=True)
            if begin < end:
                yield begin, end


def _layer_shifts(layer: Layer, zone: ZoneInfo, since: Instant, until: Instant) -> Iterator[Shift]:
    """The layer's turns within the range, in order, cut to its restrictions."""
    since = max(since, instant_of(layer.start, zone))
    if layer.until is not None:
        until = min(until, instant_of(layer.until, zone, last=True))
    if since >= until:
        return
    windows = deque(_in_range(layer, zone, since, until))
    for begin, end, user in _turns(layer, zone, since, until):
        while windows and windows[0][1] <= begin:
            windows.popleft()
        for opens, closes in windows:
            if opens >= end:
                break
            yield Shift(user=user, start=max(begin, opens), end=min(end, closes))


def _turns(layer: Layer, zone: ZoneInfo, since: Instant, until: Instant) -> Iterator[tuple[Instant, Instant, str]]:
    turn = max(_turn(layer, zone, since), 0)
    begin = instant_of(layer.start + turn * layer.turn, zone)
    while begin < until:
        end = instant_of(layer.start + (turn + 1) * layer.turn, zone)
        if max(begin, since) < min(end, until):  # a turn that vanishes in a gap is nobody's
            yield max(begin, since), min(end, until), layer.users[turn % len(layer.users)]
        turn, begin = turn + 1, end


def _in_range(layer: Layer, zone: ZoneInfo, since: Instant, until: Instant) -> list[tuple[Instant, Instant]]:
    """When the layer is in force: its restrictions' union, in order and without overlap."""
    if not layer.only:
        return [(since, until)]
    first = datetime.combine(since.astimezone(zone).date(), time()) - (WEEK + 1) * DAY
    days = [first + count * DAY for count in range((until - since).days + WEEK + 4)]
    found = sorted(span for window in layer.only for span in _windows(window, days, zone))
    union: list[tuple[Instant, Instant]] = []
    for begin, end in found:
        if union and begin <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((begin, end))
    return [(begin, end) for begin, end in union if end > since and begin < until]


def _uppermost(stack: Sequence[Sequence[Shift]]) -> list[Shift]:
    """Of each moment's shifts the one of the last of ``stack``; neighbours of one person are one shift."""
    begun = sorted((s.start, -height, s.end, s.user) for height, shifts in enumerate(stack) for s in shifts)
    edges = sorted({edge for start, _, end, _ in begun for edge in (start, end)})
    held: list[tuple[int, Instant, str]] = []  # the uppermost first; what is over below it is left until it shows
    merged: list[Shift] = []
    waiting = iter([*begun, None])
    following = next(waiting)
    for start, end in pairwise(edges):
        while following is not None and following[0] == start:
            heappush(held, following[1:])
            following = next(waiting)
        while held and held[0][1] <= start:
            heappop(held)
        if held:
            _append(merged, held[0][2], start, end)
    return merged


def _append(shifts: list[Shift], user: str, start: Instant, end: Instant) -> None:
    last = shifts[-1] if shifts else None
    if last is not None and last.user == user and last.end == start:
        shifts[-1] = Shift(user=user, start=last.start, end=end)
    else:
        shifts.append(Shift(user=user, start=start, end=end))
