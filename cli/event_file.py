"""Messages in files, as commands take them; ``-`` is standard input. What is wrong is told by file and line."""

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from shared.domain.errors import MessageError, NotFound
from shared.domain.event import Event
from shared.sources.bodies import parse_json
from shared.sources.registry import SOURCES


def read_event(path: str, source: str | None) -> tuple[Sequence[tuple[Event, Any]], str | None]:
    """EVENT: a vendor's message with ``source``, else an Events API v2 body. The events with their message, and the
    routing key it carries. Raises MessageError, NotFound."""
    message, events = translated(path, source or "events_v2")
    routing_key = message.get("routing_key") if isinstance(message, dict) and source in (None, "events_v2") else None
    return [(event, message) for event in events], routing_key


def translated(path: str, source: str, encoding: str | None = None) -> tuple[Any, list[Event]]:
    """The message in the file at ``path``, and its events. Raises MessageError with every fault, NotFound."""
    if source not in SOURCES:
        raise NotFound(f"{source!r} is no source: choose one of {', '.join(SOURCES)}")
    body = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    with _placed(path):
        message = parse_json(body, encoding)
        return message, SOURCES[source](message)


@contextmanager
def _placed(path: str) -> Generator[None]:
    """Faults begin with the file, and the line and reason where its JSON breaks off."""
    try:
        yield
    except MessageError as fault:
        line, reason = _break(fault.__cause__)
        raise MessageError([f"{path}{line}: {error}{reason}" for error in fault.errors]) from fault


def _break(cause: BaseException | None) -> tuple[str, str]:
    if not isinstance(cause, JSONDecodeError):
        return "", ""
    return f":{cause.lineno}", f": {cause.msg} at column {cause.colno}"
