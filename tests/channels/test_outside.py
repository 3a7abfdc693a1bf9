"""One request to somebody else's address, however they behave: on time, read up to 64 KB, followed nowhere."""

import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from threading import Event

import pytest

from shared.channels.outside import LARGEST, Outside, by_dns
from shared.channels.vetted import read_networks
from shared.flow.channel import OutcomeUnknown, SendFailed
from tests.channels.receivers import answer, receiving, trusting

LOOPBACK = read_networks("127.0.0.0/8")


def at_home(name: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def outside(deadline: float = 1.0) -> Outside:
    return Outside(monotonic=time.monotonic, networks=LOOPBACK, resolve=at_home, context=trusting, deadline=deadline)


def test_a_request_arrives_with_the_host_s_own_name_and_its_answer_is_read() -> None:
    with receiving(answer("202 Accepted", b"thanks", Retry_After="7")) as receiver:
        said = outside(5.0).post(receiver.url(), {"Content-Type": "application/json"}, b'{"v":1}')
    assert (said.status, said.body, said.headers["retry-after"]) == (202, b"thanks", "7")
    head, _, body = receiver.got[0].partition(b"\r\n\r\n")
    assert body == b'{"v":1}'
    assert head.startswith(b"POST /hook?a=1 HTTP/1.1\r\n")
    assert f"\r\nHost: localhost:{receiver.port}\r\n".encode() in head


def test_a_redirection_is_an_answer_and_is_not_followed() -> None:
    with receiving(answer("307 Temporary Redirect", Location="https://169.254.169.254/")) as receiver:
        assert outside().post(receiver.url(), {}, b"x").status == 307
        assert len(receiver.got) == 1


def hang(connection: socket.socket, request: bytes) -> None:
    connection.recv(1)  # until the other side has had enough


def drip(connection: socket.socket, request: bytes) -> None:
    """A byte each 50 ms: no single read ever times out."""
    with suppress(OSError):
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)


def hang_up(connection: socket.socket, request: bytes) -> None:
    connection.close()


def babble(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


@pytest.mark.parametrize("behave", [hang, drip, hang_up, babble])
def test_whoever_doesn_t_answer_properly_may_have_got_it_and_takes_no_longer_than_the_deadline(behave: object) -> None:
    began = time.monotonic()
    with receiving(behave) as receiver, pytest.raises(OutcomeUnknown, match="it may have arrived"):  # type: ignore[arg-type]
        outside().post(receiver.url(), {}, b"x")
    assert time.monotonic() - began < 6  # who drips takes 15 s, and who hangs 10


def test_an_endless_body_is_read_up_to_64_kb() -> None:
    def flood(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        with suppress(OSError):
            while True:
                connection.sendall(b"x" * 65536)

    with receiving(flood) as receiver:
        said = outside(5.0).post(receiver.url(), {}, b"x")
    assert (said.status, len(said.body)) == (200, LARGEST)


def test_a_body_that_never_ends_is_an_answer_by_its_status() -> None:
    def trickle(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok")
        connection.recv(1)

    with receiving(trickle) as receiver:
        said = outside().post(receiver.url(), {}, b"x")
    assert (said.status, said.body) == (200, b"ok")


def test_whoever_shows_another_s_certificate_gets_nothing() -> None:
    stranger = Outside(
        monotonic=time.monotonic, networks=LOOPBACK, resolve=at_home, context=ssl.create_default_context, deadline=5.0
    )
    with receiving(answer()) as receiver:
        with pytest.raises(SendFailed, match="can't be reached"):
            stranger.post(receiver.url(), {}, b"x")
        with pytest.raises(SendFailed, match="can't be reached"):
            outside().post(receiver.url("status.acme.example"), {}, b"x")
        assert receiver.got == []


def test_nobody_there_and_no_such_name_are_failures_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SendFailed, match="can't be reached"):
        outside().post(f"https://localhost:{port}/", {}, b"x")
    with pytest.raises(SendFailed, match="can't be resolved"):
        Outside(monotonic=time.monotonic, resolve=by_dns).post("https://nobody.invalid/", {}, b"x")


def test_a_resolver_that_hangs_is_given_up_on() -> None:
    done = Event()

    def slow(name: str, port: int) -> Sequence[str]:
        done.wait(5)
        return ["127.0.0.1"]

    began = time.monotonic()
    with pytest.raises(SendFailed, match="can't be resolved"):
        Outside(monotonic=time.monotonic, resolve=slow, deadline=0.2).post("https://localhost/", {}, b"x")
    done.set()
    assert time.monotonic() - began < 2


def test_loopback_is_refused_where_it_isn_t_the_deployment_s_own() -> None:
    with receiving(answer()) as receiver:
        with pytest.raises(SendFailed, match="no address out in the world"):
            Outside(monotonic=time.monotonic, resolve=at_home, context=trusting).post(receiver.url(), {}, b"x")
        assert receiver.got == []


def test_a_header_begins_no_other_line() -> None:
    with receiving(answer()) as receiver:
        with pytest.raises(OutcomeUnknown, match="line break"):
            outside().post(receiver.url(), {"X-Event": "a\r\nX-Other: b"}, b"x")
        assert receiver.got in ([], [b""])
