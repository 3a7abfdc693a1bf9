"""What is inside: a message as its sender wrote it, out of the wrappings of SNS, SQS and Lambda.

A subscription's housekeeping holds no message. Signatures are checked at the door, not here.
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from shared.domain.errors import MessageError
from shared.sources.bodies import parse_json
from shared.sources.fields import items, look, text

HOUSEKEEPING = {"SubscriptionConfirmation", "UnsubscribeConfirmation"}
LAYERS_MAX = 6  # Lambda record, SQS body, SNS envelope, message, each perhaps a string of JSON


@dataclass(frozen=True, slots=True)
class Unwrapped:
    message: Mapping[str, Any]
    topic: str | None = None  # the ARN of the topic that it came by


def unwrap(source: str, message: Any) -> list[Unwrapped]:
    """Every message in ``message``, which may itself be one. Raises MessageError, in the name of ``source``."""
    try:
        return list(_unwrap(message, None, 0))
    except MessageError as fault:
        raise MessageError([f"{source}: {error}" for error in fault.errors]) from fault


def _unwrap(message: Any, topic: str | None, layer: int) -> Iterator[Unwrapped]:
    if layer > LAYERS_MAX:
        raise MessageError([f"the message is wrapped more than {LAYERS_MAX} times"])
    if isinstance(message, str):
        yield from _unwrap(_parsed(message), topic, layer + 1)
    elif isinstance(message, list):
        for part in cast("list[Any]", message):
            yield from _unwrap(part, topic, layer + 1)
    elif not isinstance(message, Mapping):
        raise MessageError(["the message is not a JSON object"])
    elif records := items(look(message, "Records")) or items(look(message, "Messages")):
        for record in records:
            yield from _unwrap(_content(record), topic, layer + 1)
    elif _is_record(message):
        yield from _unwrap(_content(message), topic, layer + 1)
    elif text(look(message, "Type")) in HOUSEKEEPING:
        return
    elif _is_notification(cast("Mapping[str, Any]", message)):
        yield from _unwrap(look(message, "Message"), text(look(message, "TopicArn")) or topic, layer + 1)
    else:
        yield Unwrapped(cast("Mapping[str, Any]", message), topic)


def _content(record: Any) -> Any:
    """A Lambda record of SNS has ``Sns``, one of SQS has ``body``; one of CloudTrail is the message itself."""
    return look(record, "Sns") or look(record, "body") or record


def _is_record(message: Any) -> bool:
    """One record by itself, as a function's loop or SQS's console has it."""
    return look(message, "Sns") is not None or (
        look(message, "body") is not None and look(message, "receiptHandle") is not None
    )


def _is_notification(message: Mapping[str, Any]) -> bool:
    return look(message, "Message") is not None and (
        look(message, "Type") == "Notification" or look(message, "TopicArn") is not None
    )


def _parsed(written: str) -> Any:
    try:
        return parse_json(written.encode("utf-8", "backslashreplace"))
    except MessageError as fault:
        raise MessageError([f"the message is text, not JSON: {written[:80]!r}"]) from fault
