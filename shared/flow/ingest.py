"""``ingest``: authenticate the sender, translate its message, refuse what is malformed, make the rest durable.

202 is said only once the event is in the queue, and never a 5xx after it. What can't be translated is kept as an alert
on ``unrouted`` with its text attached.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.alert import Accepted, aws_key, routed_key
from shared.domain.directory import Integration
from shared.domain.errors import MessageError
from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.domain.routing import integration_for
from shared.flow.ports import Deps, Unavailable
from shared.sources import any_event, bodies, events_v2
from shared.sources.mapped import remapped
from shared.sources.registry import SOURCES, source_of

TRY_AGAIN = 5  # seconds after which a sender may come again
Told = list[tuple[Event, Integration | None]]  # and by which integration each comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the sender is told."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def enqueue(deps: Deps, body: bytes, encoding: str | None, request_id: str) -> Answer:
    """``POST /v2/enqueue``: one event in PagerDuty's form, https://developer.pagerduty.com/docs/send-alert-event."""
    try:
        message = bodies.parse_json(body, encoding)
        event = events_v2.translate(message)[0]
        accepted = _verified(deps, message, event, request_id)
    except bodies.TooLarge as fault:
        return _refused(deps, 413, "invalid event", "Event object is too large", fault)
    except bodies.Unrecognized as fault:
        return _refused(deps, 400, "Unrecognized object", "Event object format is unrecognized", fault)
    except MessageError as fault:
        return _refused(deps, 400, "invalid event", "Event object is invalid", fault)
    try:
        deps.events.put(accepted, deduplication=request_id)
    except Unavailable as fault:
        deps.journal.fault("ingest", str(fault))
        return Answer(status=503, body={"status": "throttled", "message": str(fault)}, headers=_later())
    body_back = {"status": "success", "message": "Event processed", "dedup_key": event.dedup_key}
    return Answer(status=202, body=body_back)


def receive(deps: Deps, request: Mapping[str, Any]) -> int:
    """An event of the default bus, or a batch of log lines; how many events it became.

    Raises Unavailable: it is delivered again.
    """
    request = bodies.writable(request)  # a lone surrogate or a number without end is written as text
    source = source_of(request)
    try:
        told = _claimed(deps, request) if source == any_event.SOURCE else _told(deps, request, SOURCES[source](request))
    except MessageError as fault:
        deps.journal.fault("ingest", str(fault), event=str(request.get("id")))
        deps.journal.count("Untranslatable")
        told = _told(deps, request, [_unreadable(request, str(fault))])
    event_id = _id_of(request)
    for place, (event, integration) in enumerate(told):
        key = aws_key(event.source_type, event)
        accepted = _accepted(deps, request, event, event_id, integration.id if integration else None, key, None)
        deps.events.put(accepted, deduplication=f"{event_id}-{place}")
    return len(told)


def _told(deps: Deps, request: Mapping[str, Any], events: list[Event]) -> Told:
    """Triage finds the integration where the directory can't be read here: the key doesn't depend on it."""
    try:
        return [(event, integration_for(deps.directory.current(), event, request)) for event in events]
    except Unavailable as fault:
        deps.journal.fault("ingest", f"{fault}; the event is accepted, and triage finds its integration")
        return [(event, None) for event in events]


def _claimed(deps: Deps, request: Mapping[str, Any]) -> Told:
    """What some integration wants to hear of an event that is no source's own, as it maps it.

    What no integration takes is nobody's alert; it is counted. Raises Unavailable: the directory says who wants it.
    """
    told: Told = []
    for event in SOURCES[any_event.SOURCE](request):
        integration = integration_for(deps.directory.current(), event, request)
        if integration is None:
            deps.journal.count("Unclaimed")
        else:
            told.append((remapped(event, request, integration.map, integration.dedup_key), integration))
    return told


def _id_of(request: Mapping[str, Any]) -> str:
    """EventBridge's, the same at each delivery; a batch of log lines has none, and is its own."""
    if given := request.get("id"):
        return str(given)
    return hashlib.sha256(json.dumps(request, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _verified(deps: Deps, message: Any, event: Event, request_id: str) -> Accepted:
    """Raises MessageError for an unknown routing key, once it was looked up afresh."""
    routing_key = str(message["routing_key"])
    try:
        integration = _integration(deps, routing_key)
    except Unavailable as fault:
        deps.journal.fault("ingest", f"{fault}; the event is accepted, and triage verifies its key")
        key = routed_key("unverified", event.dedup_key)
        return _accepted(deps, message, event, request_id, None, key, routing_key)
    if integration is None:
        raise MessageError(["Invalid routing key"])
    key = routed_key(integration.id, event.dedup_key)
    return _accepted(deps, message, event, request_id, integration.id, key, None)


def _integration(deps: Deps, routing_key: str) -> Integration | None:
    known = deps.directory.current().integration_by_key(routing_key)
    return known or deps.directory.fresh().integration_by_key(routing_key)


def _accepted(
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


def _unreadable(request: Mapping[str, Any], fault: str) -> Event:
    """A message that can't be translated, as an event of our own: no integration takes it, and people look at it."""
    detail_type = str(request.get("detail-type", "event"))
    return Event(
        action=Action.TRIGGER,
        dedup_key=f"untranslatable {detail_type}",
        severity=Severity.ERROR,
        summary=f"A message can't be read: {fault}. Kept here; fix the sender."[:SUMMARY_MAX],
        source=str(request.get("source", "unknown")),
        source_type="tocsin",
        account=str(request.get("account", "")) or None,
        region=str(request.get("region", "")) or None,
        custom_details=request,
    )


def _refused(deps: Deps, status: int, word: str, message: str, fault: MessageError) -> Answer:
    deps.journal.count("Refused")
    return Answer(status=status, body={"status": word, "message": message, "errors": list(fault.errors)})


def _later() -> Mapping[str, str]:
    return {"retry-after": str(TRY_AGAIN)}
