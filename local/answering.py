"""People who don't exist answer what they were sent: a mail by SMTP, with the page quoted; a text as a phone's.

Laws: an answer takes the way that one from outside takes, verdicts, function and all; nothing is put in by a back door.
"""

import asyncio
import json
import secrets
import smtplib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from local import texting
from local.account import client
from local.deployed import Deployed
from local.mailbox import Mailbox

LONGEST = 20_000  # characters of an answer
WAITS = 6.0  # s for what Tocsin says to it


class CannotAnswer(Exception):
    """The text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``sender`` answers by ``channel`` to ``to``, in words; ``about`` is the message that is answered, if one is."""

    channel: str
    sender: str
    to: str
    text: str
    about: Mapping[str, Any] | None = None


def can_be_answered(message: Mapping[str, Any]) -> bool:
    return message["channel"] == "sms" or (message["channel"] == "email" and bool(_reply_to(message)))


def answer_to(message: Mapping[str, Any], text: str) -> Answer:
    """Its receiver's. Raises CannotAnswer."""
    if not can_be_answered(message):
        raise CannotAnswer("this message has nowhere to answer to")
    to = _reply_to(message) if message["channel"] == "email" else texting.OUR_NUMBER
    return Answer(channel=message["channel"], sender=message["to"], to=to, text=text, about=message)


def read_answer(told: Any, messages: Sequence[Mapping[str, Any]]) -> Answer:
    """``{"channel", "from", "to", "text"}``. Raises CannotAnswer with what is wrong."""
    if not isinstance(told, dict):
        raise CannotAnswer("expected a JSON object with channel, from, to, text")
    words = {name: told.get(name, "") for name in ("channel", "from", "to", "text")}
    for name, word in words.items():
        if not isinstance(word, str) or (not word and name in ("channel", "from", "text")):
            raise CannotAnswer(f"{name}: expected a text that isn't empty")
    if words["channel"] not in ("email", "sms"):
        raise CannotAnswer("channel: say email or sms")
    if words["channel"] == "email" and not words["to"]:
        raise CannotAnswer("to: say the Reply-To of the mail that is answered")
    about = next((m for m in reversed(messages) if m["channel"] == "email" and _reply_to(m) == words["to"]), None)
    return Answer(
        channel=words["channel"],
        sender=words["from"],
        to=words["to"] or texting.OUR_NUMBER,
        text=words["text"],
        about=about if words["channel"] == "email" else None,
    )


def as_mail(answer: Answer, at: datetime) -> EmailMessage:
    """As a mail program writes it, with what is answered quoted below. Raises CannotAnswer."""
    mail, about = EmailMessage(), answer.about or {}
    told = {
        "From": answer.sender,
        "To": answer.to,
        "Subject": f"Re: {about.get('subject') or 'Tocsin'}",
        "Date": format_datetime(at.astimezone(UTC)),
        "Message-ID": f"<{secrets.token_hex(12)}@mailbox.local>",
    }
    if original := about.get("headers", {}).get("Message-ID"):
        told["In-Reply-To"] = original
    try:
        for name, value in told.items():
            mail[name] = " ".join(value.split())
    except (ValueError, HeaderParseError) as fault:
        raise CannotAnswer(f"no mail can say so: {fault}") from fault
    quoted = "\n".join(f"> {line}" for line in (about.get("text") or "").splitlines())
    below = f"\n\nOn {at:%a}, {at.day} {at:%b %Y} at {at:%H:%M}, Tocsin wrote:\n{quoted}\n" if quoted else "\n"
    mail.set_content(answer.text[:LONGEST] + below)
    return mail


def send(smtp: str, mail: EmailMessage) -> None:
    """To the mail bridge of this machine, ``host:port``. Raises SMTPException, OSError, ValueError."""
    host, _, port = smtp.partition(":")
    with smtplib.SMTP(host, int(port), timeout=10) as server:
        server.send_message(mail)


class Answering:
    """``endpoint`` is the emulator's, ``smtp`` the host and port of this machine's mail bridge."""

    def __init__(self, mailbox: Mailbox, deployed: Deployed, endpoint: str, smtp: str) -> None:
        self._mailbox, self._deployed, self._endpoint, self._smtp = mailbox, deployed, endpoint, smtp
        self._lambda: Any = None

    async def say(self, answer: Answer) -> None:
        """Sends it, and waits a little for what its sender is told. Raises CannotAnswer."""
        already = len(self._mailbox.messages())
        await asyncio.to_thread(self._send, answer)
        for _ in range(int(WAITS / 0.1)):
            if any(answer.sender in message["to"] for message in self._mailbox.messages()[already:]):
                return
            await asyncio.sleep(0.1)

    def _send(self, answer: Answer) -> None:
        facts = self._deployed.facts()
        if facts is None or "texts_topic_arn" not in facts:
            raise CannotAnswer("Tocsin isn't deployed yet: try again in a moment")
        if answer.channel == "email":
            self._send_mail(as_mail(answer, datetime.now(UTC)))
            return
        request = texting.event(
            answer.sender,
            answer.text[:LONGEST],
            facts["texts_topic_arn"],
            datetime.now(UTC),
            to=answer.to,
            answers=self._last_text_to(answer.sender),
        )
        self._lambda = self._lambda or client(self._endpoint, "lambda")
        self._lambda.invoke(
            FunctionName=facts["reply_function"], InvocationType="Event", Payload=json.dumps(request).encode()
        )

    def _send_mail(self, mail: EmailMessage) -> None:
        try:
            send(self._smtp, mail)
        except (smtplib.SMTPException, OSError, ValueError) as fault:
            raise CannotAnswer(f"the mail wasn't taken: {fault}") from fault

    def _last_text_to(self, number: str) -> str:
        texts = (m for m in reversed(self._mailbox.messages()) if m["channel"] == "sms" and m["to"] == number)
        return next((m["headers"].get("MessageId", "") for m in texts), "")


def _reply_to(message: Mapping[str, Any]) -> str:
    return next((value for name, value in message["headers"].items() if name.lower() == "reply-to"), "")
