"""What the flow keeps, and reads back. ``shared/store`` has each twice: in DynamoDB, and in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.domain.errors import TocsinError

if TYPE_CHECKING:  # a port names what passes it; only who handles it pays for its import
    from shared.domain.alert import Accepted, Alert, KeyState
    from shared.domain.announcement import Announcement
    from shared.domain.bundling import Line
    from shared.domain.change_event import AcceptedChange, ServiceChange
    from shared.domain.contact_state import ContactState, Texted
    from shared.domain.directory import Contact, Directory, Medium
    from shared.domain.grouping import Group
    from shared.domain.heartbeat import Heart
    from shared.domain.holding import Held
    from shared.domain.incident import Incident
    from shared.domain.instants import Instant
    from shared.domain.notification import Page
    from shared.domain.put_aside import PutAside
    from shared.domain.timeline import LogEntry


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
