"""A text as AWS hands it over: who wrote what, or why it can't count."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.errors import Refused
from shared.sources.text_answer import TextAnswer, read

TOPIC = "arn:aws:sns:eu-west-1:111122223333:tocsin-texts"


def record(message: object, topic: str = TOPIC) -> dict[str, Any]:
    return {"TopicArn": topic, "Message": message if isinstance(message, str) else json.dumps(message)}


def test_aws_s_own_example_is_read(fixtures_folder: Path) -> None:
    told = (fixtures_folder / "events" / "sns-sms" / "two-way-doc.json").read_text()
    assert read(record(told), TOPIC) == TextAnswer(
        message_id="cae173d2-66b9-564c-8309-21f858e9fb84",
        number="+14255550182",
        ours="+12125550101",
        text="EXAMPLE",
    )


def test_the_body_counts_and_not_the_keyword_that_aws_makes_of_it() -> None:
    message = {"originationNumber": "+447700900001", "messageKeyword": "STOP", "inboundMessageId": "1"}
    assert read(record({**message, "messageBody": " ack 17 "}), TOPIC).text == "ack 17"
    assert read(record(message), TOPIC).text == ""


def test_what_a_phone_quotes_is_no_part_of_the_answer() -> None:
    message = {"originationNumber": "+447700900001", "inboundMessageId": "1"}
    assert read(record({**message, "messageBody": "4\n> resolve"}), TOPIC).text == "4"


@pytest.mark.parametrize(
    ("sns", "reason"),
    [
        (record({}, topic="arn:aws:sns:eu-west-1:444455556666:tocsin-texts"), "it came by a topic that isn't ours"),
        ({"Message": "{}"}, "it came by a topic that isn't ours"),
        (record("hello"), "it is no two-way message of AWS: JSON parse error"),
        (record({"inboundMessageId": "1"}), "originationNumber is no number"),
        (record({"originationNumber": "+0", "inboundMessageId": "1"}), "originationNumber is no number"),
        (record({"originationNumber": "+447700900001"}), "inboundMessageId is missing, so it couldn't count once"),
    ],
)
def test_what_can_t_count_is_refused_with_the_reason(sns: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read(sns, TOPIC)
