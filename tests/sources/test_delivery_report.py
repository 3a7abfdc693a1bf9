"""Whom a bounce couldn't reach, why, and whether that is final."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sources.mail.delivery_report import DIAGNOSTIC_MAX, DeliveryReport, delivery_report
from shared.sources.mail.reading import read_message


def reported(raw: bytes) -> DeliveryReport | None:
    return delivery_report(read_message(raw))


def report(*fields: str, kind: str = "message/delivery-status") -> bytes:
    lines = "\n".join(fields)
    return (
        "From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nSubject: Undelivered Mail Returned to Sender\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n\n"
        f"--b\nContent-Type: {kind}\n\nReporting-MTA: dns; mx.example\n\n{lines}\n\n--b--\n"
    ).encode()


def test_an_address_that_does_not_exist() -> None:
    found = reported(
        report(
            "Final-Recipient: rfc822; Grace@Acme.example",
            "Action: failed",
            "Status: 5.1.1",
            "Diagnostic-Code: smtp; 550 5.1.1 <grace@acme.example>:\n User unknown",
        )
    )
    assert found is not None
    assert (found.recipient, found.status, found.hard) == ("grace@acme.example", "5.1.1", True)
    assert found.diagnostic == "550 5.1.1 <grace@acme.example>: User unknown"


@pytest.mark.parametrize(
    ("action", "status", "hard"),
    [
        ("failed", "5.1.1", True),
        ("Failed (permanent)", "5.0.0", True),
        (
            "failed",
            "4.4.7",
            False,
        ),  # its time was over: the host couldn't be reached, which says nothing of the address
        ("failed", "", True),
        ("", "5.2.1", True),
        ("delayed", "4.4.1", False),
        ("delayed", "5.0.0", False),
        ("delivered", "2.0.0", False),
        ("relayed", "", False),
        ("", "", False),
    ],
)
def test_what_is_final(action: str, status: str, hard: bool) -> None:
    found = reported(report("Final-Recipient: rfc822;a@b.example", f"Action: {action}", f"Status: {status}"))
    assert found is not None
    assert (found.status, found.hard) == (status, hard)


def test_of_several_recipients_the_one_that_failed_for_good() -> None:
    found = reported(
        report(
            "Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.4.1\n",
            "Final-Recipient: rfc822; c@d.example\nAction: failed\nStatus: 5.1.1",
        )
    )
    assert found is not None
    assert (found.recipient, found.hard) == ("c@d.example", True)


def test_where_mail_is_forwarded_the_address_that_was_written_to() -> None:
    found = reported(
        report(
            "Original-Recipient: rfc822; grace@acme.example",
            "Final-Recipient: rfc822; g.ng@other.example",
            "Action: failed",
            "Status: 5.1.1",
        )
    )
    assert found is not None
    assert (found.recipient, found.sent_to) == ("g.ng@other.example", "grace@acme.example")


def test_a_person_who_quotes_a_bounce_is_none() -> None:
    raw = b"From: grace@acme.example\nSubject: Re: TOCSIN 17\n\nack\n> a@b.example failed permanently: 550 5.1.1\n"
    assert reported(raw) is None


def test_a_receipt_that_a_mail_was_read_is_none() -> None:
    raw = report("Final-Recipient: rfc822; a@b.example", kind="message/disposition-notification")
    assert reported(raw.replace(b"Undelivered Mail Returned to Sender", b"Read: TOCSIN 17")) is None


PUBLISHED = {  # who wasn't reached, the status, and whether for good
    "lhost-amazonses-01.eml": ("shironeko@example.co.jp", "5.0.0", True),
    "lhost-amazonses-02.eml": ("this-local-part-does-not-exist-on-the-server@docomo.ne.jp", "5.0.0", True),
    "lhost-amazonses-03.eml": ("kijitora@example.jp", "5.0.0", True),
    "lhost-exchange2003-03.eml": ("kijitora@example.jp", "", True),  # no report: in its own words
    "lhost-gmail-01.eml": ("userunknown@example.jp", "5.1.1", True),  # the same
    "lhost-gmail-03.eml": ("kijitora@example.co.jp", "5.7.0", True),
    "lhost-office365-01.eml": ("kijitora@example.com", "5.1.10", True),
    "lhost-postfix-01.eml": ("r@p351355.pool.example.ne.jp", "5.1.1", True),
}


def test_published_bounces_are_read_and_vacation_notes_and_complaints_are_none(fixtures_folder: Path) -> None:
    paths = sorted((fixtures_folder / "events" / "email-autoreply-bounce").glob("*.eml"))
    found = {path.name: reported(path.read_bytes()) for path in paths}
    assert len(found) == 17
    assert {name: (r.recipient, r.status, r.hard) for name, r in found.items() if r} == PUBLISHED


def test_published_delays_are_not_final(fixtures_folder: Path) -> None:
    folder = fixtures_folder / "events" / "email-odd-eml"
    found = reported((folder / "multipart_report_emails-report_422.eml").read_bytes())
    assert found is not None
    assert (found.status, found.hard) == ("4.2.2", False)


def test_a_host_s_own_words_without_a_report() -> None:
    raw = (
        b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n"
        b"Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the "
        b"following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        b"<grace@acme.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the "
        b"message.\n\nFrom: tocsin@acme.example\n\nTOCSIN 17\n"
    )
    found = reported(raw)
    assert found is not None
    assert (found.recipient, found.status, found.hard) == ("grace@acme.example", "5.1.1", True)


@given(st.binary(max_size=500), st.integers(min_value=0, max_value=600))
def test_a_broken_report_is_read_or_is_none(garbage: bytes, place: int) -> None:
    whole = report(
        "Final-Recipient: rfc822; a@b.example", "Action: failed", "Status: 5.1.1", "Diagnostic-Code: smtp; x"
    )
    found = reported(whole[:place] + garbage + whole[place:])
    if found:
        assert "@" in found.recipient
        assert len(found.diagnostic) <= DIAGNOSTIC_MAX
        assert found.diagnostic.isprintable()
