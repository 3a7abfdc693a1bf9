"""A change: a deployment, a flag, a migration that somebody told of, for whoever is woken soon after.

Laws: it pages nobody. It is a service's, shows there and on incidents that open within the hour after it, and is kept
90 days. Told again with its own time it is the same change.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.domain.event import Link
from shared.domain.ids import object_id
from shared.domain.instants import Instant, format_instant
from shared.domain.plain import to_plain

SHOWN_FOR = timedelta(hours=1)  # on incidents that open after it
KEPT_FOR = timedelta(days=90)  # from when it was told


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEvent:
    """What its sender says."""

    summary: str
    source: str | None = None
    timestamp: Instant | None = None  # the sender's own time
    links: tuple[Link, ...] = ()
    custom_details: Any = None  # any JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedChange:
    """A change as the door made it durable."""

    event_id: str
    accepted_at: Instant
    integration: str | None  # None: the routing key is still to be verified
    change: ChangeEvent
    routing_key: str | None = None  # where the directory couldn't be read at the door
    raw_at: str | None = None  # where the whole of it lies, if it is too large to travel


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange:
    """A change as it is kept."""

    id: str
    service: str
    at: Instant  # when it was made
    accepted_at: Instant
    integration: str
    change: ChangeEvent
    raw_at: str | None = None


def of_service(service: str, integration: str, accepted: AcceptedChange) -> ServiceChange:
    """Made when its sender says, but not after it was told: clocks differ."""
    at = min(accepted.change.timestamp or accepted.accepted_at, accepted.accepted_at)
    said = json.dumps(to_plain(accepted.change), sort_keys=True)
    told_once = (said,) if at == accepted.change.timestamp else (accepted.event_id,)
    return ServiceChange(
        id=object_id("change", integration, format_instant(at), *told_once),
        service=service,
        at=at,
        accepted_at=accepted.accepted_at,
        integration=integration,
        change=accepted.change,
        raw_at=accepted.raw_at,
    )
