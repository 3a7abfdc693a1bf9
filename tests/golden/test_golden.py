"""Every sample message becomes what is written beside it; no source is without a sample and its line in the docs."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.translate import translate
from shared.domain.event import event_from_json, event_to_json
from shared.sources.registry import SOURCES

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
SAMPLES = sorted(path for path in EVENTS.glob("*/*.json") if not path.name.endswith(".expected.json"))


def expected(sample: Path) -> Path:
    return sample.with_suffix(".expected.json")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sample_becomes_what_is_written_beside_it(sample: Path) -> None:
    events = translate(sample.parent.name, str(sample), [])
    assert events == json.loads(expected(sample).read_text("utf-8"))
    assert [event_to_json(event_from_json(event)) for event in events] == events


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_has_a_golden_pair_and_its_line_in_the_docs(source: str) -> None:
    assert [sample for sample in SAMPLES if sample.parent.name == source], f"no events/{source}/<case>.json"
    assert f"| `{source}` |" in (ROOT / "docs" / "adding-a-source.md").read_text("utf-8")


def test_no_expectation_is_left_without_its_sample() -> None:
    assert sorted(EVENTS.glob("*/*.expected.json")) == sorted(map(expected, SAMPLES))


def test_one_alarm_has_one_key_by_whatever_way_it_comes() -> None:
    ways = ("metric-alarm", "sns-metric-alarm", "sns-eventbridge-metric-alarm", "metric-alarm-ok")
    composite = ("composite-alarm", "composite-alarm-lambda-action", "sns-composite-alarm")
    assert len(keys("cloudwatch", *ways, "sns-lambda-record-without-arn")) == 1
    assert len(keys("cloudwatch", *composite)) == 1
    assert len(keys("cloudwatch", "math-alarm", "sqs-sns-math-alarm")) == 1


RECOVERIES = {  # the first opens, the last resolves, whatever form they and those between have
    "codepipeline": ("action-failed", "stage-failed", "sns-notification-rule-failed", "drifted", "pipeline-succeeded"),
    "codebuild": ("failed", "timed-out", "drifted-sns", "succeeded"),
    "ecs": ("deployment-failed", "task-placement-failure", "drifted", "sns-deployment-failed", "deployment-completed"),
    "securityhub": (
        "control-failed",
        "custom-action",
        "v2-finding",
        "v2-closed",
        "sns-control-failed",
        "control-passed",
    ),
    "inspector": ("finding", "drifted-sns", "suppressed", "closed"),
    "health": ("issue-open", "issue-open-backup-region", "sns-without-status-ended", "issue-closed"),
    "config": ("non-compliant", "sns-non-compliant", "drifted", "not-applicable", "compliant"),
    "eventbridge": ("glue-job-failed", "glue-job-succeeded"),
}


@pytest.mark.parametrize("source", RECOVERIES)
def test_a_recovery_meets_its_alert_by_whatever_way_both_come(source: str) -> None:
    cases = RECOVERIES[source]
    assert len(keys(source, *cases)) == 1
    assert [event["action"] for event in of(source, cases[0])] == ["trigger"]
    assert [event["action"] for event in of(source, cases[-1])] == ["resolve"]


def keys(source: str, *cases: str) -> set[tuple[str, str, str]]:
    events = (event for case in cases for event in of(source, case))
    return {(event["dedup_key"], event["account"], event["region"]) for event in events}


def of(source: str, case: str) -> list[dict[str, Any]]:
    return translate(source, str(EVENTS / source / f"{case}.json"), [])
