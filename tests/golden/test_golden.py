"""Every sample message becomes what is written beside it; no source is without a sample and its line in the docs."""

import json
from pathlib import Path

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
    assert len(keys(*ways, "sns-lambda-record-without-arn")) == 1
    assert len(keys(*composite)) == 1
    assert len(keys("math-alarm", "sqs-sns-math-alarm")) == 1


def keys(*cases: str) -> set[tuple[str, str, str]]:
    samples = (EVENTS / "cloudwatch" / f"{case}.json" for case in cases)
    events = (event for sample in samples for event in translate("cloudwatch", str(sample), []))
    return {(event["dedup_key"], event["account"], event["region"]) for event in events}
