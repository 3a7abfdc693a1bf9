"""Replies by mail: who may answer, what it does, that it counts once, and what each refusal is called."""

from dataclasses import replace
from email.message import EmailMessage

import pytest

from shared.channels.mail import render
from shared.domain.contact_state import GUESSES, ContactState, with_code
from shared.domain.directory import Contact, Medium
from shared.domain.instants import Instant
from shared.domain.notification import Page
from shared.flow import reply_mail
from shared.flow.ports import Unavailable
from shared.flow.reply_mail import Receipt
from shared.sources.answer_mail import Verdicts
from shared.store.memory_contacts import MemoryContacts
from tests.flow.people import directory, level
from tests.flow.story import Story

GOOD = Verdicts(spam="PASS", virus="PASS", dmarc="PASS")


class Mailbox:
    """Ada's mail program, on a night on which she was paged at three."""

    def __init__(self, **templates: str) -> None:
        team = replace(directory(level("ada"), level("grace")), templates=templates)
        self.story = Story(team).receive()
        self.world = self.story.world

    def page(self, user: str = "ada") -> Page:
        _, _, pages = self.world.timeline()[-1]
        return next(page for page in pages if page.user == user)

    def reply_to(self, page: Page | None = None, at: Instant | None = None) -> str:
        return self.world.deps.replies.address(page or self.page(), at or self.world.clock.at)

    def answer(
        self,
        words: str,
        *,
        sender: str = "Ada Park <ada@acme.example>",
        to: str | None = None,
        verdicts: Verdicts = GOOD,
        **headers: str,
    ) -> str | None:
        mail = EmailMessage()
        told = {"From": sender, "To": to or self.reply_to(), "Subject": "Re: page", "Message-ID": "<1@acme.example>"}
        for name, value in {**told, **{key.replace("_", "-"): value for key, value in headers.items()}}.items():
            mail[name] = value
        mail.set_content(f"{words}\n\nOn Mon, 23 Nov 2026 at 04:00 Tocsin wrote:\n> Answer ack or resolve\n")
        self.world.letters.mail["inbound/1"] = bytes(mail)
        receipt = Receipt(at="inbound/1", verdicts=verdicts, recipients=(str(mail["To"]),))
        said = reply_mail.run(self.world.deps, receipt)
        self.world.settle()
        return said


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def test_ack_is_taken_and_answered(mailbox: Mailbox) -> None:
    assert mailbox.answer("ack") == "You have it. 1 disk is acknowledged."
    assert mailbox.story.incident.acknowledged_by == ("ada",)
    notice = mailbox.world.sent[-1].notice
    assert (notice.contact.address, notice.in_reply_to) == ("ada@acme.example", "<1@acme.example>")
    mailbox.story.holds()


@pytest.mark.parametrize(
    ("words", "answered"),
    [
        ("Resolve.", "1 disk is resolved."),
        ("snooze 2h", "1 disk is snoozed."),
        ("escalate", "Done. 1 disk is triggered."),
        ("reassign linus", "Done. 1 disk is triggered."),
        ("I can't ack this", "Noted on 1 disk."),
        ("help", "Answer with one line: ack, resolve, escalate"),
        ("status", "1 disk is triggered (ada). Ada is paged by text in 2 min."),
        ("snooze 9d", "Nothing was done: a snooze lasts from 1 second to 7 days"),
        ("reassign nobody", "Nothing was done: there is no user nobody"),
        ("ack 2", "Nothing was done: this is an answer about 1."),
    ],
)
def test_every_reply_is_answered_with_what_it_did(mailbox: Mailbox, words: str, answered: str) -> None:
    said = mailbox.answer(words)
    assert said is not None
    assert said.startswith(answered)
    mailbox.story.holds()


@pytest.mark.parametrize(
    ("words", "state"),
    [("ack", "acknowledged"), ("resolve", "resolved"), ("status", "triggered"), ("ack 2", "triggered")],
)
def test_an_answer_states_the_incident_as_it_is_now_in_the_thread_of_its_pages(
    mailbox: Mailbox, words: str, state: str
) -> None:
    asked = render(mailbox.world.sent[0].notice)
    mailbox.answer(words)
    told = render(mailbox.world.sent[-1].notice)
    assert f"1 is {state}: " in told.text
    assert told.subject == f"Re: {asked.subject}"


def test_a_note_and_a_command_are_both_taken(mailbox: Mailbox) -> None:
    mailbox.answer("On the train, ten minutes.\nack")
    assert [entry.kind.value for entry in mailbox.story.log[-2:]] == ["noted", "acknowledged"]
    assert mailbox.story.log[-2].text == "On the train, ten minutes."


def test_what_is_resolved_stays_resolved(mailbox: Mailbox) -> None:
    mailbox.answer("resolve")
    said = mailbox.answer("ack", Message_ID="<2@acme.example>")
    assert said == "Nothing was done: 1 is resolved, and resolved is final."


