"""What the flow needs from outside, together with its stores and channels. ``wiring`` makes the real ones; tests and
``simulate`` have theirs in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from shared.domain.directory import Medium
from shared.domain.errors import TocsinError

if TYPE_CHECKING:  # a port names what passes it; only who handles it pays for its import
    from shared.domain.alert import Accepted
    from shared.domain.change_event import AcceptedChange
    from shared.domain.directory import Contact
    from shared.domain.instants import Instant
    from shared.domain.notification import Page
    from shared.flow.channel import Board, Channel, Listeners
    from shared.flow.stores import AnnouncementStore, ChangeStore, ContactStore, DirectoryStore, IncidentStore


class Unavailable(TocsinError):
    """A service didn't answer: the same step may be tried again, and nothing is lost."""


class NothingApplied(Unavailable):
    """There is no directory: the deployment is new, and the first ``apply`` is still to come."""

    def __init__(self) -> None:
        super().__init__("no set-up was applied yet, so nobody can be paged: run `tocsin apply`")


class EventQueue(Protocol):
    def put(self, accepted: Accepted, deduplication: str) -> None:
        """Durable when it returns; over 100 KB by way of S3. Raises Unavailable."""
        ...

    def come_again(self, messages: Sequence[tuple[str, int]]) -> None:
        """Receipts of messages that are under way, and after how many seconds each comes again. Raises Unavailable."""
        ...

    def put_change(self, accepted: AcceptedChange, group: str, deduplication: str) -> None:
        """As ``put``, in that group of the queue."""
        ...


class PageQueue(Protocol):
    def put(self, pages: Sequence[Page]) -> None: ...
    def put_bundle(self, line: str, seconds: int) -> None:
        """Word that a number's bundle is due, in so many seconds or as many as it can be. Raises Unavailable."""
        ...

    def come_again(self, messages: Sequence[tuple[str, int]]) -> None:
        """As the queue of events."""
        ...


class Executions(Protocol):
    def start(self, incident: str, epoch: int, responders: int = 0) -> None:
        """Starts the run ``<incident>-<epoch>``, or ``<incident>-<epoch>-R<responders>`` where there are some.

        A name that exists counts as started. Raises Unavailable.
        """
        ...


class EventBus(Protocol):
    def put(self, details: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """At most 10 pairs of detail type and detail. Raises Unavailable where one wasn't taken."""
        ...


class Messages(Protocol):
    """Messages where they lie."""

    def read(self, address: str) -> bytes:
        """``address`` is a key, or the whole ``s3://…`` or ``https://…``. Raises Unavailable."""
        ...


class Journal(Protocol):
    """What operators read: one summary a batch, counted faults, never a body."""

    def summary(self, flow: str, **facts: str | int) -> None: ...
    def fault(self, flow: str, message: str, **facts: str | int) -> None: ...
    def count(self, metric: str, number: int = 1) -> None: ...


class Alarms(Protocol):
    def tell_fallback(self, subject: str, text: str) -> None:
        """By the topic of their own, when paging itself can't be carried out."""
        ...


class Parameters(Protocol):
    """What is set beside the configuration: secrets, and where this deployment is reached."""

    def read(self, name: str) -> str | None:
        """The parameter's value, at most a minute old; None where there is none. Raises Unavailable."""
        ...


class ReplyAddresses(Protocol):
    """Raises Unavailable, in each call, where the secret can't be read."""

    def address(self, page: Page, now: Instant) -> str:
        """``reply+<token>@<domain>`` for one page."""
        ...

    def read(self, address: str, now: Instant) -> tuple[str, bytes]:
        """An address → (incident, page tag). Raises Refused where it isn't ours, or too old."""
        ...

    def link(self, page: Page, now: Instant) -> str | None:
        """The address of the page on which ``page`` is answered; None where this deployment has no public address."""
        ...

    def read_link(self, token: str, now: Instant) -> tuple[str, bytes]:
        """The last part of a link → (incident, page tag). Raises Refused where it isn't ours, or too old."""
        ...

    def overview(self, user: str, contact: Contact, now: Instant) -> str | None:
        """The address of the page that lists what is open and ``user`` was told of, sent to ``contact``.

        Under 120 characters at an API's own address; None where this deployment has no public address.
        """
        ...

    def read_overview(self, token: str, now: Instant) -> bytes:
        """The last part of such an address → contact tag. Raises Refused where it isn't ours, or too old."""
        ...

    def subscribing(self, user: str, contact: Contact, now: Instant) -> str | None:
        """The address of the page on which a browser becomes ``contact``; None as above."""
        ...

    def read_subscribing(self, token: str, now: Instant) -> bytes:
        """The last part of such an address → contact tag. Raises Refused where it isn't ours, or too old."""
        ...


class RateLimit(Protocol):
    def wait(self, routing_key: str, now: Instant) -> int:
        """Counts one event of that key: 0 where it may pass, else the seconds after which it may come again."""
        ...


class Clock(Protocol):
    def __call__(self) -> Instant: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Everything a flow may touch."""

    now: Clock
    incidents: IncidentStore
    changes: ChangeStore
    directory: DirectoryStore
    events: EventQueue
    pages: PageQueue
    executions: Executions
    bus: EventBus
    mail: Messages  # as SES received it
    raw: Messages  # what was too large to travel in the queue
    sns: Messages  # certificates of SNS, and its confirmations of subscriptions
    journal: Journal
    alarms: Alarms
    replies: ReplyAddresses
    contacts: ContactStore
    parameters: Parameters
    rate_limit: RateLimit
    announcements: AnnouncementStore
    listeners: Listeners
    channels: Mapping[Medium, Channel] = field(default_factory=dict[Medium, "Channel"])
    boards: Mapping[Medium, Board] = field(default_factory=dict[Medium, "Board"])
