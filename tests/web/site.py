"""The reply function behind a real web server on this machine: what a browser shows and runs is the real thing."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from functions.reply import handler
from tests.web.browser_double import Phone


@contextmanager
def site(phone: Phone) -> Iterator[str]:
    """Its address; one request at a time, as the stores in memory want it."""
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            request = {
                "rawPath": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "requestContext": {"http": {"method": self.command, "path": self.path}},
                "body": base64.b64encode(body).decode(),
                "isBase64Encoded": True,
            }
            with turn:
                shown = handler.respond(phone.world.deps, request)
                phone.world.settle()
            self.send_response(shown["statusCode"])
            for name, value in shown["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(shown["body"].encode())

        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
