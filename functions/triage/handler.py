"""``triage``: a batch of the queue of events."""

from datetime import UTC, datetime
from typing import Any

from shared import wiring
from shared.flow import triage
from shared.flow.envelope import Delivery

deps = wiring.deps()


def handler(request: dict[str, Any], context: object) -> dict[str, Any]:
    """Records of SQS in; the ids of those that must come again out (partial batch response)."""
    again = triage.run(deps, [_delivery(record) for record in request["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _delivery(record: dict[str, Any]) -> Delivery:
    attributes = record["attributes"]
    return Delivery(
        message_id=record["messageId"],
        group=attributes["MessageGroupId"],
        body=record["body"],
        generation=record["eventSourceARN"],
        sequence=str(attributes["SequenceNumber"]).zfill(39),  # padded, so that they compare as text
        sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        receipt=record["receiptHandle"],
        times=int(attributes["ApproximateReceiveCount"]),
    )
