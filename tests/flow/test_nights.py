"""Nights, told by the clock."""

from datetime import timedelta

from shared.channels.mail import render
from shared.domain.command import Order
from shared.domain.directory import Assign, EventRule, Medium, Outcome, Service, Urgency, UrgencyRule
from shared.domain.event import Severity
from shared.domain.incident import Status
from shared.domain.notification import PageState
from shared.domain.timeline import Kind
from tests.flow.people import INTEGRATIONS, STAGING_IS_QUIET, directory, level, user
from tests.flow.story import Story, moment


def test_grace_is_told_while_ada_sleeps_and_takes_it() -> None:
    story = Story(directory(level("ada"), level("grace")))
    story.at("03:00").receive()
    assert story.until("03:04") == [("03:02", "ada", "sms")]
    assert story.until("03:05") == [("03:05", "grace", "email")]
    assert story.at("03:06").says("grace", Order.ACKNOWLEDGE) == "You have it. 1 disk is acknowledged."
    assert story.until("09:00") == []
    assert story.incident.status is Status.ACKNOWLEDGED
    assert story.incident.acknowledged_by == ("grace",)
    story.holds()


def test_the_alarm_s_recovery_resolves_and_the_night_is_over() -> None:
    story = Story(directory())
    story.receive().at("03:01").resolve()
    assert story.incident.status is Status.RESOLVED
    assert story.kinds == [Kind.TRIGGERED, Kind.LEVEL_ENTERED, Kind.RESOLVED]
    assert story.until("09:00") == []
    story.holds()


def test_nobody_answers_and_the_fallback_contact_is_told_once_by_every_method() -> None:
    story = Story(directory(level("ada"), level("grace", minutes=10), repeat=1)).receive()
    told = [story.told[0], *story.until("09:00")]
    assert told == [
        ("03:00", "ada", "email"),
        ("03:02", "ada", "sms"),
        ("03:05", "grace", "email"),
        ("03:07", "grace", "sms"),
        ("03:15", "ada", "email"),
        ("03:17", "ada", "sms"),
        ("03:20", "grace", "email"),
        ("03:22", "grace", "sms"),
        ("03:30", "fallback", "email"),
        ("03:30", "fallback", "sms"),
    ]
    assert story.incident.open
    assert story.incident.exhausted
    story.holds()


def test_repeats_are_counted_and_page_nobody() -> None:
    story = Story(directory()).receive()
    for _ in range(9):
        story.receive()
    assert len(story.incidents) == 1
    assert len(story.told) == 1
    assert story.kinds == [Kind.TRIGGERED, Kind.LEVEL_ENTERED]
    story.holds()


def test_a_method_that_fails_hands_on_at_once_and_isn_t_due_again() -> None:
    story = Story(directory(level("ada")), fails=(Medium.EMAIL,)).receive()
    assert story.told == [("03:00", "ada", "email failed"), ("03:00", "ada", "sms")]
    assert story.until("03:04") == []
    assert [page.state for _, _, pages in story.world.timeline() for page in pages] == [
        PageState.FAILED,
        PageState.SENT,
    ]


def test_when_every_method_of_a_level_fails_the_next_begins_at_once() -> None:
    both_by_text = (user("ada", high=((0, "phone"),)), user("grace"))
    story = Story(directory(level("ada"), level("grace"), users=both_by_text), fails=(Medium.SMS, Medium.EMAIL))
    story.receive()
    assert story.told == [
        ("03:00", "ada", "sms failed"),
        ("03:00", "ada", "email failed"),
        ("03:00", "grace", "email failed"),
        ("03:00", "grace", "sms failed"),
        ("03:00", "fallback", "email failed"),
        ("03:00", "fallback", "sms failed"),
    ]
    assert story.world.notebook.alarms == ["Incident 1 reaches nobody"]


def test_a_level_that_nobody_can_be_reached_at_is_skipped_not_waited_for() -> None:
    mute = (user("ada", contacts=False), user("grace"))
    story = Story(directory(level("ada"), level("grace"), users=mute)).receive()
    assert story.told == [("03:00", "grace", "email")]
    assert story.kinds == [Kind.TRIGGERED, Kind.LEVEL_SKIPPED, Kind.LEVEL_ENTERED]
    story.holds()


def test_a_policy_that_reaches_nobody_tells_the_fallback_at_once_whatever_it_repeats() -> None:
    mute = (user("ada", contacts=False), user("grace"))
    story = Story(directory(level("ada"), repeat=9, users=mute)).receive()
    assert story.told == [("03:00", "fallback", "email"), ("03:00", "fallback", "sms")]
    assert story.kinds == [Kind.TRIGGERED, Kind.LEVEL_SKIPPED, Kind.EXHAUSTED]
    assert story.until("09:00") == []
    story.holds()


