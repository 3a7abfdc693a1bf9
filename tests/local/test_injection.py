"""Events in the name of AWS's services, which PutEvents refuses, reach the rules of the default bus."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from local.injection import LARGEST, Malformed, read_event
from tests.local.conftest import System

NOW = datetime(2026, 11, 23, 3, 12, 4, tzinfo=UTC)
FINDING = {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": {"severity": 8, "id": "f1"}}


def test_a_finding_reaches_the_rule(system: System, https: httpx.Client) -> None:
    url, arn = system.queue("findings")
    system.rule("findings", {"source": ["aws.guardduty"], "detail": {"severity": [{"numeric": [">", 7]}]}}, arn)
    answer = https.post(system.addresses.inject_url, json=FINDING)
    [event] = system.received(url)
    assert answer.json() == {"event_id": event["id"]}
    assert event == {
        **FINDING,
        "version": "0",
        "id": event["id"],
        "account": "111122223333",
        "region": "eu-west-1",
        "time": event["time"],
        "resources": [],
    }


def test_what_the_event_says_of_itself_is_kept(system: System, https: httpx.Client) -> None:
    url, arn = system.queue("elsewhere")
    system.rule("elsewhere", {"account": ["444455556666"]}, arn)
    told = {
        **FINDING,
        "version": "0",
        "id": "5f0c0000-0000-0000-0000-000000000001",
        "account": "444455556666",
        "region": "us-east-1",
        "time": "2019-10-02T17:04:40Z",
        "resources": ["arn:aws:guardduty:us-east-1:444455556666:detector/d"],
    }
    assert https.post(system.addresses.inject_url, json=told).json() == {"event_id": told["id"]}
    assert system.received(url) == [told]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not json", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "expected a JSON object"),
        (b"{}", "source: expected"),
        (json.dumps({**FINDING, "source": ""}).encode(), "source: expected"),
        (json.dumps({**FINDING, "detail": "text"}).encode(), "detail: expected an object"),
        (json.dumps({**FINDING, "resources": "arn"}).encode(), "resources: expected"),
        (json.dumps({**FINDING, "time": "yesterday"}).encode(), "time: 'yesterday'"),
        (json.dumps({**FINDING, "id": 7}).encode(), "id: expected a text"),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(
    system: System, https: httpx.Client, body: bytes, reason: str
) -> None:
    answer = https.post(system.addresses.inject_url, content=body)
    assert answer.status_code == 400
    assert reason in answer.json()["message"]


def test_an_event_too_large_for_eventbridge_is_refused(system: System, https: httpx.Client) -> None:
    assert https.post(system.addresses.inject_url, content=b" " * (LARGEST + 1)).status_code == 400


@pytest.mark.parametrize(
    ("time", "at"),
    [("2026-11-23T03:12:02Z", -2), ("2026-11-23T04:12:02.900+01:00", -2), ("2026-11-23T03:12:02", -2), (None, 0)],
)
def test_times_are_read_as_senders_write_them(time: str | None, at: int) -> None:
    told: dict[str, Any] = {**FINDING} if time is None else {**FINDING, "time": time}
    assert read_event(json.dumps(told).encode(), NOW).at == int(NOW.timestamp()) + at


def test_a_null_is_not_a_text() -> None:
    with pytest.raises(Malformed, match="account: expected a text"):
        read_event(json.dumps({**FINDING, "account": None}).encode(), NOW)
