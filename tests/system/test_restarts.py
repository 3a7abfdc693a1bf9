"""Executions that end without a word: the system stops and starts again, somebody deletes one; sweep takes over."""

import json
import time
from collections.abc import Callable
from datetime import timedelta

from infra.names import EVENT_BUS
from local import system
from shared.domain.incident import Status
from shared.domain.notification import PageState
from shared.domain.timeline import Kind
from shared.flow.sweep import GRACE
from tests.system.conftest import Running, bring_up, eventually

BEFORE = 15  # incidents, so that more was written before the stop than in the moments after it
LEVEL_1 = timedelta(seconds=8)  # in the example


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


def test_paging_goes_on_over_a_restart_and_a_deleted_execution(running: Running) -> None:
    for place in range(BEFORE):
        running.trigger(f"before-{place}", "platform")
    running.trigger("restarted")
    eventually(lambda: running.mails("ada@acme.example", "restarted:"), "Ada's page")
    system.down(running.local.folder)

    assert bring_up(running.local.folder).local.description == running.local.description
    said = listen(running)
    restarted = running.incident_of("restarted")
    assert restarted is not None
    assert f"{restarted.incident.id}-1" not in executions(running, "RUNNING")
    running.trigger("deleted")
    deleted = eventually(lambda: running.incident_of("deleted"))
    eventually(lambda: deleted.incident.id in said(), "word of it on the bus, whatever was said before the stop")
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
        assert_told_once(running, name)


def listen(running: Running) -> Callable[[], str]:
    """Whatever the event bus says from now on."""
    events, queues = running.deployment.client("events"), running.deployment.client("sqs")
    url = queues.create_queue(QueueName="listener")["QueueUrl"]
    asked = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    events.put_rule(Name="listener", EventBusName=EVENT_BUS, EventPattern=json.dumps({"source": ["tocsin"]}))
    target = {"Id": "listener", "Arn": asked["Attributes"]["QueueArn"]}
    events.put_targets(Rule="listener", EventBusName=EVENT_BUS, Targets=[target])
    return lambda: json.dumps(queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []))


def assert_told_once(running: Running, name: str) -> None:
    found = running.incident_of(name)
    assert found is not None
    levels = [e.level for e in running.deps.incidents.timeline(found.incident.id) if e.kind is Kind.LEVEL_ENTERED]
    assert levels == [1, 2]
    sent = [page for page in found.pages if page.state is PageState.SENT]
    assert {(page.user, page.attempts) for page in sent} == {("ada", 1), ("grace", 1)}
    for person in ("ada", "grace"):
        assert (
            len(
                [
                    mail
                    for mail in running.mails(f"{person}@acme.example", f"{name}:")
                    if mail["subject"].startswith("[#")
                ]
            )
            == 1
        )


def _status(running: Running, name: str) -> Status | None:
    found = running.incident_of(name)
    return found.incident.status if found else None
