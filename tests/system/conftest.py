"""The deployed system as tests reach it; ``running`` of tests/conftest.py is the one that they share."""

import json
import smtplib
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from cli.deployment import Deployment
from cli.local_system import EXAMPLE, ROOT, configure_by, deployment_of
from local import system
from local.answering import answer_to, as_mail, send
from local.folder import Folder
from local.system import Local
from shared.domain.alert import key_hash, routed_key
from shared.domain.bundling import line_name
from shared.domain.directory import Medium
from shared.domain.errors import Conflict
from shared.flow.ports import Deps
from shared.flow.stores import Loaded

T = TypeVar("T")
PATIENCE = 30.0  # s


@contextmanager
def silently(what: str) -> Iterator[None]:
    yield


class Quiet:
    step = staticmethod(silently)


@dataclass(slots=True)
class Look:
    """What somebody saw in the mailbox, and when they began to look."""

    at: float = 0.0
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass(frozen=True)
class Running:
    """The deployed system, as its users and its operators reach it."""

    local: Local
    deployment: Deployment
    deps: Deps
    looking: threading.Lock = field(default_factory=threading.Lock)
    looked: Look = field(default_factory=Look)

    def post(self, url: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and JSON of the answer, over https with the system's own CA."""
        trusted = ssl.create_default_context(cafile=self.local.description.ca_file)
        request = urllib.request.Request(url, body, {"content-type": "application/json", **(headers or {})})
        try:
            with urllib.request.urlopen(request, context=trusted, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def enqueue(self, **event: Any) -> tuple[int, Any]:
        return self.post(f"{self.local.description.events_url}/v2/enqueue", json.dumps(event).encode())

    def trigger(self, dedup_key: str, service: str = "checkout", **payload: Any) -> tuple[int, Any]:
        said = {"summary": f"{dedup_key}: out of order", "source": "test", "severity": "critical", **payload}
        return self.enqueue(routing_key=self.key(service), event_action="trigger", dedup_key=dedup_key, payload=said)

    def resolve(self, dedup_key: str) -> tuple[int, Any]:
        return self.enqueue(routing_key=self.key("checkout"), event_action="resolve", dedup_key=dedup_key)

    def change(self, routing_key: str, summary: str, **payload: Any) -> tuple[int, Any]:
        told = {"routing_key": routing_key, "payload": {"summary": summary, **payload}}
        return self.post(f"{self.local.description.events_url}/v2/change/enqueue", json.dumps(told).encode())

    def key(self, service: str) -> str:
        return self.local.description.routing_keys[service]

    def inject(self, event: dict[str, Any]) -> None:
        status, answer = self.post(self.local.description.inject_url, json.dumps(event).encode())
        assert status == 200, answer

    def incident(self, alert_key: str) -> Loaded | None:
        known = self.deps.incidents.key(key_hash(alert_key))
        return self.deps.incidents.load(known.incident) if known and known.incident else None

    def incident_of(self, dedup_key: str, service: str = "checkout") -> Loaded | None:
        """Of an Events API sender."""
        directory = self.deps.directory.current()
        integration = directory.integration_by_key(self.key(service))
        assert integration is not None
        return self.incident(routed_key(integration.id, dedup_key))

    def invoke(self, verb: str, request: dict[str, Any]) -> Any:
        """Calls a function as AWS does, with what AWS would give it."""
        answer = self.deployment.client("lambda").invoke(FunctionName=f"tocsin-{verb}", Payload=json.dumps(request))
        told = json.load(answer["Payload"])
        assert "FunctionError" not in answer, told
        return told

    def free_phones(self) -> None:
        """Whoever was texted often in the tests before this one can be texted again at once."""
        people = self.deps.directory.current().users.values()
        for number in {way.address for user in people for way in user.contacts if way.medium is Medium.SMS}:
            line = self.deps.incidents.line(line_name(Medium.SMS, number))
            if line is not None and (line.due or len(line.sent) > 1):
                self.hours_later(number)

    def hours_later(self, number: str) -> None:
        """Whatever that number was texted lies hours back, so that a bundle which waits for it goes out."""
        name = line_name(Medium.SMS, number)

        def aged() -> bool:
            line = self.deps.incidents.line(name)
            with suppress(Conflict):
                if line is not None:
                    due = self.deps.now() if line.due else None
                    self.deps.incidents.write_line(replace(line, sent=(), due=due))
                return True
            return False

        eventually(aged, "a moment when nobody texts it")
        record = {"messageId": "due", "body": json.dumps({"v": 1, "line": name}), "receiptHandle": "by hand"}
        handed_over = {**record, "attributes": {"ApproximateReceiveCount": "1"}}
        assert self.invoke("page", {"Records": [handed_over]}) == {"batchItemFailures": []}

    def mailbox(self) -> list[dict[str, Any]]:
        """Everything that was sent. Many who look at once share a look, which begins after each of them asked."""
        asked = time.monotonic()
        with self.looking:
            if self.looked.at < asked:
                began = time.monotonic()
                self.looked.messages, self.looked.at = self._mailbox(), began
            return self.looked.messages

    def _mailbox(self) -> list[dict[str, Any]]:
        trusted = ssl.create_default_context(cafile=self.local.description.ca_file)
        url = f"{self.local.description.mailbox_url}/messages.json"
        with urllib.request.urlopen(url, context=trusted, timeout=30) as answer:
            return json.load(answer)

    def mails(self, to: str, about: str) -> list[dict[str, Any]]:
        return [
            m for m in self.mailbox() if m["channel"] == "email" and to in m["to"] and about in m["subject"] + m["text"]
        ]

    def says(self, channel: str, sender: str, words: str, to: str = "") -> None:
        """Somebody answers in the mailbox of this machine."""
        told = {"channel": channel, "from": sender, "to": to, "text": words}
        status, answer = self.post(f"{self.local.description.mailbox_url}/reply", json.dumps(told).encode())
        assert status == 202, answer

    def texts(self, number: str, about: str) -> list[dict[str, Any]]:
        return [m for m in self.mailbox() if m["channel"] == "sms" and m["to"] == number and about in m["text"]]

    def reply(self, page: dict[str, Any], sender: str, words: str, headers: dict[str, str] | None = None) -> None:
        """As a mail program sends it, with the page quoted below."""
        mail = as_mail(replace(answer_to(page, words), sender=sender), self.deps.now())
        for name, value in (headers or {}).items():
            del mail[name]
            mail[name] = value
        send(self.local.description.smtp, mail)

    def posts(self, raw: bytes, to: str) -> None:
        """A whole mail, by SMTP, whose lines end as SMTP's do."""
        lines = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        host, _, port = self.local.description.smtp.partition(":")
        with smtplib.SMTP(host, int(port)) as server:
            server.sendmail("sender@acme.example", [to], lines)


def eventually(look: Callable[[], T | None], what: str = "it", patience: float = PATIENCE) -> T:
    """The first thing that ``look`` finds; fails where it finds nothing in time."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} didn't happen within {patience:.0f} s")


def bring_up(folder: Folder) -> Running:
    """A system with the example configuration; what it held before, if it was down."""
    local = system.up(ROOT, folder, Quiet(), configure_by(EXAMPLE))
    deployment = deployment_of(local)
    return Running(local, deployment, deployment.deps())
