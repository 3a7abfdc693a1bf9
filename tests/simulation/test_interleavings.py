"""Two at once: whatever one does falls, whole, between any two AWS calls of the other; each order is tried."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any, cast

import pytest

from shared.domain.command import Command, Order
from shared.domain.directory import Flapping, Maintenance, Medium, Service, UrgencyRule
from shared.domain.event import Action, Severity
from shared.domain.incident import Status
from shared.domain.timeline import Author, Kind
from shared.flow import escalate, obey, page, sweep, triage
from shared.flow.ports import Deps
from shared.store.memory import MemoryDirectory
from tests.flow.people import INTEGRATIONS, directory, level
from tests.simulation.faults import Calls, watched
from tests.simulation.house import House
from tests.simulation.invariants import hold_always, hold_at_rest

MINUTE = timedelta(minutes=1)
JUST_BEFORE = 5 * MINUTE - timedelta(seconds=1)  # level 2 is due after five minutes
Act = Callable[[House, Deps], Any]


def incident(house: House) -> str:
    return house.incidents.names()[0]


def the_timer(house: House, deps: Deps) -> None:
    """The execution wakes: level 2 is due."""
    escalate.run(deps, incident(house), 1)


def the_sweep(house: House, deps: Deps) -> None:
    """As if the execution were 30 s late."""
    sweep.run(deps)


def ada_acknowledges(house: House, deps: Deps) -> None:
    obey.obey(deps, incident(house), [Command(order=Order.ACKNOWLEDGE, by=Author(user="ada"), entry=1)], None)


def grace_acknowledges(house: House, deps: Deps) -> None:
    obey.obey(deps, incident(house), [Command(order=Order.ACKNOWLEDGE, by=Author(user="grace"), entry=1)], None)


def ada_escalates(house: House, deps: Deps) -> None:
    """What she saw was level 1."""
    obey.obey(deps, incident(house), [Command(order=Order.ESCALATE, by=Author(user="ada"), entry=1)], None)


def ada_resolves(house: House, deps: Deps) -> None:
    obey.obey(deps, incident(house), [Command(order=Order.RESOLVE, by=Author(user="ada"), entry=1)], None)


def the_alarm_recovers(house: House, deps: Deps) -> None:
    house.receive(action=Action.RESOLVE)
    _triage(house, deps)


def the_alarm_repeats(house: House, deps: Deps) -> None:
    house.receive()
    _triage(house, deps)


def the_alarm_changes(house: House, deps: Deps) -> None:
    house.receive(severity=Severity.WARNING)
    _triage(house, deps)


def _triage(house: House, deps: Deps) -> None:
    """Of one alert key there is one worker at a time: the queue sees to that."""
    batch = house.events.receive(10)
    again = triage.run(deps, [house.delivery(message) for message in batch])
    house.events.delete(batch, again)


def ada_asks_linus(house: House, deps: Deps) -> None:
    command = Command(order=Order.ADD_RESPONDERS, by=Author(user="ada"), users=("linus",))
    obey.obey(deps, incident(house), [command], None)


ACTS: tuple[Act, ...] = (
    the_timer,
    the_sweep,
    ada_acknowledges,
    grace_acknowledges,
    ada_escalates,
    ada_resolves,
    ada_asks_linus,
    the_alarm_recovers,
    the_alarm_repeats,
    the_alarm_changes,
)
OF_ONE_KEY = {the_alarm_recovers, the_alarm_repeats, the_alarm_changes}
PAIRS = [(a, b) for a, b in product(ACTS, ACTS) if not (a in OF_ONE_KEY and b in OF_ONE_KEY)]


def waiting_at_level_one(lateness: timedelta = timedelta(0)) -> House:
    """Ada was told by mail and text, and level 2 is due this second (or so long ago)."""
    house = House(directory(level("ada"), level("grace"), level("linus")))
    house.receive()
    house.run_for(JUST_BEFORE)
    house.clock.at += timedelta(seconds=1) + lateness
    return house


def run_with(first: Act, second: Act, before_call: int) -> House | None:
    """``first``, with ``second`` whole before its call of that number; None where it makes no such call."""
    late = timedelta(seconds=31) if the_sweep in (first, second) else timedelta(0)
    house, calls = waiting_at_level_one(late), Calls()

    def meet(count: int, name: str, call: Callable[[], Any]) -> Any:
        if count == before_call:
            second(house, house.deps)
        return call()

    calls.meet = meet
    first(house, watched(house.deps, calls))
    return house if before_call <= len(calls.made) else None


def every_way(first: Act, second: Act) -> Iterator[House]:
    """``second`` before each call of ``first`` in turn; there are few of them."""
    for before_call in range(1, 100):
        house = run_with(first, second, before_call)
        if house is None:
            assert before_call > 1
            return
        yield house
    raise AssertionError("they never stop")


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda act: act.__name__)
def test_two_at_once_both_take_effect_and_no_level_is_skipped(first: Act, second: Act) -> None:
    for house in every_way(first, second):
        hold_always(house)
        levels = [e.level for _, log, _ in house.timelines()[:1] for e in log if e.kind is Kind.LEVEL_ENTERED]
        assert levels == list(range(1, len(levels) + 1))
        house.watchman = lambda house=house: hold_always(house)  # type: ignore[misc]
        house.run_for(timedelta(hours=2))
        hold_at_rest(house)
        assert_effect_of(house, {first, second})


def assert_effect_of(house: House, acts: set[Act]) -> None:
    """What each asked for is on the timeline, or something that made it pointless is."""
    (state, log, pages), *others = house.timelines()
    kinds = [entry.kind for entry in log]
    if acts & {ada_resolves, the_alarm_recovers}:
        assert state.status is Status.RESOLVED
        assert len(others) <= (1 if acts & OF_ONE_KEY - {the_alarm_recovers} else 0)
    if acts == {ada_acknowledges, grace_acknowledges}:
        assert set(state.acknowledged_by) == {"ada", "grace"}
    elif acts & {ada_acknowledges, grace_acknowledges}:
        assert Kind.ACKNOWLEDGED in kinds or state.status is Status.RESOLVED
    if ada_asks_linus in acts and state.status is not Status.RESOLVED:
        assert {p.identity for p in pages if p.of_responder} == {"R1#linus#0", "R1#linus#1"}
    if the_alarm_changes in acts and state.status is not Status.RESOLVED:
        assert Kind.ALERT_CHANGED in kinds


def test_a_person_s_escalation_and_the_timer_enter_level_two_once() -> None:
    for house in every_way(ada_escalates, the_timer):
        log = house.timelines()[0][1]
        assert [e.level for e in log if e.kind is Kind.LEVEL_ENTERED] in ([1], [1, 2])


def test_no_page_of_a_responder_leaves_once_they_have_answered_but_what_was_in_flight() -> None:
    """Whoever else has acknowledged meanwhile changes nothing for them."""
    sent, before_call, made = list[int](), 1, 1
    while before_call <= made:
        house, calls = House(directory(level("ada"), level("grace"))), Calls()
        house.receive()
        house.run_for(MINUTE)
        ada_asks_linus(house, house.deps)
        grace_acknowledges(house, house.deps)
        escalate.run(house.deps, incident(house), 2)
        (message,) = house.pages.receive(1)

        def meet(count: int, name: str, call: Callable[[], Any], house: House = house, at: int = before_call) -> Any:
            if count == at:
                answer = Command(order=Order.NOTE, by=Author(user="linus"), text="looking")
                obey.obey(house.deps, incident(house), [answer], None)
            return call()

        calls.meet = meet
        page.run(watched(house.deps, calls), message.body, "attempt")
        made = len(calls.made)
        sent.append(len([each for each in house.sent if each.notice.page and each.notice.page.of_responder]))
        claim = next((n for n, name in enumerate(calls.made, start=1) if name == "incidents.claim"), made + 1)
        assert sent[-1] == (1 if before_call > claim else 0)
        before_call += 1
    assert set(sent) == {0, 1}


@pytest.mark.parametrize("person", ["ada", "grace"])
def test_no_page_leaves_once_somebody_has_it_but_what_was_in_flight(person: str) -> None:
    """A page that is claimed when the acknowledgement is committed goes out; one that is claimed later doesn't."""
    sent, before_call, made = list[int](), 1, 1
    while before_call <= made:
        house, calls = House(directory(level("ada"), level("grace"))), Calls()
        house.receive()
        house.run_for(2 * MINUTE - timedelta(seconds=1))
        house.clock.at += timedelta(seconds=1)
        the_timer(house, house.deps)
        (message,) = house.pages.receive(1)

        def meet(count: int, name: str, call: Callable[[], Any], house: House = house, at: int = before_call) -> Any:
            if count == at:
                command = Command(order=Order.ACKNOWLEDGE, by=Author(user=person))
                obey.obey(house.deps, incident(house), [command], None)
            return call()

        calls.meet = meet
        page.run(watched(house.deps, calls), message.body, "attempt")
        made = len(calls.made)
        sent.append(len(house.sent) - 1)
        claim = next((n for n, name in enumerate(calls.made, start=1) if name == "incidents.claim"), made + 1)
        assert sent[-1] == (1 if before_call > claim else 0)
        before_call += 1
    assert sent == sorted(sent)
    assert set(sent) == {0, 1}


