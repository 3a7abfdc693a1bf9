"""``announce``: events of our own bus."""

from typing import Any

from shared import wiring
from shared.flow import announce

deps = wiring.deps()


def handler(request: dict[str, Any], context: object) -> None:
    """What raises comes again twice, and then lies in the dead letters."""
    announce.run(deps, request.get("detail-type", ""), request.get("detail", {}))
