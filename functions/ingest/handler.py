"""``ingest``: the HTTP API's requests, the default bus's events, and WAF's log lines."""

import base64
import json
import re
from typing import Any

from shared import wiring
from shared.flow import ingest, topics

deps = wiring.deps()
ENQUEUE = "/v2/enqueue"
BY_TOPIC = re.compile(r"/integrations/(?P<source>[a-z0-9_]+)/(?P<key>[A-Za-z0-9]{32})")


def handler(request: dict[str, Any], context: object) -> dict[str, Any] | None:
    """A request of the HTTP API (payload format 2.0) is answered; an event of the bus is not."""
    if "requestContext" not in request:
        ingest.receive(deps, request)
        return None
    answer = _answer(request)
    headers = {"content-type": "application/json; charset=utf-8", **answer.headers}
    return {"statusCode": answer.status, "headers": headers, "body": json.dumps(answer.body)}


def _answer(request: dict[str, Any]) -> ingest.Answer:
    method, path = request["requestContext"]["http"]["method"], request["rawPath"].rstrip("/")
    by_topic = BY_TOPIC.fullmatch(path)
    if method != "POST" or not (path == ENQUEUE or by_topic):
        message = f"POST to {ENQUEUE}, or to /integrations/<source>/<routing key>"
        return ingest.Answer(status=404, body={"status": "not found", "message": message})
    body = request.get("body") or ""
    plain = base64.b64decode(body) if request.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass")
    if by_topic:
        return topics.deliver(deps, by_topic["source"], by_topic["key"], plain)
    encoding = request.get("headers", {}).get("content-encoding")
    return ingest.enqueue(deps, plain, encoding, request["requestContext"]["requestId"])
