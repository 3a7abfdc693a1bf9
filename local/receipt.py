"""What SES makes of a mail that it receives: headers above the mail's own, and the event that calls a function.

- SES's verdicts stand in the topmost ``Authentication-Results``; any further down is the sender's own word.
- All verdicts are PASS unless the mail's header ``X-Local-Verdict: dmarc=FAIL, spf=FAIL`` says otherwise.
- https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html
"""

import email
import email.policy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, getaddresses, parseaddr
from typing import Any

from local.account import ACCOUNT, REGION

JUDGED = ("spam", "virus", "spf", "dkim", "dmarc")
STATUSES = ("PASS", "FAIL", "GRAY", "PROCESSING_FAILED")
CONTROL = b"x-local-verdict"
HEADERS_TOLD = 10 * 2**10  # bytes of headers that SES puts into an event

# RFC 8601 §2.7: what a method's result is called where SES says PASS, FAIL …
RESULTS = {"PASS": "pass", "FAIL": "fail", "GRAY": "none", "PROCESSING_FAILED": "temperror"}


class BadVerdict(Exception):
    """``X-Local-Verdict`` isn't understood; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A mail as it came: ``sender`` and ``recipients`` are the envelope's; the null sender is empty."""

    identity: str
    at: datetime
    peer: str
    helo: str
    sender: str
    recipients: Sequence[str]
    verdicts: Mapping[str, str]
    content: bytes


def split_verdicts(content: bytes) -> tuple[Mapping[str, str], bytes]:
    """The verdicts that the mail asks for, and the mail without having asked."""
    head, separator, body = _split(content)
    kept: list[bytes] = []
    asked: list[bytes] = []
    into = kept
    for line in head.splitlines(keepends=True):
        if not line.startswith((b" ", b"\t")):
            into = asked if line.lower().startswith(CONTROL + b":") else kept
        into.append(line)
    words = b"".join(asked).decode("latin-1").partition(":")[2]
    return dict.fromkeys(JUDGED, "PASS") | _verdicts(words), b"".join(kept) + separator + body


def _split(content: bytes) -> tuple[bytes, bytes, bytes]:
    """Headers (with their last line end), the empty line, the body."""
    found = re.search(rb"(?:\A|(?<=\n))\r?\n", content)
    if found is None:
        return content, b"", b""
    return content[: found.start()], found.group(), content[found.end() :]


def _verdicts(words: str) -> dict[str, str]:
    asked: dict[str, str] = {}
    for word in filter(None, re.split(r"[,;\s]+", words)):
        name, _, status = word.partition("=")
        if name.lower() not in JUDGED or status.upper() not in STATUSES:
            raise BadVerdict(
                f"X-Local-Verdict: {word!r}: expected one of {', '.join(JUDGED)}, =, and one of {', '.join(STATUSES)}"
            )
        asked[name.lower()] = status.upper()
    return asked


def as_stored(mail: Received) -> bytes:
    """What SES puts into the bucket."""
    domain = mail.sender.rpartition("@")[2] or mail.helo
    header_from = _header_from(mail.content)
    spf, dkim, dmarc = (RESULTS[mail.verdicts[name]] for name in ("spf", "dkim", "dmarc"))
    means = "designates" if spf == "pass" else "does not designate"
    checked = (
        f"(spfCheck: domain of {domain} {means} {mail.peer} as permitted sender) "
        f"client-ip={mail.peer}; envelope-from={mail.sender}; helo={mail.helo};"
    )
    lines = [
        f"Return-Path: <{mail.sender}>",
        f"Received: from {mail.helo} ({mail.helo} [{mail.peer}])",
        f" by inbound-smtp.{REGION}.amazonaws.com with SMTP id {mail.identity}",
        f" for {mail.recipients[0]};",
        f" {format_datetime(mail.at.astimezone(UTC))} (UTC)",
        f"X-SES-Spam-Verdict: {mail.verdicts['spam']}",
        f"X-SES-Virus-Verdict: {mail.verdicts['virus']}",
        f"Received-SPF: {spf} {checked}",
        "Authentication-Results: amazonses.com;",
        f" spf={spf} {checked}",
        f" dkim={dkim} header.i=@{header_from};",
        f" dmarc={dmarc} header.from={header_from};",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8") + mail.content


def _header_from(content: bytes) -> str:
    """The domain that the mail says it is from: what DMARC is about."""
    told = email.message_from_bytes(_split(content)[0], policy=email.policy.compat32).get("From", "")
    return parseaddr(str(told))[1].rpartition("@")[2] or "invalid"


def event(mail: Received, stored: bytes, function_arn: str, took: int) -> dict[str, Any]:
    """What the function is called with; ``took`` in ms."""
    head = _split(stored)[0]
    message = email.message_from_bytes(head, policy=email.policy.compat32)
    headers = [{"name": name, "value": _unfolded(value)} for name, value in message.items()]
    statuses = {f"{name}Verdict": {"status": mail.verdicts[name]} for name in JUDGED}
    stamp = mail.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    action = {"type": "Lambda", "functionArn": function_arn, "invocationType": "Event"}
    receipt: dict[str, Any] = {
        "timestamp": stamp,
        "processingTimeMillis": took,
        "recipients": list(mail.recipients),
        **statuses,
        "action": action,
    }
    if mail.verdicts["dmarc"] == "FAIL":
        receipt["dmarcPolicy"] = "none"  # else SES would have turned it away
    told = {
        "timestamp": stamp,
        "source": mail.sender,
        "messageId": mail.identity,
        "destination": list(mail.recipients),
        "headersTruncated": len(head) > HEADERS_TOLD,
        "headers": _first(headers, HEADERS_TOLD),
        "commonHeaders": _common(headers, mail.sender),
    }
    return {"Records": [{"eventSource": "aws:ses", "eventVersion": "1.0", "ses": {"mail": told, "receipt": receipt}}]}


def _unfolded(value: object) -> str:
    return re.sub(r"\r?\n[ \t]*", " ", str(value)).strip()


def _first(headers: Sequence[dict[str, str]], most: int) -> list[dict[str, str]]:
    told: list[dict[str, str]] = []
    for each in headers:
        most -= len(each["name"]) + len(each["value"])
        if most < 0:
            break
        told.append(each)
    return told


def _common(headers: Sequence[Mapping[str, str]], sender: str) -> dict[str, Any]:
    """The well-known headers under names of their own; those that are missing are left out."""
    found: dict[str, str] = {}
    for each in headers:
        found.setdefault(each["name"].lower(), each["value"])
    common: dict[str, Any] = {"returnPath": sender}
    for name, key in (("from", "from"), ("to", "to"), ("cc", "cc"), ("reply-to", "replyTo")):
        if name in found:
            common[key] = [_address(*pair) for pair in getaddresses([found[name]]) if pair[1]]
    for name, key in (("date", "date"), ("message-id", "messageId"), ("subject", "subject")):
        if name in found:
            common[key] = found[name]
    return common


def _address(name: str, address: str) -> str:
    return f"{name} <{address}>" if name else address


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
