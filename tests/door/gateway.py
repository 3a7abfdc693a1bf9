"""The HTTP API before ``ingest``, in this process: requests in the form in which API Gateway hands them on.

A body travels as text where its kind is said to be text, and as base64 otherwise:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from functions.ingest import handler
from shared.flow.ports import Deps

TEXTS = ("text/", "application/json", "application/javascript", "application/xml")
REQUESTS = count(1)


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    body: Any


def ask(
    deps: Deps,
    body: bytes | Mapping[str, Any] = b"",
    path: str = "/v2/enqueue",
    method: str = "POST",
    **headers: str,
) -> Answered:
    """``content_type=…`` is a header."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    told = handler.respond(deps, request(method, path, named, raw))
    return Answered(told["statusCode"], told["headers"], json.loads(told["body"]))


def request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    is_text = headers.get("content-type", "").lower().startswith(TEXTS)
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": dict(headers),
        "requestContext": {"requestId": f"request-{next(REQUESTS)}", "http": {"method": method, "path": path}},
        "body": body.decode("utf-8", "replace") if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }


def wsgi(deps: Deps, document: bytes) -> Callable[..., Iterable[bytes]]:
    """The same for programs that want a WSGI application; ``/openapi.yaml`` is what it says of itself."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/openapi.yaml":
            start_response("200 OK", [("content-type", "application/yaml")])
            return [document]
        headers = {n[5:].replace("_", "-").lower(): v for n, v in environ.items() if n.startswith("HTTP_")}
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        asked = request(environ["REQUEST_METHOD"], environ["PATH_INFO"], headers, body)
        told = handler.respond(deps, asked)
        start_response(f"{told['statusCode']} said", list(told["headers"].items()))
        return [told["body"].encode()]

    return app
