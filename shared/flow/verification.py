"""Who sent an event that the door couldn't verify: settled by ``triage``, once the directory can be read again."""

from dataclasses import replace

from shared.domain.alert import Accepted, aws_key, routed_key
from shared.domain.change_event import AcceptedChange
from shared.domain.directory import Integration
from shared.domain.routing import integration_for
from shared.flow.ports import Deps


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
    integration = deps.directory.current().integration_by_key(routing_key)
    if integration is None:
        deps.incidents.record_drop(deps.now(), accepted, "Invalid routing key", "unknown_key")
        deps.journal.count("Refused")
    return integration


def _of(integration: Integration, accepted: Accepted) -> Accepted:
    key = routed_key(integration.id, accepted.event.dedup_key)
    return replace(accepted, integration=integration.id, key=key, routing_key=None)
