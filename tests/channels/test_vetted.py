"""Whither an address that others chose may lead: out into the world, in plain writing, and nowhere else."""

from collections.abc import Sequence

import pytest

from shared.channels.vetted import Address, read_networks, vetted
from shared.domain.errors import Refused

PUBLIC, PUBLIC_6 = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"
NAMES = {
    "status.acme.example": [PUBLIC],
    "both.acme.example": [PUBLIC_6, PUBLIC],
    "six.acme.example": [PUBLIC_6],
    "two-faced.acme.example": [PUBLIC, "169.254.169.254"],
    "inside.acme.example": ["10.0.0.5"],
    "mapped.acme.example": ["::ffff:169.254.169.254"],
    "nobody.acme.example": [],
    "localhost": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "instance-data": ["169.254.169.254"],
    "localtest.me": ["127.0.0.1"],
    "127.0.0.1.nip.io": ["127.0.0.1"],
    "xn--mnchen-3ya.example": [PUBLIC],
}


def resolve(name: str, port: int) -> Sequence[str]:
    """As the world would; whoever asks for a number in disguise gets what C's resolver makes of it."""
    disguised = {
        "2130706433": "127.0.0.1",
        "0x7f000001": "127.0.0.1",
        "017700000001": "127.0.0.1",
        "127.1": "127.0.0.1",
    }
    if name in disguised:
        return [disguised[name]]
    if name not in NAMES:
        raise OSError("no such name")
    return NAMES[name]


REFUSED = """
http://status.acme.example/hook
ftp://status.acme.example/hook
file:///etc/passwd
gopher://status.acme.example:70/
javascript:alert(1)
//status.acme.example/hook
https:status.acme.example
https://
https:///hook
https://127.0.0.1/
https://127.8.8.8/
https://127.1/
https://127.0.1/
https://2130706433/
https://0x7f000001/
https://0x7f.0.0.1/
https://0x7f.1/
https://017700000001/
https://0177.0.0.1/
https://127.0.0.1./
https://0/
https://0.0.0.0/
https://localhost/
https://localhost./
https://LOCALHOST/
https://localtest.me/
https://127.0.0.1.nip.io/
https://169.254.169.254/latest/meta-data/
https://169.254.170.2/v2/credentials
https://2852039166/
https://0xa9fea9fe/
https://0251.0376.0251.0376/
https://metadata.google.internal/
https://instance-data/latest/
https://168.63.129.16/
https://100.100.100.200/
https://100.64.0.1/
https://10.0.0.5/
https://172.16.0.1/
https://172.31.255.255/
https://192.168.1.1/
https://192.0.0.192/
https://192.0.2.1/
https://192.88.99.1/
https://198.18.0.1/
https://198.51.100.7/
https://203.0.113.9/
https://224.0.0.1/
https://239.255.255.250/
https://240.0.0.1/
https://255.255.255.255/
https://[::1]/
https://[::]/
https://[::ffff:127.0.0.1]/
https://[::ffff:a9fe:a9fe]/
https://[::127.0.0.1]/
https://[64:ff9b::a9fe:a9fe]/
https://[64:ff9b:1::1]/
https://[2002:7f00:1::]/
https://[2001:0:7f00:1::]/
https://[2001:db8::1]/
https://[3fff::1]/
https://[fc00::1]/
https://[fd00:ec2::254]/
https://[fe80::1]/
https://[fe80::1%25eth0]/
https://[fec0::1]/
https://[ff02::1]/
https://[100::1]/
https://[::1/
https://inside.acme.example/
https://mapped.acme.example/
https://two-faced.acme.example/
https://nobody.acme.example/
https://unknown.acme.example/
https://status.acme.example@127.0.0.1/
https://127.0.0.1@status.acme.example/
https://user:secret@status.acme.example/
https://status.acme.example\\@127.0.0.1/
https://127.0.0.1\\.status.acme.example/
https://status.acme.example:0/
https://status.acme.example:65536/
https://status.acme.example:443x/
https://status acme.example/
https://status.acme.example/a b
https://status.acme.example/\t
https://status..acme.example/
https://-status.acme.example/
https://①②⑦.⓪.⓪.①/
https://１２７.０.０.１/
https://münchen.example/
https://status。acme.example/
https://status.acme.example%2f@127.0.0.1/
https://%31%32%37.0.0.1/
https://*.acme.example/
""".strip("\n").split("\n")


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_leads_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        vetted(url.replace("\\t", "\t").replace("\\\\", "\\"), resolve)


def test_the_table_of_refused_addresses_is_long() -> None:
    assert len(set(REFUSED)) >= 60


@pytest.mark.parametrize("url", ["https://status.acme.example/\r\nX: y", "https://status.acme.example/\0", "x" * 3000])
def test_what_would_begin_another_line_is_no_address(url: str) -> None:
    with pytest.raises(Refused, match="plain ASCII"):
        vetted(url, resolve)


@pytest.mark.parametrize(
    ("url", "host", "ip", "port", "target", "authority"),
    [
        ("https://status.acme.example", "status.acme.example", PUBLIC, 443, "/", "status.acme.example"),
        ("https://Status.Acme.Example./h?a=b#c", "status.acme.example", PUBLIC, 443, "/h?a=b", "status.acme.example"),
        ("https://both.acme.example:8443/x", "both.acme.example", PUBLIC, 8443, "/x", "both.acme.example:8443"),
        ("https://six.acme.example/?q", "six.acme.example", PUBLIC_6, 443, "/?q", "six.acme.example"),
        (f"https://[{PUBLIC_6}]/", PUBLIC_6, PUBLIC_6, 443, "/", f"[{PUBLIC_6}]"),
        (f"https://{PUBLIC}/", PUBLIC, PUBLIC, 443, "/", PUBLIC),
        ("https://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example", PUBLIC, 443, "/", "xn--mnchen-3ya.example"),
    ],
)
def test_an_address_out_in_the_world_is_connected_to_as_it_was_looked_up(
    url: str, host: str, ip: str, port: int, target: str, authority: str
) -> None:
    found = vetted(url, resolve)
    assert found == Address(host=host, ip=ip, port=port, target=target, tls=True)
    assert found.authority == authority


def test_a_name_is_asked_for_once() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    assert vetted("https://rebinding.acme.example/", lambda name, port: next(answers)).ip == PUBLIC
    assert next(answers) == ["127.0.0.1"]


def test_a_deployment_on_one_machine_reaches_its_own_loopback_and_nothing_else_of_it() -> None:
    loopback = read_networks("127.0.0.0/8 ::1/128")
    assert not vetted("http://127.0.0.1:9000/hook", resolve, loopback).tls
    assert vetted("https://localhost:9000/hook", resolve, loopback).ip == "127.0.0.1"
    for url in ("http://10.0.0.5/", "http://169.254.169.254/", "http://status.acme.example/"):
        with pytest.raises(Refused):
            vetted(url, resolve, loopback)
