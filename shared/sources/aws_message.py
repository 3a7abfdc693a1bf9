"""What one AWS service says, out of its wrappings: by EventBridge, by SNS, or bare, as an API answers.

A detail-type that isn't the service's problem tells nothing; a message without one is read by what is in it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.domain.errors import MessageError
from shared.domain.event import Link
from shared.domain.instants import Instant
from shared.sources.aws import Arn, account_id, parse_arn, region_code
from shared.sources.eventbridge import envelope
from shared.sources.fields import Required
from shared.sources.sns import unwrap

Part = TypeVar("Part")
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsMessage:
    """``said`` is the detail, or the bare message; what the envelope adds is None without one."""

    source: str
    said: Mapping[str, Any]
    inside: str = ""  # where ``said`` stood in the message
    kind: str | None = None
    service: str | None = None  # ``aws.codepipeline``
    account: str | None = None
    region: str | None = None
    at: Instant | None = None
    resources: tuple[str, ...] = ()

    def is_one_of(self, *kinds: str) -> bool:
        return self.kind is None or folded(self.kind) in map(folded, kinds)

    def required(self) -> Required:
        return Required(self.source, self.said, within=self.inside)

    def arn(self, service: str, resource: str = "") -> Arn | None:
        """The first of the resources that is one of ``service`` and begins with ``resource``."""
        arns = (arn for written in self.resources if (arn := parse_arn(written)))
        return next((arn for arn in arns if arn.service == service and arn.resource.startswith(resource)), None)


def messages(source: str, message: Any) -> list[AwsMessage]:
    """Every one in ``message``. Raises MessageError, in the name of ``source``, for what isn't a message at all."""
    return [_read(source, unwrapped.message) for unwrapped in unwrap(source, message)]


def _read(source: str, message: Mapping[str, Any]) -> AwsMessage:
    event = envelope(message)
    if event is None:
        return AwsMessage(source=source, said=message)
    return AwsMessage(
        source=source,
        said=event.detail,
        inside="detail",
        kind=event.kind,
        service=event.source,
        account=account_id(event.account),
        region=region_code(event.region) or event.region,
        at=event.at,
        resources=event.resources,
    )


def links(*pages: tuple[str | None, str]) -> tuple[Link, ...]:
    """Addresses and what they show; those that the message doesn't give are left out."""
    return tuple(Link(href=href, text=shows) for href, shows in pages if href)


def folded(words: str) -> str:
    """``CodeBuild  build state change`` is the detail-type that it is."""
    return " ".join(words.split()).casefold()


def each(parts: Iterable[Part], read: Callable[[Part], Read | None]) -> list[Read]:
    """What each of ``parts`` says, without those that say nothing. Raises MessageError with the faults of all."""
    found: list[Read] = []
    faults: list[str] = []
    for part in parts:
        try:
            said = read(part)
        except MessageError as fault:
            faults += fault.errors
        else:
            found += [] if said is None else [said]
    if faults:
        raise MessageError(tuple(dict.fromkeys(faults)))
    return found
