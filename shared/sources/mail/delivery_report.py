"""A bounce → whom it couldn't reach, why, and whether it is final (RFC 3464), also where a host keeps to no format.

Laws: any bytes can be read. Without a delivery-status part only what comes from a mail system (no sender to answer to,
MAILER-DAEMON) is a bounce: a person who quotes one is not. ``hard`` is said of an address, so of a delay never, and of
a failure that is over time or a full queue (4.x.x) neither.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from email.message import Message
from typing import cast

from shared.sources.mail.automatic import UNDELIVERED
from shared.sources.mail.reading import decoded, header, senders_of, text_of

TEXT_MAX = 20_000  # characters of a bounce's own words
DIAGNOSTIC_MAX = 500  # characters that are kept of what the other host said
BLOCKS_MAX = 200  # recipients of a report that are looked at

ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,100}@[a-z0-9.-]{1,200}[a-z0-9]", re.IGNORECASE)
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
SMTP_CODE = re.compile(r"(?<![\d.])([45])\d\d(?=[ -])")
FIELD = re.compile(r"^([A-Za-z-]{3,30})[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
MAIL_SYSTEM = re.compile(
    r"(mailer-daemon|postmaster|mail-?delivery|bounces?|microsoftexchange\w*)([+-].*)?@", re.IGNORECASE
)
RETURNED = re.compile(  # where the mail begins that couldn't be delivered
    r"\n-{2,}.{0,60}(?:original|copy of the|below this line).*|\n(?:Received|Message-ID): ", re.IGNORECASE
)
FINAL = re.compile(
    r"permanent|user unknown|unknown (?:user|recipient|address|e-?mail)|no such (?:user|mailbox|recipient|address)"
    r"|not recognized|does(?:n't| not) exist|mailbox unavailable|account (?:is )?disabled|address rejected"
    r"|recipient rejected|not found|invalid recipient|i'm afraid i wasn't able to deliver",
    re.IGNORECASE,
)
FAILED = re.compile(  # behind it stand those who weren't reached
    r"following (?:recipients?|address)\S*|failed permanently|these recipients|could ?n[o'’]t be delivered to"
    r"|not be delivered to|wasn't able to deliver your message to the following|permanent fatal errors",
    re.IGNORECASE,
)
PASSING = re.compile(
    r"delay|will (?:keep trying|be retried|retry)|still undelivered|warning message only|temporar"
    r"|not yet been delivered|try again|deferred",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """``recipient`` is where it ended, ``sent_to`` where it was sent (they differ where mail is forwarded).

    ``status`` as ``5.1.1``, empty where none is said; ``hard``: to send there again is of no use. ``formal``: the mail
    itself is a report of RFC 3464, neither a host's own words nor something that somebody passed on.
    """

    recipient: str
    sent_to: str
    status: str
    diagnostic: str
    hard: bool
    formal: bool = False


def delivery_report(message: "Message[str, str]") -> DeliveryReport | None:
    """The first recipient that failed for good, else the first; None where it reports of no delivery."""
    found = [report for block in _blocks(message) if (report := _of_block(block))]
    if found:
        first = next((report for report in found if report.hard), found[0])
        return replace(first, formal=_is_report(message))
    return _by_its_words(message) if _is_bounce(message) else None


def _blocks(message: "Message[str, str]") -> Iterator[Mapping[str, str]]:
    """The fields of each recipient, from parts that are reports; also where a part is plain text or is broken."""
    for count, part in enumerate(message.walk()):
        if count > BLOCKS_MAX:
            return
        if part.get_content_type() == "message/delivery-status":
            text = _source(part)
            yield from (_fields(block) for block in re.split(r"\n[ \t]*\n", text, maxsplit=BLOCKS_MAX))


def _source(part: "Message[str, str]") -> str:
    payload = cast("str | list[Message[str, str]]", part.get_payload())
    if isinstance(payload, str):
        decoded_payload = part.get_payload(decode=True)
        text = decoded_payload.decode("utf-8", "replace") if isinstance(decoded_payload, bytes) else payload
    else:
        text = "\n\n".join(
            "\n".join(f"{name}: {value}" for name, value in block.items()) + f"\n{_own_text(block)}"
            for block in payload[:BLOCKS_MAX]
        )
    return text[:TEXT_MAX].replace("\r\n", "\n")


def _own_text(block: "Message[str, str]") -> str:
    payload = cast("str | list[Message[str, str]]", block.get_payload())
    return payload if isinstance(payload, str) else ""


def _fields(block: str) -> Mapping[str, str]:
    found = ((match[1].casefold(), " ".join(match[2].split())) for match in FIELD.finditer(block))
    return {name: value for name, value in reversed(list(found)) if value}


def _of_block(fields: Mapping[str, str]) -> DeliveryReport | None:
    """https://www.rfc-editor.org/rfc/rfc3464#section-2.3"""
    written = fields.get("final-recipient") or fields.get("original-recipient") or ""
    recipient = _address(written)
    if not recipient:
        return None
    action = fields.get("action", "").split(" ")[0].casefold()
    diagnostic = re.sub(r"^[\w-]{1,20}\s*;\s*", "", fields.get("diagnostic-code", ""))
    status = _status(fields.get("status", "")) or _status(diagnostic)
    hard = action in ("failed", "") and (status.startswith("5") or (not status and action == "failed"))
    return DeliveryReport(
        recipient=recipient,
        sent_to=_address(fields.get("original-recipient", "")) or recipient,
        status=status,
        diagnostic=_shown(decoded(diagnostic)),
        hard=hard,
    )


