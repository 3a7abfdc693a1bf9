"""Somebody who doesn't exist answers in the mailbox: as a mail program or a phone does, and nobody else's page can."""

import html
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from local import texting
from local.answering import Answer, CannotAnswer, as_mail, read_answer
from local.mailbox import Mailbox
from tests.local.conftest import TEXTS, System

AT = datetime(2026, 11, 23, 4, 18, tzinfo=UTC)
PAGE = {
    "at": "2026-11-23T04:00:00.000Z",
    "channel": "email",
    "to": "ada@acme.example",
    "subject": "[#17 critical] checkout",
    "text": "TOCSIN 17 · CRITICAL · checkout\nack or resolve",
    "html": None,
    "headers": {"Reply-To": "reply+k3v@in.acme.example", "Message-ID": "<page@tocsin>"},
}


def own(system: System) -> dict[str, str]:
    return {"origin": system.addresses.mailbox_url}


@pytest.fixture
def texted(deployed: System, https: httpx.Client) -> str:
    """The id of a text that Ada got."""
    sent = deployed.client("sns").publish(PhoneNumber="+447700900001", Message="TOCSIN 17 <b>checkout</b>")
    return sent["MessageId"]


@pytest.fixture
def mailed(deployed: System) -> None:
    _mail_to_ada(deployed)


def _mail_to_ada(deployed: System) -> None:
    deployed.client("sesv2").send_email(
        FromEmailAddress="tocsin@acme.example",
        Destination={"ToAddresses": ["ada@acme.example"]},
        ReplyToAddresses=["reply+k3v@in.acme.example"],
        Content={"Simple": {"Subject": {"Data": "[#17] checkout"}, "Body": {"Text": {"Data": "ack or\nresolve"}}}},
    )


def number_of_the_newest(deployed: System, https: httpx.Client) -> int:
    return len(https.get(f"{deployed.addresses.mailbox_url}/messages.json").json())


def heard(deployed: System) -> Any:
    """What the function was called with."""
    return deployed.received(deployed.client("sqs").get_queue_url(QueueName="replies")["QueueUrl"])[0]["Records"][0]


def posted(deployed: System, https: httpx.Client, **what: Any) -> tuple[httpx.Response, Any]:
    """The form's answer, which waits for what Ada is told, and what the function was called with."""
    with ThreadPoolExecutor(1) as pool:
        answered = pool.submit(https.post, f"{deployed.addresses.mailbox_url}/reply", timeout=20, **what)
        record = heard(deployed)
        deployed.client("sns").publish(PhoneNumber="+447700900001", Message="You have it.")
        _mail_to_ada(deployed)
        return answered.result(), record


def test_a_text_of_the_form_reaches_the_function_as_aws_hands_it_over(
    deployed: System, https: httpx.Client, texted: str
) -> None:
    form = {"message": str(number_of_the_newest(deployed, https)), "text": " ack 17 "}
    answered, record = posted(deployed, https, data=form, headers=own(deployed))
    assert (answered.status_code, answered.headers["location"]) == (303, "/")
    assert (record["EventSource"], record["Sns"]["TopicArn"]) == ("aws:sns", TEXTS)
    message = json.loads(record["Sns"]["Message"])
    assert message.pop("inboundMessageId")
    assert message == {
        "originationNumber": "+447700900001",
        "destinationNumber": texting.OUR_NUMBER,
        "messageKeyword": "KEYWORD_111122223333",
        "messageBody": "ack 17",
        "previousPublishedMessageId": texted,
    }


@pytest.mark.usefixtures("mailed")
def test_a_mail_of_the_form_comes_by_smtp_with_the_page_quoted(deployed: System, https: httpx.Client) -> None:
    form = {"message": str(number_of_the_newest(deployed, https)), "text": "ack"}
    ses = posted(deployed, https, data=form, headers=own(deployed))[1]["ses"]
    assert ses["mail"]["source"] == "ada@acme.example"
    assert ses["receipt"]["recipients"] == ["reply+k3v@in.acme.example"]
    assert ses["receipt"]["dmarcVerdict"] == {"status": "PASS"}
    stored = deployed.client("s3").get_object(Bucket="mail", Key=f"inbound/{ses['mail']['messageId']}")
    written = stored["Body"].read().decode()
    assert "Subject: Re: [#17] checkout" in written
    assert re.search(r"\r?\n\r?\nack\r?\n\r?\nOn .+, Tocsin wrote:\r?\n> ack or\r?\n> resolve", written)


