"""What a subscription of CloudWatch Logs hands over: a batch of log lines, packed, each line JSON.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.errors import MessageError
from shared.sources.aws import account_id
from shared.sources.aws_message import folded
from shared.sources.bodies import parse_json
from shared.sources.fields import items, look, mapping, text
from shared.sources.sns import unwrap

LARGEST = 16 * 2**20  # bytes of one batch, inflated: a subscription sends at most 6 MB, and logs shrink tenfold
CONTROL = "CONTROL_MESSAGE"  # CloudWatch Logs tries whether the function can be reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    record: Mapping[str, Any]
    owner: str | None = None  # the account of the log group


def lines(source: str, message: Any) -> Iterator[Line]:
    """Every line of ``message``, which may also be one itself. Raises MessageError, in the name of ``source``."""
    for unwrapped in unwrap(source, message):
        batch = unwrapped.message
        if (packed := look(batch, "awslogs")) is not None:
            batch = mapping(_unpacked(source, text(look(packed, "data")) or ""))
        if folded(text(look(batch, "messageType")) or "") == folded(CONTROL):
            continue
        logged = look(batch, "logEvents")
        if not isinstance(logged, list | tuple):
            yield Line(record=batch)
            continue
        owner = account_id(text(look(batch, "owner")))
        for line in items(logged):
            yield Line(record=_parsed(source, look(line, "message")), owner=owner)


def _unpacked(source: str, data: str) -> Any:
    try:
        return parse_json(base64.b64decode(data, validate=True), "gzip", largest=LARGEST)
    except (binascii.Error, ValueError) as fault:
        raise MessageError([f"{source}: awslogs.data: neither base64 nor gzip"]) from fault
    except MessageError as fault:
        raise MessageError([f"{source}: awslogs.data: {error}" for error in fault.errors]) from fault


def _parsed(source: str, written: Any) -> Mapping[str, Any]:
    if isinstance(written, str):
        try:
            written = parse_json(written.encode("utf-8", "backslashreplace"))
        except MessageError as fault:
            raise MessageError([f"{source}: a line of the log is text, not JSON: {str(fault)[:80]}"]) from fault
    return mapping(written)
