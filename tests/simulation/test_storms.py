"""Storms over one person's number: bundled, never more than the limit, nobody twice, nothing lost."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.channels.gsm7 import parts
from shared.domain.bundling import Line, line_name
from shared.domain.command import Command, Order
from shared.domain.directory import Medium
from shared.domain.event import Action
from shared.domain.notification import REACHED, PageState
from shared.domain.timeline import Author
from shared.flow import bundle, escalate, obey, page, triage
from shared.flow.ports import Deps
from tests.flow.people import directory, level, user
from tests.flow.story import EVENING, Story
from tests.seeds import TOLD, seeds
from tests.simulation.faults import Calls, Mode, at, watched, wrong
from tests.simulation.house import House
from tests.simulation.invariants import hold_always, hold_at_rest, pages_of

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
STORM = 50
BY_TEXT_FIRST = user("ada", high=((0, "phone"), (2, "mail")))
NUMBER = BY_TEXT_FIRST.contacts[1].address
Call = Callable[[], Any]
Act = Callable[[House, Deps], None]


def fifty_within_a_minute(minutes: int = 120) -> House:
    """Each pages Ada by text, and by mail two minutes later; her level lasts so long."""
    house = House(directory(level("ada", minutes=minutes), users=(BY_TEXT_FIRST, user("grace"))))
    for number in range(STORM):
        house.at(number * SECOND, lambda key=f"disk-{number}": house.receive(key))  # type: ignore[misc]
    house.watchman = lambda: hold_always(house)
    return house


def to_ada(house: House, medium: Medium) -> list[tuple[timedelta, list[int]]]:
    """When, and which incidents; the first is 0."""
    names = house.incidents.names()
    return [
        (sent.at - EVENING, [names.index(page.incident) for page in pages_of(sent)])
        for sent in house.sent
        if sent.notice.contact.medium is medium and pages_of(sent)[0].user == "ada"
    ]


def line_of(house: House) -> Line:
    line = house.incidents.line(line_name(Medium.SMS, NUMBER))
    assert line is not None
    return line


def test_fifty_incidents_in_a_minute_are_five_texts_one_bundle_and_a_mail_each() -> None:
    house = fifty_within_a_minute()
    house.run_for(HOUR)
    hold_at_rest(house)
    texts, mails = to_ada(house, Medium.SMS), to_ada(house, Medium.EMAIL)
    assert texts[:5] == [(number * SECOND, [number]) for number in range(5)]
    assert texts[5:] == [(15 * MINUTE, list(range(5, STORM)))]  # the second at which the first is so old
    assert sorted(number for _, [number] in mails) == list(range(STORM))
    at_once = {number: when for when, [number] in mails if number >= 5}
    assert at_once == {number: number * SECOND for number in range(5, STORM)}
    states = Counter(page.state for _, _, pages in house.timelines() for page in pages)
    assert states == {PageState.SENT: 2 * STORM}


def test_a_day_of_storms_keeps_every_window_and_names_everything() -> None:
    """An incident every forty seconds for five hours, and nobody answers: each of the windows has its turn."""
    house = House(directory(level("ada", minutes=600), users=(BY_TEXT_FIRST, user("grace"))))
    for number in range(450):
        house.at(number * 40 * SECOND, lambda key=f"disk-{number}": house.receive(key))  # type: ignore[misc]
    house.run_for(9 * HOUR)
    hold_at_rest(house)
    named = Counter(number for _, numbers in to_ada(house, Medium.SMS) for number in numbers)
    counted = [page.error for _, _, pages in house.timelines() for page in pages if page.state is PageState.FAILED]
    assert set(named.values()) == {1}
    assert len(named) + len(counted) == 450
    assert all(error and "only counted" in error for error in counted)
    assert sorted(number for _, [number] in to_ada(house, Medium.EMAIL)) == list(range(450))


def test_what_is_resolved_meanwhile_is_not_named() -> None:
    house = fifty_within_a_minute()
    for number in range(10, STORM):
        house.at(5 * MINUTE, lambda key=f"disk-{number}": house.receive(key, action=Action.RESOLVE))  # type: ignore[misc]
    house.run_for(HOUR)
    hold_at_rest(house)
    assert to_ada(house, Medium.SMS)[5:] == [(15 * MINUTE, list(range(5, 10)))]


def test_where_all_is_over_nothing_is_sent_and_the_number_is_free() -> None:
    house = fifty_within_a_minute()
    for number in range(STORM):
        house.at(5 * MINUTE, lambda key=f"disk-{number}": house.receive(key, action=Action.RESOLVE))  # type: ignore[misc]
    house.run_for(HOUR)
    hold_at_rest(house)
    assert len(to_ada(house, Medium.SMS)) == 5
    assert (line_of(house).listed, line_of(house).due, line_of(house).going) == ((), None, None)


def test_a_hundred_and_fifty_at_once_those_that_can_t_be_listed_are_counted_and_mailed_at_once() -> None:
    house = House(directory(level("ada", minutes=120), users=(BY_TEXT_FIRST, user("grace"))))
    for number in range(150):
        house.receive(f"disk-{number}")
    house.run_for(HOUR)
    hold_at_rest(house)
    [bundle] = [sent.notice.bundle for sent in house.sent if sent.notice.bundle]
    assert bundle is not None
    assert len(bundle.pages) == 100
    shown = bundle.text.partition(" and ")[0].count(",") + 1
    assert f" and {145 - shown} more. https://tocsin.example/open/" in bundle.text
    assert parts(bundle.text) <= 2
    mailed = to_ada(house, Medium.EMAIL)
    assert len({number for _, [number] in mailed}) == 150


def test_the_queue_that_forgets_a_bundle_is_made_good_by_sweep() -> None:
    house = fifty_within_a_minute()

    def forgetful(count: int, name: str, call: Call) -> Any:
        return None if name == "pages.put_bundle" else call()

    house.calls.meet = forgetful
    house.run_for(HOUR)
    hold_at_rest(house)
    [(when, _)] = to_ada(house, Medium.SMS)[5:]
    assert 15 * MINUTE <= when <= 15 * MINUTE + 90 * SECOND


def test_every_message_delivered_twice_sends_nothing_twice() -> None:
    house = fifty_within_a_minute()
    house.deletes_fail_once = True
    house.run_for(HOUR)
    hold_at_rest(house)
    assert [len(numbers) for _, numbers in to_ada(house, Medium.SMS)] == [1] * 5 + [STORM - 5]


@pytest.mark.parametrize("mode", Mode)
def test_whatever_becomes_of_the_bundle_s_own_send_everybody_is_told(mode: Mode) -> None:
    well = fifty_within_a_minute()
    well.run_for(HOUR)
    sends = [number for number, name in enumerate(well.calls.made, start=1) if name == "sms.send"]
    house = fifty_within_a_minute()
    house.calls.meet = at(sends[5], mode)
    house.run_for(2 * HOUR)
    hold_at_rest(house, unknown=1)
    bundles = to_ada(house, Medium.SMS)[5:]
    told = {number for _, numbers in bundles for number in numbers}
    assert told == (set() if mode is Mode.IS_REFUSED else set(range(5, STORM)))
    assert len(bundles) == {Mode.IS_REFUSED: 0, Mode.DIES_BEFORE: 1}.get(mode, 2)
    assert len(to_ada(house, Medium.EMAIL)) == STORM


@pytest.mark.parametrize("seed", seeds(20))
def test_a_storm_in_which_calls_go_wrong_for_half_an_hour_comes_to_rest(seed: int) -> None:
    """Acknowledged, resolved and raised in between, in an order of chance."""
    chance, faults = random.Random(seed), 0
    minutes = chance.choice([5, 20, 120])
    house = fifty_within_a_minute(minutes)
    house.watchman = lambda: None
    for number in chance.sample(range(STORM), 20):
        moment = timedelta(seconds=chance.randint(60, 1800))
        house.at(moment, lambda key=f"disk-{number}": house.receive(key, action=Action.RESOLVE))  # type: ignore[misc]

    def unlucky(count: int, name: str, call: Call) -> Any:
        nonlocal faults
        if house.clock.at < EVENING + 30 * MINUTE and chance.random() < 0.03:
            faults += 1
            return wrong(chance.choice(list(Mode)), name, call)
        return call()

    house.calls.meet = unlucky
    house.run_for(8 * HOUR)
    hold_at_rest(house, unknown=faults)
    for _, _, pages in house.timelines():
        assert {page.state for page in pages} <= REACHED | {
            PageState.SUPERSEDED,
            PageState.FAILED,
            PageState.UNKNOWN,
        }, TOLD


def test_simulate_bundles_as_well() -> None:
    story = Story(directory(level("ada", minutes=120), users=(BY_TEXT_FIRST, user("grace"))))
    for number in range(STORM):
        story.receive(f"disk-{number}")
    texts = [telling for telling in story.until("04:00") if telling[1:] != ("ada", "email")]
    assert story.told[:5] == [("03:00", "ada", "sms")] * 5
    assert texts == [("03:15", "bundle", "sms")]
    story.holds()


# two at once over one number


def two_pages_of_one_number(texts: int) -> House:
    """Of two incidents, in the queue; the number was sent so many texts a minute ago."""
    house = House(directory(level("ada", minutes=120), users=(BY_TEXT_FIRST, user("grace"))))
    house.incidents.write_line(Line(medium=Medium.SMS, address=NUMBER, sent=(EVENING - MINUTE,) * texts))
    for key in ("disk", "cache"):
        house.receive(key)
        batch = house.events.receive(10)
        house.events.delete(batch, triage.run(house.deps, [house.delivery(message) for message in batch]))
    for name in house.incidents.names():
        escalate.run(house.deps, name, 1)
    return house


def page_of(place: int) -> Act:
    def act(house: House, deps: Deps) -> None:
        order = page.Order(incident=house.incidents.names()[place], identity="1#ada#0")
        page.run(deps, order, f"attempt of {place}")

    return act


def the_bundle_goes(house: House, deps: Deps) -> None:
    bundle.run(deps, bundle.Order(line=line_name(Medium.SMS, NUMBER)), f"attempt at {len(house.calls.made)}")


def the_bundle_goes_too(house: House, deps: Deps) -> None:
    bundle.run(deps, bundle.Order(line=line_name(Medium.SMS, NUMBER)), "another attempt")


def the_first_is_acknowledged(house: House, deps: Deps) -> None:
    command = Command(order=Order.ACKNOWLEDGE, by=Author(user="grace"))
    obey.obey(deps, house.incidents.names()[0], [command], None)


def every_way(begin: Callable[[], House], first: Act, second: Act) -> Iterator[House]:
    """``second``, whole, before each call of ``first`` in turn."""
    before_call, made = 1, 1
    while before_call <= made:
        house, calls = begin(), Calls()

        def meet(count: int, name: str, call: Call, house: House = house, at: int = before_call) -> Any:
            if count == at:
                second(house, house.deps)
            return call()

        calls.meet = meet
        first(house, watched(house.deps, calls))
        made, before_call = len(calls.made), before_call + 1
        yield house


def states(house: House) -> list[PageState]:
    return [pages[0].state for _, _, pages in house.timelines()]


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0)])
def test_of_two_pages_for_the_last_text_one_is_sent_and_one_listed(first: int, second: int) -> None:
    for house in every_way(lambda: two_pages_of_one_number(4), page_of(first), page_of(second)):
        assert sorted(states(house)) == [PageState.BUNDLED, PageState.SENT]
        assert [len(line_of(house).sent), len(line_of(house).listed)] == [5, 1]
        house.run_for(HOUR)
        hold_at_rest(house)


def test_a_page_that_is_handed_over_twice_at_once_is_sent_once_or_listed_once() -> None:
    def again(house: House, deps: Deps) -> None:
        order = page.Order(incident=house.incidents.names()[0], identity="1#ada#0")
        page.run(deps, order, "another attempt")

    for texts in (4, 5):
        for house in every_way(lambda texts=texts: two_pages_of_one_number(texts), page_of(0), again):  # type: ignore[misc]
            assert len(line_of(house).sent) + len(line_of(house).listed) == texts + 1
            house.run_for(HOUR)
            hold_at_rest(house)


def one_waits_in_a_bundle_that_is_due() -> House:
    house = two_pages_of_one_number(5)
    page_of(0)(house, house.deps)
    house.clock.at = EVENING + 14 * MINUTE
    return house


@pytest.mark.parametrize("second", [page_of(1), the_bundle_goes_too, the_first_is_acknowledged])
def test_a_bundle_and_anything_else_at_once(second: Act) -> None:
    """Who joins it in time is in it, and who doesn't isn't lost; it goes out once, or not at all where all is over."""
    for house in every_way(one_waits_in_a_bundle_that_is_due, the_bundle_goes, second):
        bundles = [sent.notice.bundle for sent in house.sent if sent.notice.bundle]
        assert len(bundles) == (0 if states(house)[0] is PageState.SUPERSEDED else 1)
        hold_always(house, faults=20)
        house.run_for(HOUR)
        hold_at_rest(house)


def test_the_fallback_contact_s_texts_are_bundled_too_and_its_mails_all_go() -> None:
    """Nobody answers fifty incidents: the levels end, and one text tells the fallback contact of what five didn't."""
    house = fifty_within_a_minute(minutes=5)
    house.run_for(2 * HOUR)
    hold_at_rest(house)
    names = house.incidents.names()
    told = [sent for sent in house.sent if pages_of(sent)[0].user == "fallback"]
    texts = [pages_of(sent) for sent in told if sent.notice.contact.medium is Medium.SMS]
    assert [len(pages) for pages in texts] == [1] * 5 + [STORM - 5]
    assert {page.incident for pages in texts for page in pages} == set(names)
    assert {pages_of(sent)[0].incident for sent in told if sent.notice.contact.medium is Medium.EMAIL} == set(names)
    assert not [sent for sent in told if sent.notice.bundle and "http" in sent.notice.bundle.text]  # it is no user


