"""Executions that end without a word: the system stops and starts again, somebody deletes one; sweep takes over."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from local import system
from local.folder import Folder
from shared.domain.incident import Status
from shared.domain.replay import differences
from shared.domain.timeline import Kind
from shared.flow.sweep import GRACE
from tests.system.conftest import Running, bring_up, eventually

LEVEL_1 = timedelta(seconds=8)  # in the example


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path / "tocsin")
    yield made
    system.down(made, delete=True)


def wait_until_overdue(running: Running, dedup_key: str) -> None:
    """Until level 2 is due for as long as sweep leaves to the execution."""
    found = running.incident_of(dedup_key)
    assert found is not None
    due = found.incident.triggered_at + LEVEL_1 + GRACE + timedelta(seconds=1)
    time.sleep(max(0.0, (due - running.deps.now()).total_seconds()))


def executions(running: Running, status: str) -> set[str]:
    machine = running.deployment.facts["state_machine_arn"]
    found = running.deployment.client("stepfunctions").list_executions(stateMachineArn=machine, statusFilter=status)
    return {execution["name"] for execution in found["executions"]}


def test_paging_goes_on_over_a_restart_and_a_deleted_execution(folder: Folder) -> None:
    running = bring_up(folder)
    running.trigger("restarted")
    eventually(lambda: running.mails("ada@acme.example", "restarted:"), "Ada's page")
    sent_before = len(running.mailbox())
    system.down(folder)

    running = bring_up(folder)
    restarted = running.incident_of("restarted")
    assert restarted is not None
    assert f"{restarted.incident.id}-1" not in executions(running, "RUNNING")
    running.trigger("deleted")
    deleted = eventually(lambda: running.incident_of("deleted"))
    machine = running.deployment.facts["state_machine_arn"]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{deleted.incident.id}-1"
    eventually(lambda: f"{deleted.incident.id}-1" in executions(running, "RUNNING"), "the execution")
    running.deployment.client("stepfunctions").stop_execution(executionArn=arn)

    wait_until_overdue(running, "deleted")
    running.invoke("sweep", {})
    for name in ("restarted", "deleted"):
        page = eventually(lambda name=name: running.mails("grace@acme.example", f"{name}:"), f"{name}: Grace's page")[0]
        running.reply(page, "grace@acme.example", "ack")
        eventually(lambda name=name: _status(running, name) is Status.ACKNOWLEDGED, f"{name}: her acknowledgement")

    assert sent_before >= 1
    told = Counter(
        (m["to"], m["subject"]) for m in running.mailbox() if m["channel"] == "email" and "#" in m["subject"]
    )
    assert all(number == 1 for (_, subject), number in told.items() if not subject.startswith("Re:")), told
    for incident in running.deps.incidents.names():
        state, log = running.deps.incidents.state(incident), running.deps.incidents.timeline(incident)
        assert state is not None
        assert differences(state, log) == []
        levels = [entry.level for entry in log if entry.kind is Kind.LEVEL_ENTERED]
        assert levels == [1, 2]


def _status(running: Running, name: str) -> Status | None:
    found = running.incident_of(name)
    return found.incident.status if found else None
