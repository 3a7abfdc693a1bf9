"""A mail that came to a reply address → who wrote, what is new in it, and whether it may count.

It may count only where SES's verdicts for spam and virus are PASS, and DMARC's is PASS, or GRAY (no policy published)
with a signature aligned with the sender's domain in SES's own, topmost Authentication-Results. Automatic mail is never
an answer (RFC 3834).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

from shared.sources.mail.automatic import automatic
from shared.sources.mail.delivery_report import DeliveryReport, delivery_report
from shared.sources.mail.new_text import written
from shared.sources.mail.reading import HEADER_MAX, header, read_message, senders_of

PASS, GRAY = "PASS", "GRAY"
SES = "amazonses.com"  # whose Authentication-Results count

ALIGNED = re.compile(r"dkim=pass\b[^;]*?header\.[di]=@?([\w.-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """SES's: PASS, FAIL, GRAY or PROCESSING_FAILED each."""

    spam: str
    virus: str
    dmarc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAnswer:
    """``automatic`` and ``refused`` say why it doesn't count, if it doesn't; ``bounce`` is what it reports of a mail.

    A bounce is held to SES's verdicts as well (``bounce_refused``), but for a signature: mail systems seldom sign.
    """

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    text: str
    automatic: str | None = None
    refused: str | None = None
    bounce: DeliveryReport | None = None
    bounce_refused: str | None = None


def verdicts_of_receipt(receipt: Mapping[str, Any]) -> Verdicts:
    """From SES's event, https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html"""
    statuses = {name: str(receipt.get(f"{name}Verdict", {}).get("status", "")) for name in ("spam", "virus", "dmarc")}
    return Verdicts(**statuses)


def read(raw: bytes, verdicts: Verdicts, recipients: tuple[str, ...]) -> MailAnswer:
    """Any bytes can be read; ``recipients`` are the envelope's that are ours."""
    message = read_message(raw)
    senders, machine = senders_of(message), automatic(message)
    bounce = delivery_report(message) if machine else None
    return MailAnswer(
        message_id=header(message, "Message-ID") or f"<{hashlib.sha256(raw).hexdigest()}@no-message-id>",
        sender=senders[0] if senders else "",
        recipients=recipients,
        text=written(message),
        automatic=machine,
        refused=_refused(message, senders, verdicts),
        bounce=bounce,
        bounce_refused=_bounce_refused(verdicts) if bounce else None,
    )


def _refused(message: "Message[str, str]", senders: list[str], verdicts: Verdicts) -> str | None:
    if len(senders) != 1:
        return f"it has {len(senders)} From addresses, and must have one"
    if (fault := _dirty(verdicts)) is not None:
        return fault
    if verdicts.dmarc == PASS or (verdicts.dmarc == GRAY and _signed_by_sender(message, senders[0])):
        return None
    return f"SES's verdict for DMARC is {verdicts.dmarc or 'missing'}, and no signature is the sender's own"


def _bounce_refused(verdicts: Verdicts) -> str | None:
    if (fault := _dirty(verdicts)) is not None:
        return fault
    return None if verdicts.dmarc in (PASS, GRAY) else f"SES's verdict for DMARC is {verdicts.dmarc or 'missing'}"


def _dirty(verdicts: Verdicts) -> str | None:
    for name, status in (("spam", verdicts.spam), ("virus", verdicts.virus)):
        if status != PASS:
            return f"SES's verdict for {name} is {status or 'missing'}"
    return None


def _signed_by_sender(message: "Message[str, str]", sender: str) -> bool:
    """By SES's own results, the topmost; those below are the sender's word."""
    results = str(message.get("Authentication-Results", ""))[:HEADER_MAX]
    if results.partition(";")[0].strip().casefold() != SES:
        return False
    domain = sender.rpartition("@")[2].casefold()
    signers = [found[1].casefold() for found in ALIGNED.finditer(results)]
    return any(domain == signer or domain.endswith(f".{signer}") for signer in signers if "." in signer)
