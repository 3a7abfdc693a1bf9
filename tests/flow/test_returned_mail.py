"""Bounces that come by mail to a page's reply address: what they prove and do, and what each refusal is called."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.command import Order
from shared.domain.contact_state import ContactState
from shared.domain.directory import Contact, Medium
from shared.domain.notification import PageState
from shared.flow import reply_mail
from shared.flow.reply_mail import Receipt
from shared.sources.answer_mail import Verdicts
from tests.flow.test_replies import GOOD, Mailbox

UNSIGNED = Verdicts(spam="PASS", virus="PASS", dmarc="GRAY")  # as mail systems' own mails often are


def mail(sender: str, subject: str, said: str, report: str, *headers: str, kind: str = "report") -> bytes:
    """A host's mail in three parts: in words, as a report, and the headers of what couldn't be delivered."""
    top = f"From: {sender}\nSubject: {subject}\nMessage-ID: <bounce@mx.acme.example>\nMIME-Version: 1.0\n"
    more = "".join(f"{header}\n" for header in headers)
    content = f'Content-Type: multipart/{kind}; report-type=delivery-status; boundary="b"\n\n'
    parts = (
        f"--b\nContent-Type: text/plain; charset=us-ascii\n\n{said}\n\n--b\nContent-Type: message/delivery-status\n\n"
        f"{report}\n\n--b\nContent-Type: text/rfc822-headers\n\nSubject: [#1 critical] checkout: disk: full\n\n--b--\n"
    )
    return (top + more + content + parts).encode()


def postfix(to: str = "ada@acme.example", action: str = "failed", status: str = "5.1.1", **more: str) -> bytes:
    report = (
        "Reporting-MTA: dns; mx.acme.example\nX-Postfix-Queue-ID: 4F1B2C0\nX-Postfix-Sender: rfc822; o@acme.example\n"
        f"Arrival-Date: Mon, 23 Nov 2026 03:00:05 +0000 (UTC)\n\nFinal-Recipient: rfc822; {to}\n"
        f"Original-Recipient: rfc822;{to}\nAction: {action}\nStatus: {status}\nRemote-MTA: dns; store.acme.example\n"
        f"Diagnostic-Code: smtp; 550 {status} <{to}>: call +1 900 555 0100 at once"
    )
    return mail(
        "MAILER-DAEMON@mx.acme.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        f"I'm sorry to have to inform you that your message could not\nbe delivered.\n\n<{to}>",
        report,
        "Auto-Submitted: auto-replied",
        "Return-Path: <>",
        **more,
    )


def exchange(to: str = "ada@acme.example") -> bytes:
    report = (
        "Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.exchangelabs.com\nReceived-From-MTA: dns;smtp.example\n\n"
        f"Final-Recipient: rfc822;{to}\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 "
        "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
    )
    sender = "<postmaster@acme.onmicrosoft.com>"
    return mail(sender, "Undeliverable: disk: full", "Your message couldn't be delivered.", report, "X-MS-Has-Attach:")


def gmail(to: str = "ada@acme.example", action: str = "failed", status: str = "5.1.1") -> bytes:
    report = (
        "Reporting-MTA: dns; googlemail.com\nArrival-Date: Sun, 22 Nov 2026 19:00:05 -0800 (PST)\n\n"
        f"Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\nRemote-MTA: dns; mx.acme.example.\n"
        f"Diagnostic-Code: smtp; 550-{status} The email account that you tried to reach does not exist."
    )
    return mail(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "** Address not found **",
        report,
        f"X-Failed-Recipients: {to}",
        "Auto-Submitted: auto-replied",
    )


def comes(mailbox: Mailbox, raw: bytes, *, to: str | None = None, verdicts: Verdicts = GOOD) -> list[tuple[str, str]]:
    """Who is told because of it, and by what."""
    already = len(mailbox.story.told)
    mailbox.world.letters.mail["inbound/1"] = raw
    receipt = Receipt(at="inbound/1", verdicts=verdicts, recipients=(to or mailbox.reply_to(),))
    assert reply_mail.run(mailbox.world.deps, receipt) is None, "nobody answers a machine"
    mailbox.world.settle()
    return [(whom, by) for _, whom, by in mailbox.story.told[already:]]


def known(mailbox: Mailbox) -> ContactState:
    return mailbox.world.contacts.of("ada", Contact(name="mail", medium=Medium.EMAIL, address="ada@acme.example"))


@pytest.fixture
def mailbox() -> Mailbox:
    mailbox = Mailbox()
    mailbox.story.at("03:00:20")
    return mailbox


HARD = {"postfix": postfix(), "exchange": exchange(), "gmail": gmail()}


@pytest.mark.parametrize("host", HARD)
@pytest.mark.parametrize("verdicts", [GOOD, UNSIGNED])
def test_a_final_report_of_her_own_address_is_taken_as_ses_s_bounce_is(
    mailbox: Mailbox, host: str, verdicts: Verdicts
) -> None:
    told = comes(mailbox, HARD[host], verdicts=verdicts)
    assert sorted(told) == [("ada", "sms"), ("answer", "sms")]
    assert mailbox.page().state is PageState.FAILED
    assert known(mailbox).broken
    assert mailbox.world.notebook.counts["PageFailed"] == 1
    assert "ReplyIgnored" not in mailbox.world.notebook.counts
    mailbox.story.holds()


def test_nobody_hears_a_forger_s_words(mailbox: Mailbox) -> None:
    comes(mailbox, postfix())
    said = [sent.notice.answer or "" for sent in mailbox.world.sent]
    assert any("a bounce to the page's reply address says 5.1.1" in words for words in said)
    assert not any("900" in words for words in [*said, *mailbox.world.notebook.faults])


def test_what_was_wrongly_called_broken_is_tried_last_and_healed_by_an_answer(mailbox: Mailbox) -> None:
    comes(mailbox, gmail())
    mailbox.story.says("ada", Order.RESOLVE)
    mailbox.story.at("03:10").receive("other")
    assert mailbox.story.told[-1] == ("03:10", "ada", "sms")
    mailbox.answer("ack", Message_ID="<2@acme.example>")
    assert not known(mailbox).broken


def test_where_nothing_else_is_left_a_method_called_broken_is_tried_all_the_same() -> None:
    mailbox = Mailbox()
    users = mailbox.world.directories.current().users
    alone = replace(users["ada"], contacts=users["ada"].contacts[:1])
    mailbox.world.directories.put(
        replace(mailbox.world.directories.current(), version=2, users={**users, "ada": alone})
    )
    comes(mailbox, gmail())
    assert known(mailbox).broken
    mailbox.story.at("03:10").receive("other")
    assert ("03:10", "ada", "email") in mailbox.story.told


def test_the_same_report_again_does_nothing_more(mailbox: Mailbox) -> None:
    comes(mailbox, postfix())
    assert comes(mailbox, postfix()) == []
    assert mailbox.world.notebook.faults[-1] == "reply: a bounce: the page hasn't gone out, or is known to have failed"


def test_once_somebody_has_it_a_bounce_pages_nobody(mailbox: Mailbox) -> None:
    mailbox.story.says("grace", Order.ACKNOWLEDGE)
    assert comes(mailbox, postfix()) == [("answer", "sms")]
    assert mailbox.page().state is PageState.FAILED


IGNORED = {
    "delayed": (postfix(action="delayed", status="4.4.1"), GOOD, "a bounce: it isn't final"),
    "over time": (gmail(status="4.4.7"), GOOD, "a bounce: it isn't final"),
    "relayed": (postfix(action="relayed", status="2.0.0"), GOOD, "a bounce: it isn't final"),
    "of a colleague": (
        exchange("grace@acme.example"),
        GOOD,
        "a bounce: it isn't about the address that was paged",
    ),
    "in no form": (postfix(kind="mixed"), GOOD, "a bounce: it isn't in the form of RFC 3464"),
    "with a forged sender": (
        gmail(),
        Verdicts(spam="PASS", virus="PASS", dmarc="FAIL"),
        "a bounce: SES's verdict for DMARC is FAIL",
    ),
    "spam": (gmail(), Verdicts(spam="FAIL", virus="PASS", dmarc="PASS"), "a bounce: SES's verdict for spam is FAIL"),
}


@pytest.mark.parametrize("why", IGNORED)
def test_whatever_proves_less_is_ignored_by_name_and_changes_nothing(mailbox: Mailbox, why: str) -> None:
    raw, verdicts, reason = IGNORED[why]
    before = mailbox.world.timeline()
    assert comes(mailbox, raw, verdicts=verdicts) == []
    assert mailbox.world.timeline() == before
    assert not known(mailbox).broken
    assert mailbox.world.notebook.faults[-1] == f"reply: {reason}"
    assert mailbox.world.notebook.counts["ReplyIgnored"] == 1


def test_a_person_who_passes_a_bounce_on_is_a_person(mailbox: Mailbox) -> None:
    raw = (
        b"From: ada@acme.example\nSubject: look\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
        b"Content-Type: text/plain\n\nack\n\n--x\nContent-Type: message/rfc822\n\n" + postfix() + b"\n--x--\n"
    )
    mailbox.world.letters.mail["inbound/1"] = raw
    receipt = Receipt(at="inbound/1", verdicts=GOOD, recipients=(mailbox.reply_to(),))
    assert reply_mail.run(mailbox.world.deps, receipt) == "You have it. 1 disk is acknowledged."
    assert not known(mailbox).broken


@pytest.mark.parametrize("to", ["reply+aaaa@in.example", "confirm@in.example"])
def test_an_address_that_we_didn_t_sign_proves_nothing(mailbox: Mailbox, to: str) -> None:
    assert comes(mailbox, postfix(), to=to) == []
    assert not known(mailbox).broken


def test_a_week_later_no_mail_system_tries_any_more(mailbox: Mailbox) -> None:
    to = mailbox.reply_to()
    mailbox.world.clock.at += timedelta(days=7)
    comes(mailbox, postfix(), to=to)
    assert not known(mailbox).broken
    assert "reply: a bounce: the page is older than mail systems try" in mailbox.world.notebook.faults


def test_an_address_that_was_changed_meanwhile_is_not_broken(mailbox: Mailbox) -> None:
    now = mailbox.world.directories.current()
    moved = replace(now.users["ada"], contacts=(Contact(name="mail", medium=Medium.EMAIL, address="ada@new.example"),))
    mailbox.world.directories.put(replace(now, version=2, users={**now.users, "ada": moved}))
    assert comes(mailbox, postfix()) == []
    assert "not in the configuration any more" in mailbox.world.notebook.faults[-1]
