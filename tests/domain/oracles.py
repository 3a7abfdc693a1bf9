"""Other implementations of event patterns, to be asked what they say: the emulator's TestEventPattern, which follows
AWS's own library, and PyPI's ``event-ruler``, which is Quamina (plain values, ``exists`` and ``anything-but`` alone).
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import pytest
from ministack.services import eventbridge

Pair = tuple[Any, Any]  # pattern, event

ASK = """
import json, sys, event_ruler
for line in sys.stdin:
    pattern, event = json.loads(line)
    try:
        print(json.dumps(event_ruler.test_event_pattern(event, pattern)))
    except RuntimeError:
        print("null")
"""


def emulator(pattern: Any, event: Any) -> bool | None:
    """Whether it matches; None where the pattern is refused."""
    asked = {"Event": json.dumps({"detail": event}), "EventPattern": json.dumps({"detail": pattern})}
    status, _, body = eventbridge._test_event_pattern(asked)
    return json.loads(body)["Result"] if status == 200 else None


def event_ruler(pairs: Sequence[Pair]) -> list[bool | None]:
    """None where it gives up. In a process of its own: it aborts the one that it is in where it knows no answer."""
    if find_spec("event_ruler") is None:
        pytest.skip("event-ruler has no wheel for this Python on this machine")
    asked = "\n".join(json.dumps([json.dumps(pattern), json.dumps(event)]) for pattern, event in pairs)
    ran = subprocess.run([sys.executable, "-c", ASK], input=asked, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]
