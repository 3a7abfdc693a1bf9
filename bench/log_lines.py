"""What ingest and triage write to their logs for accepted events: by their handlers, in a process of their own.

Run as a module it is that process, and prints what the handlers print; Lambda's own lines are no part of it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from bench.account import ENVIRONMENT, EVENING, QUEUE, SET_UP, message
from bench.counting import REGION, taken
from bench.tables import DIRECTORY, make_tables
from cli.world import Notebook
from shared.store.dynamodb_directory import DynamoDbDirectory

ROOT = Path(__file__).parents[1]
EVENTS, A_BATCH = 100, 10
BEGIN = "from here on"
AS_ON_LAMBDA = {  # what the runtime sets, and the logger reads
    "AWS_LAMBDA_FUNCTION_NAME": "tocsin-triage",
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
    "AWS_LAMBDA_LOG_LEVEL": "INFO",
    "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
    "TOCSIN_LOG_LEVEL": "INFO",
}


def bytes_an_event() -> float:
    """At INFO, over batches of ten repeats of one open alert."""
    return len(_written().encode()) / EVENTS


def _written() -> str:
    here = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.log_lines"],
        env={**here, **keys, **ENVIRONMENT, **AS_ON_LAMBDA},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return (done.stdout + done.stderr).partition(f"{BEGIN}\n")[2]


def _main() -> None:
    with mock_aws():
        make: Any = boto3.client
        bare = make("dynamodb")
        make_tables(bare)
        DynamoDbDirectory(bare, DIRECTORY, lambda: 0.0, Notebook()).put_version(SET_UP, 0, "bench", EVENING)
        queue = _Queue()
        session = boto3.session.Session()
        session.events.register("before-call", queue.take)
        boto3.DEFAULT_SESSION = session
        _run(queue, message())
        print(BEGIN, flush=True)
        for _ in range(EVENTS // A_BATCH):
            _run(queue, *[message()] * A_BATCH)


def _run(queue: "_Queue", *bodies: bytes) -> None:
    from functions.ingest import handler as ingest
    from functions.triage import handler as triage

    for body in bodies:
        answer = ingest.handler(queue.request(body), None)
        assert answer is not None
        assert answer["statusCode"] == 202, answer
    assert triage.handler({"Records": queue.records()}, None) == {"batchItemFailures": []}


class _Queue:
    """The queue of events, and the HTTP API before it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self._taken = 0

    def take(self, model: Any, params: dict[str, Any], **more: Any) -> Any:
        if model.name == "SendMessage":
            self.sent.append(json.loads(params["body"]))
        return taken(model, **more)

    def request(self, body: bytes) -> dict[str, Any]:
        request = f"request-{len(self.sent)}"
        http = {"method": "POST"}
        return {
            "rawPath": "/v2/enqueue",
            "body": body.decode(),
            "headers": {},
            "requestContext": {"http": http, "requestId": request},
        }

    def records(self) -> list[dict[str, Any]]:
        new, first = self.sent[self._taken :], self._taken
        self._taken = len(self.sent)
        return [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-{place:012}",
                "body": sent["MessageBody"],
                "eventSourceARN": QUEUE,
                "receiptHandle": f"receipt-{place}",
                "attributes": {
                    "MessageGroupId": sent["MessageGroupId"],
                    "SentTimestamp": "1795403524118",
                    "ApproximateReceiveCount": "1",
                    "SequenceNumber": str(18_850_000_000_000_000_000 + place),
                },
            }
            for place, sent in enumerate(new, start=first)
        ]


if __name__ == "__main__":
    _main()
