"""The door: 202 only for what is durable, a reason for what is refused, and nothing lost in between."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cli.world import World
from shared.domain.alert import Accepted
from shared.domain.change_event import AcceptedChange
from shared.domain.directory import Directory, Integration, Service
from shared.domain.event import Action
from shared.flow import ingest
from shared.flow.ports import Unavailable
from tests.flow.people import INTEGRATIONS, directory
from tests.flow.story import EVENING
from tests.flow.test_heartbeats import BACKUP

KEY = "R" * 32
ARN = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-5xx"


class Closed:
    """A queue, or a directory, that doesn't answer."""

    def put(self, accepted: Accepted, deduplication: str) -> None:
        raise Unavailable("SQS can't be reached")

    def current(self) -> Directory:
        raise Unavailable("DynamoDB can't be reached")

    def put_change(self, accepted: AcceptedChange, group: str, deduplication: str) -> None:
        raise Unavailable("SQS can't be reached")

    fresh = current

    def version(self, number: int) -> Directory:
        return self.current()


def event(**told: Any) -> bytes:
    payload = {"summary": "disk: full", "source": "db-1", "severity": "critical"}
    return json.dumps(
        {"routing_key": KEY, "event_action": "trigger", "dedup_key": "disk", "payload": payload, **told}
    ).encode()


def alarm(**told: Any) -> dict[str, Any]:
    return {
        "id": "5f0c0000",
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "account": "111122223333",
        "region": "eu-west-1",
        "resources": [ARN],
        "detail": {"alarmName": "checkout-5xx", "state": {"value": "ALARM", "reason": "Threshold Crossed"}},
        **told,
    }


@pytest.fixture
def world() -> World:
    return World(directory(), EVENING)


def test_an_event_is_accepted_once_it_is_in_the_queue(world: World) -> None:
    answer = ingest.enqueue(world.deps, event(), None, "request-1")
    assert (answer.status, answer.body["dedup_key"]) == (202, "disk")
    (accepted,) = world.events.waiting
    assert accepted.key == "PEVENTS0000001|disk"
    assert accepted.accepted_at == EVENING


def test_the_routing_key_travels_no_further(world: World) -> None:
    ingest.enqueue(world.deps, event(), None, "request-1")
    assert KEY not in repr(world.events.waiting)


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_what_matches_nothing_is_accepted_too(world: World, action: str) -> None:
    answer = ingest.enqueue(world.deps, event(event_action=action), None, "request-1")
    assert (answer.status, answer.body["dedup_key"]) == (202, "disk")


def test_a_trigger_without_a_key_meets_its_own_retry(world: World) -> None:
    first, again = (ingest.enqueue(world.deps, event(dedup_key=None), None, f"request-{n}") for n in (1, 2))
    assert first.body["dedup_key"] == again.body["dedup_key"] != ""


def test_an_unknown_key_is_looked_up_afresh_and_refused_by_name(world: World) -> None:
    answer = ingest.enqueue(world.deps, event(routing_key="X" * 32), None, "request-1")
    assert (answer.status, answer.body["errors"]) == (400, ["Invalid routing key"])
    assert not world.events.waiting
    assert world.notebook.counts["Refused"] == 1


def test_a_queue_that_does_not_answer_is_503_with_a_time_to_come_again(world: World) -> None:
    answer = ingest.enqueue(replace(world.deps, events=Closed()), event(), None, "request-1")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


def test_a_directory_that_can_t_be_read_loses_no_event(world: World) -> None:
    answer = ingest.enqueue(replace(world.deps, directory=Closed()), event(), None, "request-1")
    assert answer.status == 202
    world.settle()
    (opened,) = world.timeline()
    assert opened[0].service == "checkout"


def test_a_directory_that_can_t_be_read_lets_no_stranger_in(world: World) -> None:
    answer = ingest.enqueue(replace(world.deps, directory=Closed()), event(routing_key="X" * 32), None, "request-1")
    assert answer.status == 202
    world.settle()
    assert not world.timeline()
    assert [drop.reason for drop in world.incidents.dropped.values()] == ["Invalid routing key"]


