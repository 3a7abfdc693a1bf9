"""``ingest``: authenticate the sender, translate its message, refuse what is malformed, make the rest durable.

202 is said only once the event is in the queue, and never a 5xx after it. What can't be translated is kept as an alert
on ``unrouted`` with its text attached.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.alert import Accepted, routed_key
from shared.domain.errors import MessageError
from shared.domain.event import Event
from shared.flow.heard import accepted_now, by_key, claimed, put, told_by_source
from shared.flow.ports import Deps, Unavailable
from shared.sources import any_event, bodies, events_v2
from shared.sources.registry import source_of

TRY_AGAIN = 5  # seconds after which a sender may come again


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
    told = claimed if source == any_event.SOURCE else told_by_source(source)
    return put(deps, request, told, _id_of(request))


def _id_of(request: Mapping[str, Any]) -> str:
    """EventBridge's, the same at each delivery; a batch of log lines has none, and is its own."""
    if given := request.get("id"):
        return str(given)
    return hashlib.sha256(json.dumps(request, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _verified(deps: Deps, message: Any, event: Event, request_id: str) -> Accepted:
    """Raises MessageError for an unknown routing key, once it was looked up afresh."""
    routing_key = str(message["routing_key"])
    try:
        integration = by_key(deps, routing_key)
    except Unavailable as fault:
        deps.journal.fault("ingest", f"{fault}; the event is accepted, and triage verifies its key")
        key = routed_key("unverified", event.dedup_key)
        return accepted_now(deps, message, event, request_id, None, key, routing_key)
    if integration is None:
        raise MessageError(["Invalid routing key"])
    key = routed_key(integration.id, event.dedup_key)
    return accepted_now(deps, message, event, request_id, integration.id, key, None)


def _refused(deps: Deps, status: int, word: str, message: str, fault: MessageError) -> Answer:
    deps.journal.count("Refused")
    return Answer(status=status, body={"status": word, "message": message, "errors": list(fault.errors)})


def _later() -> Mapping[str, str]:
    return {"retry-after": str(TRY_AGAIN)}
