"""``page``: a batch of the queue of pages."""

import json
from typing import Any

from shared import wiring
from shared.channels import texts
from shared.flow import bundle, page
from shared.flow.redelivery import Handle

deps = wiring.deps()
texts.ready()


def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    """Records of SQS in; the ids of those that must come again out (partial batch response)."""
    again = page.run_all(deps, [_asked(record, context.aws_request_id) for record in request["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _asked(record: dict[str, Any], request_id: str) -> page.Asked:
    message_id = record["messageId"]
    return page.Asked(
        order=_order(json.loads(record["body"])),
        attempt=f"{request_id} {message_id}",
        handle=Handle(
            message_id=message_id,
            receipt=record["receiptHandle"],
            times=int(record["attributes"]["ApproximateReceiveCount"]),
        ),
    )


def _order(message: dict[str, Any]) -> page.Order | bundle.Order:
    if "line" in message:
        return bundle.Order(line=message["line"])
    identity = f"{message['entry']}#{message['user']}#{message['rule']}"
    return page.Order(incident=message["incident"], identity=identity)
