"""Webhooks: one signed request to whoever is told what happens to incidents.

Laws: where a secret is set nothing goes out unsigned; one call is one attempt; 2xx is success, 410 means never again,
and anything else is tried later.
"""

import hmac
from collections.abc import Mapping
from http import HTTPStatus

from shared.channels.outside import Outside
from shared.domain.announcement import Announcement
from shared.domain.directory import Webhook
from shared.domain.instants import Instant
from shared.flow.channel import Gone, SendFailed
from shared.flow.ports import Parameters, Unavailable

VERSION = "v1"  # of the signature


class Webhooks:
    """``Listeners`` over HTTPS."""

    def __init__(self, parameters: Parameters, outside: Outside) -> None:
        self._parameters, self._outside = parameters, outside

    def tell(self, webhook: Webhook, announcement: Announcement, now: Instant) -> None:
        """Raises SendFailed, Gone, OutcomeUnknown."""
        secret, body = self._secret(webhook), announcement.body.encode()
        status = self._outside.post(webhook.url, headers(announcement, now, secret), body).status
        if status == HTTPStatus.GONE:
            raise Gone("it answered 410: it wants to be told nothing any more")
        if not 200 <= status < 300:
            raise SendFailed(f"it answered {status}")

    def _secret(self, webhook: Webhook) -> str | None:
        if webhook.secret is None:
            return None
        try:
            secret = self._parameters.read(webhook.secret)
        except Unavailable as fault:
            raise SendFailed(f"its secret can't be read: {fault}") from fault
        if not secret:
            raise SendFailed(f"it isn't told unsigned: put its secret into the parameter {webhook.secret}")
        return secret


def headers(announcement: Announcement, now: Instant, secret: str | None) -> Mapping[str, str]:
    """Of one attempt at ``now``. Pure."""
    timestamp = str(int(now.timestamp()))
    said = {
        "Content-Type": "application/json",
        "X-Tocsin-Event": announcement.event,
        "X-Tocsin-Delivery": announcement.id,
        "X-Tocsin-Timestamp": timestamp,
    }
    if secret is not None:
        said["X-Tocsin-Signature"] = f"{VERSION}={signature(secret, timestamp, announcement.body.encode())}"
    return said


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()
