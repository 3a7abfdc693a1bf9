"""A night as people tell it: what came in when, who was told, who answered."""

from datetime import UTC, datetime, timedelta

from cli.world import Sent, World
from shared.domain.alert import Accepted, routed_key
from shared.domain.command import Command, Order
from shared.domain.directory import Directory, Medium
from shared.domain.event import Action, Event, Severity
from shared.domain.incident import Incident, fold
from shared.domain.instants import Instant
from shared.domain.timeline import Author, Kind, LogEntry

EVENING = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
INTEGRATION = "PEVENTS0000001"
Telling = tuple[str, str, str]  # when, whom, by what


def event(key: str = "disk", action: Action = Action.TRIGGER, **told: object) -> Event:
    said: dict[str, object] = {"severity": Severity.CRITICAL, "summary": "disk: full", "source": "db-1", **told}
    return Event(action=action, dedup_key=key, source_type="events_v2", **said)  # type: ignore[arg-type]


class Story:
    """Times are clock times of one night, ``03:05`` or ``03:05:20``."""

    def __init__(self, directory: Directory, fails: tuple[Medium, ...] = ()) -> None:
        self.world = World(directory, EVENING, fails)
        self._count = 0

    def at(self, clock: str) -> "Story":
        self.world.run_until(moment(clock))
        return self

    def receive(self, key: str = "disk", action: Action = Action.TRIGGER, **told: object) -> "Story":
        self._count += 1
        said = event(key, action, **told)
        self.world.accept(
            Accepted(
                event_id=f"event-{self._count}",
                accepted_at=self.world.clock.at,
                integration=INTEGRATION,
                key=routed_key(INTEGRATION, key),
                event=said,
            )
        )
        return self

    def resolve(self, key: str = "disk", **told: object) -> "Story":
        return self.receive(key, Action.RESOLVE, **told)

    def says(self, person: str, order: Order, **told: object) -> str:
        command = Command(order=order, by=Author(user=person), **told)  # type: ignore[arg-type]
        return self.world.order(self.incident.id, command)

    @property
    def incident(self) -> Incident:
        """The newest."""
        return self.incidents[-1]

    @property
    def incidents(self) -> list[Incident]:
        return [incident for incident, _, _ in self.world.timeline()]

    @property
    def log(self) -> list[LogEntry]:
        return self.world.incidents.timeline(self.incident.id)

    @property
    def kinds(self) -> list[Kind]:
        return [entry.kind for entry in self.log]

    @property
    def told(self) -> list[Telling]:
        """Everybody who was told, in order."""
        return [telling(sent) for sent in self.world.sent]

    def until(self, clock: str) -> list[Telling]:
        """Who is told from now until then."""
        already = len(self.world.sent)
        self.at(clock)
        return self.told[already:]

    def holds(self) -> None:
        """The invariants that hold at rest: what is stored is what the timeline tells."""
        for incident, log, pages in self.world.timeline():
            assert fold(incident.id, log) == incident
            assert incident.version == len(log)
            assert len({page.identity for page in pages}) == len(pages)
        assert not self.world.notebook.alarms


def moment(clock: str) -> Instant:
    parts = [int(part) for part in clock.split(":")]
    hours, minutes, seconds = (*parts, 0)[:3]
    return EVENING.replace(hour=0) + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def telling(sent: Sent) -> Telling:
    notice = sent.notice
    whom = notice.page.user if notice.page else "bundle" if notice.bundle else "answer"
    clock = sent.at.strftime("%H:%M:%S").removesuffix(":00")
    return clock, whom, notice.contact.medium.value + (" failed" if sent.failed else "")
