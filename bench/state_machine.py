"""The states that one execution enters, by the definition that is deployed: each is a transition on AWS's bill.

https://aws.amazon.com/step-functions/pricing/: one "each time a step of your workflow is executed".
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

DEFINITION = Path(__file__).parents[1] / "infra" / "escalation.asl.json"
Carried = Mapping[str, Any]


def walk(given: Carried, turn: Callable[[Carried], Carried], sleep: Callable[[str], None]) -> list[str]:
    """Runs the machine on ``given``: ``turn`` is its task, ``sleep`` waits until an instant."""
    definition = json.loads(DEFINITION.read_text(encoding="utf-8"))
    name, data, entered = definition["StartAt"], given, list[str]()
    while True:
        state = definition["States"][name]
        entered.append(name)
        match state["Type"]:
            case "Task":
                data, name = turn(data), state["Next"]
            case "Choice":
                name = next((c["Next"] for c in state["Choices"] if _holds(c, data)), state["Default"])
            case "Wait":
                sleep(_member(data, state["TimestampPath"]))
                name = state["Next"]
            case "Succeed" | "Fail":
                return entered
            case other:
                raise ValueError(f"this walk knows no state of the type {other}")


def _holds(choice: Mapping[str, Any], data: Carried) -> bool:
    return (_member(data, choice["Variable"]) is None) is choice["IsNull"]


def _member(data: Carried, path: str) -> Any:
    return data[path.removeprefix("$.")]
