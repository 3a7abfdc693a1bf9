"""When an alert flaps, and how long its recovery is held then."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.directory import Flapping
from shared.domain.flapping import flaps, opened, recognised, recovery
from shared.domain.holding import Reason

NIGHT = datetime(2026, 11, 23, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULE = Flapping(times=4, within=10 * MINUTE)
rules = st.builds(
    Flapping, times=st.integers(2, 20), within=st.integers(60, 86_400).map(lambda s: timedelta(seconds=s))
)
gaps = st.lists(st.integers(1, 4_000_000).map(lambda ms: timedelta(milliseconds=ms)), min_size=1, max_size=60)


def openings_of(times: list[datetime], rule: Flapping) -> str:
    openings = ""
    for at in times:
        openings = opened(openings, at, rule)
    return openings


def times_of(gaps: list[timedelta]) -> list[datetime]:
    times = [NIGHT]
    for gap in gaps:
        times.append(times[-1] + gap)
    return times


@given(gaps, rules)
def test_it_flaps_exactly_if_it_opened_more_often_than_the_rule_allows(gaps: list[timedelta], rule: Flapping) -> None:
    times = times_of(gaps)
    there = sum(times[-1] - rule.within <= at for at in times)
    openings = openings_of(times, rule)
    assert (flaps(openings, rule) is not None) is (there > rule.times)
    assert len(openings) <= 240


@given(gaps, rules, st.integers(0, 10**9).map(lambda ms: timedelta(milliseconds=ms)))
def test_a_recovery_that_is_held_counts_at_a_stated_instant(
    gaps: list[timedelta], rule: Flapping, later: timedelta
) -> None:
    times = times_of(gaps)
    at = times[-1] + later
    hold = recovery(openings_of(times, rule), rule, at)
    if hold is None:
        assert flaps(openings_of(times, rule), rule) is None
    else:
        assert hold.reason is Reason.FLAPPING
        assert timedelta() <= at + rule.within - hold.until < timedelta(seconds=1)


@given(gaps, rules)
def test_quiet_for_the_window_forgets_all_of_it(gaps: list[timedelta], rule: Flapping) -> None:
    times = times_of(gaps)
    openings = opened(openings_of(times, rule), times[-1] + rule.within + MINUTE, rule)
    assert flaps(openings, rule) is None


@pytest.mark.parametrize(
    ("opened_at", "flapping"), [([0, 2, 4, 6], False), ([0, 2, 4, 6, 10], True), ([0, 3, 5, 7, 11], False)]
)
def test_by_the_clock(opened_at: list[int], flapping: bool) -> None:
    assert (flaps(openings_of([NIGHT + n * MINUTE for n in opened_at], RULE), RULE) is not None) is flapping


def test_a_service_that_doesn_t_ask_remembers_nothing_and_holds_nothing() -> None:
    openings = openings_of([NIGHT + n * MINUTE for n in range(6)], RULE)
    assert opened(openings, NIGHT + 7 * MINUTE, None) == ""
    assert (flaps(openings, None), recovery(openings, None, NIGHT), recognised(openings, None)) == (None, None, None)


def test_people_are_told_why_and_until_when() -> None:
    openings = openings_of([NIGHT + n * MINUTE for n in range(5)], RULE)
    assert recognised(openings, RULE) == (
        "flapping: it opened 5 times within 10m; from now on it recovers only once it has been quiet for 10m"
    )
    hold = recovery(openings, RULE, NIGHT + 5 * MINUTE)
    assert hold is not None
    assert hold.because == (
        "flapping: it opened 5 times within 10m; recovered at 2026-11-23T03:05:00Z, and quiet since"
    )
