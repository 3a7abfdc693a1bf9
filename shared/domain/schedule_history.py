"""Who was on call, and what an edit does to who is: the past is read from what was in force then.

Laws: an edit never changes who was on call. The present turn is kept by an anchor, a ``start`` that lies before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from shared.domain.instants import Instant
from shared.domain.schedule import Layer, Schedule, Shift, final_schedule, present_turn
from shared.domain.wall_clock import LOCAL_EPOCH, SECOND


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


def anchored(layer: Layer, user: str, begun: datetime) -> datetime | None:
    """The ``start`` by which ``user`` has the turn of ``layer`` that begins at the local time ``begun``.

    None where ``user`` isn't in the layer. It lies at most one round before ``begun``.
    """
    if user not in layer.users:
        return None
    return begun - layer.users.index(user) * layer.turn


def keeps_the_present_turn(before: Layer, after: Layer, zone: str, now: Instant) -> datetime | None:
    """The ``start`` for ``after`` by which whoever has the turn of ``before`` at ``now`` keeps it to its end.

    None where nobody has it, or they aren't in the layer any more: then nothing can be kept.
    """
    turn = present_turn(before, zone, now)
    return anchored(after, turn.user, LOCAL_EPOCH + turn.begin * SECOND) if turn else None


def _joined(shifts: Sequence[Shift]) -> list[Shift]:
    joined: list[Shift] = []
    for shift in shifts:
        if joined and (joined[-1].user, joined[-1].end) == (shift.user, shift.start):
            joined[-1] = Shift(user=shift.user, start=joined[-1].start, end=shift.end)
        else:
            joined.append(shift)
    return joined
