"""``tocsin incident`` and what is known of contact methods: what became of each page, and whose method is broken."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from cli.contacts import Known, in_words, known
from cli.deployment import Deployment
from cli.incident import history
from shared.domain import contact_state
from shared.domain.command import Command, Order
from shared.domain.directory import Contact, Medium
from shared.domain.errors import NotFound
from shared.domain.timeline import Author
from shared.flow import track
from shared.sources.delivery import Outcome, Report
from tests.flow.people import directory, level
from tests.flow.story import Story

MAIL = Contact(name="mail", medium=Medium.EMAIL, address="ada@acme.example")


class Deployed:
    """As much of a deployment as the command asks for."""

    name = "here"

    def __init__(self, story: Story) -> None:
        self._story = story

    def deps(self) -> Any:
        return self._story.world.deps


def test_the_history_says_by_which_way_somebody_answered(story: Story) -> None:
    author = Author(user="ada", via="email", message_id="<1@acme.example>")
    story.world.order(story.incident.id, Command(order=Order.ACKNOWLEDGE, by=author))
    said = [line for line, _ in history(cast("Deployment", Deployed(story)), "1").in_words()]
    assert any(line.endswith("acknowledged by ada (email)") for line in said)


@pytest.fixture
def story() -> Story:
    """Ada's mail bounces after ten seconds, and the text goes out."""
    story = Story(directory(level("ada"), level("grace"))).receive(summary="disk:\nfull").at("03:00:10")
    mailed = story.world.timeline()[0][2][0]
    assert mailed.provider_id
    report = Report(
        medium=Medium.EMAIL,
        provider_id=mailed.provider_id,
        outcome=Outcome.FAILED,
        recipient=mailed.address,
        hard=True,
        reason="550 5.1.1\nuser unknown",
    )
    track.run(story.world.deps, report)
    story.world.settle()
    return story


def shown(story: Story, named: str) -> Any:
    return history(cast(Deployment, Deployed(story)), named)


def broken(story: Story) -> list[Known]:
    found = known(story.world.contacts, story.world.directories.current())
    return [each for each in found if each.state.broken]


@pytest.mark.parametrize("by", ["number", "id"])
def test_an_incident_shows_its_log_and_what_became_of_each_page(story: Story, by: str) -> None:
    incident = story.incident
    told = shown(story, str(getattr(incident, by))).as_json()
    assert (told["id"], told["number"], told["status"]) == (incident.id, incident.number, "triggered")
    assert [entry["kind"] for entry in told["timeline"]] == [entry.kind.value for entry in story.log]
    assert [(page["by"], page["state"], page["error"]) for page in told["pages"]] == [
        ("email", "failed", "550 5.1.1\nuser unknown"),
        ("sms", "sent", None),
    ]
    assert all(page["provider_id"] for page in told["pages"])


def test_in_words_the_pages_stand_in_the_order_of_time_and_in_their_colours(story: Story) -> None:
    lines = list(shown(story, "1").in_words())
    pages = [(line.strip(), colour) for line, colour in lines if "page to ada" in line]
    assert [colour for _, colour in pages] == ["red", "green"]
    assert pages[0][0].startswith("2026-11-23T03:00:00Z  page to ada by email ada@acme.example: failed: 550 5.1.1")


@pytest.mark.parametrize("named", ["99", "Q0000000000099"])
def test_an_incident_that_isn_t_there_is_named(story: Story, named: str) -> None:
    with pytest.raises(NotFound, match=f"there is no incident {named} in here"):
        shown(story, named)


def test_what_is_broken_is_told_in_one_line_whatever_the_provider_said(story: Story) -> None:
    [found] = broken(story)
    assert in_words(found) == (
        "ada's email ada@acme.example is broken since 2026-11-23T03:00:10Z: 550 5.1.1 user unknown"
    )


def test_that_nobody_could_be_told_is_said(story: Story) -> None:
    state = story.world.contacts.of("grace", Contact(name="mail", medium=Medium.EMAIL, address="grace@acme.example"))
    story.world.contacts.write(contact_state.broken(state, "gone", datetime(2026, 11, 23, 4, tzinfo=UTC)))
    lines = [in_words(each) for each in broken(story)]
    assert lines[1].endswith(": gone; nobody could be told")
