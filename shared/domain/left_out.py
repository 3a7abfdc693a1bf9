"""CloudWatch's alarms that nobody is told of: a scaling policy's thermostats, and Tocsin's own.

On the default bus a rule holds them back (``infra/doors.py``); this is what becomes of those that come all the same.
"""

import json

from shared.domain.directory import Directory, Integration
from shared.domain.event import Event
from shared.domain.routing import integration_for

# https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
THERMOSTATS = "TargetTracking-"
OWN = "tocsin-"


def why_left_out(directory: Directory, event: Event, raw: object) -> str | None:
    """The reason, or None for an event that takes its way."""
    name = event.source or ""
    if event.source_type != "cloudwatch":
        return None
    if name.startswith(OWN):  # told through Tocsin, an alarm about Tocsin would go round in circles
        return "Tocsin's own alarms reach the fallback contact by a topic of their own"
    if name.startswith(THERMOSTATS) and not _named(integration_for(directory, event, raw)):
        return "an alarm of target tracking steers a scaling policy, and no integration names it"
    return None


def _named(integration: Integration | None) -> bool:
    return integration is not None and THERMOSTATS in json.dumps(integration.when)
