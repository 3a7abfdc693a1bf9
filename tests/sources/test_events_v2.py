"""The Events API v2: what is refused and in which words, and how a sender's retry meets its own alert."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.change_event import ChangeEvent
from shared.domain.errors import MessageError
from shared.domain.event import Action, Event, Link, Severity
from shared.sources.bodies import Unrecognized
from shared.sources.events_v2 import translate, translate_change

KEY = "R0123456789ABCDEF0123456789ABCDE"
PAYLOAD: dict[str, Any] = {"summary": "Disk full", "source": "db-7", "severity": "error"}


def trigger(**changes: Any) -> dict[str, Any]:
    return {"routing_key": KEY, "event_action": "trigger", "payload": PAYLOAD, **changes}


def with_payload(**changes: Any) -> dict[str, Any]:
    return trigger(payload={**PAYLOAD, **changes})


def only(message: Any) -> Event:
    (event,) = translate(message)
    return event


def errors(message: Any) -> list[str]:
    with pytest.raises(MessageError) as refused:
        translate(message)
    return list(refused.value.errors)


ONE_FAULT: list[tuple[dict[str, Any], str]] = [
    (trigger(routing_key=None), "'routing_key' is missing or blank"),
    (trigger(routing_key=" "), "'routing_key' is missing or blank"),
    (trigger(routing_key=12), "'routing_key' must be a string"),
    (trigger(routing_key="abc"), "Length of 'routing_key' is incorrect (should be 32 characters)"),
    (trigger(routing_key="-" * 32), "'routing_key' cannot contain non-alphanumeric characters."),
    (trigger(routing_key="ü" * 32), "'routing_key' cannot contain non-alphanumeric characters."),
    (trigger(event_action=""), "'event_action' is missing or blank"),
    (
        trigger(event_action="Trigger"),
        "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
    ),
    (
        trigger(event_action=["trigger"]),
        "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
    ),
    (trigger(event_action="resolve"), "'dedup_key' is missing or blank"),
    (trigger(event_action="acknowledge", dedup_key="  "), "'dedup_key' is missing or blank"),
    (trigger(dedup_key="k" * 256), "Length of 'dedup_key' is incorrect (should be at most 255 characters)"),
    (trigger(payload=None), "'payload' is missing or blank"),
    (trigger(payload="x"), "'payload' is missing or blank"),
    (with_payload(summary=""), "'payload.summary' is missing or blank"),
    (with_payload(summary="s" * 1025), "'payload.summary' is too long (maximum is 1024 characters)"),
    (with_payload(source=None), "'payload.source' is missing or blank"),
    (with_payload(severity=None), "'payload.severity' is missing or blank"),
    (
        with_payload(severity="none"),
        "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    ),
    (trigger(links="x"), "'links' must be an array"),
    (trigger(links=[{"text": "t"}]), "'links[0].href' is missing or blank"),
    (trigger(links=[{"href": "https://a"}, "x"]), "'links[1].href' is missing or blank"),
    (trigger(images={}), "'images' must be an array"),
    (trigger(images=[{"alt": "a"}]), "'images[0].src' is missing or blank"),
    (trigger(images=[{"src": "http://a/b.png"}]), "'images[0].src' is invalid (must be an https address)"),
]


@pytest.mark.parametrize(("message", "error"), ONE_FAULT)
def test_a_fault_is_told_in_pagerduty_s_words(message: dict[str, Any], error: str) -> None:
    assert errors(message) == [error]


def test_all_faults_are_told_at_once() -> None:
    assert errors(
        {"routing_key": "a-b", "event_action": "fire", "dedup_key": "k" * 300, "payload": {"severity": "x"}}
    ) == [
        "Length of 'routing_key' is incorrect (should be 32 characters)",
        "'routing_key' cannot contain non-alphanumeric characters.",
        "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
        "Length of 'dedup_key' is incorrect (should be at most 255 characters)",
        "'payload.summary' is missing or blank",
        "'payload.source' is missing or blank",
        "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    ]


@pytest.mark.parametrize("message", [None, [], "text", 5, [{"routing_key": KEY}]])
def test_what_is_no_object_is_unrecognized(message: Any) -> None:
    with pytest.raises(Unrecognized, match="JSON parse error"):
        translate(message)


def test_the_longest_key_and_summary_are_taken_and_counted_in_characters() -> None:
    event = only(with_payload(summary="☃" * 1024) | {"dedup_key": "ä" * 255})
    assert (len(event.summary), len(event.dedup_key)) == (1024, 255)


def test_a_sender_s_retry_without_a_key_meets_its_own_alert() -> None:
    first, again = (
        only(with_payload(custom_details={"a": 1, "b": 2})),
        only(with_payload(custom_details={"b": 2, "a": 1})),
    )
    assert first.dedup_key == again.dedup_key
    assert len(first.dedup_key) == 64


@pytest.mark.parametrize("other", [with_payload(source="db-8"), trigger(routing_key=KEY[::-1])])
def test_another_payload_or_integration_is_another_alert(other: dict[str, Any]) -> None:
    assert only(other).dedup_key != only(trigger()).dedup_key


@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_blank_key_is_none(key: str | None) -> None:
    assert only(trigger(dedup_key=key)).dedup_key == only(trigger()).dedup_key


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
@pytest.mark.parametrize("payload", [None, {}, "x", {"severity": "unheard of", "summary": None}])
def test_a_payload_that_is_not_needed_is_no_fault(action: str, payload: Any) -> None:
    event = only(trigger(event_action=action, dedup_key="k", payload=payload))
    assert (event.action, event.summary, event.severity) == (Action(action), "k", Severity.INFO)


def test_a_time_that_cannot_be_read_is_unknown() -> None:
    assert only(with_payload(timestamp="half past nine")).timestamp is None
    assert only(with_payload(timestamp="2026-02-03T04:05:06")).timestamp is None  # in which zone?
    assert only(with_payload(timestamp="2026-02-03T04:05:06+0100")).timestamp == datetime(
        2026, 2, 3, 3, 5, 6, tzinfo=UTC
    )


def test_unknown_members_are_ignored_and_null_ones_absent() -> None:
    event = only(trigger(links=None, images=None, client=None, unheard_of={"a": 1}))
    assert (event.links, event.client) == ((), None)


@pytest.mark.parametrize("details", ["text", 0, False, ["a"], {"a": None}])
def test_custom_details_are_any_json(details: Any) -> None:
    assert only(with_payload(custom_details=details)).custom_details == details


def change(**told: Any) -> dict[str, Any]:
    return {"routing_key": KEY, "payload": {"summary": "deploy", **told}}


def test_a_change_needs_a_key_and_a_summary_alone() -> None:
    assert translate_change(change()) == ChangeEvent(summary="deploy")


def test_a_change_is_read_as_it_was_sent() -> None:
    told = change(source="ci", timestamp="2026-02-03T04:05:06Z", custom_details={"a": 1}, unheard_of=1)
    read = translate_change({**told, "links": [{"href": "https://ci/1", "text": " the run "}]})
    assert read == ChangeEvent(
        summary="deploy",
        source="ci",
        timestamp=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
        links=(Link(href="https://ci/1", text=" the run "),),
        custom_details={"a": 1},
    )


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({}, ["'routing_key' is missing or blank", "'payload' is missing or blank"]),
        (change(summary=" "), ["'payload.summary' is missing or blank"]),
        (change(summary="s" * 1025), ["'payload.summary' is too long (maximum is 1024 characters)"]),
        ({**change(), "links": [{}]}, ["'links[0].href' is missing or blank"]),
    ],
)
def test_faults_of_a_change_are_told_in_the_same_words(message: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(MessageError) as refused:
        translate_change(message)
    assert list(refused.value.errors) == told