def _is_report(message: "Message[str, str]") -> bool:
    """https://www.rfc-editor.org/rfc/rfc3464#section-2"""
    kind = str(message.get_param("report-type") or "").casefold()
    return message.get_content_type() == "multipart/report" and kind == "delivery-status"


def _is_bounce(message: "Message[str, str]") -> bool:
    if message.get("X-Failed-Recipients"):
        return True
    nobody = header(message, "Return-Path").replace(" ", "") == "<>"
    system = any(MAIL_SYSTEM.match(sender) for sender in senders_of(message)[:1])
    subject = bool(UNDELIVERED.match(header(message, "Subject")))
    answered = header(message, "Auto-Submitted").casefold().startswith("auto-replied") and not (system or subject)
    return (system and (subject or nobody)) or (nobody and subject and not answered)


def _by_its_words(message: "Message[str, str]") -> DeliveryReport | None:
    """What a host says that writes no report: qmail, old Gmail, Exchange 2003."""
    text = text_of(message)[:TEXT_MAX]
    said = RETURNED.split(text, maxsplit=1)[0]
    recipient = _address(header(message, "X-Failed-Recipients")) or _first_failed(said)
    if not recipient:
        return None
    status = _status(said)
    code = SMTP_CODE.search(said)
    permanent = status.startswith("5") or (not status and bool(FINAL.search(said) or (code and code[1] == "5")))
    passing = PASSING.search(header(message, "Subject")) or (not permanent and PASSING.search(said))
    return DeliveryReport(
        recipient=recipient,
        sent_to=recipient,
        status=status,
        diagnostic=_sentence(said, status, code),
        hard=permanent and not passing,
    )


def _first_failed(text: str) -> str:
    """The first address that isn't the mail system's own, nor that of the one who is told to ask for help."""
    told = FAILED.search(text)
    found = (match[0] for match in ADDRESS.finditer(text, told.end() if told else 0))
    return next((address for address in found if not MAIL_SYSTEM.match(address)), "").casefold()


def _sentence(text: str, status: str, code: re.Match[str] | None) -> str:
    """The paragraph in which the reason stands."""
    sought = status or (code[0] if code else "")
    final = FINAL.search(text)
    place = text.find(sought) if sought else final.start() if final else 0
    begin = text.rfind("\n", 0, place) + 1
    return _shown(text[begin:].split("\n\n", 1)[0])


def _shown(text: str) -> str:
    """On one line, without what a terminal would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:DIAGNOSTIC_MAX]


def _address(written: str) -> str:
    match = ADDRESS.search(written.partition(";")[2] or written)
    return match[0].casefold() if match else ""


def _status(text: str) -> str:
    match = STATUS.search(text)
    return match[0] if match else ""
