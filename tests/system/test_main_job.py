"""The main job on the deployed system: from the sender's request to the answer in a mailbox."""

import json
from typing import Any

from cli.configuration import read_folder
from cli.demo import Demo
from cli.local_system import EXAMPLE
from cli.simulate import Night, simulate, timeline
from shared.domain.event import Action, Event, Severity
from shared.domain.incident import Status, fold
from shared.domain.instants import format_seconds
from shared.domain.timeline import Kind
from tests.system.conftest import Running, eventually

ALARM = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:"


def alarm(name: str, state: str = "ALARM", **told: Any) -> dict[str, Any]:
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "account": "111122223333",
        "region": "eu-west-1",
        "resources": [f"{ALARM}{name}"],
        "detail": {"alarmName": name, "state": {"value": state, "reason": "Threshold Crossed", **told}},
    }


def alarm_key(name: str) -> str:
    return f"aws:cloudwatch|111122223333|eu-west-1|{ALARM}{name}"


def test_the_demo_misses_nothing(running: Running) -> None:
    assert Demo(running.deployment, running.local.description).run() == []


def test_a_reply_by_mail_acknowledges_and_is_answered_once(running: Running) -> None:
    running.trigger("answered")
    page = eventually(lambda: running.mails("ada@acme.example", "answered"), "the page")[0]
    running.reply(page, "ada@acme.example", "ack", {"Message-ID": "<once@acme.example>"})
    eventually(lambda: running.incident_of("answered").incident.status is Status.ACKNOWLEDGED)  # type: ignore[union-attr]
    answers = eventually(lambda: running.mails("ada@acme.example", "You have it"), "the answer")
    running.reply(page, "ada@acme.example", "ack", {"Message-ID": "<once@acme.example>"})
    running.reply(page, "mallory@evil.example", "resolve")
    running.reply(page, "ada@acme.example", "resolve", {"X-Local-Verdict": "dmarc=FAIL"})
    running.reply(page, "ada@acme.example", "note seen by ada")
    eventually(lambda: running.mails("ada@acme.example", "Noted"), "the answer to the note")
    loaded = running.incident_of("answered")
    assert loaded is not None
    log = running.deps.incidents.timeline(loaded.incident.id)
    assert [entry.kind for entry in log][-2:] == [Kind.ACKNOWLEDGED, Kind.NOTED]
    assert fold(loaded.incident.id, log) == loaded.incident
    assert len(answers) == 1


def test_what_the_live_system_does_is_what_simulate_says_page_by_page(running: Running) -> None:
    running.inject(alarm("checkout-simulated"))
    key = alarm_key("checkout-simulated")
    eventually(lambda: running.incident(key), "the incident")

    def exhausted() -> Any:
        found = running.incident(key)
        return found if found and any(p.user == "grace" and p.rule == 1 for p in found.pages) else None

    loaded = eventually(exhausted, "grace's text")
    log = running.deps.incidents.timeline(loaded.incident.id)
    lived = timeline(loaded.incident, log, loaded.pages, running.deps)
    at = next(entry.due for entry in log if entry.kind is Kind.TRIGGERED)
    assert at is not None
    directory = running.deps.directory.current()
    event = Event(
        action=Action.TRIGGER,
        dedup_key=f"{ALARM}checkout-simulated",
        severity=Severity.CRITICAL,
        summary="checkout-simulated: Threshold Crossed",
        source="checkout-simulated",
        source_type="cloudwatch",
        account="111122223333",
        region="eu-west-1",
        resource=f"{ALARM}checkout-simulated",
    )
    simulated = simulate(directory, [(event, {})], None, Night(at=at))
    names = ("at", "kind", "level", "user", "method", "address")
    assert [[line[n] for n in names] for line in lived] == [
        [line[n] for n in names] for line in simulated[: len(lived)]
    ]
    assert len(lived) == 6
    running.inject(alarm("checkout-simulated", "OK"))


def test_one_alarm_delivered_twice_is_one_incident_and_one_page_each(running: Running) -> None:
    told = alarm("checkout-twice") | {"id": "11111111-2222-3333-4444-555555555555"}
    running.inject(told)
    running.inject(told)
    loaded = eventually(lambda: running.incident(alarm_key("checkout-twice")))
    running.inject(told)
    eventually(lambda: running.mails("ada@acme.example", "checkout-twice"))
    assert [entry.kind for entry in running.deps.incidents.timeline(loaded.incident.id)].count(Kind.TRIGGERED) == 1
    assert len(running.mails("ada@acme.example", "checkout-twice")) == 1
    running.inject(alarm("checkout-twice", "OK"))


