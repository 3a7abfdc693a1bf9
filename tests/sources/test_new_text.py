"""What the author wrote, above, between and below what their program quotes."""

from pathlib import Path

import pytest

from shared.sources.mail.new_text import new_text

PAGE = "TOCSIN 17 · CRITICAL · checkout\nack, resolve or escalate: answer with one line"
QUOTED = "\n".join(f"> {line}" for line in PAGE.splitlines())
OUTLOOK = (
    f"From: Tocsin <tocsin@acme.example>\nSent: Monday, 23 November 2026 04:15\nTo: Grace\nSubject: TOCSIN 17\n\n{PAGE}"
)


@pytest.mark.parametrize(
    "reply",
    [
        "ack",
        f"ack\n\nOn Mon, 23 Nov 2026 at 04:15, Tocsin <tocsin@acme.example> wrote:\n{QUOTED}",
        f"ack\n\nOn Mon, 23 Nov 2026 at 04:15, Tocsin\n<reply+k3v@in.acme.example> wrote:\n{QUOTED}",
        f"ack\n\nAm 23.11.2026 um 04:15 schrieb Tocsin <tocsin@acme.example>:\n{QUOTED}",
        f"ack\n\nLe lun. 23 nov. 2026 à 04:15, Tocsin <tocsin@acme.example> a écrit :\n{QUOTED}",
        f"ack\n\nEl lun, 23 nov 2026 a las 4:15, Tocsin (<tocsin@acme.example>) escribió:\n{QUOTED}",
        f"ack\n\nIl giorno lun 23 nov 2026 alle ore 04:15 Tocsin <tocsin@acme.example> ha scritto:\n{QUOTED}",
        f"ack\n\nOp ma 23 nov. 2026 om 04:15 schreef Tocsin <tocsin@acme.example>:\n{QUOTED}",
        f"ack\n\n2026年11月23日(月) 4:15 Tocsin <tocsin@acme.example>:\n{QUOTED}",
        f"ack\n\n-----Original Message-----\n{OUTLOOK}",
        f"ack\n\n________________________________\n{OUTLOOK}",
        f"ack\n\n{OUTLOOK}",
        f"ack\n\n{PAGE}",
        f"{QUOTED}\n\nack",
        f"Hi,\n{QUOTED}\nack".replace("Hi,\n", ""),
        f"ack\n\n-- \nGrace Ng\nAcme\n\n{OUTLOOK}",
        f"ack\n\nSent from my iPhone\n\n> On 23 Nov 2026, at 04:15, Tocsin <tocsin@acme.example> wrote:\n>\n{QUOTED}",
    ],
)
def test_the_quoted_page_is_never_part_of_the_answer(reply: str) -> None:
    assert new_text(reply) == "ack"
    assert new_text(reply.replace("\n", "\r\n")) == "ack"


ATTRIBUTION = "On Mon, 23 Nov 2026 at 04:15, Tocsin <tocsin@acme.example> wrote:"


def test_a_command_below_the_marked_quotation_counts_a_footer_there_does_not() -> None:
    reply = f"I look into it.\n\n{ATTRIBUTION}\n{QUOTED}\n\n"
    assert new_text(f"{reply}ack\n") == "I look into it.\n\nack"
    assert new_text(f"{reply}Scanned by the mail gateway of Acme.\n") == "I look into it."


def test_the_page_is_known_in_bold_letters_and_below_words_of_any_language() -> None:
    for introduction in ("", "Tocsin wrote:\n", "Aus der Mail von tocsin@acme.example:\n\n"):
        assert new_text(f"ack\n\n{introduction}*{PAGE.splitlines()[0]}*\nresolve\n") == "ack"


def test_marks_of_full_width_mark_a_quotation() -> None:
    assert new_text(f"ack\n\n{ATTRIBUTION}\n＞ resolve\n") == "ack"
    assert new_text("ack\n\n＞ resolve\n") == "ack"


def test_a_quotation_alone_says_nothing() -> None:
    assert new_text(f"On Mon, 23 Nov 2026 at 04:15, Tocsin <tocsin@acme.example> wrote:\n{QUOTED}") == ""


def test_below_an_unmarked_quotation_nothing_counts() -> None:
    assert new_text(f"{OUTLOOK}\n\nresolve") == ""


def test_a_sentence_with_on_and_wrote_is_not_an_attribution() -> None:
    said = "On call says the disk wrote:\nno space left"
    assert new_text(said) == said


def test_a_long_hostile_text_is_read_in_bounded_work() -> None:
    hostile = "On " + "Mon, 23 Nov 2026 " * 50_000 + "\n" * 5_000 + "wrote:\n" + "> " * 50_000
    assert len(new_text(hostile)) <= 100_000


def test_published_pairs_of_mail_and_answer(fixtures_folder: Path) -> None:
    folder = fixtures_folder / "events" / "email-reply-text" / "discourse"
    pairs = {path.name: (path, folder / "expected" / path.name) for path in sorted(folder.glob("*.txt"))}
    assert len(pairs) == 36
    differ = {n for n, (path, own) in pairs.items() if new_text(path.read_text()).split() != own.read_text().split()}
    # 34 of 36. What both expect is law here that it is nobody's: it may be somebody else's.
    assert differ == {
        "embedded_email_18.txt",  # the answer stands below an unmarked quotation
        "forwarded_message.txt",  # a mail is sent on without a word
    }


NOTHING_NEW = {  # of the other published mails: a quotation, and not a word to it
    "alfonsrv": {"email_pl_1_1.txt", "email_pl_1_2.txt", "email_pl_1_3.txt", "multiline_on.txt"},
    "crisp": set(),
    "github-erp": set(),
    "zapier": set(),
}


@pytest.mark.parametrize("publisher", NOTHING_NEW)
def test_of_the_other_published_mails_no_word_is_lost(publisher: str, fixtures_folder: Path) -> None:
    paths = sorted((fixtures_folder / "events" / "email-reply-text" / publisher).glob("*.txt"))
    assert {path.name for path in paths if not new_text(path.read_text(errors="replace"))} == NOTHING_NEW[publisher]
    for path in paths:
        own = new_text(path.read_text(errors="replace"))
        first = next((line for line in path.read_text(errors="replace").split("\n") if line.strip()), "")
        assert (
            not own or own.startswith(first.strip()) or path.name == "email_1_8.txt"
        )  # that answers between quotations
        assert not [
            line for line in own.split("\n") if line.endswith(("wrote:", "Message-----", "iPhone", "BlackBerry"))
        ]
