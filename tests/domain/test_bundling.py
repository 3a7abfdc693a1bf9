"""A storm, and one person's number: never more than the limits, nothing lost, and the bundle as early as may be."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.channels.gsm7 import is_gsm, parts
from shared.domain.bundling import (
    LIMITS,
    PATIENCE,
    Line,
    Listed,
    Verdict,
    admit,
    allowed_at,
    come_back,
    go,
    in_words,
    may_go,
)
from shared.domain.directory import Medium
from shared.domain.instants import Instant

NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LINK = "https://tocsin.acme.example/incidents"
LIMITED = sorted(LIMITS)


def of(number: int, **more: object) -> Listed:
    return Listed(incident=f"Q{number:013}", page="1#ada#1", number=number, **more)  # type: ignore[arg-type]


def line_of(medium: Medium = Medium.SMS, **more: object) -> Line:
    return Line(medium=medium, address="+447700900001", **more)  # type: ignore[arg-type]


def release(line: Line, now: Instant) -> tuple[str | None, Line]:
    """What the bundle says, once it may go, and the line when it is gone."""
    if not may_go(line, now):
        return None, line
    going, after = go(line, line.listed, "attempt", now)
    return in_words(going.listed, going.more, LINK), replace(after, going=None)


def storm(medium: Medium, arrivals: list[Instant]) -> tuple[list[tuple[Instant, str]], dict[int, Verdict], Line]:
    """Pages of incidents 1, 2, 3 … as they arrive, bundles as they fall due: what was sent, what became of each."""
    line, sent, became = line_of(medium), list[tuple[Instant, str]](), dict[int, Verdict]()
    for number, at in enumerate(arrivals, start=1):
        line = until(line, at, sent)
        became[number], line = admit(line, of(number), at)
        if became[number] is Verdict.SEND:
            sent.append((at, str(number)))
    while line.due is not None:
        line = until(line, line.due, sent)
    return sent, became, line


def until(line: Line, at: Instant, sent: list[tuple[Instant, str]]) -> Line:
    if line.due is None or line.due > at:
        return line
    early, unchanged = release(line, line.due - SECOND)
    assert (early, unchanged) == (None, line), "a second before, it wasn't allowed"
    text, after = release(line, line.due)
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
    line = line_of()
    for number, at in enumerate(arrivals, start=1):
        line = until(line, at, [])
        verdict, line = admit(line, of(number), at)
        assert (verdict is Verdict.SEND) == (line.due is None)
        if line.due is not None:
            assert (verdict is Verdict.WAIT) == (line.due - at <= PATIENCE)


def test_the_sixth_text_within_a_quarter_of_an_hour_waits_for_the_first_to_be_so_old() -> None:
    line = line_of()
    for number in range(1, 6):
        verdict, line = admit(line, of(number), NIGHT + number * MINUTE)
        assert verdict is Verdict.SEND
    assert allowed_at(line, NIGHT + 6 * MINUTE) == NIGHT + 16 * MINUTE
    verdict, line = admit(line, of(6), NIGHT + 6 * MINUTE)
    assert (verdict, line.due) == (Verdict.HAND_ON, NIGHT + 16 * MINUTE)
    verdict, line = admit(line, of(7), NIGHT + 15 * MINUTE)
    assert (verdict, line.due) == (Verdict.WAIT, NIGHT + 16 * MINUTE)
    text, line = release(line, NIGHT + 16 * MINUTE)
    assert text == f"TOCSIN: 6, 7. {LINK}"
    assert admit(line, of(8), NIGHT + 17 * MINUTE)[0] is Verdict.SEND


def test_three_calls_within_a_quarter_of_an_hour() -> None:
    line = line_of(Medium.VOICE)
    verdicts = list[Verdict]()
    for number in range(1, 5):
        verdict, line = admit(line, of(number), NIGHT + number * SECOND)
        verdicts.append(verdict)
    assert verdicts == [Verdict.SEND] * 3 + [Verdict.HAND_ON]


def test_mail_knows_no_limit() -> None:
    line = line_of(Medium.EMAIL)
    for number in range(100):
        verdict, line = admit(line, of(number), NIGHT)
        assert verdict is Verdict.SEND
    assert line.sent == ()


def test_a_storm_of_ten_thousand_leaves_a_small_item_and_an_exact_count() -> None:
    line = line_of()
    for number in range(1, 10_001):
        _, line = admit(line, of(number), NIGHT)
    assert (len(line.sent), len(line.listed), line.more) == (5, 100, 10_000 - 5 - 100)
    assert line.due is not None
    text, _ = release(line, line.due)
    assert text is not None
    shown = re.findall(r"\d+", text.partition(" and ")[0])
    assert f"and {10_000 - 5 - len(shown)} more" in text
    assert len(shown) > 40


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=100, unique=True), st.integers(0, 10**9))
def test_a_bundle_names_as_many_as_fit(numbers: list[int], more: int) -> None:
    text = in_words([of(number) for number in numbers], more, LINK)
    assert is_gsm(text)
    assert parts(text) <= 2
    assert text.endswith(LINK)
    shown = text.partition(" and ")[0].removeprefix("TOCSIN: ").partition(". ")[0].split(", ")
    assert [int(number) for number in shown] == numbers[: len(shown)]
    if len(shown) < len(numbers):
        one_more = f"TOCSIN: {', '.join(map(str, numbers[: len(shown) + 1]))} and {more + 10**9} more. {LINK}"
        assert len(one_more) > 290


def test_an_incident_that_is_paged_twice_is_named_once() -> None:
    line = line_of(sent=(NIGHT,) * 5)
    _, line = admit(line, of(17), NIGHT)
    _, line = admit(line, of(17), NIGHT + SECOND)
    assert in_words(line.listed, line.more, LINK) == f"TOCSIN: 17. {LINK}"


def test_a_bundle_says_where_all_of_them_are_only_once_there_is_such_a_place() -> None:
    assert in_words([of(17), of(18)], 0, "") == "TOCSIN: 17, 18."
    assert in_words([], 12, "") == "TOCSIN: 12 incidents."


def test_a_page_that_finds_the_bundle_full_is_counted_and_handed_on_as_failed() -> None:
    line = line_of(sent=(NIGHT,) * 5)
    verdicts = list[Verdict]()
    for number in range(1, 103):
        verdict, line = admit(line, of(number), NIGHT)
        verdicts.append(verdict)
    assert verdicts == [Verdict.HAND_ON] * 100 + [Verdict.COUNT] * 2
    assert all(page.handed_on for page in line.listed)


def test_a_bundle_under_way_takes_nobody_in_and_counts_as_sent() -> None:
    line = line_of(sent=(NIGHT,) * 5)
    _, line = admit(line, of(6), NIGHT)
    assert line.due is not None
    going, line = go(line, line.listed, "attempt", line.due)
    assert [(page.number, page.tries) for page in going.listed] == [(6, 1)]
    assert (line.sent[-1], line.listed, line.due) == (going.claimed_at, (), None)
    assert line.due_at == going.stale_at
    assert admit(line, of(7), going.claimed_at)[0] is Verdict.SEND  # the other five are a quarter of an hour old
    assert not may_go(replace(line, due=going.claimed_at), going.claimed_at)


def test_a_bundle_that_nobody_knows_of_is_in_the_next_and_waits_for_its_turn() -> None:
    line = line_of(sent=(NIGHT,) * 4)
    line = replace(line, listed=(of(6),), more=3, due=NIGHT)
    going, line = go(line, line.listed, "attempt", NIGHT)
    _, line = admit(line, of(7), NIGHT + SECOND)
    line = come_back(line, going.listed, NIGHT + MINUTE)
    assert [page.number for page in line.listed] == [6, 7]
    assert (line.more, line.due, line.going) == (3, NIGHT + 15 * MINUTE, None)
    assert not may_go(line, NIGHT + 15 * MINUTE - SECOND)
    assert may_go(line, NIGHT + 15 * MINUTE)
