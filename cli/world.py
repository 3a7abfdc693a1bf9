"""The live flow on memory stores and a movable clock: the world in which ``simulate`` and the story tests run.

Nothing here decides anything: it delivers queues in order, wakes runs at their time, and remembers what was sent.
"""

import heapq
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.domain import access
from shared.domain.alert import Accepted, key_hash
from shared.domain.announcement import Announcement
from shared.domain.change_event import AcceptedChange
from shared.domain.command import Command
from shared.domain.directory import DELIVERED, Contact, Directory, Medium, Webhook
from shared.domain.incident import Incident
from shared.domain.instants import Instant
from shared.domain.notification import Page
from shared.domain.timeline import LogEntry
from shared.flow import bundle, escalate, obey, page, sweep, triage
from shared.flow.channel import Can, Notice, OutcomeUnknown, SendFailed
from shared.flow.envelope import Delivery, written
from shared.flow.held import release
from shared.flow.ports import Deps, Unavailable
from shared.flow.rate_limit import CountedLimit
from shared.store.memory import MemoryDirectory, MemoryIncidents
from shared.store.memory_announcements import MemoryAnnouncements
from shared.store.memory_changes import MemoryChanges, MemoryCounts
from shared.store.memory_contacts import MemoryContacts

PER_MINUTE = 6_000  # events of one routing key
STEPS = 100_000  # of one simulation; more is a loop, and a bug
ANYTHING = Can(answers=True, buttons=True, length=1000)
SECRET = b"a world of its own has no secrets"


@dataclass(slots=True)
class MovableClock:
    at: Instant

    def __call__(self) -> Instant:
        return self.at


@dataclass(slots=True)
class Events:
    """The FIFO queue: order is that of arrival. Changes wait in ``changes``, with their group."""

    waiting: deque[Accepted] = field(default_factory=deque[Accepted])
    again: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    changes: deque[tuple[AcceptedChange, str]] = field(default_factory=deque[tuple[AcceptedChange, str]])

    def put(self, accepted: Accepted, deduplication: str) -> None:
        self.waiting.append(accepted)

    def come_again(self, messages: Sequence[tuple[str, int]]) -> None:
        self.again.extend(messages)

    def put_change(self, accepted: AcceptedChange, group: str, deduplication: str) -> None:
        self.changes.append((accepted, group))


@dataclass(slots=True)
class Pages:
    clock: MovableClock
    waiting: deque[Page] = field(default_factory=deque[Page])
    bundles: list[tuple[Instant, str]] = field(default_factory=list[tuple[Instant, str]])  # a heap
    again: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def put_bundle(self, line: str, seconds: int) -> None:
        heapq.heappush(self.bundles, (self.clock.at + timedelta(seconds=seconds), line))

    def put(self, pages: Sequence[Page]) -> None:
        self.waiting.extend(pages)

    def come_again(self, messages: Sequence[tuple[str, int]]) -> None:
        self.again.extend(messages)


@dataclass(slots=True)
class Runs:
    """Step Functions: each run has a name once, and sleeps until its time."""

    clock: MovableClock
    names: set[str] = field(default_factory=set[str])
    sleeping: list[tuple[Instant, str, int]] = field(default_factory=list[tuple[Instant, str, int]])

    def start(self, incident: str, epoch: int, responders: int = 0) -> None:
        name = f"{incident}-{epoch}-R{responders}"
        if name not in self.names:
            self.names.add(name)
            self.sleep(self.clock.at, incident, epoch)

    def sleep(self, until: Instant, incident: str, epoch: int) -> None:
        heapq.heappush(self.sleeping, (until, incident, epoch))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    at: Instant
    notice: Notice
    failed: str | None = None


@dataclass(slots=True)
class Mouth:
    """A channel that remembers what it was told to send, and fails where it is told to."""

    clock: MovableClock
    medium: Medium
    sent: list[Sent]
    fails: set[Medium]
    can: Can = ANYTHING

    def send(self, notice: Notice) -> str:
        reason = f"{self.medium} fails in this simulation" if self.medium in self.fails else None
        self.sent.append(Sent(at=self.clock.at, notice=notice, failed=reason))
        if reason:
            raise SendFailed(reason)
        return notice.posted or f"simulated:{len(self.sent)}"


