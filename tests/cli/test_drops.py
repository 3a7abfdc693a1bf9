"""``tocsin drops``: what took no effect, newest first, with its reason and whose it was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from cli.deployment import Deployment
from cli.drops import as_json, drops, in_words, known
from cli.main import run
from shared.domain.directory import EventRule, Outcome
from shared.domain.put_aside import Cause
from shared.store.memory import MemoryDirectory
from tests.flow.people import directory, level
from tests.flow.story import Story, moment

HOUR = timedelta(hours=1)
RULES = (
    EventRule(name="noise", when={"class": ["noise"]}, then=Outcome(drop=True)),
    EventRule(name="quiet", when={"class": ["quiet"]}, then=Outcome(suppress=True)),
)


class Deployed:
    """As much of a deployment as the command asks for: a night in which something of each kind was put aside."""

    name = "here"

    def __init__(self) -> None:
        night = Story(directory(level("ada"), rules=RULES)).receive("a", class_="noise")
        night.at("03:01").receive("b", class_="quiet").at("03:02").resolve("c").at("03:03")
        night.receive("c", timestamp=moment("03:01"))
        night.world.incidents.quarantine(moment("03:04"), "m-1", "{\x1b[31m\n", "ValueError: no JSON")
        self.world = night.world

    def deps(self) -> Any:
        return self.world.deps


@pytest.fixture
def deployed() -> Deployment:
    return cast("Deployment", Deployed())


def asked(deployed: Deployment, cause: Cause | None = None, since: timedelta = HOUR, limit: int = 100) -> list[Cause]:
    return [each.cause for each in drops(deployed, cause, since, moment("03:05"), limit)]


def test_what_came_of_late_newest_first(deployed: Deployment) -> None:
    everything = [Cause.QUARANTINE, Cause.LATE, Cause.SUPPRESSED, Cause.DROPPED]
    assert asked(deployed) == everything
    assert asked(deployed, limit=2) == everything[:2]
    assert asked(deployed, since=timedelta(minutes=3)) == everything[:2]
    assert asked(deployed, Cause.SUPPRESSED) == [Cause.SUPPRESSED]
    assert asked(deployed, Cause.DROPPED, limit=1) == [Cause.DROPPED]  # the limit is of what is asked for


def test_each_is_a_line_with_its_sender_and_its_reason(deployed: Deployment) -> None:
    found = drops(deployed, None, HOUR, moment("03:05"), 100)
    said = [in_words(each, known(deployed)) for each in found]
    assert said[1:] == [
        "2026-11-23T03:03:00Z  late  checkout/events  disk: full (late)",
        "2026-11-23T03:01:00Z  suppressed  checkout/events  disk: full (by the rule 'quiet')",
        "2026-11-23T03:00:00Z  dropped  checkout/events  disk: full (by the rule 'noise')",
    ]
    assert as_json(found[2], known(deployed)) == {
        "at": "2026-11-23T03:01:00.000Z",
        "kind": "suppressed",
        "reason": "by the rule 'quiet'",
        "id": "event-2",
        "service": "checkout",
        "integration": "events",
        "key": "PEVENTS0000001|b",
        "severity": "critical",
        "summary": "disk: full",
        "body": None,
    }


def test_what_can_t_be_read_is_shown_as_it_came(deployed: Deployment) -> None:
    (kept,) = drops(deployed, Cause.QUARANTINE, HOUR, moment("03:05"), 100)
    assert in_words(kept, None) == "2026-11-23T03:04:00Z  quarantine  {\x1b[31m\n (ValueError: no JSON)"
    assert as_json(kept, None)["body"] == "{\x1b[31m\n"


def test_before_the_first_apply_and_after_an_integration_is_gone_its_id_is_all_that_is_known() -> None:
    deployed = Deployed()
    (late,) = drops(cast("Deployment", deployed), Cause.LATE, HOUR, moment("03:05"), 1)
    gone = replace(directory(), services={})
    for directory_then in (known(cast("Deployment", New())), gone):
        assert "  PEVENTS0000001  " in in_words(late, directory_then)
        assert as_json(late, directory_then)["service"] is None


class New:
    """Deployed, and nothing applied yet."""

    def deps(self) -> Any:
        class Nothing:
            directory = MemoryDirectory()

        return Nothing


@pytest.mark.parametrize("wrong", [["--kind", "lost"], ["--limit", "0"], ["--since", "yesterday"]])
def test_what_is_asked_wrongly_is_said_so(wrong: list[str]) -> None:
    assert run(["drops", *wrong]) == 2
