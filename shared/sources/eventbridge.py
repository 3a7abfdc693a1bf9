"""EventBridge's envelope, around whatever an AWS service has to say.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from shared.domain.errors import MessageError
from shared.domain.instants import Instant
from shared.sources.bodies import parse_json
from shared.sources.fields import items, look, mapping, text
from shared.sources.timestamps import UTC, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    kind: str | None  # the detail-type; console test events lack it
    source: str | None = None  # ``aws.codepipeline``
    account: str | None
    region: str | None
    at: Instant | None
    resources: tuple[str, ...]
    detail: Mapping[str, Any]


def envelope(message: Mapping[str, Any]) -> Envelope | None:
    """None for a message that isn't an event of EventBridge."""
    kind, detail = text(look(message, "detail-type")), look(message, "detail")
    if isinstance(detail, str):  # as PutEvents takes it
        detail = _parsed(detail)
    if isinstance(detail, list):  # drifted: one thing in a list is that thing
        detail = next(iter(cast("list[Any]", detail)), None)
    if kind is None and not isinstance(detail, Mapping):
        return None
    return Envelope(
        kind=kind,
        source=text(look(message, "source")),
        account=text(look(message, "account")),
        region=text(look(message, "region")),
        at=moment(look(message, "time"), without_zone=UTC),
        resources=tuple(filter(None, map(text, items(look(message, "resources"))))),
        detail=mapping(detail),
    )


def _parsed(detail: str) -> Any:
    try:
        return parse_json(detail.encode("utf-8", "backslashreplace"))
    except MessageError:
        return None
