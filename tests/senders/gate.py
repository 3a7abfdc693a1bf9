"""A proxy before the front door, on loopback: passes on what comes, as it came, or refuses it as it is told to.

By plain http for who takes an address, by CONNECT for who takes a proxy alone; both are remembered.
"""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


@dataclass(frozen=True)
class Seen:
    """A request, what it was answered, and the status that its sender heard."""

    path: str
    body: Any
    status: int
    answer: Any
    heard: int


@dataclass
class Gate:
    """``refusing`` is the status that everything is answered with; None: all may pass, and with ``losing_answers`` its
    sender hears 503 nevertheless."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    refusing: int | None = None
    losing_answers: bool = False
    rewriting: dict[str, str] = field(default_factory=dict)  # in bodies that pass

    def answered(self, status: int) -> list[Seen]:
        return [seen for seen in self.seen if seen.status == status]


@contextmanager
def gate(front_door: str, trusted: ssl.SSLContext, presented: ssl.SSLContext | None = None) -> Iterator[Gate]:
    """``presented`` is what a tunnel's other end shows."""
    made = Gate("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            assert presented is not None
            self.send_response(200)
            self.end_headers()
            self.connection = presented.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
            self.close_connection = False

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            for old, new in made.rewriting.items():
                body = body.replace(old.encode(), new.encode())
            status, answer = (made.refusing, b"{}") if made.refusing else self._passed_on(body)
            heard = 503 if made.losing_answers and not made.refusing else status
            made.seen.append(Seen(self.path, json.loads(body), status, json.loads(answer), heard))
            self.send_response(heard)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _passed_on(self, body: bytes) -> tuple[int, bytes]:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            request = urllib.request.Request(front_door + self.path, body, headers)
            try:
                with urllib.request.urlopen(request, context=trusted, timeout=30) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as refused:
                with refused:
                    return refused.code, refused.read()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