def test_where_the_fallback_contact_s_bundle_fails_as_its_mails_did_the_alarm_topic_is_told() -> None:
    house = fifty_within_a_minute(minutes=5)
    house.at(4 * MINUTE, lambda: house.fails.update((Medium.EMAIL, Medium.SMS)))
    house.run_for(2 * HOUR)
    hold_at_rest(house)
    assert len([alarm for alarm in house.notebook.alarms if "reaches nobody" in alarm]) == STORM


@pytest.mark.parametrize("mode", [Mode.LOSES_ITS_ANSWER, Mode.DIES_AFTER])
def test_what_nobody_knows_of_was_in_two_bundles_and_is_lost(mode: Mode) -> None:
    house = fifty_within_a_minute()

    def unknown(count: int, name: str, call: Call) -> Any:
        return wrong(mode, name, call) if name == "sms.send" and house.clock.at > EVENING + 10 * MINUTE else call()

    house.calls.meet = unknown
    house.run_for(115 * MINUTE)
    hold_at_rest(house, unknown=1)
    assert [numbers for _, numbers in to_ada(house, Medium.SMS)[5:]] == [list(range(5, STORM))] * 2
    assert [pages[0].state for _, _, pages in house.timelines()[5:]] == [PageState.UNKNOWN] * (STORM - 5)
