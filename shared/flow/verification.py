"""Who sent an event that the door couldn't verify: settled by ``triage``, once the directory can be read again."""

from dataclasses import replace

from shared.domain.alert import Accepted, aws_key, routed_key
from shared.domain.directory import Integration
from shared.domain.routing import integration_for
from shared.flow.ports import Deps


def verified(deps: Deps, accepted: Accepted) -> Accepted | None:
    """The event with its integration, where the door couldn't read the directory; None for an unknown routing key."""
    directory = deps.directory.current()
    if accepted.routing_key is not None:
        integration = directory.integration_by_key(accepted.routing_key)
        if integration is None:
            deps.incidents.record_drop(deps.now(), accepted, "Invalid routing key", "unknown_key")
            deps.journal.count("Refused")
            return None
        return _of(integration, accepted)
    if accepted.integration is None and accepted.key == aws_key(accepted.event.source_type, accepted.event):
        found = integration_for(directory, accepted.event, accepted.raw)
        return replace(accepted, integration=found.id if found else None)
    return accepted


def _of(integration: Integration, accepted: Accepted) -> Accepted:
    key = routed_key(integration.id, accepted.event.dedup_key)
    return replace(accepted, integration=integration.id, key=key, routing_key=None)
