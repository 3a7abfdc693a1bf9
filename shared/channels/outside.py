"""One request to an address that somebody else chose, within a deadline for all of it.

Laws: the connection goes to the very address that was vetted, with the name of the host for TLS and ``Host``; five
seconds from the name's resolution to the last byte, however slowly the other side speaks; at most 64 KB of the answer
are read; a redirection is an answer, and is never followed; one call is one attempt.
"""

import io
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException, HTTPResponse
from threading import Thread
from typing import Any, cast

from shared.channels.plain_text import one_line
from shared.channels.vetted import Address, Network, Resolve, vetted
from shared.domain.errors import Refused
from shared.flow.channel import OutcomeUnknown, SendFailed

DEADLINE = 5.0  # s, for all of it
LARGEST = 65_536  # bytes of an answer that are read
REASON_MAX = 300  # characters of a fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``headers`` by their names in lower case; ``body`` is cut at 64 KB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def by_dns(name: str, port: int) -> Sequence[str]:
    """Every address of ``name``, each once. Raises OSError."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@cache
def trusted() -> ssl.SSLContext:
    """Whom this machine trusts. Made on first use: it takes 20 ms."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """``monotonic`` is in seconds; ``networks`` as in ``vetted``."""

    monotonic: Callable[[], float]
    networks: Sequence[Network] = ()
    resolve: Resolve = by_dns
    context: Callable[[], ssl.SSLContext] = field(default=trusted)
    deadline: float = DEADLINE

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises SendFailed where nothing was sent, OutcomeUnknown where it may have been."""
        remaining = self._clock()
        try:
            address = vetted(url, _in_time(self.resolve, remaining), self.networks)
            connection = self._connect(address, remaining)
        except Refused as fault:
            raise SendFailed(f"it isn't called: {fault}") from fault
        except (OSError, ValueError) as fault:
            raise SendFailed(f"it can't be reached: {one_line(str(fault), REASON_MAX)}") from fault
        with connection:
            try:
                _send(connection, _request(address, headers, body), remaining)
                return _answer(connection, remaining)
            except (OSError, HTTPException, ValueError) as fault:
                reason = one_line(f"{type(fault).__name__}: {fault}", REASON_MAX)
                raise OutcomeUnknown(f"it may have arrived: {reason}") from fault

    def _clock(self) -> Callable[[], float]:
        """How many seconds are left; raises TimeoutError where none are."""
        end = self.monotonic() + self.deadline

        def remaining() -> float:
            left = end - self.monotonic()
            if left <= 0:
                raise TimeoutError(f"it took over {self.deadline:g} s")
            return left

        return remaining

    def _connect(self, address: Address, remaining: Callable[[], float]) -> socket.socket:
        plain = socket.create_connection((address.ip, address.port), timeout=remaining())
        if not address.tls:
            return plain
        try:
            plain.settimeout(remaining())
            return self.context().wrap_socket(plain, server_hostname=address.host)
        except BaseException:
            plain.close()
            raise


def _in_time(resolve: Resolve, remaining: Callable[[], float]) -> Resolve:
    """A resolver has no deadline of its own: what it says too late is never heard."""

    def within(name: str, port: int) -> Sequence[str]:
        found: Future[Sequence[str]] = Future()

        def ask() -> None:
            try:
                found.set_result(resolve(name, port))
            except OSError as fault:
                found.set_exception(fault)

        Thread(target=ask, daemon=True).start()
        try:
            return found.result(timeout=remaining())
        except NotYet as fault:
            raise TimeoutError(f"no answer for {name}") from fault

    return within


def _request(address: Address, headers: Mapping[str, str], body: bytes) -> bytes:
    """Raises ValueError for a header that would begin another line."""
    lines = {
        "Host": address.authority,
        "User-Agent": "Tocsin",
        "Connection": "close",
        "Accept-Encoding": "identity",
        "Content-Length": str(len(body)),
        **headers,
    }
    head = [f"POST {address.target} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items())]
    if any(not line.isprintable() for line in head):
        raise ValueError("a header has a line break in it")
    return "\r\n".join([*head, "", ""]).encode("ascii", "replace") + body


def _send(connection: socket.socket, request: bytes, remaining: Callable[[], float]) -> None:
    rest = memoryview(request)
    while rest:
        connection.settimeout(remaining())
        rest = rest[connection.send(rest) :]


def _answer(connection: socket.socket, remaining: Callable[[], float]) -> Answer:
    """What came within the deadline. A body that ends early, or not in time, is an answer all the same."""
    response = HTTPResponse(cast("socket.socket", _Readable(connection, remaining)), method="POST")
    with response:
        response.begin()
        body = b""
        with suppress(OSError, HTTPException, ValueError):
            while len(body) < LARGEST and (more := response.read1(LARGEST - len(body))):
                body += more
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(status=response.status, headers=headers, body=body)


class _Readable:
    """What ``HTTPResponse`` reads from: a socket whose every read has what is left of the deadline."""

    def __init__(self, connection: socket.socket, remaining: Callable[[], float]) -> None:
        self._raw = _Reading(connection, remaining)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._raw)


class _Reading(io.RawIOBase):
    def __init__(self, connection: socket.socket, remaining: Callable[[], float]) -> None:
        self._connection, self._remaining = connection, remaining

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(self._remaining())
        return self._connection.recv_into(buffer)
