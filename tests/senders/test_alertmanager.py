"""Debian's Alertmanager, unmodified: it fires, says more, is throttled, is turned away, delivers later, resolves."""

import json
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from shared.domain.incident import Status
from shared.domain.timeline import Kind
from tests.senders.conftest import Sending
from tests.senders.gate import Gate
from tests.system.conftest import eventually

PROGRAM = shutil.which("prometheus-alertmanager")
HASTE = {"group_by": ["alertname"], "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1s"}

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="Alertmanager is not here: install Debian's prometheus-alertmanager"
)


@dataclass(frozen=True)
class Alertmanager:
    url: str

    def say(self, name: str, *instances: str, over: bool = False) -> None:
        now = datetime.now(UTC)
        until = {"endsAt": now.isoformat()} if over else {}
        alerts = [
            {
                "labels": {"alertname": name, "instance": instance, "severity": "critical"},
                "annotations": {"summary": f"{name} ☃ <b>\u202e"},
                "startsAt": (now - timedelta(seconds=5)).isoformat(),
                **until,
            }
            for instance in instances
        ]
        body, kind = json.dumps(alerts).encode(), {"content-type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/api/v2/alerts", body, kind), timeout=10):
            pass


@pytest.fixture
def alertmanager(sending: Sending, before_the_door: Gate, tmp_path: Path) -> Iterator[Alertmanager]:
    documented = YAML(typ="safe").load(sending.documented("Alertmanager", before_the_door.url))
    for receiver in documented["receivers"][0]["pagerduty_configs"]:
        receiver["url"] = f"{before_the_door.url}/v2/enqueue"
    configuration = tmp_path / "alertmanager.yml"
    configuration.write_text(json.dumps({**documented, "route": {**documented["route"], **HASTE}}))
    with socket.create_server(("127.0.0.1", 0)) as found:
        listens = f"127.0.0.1:{found.getsockname()[1]}"
    command = [
        str(PROGRAM),
        f"--config.file={configuration}",
        f"--storage.path={tmp_path}",
        f"--web.listen-address={listens}",
        "--cluster.listen-address=",
    ]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            eventually(lambda: ready(listens) or process.poll() is not None, "Alertmanager")
            assert process.poll() is None, (tmp_path / "log").read_text()
            yield Alertmanager(f"http://{listens}")
        finally:
            process.terminate()


def ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def key_of(gate: Gate) -> str:
    """The one that Alertmanager gives the group, which each answer repeats."""
    accepted = eventually(lambda: gate.answered(202), "an event that was accepted")
    (key,) = {seen.answer["dedup_key"] for seen in accepted} | {seen.body["dedup_key"] for seen in gate.seen}
    return key


def test_it_fires_says_more_and_resolves_and_nobody_is_paged_twice(
    sending: Sending, alertmanager: Alertmanager, before_the_door: Gate
) -> None:
    alertmanager.say("DiskFull", "db-1")
    key = key_of(before_the_door)
    opened = sending.incident(key)
    eventually(lambda: sending.running.mails("ada@acme.example", "DiskFull"), "the page")
    alertmanager.say("DiskFull", "db-1", "db-2")
    eventually(lambda: Kind.ALERT_CHANGED in sending.kinds(key), "the changed count on the timeline")
    repeats = len(before_the_door.seen)
    eventually(lambda: len(before_the_door.seen) >= repeats + 2, "repeats of the same")
    alertmanager.say("DiskFull", "db-1", "db-2", over=True)
    eventually(lambda: sending.incident(key).status is Status.RESOLVED, "the resolution")
    assert sending.incident(key).id == opened.id
    assert sending.kinds(key).count(Kind.ALERT_CHANGED) == 1
    assert len(sending.running.mails("ada@acme.example", "DiskFull")) == 1


def test_throttled_turned_away_and_unheard_it_delivers_later_one_incident_and_one_page(
    sending: Sending, alertmanager: Alertmanager, before_the_door: Gate
) -> None:
    before_the_door.refusing = 429
    alertmanager.say("Throttled", "db-1")
    eventually(lambda: len(before_the_door.answered(429)) >= 2, "its next try")
    before_the_door.refusing = 503
    eventually(lambda: len(before_the_door.answered(503)) >= 2, "its next try")
    key = before_the_door.seen[0].body["dedup_key"]
    assert sending.running.incident_of(key) is None
    before_the_door.losing_answers, before_the_door.refusing = True, None
    eventually(lambda: len(before_the_door.answered(202)) >= 2, "the event, though nobody told it so")
    before_the_door.losing_answers = False
    eventually(lambda: [seen for seen in before_the_door.seen if seen.heard == 202], "an answer that it heard")
    eventually(lambda: sending.running.mails("ada@acme.example", "Throttled"), "the page")
    assert key == key_of(before_the_door)
    alertmanager.say("Throttled", "db-1", over=True)
    eventually(lambda: sending.incident(key).status is Status.RESOLVED, "the resolution")
    assert sending.kinds(key).count(Kind.TRIGGERED) == 1
    assert len(sending.running.mails("ada@acme.example", "Throttled")) == 1


def test_a_key_that_was_withdrawn_is_told_of_at_every_interval_and_pages_nobody(
    sending: Sending, alertmanager: Alertmanager, before_the_door: Gate
) -> None:
    """CLIENTS' input 3: a 4xx comes back at every interval; it is counted, and that is all."""
    before_the_door.rewriting = {sending.key: "X" * 32}
    alertmanager.say("Stranger", "db-1")
    refused = eventually(lambda: len(before_the_door.answered(400)) >= 2 and before_the_door.answered(400), "refusals")
    assert refused[0].answer["errors"] == ["Invalid routing key"]
    assert not sending.running.mails("ada@acme.example", "Stranger")
