"""Who is on call: layers of rotations with restrictions, and overrides above them.

Turns are counted on the wall clock; the later layer wins; an override wins over all layers, the newest over older ones.
Everything is answered in closed form: a turn is found by division, never by stepping from the start.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.instants import Instant
from shared.domain.wall_clock import DAY, SECOND, WallClock, instant, local_seconds, seconds, wall_clock

MONDAY = 3  # days after a Monday on which 1970 began: a Thursday
Span = tuple[int, int]  # from, until: seconds since 1970
Stretch = tuple[int, int, str]  # the same, and who


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of local time, once on each of ``days`` (0 is Monday), in which a layer is in force.

    ``begin`` and ``end`` are seconds after the midnight that ``begin`` follows; ``end`` may lie up to a week later.
    """

    days: frozenset[int]
    begin: int
    end: int


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
    clock, now = wall_clock(schedule.time_zone, at.year, at.year), seconds(at)
    return next((user for layer in reversed(schedule.layers) if (user := _on_layer(layer, clock, now))), None)


def final_schedule(schedule: Schedule, since: Instant, until: Instant) -> list[Shift]:
    """Who holds the pager when: cut to the range, in order, gaps absent, neighbours of one person merged."""
    clock = wall_clock(schedule.time_zone, since.year, until.year)
    begin, end = seconds(since), seconds(until)
    final: list[Stretch] = []
    for layer in schedule.layers:
        final = _over(final, list(_layer(layer, clock, begin, end)))
    merged = _merged(_over(final, _overrides(schedule.overrides, begin, end)))
    return [Shift(user=user, start=instant(opens), end=instant(closes)) for opens, closes, user in merged]


