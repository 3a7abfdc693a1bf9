"""Changes: taken at the door as events are, kept on their service, shown on what opens within the hour after."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cli.world import World
from shared.domain.change_event import SHOWN_FOR, ServiceChange
from shared.domain.instants import Instant, format_instant
from shared.flow import changes, ingest, triage
from shared.flow.envelope import Delivery, written
from shared.flow.ingest import Answer
from shared.flow.ports import Unavailable
from tests.flow.people import directory
from tests.flow.story import EVENING
from tests.flow.test_ingest import KEY, Closed, event

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    return World(directory(), EVENING)


def change(summary: str = "deploy 17", **told: Any) -> bytes:
    return json.dumps({"routing_key": KEY, "payload": {"summary": summary, **told}}).encode()


def tell(world: World, body: bytes, request_id: str = "request-1") -> Answer:
    answer = ingest.enqueue_change(world.deps, body, None, request_id)
    world.settle()
    return answer


def on_service(world: World, service: str = "checkout", until: Instant | None = None) -> list[str]:
    found = world.deps.changes.of(service, EVENING - timedelta(days=90), until or world.clock.at, 25)
    return [made.change.summary for made in found]


def alert(world: World, at: Instant) -> None:
    world.run_until(at)
    ingest.enqueue(world.deps, event(dedup_key=format_instant(at)), None, format_instant(at))
    world.settle()


def told_by_mail(world: World) -> list[tuple[ServiceChange, ...]]:
    return [sent.notice.changes for sent in world.sent if sent.notice.contact.name == "mail"]


def test_a_change_needs_a_key_and_a_summary_and_is_on_its_service(world: World) -> None:
    answer = tell(world, change())
    assert (answer.status, answer.body) == (202, {"status": "success", "message": "Change event processed"})
    assert on_service(world) == ["deploy 17"]


def test_a_change_pages_nobody_and_opens_nothing(world: World) -> None:
    tell(world, change())
    world.run_until(EVENING + timedelta(hours=2))
    assert (world.sent, world.timeline()) == ([], [])


def test_it_shows_on_an_incident_that_opens_within_the_hour_and_on_no_later_one(world: World) -> None:
    tell(world, change("deploy 17"))
    alert(world, EVENING + 12 * MINUTE)
    world.run_until(EVENING + 20 * MINUTE)
    tell(world, change("rolled back"), "request-2")
    alert(world, EVENING + SHOWN_FOR + MINUTE)
    first, second = (incident for incident, _, _ in world.timeline())
    assert [c.change.summary for c in changes.before(world.deps, first, 10)] == ["deploy 17"]
    assert [c.change.summary for c in changes.before(world.deps, second, 10)] == ["rolled back"]


def test_whoever_is_paged_by_mail_reads_what_was_changed_before(world: World) -> None:
    tell(world, change("deploy 17"))
    alert(world, EVENING + 12 * MINUTE)
    (shown,) = told_by_mail(world)
    assert [made.change.summary for made in shown] == ["deploy 17"]


def test_a_change_that_is_told_late_shows_where_it_was_made(world: World) -> None:
    alert(world, EVENING + 12 * MINUTE)
    tell(world, change(timestamp="2026-11-23T03:05:00Z"))
    (opened,) = (incident for incident, _, _ in world.timeline())
    assert [c.at for c in changes.before(world.deps, opened, 10)] == [EVENING + 5 * MINUTE]


def test_a_change_of_another_service_does_not_show(world: World) -> None:
    tell(world, change())
    assert on_service(world, "platform") == []


def test_a_clock_that_is_ahead_makes_no_change_of_tomorrow(world: World) -> None:
    tell(world, change(timestamp="2026-11-24T03:05:00Z"))
    (made,) = world.deps.changes.of("checkout", EVENING, EVENING, 10)
    assert made.at == EVENING


def test_a_senders_retry_with_its_own_time_is_one_change(world: World) -> None:
    for request_id in ("request-1", "request-2"):
        tell(world, change(timestamp="2026-11-23T02:59:00Z"), request_id)
    assert on_service(world) == ["deploy 17"]


def test_two_changes_in_one_moment_are_two(world: World) -> None:
    tell(world, change("deploy 17"))
    tell(world, change("deploy 18"), "request-2")
    assert sorted(on_service(world)) == ["deploy 17", "deploy 18"]


def test_faults_are_told_all_at_once(world: World) -> None:
    answer = tell(world, json.dumps({"routing_key": "short!", "payload": {"source": "ci"}}).encode())
    assert (answer.status, len(answer.body["errors"])) == (400, 3)


def test_an_unknown_key_is_refused(world: World) -> None:
    body = json.dumps({"routing_key": "X" * 32, "payload": {"summary": "deploy"}}).encode()
    assert tell(world, body).body["errors"] == ["Invalid routing key"]


def test_a_queue_that_does_not_answer_is_503_and_nothing_is_kept(world: World) -> None:
    answer = ingest.enqueue_change(replace(world.deps, events=Closed()), change(), None, "request-1")
    assert (answer.status, answer.headers["retry-after"], on_service(world)) == (503, "5", [])


def test_a_directory_that_can_t_be_read_loses_no_change_and_lets_no_stranger_in(world: World) -> None:
    closed = replace(world.deps, directory=Closed())
    stranger = json.dumps({"routing_key": "X" * 32, "payload": {"summary": "not ours"}}).encode()
    for body in (change(), stranger):
        assert ingest.enqueue_change(closed, body, None, f"request-{len(body)}").status == 202
    world.settle()
    assert on_service(world) == ["deploy 17"]
    assert [drop.reason for drop in world.incidents.dropped.values()] == ["Invalid routing key"]
    assert world.notebook.counts["Refused"] == 1


def test_a_change_whose_integration_was_removed_meanwhile_is_on_unrouted(world: World) -> None:
    ingest.enqueue_change(world.deps, change(), None, "request-1")
    world.directories.put(directory(version=2, service=replace(directory().services["checkout"], integrations=())))
    world.settle()
    assert on_service(world, "platform") == ["deploy 17"]


def test_a_page_goes_out_though_changes_can_t_be_read(world: World) -> None:
    class Unreadable:
        def of(self, *_: object) -> list[ServiceChange]:
            raise Unavailable("DynamoDB can't be reached")

    world.deps = replace(world.deps, changes=Unreadable())  # type: ignore[arg-type]
    alert(world, EVENING)
    assert told_by_mail(world) == [()]
    assert "without what was changed" in world.notebook.faults[0]


def delivery(body: str, number: int) -> Delivery:
    return Delivery(
        message_id=f"m{number}",
        group="change-x",
        body=body,
        generation="q",
        sequence=str(number),
        sent_at=EVENING,
    )


def test_one_that_can_t_be_read_is_quarantined_and_those_behind_it_are_kept(world: World) -> None:
    ingest.enqueue_change(world.deps, change(), None, "request-1")

    accepted, _ = world.events.changes.popleft()
    assert triage.run(world.deps, [delivery("{not json", 1), delivery(written(accepted), 2)]) == []
    assert on_service(world) == ["deploy 17"]
    assert list(world.incidents.quarantined) == ["m1"]


def test_a_table_that_does_not_answer_has_it_and_all_behind_it_come_again(world: World) -> None:
    class Full:
        def keep(self, *_: object) -> None:
            raise Unavailable("DynamoDB can't be reached")

    ingest.enqueue_change(world.deps, change(), None, "request-1")

    accepted, _ = world.events.changes.popleft()
    deps = replace(world.deps, changes=Full())  # type: ignore[arg-type]
    assert triage.run(deps, [delivery(written(accepted), n) for n in (1, 2)]) == ["m1", "m2"]
