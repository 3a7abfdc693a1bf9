"""Vendors' fields drift: whatever is dropped, renamed or of another kind, a message translates or is refused."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import MessageError
from shared.domain.event import Action, event_to_json
from shared.sources.registry import SOURCES

EVENTS = Path(__file__).parents[2] / "events"
SAMPLES = [
    (path.parent.name, json.loads(path.read_text("utf-8")))
    for path in sorted(EVENTS.glob("*/*.json"))
    if not path.name.endswith(".expected.json")
]
JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        "",
        " ",
        "null",
        0,
        -1,
        1e300,
        True,
        False,
        [],
        {},
        [[]],
        [{}],
        {"a": None},
        "FAILED",
        "\ud800",
        '{"a":',
        10**30,
    ]
)


@settings(max_examples=600)
@given(data=st.data(), sample=st.sampled_from(SAMPLES))
def test_a_sample_that_drifts_translates_or_is_refused_and_names_what_it_says(data: st.DataObject, sample: Any) -> None:
    source, message = sample
    drifted = drift(message, lambda: data.draw(st.integers(0, 24)), lambda: data.draw(JUNK))
    with suppress(MessageError):
        for event in SOURCES[source](drifted):
            written = event_to_json(event)
            assert written["action"] in set(Action)
            assert {"dedup_key", "severity", "summary"} <= set(written)
            assert 0 < len(written["summary"]) <= 1024
            assert written["source_type"] == source
            assert None not in written.values()
            assert all(written.values())  # nothing is there and says nothing
            json.dumps(written)


@settings(max_examples=200)
@given(data=st.data(), sample=st.sampled_from(SAMPLES), source=st.sampled_from(sorted(SOURCES)))
def test_every_source_bears_every_other_s_messages(data: st.DataObject, sample: Any, source: str) -> None:
    drifted = drift(sample[1], lambda: data.draw(st.integers(0, 60)), lambda: data.draw(JUNK))
    with suppress(MessageError):
        SOURCES[source](drifted)


def drift(value: Any, dice: Callable[[], int], junk: Callable[[], Any], depth: int = 0) -> Any:
    """``value`` with members dropped, renamed, wrapped, retyped or made of nothing."""
    if isinstance(value, dict) and depth < 5:
        return dict(
            changed
            for name, member in value.items()
            if (changed := drift_member(name, drift(member, dice, junk, depth + 1), dice(), junk)) is not None
        )
    if isinstance(value, list) and depth < 5:
        return [drift(element, dice, junk, depth + 1) for element in value]
    return value


def drift_member(name: str, member: Any, how: int, junk: Callable[[], Any]) -> tuple[str, Any] | None:
    match how:
        case 0:
            return None
        case 1:
            return name[:1].swapcase() + name[1:], member
        case 2:
            return name.replace("-", "_").upper(), member
        case 3:
            return name, [member]
        case 4:
            return name, json.dumps(member)
        case 5:
            return name, {"value": member}
        case 6:
            return name, junk()
        case _:
            return name, member


@pytest.mark.parametrize("missing", [None, "", [], {}, 5, "SOMETHING_NEW"])
@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("SERVICE_DEPLOYMENT_FAILED", "error"),
        ("SERVICE_TASK_PLACEMENT_FAILURE", "error"),
        ("SERVICE_TASK_CONFIGURATION_FAILURE", "error"),
        ("SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED", "error"),
        ("SERVICE_DISCOVERY_OPERATION_THROTTLED", "error"),
        ("SERVICE_TASK_START_IMPAIRED", "warning"),
        ("SERVICE_DISCOVERY_INSTANCE_UNHEALTHY", "warning"),
        ("SERVICE_STEADY_STATE", None),
        ("SERVICE_DEPLOYMENT_IN_PROGRESS", None),
    ],
)
def test_a_fault_of_a_service_is_told_also_where_its_type_is_missing(
    name: str, severity: str | None, missing: object
) -> None:
    message = json.loads((EVENTS / "ecs" / "task-placement-failure.json").read_text("utf-8"))
    message["detail"] |= {"eventName": name, "eventType": missing}
    assert [event.severity for event in SOURCES["ecs"](message)] == ([severity] if severity else [])
    message["detail"] |= {"eventType": "INFO"}
    assert len(SOURCES["ecs"](message)) == name.endswith("_FAILED")