@pytest.mark.parametrize("other", [the_alarm_changes, the_alarm_repeats, ada_asks_linus])
def test_a_level_that_failed_is_followed_by_the_next_whoever_writes_meanwhile(other: Act) -> None:
    """Of low urgency: no timer would find it."""
    quiet = Service(name="checkout", policy="checkout", urgency=UrgencyRule.LOW, integrations=INTEGRATIONS)
    before_call, made = 1, 1
    while before_call <= made:
        house, calls = House(directory(level("ada"), level("grace"), service=quiet), fails=[Medium.EMAIL]), Calls()
        house.receive()
        _triage(house, house.deps)
        escalate.run(house.deps, incident(house), 1)
        page.run(house.deps, house.pages.receive(1)[0].body, "by mail")
        house.fails.add(Medium.SMS)
        text = house.pages.receive(1)[0].body
        house.fails.discard(Medium.EMAIL)

        def meet(count: int, name: str, call: Callable[[], Any], house: House = house, at: int = before_call) -> Any:
            if count == at:
                other(house, house.deps)
            return call()

        calls.meet = meet
        page.run(watched(house.deps, calls), text, "by text")
        made, before_call = len(calls.made), before_call + 1
        assert [e.level for e in house.timelines()[0][1] if e.kind is Kind.LEVEL_ENTERED] == [1, 2]


