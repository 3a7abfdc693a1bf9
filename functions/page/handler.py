"""``page``: a batch of the queue of pages."""

import json
from typing import Any

from shared import wiring
from shared.channels import texts
from shared.flow import page
from shared.flow.redelivery import Handle

deps = wiring.deps()
texts.ready()


def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    """Records of SQS in; the ids of those that must come again out (partial batch response)."""
    again = page.run_all(deps, [_asked(record, context.aws_request_id) for record in request["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _asked(record: dict[str, Any], request_id: str) -> page.Asked:
    message, message_id = json.loads(record["body"]), record["messageId"]
    identity = f"{message['entry']}#{message['user']}#{message['rule']}"
    return page.Asked(
        order=page.Order(incident=message["incident"], identity=identity),
        attempt=f"{request_id} {message_id}",
        handle=Handle(
            message_id=message_id,
            receipt=record["receiptHandle"],
            times=int(record["attributes"]["ApproximateReceiveCount"]),
        ),
    )
