"""Whose a routing key is: the door and triage give the same answer, whichever of them could ask."""

import json
from dataclasses import replace

import pytest

from cli.world import World
from shared.domain.directory import Directory, Integration, Service
from shared.flow import ingest
from shared.flow.ports import Unavailable
from shared.flow.verification import by_key
from tests.flow.people import INTEGRATIONS, directory
from tests.flow.story import EVENING

HEARTBEAT, EVENTS = "H" * 32, "R" * 32
BACKUP = Integration(id="PBACKUP0000001", name="backup", service="checkout", source="heartbeat", key=HEARTBEAT)


class Unreadable:
    """No directory: nothing can be verified with it."""

    def current(self) -> Directory:
        raise Unavailable("the directory can't be read")

    fresh = current


class Behind:
    """What it believes is a version old; looked up afresh it knows."""

    def __init__(self, old: Directory, new: Directory) -> None:
        self.old, self.new = old, new

    def current(self) -> Directory:
        return self.old

    def fresh(self) -> Directory:
        return self.new


def team(*integrations: Integration) -> Directory:
    checkout = Service(name="checkout", policy="checkout", integrations=integrations or (*INTEGRATIONS, BACKUP))
    return directory(service=checkout)


def enqueue(world: World, routing_key: str, *, verified_by: str, change: bool) -> int:
    """The status at the door, which can't read the directory where triage is to verify the key."""
    payload = {"summary": "disk: full", "source": "db-1", "severity": "critical"}
    body = json.dumps({"routing_key": routing_key, "event_action": "trigger", "dedup_key": "disk", "payload": payload})
    deps = world.deps if verified_by == "door" else replace(world.deps, directory=Unreadable())  # type: ignore[arg-type]
    take = ingest.enqueue_change if change else ingest.enqueue
    answer = take(deps, body.encode(), None, f"request-{routing_key}")
    world.settle()
    return answer.status


def taken(world: World) -> bool:
    return bool(world.timeline() or world.deps.changes.of("checkout", EVENING, EVENING, 10))


@pytest.mark.parametrize("change", [False, True])
@pytest.mark.parametrize(("routing_key", "known"), [(EVENTS, True), (HEARTBEAT, False), ("X" * 32, False)])
def test_the_door_and_triage_agree_on_whose_key_it_is(routing_key: str, known: bool, change: bool) -> None:
    at_door, in_triage = World(team(), EVENING), World(team(), EVENING)
    assert enqueue(at_door, routing_key, verified_by="door", change=change) == (202 if known else 400)
    assert enqueue(in_triage, routing_key, verified_by="triage", change=change) == 202
    assert taken(at_door) is taken(in_triage) is known
    drops = [(drop.kind, drop.reason) for drop in in_triage.incidents.dropped.values()]
    assert drops == ([] if known else [("unknown_key", "Invalid routing key")])
    assert at_door.notebook.counts.get("Refused", 0) == in_triage.notebook.counts.get("Refused", 0) == (not known)


def test_a_key_is_looked_up_afresh_before_it_is_called_unknown_also_one_that_another_source_had() -> None:
    world = World(team(), EVENING)
    now_of_events = replace(BACKUP, source="events_v2")
    for old in (team(INTEGRATIONS[0]), team()):
        behind = replace(world.deps, directory=Behind(old, team(now_of_events)))  # type: ignore[arg-type]
        assert by_key(behind, HEARTBEAT, "events_v2") == now_of_events
    assert by_key(world.deps, HEARTBEAT, "heartbeat") == BACKUP
