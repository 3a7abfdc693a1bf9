"""The state machine: three states, two ends, ids only, and no end in silence."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import ROOT, Synthesis, only, text

VALIDATOR = ROOT / "node_modules" / ".bin" / "asl-validator"


@pytest.fixture(scope="session")
def definition(aws: Synthesis) -> dict[str, Any]:
    machine = only(aws.properties("AWS::StepFunctions::StateMachine"))
    substitutions = {name: text(value) for name, value in machine["DefinitionSubstitutions"].items()}
    deployed = re.sub(r"\$\{(\w+)\}", lambda found: substitutions[found[1]], machine["DefinitionString"])
    return json.loads(deployed.replace("<AWS::Partition>", "aws"))


def validate(definition: dict[str, Any], folder: Path) -> int:
    path = folder / "definition.json"
    path.write_text(json.dumps(definition))
    return subprocess.run([VALIDATOR, "--json-path", path], capture_output=True, check=False).returncode


def test_it_is_a_standard_machine_whose_role_may_call_escalate_and_nothing_else(aws: Synthesis) -> None:
    machine = only(aws.properties("AWS::StepFunctions::StateMachine"))
    assert machine["StateMachineType"] == "STANDARD"
    role = aws.resources("AWS::IAM::Role")[machine["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
    statement = only(only(role["Policies"])["PolicyDocument"]["Statement"])
    assert statement["Action"] == "lambda:InvokeFunction"
    assert text(statement["Resource"]).endswith(":function:tocsin-escalate")


def test_three_states_and_two_ends(definition: dict[str, Any]) -> None:
    kinds = {name: state["Type"] for name, state in definition["States"].items()}
    assert kinds == {"Turn": "Task", "Done?": "Choice", "Sleep": "Wait", "Done": "Succeed", "Failed": "Fail"}


def test_turn_then_sleep_until_its_wake_at_then_turn(definition: dict[str, Any]) -> None:
    states = definition["States"]
    assert definition["StartAt"] == "Turn"
    assert states["Turn"]["Next"] == "Done?"
    assert states["Done?"]["Choices"] == [{"Variable": "$.wake_at", "IsNull": True, "Next": "Done"}]
    assert states["Done?"]["Default"] == "Sleep"
    assert (states["Sleep"]["TimestampPath"], states["Sleep"]["Next"]) == ("$.wake_at", "Turn")


def test_a_turn_is_retried_with_backoff_and_what_still_fails_ends_in_failed(definition: dict[str, Any]) -> None:
    turn = definition["States"]["Turn"]
    retry = only(turn["Retry"])
    assert (retry["ErrorEquals"], retry["BackoffRate"], retry["JitterStrategy"]) == (["States.ALL"], 2, "FULL")
    longest = sum(min(2**attempt, retry["MaxDelaySeconds"]) for attempt in range(retry["MaxAttempts"]))
    assert 60 <= longest <= 180  # seconds: longer than a throttle, shorter than a level's usual delay
    assert only(turn["Catch"])["Next"] == "Failed"


def test_what_a_turn_returns_is_all_that_is_carried(definition: dict[str, Any]) -> None:
    carried = {key for state in definition["States"].values() for key in state}
    assert carried.isdisjoint({"Parameters", "Assign", "ResultSelector", "InputPath", "OutputPath"})
    assert "ResultPath" not in definition["States"]["Turn"]


def test_the_validator_accepts_it(definition: dict[str, Any], tmp_path: Path) -> None:
    assert validate(definition, tmp_path) == 0


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("Turn", {"Next": "Nowhere"}),
        ("Done?", {"Choices": []}),
        ("Sleep", {"Seconds": 5}),
        ("Done", {"Next": "Turn"}),
    ],
)
def test_the_validator_would_see_a_fault(
    definition: dict[str, Any], state: str, change: dict[str, Any], tmp_path: Path
) -> None:
    faulty = {**definition, "States": {**definition["States"]}}
    faulty["States"][state] = {**definition["States"][state], **change}
    assert validate(faulty, tmp_path) != 0
