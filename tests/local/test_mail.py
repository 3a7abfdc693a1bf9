"""A person's answer by mail arrives as SES would deliver it: stored, judged, and told to the function."""

import email
import email.policy
import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from local import receipt
from local.receipt import BadVerdict, Received
from tests.local.conftest import System

TO = "reply+k3v@in.acme.example"


def answer(**headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Grace Höpper <grace@acme.example>", TO, "Re: 17 checkout-5xx"
    mail["Date"], mail["Message-ID"] = "Mon, 23 Nov 2026 03:18:30 +0000", "<answer@acme.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("ack\n")
    return mail


def send(system: System, mail: EmailMessage, to: list[str] | None = None, sender: str = "grace@acme.example") -> None:
    host, _, port = system.addresses.smtp.partition(":")
    with smtplib.SMTP(host, int(port), local_hostname="mx.acme.example", timeout=10) as smtp:
        smtp.send_message(mail, sender, to or [TO])


def told(system: System) -> dict[str, Any]:
    url = system.client("sqs").get_queue_url(QueueName="replies")["QueueUrl"]
    [request] = system.received(url)
    [record] = request["Records"]
    assert (record["eventSource"], record["eventVersion"]) == ("aws:ses", "1.0")
    return record["ses"]


def stored(system: System, identity: str) -> bytes:
    return system.client("s3").get_object(Bucket="mail", Key=f"inbound/{identity}")["Body"].read()


def test_an_answer_is_stored_and_told(deployed: System) -> None:
    send(deployed, answer())
    ses = told(deployed)
    mail, verdicts = ses["mail"], ses["receipt"]
    assert mail["source"] == "grace@acme.example"
    assert mail["destination"] == verdicts["recipients"] == [TO]
    assert mail["commonHeaders"] == {
        "returnPath": "grace@acme.example",
        "from": ["Grace =?utf-8?q?H=C3=B6pper?= <grace@acme.example>"],
        "to": [TO],
        "date": "Mon, 23 Nov 2026 03:18:30 +0000",
        "messageId": "<answer@acme.example>",
        "subject": "Re: 17 checkout-5xx",
    }
    assert {name: verdicts[name] for name in verdicts if name.endswith("Verdict")} == {
        f"{name}Verdict": {"status": "PASS"} for name in ("spam", "virus", "spf", "dkim", "dmarc")
    }
    assert "dmarcPolicy" not in verdicts
    assert verdicts["action"] == {
        "type": "Lambda",
        "functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:reply",
        "invocationType": "Event",
    }
    kept = email.message_from_bytes(stored(deployed, mail["messageId"]), policy=email.policy.default)
    assert kept.get_content() == "ack\r\n"
    assert mail["headers"][0] == {"name": "Return-Path", "value": "<grace@acme.example>"}
    assert [each["name"] for each in mail["headers"]] == list(kept.keys())


def test_the_senders_own_verdict_stands_below_sess(deployed: System) -> None:
    send(
        deployed,
        answer(
            Authentication_Results="amazonses.com; spf=pass; dkim=pass; dmarc=pass",
            X_Local_Verdict="dmarc=FAIL,spf=FAIL",
        ),
    )
    ses = told(deployed)
    assert (ses["receipt"]["dmarcVerdict"], ses["receipt"]["spfVerdict"]) == ({"status": "FAIL"}, {"status": "FAIL"})
    assert ses["receipt"]["dkimVerdict"] == {"status": "PASS"}
    assert ses["receipt"]["dmarcPolicy"] == "none"
    kept = email.message_from_bytes(stored(deployed, ses["mail"]["messageId"]))
    ours, theirs = kept.get_all("Authentication-Results", [])
    assert "dmarc=fail header.from=acme.example;" in ours
    assert "spf=fail" in ours
    assert theirs.endswith("dmarc=pass")
    assert "X-Local-Verdict" not in kept


def test_a_verdict_that_nobody_knows_is_refused(deployed: System) -> None:
    with pytest.raises(smtplib.SMTPDataError, match="X-Local-Verdict: 'dmarc=MAYBE'"):
        send(deployed, answer(X_Local_Verdict="dmarc=MAYBE"))


def test_mail_for_other_domains_is_refused(deployed: System) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused, match=r"only mail for in\.acme\.example"):
        send(deployed, answer(), to=["ada@elsewhere.example"])


def test_a_bounce_has_no_sender_and_several_recipients_are_one_mail(deployed: System) -> None:
    send(deployed, answer(), to=[TO, "checkout@IN.acme.example"], sender="<>")
    ses = told(deployed)
    assert ses["mail"]["source"] == ""
    assert ses["receipt"]["recipients"] == [TO, "checkout@IN.acme.example"]
    assert {"name": "Return-Path", "value": "<>"} in ses["mail"]["headers"]


def received(content: bytes, **verdicts: str) -> Received:
    return Received(
        identity="m1",
        at=datetime(2026, 11, 23, 3, 18, 30, 5_000, tzinfo=UTC),
        peer="127.0.0.1",
        helo="mx",
        sender="grace@acme.example",
        recipients=(TO,),
        verdicts=dict.fromkeys(receipt.JUDGED, "PASS") | verdicts,
        content=content,
    )


@pytest.mark.parametrize(
    "content",
    [
        b"From: grace@acme.example\r\n\r\nX-Local-Verdict: dmarc=FAIL\r\n",
        b"\r\nbody only\r\n",
        b"no headers at all",
        b"",
        b"From: \xff\xfe\r\nSubject: =?utf-8?q?broken\r\n\r\n\xff",
        b"From: a@b.example\n\nbare newlines\n",
    ],
)
def test_a_mail_of_any_shape_is_kept_byte_for_byte(content: bytes) -> None:
    verdicts, kept = receipt.split_verdicts(content)
    assert kept == content
    assert set(verdicts.values()) == {"PASS"}
    mail = received(content)
    whole = receipt.as_stored(mail)
    assert whole.endswith(content)
    assert receipt.event(mail, whole, "arn", 3)["Records"][0]["ses"]["mail"]["timestamp"] == "2026-11-23T03:18:30.005Z"


def test_the_asked_verdict_goes_with_its_continuation() -> None:
    verdicts, kept = receipt.split_verdicts(
        b"From: g@acme.example\r\nx-local-verdict: spam=fail,\r\n\tvirus=GRAY\r\nTo: x\r\n\r\nhello\r\n"
    )
    assert (verdicts["spam"], verdicts["virus"], verdicts["dkim"]) == ("FAIL", "GRAY", "PASS")
    assert kept == b"From: g@acme.example\r\nTo: x\r\n\r\nhello\r\n"
    with pytest.raises(BadVerdict):
        receipt.split_verdicts(b"X-Local-Verdict: spfx=PASS\r\n\r\n")


def test_ten_kilobytes_of_headers_are_told_and_no_more() -> None:
    content = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(20)) + b"\r\nhello"
    mail = received(content)
    told = receipt.event(mail, receipt.as_stored(mail), "arn", 3)["Records"][0]["ses"]["mail"]
    assert told["headersTruncated"] is True
    assert len(told["headers"]) < 20
