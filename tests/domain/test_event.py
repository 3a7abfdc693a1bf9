"""An event in JSON is the event: what is absent is left out, and nothing is lost on the way back."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.event import Action, Event, Link, Severity, cut_to, event_from_json, event_to_json

EVENT = Event(
    action=Action.TRIGGER, dedup_key="disk", severity=Severity.CRITICAL, summary="disk: full", source_type="events_v2"
)
SAID = st.text(min_size=1, max_size=8)
MAYBE = st.none() | SAID
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 (made UTC)
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
DETAILS: st.SearchStrategy[Any] = st.none() | st.integers() | SAID | st.lists(SAID, min_size=1)
EVENTS = st.builds(
    Event,
    action=st.sampled_from(Action),
    dedup_key=SAID,
    severity=st.sampled_from(Severity),
    summary=SAID,
    source=MAYBE,
    source_type=SAID,
    class_=MAYBE,
    timestamp=st.none() | MOMENTS,
    links=st.lists(st.builds(Link, href=SAID, text=MAYBE), max_size=2).map(tuple),
    custom_details=DETAILS | st.dictionaries(SAID, DETAILS, min_size=1),
)


@given(event=EVENTS)
def test_json_and_back_is_the_same_event(event: Event) -> None:
    assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event


def test_what_is_absent_is_left_out_and_class_is_written_as_such() -> None:
    event = Event(
        action=Action.TRIGGER,
        dedup_key="k",
        severity=Severity.ERROR,
        summary="s",
        source_type="events_v2",
        class_="disk",
        timestamp=datetime(2026, 11, 23, 3, 12, 2, tzinfo=UTC),
        links=(Link(href="https://a.example"),),
        custom_details={"inodes": None},
    )
    assert event_to_json(event) == {
        "action": "trigger",
        "dedup_key": "k",
        "severity": "error",
        "summary": "s",
        "source_type": "events_v2",
        "class": "disk",
        "timestamp": "2026-11-23T03:12:02Z",
        "links": [{"href": "https://a.example"}],
        "custom_details": {"inodes": None},
    }


@pytest.mark.parametrize("member", ["custom_details", "source", "component", "client_url", "links"])
def test_what_is_too_large_is_cut_and_says_so_and_keeps_its_identity(member: str) -> None:
    large = "é" * 200_000
    told = {"links": (Link(href=large),)}.get(member, large)
    event = replace(EVENT, dedup_key="k" * 255, **{member: told})
    short = cut_to(event, 50_000)
    assert len(json.dumps(event_to_json(short))) <= 50_000
    assert short.dedup_key == event.dedup_key
    assert short.severity is event.severity
    if member == "custom_details":
        assert short.custom_details["cut"] == "1200002 bytes are too large to be kept here"


def test_what_fits_is_left_alone() -> None:
    assert cut_to(EVENT, 50_000) is EVENT