# two incidents, one merged into the other


def two_at_level_one() -> House:
    house = House(directory(level("ada"), level("grace")))
    house.receive()
    house.receive("cache")
    house.run_for(MINUTE)
    return house


def merges(house: House, deps: Deps) -> None:
    source, target = house.incidents.names()
    obey.obey(deps, source, [Command(order=Order.MERGE, by=Author(user="ada"), into=target)], None)


def recovers(key: str) -> Act:
    def act(house: House, deps: Deps) -> None:
        house.receive(key, action=Action.RESOLVE)
        _triage(house, deps)

    return act


def merges_back(house: House, deps: Deps) -> None:
    target, source = house.incidents.names()
    obey.obey(deps, source, [Command(order=Order.MERGE, by=Author(user="grace"), into=target)], None)


def acknowledges_the_other(house: House, deps: Deps) -> None:
    command = Command(order=Order.ACKNOWLEDGE, by=Author(user="grace"))
    obey.obey(deps, house.incidents.names()[1], [command], None)


BESIDE = {
    "the one that goes recovers": recovers("disk"),
    "the one that is left recovers": recovers("cache"),
    "the other way round": merges_back,
    "the other is acknowledged": acknowledges_the_other,
}


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("merge_first", [True, False])
def test_a_merge_and_anything_else_at_once_lose_no_alert(name: str, merge_first: bool) -> None:
    first, second = (merges, BESIDE[name]) if merge_first else (BESIDE[name], merges)
    before_call, made = 1, 1
    while before_call <= made:
        house, calls = two_at_level_one(), Calls()

        def meet(count: int, name: str, call: Callable[[], Any], house: House = house, at: int = before_call) -> Any:
            if count == at:
                second(house, house.deps)
            return call()

        calls.meet = meet
        first(house, watched(house.deps, calls))
        made, before_call = len(calls.made), before_call + 1
        hold_always(house)
        for key in ("disk", "cache"):
            recovers(key)(house, house.deps)
        assert [state.status for state, _, _ in house.timelines()] == [Status.RESOLVED] * 2
        house.run_for(timedelta(hours=2))
        hold_at_rest(house)


