"""``track``: events of SES by the default bus, and batches of SNS's log lines."""

from typing import Any

from shared import wiring
from shared.flow import track
from shared.sources.delivery import translate

deps = wiring.deps()


def handler(request: dict[str, Any], context: object) -> None:
    """What raises comes again twice, and then lies in the dead letters."""
    track.run_all(deps, translate(request))
