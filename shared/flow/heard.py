"""What AWS says becomes accepted events, by the bus or by a topic: translated, each with its integration and its key.

What can't be translated is kept as an alert on ``unrouted`` with its text attached; what no integration wants of an
event that is no source's own is counted.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.domain.alert import Accepted, aws_key
from shared.domain.directory import Integration
from shared.domain.errors import MessageError
from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.domain.left_out import why_left_out
from shared.domain.routing import integration_for
from shared.flow.ports import Deps, Unavailable
from shared.sources import any_event
from shared.sources.mapped import remapped
from shared.sources.registry import SOURCES

Told = list[tuple[Event, Integration | None]]  # and by which integration each comes
Telling = Callable[[Deps, Mapping[str, Any]], Told]  # raises MessageError, Unavailable


def put(deps: Deps, message: Mapping[str, Any], told: Telling, event_id: str) -> int:
    """Queues what ``message`` tells, once however often it is delivered; how many events. Raises Unavailable."""
    try:
        events = told(deps, message)
    except MessageError as fault:
        deps.journal.fault("ingest", str(fault), event=event_id)
        deps.journal.count("Untranslatable")
        events = _with_integration(deps, message, [_unreadable(message, str(fault))])
    heard = [(event, integration) for event, integration in events if not _left_out(deps, message, event)]
    for place, (event, integration) in enumerate(heard):
        key = aws_key(event.source_type, event)
        accepted = accepted_now(deps, message, event, event_id, integration.id if integration else None, key, None)
        deps.events.put(accepted, deduplication=f"{event_id}-{place}")
    return len(heard)


def told_by_source(source: str) -> Telling:
    return lambda deps, message: _with_integration(deps, message, SOURCES[source](message))


def claimed(deps: Deps, message: Mapping[str, Any]) -> Told:
    """What some integration wants to hear of an event that is no source's own, as it maps it.

    What no integration takes is nobody's alert. Raises Unavailable: the directory says who wants it.
    """
    told: Told = []
    for event in SOURCES[any_event.SOURCE](message):
        integration = integration_for(deps.directory.current(), event, message)
        if integration is None:
            deps.journal.count("LeftOut")
        else:
            told.append((remapped(event, message, integration.map, integration.dedup_key), integration))
    return told


def accepted_now(
    deps: Deps, raw: Any, event: Event, event_id: str, integration: str | None, key: str, routing_key: str | None
) -> Accepted:
    return Accepted(
        event_id=event_id,
        accepted_at=deps.now(),
        integration=integration,
        key=key,
        event=event,
        raw={name: value for name, value in raw.items() if name != "routing_key"},  # a secret travels no further
        routing_key=routing_key,
    )


def _with_integration(deps: Deps, message: Mapping[str, Any], events: list[Event]) -> Told:
    """Triage finds the integration where the directory can't be read here: the key doesn't depend on it."""
    try:
        return [(event, integration_for(deps.directory.current(), event, message)) for event in events]
    except Unavailable as fault:
        deps.journal.fault("ingest", f"{fault}; the event is accepted, and triage finds its integration")
        return [(event, None) for event in events]


def _left_out(deps: Deps, message: Mapping[str, Any], event: Event) -> bool:
    """Counted, not kept. Where the directory can't be read, nobody knows what an integration names: it is taken."""
    try:
        because = why_left_out(deps.directory.current(), event, message)
    except Unavailable:
        return False
    if because is not None:
        deps.journal.count("LeftOut")
    return because is not None


def _unreadable(message: Mapping[str, Any], fault: str) -> Event:
    """A message that can't be translated, as an event of our own: no integration takes it, and people look at it."""
    detail_type = str(message.get("detail-type", "event"))
    return Event(
        action=Action.TRIGGER,
        dedup_key=f"untranslatable {detail_type}",
        severity=Severity.ERROR,
        summary=f"A message can't be read: {fault}. Kept here; fix the sender."[:SUMMARY_MAX],
        source=str(message.get("source", "unknown")),
        source_type="tocsin",
        account=str(message.get("account", "")) or None,
        region=str(message.get("region", "")) or None,
        custom_details=message,
    )
