"""A fault at each AWS call of triage, escalate, page and reply, one night a fault: what must hold holds."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest

from shared.domain.command import Order
from shared.domain.directory import Medium, Service, UrgencyRule
from shared.domain.event import Action, Severity
from shared.domain.incident import Status
from shared.domain.timeline import Kind
from tests.flow.people import INTEGRATIONS, directory, level
from tests.seeds import FAULTS, seeds
from tests.simulation import faults
from tests.simulation.faults import Mode
from tests.simulation.house import House
from tests.simulation.invariants import hold_always, hold_at_rest

MINUTE = timedelta(minutes=1)
LONG = timedelta(hours=2)


def grace_takes_it() -> House:
    """Ada sleeps, Grace acknowledges by mail with a note, the alarm recovers."""
    house = House(directory(level("ada"), level("grace")))
    house.receive()
    house.person_answers("grace", "ack\nI look at the cache.", MINUTE)
    house.at(30 * MINUTE, lambda: house.receive(action=Action.RESOLVE))
    return house


def nobody_answers() -> House:
    """Two levels, twice; then the fallback contact."""
    house = House(directory(level("ada"), level("grace"), repeat=1))
    house.receive()
    return house


def mail_is_down() -> House:
    """Each mail fails, so each text goes out at once."""
    house = House(directory(level("ada"), level("grace")), fails=[Medium.EMAIL])
    house.receive()
    house.at(20 * MINUTE, lambda: house.receive(action=Action.RESOLVE))
    return house


def it_flaps() -> House:
    """In one batch: it opens, repeats, worsens, ends, opens again; then a person resolves it with a note."""
    house = House(directory(level("ada"), level("grace")))
    house.receive(severity=Severity.WARNING)
    house.receive(severity=Severity.WARNING)
    house.receive(severity=Severity.CRITICAL)
    house.receive(action=Action.RESOLVE)
    house.receive()
    house.receive()
    house.person_answers("ada", "resolve\nIt was the cache.", 4 * MINUTE)
    return house


def low_urgency_and_mail_is_down() -> House:
    """Low urgency tells by mail and doesn't escalate: the text is all that is left, and no timer would find it."""
    quiet = Service(name="checkout", policy="checkout", urgency=UrgencyRule.LOW, integrations=INTEGRATIONS)
    house = House(directory(level("ada"), level("grace"), service=quiet), fails=[Medium.EMAIL])
    house.receive()
    return house


def nothing_works() -> House:
    """Every method of everybody fails, the fallback contact's too: the alarm topic is the last that is left."""
    house = House(directory(level("ada"), level("grace")), fails=list(Medium))
    house.receive()
    return house


def it_is_held() -> House:
    """A pause of five minutes: one alert worsens meanwhile and opens then, another is over before."""
    paused = Service(name="checkout", policy="checkout", pause=5 * MINUTE, integrations=INTEGRATIONS)
    house = House(directory(level("ada"), level("grace"), service=paused))
    house.receive(severity=Severity.WARNING)
    house.receive("cache")
    house.at(MINUTE, lambda: house.receive(severity=Severity.CRITICAL))
    house.at(MINUTE, lambda: house.receive("cache", action=Action.RESOLVE))
    house.person_answers("ada", "ack", MINUTE)
    return house


def linus_is_asked() -> House:
    """Grace acknowledges, and asks Linus, whose mail fails and whose text arrives; then he says that he looks."""
    house = House(directory(level("grace"), level("ada")))
    house.receive()
    house.person_answers("grace", "ack", MINUTE)
    house.at(8 * MINUTE, lambda: house.fails.add(Medium.EMAIL))
    house.at(8 * MINUTE, lambda: house.orders(Order.ADD_RESPONDERS, "grace", users=("linus",)))
    house.at(30 * MINUTE, lambda: house.orders(Order.NOTE, "linus", text="looking"))
    return house


def linus_can_t_be_reached() -> House:
    """Nothing that Linus has works: that is said, and the levels go on."""
    house = House(directory(level("ada"), level("grace")))
    house.receive()
    house.at(4 * MINUTE, lambda: house.fails.update(Medium))
    house.at(4 * MINUTE, lambda: house.orders(Order.ADD_RESPONDERS, "ada", users=("linus",)))
    house.at(4 * MINUTE + timedelta(seconds=30), lambda: house.fails.difference_update((Medium.EMAIL, Medium.SMS)))
    return house


