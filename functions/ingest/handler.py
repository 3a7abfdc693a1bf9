"""``ingest``: the HTTP API's requests, the default bus's events, and WAF's log lines."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from shared import wiring
from shared.flow import ingest, topics
from shared.flow.ingest import Answer
from shared.flow.ports import Deps

Door = Callable[[Deps, bytes, str | None, str], Answer]

deps = wiring.deps()
DOORS: Mapping[str, Door] = {"/v2/enqueue": ingest.enqueue, "/v2/change/enqueue": ingest.enqueue_change}

HEARTBEATS = "/heartbeats/"
BY_TOPIC = re.compile(r"/integrations/(?P<source>[a-z0-9_]+)/(?P<key>[A-Za-z0-9]{32})")


def handler(request: dict[str, Any], context: object) -> dict[str, Any] | None:
    """A request of the HTTP API (payload format 2.0) is answered; an event of the bus is not."""
    if "requestContext" not in request:
        ingest.receive(deps, request)
        return None
    return respond(deps, request)


def respond(deps: Deps, request: Mapping[str, Any]) -> dict[str, Any]:
    """Whoever asks whatever is answered in JSON."""
    answer = _answer(deps, request)
    headers = {"content-type": "application/json; charset=utf-8", **answer.headers}
    return {"statusCode": answer.status, "headers": headers, "body": json.dumps(answer.body)}


def _answer(deps: Deps, request: Mapping[str, Any]) -> Answer:
    http = request["requestContext"]["http"]
    path = request["rawPath"].rstrip("/")
    if path.startswith(HEARTBEATS):
        if http["method"] not in ("GET", "POST"):
            return _no_door(405, "method not allowed", "GET and POST are heard here", allow="GET, POST")
        return ingest.heartbeat(deps, path.removeprefix(HEARTBEATS))
    door = _door(path)
    if door is None:
        there_is = f"{', '.join(DOORS)}, {HEARTBEATS}<key> and /integrations/<source>/<key>"
        return _no_door(404, "not found", f"There is {there_is}")
    if http["method"] != "POST":
        return _no_door(405, "method not allowed", "Only POST is heard here", allow="POST")
    body = request.get("body") or ""
    plain = base64.b64decode(body) if request.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass")
    encoding = request.get("headers", {}).get("content-encoding")
    return door(deps, plain, encoding, request["requestContext"]["requestId"])


def _door(path: str) -> Door | None:
    if named := BY_TOPIC.fullmatch(path):
        return lambda deps, body, encoding, request_id: topics.deliver(deps, named["source"], named["key"], body)
    return DOORS.get(path)


def _no_door(status: int, word: str, message: str, **headers: str) -> Answer:
    return Answer(status=status, body={"status": word, "message": message, "errors": [message]}, headers=headers)
