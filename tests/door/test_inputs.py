"""The sixteen inputs that real vendors and people produce: which test is about each, and those of the door itself."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from cli.world import World
from shared.domain.incident import Status
from shared.domain.timeline import Kind
from tests.door.gateway import ask
from tests.door.test_http import EVENT, PAYLOAD
from tests.flow.people import directory
from tests.flow.story import EVENING

ROOT = Path(__file__).parents[2]

INPUTS = {  # its number → what it is, and the tests; None: with what isn't built yet
    1: ("again after a 5xx or a time-out", "tests/senders: test_a_client_that_is_told_503_though_its_event_was_taken"),
    2: (
        "Alertmanager's changed counts",
        "tests/senders: test_it_fires_says_more_and_resolves_and_nobody_is_paged_twice",
    ),
    3: (
        "a resolve of nothing, a trigger overtaken",
        "tests/door: test_3_a_trigger_older_than_its_resolve_opens_nothing",
    ),
    4: ("bodies over the limit", "tests/system: test_the_limit_is_the_limit"),
    5: ("Unicode in keys and details", "tests/door: test_5_keys_and_details_are_kept_byte_for_byte"),
    6: ("one webhook, several alerts", None),  # Alertmanager's webhook
    7: ("SonarQube's gate, GitHub's conclusions", None),
    8: ("missing and null members", "tests/door: test_8_nulls_and_wrong_kinds_are_absent_and_never_a_5xx"),
    9: ("dates of all kinds", "tests/sources: test_a_moment_in_any_form"),
    10: ("housekeeping on the same topic", "tests/golden: test_a_sample_becomes_what_is_written_beside_it"),
    11: ("JSON that isn't", "tests/door: test_11_what_is_not_json_is_refused_or_harmless"),
    12: ("drifting types", "tests/sources: test_severities_are_numbers_however_they_are_written"),
    13: ("replies above, between and below", "tests/sources: test_the_quoted_page_is_never_part_of_the_answer"),
    14: ("automatic mail", "tests/sources: test_automatic_mail_is_no_answer"),
    15: ("mail in odd shapes", "tests/sources: test_every_odd_mail_can_be_read"),
    16: ("texts", "tests/domain: test_a_text_may_be_a_digit_and_polite"),
}


@pytest.fixture
def world() -> World:
    return World(directory(), EVENING)


def send(world: World, **told: Any) -> int:
    status = ask(world.deps, {**EVENT, **told}).status
    world.settle()
    return status


@pytest.mark.parametrize("number", range(1, 17))
def test_each_has_its_test(number: int) -> None:
    _, where = INPUTS[number]
    if where is not None:
        folder, name = where.split(": ")
        texts = [path.read_text() for path in (ROOT / folder).glob("*.py")]
        assert [text for text in texts if re.search(rf"^def {name}", text, re.MULTILINE)]


def test_1_nine_times_the_same_event_is_one_incident_and_one_page(world: World) -> None:
    answers = {ask(world.deps, {**EVENT, "dedup_key": None}).body["dedup_key"] for _ in range(9)}
    world.settle()
    ((incident, _, pages),) = world.timeline()
    assert len(answers) == 1
    assert (incident.alerts, len(pages), len(world.sent)) == (1, 1, 1)


def test_3_a_resolve_of_nothing_opens_nothing(world: World) -> None:
    assert [send(world, event_action="resolve"), send(world, event_action="acknowledge")] == [202, 202]
    assert not world.timeline()


def test_3_a_trigger_older_than_its_resolve_opens_nothing(world: World) -> None:
    """By the sender's own clock: it was overtaken on its way."""
    send(world, event_action="resolve", payload={**PAYLOAD, "timestamp": "2026-11-23T02:59:50Z"})
    send(world, payload={**PAYLOAD, "timestamp": "2026-11-23T02:59:40Z"})
    assert not world.timeline()
    send(world, payload={**PAYLOAD, "timestamp": "2026-11-23T02:59:55Z"})
    assert [incident.status for incident, _, _ in world.timeline()] == [Status.TRIGGERED]


