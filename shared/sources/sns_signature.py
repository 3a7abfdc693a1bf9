"""Whether a message that came by HTTPS is SNS's own, and of a topic that we expect: who says so is a certificate.

Laws: nothing is fetched from an address that isn't SNS's; nothing counts that isn't signed in full; a subscription is
confirmed only for the topic that the integration names. ``cryptography`` is imported when there is something to verify.
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.domain.errors import TocsinError
from shared.domain.instants import Instant
from shared.sources.fields import look, mapping, text

HOST = re.compile(r"sns\.[a-z]{2}(-[a-z]+)+-\d{1,2}\.amazonaws\.com(\.cn)?")
CERTIFICATE = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]+\.pem")
NOTIFICATION, CONFIRMATION = "Notification", "SubscriptionConfirmation"
# In this order, each name and value on a line of its own; a Subject that isn't there has none.
SIGNED: Mapping[str, tuple[str, ...]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
OPTIONAL = {"Subject"}
HASHES: Mapping[str, str] = {"1": "SHA1", "2": "SHA256"}  # of SignatureVersion


class Unsigned(TocsinError):
    """Not a message of SNS, or not of a topic that we expect; the text is the reason."""


def certificate_address(message: Any) -> str:
    """Where the certificate is that signed ``message``. Raises Unsigned for any place but SNS's."""
    address = text(look(message, "SigningCertURL")) or ""
    parts = _address_of_sns(address)
    if parts is None or not CERTIFICATE.fullmatch(parts.path) or parts.query or parts.fragment:
        raise Unsigned(f"SigningCertURL {address[:120]!r} is no certificate of SNS")
    return address


def check(message: Any, topic: str, certificate: bytes, now: Instant) -> None:
    """Raises Unsigned unless ``certificate`` (PEM, from ``certificate_address``) signed ``message``, of ``topic``."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    if (came_by := look(message, "TopicArn")) != topic:
        raise Unsigned(f"TopicArn {str(came_by)[:120]!r} is not the integration's topic")
    version = text(look(message, "SignatureVersion")) or ""
    if version not in HASHES:
        raise Unsigned(f"SignatureVersion {version!r} is neither 1 nor 2")
    try:
        signer = x509.load_pem_x509_certificate(certificate)
        signature = base64.b64decode(text(look(message, "Signature")) or "", validate=True)
    except (ValueError, binascii.Error) as fault:
        raise Unsigned(f"the certificate or the signature can't be read: {fault}") from fault
    if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        raise Unsigned("the certificate isn't valid now")
    key = signer.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise Unsigned("the certificate's key isn't RSA's")
    try:
        key.verify(signature, _signed(message), padding.PKCS1v15(), getattr(hashes, HASHES[version])())
    except InvalidSignature as fault:
        raise Unsigned("the signature isn't that of this message") from fault


def confirmation_address(message: Any, topic: str) -> str:
    """What to visit so that ``topic`` sends from now on, once ``check`` has passed. Raises Unsigned."""
    address = text(look(message, "SubscribeURL")) or ""
    parts = _address_of_sns(address)
    asked = parse_qs(parts.query) if parts else {}
    if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [topic]:
        raise Unsigned(f"SubscribeURL {address[:120]!r} confirms no subscription to the integration's topic")
    return address


def _signed(message: Any) -> bytes:
    """What the signature is over. Raises Unsigned where a part of it isn't there."""
    names = SIGNED.get(str(look(message, "Type")))
    if names is None:
        raise Unsigned(f"Type {str(look(message, 'Type'))[:40]!r} is none of {', '.join(SIGNED)}")
    lines: list[str] = []
    said = mapping(message)
    for name in names:
        value = said.get(name)
        if value is None and name in OPTIONAL:
            continue
        if not isinstance(value, str):
            raise Unsigned(f"{name} isn't there, and is what is signed")
        lines += [name, value]
    return "".join(f"{line}\n" for line in lines).encode()


def _address_of_sns(address: str) -> Any:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    ours = parts.scheme == "https" and parts.netloc == parts.hostname and port is None
    return parts if ours and HOST.fullmatch(parts.hostname or "") else None
