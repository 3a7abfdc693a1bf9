"""The door over HTTP: every way to ask is answered in JSON, and what is accepted is what was sent."""

import gzip
import json
from typing import Any

import pytest

from cli.world import World
from tests.door.gateway import Answered, ask
from tests.flow.people import directory
from tests.flow.story import EVENING
from tests.flow.test_ingest import KEY

PAYLOAD = {"summary": "disk: full", "source": "db-1", "severity": "critical"}
EVENT = {"routing_key": KEY, "event_action": "trigger", "dedup_key": "disk", "payload": PAYLOAD}


@pytest.fixture
def world() -> World:
    return World(directory(), EVENING)


def accepted(answer: Answered) -> bool:
    return (answer.status, answer.body.get("dedup_key")) == (202, "disk")


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "text/plain",
        "application/x-www-form-urlencoded",  # what curl says unless it is told otherwise
        "application/vnd.pagerduty+json;version=2",
        "",
    ],
)
def test_a_body_is_read_whatever_its_kind_is_said_to_be(world: World, kind: str) -> None:
    assert accepted(ask(world.deps, EVENT, content_type=kind))
    assert ask(world.deps, EVENT, content_type=kind).headers["content-type"] == "application/json; charset=utf-8"


def test_a_body_may_be_packed(world: World) -> None:
    packed = gzip.compress(json.dumps(EVENT).encode())
    assert accepted(ask(world.deps, packed, content_type="application/octet-stream", content_encoding="gzip"))


@pytest.mark.parametrize(
    "headers", [{"authorization": "Token token=x"}, {"authorization": "Bearer x"}, {"accept": "*/*"}]
)
def test_what_senders_say_besides_is_of_no_weight(world: World, headers: dict[str, str]) -> None:
    assert accepted(ask(world.deps, EVENT, **headers))


@pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/enqueue/", "/v2/change/enqueue"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_post_is_heard(world: World, path: str, method: str) -> None:
    answer = ask(world.deps, EVENT, path, method)
    assert (answer.status, answer.headers["allow"], answer.body["errors"]) == (405, "POST", ["Only POST is heard here"])
    assert not world.events.waiting


@pytest.mark.parametrize("path", ["/", "/v2", "/v2/enqueue/x", "/V2/ENQUEUE", "//v2/enqueue", "/generic/2010-04-15"])
def test_another_path_is_not_found_and_says_what_there_is(world: World, path: str) -> None:
    answer = ask(world.deps, EVENT, path)
    assert answer.status == 404
    assert "/v2/enqueue, /v2/change/enqueue" in answer.body["message"]


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_no_other_sites_page_is_invited(world: World, method: str) -> None:
    headers = {"origin": "https://evil.example", "access_control_request_method": "POST"}
    answer = ask(world.deps, EVENT, method=method, **headers)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_409_is_never_said_for_senders_drop_what_is_answered_so(world: World) -> None:
    statuses = {ask(world.deps, EVENT).status for _ in range(3)}
    assert statuses == {202}


@pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/change/enqueue"])
def test_no_body_and_no_key_is_in_the_logs(world: World, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    secret = {**EVENT, "payload": {**PAYLOAD, "custom_details": {"password": "hunter2"}}}
    for body in (secret, {**secret, "routing_key": "X" * 32}, {**secret, "payload": {"severity": "hunter2"}}):
        ask(world.deps, body, path)
    said = [*world.notebook.faults, *capsys.readouterr()]
    assert "hunter2" not in str(said)
    assert KEY not in str(said)


def test_unheard_of_integrations_are_refused_with_every_action(world: World) -> None:
    for action in ("trigger", "acknowledge", "resolve"):
        body: dict[str, Any] = {**EVENT, "routing_key": "X" * 32, "event_action": action}
        assert ask(world.deps, body).body == {
            "status": "invalid event",
            "message": "Event object is invalid",
            "errors": ["Invalid routing key"],
        }
