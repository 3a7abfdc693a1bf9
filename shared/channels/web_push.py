"""Web push: a message that only one browser can read, from a server that it knows.

Encryption is RFC 8291 (``aes128gcm`` of RFC 8188, one record), identification RFC 8292. ``cryptography`` is imported
when there is something to send.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.domain.instants import Instant
from shared.domain.subscription import decode, encode

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

RECORD = 4096  # bytes: what every push service takes (RFC 8030 §7.2)
PLAINTEXT_MAX = RECORD - 103  # less 86 of header, 16 of tag, 1 of padding (RFC 8291 §4)
LASTS = timedelta(hours=12)  # a signature; 24 h at most (RFC 8292 §2)
LAST_RECORD = b"\x02"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Those of this deployment, in base64url: a P-256 scalar and its point."""

    private: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What is new for each message; given only where a result must be known beforehand."""

    private: bytes | None = None
    salt: bytes | None = None


def make_keys() -> Keys:
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    scalar = key.private_numbers().private_value.to_bytes(32, "big")
    return Keys(private=encode(scalar), public=encode(_point(key.public_key())))


def read_keys(text: str) -> Keys:
    """As they are kept: JSON. Raises ValueError."""
    match json.loads(text):
        case {"private": str(private), "public": str(public)} if (len(decode(private)), len(decode(public))) == (
            32,
            65,
        ):
            return Keys(private=private, public=public)
        case _:
            raise ValueError("the deployment's keys aren't those of P-256")


def written(keys: Keys) -> str:
    return json.dumps({"private": keys.private, "public": keys.public})


def encrypt(plaintext: bytes, subscription: Mapping[str, str], fresh: Fresh | None = None) -> bytes:
    """The body of a push message. Raises ValueError where the subscription's key is no point of the curve."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    fresh = fresh or Fresh()
    theirs = decode(subscription["p256dh"])
    private = (
        ec.derive_private_key(int.from_bytes(fresh.private, "big"), ec.SECP256R1())
        if fresh.private
        else ec.generate_private_key(ec.SECP256R1())
    )
    ours, salt = _point(private.public_key()), fresh.salt or os.urandom(16)
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    secret = _derive(shared, decode(subscription["auth"]), b"WebPush: info\0" + theirs + ours, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4, "big") + len(ours).to_bytes(1, "big") + ours
    return header + AESGCM(key).encrypt(nonce, plaintext + LAST_RECORD, None)


def authorization(endpoint: str, keys: Keys, subject: str, now: Instant) -> str:
    """The header's value: a signature for that service alone. ``subject`` is a ``mailto:`` that it may write to."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + LASTS).timestamp()),
        "sub": subject,
    }
    told = ".".join(encode(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    private = ec.derive_private_key(int.from_bytes(decode(keys.private), "big"), ec.SECP256R1())
    r, s = utils.decode_dss_signature(private.sign(told.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))  # RFC 7518 §3.4
    return f"vapid t={told}.{signature}, k={keys.public}"


def _point(key: "EllipticCurvePublicKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
