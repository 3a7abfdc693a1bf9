"""``escalate``: one turn of a run of the state machine."""

from typing import Any

from shared import wiring
from shared.domain.instants import format_seconds
from shared.flow import escalate

deps = wiring.deps()


def handler(request: dict[str, Any], context: object) -> dict[str, Any]:
    """``{"incident", "epoch"}`` → the same, with ``wake_at`` (null: the run is over) and the reason."""
    taken = escalate.run(deps, request["incident"], int(request["epoch"]))
    return {
        "incident": request["incident"],
        "epoch": taken.epoch,
        "wake_at": format_seconds(taken.wake_at) if taken.wake_at else None,
        "why": taken.why,
    }
