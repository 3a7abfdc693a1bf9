"""An event: what one message of a monitoring tool says about one problem, in one form for every source.

Identity is never wording: ``dedup_key`` comes from the vendor's own id.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from shared.domain.instants import Instant
from shared.domain.plain import from_plain, to_plain

TEXT_KEPT = 1_000  # characters of each text in what is too large by its texts alone
SUMMARY_MAX = 1024  # characters: the Events API's limit, https://developer.pagerduty.com/docs/send-alert-event


class Action(StrEnum):
    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


class Severity(StrEnum):
    """Most severe first."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    def worse_than(self, other: "Severity") -> bool:
        order = list(Severity)
        return order.index(self) < order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    href: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """CONFIG's normalised event, without ``raw``. What the source didn't say is None or empty."""

    action: Action
    dedup_key: str
    severity: Severity
    summary: str
    source: str | None = None
    source_type: str
    component: str | None = None
    group: str | None = None
    class_: str | None = None  # written ``class`` outside
    account: str | None = None
    region: str | None = None
    resource: str | None = None
    timestamp: Instant | None = None  # the vendor's own time
    client: str | None = None
    client_url: str | None = None
    links: tuple[Link, ...] = ()
    custom_details: Any = None  # any JSON


def event_to_json(event: Event) -> dict[str, Any]:
    """CONFIG's normalised form, as it is printed, queued and matched: what is absent is left out, never null."""
    return to_plain(event)


def event_from_json(data: Mapping[str, Any]) -> Event:
    """The inverse of ``event_to_json``; unknown members are ignored. Raises KeyError where a required one misses."""
    return from_plain(Event, data)


def cut_to(event: Event, largest: int) -> Event:
    """``event`` in ``largest`` bytes of JSON: first its details and links give way, then the length of its texts.

    Its dedup key stays as it is: identity is never cut.
    """
    if _size(event) <= largest:
        return event
    slim = replace(event, custom_details=cut(event.custom_details), links=())
    if _size(slim) <= largest:
        return slim
    texts = {f.name: text for f in fields(Event) if isinstance(text := getattr(slim, f.name), str)}
    shorter = {name: text[:TEXT_KEPT] for name, text in texts.items() if not isinstance(text, StrEnum)}
    return replace(slim, **{**shorter, "dedup_key": event.dedup_key})


def cut(value: Any) -> Any:
    """Says in a value's place how large it was, and how it began."""
    text = json.dumps(value, separators=(",", ":"))
    return {"cut": f"{len(text)} bytes are too large to be kept here", "begin": text[:TEXT_KEPT]}


def _size(event: Event) -> int:
    return len(json.dumps(event_to_json(event), separators=(",", ":")))
