"""What SNS shows: fetched over https that is proven, a certificate once; no redirection, no patience without end."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.certificates import certificate
from local.folder import Folder
from shared.flow.ports import Unavailable
from shared.store.sns_web import SnsWeb

ASKED: list[str] = []


class Shows(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ASKED.append(self.path)
        moved = self.path.startswith("/moved")
        self.send_response(302 if moved else 404 if "none" in self.path else 200)
        if moved:
            self.send_header("location", "/SimpleNotificationService-1.pem")
        self.end_headers()
        self.wfile.write(b"shown")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = Folder(tmp_path / "tocsin")
    folder.certificates.mkdir(parents=True)
    made = certificate(folder, datetime.now(UTC))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder.ca_file))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shows)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    ASKED.clear()
    yield f"https://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_is_fetched_once_and_a_confirmation_each_time(home: str) -> None:
    web = SnsWeb()
    for _ in range(2):
        assert web.read(f"{home}/SimpleNotificationService-1.pem") == b"shown"
        assert web.read(f"{home}/?Action=ConfirmSubscription&Token=1") == b"shown"
    assert ASKED.count("/SimpleNotificationService-1.pem") == 1
    assert ASKED.count("/?Action=ConfirmSubscription&Token=1") == 2


@pytest.mark.parametrize("path", ["/none.pem", "/moved.pem"])
def test_what_isn_t_there_or_is_elsewhere_is_asked_for_again_later(home: str, path: str) -> None:
    with pytest.raises(Unavailable, match=r"answers (404|302)"):
        SnsWeb().read(home + path)


def test_who_can_t_prove_to_be_sns_isn_t_listened_to(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unavailable, match="can't be reached"):
        SnsWeb().read(f"{home}/SimpleNotificationService-1.pem")
    assert not ASKED
