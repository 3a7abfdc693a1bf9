"""A service is away, an execution is gone, a message comes twice: paging goes on, and each page goes out once."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.command import Command, Order
from shared.domain.event import Action
from shared.domain.incident import Status
from shared.domain.timeline import Author, Kind, Why
from shared.flow import escalate, obey
from shared.flow.channel import SendFailed
from shared.flow.ports import Unavailable
from tests.flow.people import directory, level
from tests.flow.story import EVENING
from tests.seeds import seeds
from tests.simulation.faults import Crash, Mode, wrong
from tests.simulation.house import House
from tests.simulation.invariants import hold_always, hold_at_rest
from tests.simulation.test_crashes import NIGHTS, Night, ends, the_texts_wait_for_half_a_minute

MINUTE = timedelta(minutes=1)
LONG = timedelta(hours=3)
Call = Callable[[], Any]


def house_at_night() -> House:
    house = House(directory(level("ada"), level("grace")))
    house.receive()
    house.watchman = lambda: hold_always(house)
    return house


def told(house: House) -> list[tuple[str, str, timedelta]]:
    """Whom, by what, and how late after it was due."""
    return [
        (sent.notice.page.user, sent.notice.contact.medium.value, sent.at - sent.notice.page.due)
        for sent in house.sent
        if sent.notice.page
    ]


EVERYBODY = [
    ("ada", "email"),
    ("ada", "sms"),
    ("grace", "email"),
    ("grace", "sms"),
    ("fallback", "email"),
    ("fallback", "sms"),
]


@pytest.mark.parametrize("call_away", ["incidents.commit", "incidents.claim", "directory.current"])
def test_a_service_that_is_away_for_a_moment_costs_seconds_not_the_queue_s_time_out(call_away: str) -> None:
    house = House(directory(level("ada"), level("grace")))
    refused = 0

    def away(count: int, name: str, call: Call) -> Any:
        nonlocal refused
        if name == call_away and refused < 2:
            refused += 1
            raise Unavailable(f"{name}: throttled")
        return call()

    house.calls.meet = away
    house.receive()
    house.run_for(MINUTE)
    assert refused == 2
    assert house.sent[0].at - EVENING <= timedelta(seconds=15)
    house.run_for(LONG)
    hold_at_rest(house)


def test_step_functions_denied_for_ten_minutes_paging_goes_on_by_sweep() -> None:
    house = house_at_night()

    def denied(count: int, name: str, call: Call) -> Any:
        if name == "executions.start" and house.clock.at < EVENING + 10 * MINUTE:
            raise Unavailable("Step Functions: AccessDenied")
        return call()

    house.calls.meet = denied
    house.run_for(LONG)
    hold_at_rest(house)
    assert [(who, how) for who, how, _ in told(house)] == EVERYBODY
    assert all(late <= 2 * MINUTE for _, _, late in told(house))


def test_mail_denied_the_texts_go_out_at_once() -> None:
    house = house_at_night()

    def denied(count: int, name: str, call: Call) -> Any:
        if name == "email.send":
            raise SendFailed("SES: AccessDenied")
        return call()

    house.calls.meet = denied
    house.run_for(LONG)
    hold_at_rest(house)
    assert [(who, how) for who, how, _ in told(house)] == [(who, how) for who, how in EVERYBODY if how == "sms"]
    assert [sent.at for sent in house.sent[:2]] == [EVENING, EVENING + 5 * MINUTE]


@pytest.mark.parametrize("minute", range(12))
def test_an_execution_that_is_deleted_is_missed_by_nobody(minute: int) -> None:
    house = house_at_night()
    house.run_for(minute * MINUTE + timedelta(seconds=30))
    house.lose_executions()
    house.run_for(LONG)
    hold_at_rest(house)
    assert [(who, how) for who, how, _ in told(house)] == EVERYBODY
    assert all(late <= 2 * MINUTE for _, _, late in told(house))


def test_a_run_that_wakes_to_another_epoch_ends_itself_and_changes_nothing() -> None:
    house = house_at_night()
    house.run_for(MINUTE)
    (name,) = house.incidents.names()
    for order in (Order.ACKNOWLEDGE, Order.UNACKNOWLEDGE):
        obey.obey(house.deps, name, [Command(order=order, by=Author(user="ada"))], None)
    house.run_for(6 * MINUTE)
    before, waiting = house.timelines(), len(house.pages.waiting)
    taken = escalate.run(house.deps, name, 1)
    assert (taken.wake_at, taken.why) == (None, Why.STALE_EPOCH)
    assert (house.timelines(), len(house.pages.waiting)) == (before, waiting)


# A recovery behind a message of its key that comes again waits for that, as the order of a key is kept: in this night
# it would come after the bundle. That nothing of a bundle is sent twice has a test among the storms.
PATIENT_NIGHTS = [night for night in NIGHTS if night is not the_texts_wait_for_half_a_minute]


@pytest.mark.parametrize("night", PATIENT_NIGHTS, ids=lambda night: night.__name__)
def test_every_message_delivered_twice_changes_nothing(night: Night) -> None:
    once, twice = night(), night()
    twice.deletes_fail_once = True
    for house in (once, twice):
        house.run_for(LONG)
        hold_at_rest(house)
    assert [log for _, log, _ in twice.timelines()] == [log for _, log, _ in once.timelines()]
    assert told(twice) == told(once)


@pytest.mark.parametrize("seed", seeds(40))
def test_with_a_third_of_all_writes_throttled_nothing_is_lost(seed: int) -> None:
    chance = random.Random(seed)
    house, unrecorded = NIGHTS[seed % len(NIGHTS)](), 0

    def throttled(count: int, name: str, call: Call) -> Any:
        nonlocal unrecorded
        if name.startswith("incidents.") and house.clock.at < EVENING + 20 * MINUTE and chance.random() < 0.3:
            unrecorded += name == "incidents.settle"
            raise Unavailable("ProvisionedThroughputExceededException")
        return call()

    house.calls.meet = throttled
    house.run_for(LONG)
    hold_at_rest(house, unknown=unrecorded)
    assert house.timelines()


@pytest.mark.parametrize("seed", seeds(60))
def test_whatever_goes_wrong_in_half_an_hour_it_comes_to_rest(seed: int) -> None:
    chance = random.Random(seed)
    house = NIGHTS[seed % len(NIGHTS)]()
    faults = 0

    def storm(count: int, name: str, call: Call) -> Any:
        nonlocal faults
        if house.clock.at < EVENING + 30 * MINUTE and chance.random() < 0.1:
            faults += 1
            return wrong(chance.choice(list(Mode)), name, call)
        return call()

    house.calls.meet = storm
    house.run_for(LONG)
    hold_at_rest(house, unknown=faults)


def test_a_message_redriven_days_later_changes_nothing_where_newer_ones_took_effect() -> None:
    house = house_at_night()
    house.run_for(MINUTE)
    house.receive(action=Action.RESOLVE)
    house.run_for(timedelta(days=3))
    house.redrive(EVENING)
    house.run_for(timedelta(days=3, hours=1))
    hold_at_rest(house)
    assert ends(house) == [(Status.RESOLVED, False)]
    assert [drop.kind for drop in house.incidents.dropped.values()] == ["late"]


def test_a_message_redriven_days_later_that_nothing_overtook_pages() -> None:
    house = House(directory(level("ada"), level("grace")))
    house.clock.at = EVENING + timedelta(days=3)
    house.redrive(EVENING)
    house.run_for(timedelta(days=3, minutes=1))
    assert [(who, how) for who, how, _ in told(house)] == [("ada", "email")]
    (_, log, _) = house.timelines()[0]
    assert log[0].kind is Kind.TRIGGERED


def test_a_crash_is_no_exception_that_a_handler_could_hold_up() -> None:
    assert not issubclass(Crash, Exception)
