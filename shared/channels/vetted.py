"""Addresses that somebody else chose (webhooks, push services), looked at before anything connects to them.

Laws: a name is resolved once, every address that it has must be out in the world, and the connection goes to one of
exactly these: so a name that changes its mind later gains nothing. An address is written plainly, or refused: no user
in front, no number in disguise, no character that two readers would read differently.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from shared.channels.plain_text import one_line
from shared.domain.errors import Refused

Resolve = Callable[[str, int], Sequence[str]]  # name, port → its IP addresses; raises OSError
Network = IPv4Network | IPv6Network

URL_MAX = 2048  # characters
NAME_MAX = 253  # characters: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
PORTS = {"https": 443, "http": 80}

PLAIN = re.compile(r"[!-~]+")  # printable ASCII without the space
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?")

# https://www.iana.org/assignments/iana-ipv4-special-registry with RFC 5771 and RFC 1112
NOT_OUT_THERE = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",  # the last: another cloud's address of the machine itself
    )
)  # fmt: skip
# Of IPv6 only what is handed out for the world, less what stands for an IPv4 address or for nobody:
# https://www.iana.org/assignments/iana-ipv6-special-registry
OUT_THERE_6 = IPv6Network("2000::/3")
NOT_OUT_THERE_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to connect (``ip``, ``port``), and whom to ask for there (``host``: TLS's server name and ``Host``)."""

    host: str
    ip: str
    port: int
    target: str  # path and query, as a request line has them
    tls: bool

    @property
    def authority(self) -> str:
        """As the header ``Host`` has it."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS["https" if self.tls else "http"] else f"{name}:{self.port}"


def vetted(url: str, resolve: Resolve, networks: Sequence[Network] = ()) -> Address:
    """Where ``url`` leads. Raises Refused with the reason.

    ``networks`` may be reached although they aren't out in the world, and there without TLS, too: a deployment that
    never leaves one machine names its loopback.
    """
    parts, port = _read(url)
    host = (parts.hostname or "").removesuffix(".")
    literal = _literal(host)
    if literal is None:
        _check_name(host)
    ips = [literal] if literal is not None else _resolved(host, port, resolve)
    for ip in ips:
        if not (_out_there(ip) or _inside(ip, networks)):
            raise Refused(f"{host} is {ip}, which is no address out in the world")
    if parts.scheme != "https" and not all(_inside(ip, networks) for ip in ips):
        raise Refused("only https is spoken to the world")
    path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
    target = f"{path}?{parts.query}" if parts.query else path
    return Address(host=host, ip=str(ips[0]), port=port, target=target, tls=parts.scheme == "https")


def _read(url: str) -> tuple[SplitResult, int]:
    if len(url) > URL_MAX or not PLAIN.fullmatch(url) or "\\" in url:
        raise Refused("an address is at most 2,048 characters of plain ASCII, without spaces and backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise Refused(f"it is no address: {one_line(str(fault), 100)}") from fault
    if parts.scheme not in PORTS or not parts.hostname:
        raise Refused("an address begins with https:// and the name of a host")
    if "@" in parts.netloc:
        raise Refused("an address has no user in it: what is secret has a place of its own")
    if port == 0:
        raise Refused("port 0 is no port")
    return parts, port or PORTS[parts.scheme]


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that ``host`` writes plainly; None where it is a name."""
    try:
        ip = ip_address(host)
    except ValueError:
        return None
    if isinstance(ip, IPv6Address) and ip.scope_id:
        raise Refused("an address with a zone is one of this machine's own")
    return ip


def _check_name(host: str) -> None:
    """A host whose last part begins with a digit would be read as a number by some: 127.1, 0x7f.1, 2130706433."""
    labels = host.split(".")
    if len(host) > NAME_MAX or not all(LABEL.fullmatch(label) for label in labels):
        raise Refused("the name of its host is none: letters, digits, hyphens and dots (punycode where it has others)")
    if labels[-1][0].isdigit():
        raise Refused("a number is no name: an IP address has four decimal parts")


def _resolved(host: str, port: int, resolve: Resolve) -> list[IPv4Address | IPv6Address]:
    try:
        found = [ip_address(ip) for ip in resolve(host, port)]
    except (OSError, ValueError) as fault:
        raise Refused(f"{host} can't be resolved: {one_line(str(fault), 100)}") from fault
    if not found:
        raise Refused(f"{host} has no address")
    return sorted(found, key=lambda ip: ip.version)  # a function has no way out by IPv6 unless somebody made one


def _out_there(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in NOT_OUT_THERE)
    return ip in OUT_THERE_6 and not any(ip in network for network in NOT_OUT_THERE_6)


def _inside(ip: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(ip.version == network.version and ip in network for network in networks)


def read_networks(text: str) -> tuple[Network, ...]:
    """``127.0.0.0/8 ::1/128``. Raises ValueError."""
    return tuple(ip_network(part) for part in text.split())
