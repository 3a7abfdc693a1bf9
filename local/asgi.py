"""The little of ASGI that the doors of the local system need: a body up to a limit, an answer."""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from email.utils import formatdate
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

DRAINED = 64 * 2**20  # bytes read of a body that is too long, so that the sender hears why


class TooLong(Exception):
    """A body beyond the limit."""


class Gone(Exception):
    """The sender hung up."""


async def read_body(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size, more = 0, True
    while more and size <= DRAINED:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size <= limit:
            parts.append(part)
    if size > limit:
        raise TooLong
    return b"".join(parts)


def replay(body: bytes) -> Receive:
    """A ``receive`` that gives ``body`` once, and then says that the sender is gone."""
    messages: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def answer(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    plain = {"date": formatdate(usegmt=True), "content-length": str(len(body)), **headers}
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in plain.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def answer_json(send: Send, status: int, value: object) -> None:
    await answer(send, status, json.dumps(value, ensure_ascii=False).encode(), {"content-type": "application/json"})


def header(scope: Scope, name: str) -> str:
    """The first header of that name, in lower case; empty where there is none."""
    wanted = name.encode("latin-1")
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == wanted), "")
