"""Messages that nobody here wrote: each translates, or is refused with a reason; nothing else ever happens."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shared.domain.errors import MessageError
from shared.domain.event import Action, Event, Severity
from shared.sources.bodies import parse_json
from shared.sources.events_v2 import translate as translate_v2
from shared.sources.registry import SOURCES

FINDINGS = ("guardduty", "guardduty-wrapped", "guardduty-pascalcase")
AWS = (
    *("cloudwatch", *FINDINGS, "sns", "eventbridge-misc", "ecs", "securityhub", "inspector2", "awshealth"),
    *("awsconfig", "codepipeline", "codebuild", "waf"),
)
EVENTS_API = ("pagerduty", "alertmanager-pagerduty", "apprise")


def messages(folder: Path, *vendors: str) -> Iterator[tuple[str, bytes]]:
    paths = [path for vendor in vendors for path in sorted((folder / "events" / vendor).glob("*.json"))]
    assert paths, f"no messages of {', '.join(vendors)}"
    yield from ((f"{path.parent.name}/{path.stem}", path.read_bytes()) for path in paths)


@pytest.mark.parametrize("source", SOURCES)
def test_every_message_translates_or_is_refused_with_a_reason(fixtures_folder: Path, source: str) -> None:
    for name, body in messages(fixtures_folder, *AWS, *EVENTS_API):
        with suppress(MessageError):
            events = SOURCES[source](parse_json(body))
            assert all(event.dedup_key and event.summary and event.source_type == source for event in events), name


def test_an_alarm_s_event_says_what_the_message_says(fixtures_folder: Path) -> None:
    changes = 0
    for name, body in messages(fixtures_folder, "cloudwatch"):
        message = json.loads(body)
        events = SOURCES["cloudwatch"](message)
        if message.get("detail-type") != "CloudWatch Alarm State Change":
            assert "detail-type" not in message or not events, name
            continue
        detail, changes = message["detail"], changes + 1
        (event,) = events
        assert event.action == {"ALARM": Action.TRIGGER, "OK": Action.RESOLVE}[detail["state"]["value"]], name
        assert [event.dedup_key] == message["resources"] == [event.resource], name
        assert (event.account, event.region) == (message["account"], message["region"]), name
        assert event.summary == f"{detail['alarmName']}: {detail['state']['reason']}"[:1024], name
    assert changes >= 4


def test_a_finding_s_event_says_what_the_finding_says(fixtures_folder: Path) -> None:
    findings = 0
    for name, body in messages(fixtures_folder, *FINDINGS):
        message = json.loads(body)
        finding = lowered(message.get("detail", message))
        events = SOURCES["guardduty"](message)
        if "messageid" in finding:  # an announcement
            assert not events, name
            continue
        (event,), findings = events, findings + 1
        assert event.dedup_key == finding["id"], name
        assert event.class_ == finding["type"], name
        assert event.severity == by_hand(float(finding["severity"])), name
        assert event.action is (Action.RESOLVE if finding["service"].get("archived") else Action.TRIGGER), name
        assert event.account in {finding.get("accountid"), message.get("account")}, name
        assert event.timestamp is not None, name
    assert findings >= 20


def test_what_is_only_said_in_passing_opens_nothing(fixtures_folder: Path) -> None:
    said = {
        name: SOURCES[source](parse_json(body))
        for folder, source in (("awsconfig", "config"), ("codepipeline", "codepipeline"), ("ecs", "ecs"))
        for name, body in messages(fixtures_folder, folder)
    }
    assert len(said) >= 15
    assert sorted(name for name, events in said.items() if events) == [  # ECS's own ERROR and WARN
        "ecs/eb-ecs-service-action-service_task_placement_failure-6",
        "ecs/eb-ecs-service-action-service_task_start_impaired-5",
    ]


def test_a_control_that_failed_says_what_its_finding_says(fixtures_folder: Path) -> None:
    for name, body in messages(fixtures_folder, "securityhub"):
        finding = json.loads(body)
        (event,) = SOURCES["securityhub"](finding)
        assert event.action is Action.TRIGGER, name
        assert (event.dedup_key, event.summary) == (finding["Id"], finding["Title"]), name
        assert event.severity is Severity.WARNING, name  # all of them are MEDIUM
        assert event.account == finding["AwsAccountId"], name
        assert event.region == finding.get("Region", "us-east-1"), name


def test_the_states_that_real_events_name_decide(fixtures_folder: Path) -> None:
    def only(source: str, path: str) -> Event:
        (event,) = SOURCES[source](parse_json((fixtures_folder / "events" / path).read_bytes()))
        return event

    assert only("codebuild", "codebuild/codebuild-state-change.json").action is Action.RESOLVE
    assert only("inspector", "inspector2/eb-ecr-finding-medium.json").severity is Severity.WARNING
    assert only("health", "awshealth/eb-health-issue.json").severity is Severity.ERROR
    assert only("eventbridge", "eventbridge-misc/glue-job-state-change-33.json").action is Action.TRIGGER


def test_only_requests_that_waf_blocks_are_told(fixtures_folder: Path) -> None:
    for name, body in messages(fixtures_folder, "waf"):
        record = parse_json(body)
        events = SOURCES["waf"](record)
        assert bool(events) is (record["action"] == "BLOCK"), name
        assert all(event.dedup_key == f"{record['webaclId']}/{record['terminatingRuleId']}" for event in events), name


def test_what_aws_published_as_broken_json_is_refused_as_that(fixtures_folder: Path) -> None:
    broken = sorted((fixtures_folder / "events").glob("aws*/*doc-broken*"))
    assert broken
    for path in broken:
        with pytest.raises(MessageError, match="JSON parse error"):
            parse_json(path.read_bytes())


def test_what_real_clients_sent_is_understood(fixtures_folder: Path) -> None:
    events: list[Event] = []
    for sent in recorded(fixtures_folder, "/v2/enqueue"):
        body = sent["json"]
        if len(body["routing_key"]) != 32:
            with pytest.raises(MessageError, match="Length of 'routing_key' is incorrect"):
                translate_v2(body)
            continue
        (event,) = translate_v2(body)
        assert event.dedup_key == body.get("dedup_key", event.dedup_key)
        assert event.summary == body.get("payload", {}).get("summary", event.dedup_key)
        events.append(event)
    assert len(events) > 400
    assert {event.action for event in events} == set(Action)


def recorded(folder: Path, path: str) -> Iterator[dict[str, Any]]:
    for log in sorted((folder / "clients").glob("*.jsonl")):
        for line in log.read_text("utf-8").splitlines():
            request = json.loads(line)
            if request.get("path") == path and isinstance(request.get("json"), dict):
                yield request


def lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower(): lowered(member) for key, member in value.items()}
    return value


def by_hand(severity: float) -> Severity:
    if severity >= 9:
        return Severity.CRITICAL
    if severity >= 7:
        return Severity.ERROR
    return Severity.WARNING if severity >= 4 else Severity.INFO
