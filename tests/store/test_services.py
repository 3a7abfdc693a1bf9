"""What the queues, the state machine, the bus and the topic are told, and what their refusals mean."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.domain.alert import Accepted
from shared.domain.change_event import AcceptedChange, ChangeEvent
from shared.domain.event import event_from_json
from shared.domain.notification import Page
from shared.flow.ports import Unavailable
from shared.store.services import AlarmTopic, Bucket, Bus, SqsEvents, SqsPages, StepFunctions
from tests.flow.story import EVENING, event
from tests.store.test_incidents_contract import page

SQS_TAKES = (
    1_048_576  # bytes, https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
)
AWAY = EndpointConnectionError(endpoint_url="https://sqs.eu-west-1.amazonaws.com")


@dataclass
class Aws:
    """A client that remembers what it was asked for, and answers or raises what it is told to."""

    answer: Any = field(default_factory=dict[str, Any])
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.asked.append((name, arguments))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return call

    @property
    def any(self) -> Any:
        return self


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Call")


def accepted(**told: Any) -> Accepted:
    return Accepted(
        event_id="event-1", accepted_at=EVENING, integration="P", key="P|disk", event=event(), raw={"a": 1}, **told
    )


def put(given: Accepted) -> tuple[dict[str, Any], Aws]:
    """The queue's message, and what was laid down."""
    sqs, s3 = Aws(), Aws()
    SqsEvents(sqs.any, s3.any, "https://queue", "raw").put(given, "d" * 200)
    ((_, message),) = sqs.asked
    return message, s3


def test_a_message_travels_whole_in_its_key_s_group() -> None:
    message, s3 = put(accepted())
    body = json.loads(message["MessageBody"])
    assert (body["v"], body["raw"], body["key"]) == (1, {"a": 1}, "P|disk")
    assert len(message["MessageGroupId"]) == 64
    assert len(message["MessageDeduplicationId"]) == 128
    assert not s3.asked


@pytest.mark.parametrize("raw", [{"a": "x" * 100_000}, {"a": "é" * 17_000}], ids=["long", "long once encoded"])
def test_a_large_message_lies_in_s3_and_its_event_travels(raw: dict[str, str]) -> None:
    message, s3 = put(replace(accepted(), raw=raw))
    body = json.loads(message["MessageBody"])
    ((_, laid_down),) = s3.asked
    assert "raw" not in body
    assert body["raw_at"] == f"s3://raw/{laid_down['Key']}"
    assert json.loads(laid_down["Body"]) == raw
    assert event_from_json(body["event"]) == event()


def test_the_largest_event_that_is_accepted_fits_into_the_queue_however_it_is_written() -> None:
    details = {"text": "é" * 262_000}  # 512 KB in UTF-8, thrice as much in ASCII
    message, s3 = put(replace(accepted(), event=event(custom_details=details), raw={"details": details}))
    assert len(message["MessageBody"]) <= SQS_TAKES
    assert "are too large to be kept here" in message["MessageBody"]
    assert json.loads(s3.asked[0][1]["Body"])["details"] == details


def test_pages_go_ten_at_a_time_by_their_identity() -> None:
    sqs = Aws({})
    SqsPages(sqs.any, "https://queue").put([page(rule) for rule in range(12)])
    sizes = [len(arguments["Entries"]) for _, arguments in sqs.asked]
    assert sizes == [10, 2]
    order = json.loads(sqs.asked[0][1]["Entries"][0]["MessageBody"])
    assert (order["incident"], order["user"], order["rule"]) == (page().incident, page().user, 0)


def test_a_page_that_the_queue_did_not_take_is_no_success() -> None:
    with pytest.raises(Unavailable):
        SqsPages(Aws({"Failed": [{"Id": "0"}]}).any, "https://queue").put([page()])


def test_a_run_has_the_name_of_its_epoch_and_one_that_exists_is_started() -> None:
    states = Aws(refused("ExecutionAlreadyExists"))
    StepFunctions(states.any, "arn:machine").start("QINCIDENT00001", 3)
    ((_, asked),) = states.asked
    assert asked["name"] == "QINCIDENT00001-3"
    assert json.loads(asked["input"]) == {"incident": "QINCIDENT00001", "epoch": 3}


