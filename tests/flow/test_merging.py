"""One incident merged into another: nobody is paged, and the alerts' recoveries find the one that is left."""

import pytest

from shared.domain.command import Command, Order
from shared.domain.event import Action, Severity
from shared.domain.incident import Status
from shared.domain.timeline import Author, Kind
from tests.flow.people import directory, level
from tests.flow.story import Story, moment


@pytest.fixture
def story() -> Story:
    """1 is disk, 2 is cache, 3 is queue; each has paged Ada."""
    story = Story(directory(level("ada"), level("grace")))
    for key in ("disk", "cache", "queue"):
        story.receive(key)
    return story


def merge(story: Story, source: int, into: int) -> str:
    first, second = story.incidents[source - 1], story.incidents[into - 1]
    return story.world.order(first.id, Command(order=Order.MERGE, by=Author(user="ada"), into=second.id))


def test_what_is_merged_is_resolved_and_pages_nobody_any_more(story: Story) -> None:
    story.at("03:01")
    assert merge(story, 1, 2) == "1 disk is merged, and its alerts have moved."
    first, second, _ = story.incidents
    assert (first.status, first.merged_into) == (Status.RESOLVED, second.id)
    assert (second.status, second.alerts, second.open_alerts, second.merged) == (Status.TRIGGERED, 2, 2, (first.id,))
    assert [whom for _, whom, _ in story.until("03:02")] == ["ada", "ada"]  # of 2 and 3
    keys = {alert.key.partition("|")[2] for alert in story.world.incidents.alerts(second.id)}
    assert keys == {"cache", "disk"}
    story.holds()


def test_it_resolves_when_all_its_alerts_have(story: Story) -> None:
    merge(story, 1, 2)
    story.at("03:10").resolve("cache")
    assert story.incidents[1].open_alerts == 1
    story.resolve("disk")
    assert story.incidents[1].status is Status.RESOLVED
    assert [entry.kind for entry in story.world.incidents.timeline(story.incidents[1].id)][-2:] == [
        Kind.ALERT_RESOLVED,
        Kind.RESOLVED,
    ]
    story.holds()


def test_repeats_and_worsening_are_of_the_incident_that_is_left(story: Story) -> None:
    merge(story, 1, 2)
    story.receive("disk").receive("disk", severity=Severity.ERROR)
    assert len(story.incidents) == 3
    assert story.world.incidents.timeline(story.incidents[1].id)[-1].kind is Kind.ALERT_CHANGED
    story.receive("disk", action=Action.ACKNOWLEDGE)
    assert story.incidents[1].status is Status.ACKNOWLEDGED
    story.holds()


def test_merged_twice_over_a_recovery_still_finds_it(story: Story) -> None:
    merge(story, 1, 2)
    merge(story, 2, 3)
    first, second, third = story.incidents
    assert third.merged == (second.id, first.id)
    assert third.alerts == third.open_alerts == 3
    assert len(story.world.incidents.alerts(third.id)) == 3
    for key in ("disk", "cache", "queue"):
        story.resolve(key)
    assert [incident.status for incident in story.incidents] == [Status.RESOLVED] * 3
    story.holds()


def test_what_comes_back_later_opens_anew(story: Story) -> None:
    merge(story, 1, 2)
    story.resolve("disk").at("03:10").receive("disk")
    assert len(story.incidents) == 4
    assert story.incidents[1].open_alerts == 1


def test_a_snooze_of_the_other_stays(story: Story) -> None:
    second = story.incidents[1]
    snooze = Command(order=Order.SNOOZE, by=Author(user="ada"), for_=moment("04:00") - moment("03:00"))
    story.world.order(second.id, snooze)
    merge(story, 1, 2)
    assert story.incidents[1].snoozed_until == moment("04:00")
    assert [at for at, _, _ in story.until("04:00")][-1] == "04:00"


def test_what_can_t_be_merged_is_refused_with_its_reason(story: Story) -> None:
    assert merge(story, 1, 1) == "Nothing was done: 1 can't be merged into itself."
    assert story.says("ada", Order.MERGE) == "Nothing was done: there is no such incident to merge into."
    story.resolve("cache")
    assert merge(story, 1, 2) == "Nothing was done: 2 is resolved, and resolved is final."
    merge(story, 1, 3)
    again = merge(story, 1, 3)
    assert again == "Nothing was done: 1 is resolved, and resolved is final."
