"""``ingest``: authenticate the sender, translate its message, refuse what is malformed, make the rest durable.

202 is said only once the event is in the queue, and never a 5xx after it. What can't be translated is kept as an alert
on ``unrouted`` with its text attached. Faults of a sender are told in PagerDuty's words, all at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.alert import Accepted, aws_key, routed_key
from shared.domain.change_event import AcceptedChange
from shared.domain.directory import Integration
from shared.domain.errors import MessageError, TocsinError
from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.domain.heartbeat import SOURCE as HEARTBEAT
from shared.domain.left_out import why_left_out
from shared.domain.routing import integration_for
from shared.flow.changes import group_of
from shared.flow.heartbeats import take_beat
from shared.flow.ports import Deps, Unavailable
from shared.sources import bodies, events_v2
from shared.sources.registry import SOURCES

AWS_SOURCES = {"aws.cloudwatch": "cloudwatch", "aws.guardduty": "guardduty"}  # EventBridge's source → ours
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
        integration = _integration(deps, key, HEARTBEAT)
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
    """An event of the default bus; how many events it became. Raises Unavailable: EventBridge delivers it again."""
    request = bodies.writable(request)  # a lone surrogate or a number without end is written as text
    source = AWS_SOURCES.get(str(request.get("source")), "eventbridge")
    try:
        events = SOURCES[source](request) if source in SOURCES else [_unreadable(request, "no such source")]
    except MessageError as fault:
        deps.journal.fault("ingest", str(fault), event=str(request.get("id")))
        deps.journal.count("Untranslatable")
        events = [_unreadable(request, str(fault))]
    heard = [event for event in events if not _left_out(deps, request, event)]
    for place, event in enumerate(heard):
        event_id = str(request.get("id") or deps.now().isoformat())
        deps.events.put(_from_aws(deps, request, event, event_id), deduplication=f"{event_id}-{place}")
    return len(heard)


def _left_out(deps: Deps, request: Mapping[str, Any], event: Event) -> bool:
    """Counted, not kept. Where the directory can't be read, nobody knows what an integration names: it is taken."""
    try:
        because = why_left_out(deps.directory.current(), event, request)
    except Unavailable:
        return False
    if because is not None:
        deps.journal.count("LeftOut")
    return because is not None


def _verified(deps: Deps, message: Any, event: Event, request_id: str) -> Accepted:
    """Raises MessageError for an unknown routing key."""
    integration, routing_key = _sender(deps, message)
    key = routed_key(integration.id if integration else "unverified", event.dedup_key)
    return _accepted(deps, message, event, request_id, integration.id if integration else None, key, routing_key)


def _sender(deps: Deps, message: Any) -> tuple[Integration | None, str | None]:
    """The integration of a routing key; or the key itself, for triage to verify, where the directory can't be read.

    Raises MessageError for a key that is unknown once it was looked up afresh, TooFast where its minute is used up.
    """
    routing_key = str(message["routing_key"])
    try:
        integration = _integration(deps, routing_key, events_v2.SOURCE)
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


def _integration(deps: Deps, routing_key: str, source: str) -> Integration | None:
    """Who has that key, and speaks so. A key is looked up afresh before it is called unknown."""
    for look in (deps.directory.current, deps.directory.fresh):
        found = look().integration_by_key(routing_key)
        if found is not None:
            return found if found.source == source else None
    return None


def _from_aws(deps: Deps, request: Mapping[str, Any], event: Event, event_id: str) -> Accepted:
    """Triage finds the integration where the directory can't be read here: the key doesn't depend on it."""
    try:
        integration = integration_for(deps.directory.current(), event, request)
    except Unavailable as fault:
        deps.journal.fault("ingest", f"{fault}; the event is accepted, and triage finds its integration")
        integration = None
    key = aws_key(event.source_type, event)
    return _accepted(deps, request, event, event_id, integration.id if integration else None, key, None)


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


def _later(status: int, word: str, fault: TocsinError, wait: int) -> Answer:
    """Nothing was kept: it may come again."""
    body = {"status": word, "message": str(fault), "errors": [str(fault)]}
    return Answer(status=status, body=body, headers={"retry-after": str(wait)})
