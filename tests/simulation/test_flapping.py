"""An alert that opens and recovers each second for ten minutes: what people are told of it, and what is left open."""

from datetime import timedelta

import pytest

from shared.domain.directory import Flapping, Medium, Service
from shared.domain.event import Action
from shared.domain.incident import Status
from tests.flow.people import INTEGRATIONS, directory, level
from tests.simulation.house import House
from tests.simulation.invariants import hold_always, hold_at_rest

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
RULE = Flapping(times=4, within=10 * MINUTE)
LONGEST = 600  # flaps


def flapping(rule: Flapping | None) -> House:
    service = Service(name="checkout", policy="checkout", flapping=rule, integrations=INTEGRATIONS)
    house = House(directory(level("ada"), level("grace"), service=service))
    for number in range(LONGEST):
        house.at(number * SECOND, house.receive)
        house.at(number * SECOND + SECOND / 2, lambda: house.receive(action=Action.RESOLVE))
    house.watchman = lambda: hold_always(house)
    return house


def mails(house: House) -> int:
    return sum(sent.notice.contact.medium is Medium.EMAIL for sent in house.sent)


def test_it_is_told_as_often_as_the_rule_allows_and_once_more() -> None:
    house = flapping(RULE)
    house.run_for(10 * MINUTE)
    assert [incident.status for incident, _, _ in house.timelines()] == [*[Status.RESOLVED] * 4, Status.TRIGGERED]
    assert mails(house) <= RULE.times + 2  # Ada of each incident, Grace of the one that stays
    assert max(len(log) for _, log, _ in house.timelines()) < 10
    house.run_for(30 * MINUTE)
    assert all(incident.status is Status.RESOLVED for incident, _, _ in house.timelines())
    hold_at_rest(house)


def test_what_stays_at_the_end_stays_open_and_goes_on_to_the_next_level() -> None:
    house = flapping(RULE)
    house.at(LONGEST * SECOND, house.receive)
    house.run_for(2 * timedelta(hours=1))
    incident, _, _ = house.timelines()[-1]
    assert (incident.status, incident.exhausted, len(house.timelines())) == (Status.TRIGGERED, True, RULE.times + 1)
    hold_at_rest(house)


@pytest.mark.parametrize("rule", [None, RULE])
def test_at_no_time_is_more_than_one_incident_open_and_no_number_gets_more_texts_than_it_may(
    rule: Flapping | None,
) -> None:
    house, most = flapping(rule), 0

    def look() -> None:
        nonlocal most
        hold_always(house)
        most = max(most, sum(incident.open for incident, _, _ in house.timelines()))

    house.watchman = look
    house.run_for(20 * MINUTE)
    texts = [sent for sent in house.sent if sent.notice.contact.medium is Medium.SMS]
    assert most <= 1
    assert len([sent for sent in texts if sent.notice.page and sent.notice.page.user == "ada"]) <= 5
    hold_at_rest(house)
