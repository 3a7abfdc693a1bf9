"""Pages: each goes out once; what is lost is handed on; what is unknown is sent once more."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from cli.world import ANYTHING
from shared.domain.command import Order as CommandOrder
from shared.domain.directory import Contact, Medium
from shared.domain.errors import Refused
from shared.domain.instants import Instant
from shared.domain.notification import Page, PageState
from shared.flow import page, sweep
from shared.flow.channel import Can, Notice, OutcomeUnknown, SendFailed
from shared.flow.handing_on import lose
from shared.flow.ports import Deps, Unavailable
from tests.flow.people import directory, level
from tests.flow.story import Story, moment


@dataclass
class Provider:
    """Answers as it is told to, one after the other; then all is well."""

    answers: list[Exception] = field(default_factory=list[Exception])
    sent: list[Notice] = field(default_factory=list[Notice])
    can: Can = ANYTHING

    def send(self, notice: Notice) -> str:
        self.sent.append(notice)
        if self.answers:
            raise self.answers.pop(0)
        return f"id-{len(self.sent)}"


def night(*answers: Exception) -> tuple[Story, Provider]:
    story, provider = Story(directory(level("ada"), level("grace"))), Provider(list(answers))
    story.world.deps = replace(story.world.deps, channels={**story.world.deps.channels, Medium.EMAIL: provider})
    return story, provider


def pages(story: Story) -> dict[str, PageState]:
    return {each.identity: each.state for _, _, found in story.world.timeline() for each in found}


def test_a_message_of_the_queue_delivered_again_sends_nothing() -> None:
    story, provider = night()
    story.receive()
    order = page.Order(incident=story.incident.id, identity="1#ada#0")
    assert [page.run(story.world.deps, order, f"again-{n}") for n in range(3)] == [None, None, None]
    assert len(provider.sent) == 1


def test_an_unknown_outcome_is_sent_once_more_and_then_the_next_method() -> None:
    story, provider = night(OutcomeUnknown("timed out"), OutcomeUnknown("timed out"))
    story.receive()
    assert len(provider.sent) == 2
    assert pages(story) == {"1#ada#0": PageState.UNKNOWN, "1#ada#1": PageState.SENT}


def test_a_crash_after_the_claim_is_sent_once_more_and_not_a_third_time() -> None:
    class Crash(Exception): ...

    story, provider = night(Crash(), Crash())  # type: ignore[arg-type]
    with pytest.raises(Crash):
        story.receive()
    assert pages(story)["1#ada#0"] is PageState.CLAIMED
    story.world.pages.waiting.clear()
    for minutes, state in ((3, PageState.CLAIMED), (6, PageState.UNKNOWN)):
        story.world.clock.at = moment("03:00") + timedelta(minutes=minutes)
        try:
            sweep.run(story.world.deps)
            story.world.settle()
        except Crash:
            story.world.pages.waiting.clear()
        assert pages(story)["1#ada#0"] is state
    assert len([n for n in provider.sent if n.page and n.page.entry == "1" and n.contact.medium is Medium.EMAIL]) == 2


def test_no_page_of_a_level_leaves_after_the_acknowledgement() -> None:
    story, provider = night()
    story.receive().at("03:01:30")
    deps = story.world.deps
    loaded = deps.incidents.load(story.incident.id)
    assert loaded is not None
    story.says("ada", CommandOrder.ACKNOWLEDGE)
    assert story.until("03:30") == []
    assert len(provider.sent) == 1


def test_a_page_queued_before_the_acknowledgement_is_superseded() -> None:
    story, provider = night(Unavailable("not now"))  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        story.receive()
    assert pages(story)["1#ada#0"] is PageState.CLAIMED
    story.world.pages.waiting.clear()
    story.says("grace", CommandOrder.ACKNOWLEDGE)
    story.world.clock.at += timedelta(minutes=2)
    story.world.sweep()
    assert pages(story)["1#ada#0"] is PageState.SUPERSEDED
    assert len(provider.sent) == 1


def test_without_the_secret_a_page_goes_out_all_the_same() -> None:
    class NoSecret:
        def address(self, page: Page, now: Instant) -> str:
            raise Unavailable("the secret can't be read")

        def read(self, address: str, now: Instant) -> tuple[str, bytes]:
            raise Refused("no")

        def link(self, page: Page, now: Instant) -> str | None:
            raise Unavailable("the secret can't be read")

        def read_link(self, token: str, now: Instant) -> tuple[str, bytes]:
            raise Refused("no")

        def overview(self, user: str, contact: Contact, now: Instant) -> str | None:
            raise Unavailable("the secret can't be read")

        def read_overview(self, token: str, now: Instant) -> bytes:
            raise Refused("no")

        def subscribing(self, user: str, contact: Contact, now: Instant) -> str | None:
            raise Unavailable("the secret can't be read")

        def read_subscribing(self, token: str, now: Instant) -> bytes:
            raise Refused("no")

    story, provider = night()
    story.world.deps = replace(story.world.deps, replies=NoSecret())
    story.receive()
    assert [(notice.reply_to, notice.link) for notice in provider.sent] == [(None, None)]
    assert pages(story)["1#ada#0"] is PageState.SENT


def test_a_medium_without_a_channel_counts_as_failed() -> None:
    story, _ = night()
    channels = {medium: each for medium, each in story.world.deps.channels.items() if medium is not Medium.EMAIL}
    story.world.deps = replace(story.world.deps, channels=channels)
    story.receive()
    assert story.told == [("03:00", "ada", "sms")]
    assert "email isn't delivered by this version" in story.world.notebook.faults[0]


def test_a_failure_after_the_level_moved_on_pages_nobody_of_the_old_level() -> None:
    story, _ = night()
    story.receive().at("03:05")
    deps: Deps = story.world.deps
    loaded = deps.incidents.load(story.incident.id)
    assert loaded is not None
    old = next(each for each in loaded.pages if each.identity == "1#ada#0")
    lose(deps, loaded, replace(old, state=PageState.FAILED))
    assert {identity.split("#")[0] for identity in pages(story)} == {"1", "2"}
    assert len([identity for identity in pages(story) if identity.startswith("1#")]) == 2


def test_mail_knows_no_limit_and_costs_no_line() -> None:
    story, provider = night()
    for number in range(30):
        story.receive(f"disk-{number}")
    assert len(provider.sent) == 30
    assert story.world.incidents.lines() == []


def test_sweep_sends_on_what_the_queue_lost_and_leaves_the_rightful_worker_its_time() -> None:
    class Lossy:
        def put(self, pages: Sequence[Page]) -> None: ...

    story, provider = night(SendFailed("refused"))
    whole = story.world.deps
    story.world.deps = replace(whole, pages=Lossy())
    story.receive()
    story.world.deps = whole
    assert provider.sent == []
    story.world.clock.at += timedelta(seconds=29)
    story.world.sweep()
    assert provider.sent == []
    story.world.clock.at += timedelta(seconds=2)
    story.world.sweep()
    assert len(provider.sent) == 1


def test_high_urgency_pages_at_once_at_any_hour_and_low_by_the_low_rules_alone() -> None:
    """No clock holds a page of high urgency back; what is low waits for support hours, where a service has them."""
    for hour in range(24):
        story = Story(directory(level("ada", minutes=30)))
        story.world.clock.at = story.world.clock.at.replace(hour=hour)
        story.receive()
        assert [(who, by) for _, who, by in story.told] == [("ada", "email")], hour
        story.world.run_until(story.world.clock.at + timedelta(minutes=3))
        assert [(who, by) for _, who, by in story.told] == [("ada", "email"), ("ada", "sms")], hour