def test_an_entry_that_the_bus_did_not_take_is_no_success() -> None:
    Bus(Aws({"FailedEntryCount": 0}).any, "tocsin").put([("incident.triggered", {"a": 1})])
    with pytest.raises(Unavailable):
        Bus(Aws({"FailedEntryCount": 1}).any, "tocsin").put([("incident.triggered", {})])


def test_a_subject_fits_the_topic() -> None:
    topic = Aws()
    AlarmTopic(topic.any, "arn:topic").tell_fallback("s" * 300, "text")
    assert len(topic.asked[0][1]["Subject"]) == 100


@pytest.mark.parametrize("fault", [refused("AccessDeniedException"), refused("ThrottlingException"), AWAY])
def test_what_aws_does_not_take_may_be_tried_again(fault: Exception) -> None:
    def pages() -> list[Page]:
        return [page()]

    for act in (
        lambda: SqsEvents(Aws(fault).any, Aws().any, "https://queue", "raw").put(accepted(), "1"),
        lambda: SqsEvents(Aws().any, Aws(fault).any, "u", "raw").put(replace(accepted(), raw="x" * 200_000), "1"),
        lambda: SqsPages(Aws(fault).any, "https://queue").put(pages()),
        lambda: StepFunctions(Aws(fault).any, "arn:machine").start("Q", 1),
        lambda: Bus(Aws(fault).any, "tocsin").put([("incident.triggered", {})]),
        lambda: Bucket(Aws(fault).any, "mail", "the bucket of mail").read("inbound/1"),
        lambda: AlarmTopic(Aws(fault).any, "arn:topic").tell_fallback("s", "t"),
    ):
        with pytest.raises(Unavailable):
            act()


@pytest.mark.parametrize("queue", [SqsEvents, SqsPages])
def test_what_cannot_be_carried_out_now_is_handed_back_for_seconds(queue: type) -> None:
    sqs = Aws()
    made = (
        SqsPages(sqs.any, "https://queue")
        if queue is SqsPages
        else SqsEvents(sqs.any, Aws().any, "https://queue", "raw")
    )

    made.come_again([("r1", 5), ("r2", 40)])

    [(call, asked)] = sqs.asked
    assert call == "change_message_visibility_batch"
    assert [(e["ReceiptHandle"], e["VisibilityTimeout"]) for e in asked["Entries"]] == [("r1", 5), ("r2", 40)]


@pytest.mark.parametrize("answer", [{"Failed": [{"Id": "0"}]}, AWAY])
def test_a_queue_that_takes_nothing_back_is_said_to_be_away(answer: Any) -> None:
    with pytest.raises(Unavailable):
        SqsPages(Aws(answer).any, "https://queue").come_again([("r1", 5)])


def test_a_change_travels_in_its_group_and_a_large_one_lies_in_s3() -> None:
    sqs, s3 = Aws(), Aws()
    queue = SqsEvents(sqs.any, s3.any, "https://queue", "raw")
    change = AcceptedChange(event_id="c", accepted_at=EVENING, integration="P", change=ChangeEvent(summary="deploy"))
    queue.put_change(change, "change-1", "d")
    large = replace(change, change=ChangeEvent(summary="deploy", custom_details={"text": "é" * 200_000}))
    queue.put_change(large, "change-1", "e")
    (_, small), (_, slim) = sqs.asked
    assert (small["MessageGroupId"], json.loads(small["MessageBody"])["change"]) == ("change-1", {"summary": "deploy"})
    told = json.loads(slim["MessageBody"])
    assert len(slim["MessageBody"]) < 10_000
    ((_, laid_down),) = s3.asked
    assert told["raw_at"] == f"s3://raw/{laid_down['Key']}"
    assert json.loads(laid_down["Body"])["custom_details"] == {"text": "é" * 200_000}
