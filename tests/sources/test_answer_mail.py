"""A mail to a reply address: who wrote, what is new in it, and whether it may count."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from shared.sources.answer_mail import MailAnswer, Verdicts, read, verdicts_of_receipt

PASSED = Verdicts(spam="PASS", virus="PASS", dmarc="PASS")
GRAY = Verdicts(spam="PASS", virus="PASS", dmarc="GRAY")
TO_US = ("reply+k3v@in.acme.example",)


def mail(text: str = "ack\n", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = headers.pop("From", "Grace Ng <grace@acme.example>"), TO_US[0]
    message["Message-ID"] = "<1@acme.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def taken(message: EmailMessage, verdicts: Verdicts = PASSED) -> MailAnswer:
    return read(message.as_bytes(), verdicts, TO_US)


def test_a_person_s_answer_counts() -> None:
    answer = taken(mail("ack\n\nOn Mon, 23 Nov 2026 at 04:15, Tocsin <tocsin@acme.example> wrote:\n> resolve\n"))
    assert answer == MailAnswer(
        message_id="<1@acme.example>", sender="grace@acme.example", recipients=TO_US, text="ack"
    )


@pytest.mark.parametrize(
    ("verdicts", "reason"),
    [
        (Verdicts(spam="FAIL", virus="PASS", dmarc="PASS"), "SES's verdict for spam is FAIL"),
        (Verdicts(spam="PASS", virus="FAIL", dmarc="PASS"), "SES's verdict for virus is FAIL"),
        (
            Verdicts(spam="PASS", virus="PROCESSING_FAILED", dmarc="PASS"),
            "SES's verdict for virus is PROCESSING_FAILED",
        ),
        (Verdicts(spam="", virus="PASS", dmarc="PASS"), "SES's verdict for spam is missing"),
        (
            Verdicts(spam="PASS", virus="PASS", dmarc="FAIL"),
            "SES's verdict for DMARC is FAIL, and no signature is the sender's own",
        ),
        (GRAY, "SES's verdict for DMARC is GRAY, and no signature is the sender's own"),
    ],
)
def test_what_ses_did_not_pass_is_refused(verdicts: Verdicts, reason: str) -> None:
    assert taken(mail(), verdicts).refused == reason


@pytest.mark.parametrize(
    ("results", "counts"),
    [
        ("amazonses.com; spf=pass; dkim=pass header.i=@acme.example; dmarc=none", True),
        ("amazonses.com; dkim=pass header.d=evil.example header.i=@acme.example; dmarc=none", False),
        ("amazonses.com; dkim=pass header.i=@evil.example; dmarc=none", False),
        ("amazonses.com; dkim=fail header.i=@acme.example; dmarc=none", False),
        ("amazonses.com; dkim=pass header.i=@example; dmarc=none", False),
        ("mx.evil.example; dkim=pass header.i=@acme.example", False),
        ("amazonses.com.evil.example; dkim=pass header.i=@acme.example", False),
    ],
)
def test_without_a_policy_the_sender_s_own_signature_counts(results: str, counts: bool) -> None:
    assert (taken(mail(Authentication_Results=results), GRAY).refused is None) is counts


def test_only_the_topmost_results_count_those_below_are_the_sender_s_word() -> None:
    forged = (
        mail()
        .as_bytes()
        .replace(
            b"From:",
            b"Authentication-Results: amazonses.com; dkim=pass header.i=@evil.example\n"
            b"Authentication-Results: amazonses.com; dkim=pass header.i=@acme.example\nFrom:",
            1,
        )
    )
    assert read(forged, GRAY, TO_US).refused is not None


@pytest.mark.parametrize(
    ("sender", "number"),
    [("grace@acme.example, ada@acme.example", 2), ("Grace <grace@acme.example>", 1)],
)
def test_there_is_exactly_one_sender(sender: str, number: int) -> None:
    refused = taken(mail(From=sender)).refused
    assert refused == (None if number == 1 else f"it has {number} From addresses, and must have one")


def test_two_from_headers_are_two_senders() -> None:
    raw = b"From: ada@acme.example\n" + mail().as_bytes()
    assert read(raw, PASSED, TO_US).refused == "it has 2 From addresses, and must have one"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "its header Auto-Submitted says so"),
        ({"Auto_Submitted": "auto-generated; owner-email=x"}, "its header Auto-Submitted says so"),
        ({"Precedence": "bulk"}, "its header Precedence says so"),
        ({"X_Autoreply": "yes"}, "its header X-Autoreply says so"),
        ({"X_Auto_Response_Suppress": "All"}, "its header X-Auto-Response-Suppress says so"),
        ({"Return_Path": "<>"}, "it has no sender to answer to"),
        ({"Subject": "Automatic reply: TOCSIN 17"}, "its subject says so"),
        ({"Subject": "Abwesenheitsnotiz: TOCSIN 17"}, "its subject says so"),
        ({"From": "MAILER-DAEMON@acme.example"}, "its sender is a program"),
    ],
)
def test_automatic_mail_is_no_answer(headers: dict[str, str], reason: str) -> None:
    assert taken(mail(**headers)).automatic == reason


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "no"}, {"Subject": "Re: auto scaling is stuck"}])
def test_what_only_looks_automatic_is_a_person_s(headers: dict[str, str]) -> None:
    assert taken(mail(**headers)).automatic is None


def test_without_a_message_id_the_content_is_its_identity() -> None:
    raw = b"From: grace@acme.example\n\nack\n"
    first, again = read(raw, PASSED, TO_US), read(raw, PASSED, TO_US)
    assert first.message_id == again.message_id
    assert first.message_id != read(raw + b" ", PASSED, TO_US).message_id


def test_a_receipt_gives_its_verdicts() -> None:
    receipt = {"spamVerdict": {"status": "PASS"}, "virusVerdict": {"status": "FAIL"}}
    assert verdicts_of_receipt(receipt) == Verdicts(spam="PASS", virus="FAIL", dmarc="")


def test_every_odd_mail_can_be_read(fixtures_folder: Path) -> None:
    paths = sorted((fixtures_folder / "events" / "email-odd-eml").glob("*.eml"))
    assert len(paths) > 50
    for path in paths:
        answer = read(path.read_bytes(), PASSED, TO_US)
        assert answer.message_id, path.name
        answer.text.encode()  # no lone surrogate: it can be stored


def test_no_vacation_note_and_no_bounce_is_an_answer(fixtures_folder: Path) -> None:
    paths = sorted((fixtures_folder / "events" / "email-autoreply-bounce").glob("*.eml"))
    assert len(paths) > 15
    answered = [path.name for path in paths if not read(path.read_bytes(), PASSED, TO_US).automatic]
    assert answered == []
