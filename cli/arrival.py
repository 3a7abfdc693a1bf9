"""How an event that was read from a file would arrive: by which integration, and as whose alert."""

from dataclasses import dataclass
from typing import Any

from shared.domain.alert import Accepted, aws_key, routed_key
from shared.domain.directory import Directory, Integration
from shared.domain.errors import ConfigError
from shared.domain.event import Event
from shared.domain.instants import Instant
from shared.domain.routing import integration_for, taken_because
from shared.sources.mapped import remapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    event: Event
    raw: Any
    integration: Integration | None  # None where none takes it
    because: str
    key: str  # of its alert


def arrival(directory: Directory, event: Event, raw: Any, routing_key: str | None) -> Arrival:
    """By the routing key, or by ``when``, or by the only integration of that source.

    Raises ConfigError where a routing key is nobody's and several integrations could be meant, MessageError where the
    integration's ``dedup_key`` names what the event lacks.
    """
    integration, because = _keyed(directory, event, raw, routing_key) if routing_key else _met(directory, event, raw)
    if integration is not None:
        event = remapped(event, raw, integration.map, integration.dedup_key)
    aws = routing_key is None and event.account is not None
    key = (
        aws_key(event.source_type, event) if aws or integration is None else routed_key(integration.id, event.dedup_key)
    )
    return Arrival(event=event, raw=raw, integration=integration, because=because, key=key)


def accepted(arrived: Arrival, event_id: str, at: Instant) -> Accepted:
    integration = arrived.integration
    return Accepted(
        event_id=event_id,
        accepted_at=at,
        integration=integration.id if integration else None,
        key=arrived.key,
        event=arrived.event,
        raw=arrived.raw,
    )


def _met(directory: Directory, event: Event, raw: Any) -> tuple[Integration | None, str]:
    integration = integration_for(directory, event, raw)
    if integration is None:
        return None, f"no integration of {event.source_type} takes it"
    return integration, taken_because(directory, integration, event, raw)


def _keyed(directory: Directory, event: Event, raw: Any, routing_key: str) -> tuple[Integration | None, str]:
    found = directory.integration_by_key(routing_key)
    if found is not None and found.source == event.source_type:
        return found, "the routing key is its own"
    of_source = [i for i in directory.integrations() if i.source == event.source_type]
    if len(of_source) == 1:
        return of_source[0], f"it is the only one of {event.source_type}; its routing key is another"
    if of_source and any(i.when for i in of_source):
        return _met(directory, event, raw)
    if of_source:
        raise ConfigError(
            f"no integration has the routing key of this event, and {len(of_source)} are of its source: "
            "write `key` at the one that is meant"
        )
    return None, f"there is no integration of {event.source_type}: the door would refuse its routing key"
