"""Who is on call: layers of rotations with restrictions, and overrides above them.

Turns are counted on the wall clock; the later layer wins; an override wins over all layers, the newest over older ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from shared.domain.instants import Instant
from shared.domain.wall_clock import instant_of

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
    shifts: list[Shift] = []
    for layer in schedule.layers:
        shifts = _over(shifts, list(_layer_shifts(layer, zone, since, until)))
    for override in schedule.overrides:
        begin, end = max(override.begin, since), min(override.end, until)
        if begin < end:
            shifts = _over(shifts, [Shift(user=override.user, start=begin, end=end)])
    return _merged(shifts)


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
    local = at.astimezone(zone).replace(tzinfo=None)
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
    windows = _in_range(layer, zone, since, until)
    for begin, end, user in _turns(layer, zone, since, until):
        for opens, closes in windows:
            start, stop = max(begin, opens), min(end, closes)
            if start < stop:
                yield Shift(user=user, start=start, end=stop)


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


def _over(below: list[Shift], above: list[Shift]) -> list[Shift]:
    """``above`` wins where they overlap. Both are in order and without overlap of their own."""
    if not above:
        return below
    edges = [edge for shift in above for edge in (shift.start, shift.end)]
    free = list(pairwise([None, *edges, None]))[::2]
    kept = [
        replace(shift, start=start, end=end)
        for shift in below
        for opens, closes in free
        if (start := shift.start if opens is None else max(shift.start, opens))
        < (end := shift.end if closes is None else min(shift.end, closes))
    ]
    return sorted([*kept, *above], key=lambda shift: shift.start)


def _merged(shifts: list[Shift]) -> list[Shift]:
    merged: list[Shift] = []
    for shift in shifts:
        if merged and merged[-1].user == shift.user and merged[-1].end == shift.start:
            merged[-1] = replace(merged[-1], end=shift.end)
        else:
            merged.append(shift)
    return merged