def gaps(schedule: Schedule, since: Instant, until: Instant) -> list[tuple[Instant, Instant]]:
    """When nobody holds the pager. Turns don't matter for it, so it costs as much as there are windows."""
    clock = wall_clock(schedule.time_zone, since.year, until.year)
    begin, end = seconds(since), seconds(until)
    covered = [(seconds(override.begin), seconds(override.end)) for override in schedule.overrides]
    for layer in schedule.layers:
        opens, closes = _lasts(layer, clock, begin, end)
        if opens < closes:
            windows = _windows(layer.only, clock, opens, closes) if layer.only else [(opens, closes)]
            covered += [(max(opens, a), min(closes, b)) for a, b in windows]
    found: list[tuple[Instant, Instant]] = []
    at = begin
    for opens, closes in [*_union(sorted(span for span in covered if span[0] < span[1])), (end, end)]:
        if at < min(opens, end):
            found.append((instant(at), instant(min(opens, end))))
        at = max(at, closes)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of a layer, whether or not a restriction leaves its hours out; ``begin`` is in local seconds."""

    user: str
    seat: int  # the user's place in the layer's order
    begin: int


def present_turn(layer: Layer, zone: str, at: Instant) -> Turn | None:
    """The turn that lasts at ``at``; None before the first, and after the layer's end."""
    clock, now = wall_clock(zone, at.year, at.year), seconds(at)
    turn = _turn(layer, clock, now)
    if turn < 0 or (layer.until is not None and now >= clock.last(local_seconds(layer.until))):
        return None
    begin = local_seconds(layer.start) + turn * (layer.turn // SECOND)
    seat = turn % len(layer.users)
    return Turn(user=layer.users[seat], seat=seat, begin=begin)


def inside(window: Window, zone: str, at: Instant) -> bool:
    return _in_force((window,), wall_clock(zone, at.year, at.year), seconds(at))


def next_begin(window: Window, zone: str, after: Instant) -> Instant:
    """When the window next begins, later than ``after``."""
    clock, now = wall_clock(zone, after.year, after.year), seconds(after)
    today = clock.local(now) // DAY
    days = (day for day in range(today - 1, today + 9) if (day + MONDAY) % 7 in window.days)
    return instant(min(at for day in days if (at := clock.first(day * DAY + window.begin)) > now))


def _overrides(overrides: Sequence[Override], begin: int, end: int) -> list[Stretch]:
    """The newest wins. One above the other in halves: a thousand take ten rounds, not a thousand."""
    found: list[list[Stretch]] = []
    for override in overrides:
        opens, closes = max(seconds(override.begin), begin), min(seconds(override.end), end)
        if opens < closes:
            found.append([(opens, closes, override.user)])
    while len(found) > 1:
        found = [_over(*pair) if len(pair := found[n : n + 2]) == 2 else pair[0] for n in range(0, len(found), 2)]
    return found[0] if found else []


# one layer


def _on_layer(layer: Layer, clock: WallClock, at: int) -> str | None:
    if layer.until is not None and at >= clock.last(local_seconds(layer.until)):
        return None
    turn = _turn(layer, clock, at)
    if turn < 0 or not (not layer.only or _in_force(layer.only, clock, at)):
        return None
    return layer.users[turn % len(layer.users)]


def _turn(layer: Layer, clock: WallClock, at: int) -> int:
    """The last turn that has begun at ``at``; negative before the first.

    Division finds it but for an hour around a change of clocks, when a neighbour may be the one.
    """
    start, length = local_seconds(layer.start), layer.turn // SECOND
    turn = (clock.local(at) - start) // length
    while clock.first(start + (turn + 1) * length) <= at:
        turn += 1
    while turn >= 0 and clock.first(start + turn * length) > at:
        turn -= 1
    return turn


def _in_force(only: Sequence[Window], clock: WallClock, at: int) -> bool:
    """Within one of the restrictions. A window that begins tomorrow may be open where clocks go back at midnight."""
    today = clock.local(at) // DAY
    for window in only:
        for day in range(today - window.end // DAY, today + 2):
            if (day + MONDAY) % 7 in window.days:
                midnight = day * DAY
                if clock.first(midnight + window.begin) <= at < clock.last(midnight + window.end):
                    return True
    return False


def _layer(layer: Layer, clock: WallClock, since: int, until: int) -> Iterator[Stretch]:
    """The layer's turns within the range, in order, cut to its restrictions."""
    since, until = _lasts(layer, clock, since, until)
    if since >= until:
        return
    windows = _windows(layer.only, clock, since, until) if layer.only else [(since, until)]
    place = 0
    for begin, end, user in _turns(layer, clock, since, until):
        while place < len(windows) and windows[place][1] <= begin:
            place += 1
        here = place
        while here < len(windows) and windows[here][0] < end:
            yield max(begin, windows[here][0]), min(end, windows[here][1]), user
            here += 1


def _lasts(layer: Layer, clock: WallClock, since: int, until: int) -> Span:
    """The part of the range between the layer's start and its end."""
    since = max(since, clock.first(local_seconds(layer.start)))
    return since, until if layer.until is None else min(until, clock.last(local_seconds(layer.until)))


def _turns(layer: Layer, clock: WallClock, since: int, until: int) -> Iterator[Stretch]:
    start, length, users = local_seconds(layer.start), layer.turn // SECOND, layer.users
    turn = max(_turn(layer, clock, since), 0)
    begin = clock.first(start + turn * length)
    while begin < until:
        end = clock.first(start + (turn + 1) * length)
        if begin < end and since < end:  # a turn that vanishes in a gap is nobody's
            yield max(begin, since), min(end, until), users[turn % len(users)]
        turn, begin = turn + 1, end


def _windows(only: Sequence[Window], clock: WallClock, since: int, until: int) -> list[Span]:
    """When a layer is in force: its restrictions' union, in order and without overlap, not cut to the range."""
    first, last = clock.local(since) // DAY - 8, clock.local(until) // DAY + 1
    found: list[Span] = []
    for window in only:
        for weekday in window.days:
            monday = first - (first + MONDAY) % 7
            for day in range(monday + weekday, last + 1, 7):
                opens, closes = clock.first(day * DAY + window.begin), clock.last(day * DAY + window.end)
                if opens < closes and opens < until and closes > since:
                    found.append((opens, closes))
    return _union(sorted(found))


def _union(spans: Sequence[Span]) -> list[Span]:
    union: list[Span] = []
    for begin, end in spans:
        if union and begin <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((begin, end))
    return union


# one above the other


def _over(below: list[Stretch], above: list[Stretch]) -> list[Stretch]:
    """``above`` wins where they overlap. Both are in order and without overlap of their own."""
    if not above or not below:
        return above or below
    kept: list[Stretch] = []
    place = 0
    for begin, end, user in below:
        while place < len(above) and above[place][1] <= begin:
            place += 1
        free, here = begin, place
        while here < len(above) and above[here][0] < end:
            if free < above[here][0]:
                kept.append((free, above[here][0], user))
            free = above[here][1]
            here += 1
        if free < end:
            kept.append((free, end, user))
    return sorted(kept + above)


def _merged(stretches: list[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for begin, end, user in stretches:
        if merged and merged[-1][1] == begin and merged[-1][2] == user:
            merged[-1] = (merged[-1][0], end, user)
        else:
            merged.append((begin, end, user))
    return merged
