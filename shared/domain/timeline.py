"""One line of an incident's timeline, and what it may record.

Laws: an entry is never changed; what it says is past. ``at`` is when it was committed, ``due`` when it ought to have
been: in whole seconds, the same however late it was carried out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from shared.domain.directory import Policy, Urgency
from shared.domain.event import Severity
from shared.domain.instants import Instant
from shared.domain.rule_trace import RuleTrace


class Kind(StrEnum):
    """What a log entry records; each is past."""

    TRIGGERED = "triggered"
    ALERT_JOINED = "alert_joined"
    ALERT_CHANGED = "alert_changed"
    ALERT_RESOLVED = "alert_resolved"
    LEVEL_ENTERED = "level_entered"
    LEVEL_SKIPPED = "level_skipped"
    EXHAUSTED = "exhausted"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGEMENT_TIMED_OUT = "acknowledgement_timed_out"
    SNOOZED = "snoozed"
    SNOOZE_ENDED = "snooze_ended"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"
    URGENCY_RAISED = "urgency_raised"
    RESOLVED = "resolved"
    AUTO_RESOLVED = "auto_resolved"
    MERGED = "merged"
    ALERTS_MOVED = "alerts_moved"  # to this incident, from one that was merged into it
    RESPONDER_ADDED = "responder_added"
    RESPONDER_UNREACHED = "responder_unreached"
    NOTED = "noted"
    STATUS_UPDATED = "status_updated"
    PRIORITY_CHANGED = "priority_changed"


class Why(StrEnum):
    """Reasons, in the same words on the timeline, in the page and in the log."""

    LEVEL_DUE = "the level is due"
    NOBODY_ON_CALL = "nobody is on call"
    NO_CONTACT_METHOD = "nobody at this level has a contact method"
    EVERY_METHOD_FAILED = "every method of everybody at this level failed"
    RESPONDER_DUE = "a responder was added"
    RESPONDER_UNREACHED = "every method of the responder failed"
    SUPPORT_HOURS = "the support hours have begun"
    UNANSWERED = "nobody acknowledged in time"
    EXHAUSTED = "the policy is exhausted"
    NOBODY_REACHABLE = "the policy reaches nobody"
    SOMEONE_HAS_IT = "someone has it"
    IT_IS_RESOLVED = "it is resolved"
    STALE_EPOCH = "another run has taken over"
    NO_SUCH_INCIDENT = "there is no such incident"
    WAITING = "the next moment has not come"
    ALERTS_SILENT = "its alerts have been silent"
    NOTHING_LEFT = "nothing is left to come"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who caused an entry: a person, an integration, or the system itself (neither)."""

    user: str | None = None
    integration: str | None = None
    via: str | None = None  # the channel of a person's answer
    message_id: str | None = None  # the provider's id of that answer


SYSTEM = Author()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What an incident is when it is triggered; fixed then."""

    number: int
    service: str
    title: str
    urgency: Urgency
    priority: str | None = None
    tags: tuple[str, ...] = ()
    policy: Policy
    turn: int = 0  # the incident's place among those of its policy: round robin counts by it
    raises_at: Instant | None = None  # when low urgency becomes high: as the support hours begin
    acknowledgement_timeout: timedelta | None = None
    auto_resolve: timedelta | None = None
    runbook: str | None = None  # the one that a rule named
    ticket: Mapping[str, Any] | None = None  # as a rule asks for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Alerts that another incident brought along; ``also`` are those that had been merged into it before."""

    incident: str
    also: tuple[str, ...] = ()
    alerts: int
    open_alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of a timeline. ``at`` is when it was committed, ``due`` when it ought to have been."""

    kind: Kind
    at: Instant
    by: Author = SYSTEM
    epoch: int = 0  # the incident's epoch after this entry
    due: Instant | None = None
    why: Why | None = None
    opening: Opening | None = None
    alert: str | None = None
    severity: Severity | None = None
    summary: str | None = None
    rules: tuple[RuleTrace, ...] = ()
    round: int | None = None
    level: int | None = None
    entry: int | None = None
    people: tuple[str, ...] = ()
    directory: int | None = None  # the version of the directory that these people are paged by
    responder: int | None = None  # the number of a responder whom nothing reached
    moved: Moved | None = None
    policy: Policy | None = None
    turn: int | None = None  # the incident's place among those of the policy that it was handed to
    until: Instant | None = None
    into: str | None = None
    priority: str | None = None
    text: str | None = None
