"""SNS topics by HTTPS: SNS's own messages of the expected topic are what the bus would bring; no others count."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.world import World
from shared.domain.directory import Integration, Service
from shared.domain.incident import Status
from shared.flow import ingest, topics
from shared.flow.ports import Unavailable
from tests.flow.people import INTEGRATIONS, directory
from tests.flow.test_ingest import Closed, alarm
from tests.sources.test_sns_signature import HOME, NOW, TOPIC, certificate, signed, subscription

EVENTS = Path(__file__).parents[2] / "events"
KEY, OTHER = "T" * 32, "U" * 32
JOBS = Integration(
    id="PJOBS000000001",
    name="jobs",
    service="checkout",
    source="eventbridge",
    key=OTHER,
    topic=TOPIC,
    dedup_key="glue {detail.jobName}",
)


class Away:
    def read(self, address: str) -> bytes:
        raise Unavailable("sns.eu-west-1.amazonaws.com can't be reached")


def hearing() -> World:
    """A night on which a topic is heard, and nothing has come by it yet."""
    by_topic = Integration(
        id="PTOPIC00000001", name="topic", service="checkout", source="cloudwatch", key=KEY, topic=TOPIC
    )
    service = Service(name="checkout", policy="checkout", integrations=(*INTEGRATIONS, by_topic, JOBS))
    world = World(directory(service=service), NOW)
    world.letters.mail[signed()["SigningCertURL"]] = certificate()
    return world


@pytest.fixture
def world() -> World:
    return hearing()


def deliver(world: World, message: Any, source: str = "cloudwatch", key: str = KEY) -> tuple[int, Any]:
    answer = topics.deliver(world.deps, source, key, json.dumps(message).encode())
    world.settle()
    return answer.status, answer.body["message"]


def state_change(state: str, **told: Any) -> dict[str, Any]:
    detail = {"alarmName": "checkout-5xx", "state": {"value": state, "reason": "Threshold Crossed"}}
    return signed(Message=json.dumps(alarm(detail=detail)), **told)


def statuses(world: World) -> list[Status]:
    return [incident.status for incident, _, _ in world.timeline()]


def test_what_a_topic_brings_is_the_alert_that_the_bus_brings(world: World) -> None:
    assert deliver(world, state_change("ALARM", MessageId="1")) == (202, "accepted")
    ingest.receive(world.deps, alarm())
    world.settle()
    assert statuses(world) == [Status.TRIGGERED]
    assert deliver(world, state_change("OK", MessageId="2"))[0] == 202
    assert statuses(world) == [Status.RESOLVED]


def test_the_integration_that_the_address_names_takes_it_and_maps_what_is_inside(world: World) -> None:
    event = json.loads((EVENTS / "eventbridge" / "glue-job-failed.json").read_text("utf-8"))
    topics.deliver(world.deps, "eventbridge", OTHER, json.dumps(signed(Message=json.dumps(event))).encode())
    (accepted,) = world.events.waiting
    assert accepted.integration == JOBS.id
    assert accepted.event.dedup_key == "glue nightly-invoices"


def test_a_message_that_can_t_be_translated_is_taken_and_told_to_people(world: World) -> None:
    assert deliver(world, signed(Message="hello")) == (202, "accepted")
    (opened,) = world.timeline()
    assert opened[0].service == "platform"


def test_a_subscription_is_confirmed_by_visiting_its_address_once_it_is_proven(world: World) -> None:
    message = subscription()
    assert deliver(world, message)[0] == 503  # the confirmation can't be visited yet, so SNS asks again
    world.letters.mail[message["SubscribeURL"]] = b"<ConfirmSubscriptionResponse/>"
    assert deliver(world, message) == (200, f"subscribed to {TOPIC}")


def test_the_end_of_a_subscription_is_told_to_operators(world: World) -> None:
    message = signed(Type="UnsubscribeConfirmation", Token="1", SubscribeURL=f"{HOME}/?Action=ConfirmSubscription")
    assert deliver(world, message) == (200, f"unsubscribed from {TOPIC}")
    assert "isn't heard" in world.notebook.faults[-1]


@pytest.mark.parametrize(("source", "key"), [("cloudwatch", "X" * 32), ("guardduty", KEY), ("events_v2", "R" * 32)])
def test_an_address_that_is_nobody_s_is_404(world: World, source: str, key: str) -> None:
    assert deliver(world, signed(), source, key)[0] == 404


def test_a_body_that_is_no_json_or_too_large_is_refused(world: World) -> None:
    assert topics.deliver(world.deps, "cloudwatch", KEY, b"{").status == 400
    assert topics.deliver(world.deps, "cloudwatch", KEY, b" " * 600_000).status == 413


@pytest.mark.parametrize("broken", [{"sns": Away()}, {"directory": Closed()}, {"events": Closed()}])
def test_what_doesn_t_answer_has_sns_come_again(world: World, broken: dict[str, Any]) -> None:
    answer = topics.deliver(
        replace(world.deps, **broken), "cloudwatch", KEY, json.dumps(state_change("ALARM")).encode()
    )
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