def mail_bounces() -> House:
    """Each mail bounces seconds after it was sent, so each text goes out then; the alarm recovers."""
    house = House(directory(level("ada"), level("grace")))
    house.bounces.add(Medium.EMAIL)
    house.receive()
    house.at(20 * MINUTE, lambda: house.receive(action=Action.RESOLVE))
    return house


def everything_bounces() -> House:
    """Every message is taken, and arrives nowhere: the levels go by, and the alarm topic is the last that is left."""
    house = House(directory(level("ada"), level("grace")))
    house.bounces.update(Medium)
    house.receive()
    return house


NIGHTS = (
    mail_bounces,
    everything_bounces,
    linus_is_asked,
    linus_can_t_be_reached,
    grace_takes_it,
    nobody_answers,
    mail_is_down,
    it_flaps,
    low_urgency_and_mail_is_down,
    nothing_works,
    it_is_held,
)
Night = Callable[[], House]


@cache
def as_it_should_be(night: Night) -> House:
    """The night without a fault: to be looked at only."""
    house = night()
    house.run_for(LONG)
    return house


CASES = [
    pytest.param(night, number, mode, id=f"{night.__name__}-{number}-{name}-{mode}")
    for night in NIGHTS
    for number, name in enumerate(as_it_should_be(night).calls.made, start=1)
    for mode in Mode
]


@pytest.mark.parametrize("night", NIGHTS, ids=lambda night: night.__name__)
def test_without_a_fault_each_night_is_as_it_should_be(night: Night) -> None:
    house = night()
    house.watchman = lambda: hold_always(house)
    house.run_for(LONG)
    hold_at_rest(house)
    assert not house.dead
    assert not house.notebook.faults or house.fails or house.bounces


@pytest.mark.parametrize(("night", "number", "mode"), CASES)
def test_with_one_fault_what_must_hold_holds(night: Night, number: int, mode: Mode) -> None:
    well, house = as_it_should_be(night), night()
    house.calls.meet = faults.at(number, mode)
    house.watchman = lambda: hold_always(house)
    house.run_for(LONG)
    hold_at_rest(house, unknown=1)
    if Mode.IS_REFUSED is not mode or not house.calls.made[number - 1].endswith(".send"):
        assert reached(house) >= reached(well)
    assert house.notebook.alarms or not well.notebook.alarms
    if people_who_answered(house) == people_who_answered(well):
        assert ends(house) == ends(well)


@pytest.mark.parametrize("seed", seeds(120))
def test_with_several_faults_in_one_night_what_must_hold_holds(seed: int) -> None:
    chance = random.Random(seed)
    night = NIGHTS[seed % len(NIGHTS)]
    calls = len(as_it_should_be(night).calls.made)
    wrong = {chance.randint(1, calls): chance.choice(list(Mode)) for _ in range(FAULTS)}
    house = night()
    house.calls.meet = faults.at_each(wrong)
    house.watchman = lambda: hold_always(house, faults=len(wrong))
    house.run_for(LONG)
    hold_at_rest(house, unknown=len(wrong))


def ends(house: House) -> list[tuple[Status, bool]]:
    return [(incident.status, incident.exhausted) for incident, _, _ in house.timelines()]


def people_who_answered(house: House) -> list[str]:
    """Without a reply address, or a mail that arrived, nobody can answer."""
    return sorted(person for person, _ in house.answered)


def reached(house: House) -> set[tuple[int, str]]:
    """Whom each incident reached; the first is 0. (A number may be lost by a crash.)"""
    names = house.incidents.names()
    return {
        (names.index(s.notice.incident.id), s.notice.page.user) for s in house.sent if s.notice.page and not s.failed
    }


def test_the_nights_are_what_their_names_say() -> None:
    told = {}
    for night in NIGHTS:
        house = night()
        house.run_for(LONG)
        told[night.__name__] = [(i.status, i.exhausted, len(log)) for i, log, _ in house.timelines()]
        kinds = [entry.kind for _, log, _ in house.timelines() for entry in log]
        assert Kind.LEVEL_ENTERED in kinds
    assert told["grace_takes_it"] == [(Status.RESOLVED, False, 6)]
    assert told["nobody_answers"] == [(Status.TRIGGERED, True, 6)]
    assert [status for status, _, _ in told["it_flaps"]] == [Status.RESOLVED, Status.RESOLVED]
