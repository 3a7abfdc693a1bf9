"""What took no effect and is kept to be looked at: dropped, suppressed, late, by an unknown key, in quarantine.

Laws: it is told from what was kept, whatever that is: a message that couldn't be carried out may be anything.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from shared.domain.instants import Instant


class Cause(StrEnum):
    DROPPED = "dropped"  # by a rule
    SUPPRESSED = "suppressed"  # by a rule, or over before its pause was
    LATE = "late"  # newer events of its key had taken effect
    MEETS_NOTHING = "meets_nothing"  # an acknowledgement of nothing that is open
    UNKNOWN_KEY = "unknown_key"  # taken while the directory couldn't be read, and nobody's
    QUARANTINE = "quarantine"  # triage couldn't carry it out


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """``at`` is when the door accepted it; of what is in quarantine, when that began. ``id`` is the event's, or the
    message's. What nobody knows of it is None."""

    at: Instant
    cause: Cause
    reason: str
    id: str
    integration: str | None = None
    key: str | None = None  # of the alert
    severity: str | None = None
    summary: str | None = None
    body: str | None = None  # of the message, where it is in quarantine


def dropped(at: Instant, cause: str, reason: str, event_id: str, accepted: Any) -> PutAside:
    """``accepted`` is plain JSON, of an event or of a change."""
    return PutAside(at=at, cause=Cause(cause), reason=reason, id=event_id, **_told(accepted))


def quarantined(at: Instant, reason: str, message_id: str, body: str) -> PutAside:
    return PutAside(at=at, cause=Cause.QUARANTINE, reason=reason, id=message_id, body=body, **_told(_read(body)))


def _told(accepted: Any) -> dict[str, str | None]:
    said = _members(accepted)
    event = _members(said.get("event")) or _members(said.get("change"))
    found = {
        "integration": said.get("integration"),
        "key": said.get("key"),
        "severity": event.get("severity"),
        "summary": event.get("summary"),
    }
    return {name: value if isinstance(value, str) else None for name, value in found.items()}


def _members(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # whatever it is, it is shown as it came
        return None