@dataclass(slots=True)
class Wall:
    """A board that remembers what was shown, added and whispered on it, and fails by ``faults`` first."""

    shown: list[Notice] = field(default_factory=list[Notice])
    added: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    faults: list[SendFailed | OutcomeUnknown] = field(default_factory=list[SendFailed | OutcomeUnknown])
    gone: bool = False  # what was posted was deleted
    whispered: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])

    def update(self, notice: Notice) -> bool:
        if self.faults:
            raise self.faults.pop(0)
        if not self.gone:
            self.shown.append(notice)
        return not self.gone

    def add(self, posted: str, text: str) -> None:
        self.added.append((posted, text))

    def whisper(self, posted: str, member: str, text: str) -> None:
        self.whispered.append((posted, member, text))


@dataclass(slots=True)
class Notebook:
    """Journal, bus and alarms: what was said, in order."""

    faults: list[str] = field(default_factory=list[str])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    summaries: list[dict[str, str | int]] = field(default_factory=list[dict[str, str | int]])
    published: list[str] = field(default_factory=list[str])
    said: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list[tuple[str, Mapping[str, Any]]])  # in full
    alarms: list[str] = field(default_factory=list[str])

    def summary(self, flow: str, **facts: str | int) -> None:
        self.counts[flow] = self.counts.get(flow, 0) + 1
        self.summaries.append({"flow": flow, **facts})

    def fault(self, flow: str, message: str, **facts: str | int) -> None:
        self.faults.append(f"{flow}: {message}")

    def count(self, metric: str, number: int = 1) -> None:
        self.counts[metric] = self.counts.get(metric, 0) + number

    def put(self, details: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        self.published.extend(kind for kind, _ in details)
        self.said.extend(details)

    def tell_fallback(self, subject: str, text: str) -> None:
        self.alarms.append(subject)


@dataclass(slots=True)
class Letters:
    """Reply addresses, and mail as it lies in its bucket."""

    mail: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def read(self, address: str) -> bytes:
        if address not in self.mail:
            raise Unavailable(f"nothing lies at {address}")
        return self.mail[address]


@dataclass(slots=True)
class SignedAddresses:
    def address(self, page: Page, now: Instant) -> str:
        return access.reply_address(page, SECRET, "in.example", now)

    def read(self, address: str, now: Instant) -> tuple[str, bytes]:
        return access.read_reply_address(address, SECRET, now)

    def link(self, page: Page, now: Instant) -> str | None:
        return f"https://tocsin.example/answer/{access.link_token(page, SECRET, now)}"

    def read_link(self, token: str, now: Instant) -> tuple[str, bytes]:
        return access.read_link_token(token, SECRET, now)

    def overview(self, user: str, contact: Contact, now: Instant) -> str | None:
        return f"https://tocsin.example/open/{access.overview_token(user, contact, SECRET, now)}"

    def read_overview(self, token: str, now: Instant) -> bytes:
        return access.read_overview_token(token, SECRET, now)

    def subscribing(self, user: str, contact: Contact, now: Instant) -> str | None:
        return f"https://tocsin.example/push/{access.subscribe_token(user, contact, SECRET, now)}"

    def read_subscribing(self, token: str, now: Instant) -> bytes:
        return access.read_subscribe_token(token, SECRET, now)


@dataclass(slots=True)
class Settings:
    """Parameters of SSM."""

    values: dict[str, str] = field(default_factory=dict[str, str])

    def read(self, name: str) -> str | None:
        return self.values.get(name)


@dataclass(slots=True)
class Ears:
    """Webhooks that remember what they were told, and fail by ``faults`` first."""

    told: list[tuple[str, Announcement]] = field(default_factory=list[tuple[str, Announcement]])
    faults: list[SendFailed | OutcomeUnknown] = field(default_factory=list[SendFailed | OutcomeUnknown])

    def tell(self, webhook: Webhook, announcement: Announcement, now: Instant) -> None:
        self.told.append((webhook.url, announcement))
        if self.faults:
            raise self.faults.pop(0)


class World:
    """A deployment in memory, with the channels that are built; by ``fails`` every attempt fails."""

    def __init__(self, directory: Directory, at: Instant, fails: Sequence[Medium] = ()) -> None:
        self.clock = MovableClock(at)
        self.incidents, self.directories = MemoryIncidents(), MemoryDirectory()
        self.directories.put(directory)
        self.events, self.pages, self.runs = Events(), Pages(self.clock), Runs(self.clock)
        self.notebook, self.letters = Notebook(), Letters()
        self.contacts, self.parameters = MemoryContacts(), Settings()
        self.sent: list[Sent] = []
        self.wall = Wall()
        self.announcements, self.ears = MemoryAnnouncements(), Ears()
        self.fails = set(fails)
        self._sequence = self._attempts = 0
        self.deps = Deps(
            now=self.clock,
            incidents=self.incidents,
            changes=MemoryChanges(),
            directory=self.directories,
            events=self.events,
            pages=self.pages,
            executions=self.runs,
            bus=self.notebook,
            mail=self.letters,
            raw=self.letters,
            sns=self.letters,
            journal=self.notebook,
            alarms=self.notebook,
            replies=SignedAddresses(),
            contacts=self.contacts,
            parameters=self.parameters,
            rate_limit=CountedLimit(MemoryCounts(), PER_MINUTE, self.notebook),
            announcements=self.announcements,
            listeners=self.ears,
            channels={medium: Mouth(self.clock, medium, self.sent, self.fails) for medium in DELIVERED},
            boards={Medium.SLACK: self.wall},
        )

    def accept(self, accepted: Accepted) -> None:
        """An event that the door has accepted takes effect at once."""
        self.events.put(accepted, accepted.event_id)
        self.settle()

    def order(self, incident: str, command: Command) -> str:
        """A person's command; what they are answered."""
        said = obey.obey(self.deps, incident, [command], marker=None)
        self.settle()
        return said.text

    def run_until(self, until: Instant) -> None:
        """Everything that falls due until then, each at its time."""
        for _ in range(STEPS):
            self.settle()
            at = self.next_at()
            if at is None or at > until:
                self.clock.at = max(self.clock.at, until)
                return
            self.clock.at = max(self.clock.at, at)
            self._release()
        raise AssertionError(f"the simulation didn't come to rest in {STEPS} steps")

    def next_at(self) -> Instant | None:
        """When something falls due next: a run wakes, what is held may open, or a bundle may go out."""
        held = [held.hold.until for held, _, _ in self.incidents.waiting.values()]
        runs, bundles = self.runs.sleeping[:1], self.pages.bundles[:1]
        return min([*held, *(at for at, _, _ in runs), *(at for at, _ in bundles)], default=None)

    def sweep(self) -> None:
        sweep.run(self.deps)
        self.settle()

    def settle(self) -> None:
        """Empties the queues, and takes the turns that are due now."""
        while self.events.waiting or self.events.changes or self.pages.waiting or self._due() or self._bundle_due():
            if self.events.changes:
                accepted, group = self.events.changes.popleft()
                self._triage(written(accepted), group)
            elif self.events.waiting:
                event = self.events.waiting.popleft()
                self._triage(written(event), key_hash(event.key))
            elif self.pages.waiting:
                self._page(self.pages.waiting.popleft())
            elif self._bundle_due():
                self._bundle(heapq.heappop(self.pages.bundles)[1])
            else:
                _, incident, epoch = heapq.heappop(self.runs.sleeping)
                self._turn(incident, epoch)

    def timeline(self) -> list[tuple[Incident, list[LogEntry], tuple[Page, ...]]]:
        """Every incident with its log and pages, in the order in which they opened."""
        found = [self.incidents.load(name) for name in self.incidents.names()]
        return [(x.incident, self.incidents.timeline(x.incident.id), x.pages) for x in found if x is not None]

    def _release(self) -> None:
        """What ``sweep`` would find within the minute, at its very time."""
        for held, _, _ in list(self.incidents.waiting.values()):
            release(self.deps, held.hash)

    def _due(self) -> bool:
        return bool(self.runs.sleeping) and self.runs.sleeping[0][0] <= self.clock.at

    def _bundle_due(self) -> bool:
        return bool(self.pages.bundles) and self.pages.bundles[0][0] <= self.clock.at

    def _triage(self, body: str, group: str) -> None:
        self._sequence += 1
        delivery = Delivery(
            message_id=f"message-{self._sequence}",
            group=group,
            body=body,
            generation="simulated",
            sequence=f"{self._sequence:039d}",
            sent_at=self.clock.at,
        )
        triage.run(self.deps, [delivery])

    def _page(self, due: Page) -> None:
        self._attempts += 1
        page.run(self.deps, page.Order(incident=due.incident, identity=due.identity), f"attempt-{self._attempts}")

    def _bundle(self, line: str) -> None:
        self._attempts += 1
        bundle.run(self.deps, bundle.Order(line=line), f"attempt-{self._attempts}")

    def _turn(self, incident: str, epoch: int) -> None:
        taken = escalate.run(self.deps, incident, epoch)
        if taken.wake_at is not None:
            self.runs.sleep(max(taken.wake_at, self.clock.at + timedelta(seconds=1)), incident, taken.epoch)
