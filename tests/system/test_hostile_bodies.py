"""Bodies that nobody means well: refused with a reason or taken as they are, in time, and never poison."""

import gzip
import json
import time
from typing import Any

import pytest

from shared.domain.instants import format_seconds
from tests.system.conftest import Running, eventually
from tests.system.test_main_job import alarm, alarm_key

IN_TIME = 10.0  # s, with the way through the emulator of a busy machine; the refusal's own work: tests/sources
LIMIT = 524_288


def body(running: Running, key: str, **told: Any) -> dict[str, Any]:
    payload = {"summary": key, "source": "s", "severity": "critical", **told}
    return {"routing_key": running.key("checkout"), "event_action": "trigger", "dedup_key": key, "payload": payload}


def of_size(running: Running, size: int) -> bytes:
    empty = json.dumps(body(running, "hostile-size", custom_details=""))
    return json.dumps(body(running, "hostile-size", custom_details="x" * (size - len(empty)))).encode()


def written(running: Running, key: str, details: str) -> bytes:
    """A valid event whose details are that JSON text, whatever it is."""
    return json.dumps(body(running, key, custom_details="HERE")).replace('"HERE"', details).encode()


REFUSED = {
    "empty": b"",
    "not JSON": b"{not json",
    "an array": b"[1, 2]",
    "a text": b'"event"',
    "JSON in a text, twice": json.dumps(json.dumps({"a": 1})).encode(),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "binary": bytes(range(256)),
    "deep": b"[" * 100_000,
    "deep and closed": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "nothing of an event": b"{}",
    "everything of another kind": json.dumps(
        {"routing_key": 7, "event_action": [], "dedup_key": {}, "payload": "x", "links": 1, "images": {}}
    ).encode(),
}
TAKEN = {
    "hostile-duplicates": '{"a": 1, "a": 2}',
    "hostile-surrogate": '"\\ud800 half"',
    "hostile-nul": '"a\\u0000b"',
    "hostile-bidi": '"\\u202egnp.exe"',
    "hostile-html": '"<script>alert(1)</script><img src=x onerror=alert(1)>"',
    "hostile-formula": "\"=cmd|' /C calc'!A0\"",
    "hostile-headers": '"x\\r\\nBcc: mallory@evil.example"',
    "hostile-depth-30": '{"a":' * 30 + "1" + "}" * 30,
}
EITHER = {
    "hostile-many-keys": json.dumps({str(n): n for n in range(30_000)}),
    "hostile-nan": "NaN",
    "hostile-infinity": "-Infinity",
    "hostile-digits": "9" * 5_000,
    "hostile-exponent": "1e999999",
    "hostile-bom": '"\\ufeff"',
}


def post(running: Running, raw: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    began = time.monotonic()
    status, answer = running.post(f"{running.local.description.events_url}/v2/enqueue", raw, headers)
    assert time.monotonic() - began < IN_TIME
    return status, answer


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_event_is_refused_with_reasons(running: Running, case: str) -> None:
    status, answer = post(running, REFUSED[case])
    assert status == 400
    assert answer["errors"]
    assert all(isinstance(error, str) for error in answer["errors"])


@pytest.mark.parametrize("key", TAKEN)
def test_whatever_details_say_is_taken_and_its_incident_opens(running: Running, key: str) -> None:
    status, answer = post(running, written(running, key, TAKEN[key]))
    assert (status, answer["dedup_key"]) == (202, key)
    eventually(lambda: running.incident_of(key), f"{key}'s incident")


@pytest.mark.parametrize("key", EITHER)
def test_what_json_does_not_know_is_refused_or_taken_and_never_lost(running: Running, key: str) -> None:
    status, answer = post(running, written(running, key, EITHER[key]))
    assert status in (202, 400)
    if status == 202:
        eventually(lambda: running.incident_of(key), f"{key}'s incident")
    else:
        assert answer["errors"]


def test_the_limit_is_the_limit(running: Running) -> None:
    assert post(running, of_size(running, LIMIT))[0] == 202
    assert post(running, of_size(running, LIMIT + 1))[0] == 413
    eventually(lambda: running.incident_of("hostile-size"), "the incident of the largest event")


def test_the_largest_event_is_taken_in_any_alphabet(running: Running) -> None:
    details = json.dumps({"text": "é" * 260_000}, ensure_ascii=False)
    raw = json.dumps(body(running, "hostile-é", custom_details="HERE")).replace('"HERE"', details).encode()
    assert len(raw) < LIMIT + 5_000
    assert post(running, raw)[0] == 202
    eventually(lambda: running.incident_of("hostile-é"), "its incident")


@pytest.mark.parametrize(
    ("packed", "status"),
    [
        (gzip.compress(b" " * 200_000_000, mtime=0), 413),
        (gzip.compress(b'{"a": 1}', mtime=0)[:-9], 400),
        (b"no gzip at all", 400),
    ],
    ids=["bomb", "cut short", "not gzip"],
)
def test_what_is_packed_is_inflated_within_bounds(running: Running, packed: bytes, status: int) -> None:
    """The HTTP API hands bytes on only of what isn't said to be text: as JSON, gzip arrives spoilt, and is refused."""
    headers = {"content-encoding": "gzip", "content-type": "application/octet-stream"}
    assert post(running, packed, headers)[0] == status
    assert post(running, packed, {"content-encoding": "gzip"})[0] == 400


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"alarmName": None, "state": None},
        {"alarmName": "x", "state": {"value": 7, "reason": ["a"]}},
        {"alarmName": "\ud800", "state": {"value": "ALARM", "reason": "\x00"}},
        {"alarmName": ["x"] * 5_000, "state": "ALARM"},
    ],
    ids=["empty", "null", "other kinds", "surrogate", "large"],
)
def test_an_event_of_the_bus_that_can_t_be_read_is_told_of(running: Running, detail: dict[str, Any]) -> None:
    running.inject({**alarm("checkout-hostile"), "detail": detail})


def test_after_all_that_nothing_is_in_quarantine_and_the_sender_goes_on(running: Running) -> None:
    table, facts = running.deployment.client("dynamodb"), running.deployment.facts
    asked = {"KeyConditionExpression": "pk = :q", "ExpressionAttributeValues": {":q": {"S": "QUARANTINE"}}}
    kept = table.query(TableName=facts["incidents_table"], **asked)["Items"]
    assert [item["body"]["S"] for item in kept if item["body"]["S"] != "{not json"] == []
    told = f"aws:tocsin|111122223333|eu-west-1|untranslatable {alarm('x')['detail-type']}"
    eventually(lambda: running.incident(told), "word of the alarms that can't be read")
    running.trigger("hostile-and-then")
    eventually(lambda: running.incident_of("hostile-and-then"), "an ordinary event's incident")
    running.inject(alarm("checkout-after"))
    eventually(lambda: running.incident(alarm_key("checkout-after")), "an ordinary alarm's incident")
    today = format_seconds(running.deps.now())[:10]
    asked["ExpressionAttributeValues"] = {":q": {"S": f"DROPPED#{today}"}}
    dropped = table.query(TableName=facts["incidents_table"], **asked)["Items"]
    assert not [item for item in dropped if "hostile" in item["event"]["S"]]
