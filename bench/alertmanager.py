"""At what rate Prometheus's Alertmanager takes alerts, on loopback: Debian's package, in the same run.

It hears the same alerts as ``bench.triage``, in the same rounds, by the API that Prometheus uses: as many at once as
triage takes, and as many as Prometheus sends. It tells a receiver that does nothing.
"""

import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from bench.triage import A_BATCH, ALERTS, EVENTS, SUMMARY, labels

PROGRAM = "prometheus-alertmanager"
INSTALL = "apt-get install prometheus-alertmanager"
HERE = "127.0.0.1"
AS_PROMETHEUS = 64  # at once, https://github.com/prometheus/prometheus/blob/v2.42.0/notifier/notifier.go: maxBatchSize
READY_AFTER = 20  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Alerts a second."""

    as_triage: float
    as_prometheus: float


class NotHere(Exception):
    """The package is not installed; the message names the command that does it."""


@contextmanager
def running() -> Generator[Callable[[], Rates]]:
    """Gives what measures its rates once. Raises NotHere."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise NotHere(f"{PROGRAM} is not here, so nothing is compared: {INSTALL}")
    few, many = _bodies(A_BATCH), _bodies(AS_PROMETHEUS)
    with _receiver() as receiver, _running(program, receiver) as port:
        yield lambda: Rates(as_triage=EVENTS / _once(port, few), as_prometheus=EVENTS / _once(port, many))


def _once(port: int, bodies: list[bytes]) -> float:
    connection = HTTPConnection(HERE, port, timeout=30)
    begin = time.perf_counter()
    for body in bodies:
        connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
    took = time.perf_counter() - begin
    connection.close()
    return took


def _bodies(at_once: int) -> list[bytes]:
    told = [{"labels": labels(alert), "annotations": {"summary": SUMMARY}} for alert in range(ALERTS)]
    rounds = (told * (EVENTS // ALERTS))[:EVENTS]
    return [json.dumps(rounds[start : start + at_once]).encode() for start in range(0, EVENTS, at_once)]


@contextmanager
def _running(program: str, receiver: int) -> Generator[int]:
    """A process of its own; the port it listens on."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "alertmanager.yml"
        settings.write_text(
            "route: {receiver: nobody, group_wait: 1s, group_interval: 1s}\n"
            f"receivers: [{{name: nobody, webhook_configs: [{{url: 'http://{HERE}:{receiver}/'}}]}}]\n"
        )
        command = [
            program,
            f"--config.file={settings}",
            f"--storage.path={folder}",
            f"--web.listen-address={HERE}:{port}",
            "--cluster.listen-address=",  # alone
            "--log.level=error",
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_until_ready(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + READY_AFTER
    while True:
        try:
            with urlopen(f"http://{HERE}:{port}/-/ready", timeout=1):
                return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class _Nobody(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
        return


@contextmanager
def _receiver() -> Generator[int]:
    server = ThreadingHTTPServer((HERE, 0), _Nobody)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])
