"""Incidents and directories in memory: the same behaviour as DynamoDB's, held to it by one contract suite.

For tests and ``simulate``. One lock stands for a transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from threading import RLock

from shared.domain.alert import Accepted, Alert, KeyState
from shared.domain.bundling import Line
from shared.domain.change_event import AcceptedChange
from shared.domain.directory import Directory, Medium
from shared.domain.errors import Conflict, NotFound
from shared.domain.grouping import Group
from shared.domain.heartbeat import Heart
from shared.domain.holding import Held
from shared.domain.incident import Incident
from shared.domain.instants import Instant, format_instant
from shared.domain.notification import STALE, WAITING, Page, PageState, may_follow, message_name, stale_at
from shared.domain.paging import still_due
from shared.domain.plain import to_plain
from shared.domain.put_aside import PutAside, dropped, quarantined
from shared.domain.timeline import LogEntry
from shared.flow.ports import NothingApplied
from shared.flow.stores import Admission, AlreadyCounted, Change, Loaded, Overdue


@dataclass(slots=True)
class _Row:
    """One incident and what belongs to it."""

    incident: Incident
    due_at: Instant | None
    tries: int = 0
    log: list[LogEntry] = field(default_factory=list[LogEntry])
    alerts: dict[str, Alert] = field(default_factory=dict[str, Alert])
    pages: dict[str, Page] = field(default_factory=dict[str, Page])
    page_due: dict[str, tuple[Instant, int]] = field(default_factory=dict[str, tuple[Instant, int]])
    markers: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    at: Instant
    accepted: Accepted | AcceptedChange
    reason: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    at: Instant
    message_id: str
    body: str
    reason: str


class MemoryIncidents:
    """``IncidentStore`` in memory. ``dropped`` and ``quarantined`` are there to be looked at."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}
        self._keys: dict[str, KeyState] = {}
        self._groups: dict[str, Group] = {}
        self._hearts: dict[str, Heart] = {}
        self._postponed: dict[str, tuple[Instant, int]] = {}  # hearts and lines that sweep failed at
        self._lines: dict[str, Line] = {}
        self._hearts_as_of = 0
        self._sent: dict[tuple[Medium, str], dict[tuple[str, str], None]] = {}
        self._numbers: dict[str, int] = {}
        self._lock = RLock()
        self.dropped: dict[tuple[str, str], Dropped] = {}
        self.quarantined: dict[str, Quarantined] = {}
        self.waiting: dict[str, tuple[Held, Instant, int]] = {}  # by key hash; when due, how often postponed
        self.holds: list[tuple[Instant, Held]] = []  # all there ever were, and when each began

    def names(self) -> list[str]:
        """The ids of all incidents, in the order in which they were opened."""
        return list(self._rows)

    def open_incidents(self) -> list[str]:
        return [name for name, row in self._rows.items() if row.incident.open]

    def latest(self, incident: str, limit: int) -> list[LogEntry]:
        return self.timeline(incident)[::-1][:limit]

    def key(self, key_hash: str) -> KeyState | None:
        return self._keys.get(key_hash)

    def load(self, incident: str) -> Loaded | None:
        with self._lock:
            row = self._rows.get(incident)
            if row is None:
                return None
            return Loaded(incident=row.incident, due_at=row.due_at, pages=tuple(row.pages.values()))

    def state(self, incident: str) -> Incident | None:
        row = self._rows.get(incident)
        return row.incident if row else None

    def held(self, key_hash: str) -> Held | None:
        waits = self.waiting.get(key_hash)
        return waits[0] if waits else None

    def group(self, group_hash: str) -> Group | None:
        return self._groups.get(group_hash)

    def heart(self, integration: str) -> Heart | None:
        return self._hearts.get(integration)

    def write_heart(self, known: Heart | None, heart: Heart) -> None:
        with self._lock:
            if self._hearts.get(heart.integration) != known:
                raise Conflict(f"the heartbeat {heart.integration} was written meanwhile")
            self._hearts[heart.integration] = heart
            self._postponed.pop(heart.integration, None)

    def hearts_as_of(self) -> int:
        return self._hearts_as_of

    def note_hearts(self, version: int) -> None:
        self._hearts_as_of = version

    def line(self, name: str) -> Line | None:
        return self._lines.get(name)

    def lines(self) -> list[Line]:
        """All there are."""
        return list(self._lines.values())

    def write_line(self, line: Line) -> None:
        with self._lock:
            self._line_as_read(line)
            self._lines[line.name] = replace(line, version=line.version + 1)
            self._postponed.pop(line.name, None)

    def timeline(self, incident: str) -> list[LogEntry]:
        row = self._rows.get(incident)
        return list(row.log) if row else []

    def alerts(self, incident: str, limit: int = 1000) -> list[Alert]:
        row = self._rows.get(incident)
        own = [incident, *row.incident.merged] if row else []
        return [alert for name in own for alert in self._rows[name].alerts.values()][:limit]

    def next_number(self, series: str) -> int:
        with self._lock:
            self._numbers[series] = self._numbers.get(series, 0) + 1
            return self._numbers[series]

    def commit(self, change: Change) -> None:
        changes = [each for each in (change, change.along) if each is not None]
        with self._lock:
            for each in changes:  # every condition first; then all of it is written
                self._check(each)
            for each in changes:
                self._carry(each)

    def count_repeats(self, known: KeyState, key: KeyState) -> None:
        with self._lock:
            self._unchanged(known, key)
            self._keys[key.hash] = key

    def remember(self, known: KeyState | None, key: KeyState, ttl: Instant | None) -> None:
        with self._lock:
            self._unchanged(known, key)
            self._keys[key.hash] = key

    def last_seen(self, incident: str) -> Instant | None:
        hashes = [key for key in self._keys.values() if key.incident == incident]
        return max((key.last_seen for key in hashes if key.in_incident), default=None)

    def claim(self, page: Page, now: Instant, attempt: str, admission: Admission | None = None) -> Page | None:
        with self._lock:
            row = self._rows.get(page.incident)
            held = row.pages.get(page.identity) if row else None
            if row is None or held is None or not still_due(row.incident, held):
                return None
            if held.state in (PageState.CLAIMED, PageState.BUNDLED) and held.attempt == attempt:
                return held
            if held.state is not page.state or held.attempts != page.attempts or not _free(held, now):
                return None
            if admission is not None:
                self._check_admission(admission)
                self.write_line(admission.line)
                if admission.instead is not None:
                    self._add_page(admission.instead)
                if admission.bundled:
                    bundled = replace(held, state=PageState.BUNDLED, attempt=attempt, claimed_at=None)
                    self._settle(bundled)
                    return bundled
            claimed = replace(
                held, state=PageState.CLAIMED, attempt=attempt, attempts=held.attempts + 1, claimed_at=now
            )
            row.pages[page.identity] = claimed
            row.page_due[page.identity] = (now + STALE, row.page_due.get(page.identity, (now, 0))[1])
            return claimed

    def settle(self, page: Page) -> None:
        with self._lock:
            self._held(page)
            self._settle(page)

    def sent(self, medium: Medium, provider_id: str) -> list[tuple[str, str]]:
        return list(self._sent.get((medium, message_name(provider_id)), ()))

    def postpone(self, overdue: Overdue, until: Instant, tries: int) -> None:
        with self._lock:
            row = self._rows.get(overdue.incident)
            if overdue.heart is not None:
                self._postponed[overdue.heart] = until, tries
            elif overdue.line is not None:
                self._postponed[overdue.line] = until, tries
            elif overdue.held is not None and overdue.held in self.waiting:
                self.waiting[overdue.held] = self.waiting[overdue.held][0], until, tries
            elif row is not None and overdue.page in row.page_due:
                row.page_due[str(overdue.page)] = (until, tries)
            elif row is not None and overdue.page is None and row.due_at is not None:
                row.due_at, row.tries = until, tries

    def overdue(self, before: Instant, limit: int) -> list[tuple[Overdue, int]]:
        with self._lock:
            found = [found for name, row in self._rows.items() for found in _waiting(name, row)]
            found += [(Overdue(incident="", due_at=due, held=held.hash), n) for held, due, n in self.waiting.values()]
            found += [self._late(line, line.due_at) for line in self._lines.values() if line.due_at is not None]
            found += [self._silent(heart, heart.due_at) for heart in self._hearts.values() if heart.due_at is not None]
        late = [(overdue, tries) for overdue, tries in found if overdue.due_at <= before]
        return sorted(late, key=lambda pair: pair[0].due_at)[:limit]

    def _silent(self, heart: Heart, due_at: Instant) -> tuple[Overdue, int]:
        until, tries = self._postponed.get(heart.integration, (due_at, 0))
        return Overdue(incident="", due_at=until, heart=heart.integration), tries

    def _late(self, line: Line, due_at: Instant) -> tuple[Overdue, int]:
        until, tries = self._postponed.get(line.name, (due_at, 0))
        return Overdue(incident="", due_at=until, line=line.name), tries

    def record_drop(self, at: Instant, accepted: Accepted | AcceptedChange, reason: str, kind: str) -> None:
        name = (format_instant(accepted.accepted_at), accepted.event_id)
        self.dropped[name] = Dropped(at=at, accepted=accepted, reason=reason, kind=kind)

    def quarantine(self, at: Instant, message_id: str, body: str, reason: str) -> None:
        self.quarantined[message_id] = Quarantined(at=at, message_id=message_id, body=body, reason=reason)

    def put_aside(self, since: Instant, until: Instant) -> list[PutAside]:
        found = [
            dropped(d.accepted.accepted_at, d.kind, d.reason, d.accepted.event_id, to_plain(d.accepted))
            for d in self.dropped.values()
        ]
        found += [quarantined(q.at, q.reason, q.message_id, q.body) for q in self.quarantined.values()]
        return sorted((each for each in found if since <= each.at <= until), key=lambda each: each.at, reverse=True)

    def _check(self, change: Change) -> None:
        incident = change.incident
        row = self._rows.get(incident.id) if incident else None
        if row and change.marker in row.markers:
            raise AlreadyCounted(f"{change.marker} took effect before")
        if incident and (row.incident.version if row else 0) != change.before:
            raise Conflict(f"{incident.id} isn't at version {change.before} any more")
        if change.settled is not None:
            self._held(change.settled)
        if any(page.identity in self._pages_of(page.incident) for page in change.pages):
            raise Conflict("one of these pages exists already")
        if change.key is not None:
            self._unchanged(change.known, change.key)
        if change.group is not None and self._groups.get(change.group.hash) != change.known_group:
            raise Conflict("another alert of this group came meanwhile")

    def _carry(self, change: Change) -> None:
        if change.incident is not None:
            self._write_incident(change, change.incident)
        for page in change.pages:
            self._add_page(page)
        if change.settled is not None:
            self._settle(change.settled)
        if change.key is not None:
            self._keys[change.key.hash] = change.key
        if change.group is not None:
            self._groups[change.group.hash] = change.group
        if change.held is not None:
            self._hold(change.held)
        if change.released is not None:
            self.waiting.pop(change.released, None)

    def _write_incident(self, change: Change, incident: Incident) -> None:
        row = self._rows.setdefault(incident.id, _Row(incident, change.due_at))
        row.incident, row.due_at, row.tries = incident, change.due_at, 0
        row.log.extend(change.entries)
        if change.alert is not None:
            row.alerts[change.alert.id] = change.alert
        if change.marker is not None:
            row.markers.add(change.marker)

    def _hold(self, held: Held) -> None:
        if held.hash not in self.waiting:
            self.holds.append((held.accepted.accepted_at, held))
        self.waiting[held.hash] = held, held.due_at, 0

    def _add_page(self, page: Page) -> None:
        row = self._rows[page.incident]
        row.pages[page.identity] = page
        row.page_due[page.identity] = (page.due, 0)

    def _line_as_read(self, line: Line) -> None:
        held = self._lines.get(line.name)
        if (held.version if held else 0) != line.version:
            raise Conflict("another page of this number came meanwhile")

    def _check_admission(self, admission: Admission) -> None:
        self._line_as_read(admission.line)
        instead = admission.instead
        if instead is not None and instead.identity in self._pages_of(instead.incident):
            raise Conflict(f"the page {instead.identity} of {instead.incident} exists already")

    def _held(self, page: Page) -> None:
        held = self._pages_of(page.incident).get(page.identity)
        if held is None or held.attempt != page.attempt or not may_follow(held.state, page.state):
            raise Conflict(f"another attempt holds the page {page.identity} of {page.incident}")

    def _settle(self, page: Page) -> None:
        row = self._rows[page.incident]
        row.pages[page.identity] = page
        if page.state is PageState.SENT and page.provider_id:
            told = self._sent.setdefault((page.medium, message_name(page.provider_id)), {})
            told[page.incident, page.identity] = None
        if page.state in WAITING:
            row.page_due[page.identity] = (page.due, 0)
        else:
            row.page_due.pop(page.identity, None)

    def _pages_of(self, incident: str) -> dict[str, Page]:
        row = self._rows.get(incident)
        return row.pages if row else {}

    def _unchanged(self, known: KeyState | None, key: KeyState) -> None:
        if self._keys.get(key.hash) != known:
            raise Conflict("somebody wrote this alert key meanwhile")


def _waiting(name: str, row: _Row) -> Iterator[tuple[Overdue, int]]:
    if row.due_at is not None:
        yield Overdue(incident=name, due_at=row.due_at), row.tries
    for identity, (due_at, tries) in row.page_due.items():
        yield Overdue(incident=name, due_at=due_at, page=identity), tries


def _free(page: Page, now: Instant) -> bool:
    return page.state is PageState.DUE or (page.state is PageState.CLAIMED and stale_at(page) <= now)


class MemoryDirectory:
    """``DirectoryStore`` in memory; the last that was put is in force."""

    def __init__(self) -> None:
        self._versions: dict[int, Directory] = {}

    def put(self, directory: Directory) -> None:
        self._versions[directory.version] = directory

    def current(self) -> Directory:
        if not self._versions:
            raise NothingApplied
        return self._versions[max(self._versions)]

    def fresh(self) -> Directory:
        return self.current()

    def version(self, number: int) -> Directory:
        if number not in self._versions:
            raise NotFound(f"the directory has no version {number}")
        return self._versions[number]
