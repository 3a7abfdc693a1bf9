"""A push service and the browsers that are subscribed to it, strict: what a real one refuses is refused, and said why.

RFC 8030 (delivery), 8188 and 8291 (encryption), 8292 (identification), each read afresh here: nothing of ours is used.
It answers as it is told to, whatever comes.
"""

import base64
import json
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.certificates import certificate
from local.folder import Folder

DAY = 86_400
LARGEST = 4_096  # bytes of a body that a push service must take, RFC 8030 §7.2; ours takes no more
URGENCIES = {"very-low", "low", "normal", "high"}
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")


class Wrong(Exception):
    """What the request broke, and what a service answers to that."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Scripted:
    """An answer that doesn't depend on what comes; ``hangs`` for so many seconds first."""

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: str = ""
    hangs: float = 0


@dataclass(frozen=True)
class Delivered:
    payload: dict[str, Any]
    ttl: int
    urgency: str
    topic: str | None
    subject: str


class Browser:
    """A subscription's own side: its private key never leaves it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._private = ec.generate_private_key(ec.SECP256R1())
        self.public = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.auth = bytes(range(16))
        self.gone = False

    def decrypt(self, body: bytes) -> bytes:
        """RFC 8188 §2.1, RFC 8291 §3.4."""
        salt, record, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, cipher = body[21 : 21 + length], body[21 + length :]
        if length != 65 or record < 18 or len(cipher) > record:
            raise Wrong(400, "the header of the body is none of aes128gcm")
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._private.exchange(ec.ECDH(), theirs)
        secret = _expand(_hmac(self.auth, shared), b"WebPush: info\x00" + self.public + sender, 32)
        prk = _hmac(salt, secret)
        key = _expand(prk, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = _expand(prk, b"Content-Encoding: nonce\x00", 12)
        padded = AESGCM(key).decrypt(nonce, cipher, None).rstrip(b"\x00")
        if not padded.endswith(b"\x02"):
            raise Wrong(400, "the last record isn't marked as the last")
        return padded[:-1]


class PushService:
    """``url`` is its address; ``script`` answers the next requests, one each; ``delivered`` has what arrived."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.script: list[Scripted] = []
        self.delivered: list[Delivered] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.wrong: list[str] = []
        self._browsers: dict[str, tuple[Browser, str]] = {}

    def begin(self) -> None:
        """As if it had just been started."""
        for told in (self.script, self.delivered, self.requests, self.wrong, self._browsers):
            told.clear()

    @property
    def host(self) -> str:
        return self.url.removeprefix("https://")

    def subscribe(self, server_key: str, name: str = "one") -> dict[str, Any]:
        """What a browser's ``subscribe`` gives, in JSON: for that server alone (RFC 8292 §4)."""
        browser = Browser(f"/push/{name}")
        self._browsers[browser.path] = browser, server_key
        keys = {"p256dh": _encode(browser.public), "auth": _encode(browser.auth)}
        return {"endpoint": self.url + browser.path, "expirationTime": None, "keys": keys}

    def forget(self, name: str = "one") -> None:
        self._browsers[f"/push/{name}"][0].gone = True

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Scripted:
        self.requests.append((path, headers))
        if self.script:
            answer = self.script.pop(0)
            time.sleep(answer.hangs)
            return answer
        try:
            return self._deliver(path, headers, body)
        except Wrong as wrong:
            self.wrong.append(str(wrong))
            return Scripted(wrong.status, body=json.dumps({"reason": str(wrong)}))

    def _deliver(self, path: str, headers: dict[str, str], body: bytes) -> Scripted:
        if path not in self._browsers:
            raise Wrong(404, "there was never such a subscription")
        browser, server_key = self._browsers[path]
        if browser.gone:
            raise Wrong(410, "the subscription is gone")
        if len(body) > LARGEST:
            raise Wrong(413, "the message is too large")
        if headers.get("content-encoding") != "aes128gcm":
            raise Wrong(400, "it isn't encrypted as RFC 8291 says")
        if not headers.get("ttl", "").isdecimal():
            raise Wrong(400, "it has no TTL (RFC 8030 §5.2)")
        if headers.get("urgency", "normal") not in URGENCIES:
            raise Wrong(400, "its urgency is none of RFC 8030 §5.3")
        if "topic" in headers and not TOPIC.fullmatch(headers["topic"]):
            raise Wrong(400, "its topic is none of RFC 8030 §5.4")
        subject = self._identified(headers.get("authorization", ""), server_key)
        payload = json.loads(browser.decrypt(body))
        message = Delivered(payload, int(headers["ttl"]), headers.get("urgency", ""), headers.get("topic"), subject)
        self.delivered.append(message)
        return Scripted(201, {"Location": f"{self.url}/message/{len(self.delivered)}"})

    def _identified(self, header: str, server_key: str) -> str:
        """RFC 8292 §2 and §3."""
        found = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)", header)
        if found is None:
            raise Wrong(401, "it isn't identified as RFC 8292 says")
        head, claims, signature, key = found.groups()
        if key != server_key:
            raise Wrong(403, "the subscription is another server's")
        raw = _decode(signature)
        if json.loads(_decode(head)).get("alg") != "ES256" or len(raw) != 64:
            raise Wrong(403, "it isn't signed by ES256")
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(key))
        der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise Wrong(403, "its signature is wrong") from None
        told, now = json.loads(_decode(claims)), datetime.now(UTC).timestamp()
        if told.get("aud") != self.url:
            raise Wrong(403, "it was signed for another service")
        if not now < told.get("exp", 0) <= now + DAY:
            raise Wrong(403, "its signature has expired, or lasts more than a day")
        if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+\.[^@\s]+|https://\S+", told.get("sub", "")):
            raise Wrong(403, "nobody is named whom the service may write to")
        return told["sub"]


@contextmanager
def push_service(folder: Path) -> Iterator[tuple[PushService, ssl.SSLContext]]:
    """One that runs, and a context that trusts it."""
    files = Folder(folder)
    files.certificates.mkdir(parents=True, exist_ok=True)
    made = certificate(files, datetime.now(UTC))
    holder: list[PushService] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = holder[0].take(self.path, headers, body)
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # a client that gave up
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    holder.append(PushService(f"https://localhost:{server.server_address[1]}"))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield holder[0], ssl.create_default_context(cafile=str(files.ca_file))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _hmac(key: bytes, data: bytes) -> bytes:
    mac = HMAC(key, hashes.SHA256())
    mac.update(data)
    return mac.finalize()


def _expand(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869 §2.3) of one block."""
    return _hmac(prk, info + b"\x01")[:length]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