def test_low_urgency_tells_by_the_low_rules_and_doesn_t_escalate() -> None:
    quiet = Service(name="checkout", policy="checkout", urgency=UrgencyRule.SEVERITY, integrations=INTEGRATIONS)
    story = Story(directory(service=quiet)).receive(severity=Severity.WARNING)
    assert story.told == [("03:00", "ada", "email")]
    assert story.until("09:00") == []


def test_low_urgency_that_worsens_pages_anew_by_the_high_rules_once() -> None:
    quiet = Service(name="checkout", policy="checkout", urgency=UrgencyRule.SEVERITY, integrations=INTEGRATIONS)
    story = Story(directory(service=quiet)).receive(severity=Severity.WARNING)
    story.at("03:30").receive(severity=Severity.CRITICAL).receive(severity=Severity.CRITICAL)
    assert story.told[1:] == [("03:30", "ada", "email")]
    assert story.incident.urgency is Urgency.HIGH
    assert story.until("03:33") == [("03:32", "ada", "sms")]
    story.holds()


def test_an_acknowledgement_that_is_forgotten_pages_the_level_anew() -> None:
    strict = Service(
        name="checkout",
        policy="checkout",
        acknowledgement_timeout=timedelta(minutes=30),
        integrations=INTEGRATIONS,
    )
    story = Story(directory(service=strict)).receive().at("03:01")
    story.says("ada", Order.ACKNOWLEDGE)
    assert story.until("03:31") == [("03:31", "ada", "email")]
    story.holds()


def test_a_snooze_ends_and_pages_the_level_anew() -> None:
    story = Story(directory()).receive().at("03:01")
    story.says("ada", Order.SNOOZE, for_=timedelta(hours=2))
    assert story.until("05:00") == []
    assert story.until("05:01") == [("05:01", "ada", "email")]
    story.holds()


def test_a_person_and_the_timer_never_skip_a_level_together() -> None:
    story = Story(directory(level("ada"), level("grace"), level("linus"))).receive().at("03:05")
    answer = story.says("ada", Order.ESCALATE, entry=1)
    assert answer == "Nothing was done: level 2 has begun meanwhile: nothing was skipped."
    assert story.incident.level == 2


def test_escalate_now_pages_the_next_level_and_drops_what_was_to_come() -> None:
    story = Story(directory()).receive().at("03:01")
    story.says("ada", Order.ESCALATE, entry=1)
    assert story.told[1:] == [("03:01", "grace", "email")]
    assert story.until("03:02:30") == []


def test_round_robin_takes_one_each_in_turn() -> None:
    story = Story(directory(level("ada", "grace", assign=Assign.ROUND_ROBIN)))
    for key in ("one", "two", "three"):
        story.receive(key)
    assert [whom for _, whom, _ in story.told] == ["ada", "grace", "ada"]


def test_a_severity_that_a_rule_sets_is_the_one_that_people_read() -> None:
    milder = EventRule(name="milder", when={"source": ["db-1"]}, then=Outcome(severity=Severity.WARNING))
    story = Story(directory(rules=(milder,))).receive(severity=Severity.CRITICAL)
    assert render(story.world.sent[0].notice).subject == "[#1 warning] checkout: disk: full"
    story.holds()


def test_a_suppressed_event_opens_nothing_and_can_be_looked_at() -> None:
    story = Story(directory(rules=(STAGING_IS_QUIET,))).receive(source="staging-7").receive(source="staging-7")
    assert story.incidents == []
    assert [drop.reason for drop in story.world.incidents.dropped.values()] == ["by the rule 'staging is quiet'"]


def test_a_trigger_older_than_the_resolve_that_overtook_it_opens_nothing() -> None:
    story = Story(directory()).at("03:10").resolve(timestamp=moment("03:09"))
    story.receive(timestamp=moment("03:08"))
    assert story.incidents == []
    assert [drop.kind for drop in story.world.incidents.dropped.values()] == ["late"]


def test_what_was_resolved_opens_anew_when_it_comes_back() -> None:
    story = Story(directory()).receive().resolve().at("03:10").receive()
    assert [incident.status for incident in story.incidents] == [Status.RESOLVED, Status.TRIGGERED]
    assert [incident.number for incident in story.incidents] == [1, 2]
    story.holds()


def test_a_level_due_during_an_outage_is_given_its_whole_time() -> None:
    story = Story(directory(level("ada"), level("grace"), level("linus"))).receive()
    story.world.runs.sleeping.clear()  # the state machine is gone
    story.world.clock.at = moment("03:20")
    story.world.sweep()
    assert story.told[-1] == ("03:20", "grace", "email")
    assert story.incident.level == 2
    story.holds()


def test_the_policy_is_fixed_when_the_incident_opens() -> None:
    story = Story(directory(level("ada"), level("grace"))).receive()
    story.world.directories.put(directory(level("linus"), version=2))
    assert story.until("03:05")[-1] == ("03:05", "grace", "email")
