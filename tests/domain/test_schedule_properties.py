"""Schedules against an oracle that steps by the minute, in every zone, where clocks change."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones
from zoneinfo import _zoneinfo as tables  # type: ignore[attr-defined]  # the only place that tells a zone's changes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.build import build
from shared.domain.instants import Instant
from shared.domain.schedule import Schedule, final_schedule, gaps, on_call
from shared.domain.schedule_change import changed
from shared.domain.schedule_history import InForce, as_it_was, keeps_the_present_turn
from tests.domain.minutes import MINUTE, Minutes

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZONES = sorted(zone for zone in available_timezones() if zone not in ("localtime", "Factory"))
WEEKS = [datetime(2000, 1, 1, tzinfo=UTC) + number * 7 * DAY for number in range(1979)]


@cache
def changes(zone: str) -> tuple[Instant, ...]:
    """When the zone changed its clocks, or will, from 2000 until 2037."""
    clock, found = ZoneInfo(zone), list[Instant]()
    for since, until in pairwise(WEEKS):  # no zone changed its clocks and changed them back within one
        if offset(since, clock) != offset(until, clock):
            days = pairwise(since + number * DAY for number in range(8))
            found += [day for day, following in days if offset(day, clock) != offset(following, clock)]
    return tuple(found)


def offset(at: Instant, clock: ZoneInfo) -> timedelta | None:
    return at.astimezone(clock).utcoffset()


def built(zone: str, schedule: dict[str, Any]) -> Schedule:
    account = {"name": "A", "fallback": {"email": "a@b.example"}}
    return build({"account": account, "schedules": {"it": {**schedule, "time_zone": zone}}}, 1).schedules["it"]


def by_the_minute(schedule: Schedule, since: Instant, until: Instant) -> list[str | None]:
    """The final schedule, minute by minute; it must be in order, without overlap, and merged."""
    shifts = final_schedule(schedule, since, until)
    found: list[str | None] = [None] * round((until - since) / MINUTE)
    for shift in shifts:
        for minute in range(round((shift.start - since) / MINUTE), round((shift.end - since) / MINUTE)):
            assert found[minute] is None
            found[minute] = shift.user
    assert [shift.start for shift in shifts] == sorted(shift.start for shift in shifts)
    assert all(a.end < b.start or (a.end == b.start and a.user != b.user) for a, b in pairwise(shifts))
    return found


def agree(zone: str, schedule: dict[str, Any], since: Instant, until: Instant, margin: timedelta = 9 * DAY) -> None:
    """``margin`` is longer than any window that the schedule has."""
    product = built(zone, schedule)
    expected = Minutes(zone, since, until, margin).who(schedule)
    assert by_the_minute(product, since, until) == expected
    for minute in range(0, len(expected), 7):
        assert on_call(product, since + minute * MINUTE) == expected[minute], since + minute * MINUTE


CLOCKS = st.sampled_from(["00:00", "00:30", "01:00", "02:00", "02:30", "03:00", "09:00", "17:00", "23:00", "23:30"])
DAILY = st.fixed_dictionaries(
    {"from": CLOCKS, "to": CLOCKS},
    optional={"days": st.lists(st.sampled_from(["mon", "wed", "sat", "sun"]), min_size=1, unique=True).map(",".join)},
)
WEEKLY = st.builds(
    lambda first, at, last, to: {"from": f"{first} {at}", "to": f"{last} {to}"},
    st.sampled_from(["fri", "sat", "sun"]),
    CLOCKS,
    st.sampled_from(["sat", "sun", "mon"]),
    CLOCKS,
)
PEOPLE = st.lists(st.sampled_from(["ada", "grace", "linus", "joan"]), min_size=1, max_size=4)


@st.composite
def around_a_change(draw: st.DrawFn) -> tuple[str, dict[str, Any], Instant, Instant]:
    """A zone, a schedule in the configuration's form, and a few days in which clocks change if they ever do."""
    zone = draw(st.sampled_from(ZONES))
    middle = draw(st.sampled_from(changes(zone) or (datetime(2026, 3, 29, tzinfo=UTC),)))
    middle = middle.replace(hour=0, minute=0)

    def local(days: int) -> str:
        at = middle + draw(st.integers(-days * 24, days * 24)) * HOUR
        return f"{at.date()}T{draw(CLOCKS)}"

    def layer() -> dict[str, Any]:
        made: dict[str, Any] = {
            "name": "l",
            "start": local(5),
            "turn": draw(st.sampled_from(["1h", "7h", "12h", "1d", "36h", "3d", "1w"])),
            "users": draw(PEOPLE),
        }
        if draw(st.booleans()):
            made["only"] = draw(st.lists(DAILY | WEEKLY, min_size=1, max_size=3))
        if draw(st.integers(0, 4)) == 0:
            made["until"] = local(3)
        return made

    overrides = [
        {"user": draw(st.sampled_from(["eve", "mallory"])), "from": begin, "to": end}
        for begin, end in (sorted((local(3), local(3))) for _ in range(draw(st.integers(0, 2))))
        if begin < end
    ]
    schedule = {"layers": [layer() for _ in range(draw(st.integers(1, 3)))], "overrides": overrides}
    since = middle - draw(st.integers(12, 60)) * HOUR
    return zone, schedule, since, since + draw(st.integers(24, 120)) * HOUR