def test_poison_is_quarantined_and_later_messages_of_its_key_are_unharmed(running: Running) -> None:
    running.trigger("poisoned")
    loaded = eventually(lambda: running.incident_of("poisoned"))
    queue = running.deployment.client("sqs")
    url = running.deployment.facts["events_queue_url"]
    directory = running.deps.directory.current()
    integration = directory.integration_by_key(running.key("checkout"))
    assert integration is not None
    from shared.domain.alert import key_hash, routed_key

    group = key_hash(routed_key(integration.id, "poisoned"))
    queue.send_message(QueueUrl=url, MessageBody="{not json", MessageGroupId=group, MessageDeduplicationId="poison")
    running.resolve("poisoned")

    def resolved() -> bool:
        state = running.deps.incidents.state(loaded.incident.id)
        return state is not None and state.status is Status.RESOLVED

    eventually(resolved, "the resolution behind the poison")
    word = eventually(lambda: running.incident(f"tocsin|quarantine|{group}"), "word of the quarantine")
    assert word.incident.service == "platform"
    table = running.deployment.client("dynamodb")
    kept = table.query(
        TableName=running.deployment.facts["incidents_table"],
        KeyConditionExpression="pk = :q",
        ExpressionAttributeValues={":q": {"S": "QUARANTINE"}},
    )["Items"]
    assert [item["body"]["S"] for item in kept] == ["{not json"]


def test_an_unknown_routing_key_is_refused_with_the_reason(running: Running) -> None:
    status, answer = running.enqueue(
        routing_key="R" + "X" * 31,
        event_action="trigger",
        payload={"summary": "s", "source": "s", "severity": "critical"},
    )
    assert (status, answer["status"], answer["errors"]) == (400, "invalid event", ["Invalid routing key"])


def test_all_faults_of_an_event_are_told_at_once(running: Running) -> None:
    status, answer = running.enqueue(routing_key="short!", event_action="trigger", payload={"source": "s"})
    assert status == 400
    assert answer["message"] == "Event object is invalid"
    assert len(answer["errors"]) >= 3


def test_a_body_that_isn_t_json_is_refused_in_pagerduty_s_words(running: Running) -> None:
    url = f"{running.local.description.events_url}/v2/enqueue"
    status, answer = running.post(url, b"{not json")
    assert status == 400
    assert answer == {
        "status": "Unrecognized object",
        "message": "Event object format is unrecognized",
        "errors": ["JSON parse error"],
    }


def test_a_body_over_the_limit_is_413(running: Running) -> None:
    url = f"{running.local.description.events_url}/v2/enqueue"
    status, _ = running.post(url, json.dumps({"routing_key": "x" * 600_000}).encode())
    assert status == 413


def test_an_alarm_that_nothing_routes_is_on_unrouted_at_low_urgency(running: Running) -> None:
    running.inject(alarm("nobody-s"))
    loaded = eventually(lambda: running.incident(alarm_key("nobody-s")))
    assert (loaded.incident.service, loaded.incident.urgency) == ("platform", "low")


def test_a_guardduty_finding_opens_an_incident_and_a_low_one_is_recorded_as_dropped(running: Running) -> None:
    def finding(name: str, severity: float) -> dict[str, Any]:
        return {
            "source": "aws.guardduty",
            "detail-type": "GuardDuty Finding",
            "account": "111122223333",
            "region": "eu-west-1",
            "detail": {
                "schemaVersion": "2.0",
                "accountId": "111122223333",
                "region": "eu-west-1",
                "id": name,
                "type": "Recon:EC2/PortProbeUnprotectedPort",
                "severity": severity,
                "title": "An unprotected port is being probed.",
                "resource": {"resourceType": "Instance"},
                "service": {"archived": False, "count": 1},
            },
        }

    running.inject(finding("severe", 8.0))
    running.inject(finding("mild", 2.0))
    loaded = eventually(lambda: running.incident("aws:guardduty|111122223333|eu-west-1|severe"))
    assert loaded.incident.service == "checkout"
    table = running.deployment.client("dynamodb")
    today = format_seconds(running.deps.now())[:10]

    def dropped() -> Any:
        found = table.query(
            TableName=running.deployment.facts["incidents_table"],
            KeyConditionExpression="pk = :d",
            ExpressionAttributeValues={":d": {"S": f"DROPPED#{today}"}},
        )["Items"]
        return [item for item in found if "below the integration's 4.0" in item["reason"]["S"]]

    eventually(dropped, "the record of the drop")
    assert running.incident("aws:guardduty|111122223333|eu-west-1|mild") is None


def test_log_entries_reach_the_event_bus(running: Running) -> None:
    events, queues = running.deployment.client("events"), running.deployment.client("sqs")
    bus = running.deployment.facts["event_bus"]
    url = queues.create_queue(QueueName="listener")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="listener", EventBusName=bus, EventPattern=json.dumps({"source": ["tocsin"]}))
    events.put_targets(Rule="listener", EventBusName=bus, Targets=[{"Id": "1", "Arn": arn}])
    running.trigger("published")

    def heard() -> Any:
        messages = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [m for m in messages if json.loads(m["Body"])["detail-type"] == "incident.triggered"]

    assert eventually(heard, "incident.triggered on the bus")
    running.resolve("published")


def test_the_example_lints_clean() -> None:

    assert read_folder(EXAMPLE).document["account"]["name"] == "Acme"
