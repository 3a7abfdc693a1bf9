"""EVENT, as commands take it: a vendor's message with ``--source``, else an Events API v2 body; ``-`` is stdin."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.console import Failed
from shared.domain.event import Event
from shared.sources.bodies import parse_json
from shared.sources.registry import SOURCES


def read_event(path: str, source: str | None) -> tuple[Sequence[tuple[Event, Any]], str | None]:
    """The events with their message, and the routing key it carries. Raises MessageError, Failed."""
    if source is not None and source not in SOURCES:
        raise Failed(f"there is no source {source!r}: it is one of {', '.join(SOURCES)}", code=2)
    body = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    message = parse_json(body)
    events = SOURCES[source or "events_v2"](message)
    routing_key = message.get("routing_key") if isinstance(message, dict) and source in (None, "events_v2") else None
    return [(event, message) for event in events], routing_key
