"""Whatever was sent to a person can be read, exactly, and shown to nobody's harm."""

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.mailbox import Mailbox
from local.mailbox_page import POLICY
from tests.local.conftest import System


@pytest.fixture
def last(system: System, https: httpx.Client) -> Any:
    def read() -> dict[str, Any]:
        return https.get(f"{system.addresses.mailbox_url}/messages.json").json()[-1]

    return read


def test_a_simple_mail_is_there_when_its_sender_hears_so(system: System, last: Any) -> None:
    sent = system.client("sesv2").send_email(
        FromEmailAddress="Tocsin <tocsin@acme.example>",
        Destination={"ToAddresses": ["ada@acme.example"]},
        ReplyToAddresses=["reply+k3v@in.acme.example"],
        Content={
            "Simple": {
                "Subject": {"Data": "17 checkout-5xx — triggered"},
                "Body": {"Text": {"Data": "Answer with ack."}, "Html": {"Data": "<p>Answer with ack.</p>"}},
                "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
            }
        },
    )
    message = last()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", message.pop("at"))
    assert message == {
        "channel": "email",
        "to": "ada@acme.example",
        "subject": "17 checkout-5xx — triggered",
        "text": "Answer with ack.",
        "html": "<p>Answer with ack.</p>",
        "headers": {
            "From": "Tocsin <tocsin@acme.example>",
            "To": "ada@acme.example",
            "Reply-To": "reply+k3v@in.acme.example",
            "Subject": "17 checkout-5xx — triggered",
            "Auto-Submitted": "auto-generated",
            "Message-ID": f"<{sent['MessageId']}>",
        },
    }


def test_a_raw_mail_is_read_as_its_reader_would(system: System, last: Any) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "tocsin@acme.example", "ada@acme.example", "Grüße"
    mail["Reply-To"], mail["Message-ID"] = "reply+k3v@in.acme.example", "<ours@acme.example>"
    mail.set_content("plain: ä\n")
    mail.add_alternative("<b>html</b>\n", subtype="html")
    sent = system.client("sesv2").send_email(
        FromEmailAddress="tocsin@acme.example",
        Destination={"ToAddresses": ["ada@acme.example"]},
        Content={"Raw": {"Data": mail.as_bytes()}},
    )
    message = last()
    assert (message["to"], message["subject"]) == ("ada@acme.example", "Grüße")
    assert (message["text"], message["html"]) == ("plain: ä\n", "<b>html</b>\n")
    assert message["headers"]["Reply-To"] == "reply+k3v@in.acme.example"
    assert message["headers"]["Message-ID"] == f"<{sent['MessageId']}>", "SES writes its own"


def test_a_text_is_there(system: System, last: Any) -> None:
    sent = system.client("sns").publish(
        PhoneNumber="+447700900001",
        Message="17 checkout-5xx. Reply ACK 17 & = % 🔔",
        MessageAttributes={"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
    )
    message = last()
    assert (message["channel"], message["to"], message["subject"]) == ("sms", "+447700900001", None)
    assert message["text"] == "17 checkout-5xx. Reply ACK 17 & = % 🔔"
    assert message["headers"] == {"AWS.SNS.SMS.SMSType": "Transactional", "MessageId": sent["MessageId"]}


def test_what_is_refused_was_not_sent(system: System, https: httpx.Client) -> None:
    url = f"{system.addresses.mailbox_url}/messages.json"
    before = len(https.get(url).json())
    client = system.client("sesv2")
    with pytest.raises(client.exceptions.MessageRejected):
        client.send_email(
            FromEmailAddress="tocsin@unverified.example",
            Destination={"ToAddresses": ["ada@acme.example"]},
            Content={"Simple": {"Subject": {"Data": "?"}, "Body": {"Text": {"Data": "?"}}}},
        )
    assert len(https.get(url).json()) == before


def test_an_alarm_of_our_own_reaches_the_fallback_contact(system: System, last: Any) -> None:
    topic = system.client("sns").create_topic(Name="watch")["TopicArn"]
    system.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@acme.example")
    system.client("cloudwatch").put_metric_alarm(
        AlarmName="tocsin-silent",
        Namespace="Tocsin",
        MetricName="Silence",
        EvaluationPeriods=1,
        Period=60,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    system.client("cloudwatch").set_alarm_state(AlarmName="tocsin-silent", StateValue="ALARM", StateReason="silence")
    message = last()
    assert (message["channel"], message["to"]) == ("sns", "ops@acme.example")
    assert message["subject"] == 'ALARM: "tocsin-silent" in eu-west-1'
    assert '"NewStateReason": "silence"' in message["text"]


def test_the_page_shows_a_hostile_message_as_text(system: System, https: httpx.Client, last: Any) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    system.client("sesv2").send_email(
        FromEmailAddress="tocsin@acme.example",
        Destination={"ToAddresses": ["ada@acme.example"]},
        Content={"Simple": {"Subject": {"Data": hostile}, "Body": {"Html": {"Data": hostile}}}},
    )
    page = https.get(system.addresses.mailbox_url)
    assert "<script>" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert page.headers["content-security-policy"] == POLICY
    assert "script-src" not in POLICY
    assert POLICY.startswith("default-src 'none'")
    [link] = re.findall(r"href='(/\d+\.html)'", page.text)[:1]
    alone = https.get(system.addresses.mailbox_url + link)
    assert alone.text == hostile
    assert alone.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize("path", ["/0.html", "/99999.html", "/-1.html", "/²", "/x", "/../ca.pem"])
def test_there_is_nothing_else_to_see(system: System, https: httpx.Client, path: str) -> None:
    assert https.get(system.addresses.mailbox_url + path).status_code == 404


def test_messages_outlive_their_mailbox_and_a_line_cut_off(tmp_path: Path) -> None:
    at = datetime(2026, 11, 23, 3, 12, 4, 118_000, tzinfo=UTC)
    file = tmp_path / "mailbox.jsonl"
    Mailbox(file, lambda: at).told_by_topic("arn", "ops@acme.example", "s", "t")
    with file.open("a") as lines:
        lines.write('{"at": "2026-')
    [kept] = Mailbox(file).messages()
    assert kept["at"] == "2026-11-23T03:12:04.118Z"
    assert kept["text"] == "t"
