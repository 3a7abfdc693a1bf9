"""What a webhook is told, byte by byte, by the document's own check; and receivers at their worst."""

import json
import re
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.channels.outside import Outside
from shared.channels.vetted import read_networks
from shared.channels.webhook import Webhooks, headers
from shared.domain.announcement import EVENTS, Announcement, first, identity
from shared.domain.directory import Urgency, Webhook
from shared.domain.incident import begin
from shared.domain.timeline import Author, Kind, LogEntry, Opening
from shared.flow.channel import Gone, OutcomeUnknown, SendFailed
from shared.flow.ports import Unavailable
from tests.channels.receivers import Behave, answer, receiving, trusting
from tests.flow.people import directory, level, policy

DOCUMENT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
AT = datetime(2026, 11, 23, 3, 4, 5, tzinfo=UTC)
SECRET = "5b1d0c0ffee"
BOARD = Webhook(name="board", url="https://board.example/hook", secret="/tocsin/board")


def checked() -> Callable[[Mapping[str, str], bytes, str], bool]:
    """The document's snippet, as a receiver would paste it."""
    (snippet,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    names: dict[str, Any] = {}
    exec(snippet, names)
    return names["is_from_tocsin"]


def announcement(**more: Any) -> Announcement:
    opening = Opening(
        number=42,
        service="checkout",
        title="disk: full",
        urgency=Urgency.HIGH,
        priority="P1",
        tags=("payments",),
        policy=policy(level("ada")),
    )
    incident = begin("Q2HMV1DVQ2RYZ3", LogEntry(kind=Kind.TRIGGERED, at=AT, opening=opening, epoch=1))
    told = {"by": Author(user="ada", message_id="<1@mail.example>", via="mail"), **more}
    return first(BOARD, incident, 3, LogEntry(kind=Kind.NOTED, at=AT, **told), directory(), AT)


@dataclass
class Parameters:
    value: str | None = SECRET
    away: bool = False

    def read(self, name: str) -> str | None:
        if self.away:
            raise Unavailable("SSM didn't answer")
        return self.value if name == "/tocsin/board" else None


def tell(url: str, parameters: Parameters | None = None, webhook: Webhook = BOARD, deadline: float = 1.0) -> None:
    outside = Outside(
        monotonic=time.monotonic,
        networks=read_networks("127.0.0.0/8"),
        resolve=lambda name, port: ["127.0.0.1"],
        context=trusting,
        deadline=deadline,
    )
    now = datetime.now(UTC)
    Webhooks(parameters or Parameters(), outside).tell(replace(webhook, url=url), announcement(text="a note"), now)


def parsed(request: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    return dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:]), body


def test_the_body_is_what_the_document_shows_and_nothing_more() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
    example, body = json.loads(shown), json.loads(announcement(text="a note").body)
    assert body == {
        "v": 1,
        "id": identity("board", "Q2HMV1DVQ2RYZ3", 3),
        "event": "incident.noted",
        "at": "2026-11-23T03:04:05.000Z",
        "incident": {
            "id": "Q2HMV1DVQ2RYZ3",
            "number": 42,
            "service": "checkout",
            "title": "disk: full",
            "status": "triggered",
            "urgency": "high",
            "priority": "P1",
            "tags": ["payments"],
            "triggered_at": "2026-11-23T03:04:05.000Z",
        },
        "entry": {
            "number": 3,
            "kind": "noted",
            "says": "Ada noted: a note",
            "by": "ada",
            "why": None,
            "level": None,
            "people": [],
            "text": "a note",
        },
    }
    for part in ("incident", "entry"):
        assert list(example[part]) == list(body[part])
    assert list(example) == list(body)


def test_no_address_of_a_person_is_told() -> None:
    body = announcement(text="a note", people=("ada", "grace")).body
    assert "mail.example" not in body
    for person in directory().users.values():
        assert not [contact.address for contact in person.contacts if contact.address in body]


def test_a_text_without_end_is_cut_and_odd_characters_are_ascii() -> None:
    body = announcement(text="\ud83d" + "🔥" * 100_000).body
    assert body.isascii()
    assert len(body) < 60_000
    json.loads(body)