def test_a_program_answers_by_json(deployed: System, https: httpx.Client) -> None:
    told = {"channel": "sms", "from": "+447700900001", "to": "", "text": "resolve"}
    answered, record = posted(deployed, https, json=told)
    assert answered.status_code == 202
    assert json.loads(record["Sns"]["Message"])["messageBody"] == "resolve"


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ([], "expected a JSON object with channel, from, to, text"),
        ({"channel": "fax", "from": "a", "text": "b"}, "channel: say email or sms"),
        ({"channel": "sms", "from": "", "text": "b"}, "from: expected a text that isn't empty"),
        ({"channel": "sms", "from": "+44", "text": 4}, "text: expected a text that isn't empty"),
        ({"channel": "email", "from": "a@b.example", "text": "ack"}, "to: say the Reply-To"),
    ],
)
def test_what_can_t_be_answered_is_refused_with_the_reason(told: Any, message: str) -> None:
    with pytest.raises(CannotAnswer, match=message):
        read_answer(told, [])


def test_a_mail_by_json_quotes_the_page_whose_address_it_goes_to() -> None:
    told = {"channel": "email", "from": "ada@acme.example", "to": "reply+k3v@in.acme.example", "text": "ack"}
    mail = as_mail(read_answer(told, [PAGE]), AT)
    assert (mail["In-Reply-To"], mail["Subject"]) == ("<page@tocsin>", "Re: [#17 critical] checkout")
    assert mail.get_content().startswith(
        "ack\n\nOn Mon, 23 Nov 2026 at 04:18, Tocsin wrote:\n> TOCSIN 17 · CRITICAL · checkout\n> ack or resolve"
    )


def test_no_header_can_be_written_by_what_somebody_types() -> None:
    answer = Answer(channel="email", sender="ada@acme.example\r\nBcc: all@acme.example", to="x@in.example", text="ack")
    assert as_mail(answer, AT)["Bcc"] is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 415),  # a browser says where a form comes from; a program speaks JSON
        ({"content-type": "text/plain"}, 415),
    ],
)
def test_another_site_s_page_can_t_answer_in_somebody_s_name(
    deployed: System, https: httpx.Client, texted: str, headers: dict[str, str], status: int
) -> None:
    form = {"message": str(number_of_the_newest(deployed, https)), "text": "ack"}
    answered = https.post(f"{deployed.addresses.mailbox_url}/reply", data=form, headers=headers)
    assert answered.status_code == status


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"message": "99999", "text": "ack"}, "there is no such message"),
        ({"message": "x", "text": "ack"}, "there is no such message"),
        ({"message": "1", "text": "  "}, "say something"),
    ],
)
def test_a_form_that_says_nothing_sends_nothing(
    deployed: System, https: httpx.Client, texted: str, form: dict[str, str], told: str
) -> None:
    answered = https.post(f"{deployed.addresses.mailbox_url}/reply", data=form, headers=own(deployed))
    assert answered.status_code == 400
    assert told in answered.json()["message"]


def test_an_answer_that_is_too_long_is_refused(deployed: System, https: httpx.Client) -> None:
    told = {"channel": "sms", "from": "+44", "text": "x" * 200_000}
    assert https.post(f"{deployed.addresses.mailbox_url}/reply", json=told).status_code == 413


def test_the_page_has_a_box_for_each_message_that_can_be_answered(
    deployed: System, https: httpx.Client, texted: str
) -> None:
    shown = https.get(deployed.addresses.mailbox_url + "/")
    assert "form-action 'self'" in shown.headers["content-security-policy"]
    assert "script" not in shown.headers["content-security-policy"]
    first = shown.text.partition("<article")[2].partition("</article>")[0]
    assert "TOCSIN 17 &lt;b&gt;checkout&lt;/b&gt;" in first
    assert "<form method=post action='/reply'>" in first
    assert "Answer as +447700900001" in html.unescape(first)


def test_news_are_told_in_a_frame_so_that_no_half_written_answer_is_lost(
    deployed: System, https: httpx.Client, texted: str
) -> None:
    url, count = deployed.addresses.mailbox_url, number_of_the_newest(deployed, https)
    assert "http-equiv=refresh" not in https.get(f"{url}/").text
    assert f"src='/news?seen={count}'" in https.get(f"{url}/").text
    assert "Nothing new yet." in https.get(f"{url}/news?seen={count}").text
    assert "1 new: show" in https.get(f"{url}/news?seen={count - 1}").text
    assert "Nothing new yet." in https.get(f"{url}/news?seen=<script>").text
    assert "frame-ancestors 'self'" in https.get(f"{url}/news").headers["content-security-policy"]


def test_before_anything_is_deployed_it_says_so(tmp_path: Any) -> None:
    from local.answering import Answering
    from local.deployed import Deployed

    nothing = Answering(Mailbox(tmp_path / "box"), Deployed(tmp_path / "none"), "http://127.0.0.1:1", "127.0.0.1:1")
    with pytest.raises(CannotAnswer, match="isn't deployed yet"):
        nothing._send(Answer(channel="sms", sender="+44", to="", text="ack"))
