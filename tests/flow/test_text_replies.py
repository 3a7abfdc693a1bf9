"""Answers by text: whose number counts, what it means without an incident's number, and how a number proves itself."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.contact_state import CODE_LASTS, GUESSES, OPTED_OUT, ContactState, confirmed, with_code
from shared.domain.directory import Contact, Medium
from shared.domain.incident import Status
from shared.domain.notification import PageState
from shared.flow import reply_text
from shared.flow.channel import Notice
from tests.flow.people import directory, level
from tests.flow.story import Story

TOPIC = "arn:aws:sns:eu-west-1:111122223333:tocsin-texts"
ADA, SHARED, OURS = "+447700900003", "+447700900005", "+12025550100"  # SHARED is the phone of Grace and of Linus


class Phone:
    """Ada's phone, on a night on which she was texted at two minutes past three."""

    def __init__(self) -> None:
        self.story = Story(directory(level("ada"), level("grace"))).receive().at("03:02:30")
        self.world = self.story.world
        self.sent = 0

    def says(self, words: str, *, number: str = ADA, message_id: str | None = None, topic: str = TOPIC) -> str | None:
        self.sent += 1
        message = {
            "originationNumber": number,
            "destinationNumber": OURS,
            "messageKeyword": "KEYWORD_1",
            "messageBody": words,
            "inboundMessageId": message_id or f"text-{self.sent}",
        }
        return self.hands_over({"TopicArn": topic, "MessageId": "sns-1", "Message": json.dumps(message)})

    def hands_over(self, sns: dict[str, Any]) -> str | None:
        said = reply_text.run(self.world.deps, sns, TOPIC)
        self.world.settle()
        return said

    def code(self) -> str:
        """The newest that was texted."""
        told = next(
            s.notice.answer for s in reversed(self.world.sent) if s.notice.answer and "Answer " in s.notice.answer
        )
        found = re.search(r"\d{6}", told)
        assert found
        return found[0]

    def known(self, user: str = "ada", number: str = ADA) -> ContactState:
        return self.world.contacts.of(user, Contact(name="phone", medium=Medium.SMS, address=number))

    def confirm(self, user: str = "ada", number: str = ADA) -> "Phone":
        self.world.contacts.write(confirmed(self.known(user, number), self.world.clock.at))
        return self

    def answers(self) -> list[Notice]:
        return [sent.notice for sent in self.world.sent if sent.notice.page is None]


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.mark.parametrize(
    ("words", "answered", "status"),
    [
        ("4", "You have it. 1 disk is acknowledged.", Status.ACKNOWLEDGED),
        ("Ack!", "You have it. 1 disk is acknowledged.", Status.ACKNOWLEDGED),
        ("ACK 1 please", "You have it. 1 disk is acknowledged.", Status.ACKNOWLEDGED),
        ("6", "1 disk is resolved.", Status.RESOLVED),
        ("5", "Done. 1 disk is triggered.", Status.TRIGGERED),
        ("snooze 2h", "1 disk is snoozed.", Status.ACKNOWLEDGED),
        ("status", "1 disk is triggered (ada). ", Status.TRIGGERED),
        ("I can't ack this", "Noted on 1 disk.", Status.TRIGGERED),
        ("ack 99", "Nothing was done: 99 wasn't texted to this number in a week.", Status.TRIGGERED),
    ],
)
def test_a_confirmed_number_is_obeyed_and_answered(phone: Phone, words: str, answered: str, status: Status) -> None:
    said = phone.confirm().says(words)
    assert said is not None
    assert said.startswith(answered)
    assert phone.story.incident.status is status
    told = phone.answers()[-1]
    assert (told.contact.address, told.answer) == (ADA, said)
    phone.story.holds()


def test_with_two_incidents_the_answer_asks_which(phone: Phone) -> None:
    phone.story.receive("network", summary="network: down").at("03:05")
    said = phone.confirm().says("ack")
    assert said == ("Nothing was done: several incidents were texted to this number (1, 2). Say which: ack 2.")
    assert phone.says("status").endswith("Say which: status 2.")  # who only asks isn't told how to acknowledge
    assert [incident.status for incident in phone.story.incidents] == [Status.TRIGGERED, Status.TRIGGERED]
    assert phone.says("ack 2") == "You have it. 2 network is acknowledged."
    assert [incident.status for incident in phone.story.incidents] == [Status.TRIGGERED, Status.ACKNOWLEDGED]


def test_what_was_texted_over_a_day_ago_has_to_be_named(phone: Phone) -> None:
    phone.confirm().world.clock.at += timedelta(days=1, minutes=1)
    assert (
        phone.says("resolve")
        == "Nothing was done: no incident was texted to this number in a day. Say which: resolve 17."
    )
    assert phone.says("resolve 1") == "1 disk is resolved."


def test_an_unconfirmed_number_does_nothing_and_its_code_does_what_was_asked(phone: Phone) -> None:
    said = phone.says("ack")
    assert phone.story.incident.status is Status.TRIGGERED
    code = phone.code()
    assert (
        said == f"This number isn't confirmed yet, so nothing was done. Answer {code} to confirm it and acknowledge 1."
    )
    assert phone.says(f"{code[:3]} {code[3:]}.") == "This number is confirmed. You have it. 1 disk is acknowledged."
    assert phone.story.incident.acknowledged_by == ("ada",)
    assert phone.known().confirmed
    assert phone.says(code) is None, "nothing is done twice, nor noted"


