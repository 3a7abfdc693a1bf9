"""AWS's own sources, through the deployed rules: what opens and resolves, what is let in and what isn't."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

from shared.domain.alert import aws_key
from shared.domain.incident import Status
from shared.sources.registry import SOURCES
from tests.system.conftest import Running, eventually

EVENTS = Path(__file__).parents[2] / "events"
NIGHTS = {  # a failure, and its recovery
    "securityhub": ("control-failed", "control-passed"),
    "inspector": ("finding", "closed"),
    "health": ("issue-open", "issue-closed"),
    "config": ("non-compliant", "compliant"),
    "codepipeline": ("action-failed", "pipeline-succeeded"),
    "codebuild": ("failed", "succeeded"),
    "ecs": ("deployment-failed", "deployment-completed"),
}


def sample(source: str, case: str) -> dict[str, Any]:
    return json.loads((EVENTS / source / f"{case}.json").read_text("utf-8")) | {"id": str(uuid4())}


def key_of(source: str, case: str) -> str:
    (event,) = SOURCES[source](sample(source, case))
    return aws_key(source, event)


def test_each_source_opens_an_incident_by_its_rule_and_its_recovery_resolves_it(running: Running) -> None:
    keys = {source: key_of(source, opens) for source, (opens, _) in NIGHTS.items()}
    for source, (opens, _) in NIGHTS.items():
        running.inject(sample(source, opens))
    incidents = {source: eventually(lambda key=key: running.incident(key), source) for source, key in keys.items()}
    assert {loaded.incident.service for loaded in incidents.values()} == {"platform"}  # by its integration, or unrouted
    for source, (_, closes) in NIGHTS.items():
        running.inject(sample(source, closes))
    for source, loaded in incidents.items():
        eventually(lambda loaded=loaded: status(running, loaded.incident.id) is Status.RESOLVED, f"the end of {source}")


def test_lines_of_waf_s_log_open_an_incident_for_each_rule_that_blocks(running: Running) -> None:
    batch = json.loads((EVENTS / "waf" / "subscription-batch.json").read_text("utf-8"))
    running.invoke("ingest", batch)
    for event in SOURCES["waf"](batch):
        loaded = eventually(lambda event=event: running.incident(aws_key("waf", event)), event.summary)
        assert loaded.incident.service == "platform"


def test_an_event_of_another_service_is_what_its_integration_makes_of_it(running: Running) -> None:
    running.inject(sample("eventbridge", "glue-job-failed"))
    key = "aws:eventbridge|111122223333|eu-west-1|glue nightly-invoices"
    loaded = eventually(lambda: running.incident(key))
    assert loaded.incident.title == "nightly-invoices: Command failed with exit code 1"
    running.inject(sample("eventbridge", "glue-job-succeeded"))
    eventually(lambda: status(running, loaded.incident.id) is Status.RESOLVED, "the end of the job's failure")


def test_what_no_integration_wants_of_other_services_opens_nothing(running: Running) -> None:
    key = key_of("eventbridge", "backup-job-expired")
    running.inject(sample("eventbridge", "backup-job-expired"))
    running.trigger("after the backup")
    eventually(lambda: running.incident_of("after the backup"))
    assert running.incident(key) is None


def test_an_address_of_no_topic_is_nobody_s(running: Running) -> None:
    forged = {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:a", "Message": "{}"}
    home = f"{running.local.description.events_url}/integrations/cloudwatch"
    status, told = running.post(f"{home}/{'X' * 32}", json.dumps(forged).encode())
    assert (status, told["message"]) == (404, "no integration with a topic has this source and routing key")
    status, told = running.post(f"{home}/short", json.dumps(forged).encode())
    assert status == 404


def status(running: Running, incident: str) -> Status | None:
    found = running.deps.incidents.state(incident)
    return found.status if found else None
