"""The set-up of an account: who there is, what they look after, and how each is reached.

A ``Directory`` is one version of it, read as a whole and never changed in place.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from shared.domain.event import Severity
from shared.domain.instants import Instant
from shared.domain.schedule import Schedule, Window, inside, next_begin


class Urgency(StrEnum):
    HIGH = "high"
    LOW = "low"


class Medium(StrEnum):
    """By what a person is reached; a channel in ``shared/channels`` serves each."""

    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"
    PUSH = "push"
    SLACK = "slack"
    TEAMS = "teams"


# Whose channels are built; a page by another fails at once.
DELIVERED = frozenset({Medium.EMAIL, Medium.SMS, Medium.PUSH, Medium.SLACK, Medium.TEAMS})
REACHES_FALLBACK = DELIVERED - {Medium.PUSH}  # a browser subscribes as a user, and the fallback contact is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One way to reach a person: ``phone`` is ``sms`` to ``+44…``."""

    name: str
    medium: Medium
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRule:
    after: timedelta
    by: str  # the contact's name


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    name: str  # the key in the file: ``ada``
    full_name: str
    email: str
    time_zone: str = "UTC"
    role: str = "responder"
    contacts: tuple[Contact, ...] = ()
    notify: Mapping[Urgency, tuple[NotificationRule, ...]] = field(
        default_factory=dict["Urgency", "tuple[NotificationRule, ...]"]
    )


class TargetKind(StrEnum):
    USER = "user"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    kind: TargetKind
    name: str


class Assign(StrEnum):
    EVERYONE = "everyone"
    ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    notify: tuple[Target, ...]
    after: timedelta  # unacknowledged for so long → the next level
    assign: Assign = Assign.EVERYONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    name: str
    levels: tuple[Level, ...]
    repeat: int = 0  # rounds after the first; 0 to 9


class UrgencyRule(StrEnum):
    HIGH = "high"
    LOW = "low"
    SEVERITY = "severity"  # critical and error are high
    SUPPORT_HOURS = "support_hours"  # high inside, low outside


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportHours:
    """``raise_low``: what is open and low becomes high as they begin. Their end lowers nothing."""

    window: Window
    time_zone: str
    raise_low: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A source bound to one service."""

    id: str
    name: str
    service: str
    source: str
    key: str | None = None  # 32 characters, where the source speaks with a routing key
    when: Mapping[str, Any] | None = None  # an event pattern
    min_severity: float | None = None  # GuardDuty's own scale
    map: Mapping[str, str] | None = None  # a field of the event → where the message has it
    topic: str | None = None  # the ARN of the SNS topic that may speak by the routing key
    dedup_key: str | None = None  # a template of what identifies the problem
    every: timedelta | None = None  # of a heartbeat: how often it beats
    grace: timedelta = timedelta(0)  # and how late it may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Alerts that are equal in all fields ``by`` (none: by time alone) join the incident that is open. ``window`` is
    how long it waits for the next one."""

    by: tuple[str, ...] = ()
    window: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Flapping:
    """An alert that opens more than ``times`` within ``within`` flaps: a recovery counts once it lasted as long."""

    times: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    name: str
    policy: str
    description: str = ""
    urgency: UrgencyRule = UrgencyRule.HIGH
    support_hours: SupportHours | None = None
    acknowledgement_timeout: timedelta | None = None
    auto_resolve: timedelta | None = None
    grouping: Grouping | None = None
    pause: timedelta | None = None
    flapping: Flapping | None = None
    tags: tuple[str, ...] = ()
    integrations: tuple[Integration, ...] = ()

    def urgency_of(self, severity: Severity, at: Instant) -> Urgency:
        match self.urgency:
            case UrgencyRule.SEVERITY:
                high = severity in (Severity.CRITICAL, Severity.ERROR)
            case UrgencyRule.SUPPORT_HOURS:
                hours = self.support_hours
                high = hours is None or inside(hours.window, hours.time_zone, at)
            case rule:
                high = rule is UrgencyRule.HIGH
        return Urgency.HIGH if high else Urgency.LOW

    def raises_low_at(self, after: Instant) -> Instant | None:
        """When what is low becomes high: as the support hours next begin; None where they raise nothing."""
        hours = self.support_hours
        if self.urgency is not UrgencyRule.SUPPORT_HOURS or hours is None or not hours.raise_low:
            return None
        return next_begin(hours.window, hours.time_zone, after)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAfter:
    """An incident opens only at the ``count``-th event of its key within ``within``."""

    count: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an event rule does where it matches. None and empty leave a thing as it is."""

    route: str | None = None
    severity: Severity | None = None
    priority: str | None = None
    tags: tuple[str, ...] = ()
    summary: str | None = None  # with ``{variables}``
    pause: timedelta | None = None
    open_after: OpenAfter | None = None
    runbook: str | None = None
    ticket: Mapping[str, Any] | None = None
    suppress: bool = False
    drop: bool = False
    proceed: bool = False  # ``continue: true``: later rules are asked as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """A variable of a rule's summary: what ``regex`` finds in the values at ``path``."""

    path: str
    regex: str  # RE2's syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    name: str
    when: Mapping[str, Any]
    then: Outcome
    extract: Mapping[str, Extraction] = field(default_factory=dict[str, Extraction])


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A window in which what breaks in ``services`` is expected to."""

    services: tuple[str, ...]
    begin: Instant
    end: Instant
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Who is told what happens to incidents. ``events`` are ``incident.<kind>``; none means all."""

    name: str
    url: str
    events: tuple[str, ...] = ()
    secret: str | None = None  # the name of the parameter by whose value it is signed

    def hears(self, event: str) -> bool:
        return not self.events or event in self.events


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    name: str
    time_zone: str = "UTC"
    fallback: tuple[Contact, ...]  # told when nobody else can be reached; never empty
    priorities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Directory:
    version: int
    account: Account
    users: Mapping[str, User]
    schedules: Mapping[str, Schedule]
    policies: Mapping[str, Policy]
    services: Mapping[str, Service]
    rules: tuple[EventRule, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    unrouted: str | None = None
    templates: Mapping[str, str] = field(
        default_factory=dict[str, str]
    )  # texts of the account's own: ``email.subject``
    webhooks: Mapping[str, Webhook] = field(default_factory=dict[str, Webhook])

    def integration(self, name: str | None) -> Integration | None:
        return next((i for service in self.services.values() for i in service.integrations if i.id == name), None)

    def integration_by_key(self, routing_key: str) -> Integration | None:
        """Compared in constant time, with every key there is."""
        found = None
        for integration in self.integrations():
            if integration.key and hmac.compare_digest(integration.key.encode(), routing_key.encode()):
                found = integration
        return found

    def integrations(self) -> list[Integration]:
        """Services and integrations in order of name: the order in which they are asked."""
        return [
            integration
            for _, service in sorted(self.services.items())
            for integration in sorted(service.integrations, key=lambda i: i.name)
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Versions:
    """The directory in force, and older versions of it by which people are still being paged."""

    in_force: Directory
    older: Mapping[int, Directory] = field(default_factory=dict[int, Directory])

    def of(self, version: int) -> Directory:
        """The one in force where that version is gone."""
        return self.older.get(version, self.in_force)
