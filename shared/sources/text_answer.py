"""A text that a phone sent to our number: AWS End User Messaging → the topic → who wrote what, or why it can't count.

Laws: the message is believed only of our own topic, which nobody but AWS's texting and this account may publish to. The
body is what counts; the keyword that AWS makes of its first word isn't looked at.
https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.answer import TEXT_MAX
from shared.domain.errors import MessageError, Refused
from shared.sources.bodies import parse_json
from shared.sources.fields import look, text
from shared.sources.mail.new_text import new_text

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAnswer:
    """``number`` is the phone that wrote, ``ours`` the number that it wrote to."""

    message_id: str
    number: str
    ours: str
    text: str


def read(sns: Mapping[str, Any], topic: str) -> TextAnswer:
    """The ``Sns`` of a Lambda record, of ``topic``. Raises Refused with the reason."""
    if look(sns, "TopicArn") != topic:
        raise Refused("it came by a topic that isn't ours")
    try:
        message = parse_json((text(look(sns, "Message")) or "").encode("utf-8", "backslashreplace"))
    except MessageError as fault:
        raise Refused(f"it is no two-way message of AWS: {fault}") from fault
    number, ours, body = (
        text(look(message, name)) for name in ("originationNumber", "destinationNumber", "messageBody")
    )
    if number is None or not NUMBER.fullmatch(number):
        raise Refused("it is no two-way message of AWS: originationNumber is no number")
    message_id = text(look(message, "inboundMessageId"))
    if message_id is None:
        raise Refused("it is no two-way message of AWS: inboundMessageId is missing, so it couldn't count once")
    return TextAnswer(message_id=message_id, number=number, ours=ours or "", text=new_text((body or "")[:TEXT_MAX]))
