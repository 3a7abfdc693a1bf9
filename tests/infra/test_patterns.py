"""The rules of the default bus let in whatever our translators make an event of, and leave housekeeping out."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.names import RULES_OF
from infra.patterns import ANY_OTHER, PATTERNS
from shared.domain.pattern import compile_pattern
from shared.domain.sources import AWS_SOURCES
from shared.sources.registry import SOURCES, source_of

EVENTS = Path(__file__).parents[2] / "events"
ON_THE_BUS = [
    (path, message)
    for source in AWS_SOURCES
    for path in sorted((EVENTS / source).glob("*.json"))
    if not path.name.endswith(".expected.json") and "drifted" not in path.name  # EventBridge itself doesn't drift
    if "detail-type" in (message := json.loads(path.read_text("utf-8"))) and "source" in message
]
HOUSEKEEPING_THAT_COMES_IN = {  # what only the translator can tell from a problem
    "securityhub/not-available",
    "guardduty/cloudtrail-archive-denied",  # a call that failed
    "cloudwatch/insufficient-data",  # may follow an alarm that a person looks at
}


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def rules_for(message: Any) -> list[str]:
    return [rule for rule, pattern in PATTERNS.items() if compile_pattern(pattern).matches(message)]


@pytest.mark.parametrize(("path", "message"), ON_THE_BUS, ids=[named(path) for path, _ in ON_THE_BUS])
def test_a_sample_comes_in_by_one_rule_of_its_source_if_it_says_anything(path: Path, message: Any) -> None:
    source = path.parent.name
    rules = rules_for(message)
    if source == "eventbridge":
        assert rules == []
    elif SOURCES[source](message):
        (rule,) = rules
        assert rule in RULES_OF[source]
        assert source_of(message) == source
    else:
        assert bool(rules) is (named(path) in HOUSEKEEPING_THAT_COMES_IN)


def test_every_source_of_the_bus_has_samples_and_rules() -> None:
    assert set(RULES_OF) == set(AWS_SOURCES) - {"waf", "eventbridge"}
    assert {path.parent.name for path, _ in ON_THE_BUS} == {*RULES_OF, "eventbridge"}
    assert [rule for rules in RULES_OF.values() for rule in rules] == list(PATTERNS)


def test_on_this_machine_whatever_no_rule_takes_comes_in_once() -> None:
    for path, message in ON_THE_BUS:
        others = [pattern for pattern in ANY_OTHER if compile_pattern(pattern).matches(message)]
        assert len(rules_for(message)) + len(others) <= 1, path
        assert others or path.parent.name != "eventbridge"


def test_no_pattern_names_an_account_so_those_of_others_come_in() -> None:
    assert [name for name, pattern in PATTERNS.items() if {"account", "region"} & set(pattern)] == []