def test_an_alarm_of_the_bus_finds_its_integration(world: World) -> None:
    assert ingest.receive(world.deps, alarm()) == 1
    (accepted,) = world.events.waiting
    assert accepted.integration == "PALARMS0000001"
    assert accepted.key == f"aws:cloudwatch|111122223333|eu-west-1|{ARN}"


def test_without_a_directory_an_alarm_is_taken_and_triage_finds_its_integration(world: World) -> None:
    ingest.receive(replace(world.deps, directory=Closed()), alarm())
    world.settle()
    (opened,) = world.timeline()
    assert opened[0].service == "checkout"


def test_a_queue_that_does_not_answer_has_the_bus_deliver_again(world: World) -> None:
    with pytest.raises(Unavailable):
        ingest.receive(replace(world.deps, events=Closed()), alarm())


def named(name: str) -> dict[str, Any]:
    resources = [f"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:{name}"]
    return alarm(resources=resources, detail={"alarmName": name, "state": {"value": "ALARM", "reason": "high"}})


@pytest.mark.parametrize("name", ["TargetTracking-table/orders-AlarmHigh", "tocsin-errors"])
def test_thermostats_and_our_own_alarms_are_left_out_and_counted(world: World, name: str) -> None:
    assert ingest.receive(world.deps, named(name)) == 0
    assert not world.events.waiting
    assert world.notebook.counts["LeftOut"] == 1


def test_a_thermostat_that_an_integration_names_is_heard() -> None:
    orders = {"resource": [{"wildcard": "*:alarm:TargetTracking-table/orders-*"}]}
    alarms = Integration(id="PALARMS0000001", name="alarms", service="checkout", source="cloudwatch", when=orders)
    heard = World(directory(service=Service(name="checkout", policy="checkout", integrations=(alarms,))), EVENING)
    assert ingest.receive(heard.deps, named("TargetTracking-table/orders-AlarmHigh")) == 1
    assert ingest.receive(heard.deps, named("TargetTracking-table/carts-AlarmHigh")) == 0


def test_what_tells_nothing_about_a_problem_is_nothing(world: World) -> None:
    detail = {"alarmName": "checkout-5xx", "state": {"value": "INSUFFICIENT_DATA", "reason": "no data"}}
    assert ingest.receive(world.deps, alarm(detail=detail)) == 0
    assert not world.events.waiting


@pytest.mark.parametrize(
    "message",
    [
        alarm(detail={}),
        {"id": "1", "detail": {}},
        alarm(detail="\ud800"),
        {
            "id": "1",
            "source": "aws.guardduty",
            "detail-type": "GuardDuty Finding",
            "detail": {"severity": float("nan")},
        },
    ],
)
def test_what_can_t_be_read_becomes_an_alert_on_unrouted_with_its_text(world: World, message: dict[str, Any]) -> None:
    ingest.receive(world.deps, message)
    accepted = world.events.waiting[0]
    assert accepted.event.action is Action.TRIGGER
    assert "can't be read" in accepted.event.summary
    world.settle()
    (opened,) = world.timeline()
    assert opened[0].service == "platform"
    assert not world.incidents.quarantined


def test_a_heartbeat_s_key_takes_beats_and_no_events_and_no_other_key_takes_beats() -> None:
    checkout = Service(name="checkout", policy="checkout", integrations=(*INTEGRATIONS, BACKUP))
    world = World(directory(service=checkout), EVENING)
    assert ingest.heartbeat(world.deps, BACKUP.key or "").status == 200
    assert world.incidents.heart(BACKUP.id) is not None
    assert ingest.heartbeat(world.deps, KEY).status == 404
    assert ingest.heartbeat(world.deps, "x").status == 404
    assert ingest.enqueue(world.deps, event(routing_key=BACKUP.key), None, "r").status == 400


def test_a_beat_that_can_t_be_written_down_is_asked_for_again() -> None:
    world = World(directory(), EVENING)
    answer = ingest.heartbeat(replace(world.deps, directory=Closed()), KEY)
    assert answer.status == 503
    assert answer.headers["retry-after"]
