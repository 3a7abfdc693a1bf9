"""The incident's laws: the table is the whole of what is allowed, and the timeline tells the state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.command import Command, Order, carry_out
from shared.domain.directory import Versions
from shared.domain.errors import Refused
from shared.domain.escalation import decide
from shared.domain.incident import ENDS, NEXT, Incident, Status, apply, begin, fold, raises_epoch
from shared.domain.notification import Page, PageState
from shared.domain.plain import from_plain, to_plain
from shared.domain.timeline import Author, Kind, LogEntry, Opening
from tests.flow.people import directory, level, policy

NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TEAM = directory(level("ada"), level("grace"), repeat=1)
IN_FORCE = Versions(in_force=TEAM)
BEGUN = LogEntry(
    kind=Kind.TRIGGERED,
    at=NIGHT,
    due=NIGHT,
    epoch=1,
    opening=Opening(
        number=17,
        service="checkout",
        title="checkout-5xx: Threshold Crossed",
        urgency="high",  # type: ignore[arg-type]
        policy=policy(level("ada"), level("grace"), repeat=1),
        acknowledgement_timeout=timedelta(minutes=30),
    ),
)


def in_status(status: Status) -> Incident:
    return replace(begin("QAAAAAAAAAAAAA", BEGUN), status=status)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TRIGGERED])
def test_what_the_table_doesn_t_allow_is_refused_with_the_reason(kind: Kind, status: Status) -> None:
    entry = LogEntry(kind=kind, at=NIGHT, by=Author(user="ada"))
    allowed = NEXT[kind].get(status)
    if allowed is None:
        with pytest.raises(Refused, match=f"17 is {status}"):
            apply(in_status(status), entry)
    else:
        after = apply(in_status(status), entry)
        assert after.status is allowed
        assert after.version == 2


def test_resolved_is_final() -> None:
    assert not [kind for kind, allowed in NEXT.items() if Status.RESOLVED in allowed]


@pytest.mark.parametrize("kind", sorted(ENDS))
def test_whoever_ends_it_leaves_nothing_to_come(kind: Kind) -> None:
    ended = apply(in_status(Status.TRIGGERED), LogEntry(kind=kind, at=NIGHT))
    assert (ended.next_level, ended.open_alerts) == (None, 0)
    assert decide(ended, (), IN_FORCE, NIGHT + timedelta(days=30)).wake_at is None


def test_a_second_acknowledgement_adds_a_name_and_fences_nothing() -> None:
    first = apply(in_status(Status.TRIGGERED), LogEntry(kind=Kind.ACKNOWLEDGED, at=NIGHT, by=Author(user="ada")))
    second = apply(first, LogEntry(kind=Kind.ACKNOWLEDGED, at=NIGHT, by=Author(user="grace")))
    assert second.acknowledged_by == ("ada", "grace")
    assert second.epoch == first.epoch


ORDERS = st.builds(
    Command,
    order=st.sampled_from([order for order in Order if order is not Order.PRIORITY]),
    by=st.sampled_from([Author(user="ada"), Author(user="grace"), Author(integration="PEVENTS0000001")]),
    entry=st.none() | st.integers(0, 4),
    for_=st.just(timedelta(minutes=5)),
    users=st.sampled_from([("ada",), ("linus", "grace")]),
    text=st.just("looking"),
)
STEPS = st.lists(st.tuples(ORDERS | st.none(), st.integers(0, 1200), st.booleans()), max_size=12)


@given(STEPS)
def test_any_night_folds_to_what_it_came_to(steps: list[tuple[Command | None, int, bool]]) -> None:
    """Commands and moments in any order; pages that were made due fail or arrive as drawn."""
    log, pages, now = [BEGUN], list[Page](), NIGHT
    incident = begin("QAAAAAAAAAAAAA", BEGUN)
    for command, seconds, arrives in steps:
        now += timedelta(seconds=seconds)
        turn = decide(incident, pages, IN_FORCE, now)
        state = PageState.SENT if arrives else PageState.FAILED
        pages += [replace(page, state=state) for page in turn.pages]
        log += turn.entries
        incident = turn.incident
        assert turn.wake_at is None or turn.wake_at > now
        if command is not None:
            try:
                entries = carry_out(incident, command, TEAM, now)
            except Refused:
                continue
            for entry in entries:
                before, incident = incident, apply(incident, entry)
                assert incident.epoch == before.epoch + raises_epoch(before, entry.kind) == entry.epoch
            log += entries
    assert fold(incident.id, log) == incident
    assert incident.version == len(log)
    assert len({page.identity for page in pages}) == len(pages)
    assert from_plain(Incident, to_plain(incident)) == incident
    assert [from_plain(LogEntry, to_plain(entry)) for entry in log] == log


@given(STEPS)
def test_a_triggered_incident_has_a_next_moment_or_the_fallback_was_told(
    steps: list[tuple[Command | None, int, bool]],
) -> None:
    pages, now, incident = list[Page](), NIGHT, begin("QAAAAAAAAAAAAA", BEGUN)
    for command, seconds, arrives in steps:
        now += timedelta(seconds=seconds)
        try:
            for entry in carry_out(incident, command, TEAM, now) if command else ():
                incident = apply(incident, entry)
        except Refused:
            pass
        turn = decide(incident, pages, IN_FORCE, now)
        pages += [replace(page, state=PageState.SENT if arrives else PageState.FAILED) for page in turn.pages]
        incident = turn.incident
        if incident.status is Status.TRIGGERED and turn.wake_at is None:
            assert incident.exhausted
            assert {page.user for page in pages if page.entry == str(incident.entry)} == {"fallback"}
