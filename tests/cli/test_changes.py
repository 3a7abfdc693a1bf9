"""``tocsin changes``: newest first, in one line each; a service that isn't there is told of with those that are."""

from datetime import timedelta
from typing import Any, cast

import pytest

from cli.changes import as_json, changes, in_words
from cli.deployment import Deployment
from cli.world import World
from shared.domain.change_event import ChangeEvent, ServiceChange
from shared.domain.errors import NotFound
from shared.domain.event import Link
from tests.flow.people import directory
from tests.flow.story import EVENING

HOUR = timedelta(hours=1)


class Deployed:
    """As much of a deployment as the command asks for."""

    name = "here"

    def __init__(self) -> None:
        self.world = World(directory(), EVENING)

    def deps(self) -> Any:
        return self.world.deps


@pytest.fixture
def deployed() -> Deployed:
    made = Deployed()
    for number in (1, 2, 3):
        links = (Link(href=f"https://ci.example/{number}"),)
        made.world.deps.changes.keep(
            ServiceChange(
                id=f"P{number:013}",
                service="checkout",
                at=EVENING - number * HOUR,
                accepted_at=EVENING,
                integration="P",
                change=ChangeEvent(summary=f"deploy {number}", source="ci", links=links),
            )
        )
    return made


def asked(deployed: Deployed, service: str = "checkout", limit: int = 100) -> list[ServiceChange]:
    return changes(cast("Deployment", deployed), service, 2 * HOUR, EVENING, limit)


def test_those_of_late_newest_first(deployed: Deployed) -> None:
    assert [made.change.summary for made in asked(deployed)] == ["deploy 1", "deploy 2"]
    assert [made.change.summary for made in asked(deployed, limit=1)] == ["deploy 1"]
    assert asked(deployed, "platform") == []


def test_a_change_is_a_line_with_its_links_below(deployed: Deployed) -> None:
    first = asked(deployed)[0]
    assert in_words(first) == "2026-11-23T02:00:00Z  deploy 1 (ci)\n    https://ci.example/1"
    assert as_json(first)["change"] == {
        "summary": "deploy 1",
        "source": "ci",
        "links": [{"href": "https://ci.example/1"}],
    }


def test_a_service_that_is_not_there_is_told_of_with_those_that_are(deployed: Deployed) -> None:
    with pytest.raises(NotFound, match="no service 'chekout' in here: there are checkout, platform"):
        asked(deployed, "chekout")
