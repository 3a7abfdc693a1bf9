"""What unmodified clients sent, answered as they expect: every request that was recorded, by way of the door."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cli.world import World
from shared.domain.directory import Service
from tests.door.gateway import ask
from tests.flow.people import INTEGRATIONS, directory
from tests.flow.story import EVENING

PATHS = ("/v2/enqueue", "/v2/change/enqueue")
KEY_LENGTH = 32


@dataclass(frozen=True)
class Recorded:
    client: str
    case: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def recorded(folder: Path) -> Iterator[Recorded]:
    for log in sorted((folder / "clients").glob("*.jsonl")):
        for line in log.read_text("utf-8").splitlines():
            told = json.loads(line)
            if told.get("path") in PATHS and told.get("method") == "POST" and isinstance(told.get("json"), dict):
                headers = {name.lower().replace("-", "_"): value for name, value in told["headers"]}
                yield Recorded(log.stem, told["case"], told["path"], headers, told["json"])


def world_of(keys: set[str]) -> World:
    """A team whose integrations have those keys."""
    (sender,) = [i for i in INTEGRATIONS if i.key]
    made = tuple(replace(sender, id=f"P{n:013}", name=f"events-{n}", key=key) for n, key in enumerate(sorted(keys)))
    return World(directory(service=Service(name="checkout", policy="checkout", integrations=made)), EVENING)


@pytest.fixture(scope="session")
def requests(fixtures_folder: Path) -> list[Recorded]:
    found = list(recorded(fixtures_folder))
    assert len(found) > 400
    return found


def test_each_is_accepted_with_its_key_or_told_what_is_wrong(requests: list[Recorded]) -> None:
    world = world_of({r.body["routing_key"] for r in requests if len(r.body["routing_key"]) == KEY_LENGTH})
    for sent in requests:
        answer = ask(world.deps, sent.body, sent.path, **sent.headers)
        if len(sent.body["routing_key"]) != KEY_LENGTH:
            assert answer.body["errors"][0].startswith("Length of 'routing_key'"), sent
            continue
        assert (answer.status, answer.body["status"]) == (202, "success"), sent
        if sent.path == "/v2/enqueue":
            assert answer.body["dedup_key"] == sent.body.get("dedup_key", answer.body["dedup_key"]) != "", sent


def test_whatever_came_opens_at_most_an_incident_a_key_and_nothing_is_poison(requests: list[Recorded]) -> None:
    world = world_of({r.body["routing_key"] for r in requests if len(r.body["routing_key"]) == KEY_LENGTH})
    for sent in requests:
        ask(world.deps, sent.body, sent.path, **sent.headers)
        world.settle()
    keys = [world.incidents.alerts(i.id)[0].key for i, _, _ in world.timeline() if i.open]
    assert len(keys) == len(set(keys)) > 10
    assert not world.incidents.quarantined