@pytest.mark.parametrize(
    "key",
    [
        "k/ä 1",
        unicodedata.normalize("NFD", "ä"),
        unicodedata.normalize("NFC", "ä"),
        "☃" * 255,
        " both ends ",
        "\u202egnp.exe",
        "a\0b",
        "𝄞",
        "İstanbul",
        "|",
        "KEY#",
    ],
)
def test_5_keys_and_details_are_kept_byte_for_byte(world: World, key: str) -> None:
    told = {**PAYLOAD, "summary": key, "custom_details": {key: [key]}}
    assert ask(world.deps, {**EVENT, "dedup_key": key, "payload": told}).body["dedup_key"] == key
    world.settle()
    ((incident, _, _),) = world.timeline()
    (alert,) = world.incidents.alerts(incident.id)
    assert alert.event.dedup_key == alert.event.summary == key
    assert alert.event.custom_details == {key: [key]}
    send(world, dedup_key=key, event_action="resolve")
    assert [i.status for i, _, _ in world.timeline()] == [Status.RESOLVED]


def test_5_keys_that_only_look_alike_are_two(world: World) -> None:
    for form in ("NFC", "NFD"):
        send(world, dedup_key=unicodedata.normalize(form, "ä"))
    assert len(world.timeline()) == 2


@pytest.mark.parametrize("value", [None, [], {}, True, 1e400, {"a": None}, [[None]], "", 0])
def test_8_nulls_and_wrong_kinds_are_absent_and_never_a_5xx(world: World, value: Any) -> None:
    optional = ("component", "group", "class", "timestamp", "custom_details")
    told = {**PAYLOAD, **dict.fromkeys(optional, value)}
    answer = ask(world.deps, {**EVENT, "client": value, "client_url": value, "payload": told})
    assert answer.status == 202
    for member in ("routing_key", "event_action", "dedup_key", "payload", "links", "images"):
        assert ask(world.deps, {**EVENT, member: value}).status in (202, 400)
    world.settle()
    assert not world.incidents.quarantined


BROKEN = {
    "a comma too many": b'{"routing_key": "R", "payload": {"summary": "s",}}',
    "a bracket too few": b'{"detail": {"resource": {"tags": [{"key": "a"}}}',
    "a quote too few": b'{"detail-type": "GuardDuty Finding, "source": "aws.guardduty"}',
    "an ellipsis for what was left out": b'{"detail": {...}}',
    "a remark": b'{"a": 1} // as published',
    "single quotes": b"{'a': 1}",
    "curly quotes": "{“a”: 1}".encode(),
    "two of them": b"{}{}",
    "JSON in a text": b'"{\\"a\\": 1}"',
    "NaN alone": b"NaN",
    "half a character": b'{"a": "\xc3"}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_11_what_is_not_json_is_refused_or_harmless(world: World, body: bytes) -> None:
    """As published samples are, some of AWS's own among them."""
    answer = ask(world.deps, body, content_type="application/octet-stream")
    assert (answer.status, answer.body["status"]) == (400, "Unrecognized object")
    assert answer.body["errors"][0].startswith("JSON parse error")


def test_11_published_samples_that_are_not_json_are_refused_so(world: World, fixtures_folder: Path) -> None:
    published = sorted((fixtures_folder / "events").rglob("*broken*"))
    assert published
    for sample in published:
        answer = ask(world.deps, sample.read_bytes(), content_type="application/octet-stream")
        assert (answer.status, answer.body["status"]) == (400, "Unrecognized object"), sample.name


@pytest.mark.parametrize(
    ("details", "kept"),
    [
        (b'"\\ud800 half"', "\\ud800 half"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"NaN", "NaN"),
        (b"-Infinity", "-Infinity"),
        (b"1e999", "1e999"),
        (b"9" * 5_000, "9" * 5_000),
        (b'"\\u0000\\/\\u202e"', "\0/\u202e"),
        (b'"raw \x01 control"', "raw \x01 control"),
    ],
)
def test_11_what_json_hardly_knows_is_kept_as_text_and_is_no_poison(world: World, details: bytes, kept: Any) -> None:
    whole = {**EVENT, "payload": {**PAYLOAD, "custom_details": "HERE"}}
    body = json.dumps(whole).encode().replace(b'"HERE"', details)
    assert ask(world.deps, body, content_type="application/octet-stream").status == 202
    world.settle()
    ((incident, log, _),) = world.timeline()
    (alert,) = world.incidents.alerts(incident.id)
    assert alert.event.custom_details == kept
    assert log[0].kind is Kind.TRIGGERED
    assert not world.incidents.quarantined
