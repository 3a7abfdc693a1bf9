"""``ingest``: authenticate the sender, translate its message, refuse what is malformed, make the rest durable.

202 is said only once the event is in the queue, and never a 5xx after it. What can't be translated is kept as an alert
on ``unrouted`` with its text attached. Faults of a sender are told in PagerDuty's words, all at once.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.alert import Accepted, routed_key
from shared.domain.change_event import AcceptedChange
from shared.domain.directory import Integration
from shared.domain.errors import MessageError, TocsinError
from shared.domain.event import Event
from shared.domain.heartbeat import SOURCE as HEARTBEAT
from shared.flow.changes import group_of
from shared.flow.heard import accepted_now, claimed, put, told_by_source
from shared.flow.heartbeats import take_beat
from shared.flow.ports import Deps, Unavailable
from shared.flow.verification import by_key
from shared.sources import any_event, bodies, events_v2
from shared.sources.registry import source_of

TRY_AGAIN = 5  # seconds after which a sender may come again
Said = Mapping[str, Any]  # beside the status


class TooFast(TocsinError):
    """A routing key that has used up its minute."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Requests for this service are arriving too quickly. Please retry in {wait} s.")
        self.wait = wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the sender is told."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def enqueue(deps: Deps, body: bytes, encoding: str | None, request_id: str) -> Answer:
    """``POST /v2/enqueue``: one event in PagerDuty's form, https://developer.pagerduty.com/docs/send-alert-event."""

    def take(message: Any) -> Said:
        event = events_v2.translate(message)[0]
        deps.events.put(_verified(deps, message, event, request_id), deduplication=request_id)
        return {"message": "Event processed", "dedup_key": event.dedup_key}

    return _answer(deps, body, encoding, take)


def enqueue_change(deps: Deps, body: bytes, encoding: str | None, request_id: str) -> Answer:
    """``POST /v2/change/enqueue``: https://developer.pagerduty.com/docs/send-change-event."""

    def take(message: Any) -> Said:
        change = events_v2.translate_change(message)
        integration, routing_key = _sender(deps, message)
        accepted = AcceptedChange(
            event_id=request_id,
            accepted_at=deps.now(),
            integration=integration.id if integration else None,
            change=change,
            routing_key=routing_key,
        )
        deps.events.put_change(accepted, group_of(accepted), deduplication=request_id)
        return {"message": "Change event processed"}

    return _answer(deps, body, encoding, take)


def heartbeat(deps: Deps, key: str) -> Answer:
    """``GET`` or ``POST /heartbeats/<key>``: a job is well; 200 once that is written down."""
    try:
        integration = by_key(deps, key, HEARTBEAT)
        if integration is None:
            fault = MessageError(["No heartbeat has this key"])
            return _refused(deps, 404, "not found", "Invalid heartbeat key", fault)
        take_beat(deps, integration)
    except Unavailable as fault:
        deps.journal.fault("ingest", str(fault))
        return _later(503, "unavailable", fault, TRY_AGAIN)
    return Answer(status=200, body={"status": "success", "message": "Heartbeat received"})


def _answer(deps: Deps, body: bytes, encoding: str | None, take: Callable[[Any], Said]) -> Answer:
    """What the sender is told once ``take`` has made its message durable, or couldn't."""
    try:
        said = take(bodies.parse_json(body, encoding))
    except bodies.TooLarge as fault:
        return _refused(deps, 413, "invalid event", "Event object is too large", fault)
    except bodies.Unrecognized as fault:
        return _refused(deps, 400, "Unrecognized object", "Event object format is unrecognized", fault)
    except MessageError as fault:
        return _refused(deps, 400, "invalid event", "Event object is invalid", fault)
    except TooFast as fault:
        deps.journal.count("Throttled")
        return _later(429, "throttle exceeded", fault, fault.wait)
    except Unavailable as fault:
        deps.journal.fault("ingest", str(fault))
        return _later(503, "unavailable", fault, TRY_AGAIN)
    return Answer(status=202, body={"status": "success", **said})


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
    """Raises MessageError for an unknown routing key."""
    integration, routing_key = _sender(deps, message)
    key = routed_key(integration.id if integration else "unverified", event.dedup_key)
    return accepted_now(deps, message, event, request_id, integration.id if integration else None, key, routing_key)


def _sender(deps: Deps, message: Any) -> tuple[Integration | None, str | None]:
    """The integration of a routing key; or the key itself, for triage to verify, where the directory can't be read.

    Raises MessageError for a key that is unknown once it was looked up afresh, TooFast where its minute is used up.
    """
    routing_key = str(message["routing_key"])
    try:
        integration = by_key(deps, routing_key, events_v2.SOURCE)
    except Unavailable as fault:
        deps.journal.fault("ingest", f"{fault}; the event is accepted, and triage verifies its key")
        integration = None
    else:
        if integration is None:
            raise MessageError(["Invalid routing key"])
    wait = deps.rate_limit.wait(routing_key, deps.now())
    if wait:
        raise TooFast(wait)
    return integration, None if integration else routing_key


def _refused(deps: Deps, status: int, word: str, message: str, fault: MessageError) -> Answer:
    deps.journal.count("Refused")
    return Answer(status=status, body={"status": word, "message": message, "errors": list(fault.errors)})


def _later(status: int, word: str, fault: TocsinError, wait: int) -> Answer:
    """Nothing was kept: it may come again."""
    body = {"status": word, "message": str(fault), "errors": [str(fault)]}
    return Answer(status=status, body=body, headers={"retry-after": str(wait)})