@given(around_a_change())
@settings(max_examples=120)
def test_random_schedules_agree_with_the_minutes(case: tuple[str, dict[str, Any], Instant, Instant]) -> None:
    agree(*case)


def distinct_changes() -> list[tuple[str, Instant]]:
    """One zone for each pattern of changes from 2000 on, and its latest two."""
    first: dict[tuple[Any, ...], str] = {}
    for zone in ZONES:
        offsets = tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in changes(zone)[-2:])
        first.setdefault((changes(zone)[-2:], offsets), zone)
    return [(zone, at) for zone in first.values() for at in changes(zone)[-2:]]


def test_in_every_zone_the_days_around_a_change_agree_with_the_minutes() -> None:
    cases = distinct_changes()
    assert len(cases) > 100
    for zone, at in cases:
        middle = at.replace(hour=0)
        start = (middle - 3 * DAY).date()
        schedule = {
            "layers": [
                {"name": "hours", "start": f"{start}T00:30", "turn": "7h", "users": ["ada", "grace", "linus"]},
                {
                    "name": "nights",
                    "start": f"{start}T02:30",
                    "turn": "1d",
                    "users": ["joan", "eve"],
                    "only": [{"from": "23:30", "to": "02:30"}, {"from": "03:00", "to": "03:30"}],
                },
            ]
        }
        agree(zone, schedule, middle - DAY, middle + 2 * DAY, margin=3 * DAY)


def test_no_zone_changes_its_clocks_twice_within_a_day() -> None:
    """What ``wall_clock`` relies on. (Before 1970 some did.)"""
    for zone in ZONES:
        times = [at for at in tables.ZoneInfo(zone)._trans_utc if at >= 0]
        assert all(b - a >= 86_400 for a, b in pairwise(times)), zone


@given(st.sampled_from(ZONES), st.sampled_from(["1d", "2d", "1w"]), st.integers(0, 23), st.integers(0, 2000))
@settings(max_examples=150)
def test_a_handover_keeps_its_local_time_and_leaves_no_hole(zone: str, turn: str, hour: int, days: int) -> None:
    start = datetime(2024, 1, 1, hour) + days * DAY  # noqa: DTZ001 - local
    layer = {"name": "l", "start": start.isoformat(), "turn": turn, "users": ["ada", "grace"]}
    since = start.replace(tzinfo=UTC) + 2 * DAY
    shifts = final_schedule(built(zone, {"layers": [layer]}), since, since + 200 * DAY)
    assert (shifts[0].start, shifts[-1].end) == (since, since + 200 * DAY)
    assert all(a.end == b.start for a, b in pairwise(shifts))
    clock = ZoneInfo(zone)
    for shift in shifts[1:]:
        there = shift.start.astimezone(clock)
        skipped = (shift.start - timedelta(seconds=1)).astimezone(clock).utcoffset() != there.utcoffset()
        assert there.hour == hour or skipped
        assert there.minute == 0 or skipped


def test_an_edit_never_changes_who_was_on_call() -> None:
    layer = {"name": "l", "start": "2026-01-05T09:00", "turn": "1w", "users": ["ada", "grace"]}
    before = built("Europe/Berlin", {"layers": [layer]})
    after = built("Europe/Berlin", {"layers": [{**layer, "users": ["linus", "joan"]}]})
    january, edited, march = (datetime(2026, month, 6, tzinfo=UTC) for month in (1, 2, 3))
    was = as_it_was([InForce(since=january, schedule=before), InForce(since=edited, schedule=after)], january, march)
    assert [s for s in was if s.end <= edited] == final_schedule(before, january, edited)
    assert [s for s in was if s.start >= edited] == final_schedule(after, edited, march)
    gone = as_it_was([InForce(since=january, schedule=before), InForce(since=edited, schedule=None)], january, march)
    assert gone == final_schedule(before, january, edited)


@given(around_a_change(), PEOPLE)
@settings(max_examples=100)
def test_an_anchor_keeps_the_present_turn(case: tuple[str, dict[str, Any], Instant, Instant], users: list[str]) -> None:
    zone, schedule, now, _ = case
    before = built(zone, {"layers": [{**schedule["layers"][0], "only": []}]})
    layer = before.layers[0]
    present = on_call(before, now)
    edited = built(zone, {"layers": [{**schedule["layers"][0], "only": [], "users": users}]}).layers[0]
    start = keeps_the_present_turn(layer, edited, zone, now)
    if present is None or present not in users:
        assert start is None
        return
    assert start is not None
    kept = built(zone, {"layers": [{**schedule["layers"][0], "only": [], "users": users, "start": start.isoformat()}]})
    assert on_call(kept, now) == present