# a recovery that is held, and counts this minute


def about_to_recover(*, resolved: bool = False) -> House:
    """It flaps, and was quiet for ten minutes; ``resolved``: a person ended it meanwhile."""
    rule = Flapping(times=2, within=10 * MINUTE)
    service = Service(name="checkout", policy="checkout", flapping=rule, integrations=INTEGRATIONS)
    house = House(directory(level("ada"), level("grace"), service=service))
    for number in range(3):
        house.at(number * MINUTE, house.receive)
        house.at(number * MINUTE + MINUTE / 2, lambda: house.receive(action=Action.RESOLVE))
    house.run_for(12 * MINUTE)
    if resolved:
        flaps_most = house.incidents.names()[-1]
        obey.obey(house.deps, flaps_most, [Command(order=Order.RESOLVE, by=Author(user="ada"))], None)
    house.clock.at += MINUTE
    return house


def a_person_resolves_it(house: House, deps: Deps) -> None:
    obey.obey(deps, house.incidents.names()[-1], [Command(order=Order.RESOLVE, by=Author(user="ada"))], None)


AT_THE_END = {
    "it comes back": the_alarm_repeats,
    "it comes back worse": the_alarm_changes,
    "it recovers once more": the_alarm_recovers,
    "a person resolves it": a_person_resolves_it,
    "another sweep": the_sweep,
}


@pytest.mark.parametrize("resolved", [False, True])
@pytest.mark.parametrize("name", AT_THE_END)
@pytest.mark.parametrize("sweep_first", [True, False])
def test_a_recovery_that_counts_and_anything_else_at_once(name: str, sweep_first: bool, resolved: bool) -> None:
    first, second = (the_sweep, AT_THE_END[name]) if sweep_first else (AT_THE_END[name], the_sweep)
    before_call, made = 0, 0  # the first without the other: fewer calls are made where it comes early
    while before_call <= made:
        house, calls = about_to_recover(resolved=resolved), Calls()

        def meet(count: int, name: str, call: Callable[[], Any], house: House = house, at: int = before_call) -> Any:
            if count == at:
                second(house, house.deps)
            return call()

        calls.meet = meet
        first(house, watched(house.deps, calls))
        made, before_call = max(made, len(calls.made)), before_call + 1
        if before_call == 1:
            continue
        hold_always(house)
        house.run_for(timedelta(hours=2))
        last = house.timelines()[-1][0]
        assert last.open is (name in ("it comes back", "it comes back worse"))
        hold_at_rest(house)


def test_what_begins_to_wait_while_sweep_lets_something_else_go_still_waits() -> None:
    """A person ended what flapped; in maintenance it comes anew and is held, as sweep puts away the old hold."""
    before_call, made = 0, 0  # the first without the other: fewer calls are made where it comes early
    while before_call <= made:
        house, calls = about_to_recover(resolved=True), Calls()
        window = Maintenance(services=("checkout",), begin=house.clock.at, end=house.clock.at + 30 * MINUTE)
        under_way = replace(house.deps.directory.current(), version=2, maintenance=(window,))
        house.receive(action=Action.RESOLVE)  # closes the key, and leaves the hold to sweep
        _triage(house, house.deps)
        cast("MemoryDirectory", house.deps.directory).put(under_way)

        def meet(count: int, name: str, call: Callable[[], Any], house: House = house, at: int = before_call) -> Any:
            if count == at:
                the_alarm_repeats(house, house.deps)
            return call()

        calls.meet = meet
        the_sweep(house, watched(house.deps, calls))
        made, before_call = max(made, len(calls.made)), before_call + 1
        house.run_for(timedelta(hours=2))
        assert house.timelines()[-1][0].open is (before_call > 1)
        hold_at_rest(house)