def test_what_was_asked_is_done_once_though_its_code_is_delivered_twice(phone: Phone) -> None:
    phone.says("escalate")
    code = phone.code()
    phone.says(code, message_id="once")
    entered = phone.story.incident.entry
    phone.says(code, message_id="once")
    assert phone.story.incident.entry == entered


def test_a_crash_between_the_proof_and_the_deed_is_made_good_by_the_same_message(phone: Phone) -> None:
    phone.says("ack")
    code = phone.code()
    state = phone.known()
    proven = replace(confirmed(state, phone.world.clock.at), asked=state.asked)
    phone.world.contacts.write(proven)  # and then it ended
    assert phone.says(code) == "This number is confirmed. You have it. 1 disk is acknowledged."


def test_what_makes_no_sense_any_more_is_not_done_by_the_code(phone: Phone) -> None:
    phone.says("ack")
    phone.story.resolve()
    said = phone.says(phone.code())
    assert said == "This number is confirmed. Nothing was done: 1 is resolved, and resolved is final."


def test_five_guesses_and_no_more_however_often_a_code_is_asked_for(phone: Phone) -> None:
    phone.says("ack")
    for _ in range(GUESSES - 1):
        assert phone.says("000000") == "That isn't the code. Nothing was done." or phone.code() == "000000"
    phone.says("ack")  # asking for a new code costs a guess as well
    assert phone.says("ack") is None
    assert phone.says(phone.code()) is None, "the right one comes too late"
    assert phone.world.notebook.faults[-1] == "reply: its number isn't confirmed, and its guesses are used up"
    assert not phone.known().confirmed
    phone.world.clock.at += CODE_LASTS
    assert phone.says("ack") is not None
    assert phone.says(phone.code()) is not None
    assert phone.known().confirmed


def test_a_code_is_worth_nothing_after_an_hour(phone: Phone) -> None:
    phone.says("ack")
    code = phone.code()
    phone.world.clock.at += CODE_LASTS
    phone.says(code)
    assert not phone.known().confirmed
    assert phone.story.incident.status is Status.TRIGGERED


def test_stop_is_written_down_and_start_heals_it_and_neither_is_answered(phone: Phone) -> None:
    assert phone.says("STOP") is None
    assert phone.known().broken_because == OPTED_OUT
    assert phone.says("help") is None
    assert phone.known().broken
    assert phone.says("Start") is None
    assert not phone.known().broken
    assert phone.answers() == []


def test_who_forges_stop_silences_nobody(phone: Phone) -> None:
    """The carrier's own list is what stops texts, and it tells us at the next one."""
    phone.says("STOP")
    phone.story.receive("network", summary="network: down").at("03:05")
    _, _, pages = phone.world.timeline()[-1]
    assert [page.state for page in pages if page.medium is Medium.SMS] == [PageState.SENT]


def test_of_two_whose_phone_it_is_who_was_paged_answers(phone: Phone) -> None:
    phone.story.at("03:07:30")
    phone.confirm("grace", SHARED).says("ack", number=SHARED)
    assert phone.story.incident.acknowledged_by == ("grace",)


def test_of_two_whose_phone_it_is_who_waits_for_the_code_is_meant(phone: Phone) -> None:
    phone.story.at("03:07:30")
    phone.world.contacts.write(with_code(phone.known("linus", SHARED), "482913", phone.world.clock.at))
    assert phone.says("482913", number=SHARED) == "This number is confirmed."
    assert phone.known("linus", SHARED).confirmed
    assert not phone.known("grace", SHARED).confirmed


def test_a_code_of_the_command_carries_out_nothing_that_was_asked_long_ago(phone: Phone) -> None:
    phone.says("ack")
    phone.world.contacts.write(with_code(phone.known(), "482913", phone.world.clock.at))
    assert phone.says("482913") == "This number is confirmed."
    assert phone.story.incident.status is Status.TRIGGERED


def test_a_fallen_back_page_is_answered_by_nobody(phone: Phone) -> None:
    """The fallback contact is no user; its number is nobody's contact method."""
    assert phone.says("ack", number="+4915112345678") is None
    assert phone.story.incident.status is Status.TRIGGERED


@pytest.mark.parametrize("message", ["", "hello", "[]", "{}", '{"originationNumber": "+447700900003"}', '"{"'])
def test_what_is_no_two_way_message_is_refused(phone: Phone, message: str) -> None:
    assert phone.hands_over({"TopicArn": TOPIC, "Message": message}) is None
    assert phone.world.notebook.faults[-1].startswith("reply: it is no two-way message of AWS")


def test_what_a_bundle_lists_can_be_answered_by_its_number(phone: Phone) -> None:
    for name in ("a", "b", "c", "d", "e", "f", "g"):
        phone.story.receive(name, summary=f"{name}: down")
    phone.story.at("03:40")
    texted = [one.number for one in phone.world.contacts.texted(ADA)]
    assert texted == [1, 2, 3, 4, 5, 6, 7, 8]
    assert phone.confirm().says("ack 8") == "You have it. 8 g is acknowledged."
