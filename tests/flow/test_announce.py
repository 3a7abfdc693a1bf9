"""Webhooks: each is told of each entry once, again where it wasn't, and never instead of a page."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.announcement import Announcement, identity
from shared.domain.command import Order
from shared.domain.directory import Directory, Webhook
from shared.domain.instants import Instant
from shared.domain.plain import to_plain
from shared.flow import announce, publish, sweep
from shared.flow.ports import Gone, OutcomeUnknown, SendFailed, Unavailable
from tests.flow.people import directory
from tests.flow.story import Story

BOARD = Webhook(name="board", url="https://board.example/hook", events=("incident.triggered", "incident.resolved"))
AUDIT = Webhook(name="audit", url="https://audit.example/hook")
MINUTE = timedelta(minutes=1)


def told_by(*webhooks: Webhook) -> Directory:
    return replace(directory(), webhooks={webhook.name: webhook for webhook in webhooks})


class Night(Story):
    """A story whose timeline is published, and whose bus calls ``announce``."""

    def __init__(self, *webhooks: Webhook) -> None:
        super().__init__(told_by(*webhooks))
        self._published = 0

    def publish(self) -> "Night":
        """What is new on the newest incident's timeline."""
        entries = [(self.incident.id, n, to_plain(entry)) for n, entry in enumerate(self.log, start=1)]
        publish.run(self.world.deps, entries[self._published :])
        self._published = len(entries)
        return self.hear()

    def hear(self) -> "Night":
        """What the bus has to say."""
        said, self.world.notebook.said = self.world.notebook.said, []
        for event, detail in said:
            announce.run(self.world.deps, event, detail)
        return self

    def later(self, pause: timedelta) -> "Night":
        """That much later ``sweep`` comes."""
        self.world.clock.at += pause
        announce.say_what_is_due(self.world.deps)
        return self.hear()

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(announcement.webhook, announcement.event) for _, announcement in self.world.ears.told]

    @property
    def only(self) -> Announcement:
        (announcement,) = self.world.announcements.all()
        return announcement


def once(fault: SendFailed | OutcomeUnknown | None = None) -> Night:
    """The board is told that an incident was triggered, and answers so."""
    night = Night(replace(BOARD, events=("incident.triggered",)))
    night.world.ears.faults = [fault] if fault else []
    night.receive()
    return night.publish()


def test_each_webhook_is_told_of_what_it_asked_for() -> None:
    night = Night(BOARD, AUDIT)
    night.receive()
    night.says("ada", Order.ACKNOWLEDGE)
    night.resolve()
    night.publish()
    assert [event for name, event in night.events if name == "board"] == ["incident.triggered", "incident.resolved"]
    assert [event for name, event in night.events if name == "audit"] == [f"incident.{kind}" for kind in night.kinds]


def test_what_the_bus_says_twice_is_told_once() -> None:
    night = once()
    night.world.notebook.said = [("incident.triggered", {"incident": night.incident.id, "number": 1, **entry(night)})]
    night.hear()
    assert len(night.events) == 1


def entry(night: Night) -> dict[str, Any]:
    return to_plain(night.log[0])


def test_the_id_is_that_of_webhook_incident_and_entry() -> None:
    night = once()
    assert night.only.id == identity("board", night.incident.id, 1)
    assert night.only.id not in {identity("board", night.incident.id, 2), identity("audit", night.incident.id, 1)}


def test_what_was_delivered_is_over() -> None:
    night = once()
    assert (night.only.due_at, night.only.error) == (None, None)
    night.later(timedelta(hours=1))
    assert len(night.events) == 1
    assert night.world.notebook.faults == []


@pytest.mark.parametrize("fault", [SendFailed("it answered 500"), OutcomeUnknown("it may have arrived")])
def test_whatever_fails_comes_again_with_the_same_id_and_body_and_is_told_as_a_fault(
    fault: SendFailed | OutcomeUnknown,
) -> None:
    night = once(fault)
    assert any(str(fault) in said for said in night.world.notebook.faults)
    night.later(MINUTE)
    (_, before), (_, after) = night.world.ears.told
    assert (before.id, before.body, after.tries) == (after.id, after.body, 2)
    assert night.only.due_at is None


