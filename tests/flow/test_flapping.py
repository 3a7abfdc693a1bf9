"""An alert that opens and recovers again and again: one incident from then on, and a recovery that has to last."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.alert import Accepted, KeyState, KeyStatus, key_hash, routed_key
from shared.domain.command import Command, Order
from shared.domain.directory import Directory, Flapping, Grouping, Maintenance, Service, UrgencyRule
from shared.domain.event import Action, Severity
from shared.domain.incident import Status
from shared.domain.timeline import Author, Kind
from shared.flow import triage
from shared.flow.envelope import Delivery, written
from tests.flow.people import INTEGRATIONS, directory, level
from tests.flow.story import INTEGRATION, Story, event, moment

MINUTES = timedelta(minutes=1)
RULE = Flapping(times=2, within=10 * MINUTES)
CHECKOUT = Service(name="checkout", policy="checkout", flapping=RULE, integrations=INTEGRATIONS)
RECOGNISED = "flapping: it opened 3 times within 10m; from now on it recovers only once it has been quiet for 10m"


def team(service: Service = CHECKOUT, version: int = 1, maintenance: tuple[Maintenance, ...] = ()) -> Directory:
    built = directory(level("ada"), level("grace"), service=service, version=version)
    return replace(built, maintenance=maintenance)


def story(service: Service = CHECKOUT) -> Story:
    return Story(team(service))


def flapping(night: Story | None = None, key: str = "disk") -> Story:
    """Opened at 03:00, 03:01 and 03:02: from then on it flaps. Nobody has answered."""
    night = night or story()
    for minute in range(3):
        night.at(f"03:0{minute}").receive(key)
        if minute < 2:
            night.at(f"03:0{minute}:30").resolve(key)
    return night


def key(night: Story, name: str = "disk") -> KeyState:
    found = night.world.incidents.key(key_hash(routed_key(INTEGRATION, name)))
    assert found is not None
    return found


def statuses(night: Story) -> list[Status]:
    return [incident.status for incident in night.incidents]


def last(night: Story) -> tuple[Kind, str | None, str | None]:
    entry = night.log[-1]
    return entry.kind, entry.text, entry.by.integration


R, T, A = Status.RESOLVED, Status.TRIGGERED, Status.ACKNOWLEDGED


def test_as_often_as_is_allowed_each_opening_is_an_incident_of_its_own() -> None:
    night = story().receive().at("03:01").resolve().at("03:02").receive().at("03:03").resolve()
    assert statuses(night) == [R, R]
    assert [entry.text for entry in night.log] == [None, None, None]
    night.holds()


def test_once_it_flaps_the_timeline_says_so_and_the_incident_stays() -> None:
    night = flapping()
    assert night.log[0].text == RECOGNISED
    night.at("03:03").resolve().at("03:04").receive().at("03:04:30").resolve().at("03:05").receive()
    assert statuses(night) == [R, R, T]
    assert (key(night).state, key(night).count) == (KeyStatus.OPEN, 3)
    night.holds()


def test_whoever_flaps_pages_no_more_than_an_alert_that_stays() -> None:
    night, steady = flapping(), story().at("03:02").receive()
    for minute in range(3, 9):
        night.at(f"03:0{minute}:10").resolve().at(f"03:0{minute}:50").receive()
    told = [telling for telling in night.at("03:20").told if telling[0] >= "03:02"]
    assert told == steady.at("03:20").told


def test_a_recovery_that_lasts_ends_the_incident_and_says_why() -> None:
    night = flapping().at("03:03").resolve().at("03:12:59")
    assert statuses(night) == [R, R, T]
    night.at("03:13")
    assert statuses(night) == [R, R, R]
    because = "flapping: it opened 3 times within 10m; recovered at 2026-11-23T03:03:00Z, and quiet since"
    assert last(night) == (Kind.RESOLVED, because, INTEGRATION)
    assert (key(night).state, night.world.incidents.waiting) == (KeyStatus.CLOSED, {})
    assert night.until("05:00") == []
    night.holds()


def test_quiet_is_counted_anew_from_the_last_recovery() -> None:
    night = flapping().at("03:03").resolve().at("03:12").receive().at("03:12:30").resolve()
    assert statuses(night.at("03:22:29"))[-1] is T
    assert statuses(night.at("03:22:30"))[-1] is R


def test_a_recovery_that_is_said_again_doesn_t_put_it_off() -> None:
    night = flapping().at("03:03").resolve()
    for minute in range(4, 10):
        night.at(f"03:0{minute}").resolve()
    assert statuses(night.at("03:13"))[-1] is R
    night.holds()


def test_what_came_back_and_stays_pages_like_any_alert() -> None:
    night = flapping().at("03:03").resolve().at("03:04").receive()
    assert night.until("03:09") == [("03:07", "grace", "email"), ("03:09", "grace", "sms")]
    assert statuses(night.at("06:00"))[-1] is T
    assert night.incident.exhausted


def test_after_a_quiet_window_it_begins_anew() -> None:
    night = flapping().at("03:03").resolve().at("03:14").receive().at("03:15").resolve()
    assert statuses(night) == [R, R, R, R]
    assert night.log[0].text is None
    night.holds()


def test_an_acknowledged_one_pages_nobody_while_it_flaps_and_ends_when_it_is_quiet() -> None:
    night = flapping().at("03:02:10")
    night.says("ada", Order.ACKNOWLEDGE)
    already = len(night.told)
    for minute in range(3, 9):
        night.at(f"03:0{minute}").resolve().at(f"03:0{minute}:30").receive()
    assert statuses(night)[-1] is A
    night.at("03:10").resolve().at("03:20")
    assert (statuses(night)[-1], len(night.told)) == (R, already)
    night.holds()


def test_what_comes_back_worse_is_on_the_timeline_and_may_wake_somebody() -> None:
    night = flapping_quietly()
    night.at("03:03").resolve().at("03:04").receive(severity=Severity.CRITICAL, summary="disk: gone")
    assert night.kinds[-2:] == [Kind.URGENCY_RAISED, Kind.LEVEL_ENTERED]
    assert night.told[-1] == ("03:04", "ada", "email")
    assert key(night).state is KeyStatus.OPEN
    assert night.world.incidents.waiting == {}
    night.holds()


def flapping_quietly() -> Story:
    night = story(replace(CHECKOUT, urgency=UrgencyRule.SEVERITY))
    for minute in range(3):
        night.at(f"03:0{minute}").receive(severity=Severity.WARNING)
        if minute < 2:
            night.at(f"03:0{minute}:30").resolve()
    return night


# what people do meanwhile


def test_a_person_who_resolves_it_is_final_and_the_next_opening_is_a_new_incident() -> None:
    night = flapping().at("03:03").resolve().at("03:04")
    night.says("ada", Order.RESOLVE)
    night.at("03:05").receive()
    assert statuses(night) == [R, R, R, T]
    assert (night.log[0].text or "").startswith("flapping: it opened 4 times")
    assert night.world.incidents.waiting == {}
    assert statuses(night.at("03:30"))[-1] is T  # the recovery of 03:03 was taken back
    night.holds()


def test_a_person_who_resolves_it_leaves_nothing_that_waits() -> None:
    night = flapping().at("03:03").resolve()
    night.says("ada", Order.RESOLVE)
    night.at("03:13")
    assert (key(night).state, night.world.incidents.waiting) == (KeyStatus.CLOSED, {})
    assert [entry.kind for entry in night.log].count(Kind.RESOLVED) == 1
    night.holds()


def test_what_was_merged_meanwhile_recovers_where_it_went() -> None:
    night = flapping().receive("cache").at("03:03").resolve()
    disk, cache = night.incidents[2:]
    merging = Command(order=Order.MERGE, by=Author(user="ada"), into=cache.id)
    assert "merged" in night.world.order(disk.id, merging)
    night.at("03:13")
    assert [entry.kind for entry in night.log][-1] is Kind.ALERT_RESOLVED
    assert night.incident.open
    assert night.incident.open_alerts == 1
    night.at("03:14").resolve("cache")
    assert not night.incident.open
    night.holds()


# beside other settings


def test_of_several_alerts_in_one_incident_each_recovers_by_its_own_measure() -> None:
    night = story(replace(CHECKOUT, grouping=Grouping(by=(), window=30 * MINUTES))).receive("steady")
    flapping(night)
    assert len(night.incidents) == 1
    assert [entry.text for entry in night.log if entry.text] == [RECOGNISED]
    night.at("03:03").resolve().at("03:04").resolve("steady")
    assert night.incident.open
    night.at("03:13")
    assert not night.incident.open
    ends = [entry for entry in night.log if entry.kind in (Kind.ALERT_RESOLVED, Kind.RESOLVED)]
    assert [(entry.kind, bool(entry.text)) for entry in ends[-2:]] == [
        (Kind.ALERT_RESOLVED, False),  # the steady one
        (Kind.RESOLVED, True),
    ]
    night.holds()


def test_what_a_pause_held_and_was_over_by_then_never_opened_and_doesn_t_count() -> None:
    night = story(replace(CHECKOUT, pause=MINUTES))
    for minute in range(6):
        night.at(f"03:0{minute}").receive().at(f"03:0{minute}:30").resolve()
    assert night.incidents == []
    night.at("03:07").receive().at("03:08:30").resolve()
    assert statuses(night) == [R]
    night.holds()


def test_what_outlasts_the_pause_each_time_flaps() -> None:
    night = story(replace(CHECKOUT, pause=MINUTES))
    for minute in (0, 2, 4):
        night.at(f"03:0{minute}").receive().at(f"03:0{minute + 1}:30").resolve()
    assert statuses(night) == [R, R, T]
    assert night.log[0].text == RECOGNISED
    night.at("03:06").receive()  # no pause: its incident is open
    assert (key(night).state, night.world.incidents.waiting) == (KeyStatus.OPEN, {})
    night.at("03:07").resolve().at("03:17")
    assert statuses(night) == [R, R, R]
    night.holds()


def test_maintenance_that_begins_meanwhile_neither_ends_it_nor_keeps_it() -> None:
    window = Maintenance(services=("checkout",), begin=moment("03:02:30"), end=moment("04:00"), reason="upgrade")
    night = Story(team(maintenance=(window,)))
    flapping(night).at("03:03").resolve().at("03:04").receive()
    assert statuses(night) == [R, R, T]
    night.at("03:05").resolve().at("03:15")
    assert statuses(night) == [R, R, R]
    night.at("03:20").receive()
    assert (key(night).state, len(night.incidents)) == (KeyStatus.HELD, 3)
    night.at("04:00")
    assert statuses(night) == [R, R, R, T]
    night.holds()


def test_held_by_maintenance_after_a_person_ended_it_the_alert_waits_for_its_end_not_for_its_recovery() -> None:
    window = Maintenance(services=("checkout",), begin=moment("03:04:30"), end=moment("04:00"), reason="upgrade")
    night = Story(team(maintenance=(window,)))
    flapping(night).at("03:03").resolve().at("03:04")
    night.says("ada", Order.RESOLVE)
    night.at("03:05").receive().at("03:59")
    assert key(night).state is KeyStatus.HELD
    night.at("04:00")
    assert (key(night).state, statuses(night)[-1]) == (KeyStatus.OPEN, T)
    night.holds()


def test_where_the_setting_is_gone_a_recovery_counts_at_once() -> None:
    night = flapping()
    night.world.directories.put(team(replace(CHECKOUT, flapping=None), version=2))
    night.at("03:03").resolve()
    assert statuses(night) == [R, R, R]
    night.at("03:04").receive()
    assert key(night).openings == ""
    night.holds()


def test_where_the_setting_goes_while_a_recovery_waits_it_counts_by_the_next_or_in_its_time() -> None:
    waits, again = flapping().at("03:03").resolve(), flapping().at("03:03").resolve()
    for night in (waits, again):
        night.world.directories.put(team(replace(CHECKOUT, flapping=None), version=2))
    assert statuses(waits.at("03:13"))[-1] is R
    assert statuses(again.at("03:04").resolve())[-1] is R
    assert again.world.incidents.waiting == {}
    again.at("03:05").receive().at("03:30")
    assert statuses(again)[-1] is T  # nothing of the old recovery is left
    again.holds()


def test_where_its_service_is_gone_it_still_recovers() -> None:
    night = flapping().at("03:03").resolve()
    night.world.directories.put(replace(team(version=2), services={}))
    assert statuses(night.at("03:13"))[-1] is R


def test_recoveries_that_meet_nothing_in_between_don_t_forget_the_openings() -> None:
    night = story()
    for minute in range(3):
        night.at(f"03:0{minute}").receive().at(f"03:0{minute}:20").resolve().resolve()
    assert statuses(night) == [R, R, T]


# what comes late, twice, or by a sender's own clock


def test_a_trigger_from_before_the_recovery_by_the_vendor_s_clock_doesn_t_take_it_back() -> None:
    night = flapping().at("03:03").resolve(timestamp=moment("03:02:50"))
    night.at("03:04").receive(timestamp=moment("03:02:40"))
    assert [drop.kind for drop in night.world.incidents.dropped.values()] == ["late"]
    assert key(night).state is KeyStatus.RECOVERING
    assert statuses(night.at("03:13"))[-1] is R
    night.holds()


def test_a_sender_s_acknowledgement_leaves_the_recovery_waiting() -> None:
    night = flapping().at("03:03").resolve().at("03:04").receive(action=Action.ACKNOWLEDGE)
    assert statuses(night)[-1] is A
    assert statuses(night.at("03:13"))[-1] is R
    night.holds()


@pytest.mark.parametrize("redelivered", [Action.TRIGGER, Action.RESOLVE])
def test_a_message_that_is_delivered_twice_changes_nothing(redelivered: Action) -> None:
    """The queue delivers a message anew, long after it took effect, and others after it."""
    night = flapping().at("03:03").resolve()
    if redelivered is Action.TRIGGER:
        night.at("03:04").receive()
    before = key(night), dict(night.world.incidents.waiting), night.log
    known, _, _ = before
    said = Accepted(
        event_id="event-6",
        accepted_at=known.accepted_at,
        integration=INTEGRATION,
        key=routed_key(INTEGRATION, "disk"),
        event=event(action=redelivered),
    )
    again = Delivery(
        message_id="again",
        group=known.hash,
        body=written(said),
        generation=known.generation,
        sequence=known.last_seq,
        sent_at=known.accepted_at,
    )
    assert triage.run(night.world.deps, [again]) == []
    assert (key(night), dict(night.world.incidents.waiting), night.log) == before
