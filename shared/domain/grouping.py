"""Alerts alike join one open incident, instead of waking people once each.

Laws: an alert joins only where it equals the others in every field of ``by``; one that lacks a field never joins. The
window counts from the last alert that joined. An incident takes so many alerts, and no more: the next opens another.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from shared.domain.directory import Service
from shared.domain.event import Event
from shared.domain.incident import ALERTS_MAX, Incident
from shared.domain.instants import Instant
from shared.domain.plain import to_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The open incident that alerts alike of one service join; ``until`` is when the last of them may."""

    hash: str
    incident: str
    until: Instant


def group_hash(service: Service, event: Event) -> str | None:
    """What alerts alike have in common, as the key of an item; None for an alert that joins nothing."""
    if service.grouping is None:
        return None
    said = to_plain(event)
    values = [_at(said, field) for field in service.grouping.by]
    if any(value in (None, "", [], {}) for value in values):
        return None
    alike = json.dumps([service.name, service.grouping.by, values], sort_keys=True)
    return hashlib.sha256(alike.encode("utf-8", "surrogatepass")).hexdigest()


def takes(group: Group, incident: Incident | None, at: Instant) -> bool:
    """Whether an alert that opens at ``at`` joins the incident that the group names."""
    return incident is not None and incident.open and incident.alerts < ALERTS_MAX and at <= group.until


def group_after(service: Service, hash_: str, incident: str, at: Instant, before: Group | None) -> Group:
    """The group once an alert has opened or joined ``incident`` at ``at``; its window never shrinks meanwhile."""
    window = service.grouping.window if service.grouping else None
    until = at + window if window else at
    same = before is not None and before.incident == incident
    return Group(hash=hash_, incident=incident, until=max(until, before.until) if same and before else until)


def _at(said: Mapping[str, Any], field: str) -> Any:
    """The value at ``custom_details.host``; None where nothing is."""
    here: Any = said
    for name in field.split("."):
        if not isinstance(here, Mapping):
            return None
        here = cast("Mapping[str, Any]", here).get(name)
    return here
