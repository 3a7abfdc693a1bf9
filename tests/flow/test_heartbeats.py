"""A job that says it is well, falls silent, and beats again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.directory import Integration, Service
from shared.domain.errors import Conflict
from shared.domain.heartbeat import Heart, Pulse
from shared.domain.incident import Status
from shared.flow.heartbeats import raise_silence, take_beat
from shared.flow.ports import Unavailable
from shared.store.memory import MemoryIncidents
from tests.flow.people import directory, level
from tests.flow.story import EVENING, Story

HOUR = timedelta(hours=1)
BACKUP = Integration(
    id="PBACKUP0000001",
    name="backup",
    service="checkout",
    source="heartbeat",
    key="H" * 32,
    every=HOUR,
    grace=timedelta(minutes=10),
)


class Night(Story):
    """Swept each minute, as AWS does."""

    def __init__(self, integration: Integration = BACKUP) -> None:
        service = Service(name="checkout", policy="checkout", integrations=(integration,))
        super().__init__(directory(level("ada"), service=service))
        self.world.sweep()

    def beats(self) -> "Night":
        take_beat(self.world.deps, BACKUP)
        self.world.settle()
        return self

    def swept_until(self, clock: str) -> "Night":
        end = Story.at(Story(directory()), clock).world.clock.at
        while self.world.clock.at < end:
            self.world.run_until(min(self.world.clock.at + timedelta(minutes=1), end))
            self.world.sweep()
        return self

    def apply(self, integration: Integration | None, version: int) -> "Night":
        integrations = (integration,) if integration else ()
        service = Service(name="checkout", policy="checkout", integrations=integrations)
        self.world.directories.put(directory(level("ada"), service=service, version=version))
        return self


def test_a_backup_that_falls_silent_wakes_ada_and_its_next_beat_ends_it() -> None:
    night = Night().beats().swept_until("04:09")
    assert night.incidents == []
    night.swept_until("04:10")
    assert night.told == [("04:10", "ada", "email")]
    assert night.incident.title == "backup: no heartbeat for 70m; the last was at 2026-11-23T03:00:00Z"
    night.beats()
    assert night.incident.status is Status.RESOLVED
    night.holds()


def test_as_long_as_it_beats_nobody_hears_of_it() -> None:
    night = Night()
    for hour in range(4, 9):
        night.beats().swept_until(f"{hour:02d}:00")
    assert night.incidents == []


def test_one_that_never_beats_is_told_of_once() -> None:
    night = Night().swept_until("07:00")
    assert len(night.incidents) == 1
    assert night.incident.title == "backup: no heartbeat for 70m; none has come yet"


def test_each_silence_is_an_incident_of_its_own() -> None:
    night = Night().swept_until("04:11").beats().swept_until("05:25")
    assert [incident.status for incident in night.incidents] == [Status.RESOLVED, Status.TRIGGERED]


def test_an_interval_that_is_edited_counts_from_the_last_beat() -> None:
    night = Night().beats().swept_until("03:30").apply(replace(BACKUP, every=timedelta(minutes=40)), 2)
    night.swept_until("03:49")
    assert night.incidents == []
    assert len(night.swept_until("03:50").incidents) == 1


def test_one_that_is_taken_out_of_the_configuration_is_let_go() -> None:
    night = Night().beats().swept_until("03:30").apply(None, 2).swept_until("06:00")
    assert night.incidents == []
    assert night.world.incidents.overdue(night.world.clock.at + HOUR, 10) == []


def test_a_beat_at_the_moment_at_which_silence_is_found_wins() -> None:
    """Sweep has marked the silence and stops there; the beat's end of it comes before the word of it."""
    night = Night()
    heart = night.world.incidents.heart(BACKUP.id)
    assert heart is not None
    night.world.clock.at = heart.silent_at
    night.world.incidents.write_heart(heart, replace(heart, pulse=Pulse.SILENT))
    night.world.clock.at += timedelta(seconds=2)
    night.beats()
    with pytest.raises(Conflict):
        night.world.incidents.write_heart(replace(heart, pulse=Pulse.SILENT), replace(heart, pulse=Pulse.TOLD))
    night.swept_until("04:15")
    assert night.incidents == []


def test_word_of_a_silence_that_was_lost_is_given_by_the_next_sweep() -> None:
    class Away:
        def put(self, accepted: object, deduplication: str) -> None:
            raise Unavailable("the queue of events didn't answer")

    night = Night()
    heart = night.world.incidents.heart(BACKUP.id)
    assert heart is not None
    night.world.clock.at = heart.silent_at
    with pytest.raises(Unavailable):
        raise_silence(replace(night.world.deps, events=Away()), BACKUP.id)  # type: ignore[arg-type]
    night.swept_until("04:12")
    assert len(night.incidents) == 1


def test_a_store_that_is_away_is_told_to_who_beats() -> None:
    class Contended(MemoryIncidents):
        def write_heart(self, known: Heart | None, heart: Heart) -> None:
            raise Conflict("always")

    night = Night()
    with pytest.raises(Unavailable):
        take_beat(replace(night.world.deps, incidents=Contended()), BACKUP)
    assert night.world.clock.at == EVENING
