"""What the default bus says: each event finds its source, its integration and its key; a failure is one page."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.world import World
from shared.domain.directory import Integration, Service
from shared.domain.incident import Status
from shared.flow import ingest
from shared.flow.ports import Unavailable
from tests.flow.people import INTEGRATIONS, directory
from tests.flow.story import EVENING
from tests.flow.test_ingest import Closed

EVENTS = Path(__file__).parents[2] / "events"
NIGHTLY = Integration(
    id="PNIGHTLY000001",
    name="nightly",
    service="checkout",
    source="eventbridge",
    when={"component": ["aws.glue"], "raw": {"detail": {"jobName": [{"prefix": "nightly-"}]}}},
    map={
        "summary": "{detail.jobName} says: {detail.message}",
        "severity": "detail.priority",
        "class": "detail.jobName",
    },
    dedup_key="glue {detail.jobName}",
)
SOURCES = ("securityhub", "inspector", "health", "config", "codepipeline", "codebuild", "ecs", "waf")


def sample(path: str) -> dict[str, Any]:
    return json.loads((EVENTS / f"{path}.json").read_text("utf-8"))


@pytest.fixture
def world() -> World:
    every = tuple(
        Integration(id=f"P{source.upper():X<13}"[:14], name=source, service="checkout", source=source)
        for source in SOURCES
    )
    service = Service(name="checkout", policy="checkout", integrations=(*INTEGRATIONS, *every, NIGHTLY))
    return World(directory(service=service), EVENING)


def receive(world: World, *paths: str) -> list[Status]:
    """What becomes of the incidents, once each sample came and was dealt with."""
    for path in paths:
        ingest.receive(world.deps, sample(path))
        world.settle()
    return [incident.status for incident, _, _ in world.timeline()]


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("securityhub/control-failed", "securityhub/control-passed"),
        ("securityhub/v2-finding", "securityhub/v2-closed"),
        ("inspector/finding", "inspector/closed"),
        ("health/issue-open", "health/issue-closed"),
        ("config/non-compliant", "config/compliant"),
        ("codepipeline/pipeline-failed", "codepipeline/pipeline-succeeded"),
        ("codebuild/failed", "codebuild/succeeded"),
        ("ecs/deployment-failed", "ecs/deployment-completed"),
        ("eventbridge/glue-job-failed", "eventbridge/glue-job-succeeded"),
    ],
)
def test_what_a_source_opens_its_recovery_resolves(world: World, opens: str, closes: str) -> None:
    assert receive(world, opens) == [Status.TRIGGERED]
    assert receive(world, opens) == [Status.TRIGGERED]  # a repeat
    assert receive(world, closes) == [Status.RESOLVED]


def test_a_failed_run_of_a_pipeline_opens_one_incident_not_three(world: World) -> None:
    steps = ("codepipeline/action-failed", "codepipeline/stage-failed", "codepipeline/pipeline-failed")
    assert receive(world, *steps) == [Status.TRIGGERED]
    assert receive(world, "codepipeline/action-succeeded") == [Status.TRIGGERED]  # of the next run, which isn't over
    assert receive(world, "codepipeline/pipeline-succeeded") == [Status.RESOLVED]


def test_a_batch_of_blocked_requests_is_an_incident_for_each_rule_and_counts_once_however_often_it_comes(
    world: World,
) -> None:
    batch = sample("waf/subscription-batch")
    assert [ingest.receive(world.deps, batch) for _ in range(2)] == [2, 2]
    ids = [accepted.event_id for accepted in world.events.waiting]
    assert len(set(ids)) == 1
    world.settle()
    assert len(world.timeline()) == 2


def test_an_event_that_no_source_and_no_integration_knows_opens_nothing_and_is_counted(world: World) -> None:
    assert ingest.receive(world.deps, sample("eventbridge/root-sign-in")) == 0
    assert ingest.receive(world.deps, sample("ecs/task-running")) == 0
    assert not world.events.waiting
    assert world.notebook.counts["LeftOut"] == 1  # a task that runs tells nothing anyway


def test_an_integration_says_what_another_service_s_event_means_and_what_it_is_about(world: World) -> None:
    ingest.receive(world.deps, sample("eventbridge/glue-job-failed"))
    (accepted,) = world.events.waiting
    assert accepted.integration == "PNIGHTLY000001"
    assert accepted.key == "aws:eventbridge|111122223333|eu-west-1|glue nightly-invoices"
    assert accepted.event.summary == "nightly-invoices says: Command failed with exit code 1"
    assert accepted.event.class_ == "nightly-invoices"
    assert accepted.event.severity == "error"  # there is no such member: it stays as the source reads it


def test_a_key_that_the_message_can_t_fill_is_told_to_people_not_cut_short() -> None:
    broken = Integration(
        id="PBROKEN0000001",
        name="broken",
        service="checkout",
        source="eventbridge",
        dedup_key="{detail.no} {detail.job}",
    )
    service = Service(name="checkout", policy="checkout", integrations=(broken,))
    world = World(directory(service=service), EVENING)
    ingest.receive(world.deps, sample("eventbridge/glue-job-failed"))
    (accepted,) = world.events.waiting
    assert "detail.no: field required by the integration's dedup_key" in accepted.event.summary
    assert world.notebook.counts["Untranslatable"] == 1


def test_who_wants_another_service_s_event_the_directory_says_so_without_it_the_bus_delivers_again(
    world: World,
) -> None:
    with pytest.raises(Unavailable):
        ingest.receive(replace(world.deps, directory=Closed()), sample("eventbridge/glue-job-failed"))
