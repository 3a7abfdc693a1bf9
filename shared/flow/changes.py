"""Changes: each is kept under the service of its integration, and found again for the service and for its incidents.

They come by the queue of events, in groups of their own. What shows on an incident is looked up when it is shown, so a
change that was told late is there as well.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.domain.alert import key_hash
from shared.domain.change_event import SHOWN_FOR, AcceptedChange, ServiceChange, of_service
from shared.domain.errors import TocsinError
from shared.flow.envelope import Delivery, read_change
from shared.flow.ports import Deps, Unavailable
from shared.flow.quarantine import quarantine
from shared.flow.verification import sender

if TYPE_CHECKING:
    from shared.domain.incident import Incident

GROUP = "change-"  # begins the queue's groups of changes; those of alert keys are hexadecimal


def group_of(accepted: AcceptedChange) -> str:
    """An integration's changes are a group."""
    return GROUP + key_hash(accepted.integration or "unverified")


def are_changes(group: str) -> bool:
    return group.startswith(GROUP)


def run(deps: Deps, tally: Counter[str], deliveries: Sequence[Delivery]) -> list[str]:
    """Deliveries of one group; the ids of those that must come again: the first that can't be kept, and all behind."""
    for place, delivery in enumerate(deliveries):
        try:
            tally[_settle(deps, delivery)] += 1
        except Unavailable as fault:
            deps.journal.fault("triage", str(fault))
            return [d.message_id for d in deliveries[place:]]
    return []


def before(deps: Deps, incident: "Incident", limit: int) -> list[ServiceChange]:
    """What changed on the incident's service in the hour before it opened, newest first. Raises Unavailable."""
    opened = incident.triggered_at
    return deps.changes.of(incident.service, opened - SHOWN_FOR, opened, limit)


def _settle(deps: Deps, delivery: Delivery) -> str:
    """What was done with it: ``change``, ``unknown_key``, ``quarantined``."""
    try:
        return _keep(deps, read_change(delivery))
    except Unavailable:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it is, it would be the same next time: people look at it
        quarantine(deps, delivery, fault)
        return "quarantined"


def _keep(deps: Deps, accepted: AcceptedChange) -> str:
    directory = deps.directory.current()
    if accepted.routing_key is not None:
        integration = sender(deps, accepted, accepted.routing_key)
        if integration is None:
            return "unknown_key"
    else:
        integration = directory.integration(accepted.integration)
    service = integration.service if integration else directory.unrouted  # an integration that was removed meanwhile
    if service is None:
        raise TocsinError("no integration and no `unrouted` takes this change: name a service in `unrouted`")
    name = integration.id if integration else str(accepted.integration)
    deps.changes.keep(of_service(service, name, accepted))
    return "change"
