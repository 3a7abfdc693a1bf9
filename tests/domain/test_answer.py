"""What an answer means: a command is a whole line of the grammar, and everything else is a note or nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.answer import NOTE_MAX, Answer, Word, commands_for, headline, read_answer, read_text_message
from shared.domain.command import Order
from shared.domain.errors import Refused
from shared.domain.timeline import Author
from tests.flow.people import directory, user

ADA = replace(user("ada"), full_name="Ada Park")
PEOPLE = directory(users=(ADA, user("grace")))
GRACE = Author(user="grace", via="email", message_id="<1@acme.example>")


@pytest.mark.parametrize(
    ("text", "word", "argument"),
    [
        ("ack", Word.ACK, None),
        ("Ack.", Word.ACK, None),
        ("  ACK!  ", Word.ACK, None),
        ("ack 17", Word.ACK, "17"),
        ("resolve #17", Word.RESOLVE, "#17"),
        ("escalate", Word.ESCALATE, None),
        ("snooze 2h", Word.SNOOZE, "2h"),
        ("Snooze 90 minutes", Word.SNOOZE, "90 minutes"),
        ("reassign Grace Ng", Word.REASSIGN, "Grace Ng"),
        ("reassign grace.", Word.REASSIGN, "grace"),
        ("status", Word.STATUS, None),
        ("help", Word.HELP, None),
        ("note Rolled back, and watching.", Word.NOTE, "Rolled back, and watching."),
    ],
)
def test_a_line_of_the_grammar_is_a_command(text: str, word: Word, argument: str | None) -> None:
    answer = read_answer(text)
    assert (answer.word, answer.argument) == (word, argument)


@pytest.mark.parametrize(
    "text",
    [
        "I can't ack this",
        "please ack",
        "acknowledge the customer's mail first",
        "resolve this tomorrow?",
        "should I escalate",
        "snooze forever",
        "ack-ish",
        "acked",
    ],
)
def test_a_word_inside_a_sentence_is_a_note(text: str) -> None:
    answer = read_answer(text)
    assert (answer.word, answer.note) == (Word.NOTE, text)


def test_the_first_command_counts_and_other_lines_are_a_note() -> None:
    answer = read_answer("The last deploy did it.\n\nack\nresolve\nI roll it back.\n\nRegards,\nGrace")
    assert answer.word is Word.ACK
    assert answer.note == "The last deploy did it.\n\nresolve\nI roll it back."


def test_a_quoted_line_is_neither_command_nor_note() -> None:
    assert read_answer("> ack\n> resolve") == Answer()
    assert read_answer("> ack\nresolve") == Answer(word=Word.RESOLVE)


@pytest.mark.parametrize("text", ["", " \n\t\n", "\u200b\ufeff"])
def test_nothing_new_is_nothing(text: str) -> None:
    assert read_answer(text) == Answer()


@pytest.mark.parametrize(
    ("text", "word", "number"),
    [
        ("4", Word.ACK, None),
        ("6", Word.RESOLVE, None),
        ("5", Word.ESCALATE, None),
        ("4 17", Word.ACK, 17),
        ("ACK 17 please", Word.ACK, 17),
        ("Ack.", Word.ACK, None),
        ("ack 👍", Word.ACK, None),
        ("resolve, thanks", Word.RESOLVE, None),
        ("snooze 2h", Word.SNOOZE, None),
    ],
)
def test_a_text_may_be_a_digit_and_polite(text: str, word: Word, number: int | None) -> None:
    answer = read_text_message(text)
    assert (answer.word, answer.number) == (word, number)


@pytest.mark.parametrize("text", ["STOP", "stop", "Start", "HELP", "unsubscribe", "Stop."])
def test_what_carriers_answer_is_left_to_them(text: str) -> None:
    assert read_text_message(text) == Answer()


@pytest.mark.parametrize("text", ["7", "44", "ack17", "4 or 6?", "I'm on 4"])
def test_what_no_page_offers_orders_nothing(text: str) -> None:
    assert read_text_message(text).word in (None, Word.NOTE)


@given(st.text(max_size=400))
def test_any_text_has_a_meaning_and_a_note_is_bounded(text: str) -> None:
    for answer in (read_answer(text), read_text_message(text)):
        assert answer.word is None or isinstance(answer.word, Word)
        assert len(answer.note or "") <= NOTE_MAX


def test_a_note_comes_before_what_ends_the_incident() -> None:
    orders = [c.order for c in commands_for(read_answer("resolve\nIt was the cache."), GRACE, 2, PEOPLE)]
    assert orders == [Order.NOTE, Order.RESOLVE]


def test_a_snooze_says_how_long() -> None:
    (command,) = commands_for(read_answer("snooze 90 min"), GRACE, 2, PEOPLE)
    assert (command.for_, command.entry) == (timedelta(minutes=90), 2)


def test_people_are_known_by_key_by_name_and_by_address() -> None:
    for name in ("ada", "Ada", "ADA PARK", "park", "ada@acme.example", "user:ada", "@ada", "to ada"):
        (command,) = commands_for(read_answer(f"reassign {name}"), GRACE, 2, PEOPLE)
        assert command.users == ("ada",), name


def test_several_people_and_policies_can_be_named() -> None:
    (people,) = commands_for(read_answer("reassign ada, grace"), GRACE, 2, PEOPLE)
    assert people.users == ("ada", "grace")
    (policy,) = commands_for(read_answer("reassign checkout"), GRACE, 2, PEOPLE)
    assert (policy.policy, policy.users) == ("checkout", ())


def test_a_name_that_several_have_is_asked_about() -> None:
    two = directory(users=(ADA, replace(user("lovelace"), full_name="Joan Park")))
    with pytest.raises(Refused, match="2 people are called Park: say ada or lovelace"):
        commands_for(read_answer("reassign Park"), GRACE, 2, two)


def test_the_headline_names_number_severity_and_service() -> None:
    assert headline(17, "critical", "checkout") == "TOCSIN 17 · CRITICAL · checkout"
