"""Alerts alike join one open incident."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from shared.domain.alert import Accepted, key_hash, routed_key
from shared.domain.command import Command, Order
from shared.domain.directory import Grouping, Maintenance, Service, Urgency, UrgencyRule
from shared.domain.event import Severity
from shared.domain.grouping import Group, takes
from shared.domain.incident import ALERTS_MAX, Status, fold
from shared.domain.timeline import Author, Kind
from shared.flow import triage
from shared.flow.envelope import Delivery, written
from tests.flow.people import INTEGRATIONS, directory, level
from tests.flow.story import EVENING, INTEGRATION, Story, event, moment

ALIKE = Grouping(by=("component", "class"), window=timedelta(minutes=10))
DISK = {"component": "db", "class_": "disk"}


def story(by: Grouping = ALIKE, **more: object) -> Story:
    service = Service(name="checkout", policy="checkout", grouping=by, integrations=INTEGRATIONS, **more)  # type: ignore[arg-type]
    return Story(directory(level("ada"), level("grace"), service=service))


def test_ten_alerts_alike_wake_ada_once() -> None:
    night = story()
    for number in range(10):
        night.receive(f"disk-{number}", **DISK)
    assert night.told == [("03:00", "ada", "email")]
    assert night.incident.alerts == night.incident.open_alerts == 10
    assert night.kinds == [Kind.TRIGGERED, Kind.LEVEL_ENTERED, *[Kind.ALERT_JOINED] * 9]
    night.holds()


def test_alerts_that_differ_in_one_field_open_their_own() -> None:
    night = story().receive("a", **DISK).receive("b", **{**DISK, "component": "web"})
    assert len(night.incidents) == 2
    night.holds()


@pytest.mark.parametrize("lacks", [{"component": "db"}, {"component": "db", "class_": ""}])
def test_an_alert_that_lacks_a_field_never_joins(lacks: dict[str, str]) -> None:
    night = story().receive("a", **lacks).receive("b", **lacks)
    assert len(night.incidents) == 2


def test_a_field_may_lie_within_the_details() -> None:
    by = Grouping(by=("custom_details.host",), window=timedelta(minutes=10))
    night = story(by)
    for key, host in (("a", "db-1"), ("b", "db-1"), ("c", "db-2")):
        night.receive(key, custom_details={"host": host})
    assert [incident.alerts for incident in night.incidents] == [2, 1]


def test_by_time_alone_whatever_comes_within_the_window_joins() -> None:
    night = story(Grouping(window=timedelta(minutes=10))).receive("a").at("03:09").receive("b", source="web-7")
    assert len(night.incidents) == 1


def test_the_window_counts_from_the_last_that_joined() -> None:
    night = story().receive("a", **DISK).at("03:09").receive("b", **DISK).at("03:18").receive("c", **DISK)
    assert [incident.alerts for incident in night.incidents] == [3]
    night.at("03:29").receive("d", **DISK)
    assert [incident.alerts for incident in night.incidents] == [3, 1]
    night.holds()


def test_nothing_joins_what_is_resolved() -> None:
    night = story().receive("a", **DISK).at("03:01").resolve("a").at("03:02").receive("b", **DISK)
    assert [incident.status for incident in night.incidents] == [Status.RESOLVED, Status.TRIGGERED]
    night.holds()


def test_the_incident_resolves_when_all_its_alerts_have() -> None:
    night = story().receive("a", **DISK).receive("b", **DISK).at("03:01").resolve("a")
    assert night.incident.open
    assert night.incident.open_alerts == 1
    assert night.resolve("b").incident.status is Status.RESOLVED
    night.holds()


def test_an_alert_that_comes_back_joins_again_and_is_waited_for() -> None:
    night = story().receive("a", **DISK).receive("b", **DISK).at("03:01").resolve("a").receive("a", **DISK).resolve("b")
    assert len(night.incidents) == 1
    assert night.incident.open
    assert night.resolve("a").incident.status is Status.RESOLVED
    assert len(night.world.incidents.alerts(night.incident.id)) == 2
    night.holds()


def test_alerts_alike_follow_the_incident_that_theirs_was_merged_into() -> None:
    night = story().receive("web", component="web", class_="5xx").receive("a", **DISK)
    into, merged = night.incidents
    night.world.order(merged.id, Command(order=Order.MERGE, by=Author(user="ada"), into=into.id))
    night.receive("b", **DISK)
    assert [(incident.id, incident.alerts) for incident in night.incidents if incident.open] == [(into.id, 3)]
    night.holds()


def test_who_has_it_isn_t_woken_by_another_alert() -> None:
    night = story().receive("a", **DISK)
    night.says("ada", Order.ACKNOWLEDGE)
    already = len(night.told)
    night.receive("b", **DISK).at("06:00")
    assert night.told[already:] == []
    assert night.incident.status is Status.ACKNOWLEDGED


def test_an_alert_of_high_urgency_that_joins_a_low_incident_pages_its_level_anew_once() -> None:
    night = story(urgency=UrgencyRule.SEVERITY).receive("a", severity=Severity.WARNING, **DISK)
    assert night.incident.urgency is Urgency.LOW
    night.at("03:04").receive("b", severity=Severity.CRITICAL, **DISK).receive("c", severity=Severity.CRITICAL, **DISK)
    assert night.incident.urgency is Urgency.HIGH
    assert night.until("03:08") == [("03:06", "ada", "sms")]
    assert night.told[:2] == [("03:00", "ada", "email"), ("03:04", "ada", "email")]
    assert night.kinds.count(Kind.URGENCY_RAISED) == 1
    night.holds()


def test_an_incident_takes_a_thousand_alerts_and_no_more() -> None:
    night = story().receive("a", **DISK)
    group = Group(hash="g", incident=night.incident.id, until=EVENING)
    assert takes(group, replace(night.incident, alerts=ALERTS_MAX - 1), EVENING)
    assert not takes(group, replace(night.incident, alerts=ALERTS_MAX), EVENING)


def test_what_maintenance_held_joins_one_incident_when_it_ends() -> None:
    team = directory(service=Service(name="checkout", policy="checkout", grouping=ALIKE, integrations=INTEGRATIONS))
    window = Maintenance(services=("checkout",), begin=moment("03:00"), end=moment("04:00"))
    night = Story(replace(team, maintenance=(window,)))
    for number in range(4):
        night.at(f"03:{number:02d}").receive(f"disk-{number}", **DISK)
    assert night.incidents == []
    night.at("04:00")
    assert [incident.alerts for incident in night.incidents] == [4]
    assert night.told == [("04:00", "ada", "email")]
    night.holds()


def test_ten_alike_at_once_join_one_incident_fifty_times() -> None:
    """Ten functions at the same moment, each with an alert of its own key; whoever loses reads again and joins."""
    for round_ in range(50):
        night, together = story(), Barrier(10)

        def deliver(number: int, night: Story = night, together: Barrier = together, round_: int = round_) -> list[str]:
            accepted = Accepted(
                event_id=f"event-{round_}-{number}",
                accepted_at=EVENING,
                integration=INTEGRATION,
                key=routed_key(INTEGRATION, f"disk-{number}"),
                event=event(f"disk-{number}", **DISK),
            )
            delivery = Delivery(
                message_id=f"m{number}",
                group=key_hash(accepted.key),
                body=written(accepted),
                generation="queue",
                sequence=f"{number:039d}",
                sent_at=EVENING,
            )
            together.wait()
            again = [delivery]
            while triage.run(night.world.deps, again):  # what can't be settled now comes again
                pass
            return []

        with ThreadPoolExecutor(10) as pool:
            list(pool.map(deliver, range(10)))
        night.world.settle()
        assert [incident.alerts for incident in night.incidents] == [10]
        assert night.told == [("03:00", "ada", "email")]
        for incident, log, _ in night.world.timeline():
            assert fold(incident.id, log) == incident
