"""Who may answer: the signed reply address of a page.

A local part is at most 64 characters and survives lower-casing: ``reply+`` and base32 of incident, page, expiry and 96
bits of HMAC-SHA256. It proves that we wrote to somebody; who answers is checked against the page's address besides.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from shared.domain.errors import Refused
from shared.domain.instants import Instant
from shared.domain.notification import Page

PREFIX = "reply+"
VALID_FOR = timedelta(days=30)
ID_BYTES, TAG_BYTES, EXPIRY_BYTES, MAC_BYTES = 9, 5, 4, 12  # 30 bytes: 48 characters
UNKNOWN_ADDRESS = "this reply address isn't one of ours"


def page_tag(page: Page) -> bytes:
    """Tells a page from the others of its incident."""
    return hashlib.sha256(page.identity.encode()).digest()[:TAG_BYTES]


def reply_address(page: Page, secret: bytes, domain: str, now: Instant) -> str:
    """``reply+k3v…@in.acme.example``, valid for 30 days."""
    expiry = int((now + VALID_FOR).timestamp()).to_bytes(EXPIRY_BYTES, "big")
    body = _pack(page.incident) + page_tag(page) + expiry
    return f"{PREFIX}{base64.b32encode(body + _mac(secret, body)).decode().lower()}@{domain}"


def read_reply_address(address: str, secret: bytes, now: Instant) -> tuple[str, bytes]:
    """An address → (incident, page tag). Raises Refused where it isn't ours, or too old."""
    local = address.partition("@")[0].lower()
    try:
        packed = base64.b32decode(local.removeprefix(PREFIX).upper())
    except binascii.Error:
        raise Refused(UNKNOWN_ADDRESS) from None
    body, mac = packed[:-MAC_BYTES], packed[-MAC_BYTES:]
    if len(body) != ID_BYTES + TAG_BYTES + EXPIRY_BYTES or not hmac.compare_digest(mac, _mac(secret, body)):
        raise Refused(UNKNOWN_ADDRESS)
    expiry = datetime.fromtimestamp(int.from_bytes(body[-EXPIRY_BYTES:], "big"), UTC)
    if expiry < now:
        raise Refused("this reply address has expired: answer a newer page, or acknowledge in the dashboard")
    return _unpack(body[:ID_BYTES]), body[ID_BYTES : ID_BYTES + TAG_BYTES]


def _mac(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, b"reply" + body, "sha256")[:MAC_BYTES]


def _pack(incident: str) -> bytes:
    """The 13 base32 characters after the letter: 65 bits."""
    return base64.b32decode(incident[1:] + "AAA")[:ID_BYTES]


def _unpack(packed: bytes) -> str:
    return "Q" + base64.b32encode(packed + b"\0").decode()[:13]
