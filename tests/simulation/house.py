"""The live flow in a house where things break: queues that deliver again, runs that are retried, a sweep each minute.

Nothing here decides anything. A function that dies leaves its messages to come again when their visibility ends; one
call at a time goes to AWS, so whatever happens is told by the order of calls alone.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from itertools import count
from typing import Any

from cli.world import PER_MINUTE, Ears, Letters, Mouth, MovableClock, Notebook, Sent, Settings, SignedAddresses
from shared.domain.alert import Accepted, key_hash, routed_key
from shared.domain.command import Command, Order
from shared.domain.directory import Directory, Medium
from shared.domain.event import Action, Event
from shared.domain.incident import Incident
from shared.domain.instants import Instant
from shared.domain.notification import Page
from shared.domain.timeline import Author, LogEntry
from shared.flow import bundle, escalate, obey, page, reply_mail, sweep, track, triage
from shared.flow.envelope import Delivery, written
from shared.flow.ports import Deps, Unavailable
from shared.flow.rate_limit import CountedLimit
from shared.flow.redelivery import Handle
from shared.sources.answer_mail import Verdicts
from shared.sources.delivery import Outcome, Report
from shared.store.memory import MemoryDirectory, MemoryIncidents
from shared.store.memory_announcements import MemoryAnnouncements
from shared.store.memory_changes import MemoryChanges, MemoryCounts
from shared.store.memory_contacts import MemoryContacts
from shared.store.services import LATEST
from tests.flow.story import EVENING, INTEGRATION, event
from tests.simulation.faults import Calls, Crash, watched

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PAGES_TRIES = 10  # as infra/flow.py has it
HIDDEN = timedelta(minutes=3)  # six times a function's time-out, as infra/flow.py has it
TRIES = 9  # of a turn: the state machine's first and its eight retries
AGAIN = (MINUTE, 2 * MINUTE)  # when Lambda calls anew a function that was called asynchronously
PASSED = Verdicts(spam="PASS", virus="PASS", dmarc="PASS")


@dataclass(slots=True)
class Message:
    id: str
    group: str
    body: Any
    sequence: int
    sent_at: Instant
    visible_at: Instant
    receives: int = 0


@dataclass(slots=True)
class Queue:
    """What isn't deleted comes again. In order within a group, and a group in flight is locked."""

    clock: MovableClock
    fifo: bool
    waiting: list[Message] = field(default_factory=list[Message])
    taken: int = 0

    def add(self, group: str, body: Any, seconds: int = 0) -> None:
        self.taken += 1
        visible_at = self.clock.at + seconds * SECOND
        self.waiting.append(Message(f"m{self.taken}", group, body, self.taken, self.clock.at, visible_at))

    def next_at(self) -> Instant | None:
        return min((m.visible_at for m in self._heads()), default=None)

    def receive(self, most: int) -> list[Message]:
        """Messages of one group that are visible; hidden from now on."""
        head = next(m for m in self._heads() if m.visible_at <= self.clock.at)
        batch = [m for m in self.waiting if m.group == head.group and m.visible_at <= self.clock.at][:most]
        for message in batch:
            message.visible_at, message.receives = self.clock.at + HIDDEN, message.receives + 1
        return batch

    def delete(self, batch: Sequence[Message], again: Sequence[str] = (), *, fails_once: bool = False) -> None:
        """All of ``batch`` but those that are to come again; ``fails_once``: each is deleted the second time only."""
        done = {m.id for m in batch if m.receives > 1 or not fails_once} - set(again)
        self.waiting = [message for message in self.waiting if message.id not in done]

    def hand_back(self, messages: Sequence[tuple[str, int]]) -> None:
        until = {receipt: self.clock.at + seconds * SECOND for receipt, seconds in messages}
        for message in self.waiting:
            message.visible_at = until.get(message.id, message.visible_at)

    def _heads(self) -> list[Message]:
        if not self.fifo:
            return self.waiting
        heads: dict[str, Message] = {}
        for message in self.waiting:
            heads.setdefault(message.group, message)
        return list(heads.values())


@dataclass(slots=True)
class EventsPort:
    """``accepted`` is all that was ever taken, by its sequence number."""

    queue: Queue
    accepted: dict[int, Accepted] = field(default_factory=dict[int, Accepted])

    def put(self, accepted: Accepted, deduplication: str) -> None:
        self.queue.add(key_hash(accepted.key), written(accepted))
        self.accepted[self.queue.taken] = accepted

    def come_again(self, messages: Sequence[tuple[str, int]]) -> None:
        self.queue.hand_back(messages)


@dataclass(slots=True)
class PagesPort:
    queue: Queue

    def put(self, pages: Sequence[Page]) -> None:
        for each in pages:
            self.queue.add(each.identity, page.Order(incident=each.incident, identity=each.identity))

    def put_bundle(self, line: str, seconds: int) -> None:
        self.queue.add(line, bundle.Order(line=line), min(seconds, LATEST))

    def come_again(self, messages: Sequence[tuple[str, int]]) -> None:
        self.queue.hand_back(messages)


