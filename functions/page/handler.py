"""``page``: a batch of the queue of pages."""

import json
from typing import Any

from shared import wiring
from shared.flow import page
from shared.flow.ports import Unavailable

deps = wiring.deps()


def handler(request: dict[str, Any], context: Any) -> dict[str, Any]:
    """Records of SQS in; the ids of those that must come again out (partial batch response)."""
    again: list[str] = []
    for record in request["Records"]:
        try:
            page.run(deps, _order(record), attempt=f"{context.aws_request_id} {record['messageId']}")
        except Unavailable as fault:
            deps.journal.fault("page", str(fault), id=record["messageId"])
            again.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _order(record: dict[str, Any]) -> page.Order:
    message = json.loads(record["body"])
    return page.Order(incident=message["incident"], identity=f"{message['entry']}#{message['user']}#{message['rule']}")