def test_it_comes_again_ever_more_rarely_for_a_day_and_is_kept_with_its_reason() -> None:
    night = once(SendFailed("it answered 500"))
    began = night.world.clock.at
    told: list[Instant] = []
    for _ in range(26 * 60):
        night.world.ears.faults = [SendFailed("it answered 503")]
        before = len(night.events)
        night.later(MINUTE)
        told += [night.world.clock.at] * (len(night.events) - before)
    pauses = [int((b - a) / MINUTE) for a, b in zip([began, *told], told, strict=False)]
    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert set(pauses[6:]) == {60}
    assert told[-1] - began < timedelta(days=1)
    assert (night.only.due_at, night.only.error) == (None, "it answered 503")
    assert "given up, and kept as HOOK#" in night.world.notebook.faults[-1]


def test_who_answers_410_is_given_up_at_once() -> None:
    night = once(Gone("it answered 410"))
    assert (night.only.due_at, night.only.error) == (None, "it answered 410")
    night.later(timedelta(hours=1))
    assert len(night.events) == 1


def test_a_webhook_that_was_taken_out_of_the_configuration_is_told_nothing_more() -> None:
    night = once(SendFailed("it answered 500"))
    night.world.directories.put(replace(directory(), version=2))
    night.later(MINUTE)
    assert len(night.events) == 1
    assert night.only.due_at is None
    assert "no such webhook" in str(night.only.error)


def test_an_attempt_whose_function_died_is_made_again() -> None:
    night = Night(BOARD)
    night.receive()

    class Dies(BaseException):
        pass

    class Dying:
        def tell(self, webhook: Webhook, announcement: Announcement, now: Instant) -> None:
            raise Dies

    entries = [("incident.triggered", {"incident": night.incident.id, "number": 1, **entry(night)})]
    for event, detail in entries:
        with pytest.raises(Dies):
            announce.run(replace(night.world.deps, listeners=Dying()), event, detail)
    night.later(MINUTE)
    assert night.events == [("board", "incident.triggered")]


def test_of_two_who_hear_that_it_is_due_one_tells_it() -> None:
    night = once(SendFailed("it answered 500"))
    night.world.clock.at += MINUTE
    night.world.notebook.said = [("webhook.due", {"id": night.only.id})] * 2
    night.hear()
    assert len(night.events) == 2  # the first attempt, and one more


def test_it_is_not_tried_before_its_time() -> None:
    night = once(SendFailed("it answered 500"))
    night.world.notebook.said = [("webhook.due", {"id": night.only.id}), ("webhook.due", {"id": "unknown"})]
    night.hear()
    assert len(night.events) == 1


def test_slow_webhooks_leave_the_others_to_the_next_minute() -> None:
    webhooks = [replace(AUDIT, name=f"slow-{n:02}", events=("incident.triggered",)) for n in range(20)]
    night = Night(*webhooks)

    class Slow:
        def tell(self, webhook: Webhook, announcement: Announcement, now: Instant) -> None:
            night.world.clock.at += timedelta(seconds=5)
            night.world.ears.told.append((webhook.url, announcement))

    night.receive()
    entries = ("incident.triggered", {"incident": night.incident.id, "number": 1, **entry(night)})
    announce.run(replace(night.world.deps, listeners=Slow()), *entries)
    assert len(night.events) == 9
    night.later(MINUTE)
    assert sorted(name for name, _ in night.events) == [webhook.name for webhook in webhooks]


def test_what_else_the_bus_says_is_left_alone() -> None:
    night = Night(AUDIT)
    announce.run(night.world.deps, "", {})
    announce.run(night.world.deps, "something.else", {"incident": "Q1"})
    assert night.events == []


def test_sweep_pages_first_and_a_bus_that_is_away_holds_it_up_in_nothing() -> None:
    night = once(SendFailed("it answered 500"))

    class Away:
        def put(self, details: object) -> None:
            raise Unavailable("the event bus didn't take it")

    night.world.clock.at += timedelta(minutes=10)
    assert sweep.run(replace(night.world.deps, bus=Away())) >= 0
    assert "webhooks that are due are told a minute later" in night.world.notebook.faults[-1]
    sweep.run(night.world.deps)
    assert ("webhook.due", {"id": night.only.id}) in night.world.notebook.said
