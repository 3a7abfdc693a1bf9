"""What an edit of a schedule means for people: the stretches that each of them gains and loses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.domain.instants import Instant
from shared.domain.schedule import Schedule, Shift, final_schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch that ``user`` has on call, and hadn't; ``lost``: had, and hasn't any more."""

    user: str
    start: Instant
    end: Instant
    lost: bool

    @property
    def hours(self) -> float:
        """Gained; negative where they are lost. Elapsed hours, also across a change of clocks."""
        hours = (self.end - self.start).total_seconds() / 3600
        return -hours if self.lost else hours


def changed(before: Schedule | None, after: Schedule | None, since: Instant, until: Instant) -> list[Stretch]:
    """Every stretch of the range in which another person has it than before, by person and time.

    ``None`` is a schedule that isn't there.
    """
    was = final_schedule(before, since, until) if before else []
    becomes = final_schedule(after, since, until) if after else []
    gained = [Stretch(user=s.user, start=s.start, end=s.end, lost=False) for s in _without(becomes, was)]
    lost = [Stretch(user=s.user, start=s.start, end=s.end, lost=True) for s in _without(was, becomes)]
    return sorted([*lost, *gained], key=lambda stretch: (stretch.user, stretch.start))


def _without(shifts: Sequence[Shift], others: Sequence[Shift]) -> Iterator[Shift]:
    """What of ``shifts`` isn't the same person's in ``others``. Both are in order and without overlap."""
    place = 0
    for shift in shifts:
        while place < len(others) and others[place].end <= shift.start:
            place += 1
        free, here = shift.start, place
        while here < len(others) and others[here].start < shift.end:
            other = others[here]
            if other.user == shift.user:
                if free < other.start:
                    yield Shift(user=shift.user, start=free, end=other.start)
                free = other.end
            here += 1
        if free < shift.end:
            yield Shift(user=shift.user, start=free, end=shift.end)
