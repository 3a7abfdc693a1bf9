"""Whose a routing key is: asked at the door, and by ``triage`` of what the door couldn't verify. Both answer alike."""

from dataclasses import replace

from shared.domain.alert import Accepted, aws_key, routed_key
from shared.domain.change_event import AcceptedChange
from shared.domain.directory import Integration
from shared.domain.routing import integration_for
from shared.flow.ports import Deps
from shared.sources import events_v2


def by_key(deps: Deps, routing_key: str, source: str) -> Integration | None:
    """Who has that key, and speaks so. A key is looked up afresh before it is called unknown. Raises Unavailable."""
    for look in (deps.directory.current, deps.directory.fresh):
        found = look().integration_by_key(routing_key)
        if found is not None and found.source == source:
            return found
    return None


def verified(deps: Deps, accepted: Accepted) -> Accepted | None:
    """The event with its integration, where the door couldn't read the directory; None for an unknown routing key."""
    if accepted.routing_key is not None:
        integration = sender(deps, accepted, accepted.routing_key)
        return _of(integration, accepted) if integration else None
    if accepted.integration is None and accepted.key == aws_key(accepted.event.source_type, accepted.event):
        found = integration_for(deps.directory.current(), accepted.event, accepted.raw)
        return replace(accepted, integration=found.id if found else None)
    return accepted


def sender(deps: Deps, accepted: Accepted | AcceptedChange, routing_key: str) -> Integration | None:
    """Whose key it is; what comes by one that nobody has is dropped and counted."""
    integration = by_key(deps, routing_key, events_v2.SOURCE)  # nobody else is let in unverified
    if integration is None:
        deps.incidents.record_drop(deps.now(), accepted, "Invalid routing key", "unknown_key")
        deps.journal.count("Refused")
    return integration


def _of(integration: Integration, accepted: Accepted) -> Accepted:
    key = routed_key(integration.id, accepted.event.dedup_key)
    return replace(accepted, integration=integration.id, key=key, routing_key=None)
