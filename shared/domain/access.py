"""Who may answer: the signed reply address and the signed link of a page, and whatever else we sign for somebody.

A local part is at most 64 characters and survives lower-casing: ``reply+`` and base32 of incident, page, expiry and 96
bits of HMAC-SHA256. It proves that we wrote to somebody; who answers is checked against the page's address besides.
What is signed for one purpose is nothing for another.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.domain.directory import Contact, Directory, User
from shared.domain.errors import Refused
from shared.domain.instants import Instant
from shared.domain.notification import Page

PREFIX = "reply+"
VALID_FOR = timedelta(days=30)
ID_BYTES, TAG_BYTES, EXPIRY_BYTES, MAC_BYTES = 9, 5, 4, 12  # 30 bytes: 48 characters
CONTACT_TAG_BYTES = 8  # with expiry and MAC 24 bytes: 39 characters, as its link shares a text with what it is about
SUBSCRIBE_WITHIN = timedelta(days=2)  # whoever opens the link becomes that contact: it is for now, not for keeps


class Purpose(StrEnum):
    """What a token is for; the word is part of what is signed."""

    REPLY = "reply"  # the address that a page is answered at by mail
    LINK = "link"  # the page on which one page is answered
    SUBSCRIBE = "subscribe"  # a browser becomes a contact method of a person
    OVERVIEW = "overview"  # everything open that one person was told of


CALLED = {Purpose.REPLY: "reply address"}  # by those who use it; the others are links


def _unknown(purpose: Purpose) -> Refused:
    return Refused(f"this {CALLED.get(purpose, 'link')} isn't one of ours")


def page_tag(page: Page) -> bytes:
    """Tells a page from the others of its incident."""
    return hashlib.sha256(page.identity.encode()).digest()[:TAG_BYTES]


def reply_address(page: Page, secret: bytes, domain: str, now: Instant) -> str:
    """``reply+k3v…@in.acme.example``, valid for 30 days."""
    return f"{PREFIX}{seal(Purpose.REPLY, _named(page), secret, now)}@{domain}"


def read_reply_address(address: str, secret: bytes, now: Instant) -> tuple[str, bytes]:
    """An address → (incident, page tag). Raises Refused where it isn't ours, or too old."""
    token = address.partition("@")[0].lower().removeprefix(PREFIX)
    return _page_of(Purpose.REPLY, unseal(Purpose.REPLY, token, secret, now))


def link_token(page: Page, secret: bytes, now: Instant) -> str:
    """By which its receiver opens the page's own answer page, valid for 30 days."""
    return seal(Purpose.LINK, _named(page), secret, now)


def read_link_token(token: str, secret: bytes, now: Instant) -> tuple[str, bytes]:
    """A token → (incident, page tag). Raises Refused where it isn't ours, or too old."""
    return _page_of(Purpose.LINK, unseal(Purpose.LINK, token, secret, now))


def contact_tag(user: str, contact: Contact) -> bytes:
    """Tells one person's contact method from all others; a changed address is another method."""
    return hashlib.sha256("\0".join((user, contact.medium, contact.address)).encode()).digest()[:CONTACT_TAG_BYTES]


def contact_of(tag: bytes, directory: Directory) -> tuple[User, Contact]:
    """Whose method it is. Raises Refused where the configuration has it no more."""
    for user in directory.users.values():
        for contact in user.contacts:
            if contact_tag(user.name, contact) == tag:
                return user, contact
    raise Refused("the person or the contact method that this link was made for is not in the configuration any more")


def overview_token(user: str, contact: Contact, secret: bytes, now: Instant) -> str:
    """By which a person opens all that they were told of, valid for 30 days; sent to that contact."""
    return seal(Purpose.OVERVIEW, contact_tag(user, contact), secret, now)


def read_overview_token(token: str, secret: bytes, now: Instant) -> bytes:
    """A token → contact tag. Raises Refused where it isn't ours, or too old."""
    return _contact_tag(Purpose.OVERVIEW, token, secret, now)


def subscribe_token(user: str, contact: Contact, secret: bytes, now: Instant) -> str:
    """By which a browser becomes that contact of that person, valid for two days."""
    return seal(Purpose.SUBSCRIBE, contact_tag(user, contact), secret, now, SUBSCRIBE_WITHIN)


def read_subscribe_token(token: str, secret: bytes, now: Instant) -> bytes:
    """A token → contact tag. Raises Refused where it isn't ours, or too old."""
    return _contact_tag(Purpose.SUBSCRIBE, token, secret, now)


def seal(purpose: Purpose, body: bytes, secret: bytes, now: Instant, lasts: timedelta = VALID_FOR) -> str:
    """``body``, readable, and proof that we signed it: base32 in lower case, without padding."""
    told = body + int((now + lasts).timestamp()).to_bytes(EXPIRY_BYTES, "big")
    return base64.b32encode(told + _mac(purpose, secret, told)).decode().rstrip("=").lower()


def unseal(purpose: Purpose, token: str, secret: bytes, now: Instant) -> bytes:
    """What was sealed. Raises Refused where it isn't ours, or too old."""
    try:
        packed = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        raise _unknown(purpose) from None
    told, mac = packed[:-MAC_BYTES], packed[-MAC_BYTES:]
    if len(told) < EXPIRY_BYTES or not hmac.compare_digest(mac, _mac(purpose, secret, told)):
        raise _unknown(purpose)
    if datetime.fromtimestamp(int.from_bytes(told[-EXPIRY_BYTES:], "big"), UTC) < now:
        raise Refused(f"this {CALLED.get(purpose, 'link')} has expired: answer a newer page")
    return told[:-EXPIRY_BYTES]


def _named(page: Page) -> bytes:
    return _pack(page.incident) + page_tag(page)


def _page_of(purpose: Purpose, body: bytes) -> tuple[str, bytes]:
    if len(body) != ID_BYTES + TAG_BYTES:
        raise _unknown(purpose)
    return _unpack(body[:ID_BYTES]), body[ID_BYTES:]


def _contact_tag(purpose: Purpose, token: str, secret: bytes, now: Instant) -> bytes:
    tag = unseal(purpose, token, secret, now)
    if len(tag) != CONTACT_TAG_BYTES:
        raise _unknown(purpose)
    return tag


def _mac(purpose: Purpose, secret: bytes, told: bytes) -> bytes:
    return hmac.digest(secret, purpose.encode() + told, "sha256")[:MAC_BYTES]


def _pack(incident: str) -> bytes:
    """The 13 base32 characters after the letter: 65 bits."""
    return base64.b32decode(incident[1:] + "AAA")[:ID_BYTES]


def _unpack(packed: bytes) -> str:
    return "Q" + base64.b32encode(packed + b"\0").decode()[:13]
