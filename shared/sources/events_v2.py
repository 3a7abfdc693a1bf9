"""PagerDuty's Events API v2, so that a sender changes its URL and nothing else; faults are told in PagerDuty's words.

Laws: unknown members are ignored. A time that can't be read is unknown, never a fault. A trigger without a key gets
one from its routing key and payload, so that a sender's retry meets its own alert.
https://developer.pagerduty.com/docs/events-api-v2-overview
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from shared.domain.change_event import ChangeEvent
from shared.domain.errors import MessageError
from shared.domain.event import SUMMARY_MAX, Action, Event, Link, Severity
from shared.sources.bodies import NOT_JSON, Unrecognized
from shared.sources.fields import items, mapping, text
from shared.sources.timestamps import moment

SOURCE = "events_v2"
ROUTING_KEY_LENGTH = 32
DEDUP_KEY_MAX = 255
NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Za-z]")
REQUIRED = ("summary", "source", "severity")  # of a trigger's payload
REQUIRED_OF_A_CHANGE = ("summary",)
OF_A_KEY = (Action.ACKNOWLEDGE, Action.RESOLVE)  # they need a key and no payload


def translate(message: Any) -> list[Event]:
    """One event. Raises MessageError with every fault, or Unrecognized where it isn't an object at all."""
    body = _object(message)
    faults = [*_routing_key_faults(body), *_action_faults(body), *_payload_faults(body), *_attachment_faults(body)]
    if faults:
        raise MessageError(faults)
    return [_event(body)]


def translate_change(message: Any) -> ChangeEvent:
    """What was changed, https://developer.pagerduty.com/docs/send-change-event. Raises as ``translate``."""
    body = _object(message)
    faults = [*_routing_key_faults(body), *_said_faults(body, REQUIRED_OF_A_CHANGE), *_attachment_faults(body)]
    if faults:
        raise MessageError(faults)
    payload = mapping(body.get("payload"))
    return ChangeEvent(
        summary=str(payload["summary"]),
        source=_as_sent(payload, "source"),
        timestamp=moment(payload.get("timestamp")),
        links=_links(body),
        custom_details=payload.get("custom_details"),
    )


def derived_key(routing_key: str, payload: Any) -> str:
    """The same for the same payload by the same integration."""
    canonical = json.dumps([routing_key, payload], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _object(message: Any) -> Mapping[str, Any]:
    if not isinstance(message, Mapping):
        raise Unrecognized([NOT_JSON])
    return cast("Mapping[str, Any]", message)


def _event(body: Mapping[str, Any]) -> Event:
    payload = mapping(body.get("payload"))
    dedup_key = _as_sent(body, "dedup_key") or derived_key(body["routing_key"], payload)
    severity = text(payload.get("severity"))
    return Event(
        action=Action(body["event_action"]),
        dedup_key=dedup_key,
        severity=Severity(severity) if severity in list(Severity) else Severity.INFO,
        summary=(_as_sent(payload, "summary") or dedup_key)[:SUMMARY_MAX],
        source=_as_sent(payload, "source"),
        source_type=SOURCE,
        component=_as_sent(payload, "component"),
        group=_as_sent(payload, "group"),
        class_=_as_sent(payload, "class"),
        timestamp=moment(payload.get("timestamp")),
        client=_as_sent(body, "client"),
        client_url=_as_sent(body, "client_url"),
        links=_links(body),
        custom_details=payload.get("custom_details"),
    )


def _links(body: Mapping[str, Any]) -> tuple[Link, ...]:
    return tuple(Link(href=str(link["href"]), text=_as_sent(link, "text")) for link in _members(body, "links"))


def _routing_key_faults(body: Mapping[str, Any]) -> list[str]:
    key = body.get("routing_key")
    if _is_blank(key):
        return ["'routing_key' is missing or blank"]
    if not isinstance(key, str):
        return ["'routing_key' must be a string"]
    faults: list[str] = []
    if len(key) != ROUTING_KEY_LENGTH:
        faults.append(f"Length of 'routing_key' is incorrect (should be {ROUTING_KEY_LENGTH} characters)")
    if NOT_ALPHANUMERIC.search(key):
        faults.append("'routing_key' cannot contain non-alphanumeric characters.")
    return faults


def _action_faults(body: Mapping[str, Any]) -> list[str]:
    action, key = body.get("event_action"), _as_sent(body, "dedup_key")
    faults: list[str] = []
    if _is_blank(action):
        faults.append("'event_action' is missing or blank")
    elif action not in list(Action):
        faults.append("'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')")
    if key is None and action in OF_A_KEY:
        faults.append("'dedup_key' is missing or blank")
    if key is not None and len(key) > DEDUP_KEY_MAX:
        faults.append(f"Length of 'dedup_key' is incorrect (should be at most {DEDUP_KEY_MAX} characters)")
    return faults


def _payload_faults(body: Mapping[str, Any]) -> list[str]:
    """Only a trigger's payload counts: Alertmanager sends one with a resolve, others don't."""
    if body.get("event_action") in OF_A_KEY:
        return []
    faults = _said_faults(body, REQUIRED)
    severity = text(mapping(body.get("payload")).get("severity"))
    if severity is not None and severity not in list(Severity):
        allowed = "'critical', 'warning', 'error' or 'info'"
        faults.append(f"'payload.severity' is invalid (must be one of the following: {allowed})")
    return faults


def _said_faults(body: Mapping[str, Any], required: Sequence[str]) -> list[str]:
    payload = mapping(body.get("payload"))
    if not payload:
        return ["'payload' is missing or blank"]
    faults = [f"'payload.{name}' is missing or blank" for name in required if text(payload.get(name)) is None]
    if len(_as_sent(payload, "summary") or "") > SUMMARY_MAX:
        faults.append(f"'payload.summary' is too long (maximum is {SUMMARY_MAX} characters)")
    return faults


def _attachment_faults(body: Mapping[str, Any]) -> list[str]:
    faults = [f"'{name}' must be an array" for name in ("links", "images") if not _is_list_or_none(body.get(name))]
    for n, link in enumerate(_members(body, "links")):
        if text(link.get("href")) is None:
            faults.append(f"'links[{n}].href' is missing or blank")
    for n, image in enumerate(_members(body, "images")):
        src = text(image.get("src"))
        if src is None:
            faults.append(f"'images[{n}].src' is missing or blank")
        elif not src.lower().startswith("https://"):
            faults.append(f"'images[{n}].src' is invalid (must be an https address)")
    return faults


def _as_sent(members: Mapping[str, Any], name: str) -> str | None:
    """Byte for byte, blanks at its ends included; a number counts as its digits, and blank as absent."""
    value = members.get(name)
    return None if text(value) is None else str(value)


def _members(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [mapping(each) for each in items(body.get(name))]


def _is_list_or_none(value: Any) -> bool:
    return value is None or isinstance(value, list | tuple)


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
