"""Who was on call, and what an edit does to who is: the past is read from what was in force then.

Laws: an edit never changes who was on call. The present turn is kept by an anchor, a ``start`` that lies before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, takewhile

from shared.domain.instants import Instant
from shared.domain.schedule import Layer, Schedule, Shift, Turn, final_schedule, present_turn
from shared.domain.wall_clock import LOCAL_EPOCH, SECOND, instant_of, local_seconds, local_seconds_at

FIRST_LOCAL = local_seconds(datetime(2, 1, 1))  # noqa: DTZ001 - no start is proposed before the calendar begins


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A version of a schedule, from ``since`` until the next one's; ``schedule`` None: there was none."""

    since: Instant
    schedule: Schedule | None


def as_it_was(versions: Sequence[InForce], since: Instant, until: Instant) -> list[Shift]:
    """Who held the pager, by whatever was in force at each moment. ``versions`` are in order of time."""
    ends = [following.since for _, following in pairwise(versions)] + [until]
    shifts: list[Shift] = []
    for version, end in zip(versions, ends, strict=True):
        begin, stop = max(version.since, since), min(end, until)
        if version.schedule is not None and begin < stop:
            shifts += final_schedule(version.schedule, begin, stop)
    return _joined(shifts)


def keeps_the_present_turn(
    before: Layer, after: Layer, zone: str, now: Instant, *, zone_after: str | None = None
) -> datetime | None:
    """The ``start`` for ``after`` by which whoever has the turn of ``before`` at ``now`` goes on having it.

    Handovers keep their local time. None where nobody has it, or they aren't in ``after``: then nothing can be kept.
    """
    turn = present_turn(before, zone, now)
    if turn is None or turn.user not in after.users:
        return None
    begun, here = turn.begin, local_seconds_at(now, zone)
    if zone_after is not None and zone_after != zone:
        at = instant_of(LOCAL_EPOCH + begun * SECOND, zone)
        begun, here = local_seconds_at(at, zone_after), local_seconds_at(now, zone_after)
    length = after.turn // SECOND
    begun += max(here - begun, 0) // length * length  # of a turn that became shorter, the part that lasts now
    start = begun - _seat(before, after, turn) * length
    return LOCAL_EPOCH + start * SECOND if start > FIRST_LOCAL else None


def _seat(before: Layer, after: Layer, turn: Turn) -> int:
    """The place of the turn's user in ``after``; of several the one after which most follow as they did before."""

    def follow_alike(seat: int) -> int:
        steps = range(1, min(len(before.users), len(after.users)) + 1)
        was = (before.users[(turn.seat + step) % len(before.users)] for step in steps)
        becomes = (after.users[(seat + step) % len(after.users)] for step in steps)
        return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(was, becomes, strict=True))))

    return max((seat for seat, user in enumerate(after.users) if user == turn.user), key=follow_alike)


def _joined(shifts: Sequence[Shift]) -> list[Shift]:
    joined: list[Shift] = []
    for shift in shifts:
        if joined and (joined[-1].user, joined[-1].end) == (shift.user, shift.start):
            joined[-1] = Shift(user=shift.user, start=joined[-1].start, end=shift.end)
        else:
            joined.append(shift)
    return joined
