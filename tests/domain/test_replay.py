"""Whatever people and time do to an incident, its timeline tells all of it; and what was changed by hand is found."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.command import Command, Order
from shared.domain.event import Action, Severity
from shared.domain.incident import Incident
from shared.domain.replay import differences
from shared.domain.timeline import Author, Kind, LogEntry
from tests.flow.people import directory, level
from tests.flow.story import Story, moment

PEOPLE = st.sampled_from(["ada", "grace", "linus"])
COMMANDS = st.builds(
    Command,
    order=st.sampled_from(list(Order)),
    by=st.builds(Author, user=PEOPLE),
    entry=st.one_of(st.none(), st.integers(0, 4)),
    for_=st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=8))),
    users=st.lists(PEOPLE, max_size=2).map(tuple),
    policy=st.sampled_from([None, "checkout", "platform", "nobody's"]),
    text=st.text(max_size=20),
    priority=st.sampled_from(["P1", "P9"]),
)
EVENTS = st.tuples(st.sampled_from(list(Action)), st.sampled_from(list(Severity)))
TIME = st.timedeltas(timedelta(0), timedelta(minutes=20))


@given(st.lists(st.one_of(COMMANDS, EVENTS, TIME), max_size=12))
@settings(max_examples=150)
def test_whatever_happens_the_timeline_folds_to_the_stored_incident(happens: list[Command | tuple | timedelta]) -> None:  # type: ignore[type-arg]
    story = Story(directory(level("ada"), level("grace", "linus"), repeat=1)).receive()
    for each in happens:
        if isinstance(each, Command):
            story.world.order(story.incident.id, each)
        elif isinstance(each, timedelta):
            story.world.run_until(story.world.clock.at + each)
        else:
            story.receive(action=each[0], severity=each[1])
    story.world.run_until(story.world.clock.at + timedelta(days=9))
    for incident, log, _ in story.world.timeline():
        assert differences(incident, log) == []


@pytest.fixture
def night() -> tuple[Incident, list[LogEntry]]:
    story = Story(directory(level("ada"), level("grace"))).receive().at("03:06")
    return story.incident, story.log


def test_what_was_changed_by_hand_is_found(night: tuple[Incident, list[LogEntry]]) -> None:
    incident, log = night
    found = differences(replace(incident, people=("mallory",)), log)
    assert [(d.member, d.stored, d.folded) for d in found] == [("people", ("mallory",), ("grace",))]


def test_an_entry_that_is_missing_is_found(night: tuple[Incident, list[LogEntry]]) -> None:
    incident, log = night
    assert "version" in [d.member for d in differences(incident, log[:-1])]


def test_a_timeline_that_never_could_have_been_is_found(night: tuple[Incident, list[LogEntry]]) -> None:
    incident, log = night
    resolved = LogEntry(kind=Kind.RESOLVED, at=moment("03:07"))
    (found,) = differences(incident, [log[0], resolved, *log[1:]])
    assert found.member == "timeline"
    assert "can't be folded" in found.folded
    (empty,) = differences(incident, [])
    assert "has no timeline" in empty.folded