def test_without_a_secret_it_isn_t_signed() -> None:
    assert "X-Tocsin-Signature" not in headers(announcement(), AT, None)


def test_the_signature_is_this_one() -> None:
    """A receiver that somebody else wrote: echo -n '1795403045.{}' | openssl dgst -sha256 -hmac 5b1d0c0ffee"""
    said = headers(replace(announcement(), body="{}"), AT, SECRET)
    assert said["X-Tocsin-Timestamp"] == "1795403045"
    assert said["X-Tocsin-Signature"] == "v1=e7ef1f64a45840858827968c687098d9eecd0926ef7c7f2c5c5764ba467cfe39"


def test_a_receiver_that_follows_the_document_knows_who_told_it() -> None:
    with receiving(answer("204 No Content")) as receiver:
        tell(receiver.url())
    said, body = parsed(receiver.got[0])
    check = checked()
    assert check(said, body, SECRET)
    assert said["X-Tocsin-Delivery"] == json.loads(body)["id"]
    assert said["X-Tocsin-Event"] == json.loads(body)["event"] == "incident.noted"
    assert not check(said, body + b" ", SECRET)
    assert not check(said, body, "another")
    assert not check({**said, "X-Tocsin-Timestamp": str(int(said["X-Tocsin-Timestamp"]) - 1)}, body, SECRET)
    assert not check({**said, "X-Tocsin-Timestamp": "soon"}, body, SECRET)
    assert not check({}, body, SECRET)


def test_what_is_old_isn_t_taken_again() -> None:
    told = replace(announcement(), body="{}")
    said = headers(told, datetime.fromtimestamp(time.time() - 301, UTC), SECRET)
    assert not checked()(said, b"{}", SECRET)


@pytest.mark.parametrize("parameters", [Parameters(value=None), Parameters(value=""), Parameters(away=True)])
def test_nothing_goes_out_unsigned_where_a_secret_is_set(parameters: Parameters) -> None:
    with receiving(answer()) as receiver:
        with pytest.raises(SendFailed, match="secret"):
            tell(receiver.url(), parameters)
        assert receiver.got == []


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content"])
def test_any_2xx_is_success(status: str) -> None:
    with receiving(answer(status)) as receiver:
        tell(receiver.url())


@pytest.mark.parametrize("status", ["301 Moved", "307 Temporary Redirect", "400 Bad", "404 No", "429 Slow", "503 Away"])
def test_anything_else_comes_again(status: str) -> None:
    with receiving(answer(status, Location="https://localhost/elsewhere")) as receiver:
        with pytest.raises(SendFailed, match=f"it answered {status[:3]}") as refused:
            tell(receiver.url())
        assert not isinstance(refused.value, Gone)
        assert len(receiver.got) == 1  # a redirection leads nowhere


def test_410_means_never_again() -> None:
    with receiving(answer("410 Gone")) as receiver, pytest.raises(Gone):
        tell(receiver.url())


def drip(connection: socket.socket, request: bytes) -> None:
    with suppress(OSError):
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)


def flood(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    with suppress(OSError):
        while True:
            connection.sendall(b"x" * 65_536)


@pytest.mark.parametrize(("behave", "taken"), [(drip, False), (flood, True)])
def test_who_takes_his_time_or_never_ends_costs_a_deadline(behave: Behave, taken: bool) -> None:
    began = time.monotonic()
    with receiving(behave) as receiver:
        if taken:
            tell(receiver.url(), deadline=2.0)
        else:
            with pytest.raises(OutcomeUnknown):
                tell(receiver.url())
    assert time.monotonic() - began < 4.0


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/", "https://10.0.0.1/", "http://[::1]/", "https://a@b/"]
)
def test_an_address_inside_is_never_called(url: str) -> None:
    inside = Outside(monotonic=time.monotonic, networks=read_networks(""))
    with pytest.raises(SendFailed, match="it isn't called"):
        Webhooks(Parameters(), inside).tell(replace(BOARD, url=url), announcement(), AT)


def test_the_document_s_events_exist_and_its_secret_can_be_read() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    (webhook,) = yaml.safe_load(block)["webhooks"].values()
    assert set(webhook["events"]) <= set(EVENTS)
    assert f"--name {webhook['secret'].removeprefix('ssm:')} " in DOCUMENT
