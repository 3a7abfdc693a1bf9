"""How often a key spoke of late: exact for a few, never too late for many, and small for any number."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.directory import OpenAfter
from shared.domain.tally import EXACT, count

NIGHT = datetime(2026, 11, 23, 3, tzinfo=UTC)
WINDOW = timedelta(minutes=10)
gaps = st.lists(st.integers(0, 400_000).map(lambda ms: timedelta(milliseconds=ms)), max_size=60)


def counted(times: list[datetime], rule: OpenAfter) -> list[int]:
    so_far, numbers = "", list[int]()
    for at in times:
        so_far, number = count(so_far, at, rule)
        assert len(so_far) <= 400
        numbers.append(number)
    return numbers


def times_of(gaps: list[timedelta]) -> list[datetime]:
    times, at = list[datetime](), NIGHT
    for gap in gaps:
        at += gap
        times.append(at)
    return times


@given(gaps, st.integers(1, EXACT))
def test_of_a_few_each_event_of_the_window_counts(gaps: list[timedelta], least: int) -> None:
    times = times_of(gaps)
    for at, number in zip(times, counted(times, OpenAfter(count=least, within=WINDOW)), strict=True):
        there = sum(at - WINDOW <= one <= at for one in times)
        assert min(number, least) == min(there, least) or times.count(at) > 1


@given(gaps, st.integers(EXACT + 1, 1_000_000))
def test_of_many_none_is_left_out_and_none_counts_long_after(gaps: list[timedelta], least: int) -> None:
    times = times_of(gaps)
    for place, number in enumerate(counted(times, OpenAfter(count=least, within=WINDOW))):
        at, before = times[place], times[: place + 1]
        assert sum(at - WINDOW <= one for one in before) <= number
        assert number <= sum(at - WINDOW * (1 + 1 / EXACT) <= one for one in before)


def test_a_million_in_thirty_days_take_no_more_room() -> None:
    month = OpenAfter(count=1_000_000, within=timedelta(days=30))
    times = [NIGHT + timedelta(seconds=13 * n) for n in range(5_000)]
    assert counted(times, month)[-1] == 5_000
    far = [NIGHT + timedelta(days=3 * n) for n in range(500)]
    assert counted(far, month)[-1] <= 12


def test_the_window_ends_with_its_last_instant() -> None:
    twice = OpenAfter(count=2, within=WINDOW)
    assert counted([NIGHT, NIGHT + WINDOW], twice) == [1, 2]
    assert counted([NIGHT, NIGHT + WINDOW + timedelta(milliseconds=1)], twice) == [1, 1]
