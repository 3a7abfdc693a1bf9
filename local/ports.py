"""Free ports on loopback, the same ones next time.

- Below the range that systems take for outgoing connections, so that nobody has borrowed one meanwhile.
- The listening sockets are handed on, not their numbers: nobody can take a port between finding and using it.
"""

import errno
import socket
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.problem import LocalError

FIRST, LAST = 20_000, 32_000
IPV4, IPV6 = "127.0.0.1", "::1"


@dataclass(frozen=True, slots=True)
class Listening:
    port: int
    sockets: Sequence[socket.socket]

    def binds(self) -> list[str]:
        """For hypercorn, which owns the sockets from now on."""
        return [f"fd://{each.detach()}" for each in self.sockets]


def listen(
    purpose: str, near: Path, remembered: int | None, *, movable: bool = True, hosts: Sequence[str] = (IPV4,)
) -> Listening:
    """Sockets on one port of all ``hosts`` that this machine has: the remembered port, else one of our own choice.

    Raises LocalError where the remembered one is in use and not ``movable``.
    """
    for port in _candidates(purpose, near) if remembered is None else [remembered]:
        sockets = _bind(port, hosts)
        if sockets:
            return Listening(port, sockets)
    if remembered is not None and movable:
        return listen(purpose, near, None, hosts=hosts)
    if remembered is not None:
        raise LocalError(
            f"port {remembered}, which the kept state names in its addresses, is in use by another program: "
            "end that one, or begin anew after `tocsin down --delete`"
        )
    raise LocalError(f"no port between {FIRST} and {LAST} of {IPV4} is free for {purpose}")


def _candidates(purpose: str, near: Path) -> Iterator[int]:
    """Two folders begin to look in different places, so that each tends to keep its own."""
    span = LAST - FIRST
    start = zlib.crc32(f"{near}\0{purpose}".encode()) % span
    for step in range(span):
        yield FIRST + (start + step) % span


def _bind(port: int, hosts: Sequence[str]) -> list[socket.socket]:
    """Empty where somebody else has the port on one of the hosts; a host that isn't there is left out."""
    sockets: list[socket.socket] = []
    for host in hosts:
        try:
            sockets.append(_listener(host, port))
        except OSError as error:
            if host == IPV6 and error.errno != errno.EADDRINUSE:
                continue  # this machine speaks no IPv6
            for other in sockets:
                other.close()
            return []
    return sockets


def _listener(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if host == IPV6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just given up is free
        if host == IPV6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(128)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
