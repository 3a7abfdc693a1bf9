"""``tocsin translate``: a vendor's message as normalised events, for looking before anything is deployed."""

from typing import Any

from cli.event_file import translated
from shared.domain.event import event_to_json


def translate(source: str, path: str, headers: list[str]) -> list[dict[str, Any]]:
    """The events in the file at ``path`` (``-`` is standard input), ``headers`` as ``Name: value``; filters nothing.

    Raises MessageError with every fault as ``file: fault``, NotFound for an unknown source.
    """
    _, events = translated(path, source, _header(headers, "content-encoding"))
    return [event_to_json(event) for event in events]


def _header(headers: list[str], name: str) -> str | None:
    pairs = (header.partition(":") for header in headers)
    return next((value.strip() for key, _, value in pairs if key.strip().lower() == name), None)
