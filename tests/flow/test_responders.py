"""Somebody is asked to help: paged by their own rules until they answer, whatever the incident's level does."""

from datetime import timedelta

from shared.domain.command import Order
from shared.domain.directory import Medium, Service, UrgencyRule
from shared.domain.incident import Status
from shared.domain.notification import PageState
from shared.domain.timeline import Kind, Why
from tests.flow.people import INTEGRATIONS, directory, level, user
from tests.flow.story import Story, moment


def test_linus_is_asked_to_help_and_the_status_stays() -> None:
    story = Story(directory(level("ada"), level("grace"))).receive().at("03:01")
    story.says("ada", Order.ACKNOWLEDGE)
    assert story.says("ada", Order.ADD_RESPONDERS, users=("linus",)) == "linus is asked to help with 1 disk."
    assert story.told[1:] == [("03:01", "linus", "email")]
    assert story.until("09:00") == [("03:03", "linus", "sms")]
    assert story.incident.status is Status.ACKNOWLEDGED
    story.holds()


def test_a_responder_is_asked_while_the_levels_go_on() -> None:
    story = Story(directory(level("ada"), level("grace"))).receive().at("03:01")
    story.says("ada", Order.ADD_RESPONDERS, users=("linus",))
    assert story.until("03:06") == [
        ("03:02", "ada", "sms"),
        ("03:03", "linus", "sms"),
        ("03:05", "grace", "email"),
    ]
    story.holds()


def test_whatever_a_responder_says_is_their_answer() -> None:
    story = Story(directory(level("ada"), level("grace", minutes=30))).receive().at("03:01")
    story.says("ada", Order.ADD_RESPONDERS, users=("linus", "grace"))
    story.at("03:02").says("linus", Order.NOTE, text="on a plane until five")
    assert story.until("03:04") == [("03:03", "grace", "sms")]
    assert story.incident.status is Status.TRIGGERED
    story.holds()


def test_who_has_it_already_and_is_asked_all_the_same_may_answer_with_an_acknowledgement() -> None:
    story = Story(directory(level("ada"), level("grace"))).receive().at("03:01")
    story.says("ada", Order.ACKNOWLEDGE)
    story.says("grace", Order.ADD_RESPONDERS, users=("ada",))
    assert story.says("ada", Order.ACKNOWLEDGE) == "You have it. 1 disk is acknowledged."
    assert story.until("09:00") == []
    story.holds()


def test_the_acknowledgement_of_somebody_else_leaves_a_responder_s_pages_as_they_are() -> None:
    story = Story(directory(level("ada"), level("grace"))).receive().at("03:01")
    story.says("ada", Order.ADD_RESPONDERS, users=("linus",))
    story.at("03:02").says("grace", Order.ACKNOWLEDGE)
    assert story.until("09:00") == [("03:03", "linus", "sms")]


def test_once_it_is_resolved_nobody_is_asked_any_more() -> None:
    story = Story(directory(level("ada"), level("grace"))).receive().at("03:01")
    story.says("ada", Order.ADD_RESPONDERS, users=("linus",))
    story.at("03:02").resolve()
    assert story.until("09:00") == []


def test_a_responder_s_mail_that_fails_hands_on_to_their_text_at_once() -> None:
    story = Story(directory(level("ada"), level("grace")), fails=(Medium.EMAIL,)).receive().at("03:01")
    story.says("ada", Order.ACKNOWLEDGE)
    story.says("ada", Order.ADD_RESPONDERS, users=("linus",))
    assert story.told[2:] == [("03:01", "linus", "email failed"), ("03:01", "linus", "sms")]
    assert story.until("09:00") == []


def test_a_responder_whom_nothing_reaches_is_said_to_be_so_and_the_rest_goes_on() -> None:
    by_text = (user("ada"), user("grace"), user("linus"))
    story = Story(directory(level("ada"), level("grace"), users=by_text)).receive().at("03:01")
    story.world.fails |= {Medium.EMAIL, Medium.SMS}
    story.says("grace", Order.ADD_RESPONDERS, users=("linus",))
    story.world.fails.clear()
    unreached = [entry for entry in story.log if entry.kind is Kind.RESPONDER_UNREACHED]
    assert [(entry.responder, entry.why) for entry in unreached] == [(1, Why.RESPONDER_UNREACHED)]
    assert story.until("03:05") == [("03:02", "ada", "sms"), ("03:05", "grace", "email")]
    assert story.says("grace", Order.ADD_RESPONDERS, users=("linus",)) == "linus is asked to help with 1 disk."
    assert story.told[-1] == ("03:05", "linus", "email")
    story.holds()


