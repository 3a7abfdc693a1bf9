"""Events of AWS services on the default bus: PutEvents refuses the source ``aws.*``, here as in AWS.

The event is put as it is given, identity and account included; what it lacks is filled in.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.account import ACCOUNT, REGION
from local.asgi import Gone, Receive, Scope, Send, TooLong, answer_json, read_body

LARGEST = 2**20  # bytes that EventBridge takes
TEXTS = ("id", "account", "region", "time", "version")


class Malformed(Exception):
    """Not an event of EventBridge; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    identity: str
    source: str
    detail_type: str
    detail: str
    resources: tuple[str, ...]
    account: str
    region: str
    at: int  # epoch seconds, as exact as EventBridge is


def read_event(body: bytes, now: datetime) -> Event:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}") from error
    if not isinstance(told, dict):
        raise Malformed("not an event: expected a JSON object")
    for name in ("source", "detail-type"):
        if not isinstance(told.get(name), str) or not told[name]:
            raise Malformed(f"{name}: expected a text that isn't empty")
    if not isinstance(told.get("detail"), dict):
        raise Malformed("detail: expected an object")
    for name in TEXTS:
        if not isinstance(told.get(name, ""), str):
            raise Malformed(f"{name}: expected a text")
    return Event(
        identity=told.get("id") or str(uuid.uuid4()),
        source=told["source"],
        detail_type=told["detail-type"],
        detail=json.dumps(told["detail"], ensure_ascii=False),
        resources=_resources(told),
        account=told.get("account") or ACCOUNT,
        region=told.get("region") or REGION,
        at=_time(told.get("time"), now),
    )


def _resources(told: Mapping[str, Any]) -> tuple[str, ...]:
    resources = told.get("resources", [])
    if not isinstance(resources, list) or not all(isinstance(resource, str) for resource in resources):
        raise Malformed("resources: expected a list of texts")
    return tuple(resources)


def _time(told: str | None, now: datetime) -> int:
    if not told:
        return int(now.timestamp())
    try:
        at = datetime.fromisoformat(told)
    except ValueError as error:
        raise Malformed(f"time: {told!r} is no time, as 2026-11-23T03:12:04Z is one") from error
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def put(event: Event) -> None:
    """As the emulator's PutEvents does, but for the identity and the time, which that one makes up."""
    from ministack.core.responses import request_scope
    from ministack.services import eventbridge

    record = {
        "EventId": event.identity,
        "Source": event.source,
        "DetailType": event.detail_type,
        "Detail": event.detail,
        "EventBusName": "default",
        "Time": event.at,
        "Resources": list(event.resources),
        "Account": event.account,
        "Region": event.region,
    }
    with request_scope(ACCOUNT, REGION):  # whose bus it is, whatever the event says of where it comes from
        eventbridge._events_log_list().append(record)
        view = eventbridge._pattern_event_view(record)
        eventbridge._dispatch_event(record, view)
        eventbridge._archive_event(record, view)


async def inject(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/" or scope["method"] != "POST":
        await answer_json(send, 404, {"message": "POST an EventBridge event to /"})
        return
    try:
        event = read_event(await read_body(receive, LARGEST), datetime.now(UTC))
    except Malformed as error:
        await answer_json(send, 400, {"message": str(error)})
    except TooLong:
        await answer_json(send, 400, {"message": f"larger than {LARGEST} bytes, which EventBridge refuses"})
    except Gone:
        return
    else:
        put(event)
        await answer_json(send, 200, {"event_id": event.identity})