def test_no_dmarc_policy_counts_with_a_signature_aligned_by_ses(mailbox: Mailbox) -> None:
    gray = Verdicts(spam="PASS", virus="PASS", dmarc="GRAY")
    results = "amazonses.com; spf=pass; dkim=pass header.i=@acme.example; dmarc=none header.from=acme.example"
    assert mailbox.answer("ack", verdicts=gray, Authentication_Results=results) is not None


def test_another_incident_s_address_answers_that_incident_only(mailbox: Mailbox) -> None:
    address = mailbox.reply_to()
    mailbox.story.receive("network", summary="network: down")
    mailbox.answer("ack", to=address)
    assert [incident.status.value for incident in mailbox.story.incidents] == ["acknowledged", "triggered"]


def test_a_reply_address_fits_and_survives_lower_and_upper_casing(mailbox: Mailbox) -> None:
    address = mailbox.reply_to()
    assert len(address.partition("@")[0]) <= 64
    assert address == address.lower()
    assert mailbox.answer("ack", to=address.upper()) is not None


# what an answer proves, and how a code is answered


def known(mailbox: Mailbox, address: str = "ada@acme.example") -> ContactState:
    return mailbox.world.contacts.of("ada", Contact(name="mail", medium=Medium.EMAIL, address=address))


def test_an_answer_from_the_paged_address_confirms_it_in_one_write(mailbox: Mailbox) -> None:
    mailbox.answer("status")
    proven = known(mailbox)
    assert proven.confirmed
    mailbox.answer("status", Message_ID="<2@acme.example>")
    assert known(mailbox).version == proven.version == 1


def test_a_page_to_an_address_that_nobody_confirmed_says_so_until_somebody_answers(mailbox: Mailbox) -> None:
    line = "Nobody has confirmed this address yet: a reply does."
    assert line in render(mailbox.world.sent[0].notice).text
    mailbox.answer("note I am here")
    mailbox.story.receive("network", summary="network: down")
    page = next(sent.notice for sent in reversed(mailbox.world.sent) if sent.notice.page)
    assert line not in render(page).text


def test_a_table_that_can_t_take_the_proof_undoes_nothing(mailbox: Mailbox) -> None:
    deps = replace(mailbox.world.deps, contacts=Away())
    mailbox.world.deps = deps
    assert mailbox.answer("ack") == "You have it. 1 disk is acknowledged."
    assert "the answer counts, and the next one confirms" in mailbox.world.notebook.faults[-1]


class Away(MemoryContacts):
    def write(self, state: ContactState) -> ContactState:
        raise Unavailable("the table is away")


def test_a_code_is_answered_by_mail_from_the_address_that_it_was_sent_to(mailbox: Mailbox) -> None:
    mailbox.world.contacts.write(with_code(known(mailbox), "482913", mailbox.world.clock.at))
    before = mailbox.story.incident
    assert mailbox.answer("482 913.", to="confirm@in.example") == "This address is confirmed."
    assert known(mailbox).confirmed
    assert mailbox.story.incident == before
    told = render(mailbox.world.sent[-1].notice)
    assert (told.subject, told.text) == ("Re: Confirm this address for Tocsin", "This address is confirmed.\n")


def test_a_wrong_code_by_mail_costs_a_guess(mailbox: Mailbox) -> None:
    mailbox.world.contacts.write(with_code(known(mailbox), "482913", mailbox.world.clock.at))
    for _ in range(GUESSES):
        assert str(mailbox.answer("000000", to="confirm@in.example")).startswith("That isn't the code")
    assert mailbox.answer("482913", to="confirm@in.example") is None
    assert mailbox.world.notebook.faults[-1] == "reply: its address isn't confirmed, and its guesses are used up"
    assert not known(mailbox).confirmed


CODES_REFUSED = {
    "of a stranger": ({"sender": "mallory@evil.example"}, "its sender is no contact method of anybody"),
    "with failing DMARC": (
        {"verdicts": Verdicts(spam="PASS", virus="PASS", dmarc="FAIL")},
        "SES's verdict for DMARC is FAIL, and no signature is the sender's own",
    ),
    "by a machine": ({"Auto_Submitted": "auto-replied"}, "automatic mail: its header Auto-Submitted says so"),
    "without a code": ({"words": "ack"}, "there is no code in it"),
}


@pytest.mark.parametrize("why", CODES_REFUSED)
def test_a_code_that_doesn_t_count_is_refused_by_name(mailbox: Mailbox, why: str) -> None:
    mailbox.world.contacts.write(with_code(known(mailbox), "482913", mailbox.world.clock.at))
    told, reason = CODES_REFUSED[why]
    words = str(told.get("words", "482913"))
    more = {name: value for name, value in told.items() if name != "words"}
    assert mailbox.answer(words, to="confirm@in.example", **more) is None  # type: ignore[arg-type]
    assert mailbox.world.notebook.faults[-1] == f"reply: {reason}"
    assert not known(mailbox).confirmed


def test_a_page_and_the_answer_to_its_reply_have_the_subject_that_the_account_wrote() -> None:
    mailbox = Mailbox(**{"email.subject": "{{ account }} {{ number }}"})
    mailbox.answer("ack")
    assert [render(sent.notice).subject for sent in mailbox.world.sent] == ["Acme 1", "Re: Acme 1"]
