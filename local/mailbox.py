"""Everything that was sent to people, kept as it was said: the real message, not what the emulator remembers of it.

- Mail by SES v2 and texts by SNS are read off the wire when the emulator has accepted them; nothing of it is patched.
- One line of JSON a message, so that it is there after a stop, a crash and another start.
"""

import base64
import binascii
import email
import email.policy
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs
from xml.etree import ElementTree

from local.account import REGION

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """``at`` is when the emulator took it; ``headers`` are those of mail, or the attributes of a text."""

    at: str
    channel: str
    to: str
    subject: str | None
    text: str | None
    html: str | None
    headers: Mapping[str, str]


class Mailbox:
    def __init__(self, file: Path, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()  # the emulator tells of topics in threads of its own
        self._messages = list(_read(file))

    def messages(self) -> Sequence[Mapping[str, Any]]:
        """The oldest first."""
        with self._lock:
            return tuple(self._messages)

    def mailed(self, request: bytes, answer: bytes) -> Sent:
        """SES's SendEmail, as it was asked and answered."""
        return self._keep(read_mail(json.loads(request), str(json.loads(answer).get("MessageId", "")), self._now()))

    def texted(self, request: bytes, answer: bytes) -> Sent | None:
        """SNS's Publish, as it was asked and answered; one to a topic is told by the topic."""
        form = {name: values[0] for name, values in parse_qs(request.decode(), keep_blank_values=True).items()}
        if form.get("Action") == "Publish" and form.get("PhoneNumber"):
            return self._keep(read_text(form, _message_id(answer), self._now()))
        return None

    def told_by_topic(self, topic: str, to: str, subject: str, text: str) -> None:
        self._keep(
            Sent(
                at=self._now(),
                channel="sns",
                to=to,
                subject=subject or None,
                text=text,
                html=None,
                headers={"TopicArn": topic},
            )
        )

    def _now(self) -> str:
        return self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _keep(self, sent: Sent) -> Sent:
        message = asdict(sent)
        with self._lock, self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(message, ensure_ascii=False) + "\n")
            self._messages.append(message)
        return sent


def _read(file: Path) -> Sequence[Mapping[str, Any]]:
    """Without a last line that a crash cut off."""
    if not file.exists():
        return []
    messages: list[Mapping[str, Any]] = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            messages.append(json.loads(line))
        except ValueError:
            continue
    return messages


def read_mail(request: Mapping[str, Any], message_id: str, at: str) -> Sent:
    content = request.get("Content") or {}
    identity = {"Message-ID": f"<{message_id}>" if "@" in message_id else f"<{message_id}@{REGION}.amazonses.com>"}
    destination = request.get("Destination") or {}
    addresses = [
        address for field in ("ToAddresses", "CcAddresses", "BccAddresses") for address in destination.get(field) or ()
    ]
    if raw := content.get("Raw"):
        return _read_raw(_decoded(raw.get("Data", "")), addresses, identity, at)
    simple = content.get("Simple") or {}
    body = simple.get("Body") or {}
    subject = _data(simple.get("Subject"))
    named = {
        "From": request.get("FromEmailAddress"),
        "To": ", ".join(destination.get("ToAddresses") or ()),
        "Cc": ", ".join(destination.get("CcAddresses") or ()),
        "Reply-To": ", ".join(request.get("ReplyToAddresses") or ()),
        "Subject": subject,
        "X-SES-CONFIGURATION-SET": request.get("ConfigurationSetName"),
        **{pair["Name"]: pair["Value"] for pair in simple.get("Headers") or ()},
        **identity,  # SES writes its own
    }
    return Sent(
        at=at,
        channel="email",
        to=", ".join(addresses),
        subject=subject,
        text=_data(body.get("Text")),
        html=_data(body.get("Html")),
        headers={name: value for name, value in named.items() if value},
    )


def _data(part: Mapping[str, Any] | None) -> str | None:
    return part.get("Data") if part else None


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        return data.encode()


def _read_raw(raw: bytes, addresses: Sequence[str], identity: Mapping[str, str], at: str) -> Sent:
    message = cast(EmailMessage, email.message_from_bytes(raw, policy=email.policy.default))
    headers = {name: str(value) for name, value in message.items()}
    headers = {name: value for name, value in headers.items() if name.lower() != "message-id"} | dict(identity)
    return Sent(
        at=at,
        channel="email",
        to=", ".join(addresses) or str(message.get("To", "")),
        subject=None if message["Subject"] is None else str(message["Subject"]),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        headers=headers,
    )


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return None if part is None else str(part.get_content())


def read_text(form: Mapping[str, str], message_id: str, at: str) -> Sent:
    attributes = {
        value: form.get(f"{name.removesuffix('.Name')}.Value.StringValue", "")
        for name, value in form.items()
        if name.startswith("MessageAttributes.entry.") and name.endswith(".Name")
    }
    return Sent(
        at=at,
        channel="sms",
        to=form["PhoneNumber"],
        subject=form.get("Subject"),
        text=form.get("Message", ""),
        html=None,
        headers={**attributes, "MessageId": message_id},
    )


def _message_id(answer: bytes) -> str:
    for element in ElementTree.fromstring(answer).iter():  # noqa: S314 - the emulator's own answer
        if element.tag.rpartition("}")[2] == "MessageId":
            return element.text or ""
    return ""
