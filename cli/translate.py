"""``tocsin translate``: a vendor's message as normalised events, for looking before anything is deployed."""

import sys
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from shared.domain.errors import MessageError, NotFound
from shared.domain.event import event_to_json
from shared.sources.bodies import parse_json
from shared.sources.registry import SOURCES


def translate(source: str, path: str, headers: list[str]) -> list[dict[str, Any]]:
    """The events in the file at ``path`` (``-`` is standard input), ``headers`` as ``Name: value``; filters nothing.

    Raises MessageError with every fault as ``file: fault``, NotFound for an unknown source.
    """
    if source not in SOURCES:
        raise NotFound(f"{source!r} is no source: choose one of {', '.join(SOURCES)}")
    body = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    try:
        message = parse_json(body, _header(headers, "content-encoding"))
        return [event_to_json(event) for event in SOURCES[source](message)]
    except MessageError as fault:
        raise MessageError([f"{path}{_line(fault)}: {error}" for error in fault.errors]) from fault


def _header(headers: list[str], name: str) -> str | None:
    pairs = (header.partition(":") for header in headers)
    return next((value.strip() for key, _, value in pairs if key.strip().lower() == name), None)


def _line(fault: MessageError) -> str:
    """Where in the file the JSON breaks off, if that is the fault."""
    return f":{fault.__cause__.lineno}" if isinstance(fault.__cause__, JSONDecodeError) else ""
