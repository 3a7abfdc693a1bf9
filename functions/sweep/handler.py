"""``sweep``: each minute."""

from typing import Any

from shared import wiring
from shared.flow import sweep

deps = wiring.deps()


def handler(request: dict[str, Any], context: object) -> dict[str, int]:
    return {"done": sweep.run(deps)}
