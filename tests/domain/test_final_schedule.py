"""The final schedule says of each moment what ``on_call`` says of it, whatever lies over what."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.schedule import Layer, Override, Schedule, Window, final_schedule, on_call

SINCE = datetime(2026, 3, 20, tzinfo=UTC)  # ten days before clocks change in Europe
UNTIL = SINCE + timedelta(days=30)
ZONES = ("UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu")
PEOPLE = ("ada", "grace", "linus")

hours = st.integers(-100, 900).map(lambda count: timedelta(hours=count))
clocks = st.integers(0, 23).map(lambda hour: time(hour, 30))
people = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4).map(tuple)
starts = hours.map(lambda after: SINCE.replace(tzinfo=None) + after)
windows = st.builds(
    lambda days, begin, to: Window(days=tuple(sorted(days)), begin=begin, to=to, span=int(to <= begin)),
    st.sets(st.integers(0, 6), min_size=1),
    clocks,
    clocks,
)
layers = st.builds(
    lambda start, turn, users, lasts, only: Layer(
        name="layer", start=start, turn=turn, users=users, until=start + lasts if lasts else None, only=tuple(only)
    ),
    starts,
    st.integers(1, 200).map(lambda count: timedelta(hours=count)),
    people,
    st.none() | st.integers(1, 500).map(lambda count: timedelta(hours=count)),
    st.lists(windows, max_size=2),
)
overrides = st.builds(
    lambda user, begin, lasts: Override(user=user, begin=SINCE + begin, end=SINCE + begin + lasts),
    st.sampled_from(PEOPLE),
    hours,
    st.integers(1, 100).map(lambda count: timedelta(hours=count)),
)
schedules = st.builds(
    lambda zone, some, over: Schedule(name="any", time_zone=zone, layers=tuple(some), overrides=tuple(over)),
    st.sampled_from(ZONES),
    st.lists(layers, max_size=3),
    st.lists(overrides, max_size=5),
)
moments = st.integers(0, 30 * 24 * 2 - 1).map(lambda halves: SINCE + timedelta(minutes=30 * halves))


@given(schedules, st.lists(moments, min_size=20, max_size=20))
def test_it_agrees_with_on_call_at_every_moment(schedule: Schedule, at: list[datetime]) -> None:
    shifts = final_schedule(schedule, SINCE, UNTIL)
    for moment in at:
        held = [shift.user for shift in shifts if shift.start <= moment < shift.end]
        assert held == ([person] if (person := on_call(schedule, moment)) else [])


@given(schedules)
def test_shifts_are_in_order_without_overlap_and_neighbours_are_two_people(schedule: Schedule) -> None:
    shifts = final_schedule(schedule, SINCE, UNTIL)
    assert all(SINCE <= shift.start < shift.end <= UNTIL for shift in shifts)
    for earlier, later in pairwise(shifts):
        assert earlier.end <= later.start
        assert (earlier.user, earlier.end) != (later.user, later.start)
