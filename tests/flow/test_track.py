"""What providers report of pages: a bounce pages the next method at once, a broken method is known and told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cli.world import ANYTHING
from shared.domain.command import Order
from shared.domain.contact_state import ContactState, confirmed
from shared.domain.directory import Contact, Medium, NotificationRule, Urgency
from shared.domain.errors import Conflict
from shared.domain.instants import Instant
from shared.domain.notification import FALLBACK, Page, PageState
from shared.domain.timeline import Kind
from shared.flow import track
from shared.flow.channel import Gone, Notice
from shared.flow.page import Order as PageOrder
from shared.flow.page import run as run_page
from shared.flow.ports import Unavailable
from shared.sources.delivery import Outcome, Report
from tests.flow.people import directory, level, user
from tests.flow.story import Story, moment

MAIL = Contact(name="mail", medium=Medium.EMAIL, address="ada@acme.example")
PHONE = Contact(name="phone", medium=Medium.SMS, address="+447700900003")


def night() -> Story:
    return Story(directory(level("ada"), level("grace"))).receive()


def pages(story: Story) -> dict[str, PageState]:
    return {each.identity: each.state for _, _, found in story.world.timeline() for each in found}


def page(story: Story, identity: str) -> Page:
    return next(each for _, _, found in story.world.timeline() for each in found if each.identity == identity)


def report(story: Story, identity: str, outcome: Outcome, *, hard: bool = False, at: Instant | None = None) -> Report:
    found = page(story, identity)
    assert found.provider_id
    reason = None if outcome is Outcome.DELIVERED else "550 5.1.1 user unknown"
    return Report(
        medium=found.medium,
        provider_id=found.provider_id,
        outcome=outcome,
        recipient=found.address,
        hard=hard,
        reason=reason,
        at=at or story.world.clock.at,
    )


def hears(story: Story, *reports: Report) -> list[tuple[str, str, str]]:
    """Who is told because of ``reports``."""
    already = len(story.told)
    track.run_all(story.world.deps, reports)
    story.world.settle()
    return story.told[already:]


def bounces(story: Story, identity: str, *, hard: bool = False) -> list[tuple[str, str, str]]:
    return hears(story, report(story, identity, Outcome.FAILED, hard=hard))


def state(story: Story, contact: Contact = MAIL, person: str = "ada") -> ContactState:
    return story.world.contacts.of(person, contact)


def test_a_mail_that_bounces_is_followed_by_a_text_at_once() -> None:
    story = night().at("03:00:10")
    assert bounces(story, "1#ada#0") == [("03:00:10", "ada", "sms")]
    assert pages(story) == {"1#ada#0": PageState.FAILED, "1#ada#1": PageState.SENT}
    assert page(story, "1#ada#0").error == "550 5.1.1 user unknown"
    assert story.world.notebook.counts["PageFailed"] == 1
    assert story.until("03:04:59") == []  # the text that was used early isn't due again
    story.holds()


def test_a_bounce_reported_three_times_pages_once() -> None:
    story = night().at("03:00:10")
    bounced = report(story, "1#ada#0", Outcome.FAILED)
    assert hears(story, bounced, bounced, bounced) == [("03:00:10", "ada", "sms")]
    assert story.world.notebook.counts["PageFailed"] == 1


def test_when_all_methods_bounce_the_next_level_begins_at_once() -> None:
    story = night().at("03:00:10")
    bounces(story, "1#ada#0")
    story.at("03:00:20")
    assert bounces(story, "1#ada#1") == [("03:00:20", "grace", "email")]
    assert story.kinds[-1] is Kind.LEVEL_ENTERED
    story.holds()


def test_a_delivered_page_says_when() -> None:
    story = night().at("03:00:10")
    assert hears(story, report(story, "1#ada#0", Outcome.DELIVERED)) == []
    assert page(story, "1#ada#0").state is PageState.DELIVERED
    assert page(story, "1#ada#0").delivered_at == moment("03:00:10")


def test_a_mail_server_may_take_a_mail_and_bounce_it_later() -> None:
    story = night().at("03:00:10")
    hears(story, report(story, "1#ada#0", Outcome.DELIVERED))
    assert bounces(story, "1#ada#0") == [("03:00:10", "ada", "sms")]


def test_what_has_bounced_isnt_delivered_whatever_is_heard_later() -> None:
    story = night().at("03:00:10")
    bounces(story, "1#ada#0", hard=True)
    hears(story, report(story, "1#ada#0", Outcome.DELIVERED, at=moment("03:00:05")))
    assert page(story, "1#ada#0").state is PageState.FAILED
    assert state(story).broken  # word from before the bounce heals nothing


@pytest.mark.parametrize("order", [Order.ACKNOWLEDGE, Order.RESOLVE])
def test_a_bounce_after_an_answer_is_written_down_and_pages_nobody(order: Order) -> None:
    story = night().at("03:00:10")
    story.says("ada", order)
    assert bounces(story, "1#ada#0") == []
    assert pages(story) == {"1#ada#0": PageState.FAILED}
    assert story.until("03:30") == []


def test_a_late_bounce_of_a_level_that_has_passed_pages_nobody_anew() -> None:
    story = night().at("03:06")
    assert story.incident.level == 2
    assert bounces(story, "1#ada#0") == []
    assert page(story, "1#ada#0").state is PageState.FAILED
    story.holds()


def test_a_delay_is_no_failure_and_the_phone_rings_all_the_same_once() -> None:
    story = night().at("03:01")
    delayed = report(story, "1#ada#0", Outcome.DELAYED)
    assert hears(story, delayed, delayed) == [("03:01", "ada", "sms")]
    assert pages(story)["1#ada#0"] is PageState.SENT
    hears(story, report(story, "1#ada#0", Outcome.DELIVERED))
    assert page(story, "1#ada#0").error is None


def test_a_delay_with_no_method_left_ends_nothing() -> None:
    story = night().at("03:03")  # mail and text are both out
    assert hears(story, report(story, "1#ada#0", Outcome.DELAYED)) == []
    assert pages(story)["1#ada#0"] is PageState.SENT


def test_a_hard_bounce_breaks_the_method_and_its_owner_hears_by_another_once() -> None:
    story = night().at("03:00:10")
    bounced = report(story, "1#ada#0", Outcome.FAILED, hard=True)
    assert hears(story, bounced, bounced) == [("03:00:10", "answer", "sms"), ("03:00:10", "ada", "sms")]
    assert state(story).broken_because == "550 5.1.1 user unknown"
    notice = next(sent.notice for sent in story.world.sent if sent.notice.answer)
    assert notice.contact.address == PHONE.address
    assert "ada@acme.example takes no mail: 550 5.1.1 user unknown" in (notice.answer or "")


def test_a_soft_bounce_breaks_nothing() -> None:
    story = night().at("03:00:10")
    bounces(story, "1#ada#0")
    assert not state(story).broken


def test_a_complaint_marks_the_method_and_fails_no_page() -> None:
    story = night().at("03:00:10")
    heard = hears(story, report(story, "1#ada#0", Outcome.COMPLAINED, hard=True))
    assert heard == [("03:00:10", "answer", "sms")]
    assert pages(story) == {"1#ada#0": PageState.SENT}
    assert state(story).broken


def test_whoever_has_nothing_else_hears_nothing_and_it_is_in_the_log() -> None:
    by_mail = replace(user("ada", high=((0, "mail"),)), contacts=(MAIL,))
    story = Story(directory(level("ada"), level("grace"), users=(by_mail, user("grace")))).receive().at("03:00:10")
    assert bounces(story, "1#ada#0", hard=True) == [("03:00:10", "grace", "email")]
    assert "track: ada's email is broken, and nothing else reaches them" in story.world.notebook.faults
    assert state(story).told_at is None


def test_a_method_known_as_broken_is_left_out_the_next_night() -> None:
    story = night().at("03:00:10")
    bounces(story, "1#ada#0", hard=True)
    story.says("ada", Order.RESOLVE)
    assert story.at("03:10").receive("other").told[-1] == ("03:10", "ada", "sms")
    latest = story.world.timeline()[-1][2]
    assert [(p.identity, p.state) for p in latest] == [
        ("1#ada#0", PageState.FAILED),
        ("1#ada#1", PageState.SENT),
    ]
    assert latest[0].error == "known as broken: 550 5.1.1 user unknown"


def test_a_broken_method_is_tried_where_the_person_has_no_other_left() -> None:
    story = night().at("03:00:10")
    bounces(story, "1#ada#0", hard=True)
    bounces(story, "1#ada#1", hard=True)
    story.says("grace", Order.RESOLVE)
    already = len(story.told)
    story.at("03:10").receive("other")
    assert story.told[already:] == [("03:10", "ada", "sms")]


def test_the_fallback_contacts_methods_are_never_left_out() -> None:
    story = Story(directory(level("ada", minutes=5))).receive().at("03:05")
    told = [telling for telling in story.told if telling[1] == FALLBACK]
    assert len(told) == 2
    bounces(story, f"2#{FALLBACK}#0", hard=True)
    story.says("ada", Order.RESOLVE)
    already = len(story.told)
    story.at("03:10").receive("other").at("03:16")
    assert [t[2] for t in story.told[already:] if t[1] == FALLBACK] == ["email", "sms"]


def test_when_every_method_of_the_fallback_contact_bounces_the_alarm_topic_says_so_once() -> None:
    story = Story(directory(level("ada", minutes=5))).receive().at("03:05")
    both = [report(story, f"2#{FALLBACK}#{n}", Outcome.FAILED) for n in (0, 1)]
    hears(story, *both, *both)
    assert story.world.notebook.alarms == [f"Incident {story.incident.number} reaches nobody"]


def test_a_method_that_delivers_again_is_healed() -> None:
    story = night().at("03:00:10")
    bounces(story, "1#ada#0", hard=True)
    hears(story, report(story, "1#ada#1", Outcome.DELIVERED))
    assert state(story).broken  # another method's word heals nothing
    story.says("ada", Order.RESOLVE)
    broken_again = report(story, "1#ada#0", Outcome.FAILED, hard=True)
    story.world.contacts.write(confirmed(state(story), moment("03:05")))
    hears(story, broken_again)  # old news
    assert not state(story).broken
    assert story.at("03:10").receive("other").told[-1] == ("03:10", "ada", "email")


def test_a_broken_method_that_delivers_the_last_try_is_healed() -> None:
    story = night().at("03:00:10")
    bounces(story, "1#ada#0", hard=True)
    bounces(story, "1#ada#1", hard=True)
    story.says("grace", Order.RESOLVE)
    story.at("03:10").receive("other")
    identity = (story.incident.id, "1#ada#1")
    tried = next(p for i, _, found in story.world.timeline() for p in found if (i.id, p.identity) == identity)
    assert tried.provider_id
    arrived = Report(
        medium=Medium.SMS,
        provider_id=tried.provider_id,
        outcome=Outcome.DELIVERED,
        recipient=tried.address,
        at=moment("03:10:05"),
    )
    hears(story, arrived)
    assert not state(story, PHONE).broken
    assert state(story).broken


def test_one_message_that_stood_for_several_pages_fails_all_of_them() -> None:
    story = night().at("03:00:10")
    story.receive("other")
    first, second = (found[0] for _, _, found in story.world.timeline())
    store = story.world.incidents
    store.settle(replace(second, provider_id=first.provider_id))  # as a bundle's pages are written down
    told = hears(story, report_of(first))
    assert [telling[2] for telling in told] == ["sms", "sms"]


def report_of(failed: Page) -> Report:
    assert failed.provider_id
    return Report(
        medium=failed.medium, provider_id=failed.provider_id, outcome=Outcome.FAILED, recipient=failed.address
    )


def test_a_report_about_another_recipient_of_the_same_message_is_not_ours() -> None:
    story = night().at("03:00:10")
    other = replace(report(story, "1#ada#0", Outcome.FAILED), recipient="bob@elsewhere.example")
    assert hears(story, other) == []
    assert pages(story) == {"1#ada#0": PageState.SENT}


def test_a_report_that_is_faster_than_we_write_comes_again() -> None:
    story = night()
    early = replace(report(story, "1#ada#0", Outcome.FAILED), provider_id="not-yet", sent_at=moment("03:00"))
    with pytest.raises(Unavailable):
        track.run(story.world.deps, early)
    story.at("03:02")
    assert track.run(story.world.deps, early) == []
    assert any("about no page" in fault for fault in story.world.notebook.faults)


def test_a_report_about_a_page_that_is_found_but_not_recorded_yet_comes_again() -> None:
    story = night().at("03:00:10")
    bounced = replace(report(story, "1#ada#0", Outcome.FAILED), sent_at=moment("03:00"))
    row = story.world.incidents._rows[story.incident.id]
    sent = row.pages["1#ada#0"]
    row.pages["1#ada#0"] = replace(sent, state=PageState.CLAIMED)  # between the two writes
    with pytest.raises(Unavailable):
        track.run(story.world.deps, bounced)
    row.pages["1#ada#0"] = sent
    assert hears(story, bounced) == [("03:00:10", "ada", "sms")]


def test_an_endpoint_that_is_gone_is_handed_on_and_known_as_broken() -> None:
    class Expired:
        can = ANYTHING

        def send(self, notice: Notice) -> str:
            raise Gone("410: the browser has given the subscription up")

    story = Story(directory(level("ada"), level("grace")))
    channels = {**story.world.deps.channels, Medium.EMAIL: Expired()}
    story.world.deps = replace(story.world.deps, channels=channels)  # type: ignore[arg-type]
    story.receive()
    assert ("03:00", "ada", "sms") in story.told
    assert state(story).broken_because == "410: the browser has given the subscription up"


def test_a_crash_while_the_owner_is_told_tells_them_when_the_report_comes_again() -> None:
    class Crash(Exception): ...

    class Once:
        can = ANYTHING

        def __init__(self, channel: object) -> None:
            self.crashed, self._channel = False, channel

        def send(self, notice: Notice) -> str:
            if notice.answer and not self.crashed:
                self.crashed = True
                raise Crash
            return self._channel.send(notice)  # type: ignore[attr-defined]

    story = night().at("03:00:10")
    deps = story.world.deps
    channels = {**deps.channels, Medium.SMS: Once(deps.channels[Medium.SMS])}
    story.world.deps = replace(deps, channels=channels)  # type: ignore[arg-type]
    bounced = report(story, "1#ada#0", Outcome.FAILED, hard=True)
    with pytest.raises(Crash):
        track.run(story.world.deps, bounced)
    hears(story, bounced, bounced)
    assert story.told.count(("03:00:10", "answer", "sms")) == 1
    assert story.told.count(("03:00:10", "ada", "sms")) == 1


def test_two_reports_at_once_page_once() -> None:
    """The second finds what the first has written only as it commits."""
    story = night().at("03:00:10")
    bounced = report(story, "1#ada#0", Outcome.FAILED)

    class Behind:
        def __init__(self, store: object) -> None:
            self._store, self.crossed = store, False

        def __getattr__(self, name: str) -> object:
            return getattr(self._store, name)

        def load(self, incident: str) -> object:
            loaded = self._store.load(incident)  # type: ignore[attr-defined]
            if not self.crossed:
                self.crossed = True
                track.run(story.world.deps, bounced)
            return loaded

    behind = replace(story.world.deps, incidents=Behind(story.world.incidents))  # type: ignore[arg-type]
    assert track.run(behind, bounced) == [PageState.FAILED]
    story.world.settle()
    assert story.told.count(("03:00:10", "ada", "sms")) == 1


def test_a_page_that_has_failed_is_not_settled_as_sent_by_an_older_hand() -> None:
    story = night().at("03:00:10")
    old = page(story, "1#ada#0")
    bounces(story, "1#ada#0")
    with pytest.raises(Conflict):
        story.world.incidents.settle(old)
    order = PageOrder(incident=old.incident, identity=old.identity)
    assert run_page(story.world.deps, order, "again") is None


def test_low_urgency_fails_over_likewise() -> None:
    quiet = replace(user("ada"), notify={Urgency.HIGH: (NotificationRule(after=timedelta(0), by="mail"),)})
    story = Story(directory(level("ada"), level("grace"), users=(quiet, user("grace")))).receive().at("03:00:10")
    assert bounces(story, "1#ada#0") == [("03:00:10", "ada", "sms")]  # a contact that no rule names
