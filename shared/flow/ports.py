"""What the flow needs from outside. ``wiring`` makes the real ones; tests and ``simulate`` have theirs in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from shared.domain.directory import Medium
from shared.domain.errors import TocsinError

if TYPE_CHECKING:  # a port names what passes it; only who handles it pays for its import
    from shared.domain.alert import Accepted, Alert, KeyState
    from shared.domain.announcement import Announcement
    from shared.domain.bundling import Line
    from shared.domain.change_event import AcceptedChange, ServiceChange
    from shared.domain.contact_state import ContactState, Texted
    from shared.domain.directory import Contact, Directory, User, Webhook
    from shared.domain.grouping import Group
    from shared.domain.heartbeat import Heart
    from shared.domain.holding import Held
    from shared.domain.incident import Incident
    from shared.domain.instants import Instant
    from shared.domain.notification import Page
    from shared.domain.put_aside import PutAside
    from shared.domain.timeline import LogEntry


class Unavailable(TocsinError):
    """A service didn't answer: the same step may be tried again, and nothing is lost."""


class NothingApplied(Unavailable):
    """There is no directory: the deployment is new, and the first ``apply`` is still to come."""

    def __init__(self) -> None:
        super().__init__("no set-up was applied yet, so nobody can be paged: run `tocsin apply`")


class SendFailed(TocsinError):
    """The provider refused: the next method is due at once."""


class Gone(SendFailed):
    """The provider refused, since there is no such address, number or subscription any more: the method is broken."""


