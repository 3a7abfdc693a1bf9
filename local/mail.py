"""Mail that people send to Tocsin: by SMTP to this machine, from there as SES would do it.

- Stored in the mail bucket, then the function is called; the sender hears "ok" only after both.
- Mail for other domains is refused, as SES does with domains it has no rule for.
"""

import asyncio
import json
import logging
import secrets
import string
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from local import receipt
from local.account import client
from local.deployed import Deployed, Facts
from local.receipt import BadVerdict, Received

LARGEST = 40 * 2**20  # bytes that SES receives
IDENTITY_LENGTH = 40
LATER = "451 4.3.0 Tocsin isn't deployed yet: try again later"

logger = logging.getLogger(__name__)


class Bridge:
    """aiosmtpd's handler."""

    def __init__(self, endpoint: str, deployed: Deployed) -> None:
        self._endpoint = endpoint
        self._deployed = deployed
        self._clients: dict[str, Any] = {}

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        facts = self._deployed.facts()
        if facts is None:
            return LATER
        if address.rpartition("@")[2].lower() != facts["mail_domain"].lower():
            return f"550 5.1.1 only mail for {facts['mail_domain']} is taken here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        facts = self._deployed.facts()
        if facts is None:
            return LATER
        try:
            mail = _received(session, envelope)
        except BadVerdict as error:
            return f"554 5.6.0 {error}"
        await asyncio.to_thread(self._deliver, mail, facts)
        return f"250 OK {mail.identity}"

    async def handle_exception(self, error: Exception) -> str:
        """Any other fault is ours: the sender keeps the mail, and tries again."""
        logger.error("mail could not be delivered", exc_info=error)
        return f"451 4.3.0 {type(error).__name__}: see the log"

    def _deliver(self, mail: Received, facts: Facts) -> None:
        stored = receipt.as_stored(mail)
        self._client("s3").put_object(Bucket=facts["mail_bucket"], Key=f"inbound/{mail.identity}", Body=stored)
        took = int((datetime.now(UTC) - mail.at).total_seconds() * 1000)
        request = receipt.event(mail, stored, receipt.function_arn(facts["reply_function"]), took)
        self._client("lambda").invoke(
            FunctionName=facts["reply_function"], InvocationType="Event", Payload=json.dumps(request).encode()
        )

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = client(self._endpoint, service)
        return self._clients[service]


def _received(session: Session, envelope: Envelope) -> Received:
    content = envelope.original_content or b""
    verdicts, content = receipt.split_verdicts(content)
    alphabet = string.ascii_lowercase + string.digits
    return Received(
        identity="".join(secrets.choice(alphabet) for _ in range(IDENTITY_LENGTH)),
        at=datetime.now(UTC),
        peer=str(session.peer[0]) if session.peer else "127.0.0.1",
        helo=session.host_name or "localhost",
        sender=(envelope.mail_from or "").removeprefix("<").removesuffix(">"),  # a bounce's is <>
        recipients=tuple(envelope.rcpt_tos),
        verdicts=verdicts,
        content=content,
    )


def protocol(bridge: Bridge, loop: asyncio.AbstractEventLoop) -> SMTP:
    """One conversation with a sender."""
    return SMTP(
        bridge,
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
        hostname="localhost",
        ident="Tocsin, in place of SES",
        timeout=300,
        loop=loop,
    )
