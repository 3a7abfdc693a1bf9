"""Receivers on loopback that behave as the world's worst do; each says what it got."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from local.certificates import Certificate, certificate
from local.folder import Folder

Behave = Callable[[socket.socket, bytes], None]


@dataclass
class Receiver:
    port: int
    got: list[bytes] = field(default_factory=list[bytes])

    def url(self, host: str = "localhost", scheme: str = "https") -> str:
        return f"{scheme}://{host}:{self.port}/hook?a=1"


def answer(status: str = "200 OK", body: bytes = b"", **headers: str) -> Behave:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode()

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head + body)

    return behave


@cache
def _made() -> tuple[Certificate, Path]:
    folder = Folder(Path(mkdtemp(prefix="receivers-")))
    folder.certificates.mkdir()
    return certificate(folder, datetime.now(UTC)), folder.ca_file


@cache
def trusting() -> ssl.SSLContext:
    """Whoever trusts the receivers' own authority."""
    return ssl.create_default_context(cafile=str(_made()[1]))


@contextmanager
def receiving(behave: Behave, *, tls: bool = True) -> Iterator[Receiver]:
    """A receiver that handles each connection with ``behave``, after reading one request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made = _made()[0]
    context.load_cert_chain(made.chain, made.key)
    listener = socket.create_server(("127.0.0.1", 0))
    receiver = Receiver(listener.getsockname()[1])

    handling: list[threading.Thread] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                plain, _ = listener.accept()
                handling.append(threading.Thread(target=one, args=(plain,), daemon=True))
                handling[-1].start()

    def one(plain: socket.socket) -> None:
        plain.settimeout(10)
        with suppress(OSError), plain:
            connection = context.wrap_socket(plain, server_side=True) if tls else plain
            with connection:
                request = _request(connection)
                receiver.got.append(request)
                behave(connection, request)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for each in (thread, *handling):
            each.join(5)


def _request(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(65536)
        if not more:
            return got
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
