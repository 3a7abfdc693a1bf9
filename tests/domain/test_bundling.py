"""A storm, and one person's number: never more than the limits, nothing lost, and the bundle as early as may be."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.channels.gsm7 import is_gsm, parts
from shared.domain.bundling import LIMITS, PATIENCE, Line, Verdict, admit, allowed_at, in_words, release
from shared.domain.directory import Medium
from shared.domain.instants import Instant

NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LINK = "https://tocsin.acme.example/incidents"
LIMITED = sorted(LIMITS)


def storm(medium: Medium, arrivals: list[Instant]) -> tuple[list[tuple[Instant, str]], dict[int, Verdict], Line]:
    """Pages of incidents 1, 2, 3 … as they arrive, bundles as they fall due: what was sent, what became of each."""
    line, sent, became = Line(medium=medium), list[tuple[Instant, str]](), dict[int, Verdict]()
    for number, at in enumerate(arrivals, start=1):
        line = until(line, at, sent)
        became[number], line = admit(line, number, at)
        if became[number] is Verdict.SEND:
            sent.append((at, str(number)))
    while line.due is not None:
        line = until(line, line.due, sent)
    return sent, became, line


def until(line: Line, at: Instant, sent: list[tuple[Instant, str]]) -> Line:
    if line.due is None or line.due > at:
        return line
    early, unchanged = release(line, LINK, line.due - SECOND)
    assert (early, unchanged) == (None, line), "a second before, it wasn't allowed"
    text, after = release(line, LINK, line.due)
    assert text is not None
    sent.append((line.due, text))
    return after


ARRIVALS = st.lists(st.integers(0, 1_200_000), max_size=120).map(
    lambda gaps: [NIGHT + timedelta(milliseconds=sum(gaps[: n + 1])) for n in range(len(gaps))]
)
BURSTS = st.lists(st.integers(0, 20_000), max_size=120).map(
    lambda gaps: [NIGHT + timedelta(milliseconds=sum(gaps[: n + 1])) for n in range(len(gaps))]
)


@pytest.mark.parametrize("medium", LIMITED)
@given(arrivals=ARRIVALS | BURSTS)
def test_no_window_ever_holds_more_than_its_limit(medium: Medium, arrivals: list[Instant]) -> None:
    sent = [at for at, _ in storm(medium, arrivals)[0]]
    for limit in LIMITS[medium]:
        for at in sent:
            assert sum(at - limit.within < other <= at for other in sent) <= limit.count


@pytest.mark.parametrize("medium", LIMITED)
@given(arrivals=ARRIVALS | BURSTS)
def test_nothing_is_lost_and_every_message_is_at_most_two_parts(medium: Medium, arrivals: list[Instant]) -> None:
    sent, became, line = storm(medium, arrivals)
    named, counted = list[int](), 0
    for _, text in sent:
        assert parts(text) <= 2
        named += [int(number) for number in re.findall(r"\b\d+\b", text.partition(" and ")[0].partition(LINK)[0])]
        counted += int((re.findall(r"and (\d+) more", text) or ["0"])[0])
    assert len(named) == len(set(named))
    assert len(named) + counted == len(became)
    assert (line.listed, line.more, line.due) == ((), 0, None)


@given(arrivals=BURSTS)
def test_who_would_wait_longer_than_a_minute_is_told_by_another_method(arrivals: list[Instant]) -> None:
    line = Line(medium=Medium.SMS)
    for number, at in enumerate(arrivals, start=1):
        line = until(line, at, [])
        verdict, line = admit(line, number, at)
        assert (verdict is Verdict.SEND) == (line.due is None)
        if line.due is not None:
            assert (verdict is Verdict.WAIT) == (line.due - at <= PATIENCE)


def test_the_sixth_text_within_a_quarter_of_an_hour_waits_for_the_first_to_be_so_old() -> None:
    line = Line(medium=Medium.SMS)
    for number in range(1, 6):
        verdict, line = admit(line, number, NIGHT + number * MINUTE)
        assert verdict is Verdict.SEND
    assert allowed_at(line, NIGHT + 6 * MINUTE) == NIGHT + 16 * MINUTE
    verdict, line = admit(line, 6, NIGHT + 6 * MINUTE)
    assert (verdict, line.due) == (Verdict.HAND_ON, NIGHT + 16 * MINUTE)
    verdict, line = admit(line, 7, NIGHT + 15 * MINUTE)
    assert (verdict, line.due) == (Verdict.WAIT, NIGHT + 16 * MINUTE)
    text, line = release(line, LINK, NIGHT + 16 * MINUTE)
    assert text == f"TOCSIN: 6, 7. {LINK}"
    assert admit(line, 8, NIGHT + 17 * MINUTE)[0] is Verdict.SEND


def test_three_calls_within_a_quarter_of_an_hour() -> None:
    line = Line(medium=Medium.VOICE)
    verdicts = list[Verdict]()
    for number in range(1, 5):
        verdict, line = admit(line, number, NIGHT + number * SECOND)
        verdicts.append(verdict)
    assert verdicts == [Verdict.SEND] * 3 + [Verdict.HAND_ON]


def test_mail_knows_no_limit() -> None:
    line = Line(medium=Medium.EMAIL)
    for number in range(100):
        verdict, line = admit(line, number, NIGHT)
        assert verdict is Verdict.SEND
    assert line.sent == ()


def test_a_storm_of_ten_thousand_leaves_a_small_item_and_an_exact_count() -> None:
    line = Line(medium=Medium.SMS)
    for number in range(1, 10_001):
        _, line = admit(line, number, NIGHT)
    assert (len(line.sent), len(line.listed), line.more) == (5, 100, 10_000 - 5 - 100)
    assert line.due is not None
    text, _ = release(line, LINK, line.due)
    assert text is not None
    shown = re.findall(r"\d+", text.partition(" and ")[0])
    assert f"and {10_000 - 5 - len(shown)} more" in text
    assert len(shown) > 40


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=100, unique=True), st.integers(0, 10**9))
def test_a_bundle_names_as_many_as_fit(numbers: list[int], more: int) -> None:
    text = in_words(numbers, more, LINK)
    assert is_gsm(text)
    assert parts(text) <= 2
    assert text.endswith(LINK)
    shown = text.partition(" and ")[0].removeprefix("TOCSIN: ").partition(". ")[0].split(", ")
    assert [int(number) for number in shown] == numbers[: len(shown)]
    if len(shown) < len(numbers):
        one_more = f"TOCSIN: {', '.join(map(str, numbers[: len(shown) + 1]))} and {more + 10**9} more. {LINK}"
        assert len(one_more) > 290


def test_an_incident_that_is_paged_twice_is_named_once() -> None:
    line = Line(medium=Medium.SMS, sent=(NIGHT,) * 5)
    _, line = admit(line, 17, NIGHT)
    _, line = admit(line, 17, NIGHT + SECOND)
    assert (line.listed, line.more) == ((17,), 0)