def test_low_urgency_asks_by_the_low_rules_also_once_it_is_high() -> None:
    quiet = Service(name="checkout", policy="checkout", urgency=UrgencyRule.LOW, integrations=INTEGRATIONS)
    story = Story(directory(service=quiet)).receive().at("03:01")
    story.says("ada", Order.ADD_RESPONDERS, users=("linus",))
    assert story.until("09:00") == []
    assert story.told[-1] == ("03:01", "linus", "email")


def test_who_is_being_asked_is_not_asked_twice_and_who_answered_is_asked_anew() -> None:
    story = Story(directory(level("ada"), level("grace"))).receive().at("03:01")
    story.says("ada", Order.ADD_RESPONDERS, users=("linus",))
    again = story.says("grace", Order.ADD_RESPONDERS, users=("linus",))
    assert again == "linus was asked to help with 1 disk already."
    story.says("linus", Order.NOTE, text="looking")
    story.says("grace", Order.ADD_RESPONDERS, users=("linus",))
    pages = [page for _, _, pages in story.world.timeline() for page in pages if page.of_responder]
    assert [page.identity for page in pages] == ["R1#linus#0", "R2#linus#0"]


def test_a_responder_s_page_is_not_fenced_by_an_escalation() -> None:
    story = Story(directory(level("ada"), level("grace"))).receive().at("03:01")
    story.says("ada", Order.ADD_RESPONDERS, users=("linus",))
    story.at("03:02").says("ada", Order.ESCALATE, entry=1)
    assert ("03:03", "linus", "sms") in story.until("03:04")
    states = {p.identity: p.state for _, _, pages in story.world.timeline() for p in pages}
    assert states["R1#linus#1"] is PageState.SENT


def test_an_edit_of_their_rules_meanwhile_changes_nothing() -> None:
    story = Story(directory(level("ada"), level("grace"))).receive().at("03:01")
    story.says("ada", Order.ACKNOWLEDGE)
    story.says("ada", Order.ADD_RESPONDERS, users=("linus",))
    reversed_ = user("linus", high=((0, "phone"), (2, "mail")))
    story.world.directories.put(
        directory(level("ada"), level("grace"), users=(user("ada"), user("grace"), reversed_), version=2)
    )
    assert story.until("09:00") == [("03:03", "linus", "sms")]


def test_the_command_is_refused_with_its_reason() -> None:
    mute = (user("ada"), user("grace"), user("linus", contacts=False))
    story = Story(directory(level("ada"), level("grace"), users=mute)).receive()
    assert story.says("ada", Order.ADD_RESPONDERS) == "Nothing was done: add whom?."
    nobody = story.says("ada", Order.ADD_RESPONDERS, users=("mallory",))
    assert nobody == "Nothing was done: there is no user mallory."
    silent = story.says("ada", Order.ADD_RESPONDERS, users=("linus",))
    assert silent == "Nothing was done: linus can't be paged: add a contact method."
    for _ in range(50):
        story.says("grace", Order.ADD_RESPONDERS, users=("ada",))
        story.says("ada", Order.NOTE, text="still here")
    assert "takes 50 responders" in story.says("grace", Order.ADD_RESPONDERS, users=("ada",))


def test_without_step_functions_a_responder_is_paged_by_sweep() -> None:
    story = Story(directory(level("ada"), level("grace"))).receive().at("03:01")
    story.says("ada", Order.ACKNOWLEDGE)
    story.world.runs.names.add(f"{story.incident.id}-2-R1")  # as if it had been started, and lost
    story.says("ada", Order.ADD_RESPONDERS, users=("linus",))
    story.world.clock.at += timedelta(seconds=31)
    story.world.sweep()
    assert story.told[-1] == ("03:01:31", "linus", "email")
    assert story.world.incidents.overdue(moment("09:00"), 10)[0][0].due_at == moment("03:03")