@given(around_a_change(), PEOPLE, st.sampled_from(["1h", "12h", "1d", "3d", "1w", "2w"]))
@settings(max_examples=40)
def test_an_anchor_keeps_who_is_on_call_also_where_turns_get_another_length(
    case: tuple[str, dict[str, Any], Instant, Instant], users: list[str], turn: str
) -> None:
    zone, schedule, now, _ = case
    was = {**schedule["layers"][0], "only": []}
    becomes = {**was, "users": users, "turn": turn}
    before, after = (built(zone, {"layers": [layer]}).layers[0] for layer in (was, becomes))
    start = keeps_the_present_turn(before, after, zone, now)
    if start is not None:
        kept = built(zone, {"layers": [{**becomes, "start": start.isoformat()}]})
        assert on_call(kept, now) == on_call(built(zone, {"layers": [was]}), now)


def test_of_several_turns_of_one_person_the_anchor_takes_the_one_that_goes_on_as_before() -> None:
    layer = {"name": "l", "start": "2026-01-05T09:00", "turn": "1d", "users": ["ada", "grace", "ada", "linus"]}
    before = built("Europe/Berlin", {"layers": [layer]}).layers[0]
    after = built("Europe/Berlin", {"layers": [{**layer, "users": ["joan", "ada", "grace", "ada", "linus"]}]}).layers[0]
    now = datetime(2026, 1, 7, 12, tzinfo=UTC)  # the second turn of ada; linus follows
    start = keeps_the_present_turn(before, after, "Europe/Berlin", now)
    assert start == datetime(2026, 1, 4, 9)  # noqa: DTZ001 - local


def test_an_anchor_keeps_the_turn_also_where_the_schedule_moves_to_another_zone() -> None:
    layer = {"name": "l", "start": "2026-01-05T09:00", "turn": "1w", "users": ["ada", "grace"]}
    before = built("Europe/Berlin", {"layers": [layer]}).layers[0]
    after = built("Asia/Tokyo", {"layers": [{**layer, "users": ["linus", "ada", "grace"]}]}).layers[0]
    now = datetime(2026, 1, 7, 12, tzinfo=UTC)
    start = keeps_the_present_turn(before, after, "Europe/Berlin", now, zone_after="Asia/Tokyo")
    assert start == datetime(2025, 12, 29, 17)  # noqa: DTZ001 - nine in Berlin, a week before


@given(around_a_change())
@settings(max_examples=100)
def test_gaps_are_what_the_final_schedule_leaves_open(case: tuple[str, dict[str, Any], Instant, Instant]) -> None:
    zone, schedule, since, until = case
    product = built(zone, schedule)
    edges = [since, *(edge for s in final_schedule(product, since, until) for edge in (s.start, s.end)), until]
    assert gaps(product, since, until) == [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


@given(around_a_change(), around_a_change())
@settings(max_examples=40)
def test_hours_are_gained_and_lost_just_where_somebody_else_has_them(
    one: tuple[str, dict[str, Any], Instant, Instant], other: tuple[str, dict[str, Any], Instant, Instant]
) -> None:
    zone, schedule, since, until = one
    before, after = built(zone, schedule), built(zone, other[1])
    was, becomes = (by_the_minute(found, since, until) for found in (before, after))
    expected = {
        (user, minute, lost)
        for minute, (old, new) in enumerate(zip(was, becomes, strict=True))
        if old != new
        for user, lost in ((old, True), (new, False))
        if user is not None
    }
    found = [
        (stretch.user, minute, stretch.lost)
        for stretch in changed(before, after, since, until)
        for minute in range(round((stretch.start - since) / MINUTE), round((stretch.end - since) / MINUTE))
    ]
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-03-29T02:30", "2026-03-29T01:00", "2026-03-29T01:00"),  # left out: the end of the gap
        ("2026-10-25T02:30", "2026-10-25T00:30", "2026-10-25T01:30"),  # comes twice
        ("2026-07-01T09:00", "2026-07-01T07:00", "2026-07-01T07:00"),
    ],
)
def test_a_local_time_is_the_instant_that_it_names(text: str, first: str, last: str) -> None:
    from shared.domain.wall_clock import instant_of

    local = datetime.fromisoformat(text)
    assert instant_of(local, "Europe/Berlin") == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert instant_of(local, "Europe/Berlin", last=True) == datetime.fromisoformat(last).replace(tzinfo=UTC)