class TooMany(SendFailed):
    """The provider takes nothing more for so many ``seconds``."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class OutcomeUnknown(TocsinError):
    """The provider didn't answer in time: it may have sent, or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one transaction writes: all of it, or nothing. Raises Conflict where somebody wrote first.

    ``before`` is the version that the incident must still have (0: it isn't there yet); ``pages`` mustn't exist yet;
    ``known`` is the key as it was read (None: no item). ``settled`` is a page whose attempt still holds the claim.
    ``group`` names the incident that alerts alike join; ``known_group`` is as it was read.
    ``along`` is a change of another incident, written with it.
    ``held`` is an alert that waits from now on, or still does; ``released`` (a key's hash) waits no more.
    ``marker`` is an answer that counts once: channel, message id.
    """

    incident: Incident | None = None
    before: int = 0
    entries: tuple[LogEntry, ...] = ()
    due_at: Instant | None = None
    pages: tuple[Page, ...] = ()
    settled: Page | None = None
    key: KeyState | None = None
    known: KeyState | None = None
    alert: Alert | None = None
    group: Group | None = None
    known_group: Group | None = None
    held: Held | None = None
    released: str | None = None
    marker: tuple[str, str] | None = None
    along: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An incident as it is now, read consistently, with all its pages."""

    incident: Incident
    due_at: Instant | None
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """Something whose time has passed: an incident's next step, a page that nobody sent, a held alert, a heartbeat, a
    number's bundle."""

    incident: str  # empty for a held alert, a heartbeat and a bundle
    due_at: Instant
    page: str | None = None  # its identity
    held: str | None = None  # the hash of its key
    heart: str | None = None  # the id of its integration
    line: str | None = None  # the name of the number's line


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the claim of a page writes along where its number takes only so many: the line, as it was decided.

    ``bundled``: the page isn't sent but listed there; ``instead`` is its person's next method, due at once.
    """

    line: Line
    bundled: bool = False
    instead: Page | None = None


class AlreadyCounted(TocsinError):
    """This very answer took effect before."""


class IncidentStore(Protocol):
    """Incidents, alerts, keys and pages. All reads are consistent but ``overdue``."""

    def key(self, key_hash: str) -> KeyState | None: ...
    def load(self, incident: str) -> Loaded | None: ...
    def state(self, incident: str) -> Incident | None:
        """The incident alone, without its pages."""
        ...

    def names(self) -> Iterable[str]:
        """The ids of all incidents: for operators, since it reads the whole table."""
        ...

    def held(self, key_hash: str) -> Held | None:
        """The alert of that key, if it waits."""
        ...

    def group(self, group_hash: str) -> Group | None:
        """Which incident alerts alike join, and until when."""
        ...

    def heart(self, integration: str) -> Heart | None: ...
    def write_heart(self, known: Heart | None, heart: Heart) -> None:
        """Where it is still as it was read. Raises Conflict."""
        ...

    def hearts_as_of(self) -> int:
        """The version of the directory whose heartbeats were set up; 0 before the first."""
        ...

    def note_hearts(self, version: int) -> None: ...
    def open_incidents(self) -> Iterable[str]:
        """The ids of those that are open, in no order: by index, which may be a moment behind."""
        ...

    def timeline(self, incident: str) -> list[LogEntry]: ...
    def latest(self, incident: str, limit: int) -> list[LogEntry]:
        """The newest entries of its timeline, newest first."""
        ...

    def alerts(self, incident: str, limit: int = 1000) -> list[Alert]: ...
    def next_number(self, series: str) -> int:
        """1, 2, 3 … for each name; a number may be lost, none comes twice."""
        ...

    def commit(self, change: Change) -> None:
        """Raises Conflict, AlreadyCounted (the marker exists), Unavailable."""
        ...

    def count_repeats(self, known: KeyState, key: KeyState) -> None:
        """Writes ``key`` where the item still is ``known``: one write. Raises Conflict."""
        ...

    def remember(self, known: KeyState | None, key: KeyState, ttl: Instant | None) -> None:
        """Writes a key item alone, for as long as ``ttl``. Raises Conflict."""
        ...

    def last_seen(self, incident: str) -> Instant | None:
        """When the incident's open alerts last spoke."""
        ...

    def line(self, name: str) -> Line | None:
        """What one number was sent of late, and what waits for it."""
        ...

    def write_line(self, line: Line) -> None:
        """Where it is still of the version that was read. Raises Conflict."""
        ...

    def claim(self, page: Page, now: Instant, attempt: str, admission: Admission | None = None) -> Page | None:
        """Takes a page for sending: it is due (or its claim is stale), and so is what made it due. None where not.

        With an ``admission``, which is written in the same transaction, it is listed instead where that says so.
        Raises Conflict where the line was written meanwhile, or what is due instead exists: nothing was taken.

        What makes it due is checked in the same transaction: a level's page needs the incident triggered and in the
        page's epoch, the fallback's an incident that isn't resolved, a responder's besides that they haven't
        answered. A claim that is one's own counts as taken.
        """
        ...

    def settle(self, page: Page) -> None:
        """Records what the attempt that holds the claim came to, or what was heard of it later.

        One that was sent is found by its provider's id from then on. Raises Conflict where another attempt holds the
        page, or where its state doesn't follow the one that is written (``notification.may_follow``).
        """
        ...

    def sent(self, medium: Medium, provider_id: str) -> list[tuple[str, str]]:
        """(incident, page's identity) of what that message told: several where it was a bundle; for 30 days."""
        ...

    def postpone(self, overdue: Overdue, until: Instant, tries: int) -> None:
        """Pushes back something that can't be carried out now."""
        ...

    def overdue(self, before: Instant, limit: int) -> list[tuple[Overdue, int]]:
        """What was due before that instant, oldest first, and how often it was postponed: by index, not by scan."""
        ...

    def record_drop(self, at: Instant, accepted: Accepted | AcceptedChange, reason: str, kind: str) -> None:
        """Keeps a day what was dropped or came late, 30 days what was suppressed: to be counted and looked at."""
        ...

    def quarantine(self, at: Instant, message_id: str, body: str, reason: str) -> None:
        """Keeps a message that can't be carried out, for people to look at."""
        ...

    def put_aside(self, since: Instant, until: Instant) -> Iterable[PutAside]:
        """What of that is still kept and came between the two, both included, newest first. Raises Unavailable."""
        ...


class ChangeStore(Protocol):
    """What was changed on services."""

    def keep(self, change: ServiceChange) -> None:
        """Once, however often it is kept. Raises Unavailable."""
        ...

    def of(self, service: str, since: Instant, until: Instant, limit: int) -> list[ServiceChange]:
        """Those that were made then, both ends included, newest first. Raises Unavailable."""
        ...


class DirectoryStore(Protocol):
    def current(self) -> Directory:
        """The version in force, at most 5 s old. Raises Unavailable, NothingApplied."""
        ...

    def fresh(self) -> Directory:
        """The version in force, looked up afresh."""
        ...

    def version(self, number: int) -> Directory:
        """An older version, kept for open incidents. Raises NotFound."""
        ...


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One message that stands for several pages to one number."""

    text: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a channel tells one person: everything that a message is rendered from."""

    incident: Incident
    contact: Contact
    user: User | None  # None: the fallback contact
    page: Page | None  # None: an answer to a reply, or a bundle
    alert: Alert | None
    reply_to: str | None
    answerable: bool = False  # the message itself can be answered in words
    link: str | None = None  # to the page on which its reader answers
    posted: str | None = None  # where this incident is shown at the same address already, in its channel's own words
    state: ContactState | None = None  # of the contact, where its channel or its wording depends on it
    answer: str | None = None  # the text of an answer: "You have it. …"
    subject: str | None = None  # of a mail beside any incident: ``answer`` is all that it says
    bundle: Bundle | None = None  # of pages to this contact; ``incident`` is the first one's
    in_reply_to: str | None = None  # the message id that is answered
    account: str = ""
    changes: tuple[ServiceChange, ...] = ()  # on the service in the hour before, newest first
    templates: Mapping[str, str] = field(default_factory=dict[str, str])  # the account's own texts: ``sms`` → template


@dataclass(frozen=True, slots=True, kw_only=True)
class Can:
    """What a channel's messages can do."""

    answers: bool  # whoever gets one can answer it in words
    buttons: bool  # and by a tap
    length: int  # characters that its reader sees of a page


class Channel(Protocol):
    can: Can

    def send(self, notice: Notice) -> str:
        """Sends once, without retries; the provider's id. Raises SendFailed, OutcomeUnknown."""
        ...


class Board(Protocol):
    """A channel whose messages stay where they were posted, and can be changed. Raises SendFailed, OutcomeUnknown."""

    def update(self, notice: Notice) -> bool:
        """Shows the incident as it is now where it was ``posted``; False where that message isn't there any more."""
        ...

    def add(self, posted: str, text: str) -> None:
        """A line below what was posted, for whoever looks there: nobody is called."""
        ...

    def whisper(self, posted: str, member: str, text: str) -> None:
        """To one member alone, beside what was posted."""
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


class ContactStore(Protocol):
    """What is known of people's contact methods beside what the file says."""

    def of(self, user: str, contact: Contact) -> ContactState:
        """Of a method that nothing is written of: version 0. Raises Unavailable."""
        ...

    def write(self, state: ContactState) -> ContactState:
        """Over the version that it was read as; as it is then. Raises Conflict, Unavailable."""
        ...

    def note_texted(self, address: str, texted: Texted) -> None:
        """For a week: by it an answer that names no incident is understood. Raises Unavailable."""
        ...

    def texted(self, address: str) -> list[Texted]:
        """Of which incidents that number was texted within a week, in order of their numbers. Raises Unavailable."""
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


class AnnouncementStore(Protocol):
    """What webhooks and chats are told, and what came of it; each is kept for eight days."""

    def get(self, name: str) -> Announcement | None:
        """By its id, read consistently. Raises Unavailable."""
        ...

    def write(self, known: Announcement | None, announcement: Announcement) -> None:
        """Where no other attempt was written since it was read as ``known``. Raises Conflict, Unavailable."""
        ...

    def due(self, before: Instant, limit: int) -> list[str]:
        """The ids of those that were due then, the oldest first: by index. Raises Unavailable."""
        ...


class Listeners(Protocol):
    """Who is told what happens to incidents."""

    def tell(self, webhook: Webhook, announcement: Announcement, now: Instant) -> None:
        """Once, without retries. Raises SendFailed, Gone, OutcomeUnknown."""
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
    channels: Mapping[Medium, Channel] = field(default_factory=dict[Medium, Channel])
    boards: Mapping[Medium, Board] = field(default_factory=dict[Medium, Board])
