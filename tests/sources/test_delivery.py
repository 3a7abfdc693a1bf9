"""What SES, SNS and End User Messaging report of a message, in each form in which it comes."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.directory import Medium
from shared.domain.errors import MessageError
from shared.domain.plain import to_plain
from shared.sources.delivery import Outcome, translate
from tests.sources.ses_reports import bounce

REPORTS = Path(__file__).with_name("reports")
SAMPLES = sorted(path for path in REPORTS.glob("*.json") if not path.name.endswith(".expected.json"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_becomes_what_is_written_beside_it(sample: Path) -> None:
    expected = json.loads(sample.with_suffix(".expected.json").read_text("utf-8"))
    assert [to_plain(report) for report in translate(json.loads(sample.read_text("utf-8")))] == expected


@pytest.mark.parametrize(
    ("kind", "sub", "hard"),
    [
        ("Permanent", "General", True),
        ("Permanent", "NoEmail", True),
        ("Permanent", "Suppressed", True),
        ("Permanent", "OnAccountSuppressionList", True),
        ("Transient", "MailboxFull", False),
        ("Transient", "MessageTooLarge", False),
        ("Transient", "ContentRejected", False),
        ("Transient", "AttachmentRejected", False),
        ("Undetermined", "Undetermined", False),
    ],
)
def test_only_a_permanent_bounce_is_hard(kind: str, sub: str, hard: bool) -> None:
    [report] = translate(bounce(kind, sub))
    assert (report.outcome, report.hard) == (Outcome.FAILED, hard)


def test_an_absence_note_is_a_bounce_to_ses_and_no_failure() -> None:
    assert translate(bounce("Transient", "General")) == []
    [report] = translate(
        bounce("Transient", "General", action="failed", status="4.4.7", diagnosticCode="smtp; 450 try")
    )
    assert (report.outcome, report.hard) == (Outcome.FAILED, False)


def test_the_notification_of_an_identity_says_the_same_as_the_event_plain_or_in_a_topic() -> None:
    event = bounce("Permanent", "General")
    plain = {**event["detail"], "notificationType": "Bounce"}
    del plain["eventType"]
    wrapped = {
        "Type": "Notification",
        "TopicArn": "arn:aws:sns:eu-west-1:111122223333:ses",
        "Message": json.dumps(plain),
    }
    assert translate(event) == translate(plain) == translate(wrapped) == translate({"Records": [{"Sns": wrapped}]})


@pytest.mark.parametrize("kind", ["Send", "Open", "Click", "Subscription", "", "Nonsense"])
def test_what_tells_nothing_of_arrival_is_no_report(kind: str) -> None:
    event = bounce("Permanent", "General")
    event["detail"]["eventType"] = kind
    assert translate(event) == []


def test_a_complaint_that_was_never_sent_is_a_failure() -> None:
    event = bounce("Permanent", "General")
    event["detail"] |= {
        "eventType": "Complaint",
        "complaint": {
            "complainedRecipients": [{"emailAddress": "ada@acme.example"}],
            "complaintSubType": "OnAccountSuppressionList",
            "timestamp": "2026-11-23T03:00:12Z",
        },
    }
    [report] = translate(event)
    assert (report.outcome, report.hard) == (Outcome.FAILED, True)


def sms(status: str, said: str) -> dict[str, Any]:
    return {
        "notification": {"messageId": "34d9b400-c6dd-5444-820d-fbeb0f1f54cf", "timestamp": "2026-11-23 03:00:10.118"},
        "delivery": {
            "phoneCarrier": "My Phone Carrier",
            "mnc": 270,
            "destination": "+447700900001",
            "priceInUSD": 0.04,
            "smsType": "Transactional",
            "mcc": 310,
            "providerResponse": said,
            "dwellTimeMs": 599,
            "dwellTimeMsUntilDeviceAck": 1344,
        },
        "status": status,
    }


def batch(*lines: Any) -> dict[str, Any]:
    told = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "sns/eu-west-1/111122223333/DirectPublishToPhoneNumber/Failure",
        "logEvents": [{"id": str(n), "timestamp": 0, "message": json.dumps(line)} for n, line in enumerate(lines)],
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(told).encode())).decode()}}


@pytest.mark.parametrize(
    ("said", "hard"),
    [
        ("Invalid phone number", True),
        ("Phone number is opted out", True),
        ("Phone has blocked SMS", True),
        ("Phone is on a blocked list", True),
        ("Destination is on a blocked list", True),
        ("Blocked as spam by phone carrier", False),
        ("Phone is currently unreachable/unavailable", False),
        ("Phone carrier is currently unreachable/unavailable", False),
        ("Phone carrier has blocked this message", False),
        ("This delivery would exceed max price", False),
        ("Unknown error attempting to reach phone", False),
    ],
)
def test_a_text_that_fails_says_whether_the_next_would(said: str, hard: bool) -> None:
    [report] = translate(batch(sms("FAILURE", said)))
    assert (report.medium, report.outcome, report.hard) == (Medium.SMS, Outcome.FAILED, hard)
    assert report.reason == said


def test_a_batch_of_lines_is_a_report_each() -> None:
    reports = translate(
        batch(sms("SUCCESS", "Message has been accepted by phone"), sms("FAILURE", "Invalid phone number"))
    )
    assert [report.outcome for report in reports] == [Outcome.DELIVERED, Outcome.FAILED]


def test_a_status_on_the_way_is_no_report() -> None:
    for kind in ("TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT", "TEXT_UNKNOWN"):
        assert translate({"eventType": kind, "messageId": "1", "destinationPhoneNumber": "+447700900001"}) == []
    assert translate({"eventType": "TEXT_UNREACHABLE", "isFinal": False, "messageId": "1"}) == []


@pytest.mark.parametrize("broken", [{"awslogs": {"data": "!"}}, bounce("Permanent", "General"), sms("FAILURE", "x")])
def test_a_report_that_names_no_message_says_so(broken: dict[str, Any]) -> None:
    broken.get("detail", {}).get("mail", {}).pop("messageId", None)
    broken.get("notification", {}).pop("messageId", None)
    with pytest.raises(MessageError, match="delivery: "):
        translate(broken)


@pytest.mark.parametrize(
    "anything", [{}, {"detail": None}, {"detail": {"mail": []}}, {"mail": {}, "eventType": []}, []]
)
def test_whatever_else_comes_is_no_report(anything: Any) -> None:
    assert translate(anything) == []


def test_a_reason_is_as_long_as_a_line() -> None:
    [report] = translate(bounce("Permanent", "General", diagnosticCode="x" * 10_000))
    assert len(report.reason or "") == 300