@dataclass(slots=True)
class RunsPort:
    """A name that exists counts as started."""

    start_turn: Callable[[str, int], None]
    names: set[str] = field(default_factory=set[str])

    def start(self, incident: str, epoch: int, responders: int = 0) -> None:
        if (name := f"{incident}-{epoch}-R{responders}") not in self.names:
            self.names.add(name)
            self.start_turn(incident, epoch)


class House:
    """A deployment in memory. ``calls`` counts what the four functions of the page path ask of AWS."""

    def __init__(self, directory: Directory, fails: Sequence[Medium] = ()) -> None:
        self.clock, self.fails = MovableClock(EVENING), set(fails)
        self.incidents, self.notebook, self.letters = MemoryIncidents(), Notebook(), Letters()
        directories = MemoryDirectory()
        directories.put(directory)
        self.events, self.pages = Queue(self.clock, fifo=True), Queue(self.clock, fifo=False)
        self.door = EventsPort(self.events)
        self.runs = RunsPort(lambda incident, epoch: self._sleep(self.clock.at, incident, epoch, 1))
        self.sent: list[Sent] = []
        self.calls = Calls()
        self.deps = Deps(
            now=self.clock,
            incidents=self.incidents,
            changes=MemoryChanges(),
            directory=directories,
            events=self.door,
            pages=PagesPort(self.pages),
            executions=self.runs,
            bus=self.notebook,
            mail=self.letters,
            raw=self.letters,
            sns=self.letters,
            journal=self.notebook,
            alarms=self.notebook,
            replies=SignedAddresses(),
            contacts=MemoryContacts(),
            parameters=Settings(),
            rate_limit=CountedLimit(MemoryCounts(), PER_MINUTE, self.notebook),
            announcements=MemoryAnnouncements(),
            listeners=Ears(),
            channels={medium: Mouth(self.clock, medium, self.sent, self.fails) for medium in Medium},
        )
        self.broken = watched(self.deps, self.calls)
        self.dead: list[str] = []  # runs that ended in Fail, replies and pages that were given up
        self._turns: set[Callable[[], None]] = set()  # those of the agenda that an execution sleeps until
        self._agenda: list[tuple[Instant, int, Callable[[], None]]] = []
        self.answered: set[tuple[str, str]] = set()  # person, incident
        self.told_by_its_timeline: dict[str, tuple[Incident, list[LogEntry]]] = {}  # what was looked at, by its id
        self._order, self._attempts = count(), count(1)
        self._sweeps = EVENING + 20 * SECOND
        self.deletes_fail_once = False
        self.bounces: set[Medium] = set()  # whatever is sent by it arrives nowhere, and its provider says so
        self._reported = 0  # of ``sent``
        self.answers: dict[str, tuple[str, timedelta]] = {}
        self.watchman: Callable[[], None] = lambda: None

    # what people and tools do

    def receive(self, key: str = "disk", action: Action = Action.TRIGGER, **told: object) -> None:
        self._put(self.clock.at, event(key, action, **told))

    def redrive(self, accepted_at: Instant) -> None:
        """A trigger that was accepted then, and lay among dead letters until now."""
        self._put(accepted_at, event())

    def _put(self, accepted_at: Instant, said: Event) -> None:
        accepted = Accepted(
            event_id=f"event-{self.events.taken + 1}",
            accepted_at=accepted_at,
            integration=INTEGRATION,
            key=routed_key(INTEGRATION, said.dedup_key),
            event=said,
        )
        self.deps.events.put(accepted, accepted.event_id)

    def lose_executions(self) -> None:
        """Whatever runs or sleeps is gone, as by an operator's hand."""
        self._agenda = [entry for entry in self._agenda if entry[2] not in self._turns]
        heapq.heapify(self._agenda)
        self._turns.clear()

    def person_answers(self, person: str, words: str, after: timedelta) -> None:
        """Whoever this is answers the first mail of each incident that reaches them, so long after it."""
        self.answers[person] = (words, after)

    def orders(self, order: Order, person: str, **more: Any) -> None:
        """A person's command on the first incident, by the dashboard: what isn't answered is clicked once more."""
        if not self.incidents.names():  # the event that opens it is still put off
            self.later(self.clock.at + MINUTE, lambda: self.orders(order, person, **more))
            return
        command = Command(order=order, by=Author(user=person), **more)
        for _ in range(2):
            try:
                obey.obey(self.broken, self.incidents.names()[0], [command], None)
            except (Crash, Unavailable):
                continue
            return

    def at(self, clock: timedelta, act: Callable[[], None]) -> None:
        """``act`` happens so long after the evening began."""
        self.later(EVENING + clock, act)

    # how time goes on

    def later(self, at: Instant, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), act))

    def run_for(self, long: timedelta) -> None:
        until = EVENING + long
        while (at := self._next_at()) <= until:
            self.clock.at = max(self.clock.at, at)
            self._step()
            self._people_answer()
            self._providers_report()
        self.clock.at = until

    def _next_at(self) -> Instant:
        waiting = (self.events.next_at(), self.pages.next_at(), self._agenda[0][0] if self._agenda else None)
        return min([at for at in waiting if at is not None] + [self._sweeps])

    def _step(self) -> None:
        now = self.clock.at
        if self._agenda and self._agenda[0][0] <= now:
            heapq.heappop(self._agenda)[2]()
        elif (at := self.events.next_at()) is not None and at <= now:
            self._triage(self.events.receive(10))
        elif (at := self.pages.next_at()) is not None and at <= now:
            self._page(self.pages.receive(1)[0])
        else:
            self._sweeps = self._sweeps + MINUTE
            sweep.run(self.deps)
            self.watchman()

    # the functions, each as AWS calls it

    def _triage(self, batch: list[Message]) -> None:
        deliveries = [self.delivery(message) for message in batch]
        try:
            again = triage.run(self.broken, deliveries)
        except Crash:
            return
        self.events.delete(batch, again, fails_once=self.deletes_fail_once)

    @staticmethod
    def delivery(message: Message) -> Delivery:
        return Delivery(
            message_id=message.id,
            group=message.group,
            body=message.body,
            generation="house",
            sequence=f"{message.sequence:039d}",
            sent_at=message.sent_at,
            receipt=message.id,
            times=message.receives,
        )

    def _page(self, message: Message) -> None:
        handle = Handle(message_id=message.id, receipt=message.id, times=message.receives)
        asked = page.Asked(order=message.body, attempt=f"attempt-{next(self._attempts)}", handle=handle)
        try:
            again = page.run_all(self.broken, [asked])
        except Crash:
            again = [message.id]
        if again and message.receives >= PAGES_TRIES:
            self.pages.delete([message])
            self.dead.append(f"page {message.body}")
        self.pages.delete([message], again, fails_once=self.deletes_fail_once)

    def _turn(self, incident: str, epoch: int, tries: int) -> None:
        try:
            taken = escalate.run(self.broken, incident, epoch)
        except (Crash, Unavailable):
            if tries == TRIES:
                self.dead.append(f"run {incident}-{epoch}")
            else:
                self._sleep(self.clock.at + min(2**tries, 30) * SECOND, incident, epoch, tries + 1)
            return
        if taken.wake_at is not None:
            self._sleep(max(taken.wake_at, self.clock.at), incident, taken.epoch, 1)

    def _sleep(self, until: Instant, incident: str, epoch: int, tries: int) -> None:
        def turn() -> None:
            self._turns.discard(turn)
            self._turn(incident, epoch, tries)

        self._turns.add(turn)
        self.later(until, turn)

    def _reply(self, receipt: reply_mail.Receipt, tries: int = 0) -> None:
        try:
            reply_mail.run(self.broken, receipt)
        except (Crash, Unavailable):
            if tries == len(AGAIN):
                self.dead.append(f"reply {receipt.at}")
            else:
                self.later(self.clock.at + AGAIN[tries], lambda: self._reply(receipt, tries + 1))

    def _track(self, report: Report, tries: int = 0) -> None:
        try:
            track.run_all(self.broken, [report])
        except (Crash, Unavailable):
            if tries == len(AGAIN):
                self.dead.append(f"report {report.provider_id}")
            else:
                self.later(self.clock.at + AGAIN[tries], lambda: self._track(report, tries + 1))

    # providers

    def _providers_report(self) -> None:
        for place, sent in enumerate(self.sent[self._reported :], start=self._reported + 1):
            if sent.notice.contact.medium in self.bounces and not sent.failed:
                report = Report(
                    medium=sent.notice.contact.medium,
                    provider_id=f"simulated-{place}",
                    outcome=Outcome.FAILED,
                    recipient=sent.notice.contact.address,
                    hard=True,
                    reason="550 5.1.1",
                    at=self.clock.at + 3 * SECOND,
                    sent_at=self.clock.at,
                )
                self.later(self.clock.at + 3 * SECOND, partial(self._track, report))
                self.later(self.clock.at + 5 * SECOND, partial(self._track, report))  # at least once
        self._reported = len(self.sent)

    # people

    def _people_answer(self) -> None:
        for sent in self.sent:
            notice = sent.notice
            if notice.page is None or notice.reply_to is None or sent.failed:
                continue
            person, incident = notice.page.user, notice.incident.id
            if person in self.answers and (person, incident) not in self.answered:
                self.answered.add((person, incident))
                words, after = self.answers[person]
                mail = self._mail(f"{person}-{incident}", notice.contact.address, notice.reply_to, words)
                self.later(self.clock.at + after, mail)

    def _mail(self, name: str, address: str, to: str, words: str) -> Callable[[], None]:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Message-ID"] = address, to, f"<{name}@acme.example>"
        mail.set_content(f"{words}\n")
        self.letters.mail[f"inbound/{name}"] = bytes(mail)
        receipt = reply_mail.Receipt(at=f"inbound/{name}", verdicts=PASSED, recipients=(to,))
        return lambda: self._reply(receipt)

    # what can be looked at

    def timelines(self) -> list[tuple[Incident, list[LogEntry], tuple[Page, ...]]]:
        found = [self.incidents.load(name) for name in self.incidents.names()]
        return [(x.incident, self.incidents.timeline(x.incident.id), x.pages) for x in found if x is not None]
