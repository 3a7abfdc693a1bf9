"""The queues, runs, bus, buckets and alarm topic of AWS that the flow writes to.

What AWS doesn't take is ``Unavailable``: the step may be tried again, and the queue or the state machine does so.
"""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.alert import Accepted, key_hash
from shared.domain.change_event import AcceptedChange
from shared.domain.event import cut, cut_to
from shared.domain.plain import to_plain
from shared.flow.envelope import written
from shared.flow.ports import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

    from shared.domain.notification import Page

LATEST = 900  # s that a queue delays a message: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
LARGEST = 1_000_000  # bytes of a message; SQS takes 1 MiB, and an event of 512 KB may be thrice as long in ASCII
TRAVELS = 100_000  # bytes of an encoded event that a queue's message may have; a larger message's raw form lies in S3
OVERHEAD = 10_000  # bytes of a message beside the event, a long key twice included
ALREADY_STARTED = "ExecutionAlreadyExists"


@dataclass(frozen=True, slots=True)
class SqsEvents:
    """The FIFO queue of events; its group is the alert key, or a group of changes."""

    sqs: "SQSClient"
    s3: "S3Client"
    url: str
    raw_bucket: str

    def put(self, accepted: Accepted, deduplication: str) -> None:
        body = written(accepted)
        if len(body) > TRAVELS:
            event = cut_to(accepted.event, LARGEST - OVERHEAD)
            body = written(replace(accepted, event=event, raw=None, raw_at=self._lay_down(accepted, accepted.raw)))
        self._send(body, key_hash(accepted.key), deduplication)

    def put_change(self, accepted: AcceptedChange, group: str, deduplication: str) -> None:
        body = written(accepted)
        if len(body) > TRAVELS:
            slim = replace(accepted.change, custom_details=cut(accepted.change.custom_details), links=())
            raw_at = self._lay_down(accepted, to_plain(accepted.change))
            body = written(replace(accepted, change=slim, raw_at=raw_at))
        self._send(body, group, deduplication)

    def _send(self, body: str, group: str, deduplication: str) -> None:
        with reaching("the queue of events"):
            self.sqs.send_message(
                QueueUrl=self.url,
                MessageBody=body,
                MessageGroupId=group,
                MessageDeduplicationId=deduplication[:128],
            )

    def come_again(self, messages: Sequence[tuple[str, int]]) -> None:
        _come_again(self.sqs, self.url, messages)

    def _lay_down(self, accepted: Accepted | AcceptedChange, raw: Any) -> str:
        """The message in S3; its address."""
        day = accepted.accepted_at.date().isoformat()
        at = f"raw/{day}/{key_hash(accepted.event_id)}.json"
        with reaching("the bucket of large messages"):
            self.s3.put_object(Bucket=self.raw_bucket, Key=at, Body=json.dumps(raw).encode())
        return f"s3://{self.raw_bucket}/{at}"


@dataclass(frozen=True, slots=True)
class SqsPages:
    """The queue of pages; it says which page is due, and the table says what it is."""

    sqs: "SQSClient"
    url: str

    def put(self, pages: "Sequence[Page]") -> None:
        for start in range(0, len(pages), 10):
            entries = [
                {"Id": str(place), "MessageBody": _order(page)} for place, page in enumerate(pages[start : start + 10])
            ]
            with reaching("the queue of pages"):
                answer = self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)  # pyright: ignore[reportArgumentType]  # a plain dict is what the call takes
            if answer.get("Failed"):
                raise Unavailable("the queue of pages didn't take every page")

    def put_bundle(self, line: str, seconds: int) -> None:
        with reaching("the queue of pages"):
            self.sqs.send_message(
                QueueUrl=self.url, MessageBody=json.dumps({"v": 1, "line": line}), DelaySeconds=min(seconds, LATEST)
            )

    def come_again(self, messages: Sequence[tuple[str, int]]) -> None:
        _come_again(self.sqs, self.url, messages)


def _come_again(sqs: "SQSClient", url: str, messages: Sequence[tuple[str, int]]) -> None:
    """At most 10 at once, as a batch that a function is given has at most 10."""
    entries: Any = [
        {"Id": str(place), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
        for place, (receipt, seconds) in enumerate(messages)
    ]
    with reaching("the queue"):
        answer = sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    if answer.get("Failed"):
        raise Unavailable("the queue didn't take every message back")


def _order(page: "Page") -> str:
    return json.dumps(
        {
            "v": 1,
            "incident": page.incident,
            "epoch": page.epoch,
            "entry": page.entry,
            "user": page.user,
            "rule": page.rule,
        }
    )


@dataclass(frozen=True, slots=True)
class StepFunctions:
    """Runs of the state machine, one for each epoch of an incident."""

    states: "SFNClient"
    machine: str

    def start(self, incident: str, epoch: int, responders: int = 0) -> None:
        of_responders = f"-R{responders}" if responders else ""
        with reaching("Step Functions"):
            try:
                self.states.start_execution(
                    stateMachineArn=self.machine,
                    name=f"{incident}-{epoch}{of_responders}",
                    input=json.dumps({"incident": incident, "epoch": epoch}),
                )
            except ClientError as fault:
                if fault.response.get("Error", {}).get("Code") != ALREADY_STARTED:
                    raise


@dataclass(frozen=True, slots=True)
class Bus:
    """Our own event bus."""

    events: "EventBridgeClient"
    name: str

    def put(self, details: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        entries = [
            {"Source": "tocsin", "DetailType": kind, "Detail": json.dumps(detail), "EventBusName": self.name}
            for kind, detail in details
        ]
        with reaching("the event bus"):
            answer = self.events.put_events(Entries=entries)  # pyright: ignore[reportArgumentType]  # as above
        if answer.get("FailedEntryCount"):
            raise Unavailable("the event bus didn't take every entry")


@dataclass(frozen=True, slots=True)
class Bucket:
    """Mail as SES laid it down, or messages that were too large to travel; ``what`` names them in faults."""

    s3: "S3Client"
    name: str
    what: str

    def read(self, address: str) -> bytes:
        with reaching(self.what):
            key = address.removeprefix(f"s3://{self.name}/")
            return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()


@dataclass(frozen=True, slots=True)
class AlarmTopic:
    """The fallback contact's own way, when paging can't be carried out."""

    sns: "SNSClient"
    arn: str

    def tell_fallback(self, subject: str, text: str) -> None:
        with reaching("the alarm topic"):
            self.sns.publish(TopicArn=self.arn, Subject=subject[:100], Message=text)


@contextmanager
def reaching(what: str) -> Generator[None]:
    """Raises Unavailable, which names ``what``, for whatever AWS or the way to it answers."""
    try:
        yield
    except (ClientError, BotoCoreError) as fault:
        raise Unavailable(f"{what} didn't take it: {fault}") from fault
