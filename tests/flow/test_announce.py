"""Webhooks and Slack: each is told of each entry once, again where it wasn't, and never instead of a page."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cli.world import Wall
from shared.domain.announcement import WRITTEN, Announcement, identity
from shared.domain.command import Order
from shared.domain.directory import Contact, Directory, Medium, Webhook
from shared.domain.instants import Instant
from shared.domain.notification import PageState
from shared.domain.plain import to_plain
from shared.flow import announce, publish, sweep
from shared.flow.channel import Gone, Notice, OutcomeUnknown, SendFailed, TooMany
from shared.flow.ports import Unavailable
from shared.store.memory import MemoryDirectory
from tests.flow.people import directory, user
from tests.flow.story import Story

BOARD = Webhook(name="board", url="https://board.example/hook", events=("incident.triggered", "incident.resolved"))
AUDIT = Webhook(name="audit", url="https://audit.example/hook")
MINUTE = timedelta(minutes=1)


def told_by(*webhooks: Webhook) -> Directory:
    return replace(directory(), webhooks={webhook.name: webhook for webhook in webhooks})


class Night(Story):
    """A story whose timeline is published, and whose bus calls ``announce``."""

    def __init__(self, *webhooks: Webhook, set_up: Directory | None = None) -> None:
        super().__init__(set_up or told_by(*webhooks))
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
    night.world.notebook.said = [written(night)]
    night.hear()
    assert len(night.events) == 1


def written(night: Night) -> tuple[str, dict[str, Any]]:
    """What the bus says of the first entry."""
    return WRITTEN, {"entries": {night.incident.id: [1]}}


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

    with pytest.raises(Dies):
        announce.run(replace(night.world.deps, listeners=Dying()), *written(night))
    night.later(MINUTE)
    assert night.events == [("board", "incident.triggered")]


def test_of_two_who_hear_that_it_is_due_one_tells_it() -> None:
    night = once(SendFailed("it answered 500"))
    night.world.clock.at += MINUTE
    night.world.notebook.said = [("webhook.due", {"ids": [night.only.id]})] * 2
    night.hear()
    assert len(night.events) == 2  # the first attempt, and one more


def test_it_is_not_tried_before_its_time() -> None:
    night = once(SendFailed("it answered 500"))
    night.world.notebook.said = [("webhook.due", {"ids": [night.only.id, "unknown"]})]
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
    announce.run(replace(night.world.deps, listeners=Slow()), *written(night))
    assert len(night.events) == 7
    night.later(MINUTE)
    assert sorted(name for name, _ in night.events) == [webhook.name for webhook in webhooks]


def troubled(*webhooks: Webhook) -> Night:
    """Acknowledged and resolved, and none of the webhooks answered."""
    night = Night(*webhooks)
    night.world.ears.faults = [OutcomeUnknown("it may have arrived")] * 100
    night.receive()
    night.says("ada", Order.ACKNOWLEDGE)
    night.resolve()
    return night.publish()


def test_however_much_is_due_sweep_calls_announce_once() -> None:
    """Each call is a function that runs beside those that page, and the account has so many at once."""
    night = troubled(AUDIT, replace(AUDIT, name="other"))
    night.world.clock.at += MINUTE
    announce.say_what_is_due(night.world.deps)
    ((event, detail),) = night.world.notebook.said
    assert event == "webhook.due"
    assert sorted(detail["ids"]) == sorted(each.id for each in night.world.announcements.all())


def test_whoever_does_not_answer_is_asked_once_a_run_and_holds_up_nobody_else() -> None:
    night = troubled(AUDIT, replace(AUDIT, name="other"))
    assert [name for name, _ in night.events] == ["audit", "other"]
    before = len(night.events)
    night.later(MINUTE)
    assert sorted(name for name, _ in night.events[before:]) == ["audit", "other"]


def test_once_it_answers_it_is_told_of_all() -> None:
    night = troubled(AUDIT)
    night.later(MINUTE)
    night.world.ears.faults = []
    for _ in range(5):
        night.later(MINUTE)
    assert {each.due_at for each in night.world.announcements.all()} == {None}
    assert {event for _, event in night.events} == {f"incident.{kind}" for kind in night.kinds}


def test_one_that_its_receiver_never_takes_holds_up_none_of_the_others() -> None:
    night = Night(AUDIT)

    class Choosy:
        def tell(self, webhook: Webhook, announcement: Announcement, now: Instant) -> None:
            if announcement.number == 1:
                raise OutcomeUnknown("it may have arrived")

    night.receive()
    night.says("ada", Order.ACKNOWLEDGE)
    night.world.deps = replace(night.world.deps, listeners=Choosy())
    night.publish()
    for _ in range(3):
        night.later(MINUTE)
    assert [each.number for each in night.world.announcements.all() if each.due_at is not None] == [1]


def test_a_slack_that_is_full_is_asked_once_by_what_is_due() -> None:
    night = in_slack()
    night.world.wall.faults = [TooMany("full", 30)] * 2
    night.says("grace", Order.ACKNOWLEDGE)
    night.says("grace", Order.NOTE, text="the disk is full")
    night.publish()
    night.later(MINUTE)
    assert (lines(night), night.world.wall.faults) == ([], [])
    for _ in range(3):
        night.later(MINUTE)
    assert sorted(lines(night)) == ["Grace acknowledged it", "Grace noted: the disk is full"]


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
    assert ("webhook.due", {"ids": [night.only.id]}) in night.world.notebook.said


def test_where_nobody_is_to_be_told_announce_is_never_called() -> None:
    night = Night()
    night.receive()
    entries = [(night.incident.id, n, to_plain(entry)) for n, entry in enumerate(night.log, start=1)]
    publish.run(night.world.deps, entries)
    said = [event for event, _ in night.world.notebook.said]
    assert said == [f"incident.{kind}" for kind in night.kinds]


def test_a_batch_of_entries_is_one_word_to_announce_and_of_what_was_asked_for_alone() -> None:
    night = Night(BOARD)
    night.receive()
    night.says("ada", Order.ACKNOWLEDGE)
    night.resolve()
    entries = [(night.incident.id, n, to_plain(entry)) for n, entry in enumerate(night.log, start=1)]
    publish.run(night.world.deps, entries)
    said = [detail for event, detail in night.world.notebook.said if event == WRITTEN]
    assert said == [{"entries": {night.incident.id: [1, len(entries)]}}]


def test_without_the_directory_all_is_left_to_announce_and_the_bus_is_told_once() -> None:
    class Away(MemoryDirectory):
        def current(self) -> Directory:
            raise Unavailable("the directory didn't answer")

    night = Night(BOARD)
    night.receive()
    entries = [(night.incident.id, n, to_plain(entry)) for n, entry in enumerate(night.log, start=1)]
    publish.run(replace(night.world.deps, directory=Away()), entries)
    said = [event for event, _ in night.world.notebook.said]
    assert said == [*(f"incident.{kind}" for kind in night.kinds), WRITTEN]
    night.hear()
    assert night.events == [("board", "incident.triggered")]


ROOM = Contact(name="room", medium=Medium.SLACK, address="C0ONCALL01")


def in_slack() -> Night:
    """Ada was paged in a channel, and whatever happened then was told."""
    ada = user("ada", high=((0, "room"),))
    people = (replace(ada, contacts=(*ada.contacts, ROOM)), user("grace"), user("linus"))
    night = Night(set_up=directory(users=people))
    night.receive()
    night.publish()
    wall = night.world.wall
    wall.added.clear()
    wall.shown.clear()
    return night


def lines(night: Night) -> list[str]:
    return [text for _, text in night.world.wall.added]


def test_what_happens_elsewhere_is_shown_in_place_and_said_in_the_thread() -> None:
    night = in_slack()
    (place,) = [page.provider_id for page in night.world.timeline()[-1][2] if page.medium is Medium.SLACK]
    night.says("grace", Order.ACKNOWLEDGE)
    night.publish()
    night.resolve()
    night.publish()
    assert [text for text in lines(night) if "alert" not in text] == ["Grace acknowledged it", "A sender resolved it"]
    assert {posted for posted, _ in night.world.wall.added} == {place}
    assert [notice.incident.status for notice in night.world.wall.shown] == ["acknowledged", "resolved"]
    assert {notice.posted for notice in night.world.wall.shown} == {place}


def test_who_looked_before_and_writes_after_shows_it_once_more() -> None:
    night = in_slack()
    wall = night.world.wall

    class Overtaken(Wall):
        def update(self, notice: Notice) -> bool:
            if not wall.shown:
                night.resolve()  # which another run has shown by now
            return wall.update(notice)

    night.says("grace", Order.ACKNOWLEDGE)
    written = {"entries": {night.incident.id: [len(night.log)]}}
    announce.run(replace(night.world.deps, boards={Medium.SLACK: Overtaken()}), WRITTEN, written)
    assert [notice.incident.status for notice in wall.shown] == ["acknowledged", "resolved"]


def test_an_escalation_by_time_and_a_handover_are_said_there() -> None:
    night = in_slack()
    night.at("03:05")
    night.says("ada", Order.REASSIGN, users=("linus",))
    night.publish()
    assert "Level 2 is paged: Grace" in lines(night)
    assert "Ada handed it to the policy linus" in lines(night)


def test_an_entry_that_the_bus_says_twice_is_one_line_of_the_thread() -> None:
    night = in_slack()
    night.says("grace", Order.ACKNOWLEDGE)
    entries = [(night.incident.id, n, to_plain(entry)) for n, entry in enumerate(night.log, start=1)]
    for _ in range(2):
        publish.run(night.world.deps, entries)
        night.hear()
    assert lines(night).count("Grace acknowledged it") == 1


@pytest.mark.parametrize("fault", [SendFailed("token_revoked"), OutcomeUnknown("500"), TooMany("full", 30)])
def test_a_slack_that_fails_hears_it_a_minute_later(fault: SendFailed | OutcomeUnknown) -> None:
    night = in_slack()
    night.world.wall.faults = [fault]
    night.says("grace", Order.ACKNOWLEDGE)
    night.publish()
    assert lines(night) == []
    assert any("Slack at C0ONCALL01" in told for told in night.world.notebook.faults)
    night.later(MINUTE)
    assert lines(night) == ["Grace acknowledged it"]


def test_a_slack_that_takes_nothing_for_long_is_left_alone_for_as_long() -> None:
    night = in_slack()
    night.world.wall.faults = [TooMany("full", 300)]
    night.says("grace", Order.ACKNOWLEDGE)
    night.publish()
    night.later(4 * MINUTE)
    assert lines(night) == []
    night.later(MINUTE)
    assert lines(night) == ["Grace acknowledged it"]


def test_once_slack_takes_no_more_one_run_asks_it_for_nothing_else() -> None:
    night = in_slack()
    night.world.wall.faults = [TooMany("full", 30)]
    night.says("grace", Order.ACKNOWLEDGE)
    night.says("grace", Order.NOTE, text="the disk is full")
    night.publish()
    assert lines(night) == []
    night.later(MINUTE)
    assert sorted(lines(night)) == ["Grace acknowledged it", "Grace noted: the disk is full"]


def test_a_slack_that_never_takes_it_is_given_up_after_a_day_told_and_counted() -> None:
    night = in_slack()
    night.world.wall.faults = [SendFailed("token_revoked")] * 100
    night.says("grace", Order.ACKNOWLEDGE)
    night.publish()
    for _ in range(26):
        night.later(60 * MINUTE)
    (known,) = night.world.announcements.all()
    assert (known.due_at, known.error) == (None, "token_revoked")
    assert night.world.notebook.counts["AnswerFailed"] == 1
    assert "given up, and kept as HOOK#" in night.world.notebook.faults[-1]


def test_a_message_that_was_deleted_is_told_of_no_more() -> None:
    night = in_slack()
    night.world.wall.gone = True
    night.says("grace", Order.ACKNOWLEDGE)
    night.publish()
    assert lines(night) == []
    night.later(60 * MINUTE)
    assert "its message isn't there any more" in night.world.notebook.faults[-1]


def test_an_answer_that_overtakes_the_page_is_shown_once_the_page_stands_there() -> None:
    night = in_slack()
    loaded = night.world.incidents.load(night.incident.id)
    assert loaded is not None
    page = next(page for page in loaded.pages if page.medium is Medium.SLACK)
    night.says("grace", Order.ACKNOWLEDGE)
    pages = night.world.incidents._pages_of(page.incident)  # pyright: ignore[reportPrivateUsage]
    pages[page.identity] = replace(page, state=PageState.CLAIMED, provider_id=None, sent_at=None)
    night.publish()
    assert lines(night) == []
    pages[page.identity] = page
    night.later(MINUTE)
    assert lines(night) == ["Grace acknowledged it"]
