"""The signed reply addresses and links of pages: by them a person answers, and only the one who was paged.

The secret is a parameter of SSM, and so is the public address that links lead to. Where there is no secret, or none
that is long enough, nothing is signed.
"""

from shared.domain.access import (
    link_token,
    overview_token,
    read_link_token,
    read_overview_token,
    read_reply_address,
    read_subscribe_token,
    reply_address,
    subscribe_token,
)
from shared.domain.directory import Contact
from shared.domain.instants import Instant
from shared.domain.notification import Page
from shared.flow.ports import Parameters, Unavailable

SECRET_MIN = 32  # bytes: as many as HMAC-SHA256's own key has (RFC 2104 §3)
ANSWER, OVERVIEW, SUBSCRIBE = "/answer/", "/open/", "/push/"  # below the public address: pages that people open


class SignedReplyAddresses:
    """``ReplyAddresses`` by the parameter ``secret`` at ``domain``; ``public_url`` names that of the address."""

    def __init__(self, parameters: Parameters, secret: str, domain: str, public_url: str) -> None:
        self._parameters, self._name, self._domain, self._public_url = parameters, secret, domain, public_url

    def address(self, page: Page, now: Instant) -> str:
        return reply_address(page, self._secret(), self._domain, now)

    def read(self, address: str, now: Instant) -> tuple[str, bytes]:
        return read_reply_address(address, self._secret(), now)

    def link(self, page: Page, now: Instant) -> str | None:
        base = self._base()
        return f"{base}{ANSWER}{link_token(page, self._secret(), now)}" if base else None

    def read_link(self, token: str, now: Instant) -> tuple[str, bytes]:
        return read_link_token(token, self._secret(), now)

    def overview(self, user: str, contact: Contact, now: Instant) -> str | None:
        base = self._base()
        return f"{base}{OVERVIEW}{overview_token(user, contact, self._secret(), now)}" if base else None

    def read_overview(self, token: str, now: Instant) -> bytes:
        return read_overview_token(token, self._secret(), now)

    def subscribing(self, user: str, contact: Contact, now: Instant) -> str | None:
        base = self._base()
        return f"{base}{SUBSCRIBE}{subscribe_token(user, contact, self._secret(), now)}" if base else None

    def read_subscribing(self, token: str, now: Instant) -> bytes:
        return read_subscribe_token(token, self._secret(), now)

    def _base(self) -> str | None:
        return (self._parameters.read(self._public_url) or "").rstrip("/") or None

    def _secret(self) -> bytes:
        secret = (self._parameters.read(self._name) or "").encode()
        if not secret:
            raise Unavailable(f"{self._name} is missing, so no page can be answered by mail or link: `tocsin apply`")
        if len(secret) < SECRET_MIN:
            raise Unavailable(f"{self._name} has fewer than {SECRET_MIN} bytes, so anybody could answer: make it anew")
        return secret
