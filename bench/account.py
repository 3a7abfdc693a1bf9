"""An account in which our functions run as on AWS: the tables on moto, every other call taken, time by hand.

Each function has clients and a copy of the directory of its own, as processes of Lambda have. Ada is told first, then
Grace, each by mail at once and by text after two minutes; a level lasts five.
"""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
from moto import mock_aws

from bench import state_machine
from bench.counting import REGION, Call, Ledger
from bench.tables import DIRECTORY, INCIDENTS, make_tables
from cli.world import MovableClock, Notebook
from shared.domain.command import Command, Order
from shared.domain.instants import format_seconds, parse_instant
from shared.domain.timeline import Author
from shared.flow import escalate, ingest, obey, page, publish, sweep, triage
from shared.flow.envelope import Delivery
from shared.flow.ports import Deps
from shared.store.dynamodb_directory import DynamoDbDirectory
from shared.store.dynamodb_items import log_entry_of_stream
from shared.wiring import PATIENT, Wiring

EVENING = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
QUEUE = "arn:aws:sqs:us-east-1:111122223333:tocsin-flow-Events0AB1C2D3-4E5F6G7H8I9J.fifo"  # as CloudFormation names it
ROUTING_KEY = "R" * 32
A_MESSAGE = 1024  # bytes of a sender's message
STALE = timedelta(seconds=6)  # after so long every function looks up the directory's version again

ENVIRONMENT = {
    "TOCSIN_INCIDENTS_TABLE": INCIDENTS,
    "TOCSIN_DIRECTORY_TABLE": DIRECTORY,
    "TOCSIN_EVENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/events.fifo",
    "TOCSIN_EVENTS_PER_MINUTE": "6000",
    "TOCSIN_PAGES_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/pages",
    "TOCSIN_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:111122223333:stateMachine:tocsin-escalation",
    "TOCSIN_RAW_BUCKET": "raw",
    "TOCSIN_MAIL_BUCKET": "mail",
    "TOCSIN_EVENT_BUS": "tocsin",
    "TOCSIN_ALARM_TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:tocsin-alarms",
    "TOCSIN_MAIL_FROM": "tocsin@acme.example",
    "TOCSIN_MAIL_CONFIGURATION_SET": "tocsin",
    "TOCSIN_MAIL_DOMAIN": "in.acme.example",
    "TOCSIN_REPLY_SECRET": "/tocsin/reply-secret",
    "TOCSIN_PUBLIC_URL": "/tocsin/public-url",
}


def _person(name: str, number: str) -> Mapping[str, Any]:
    return {
        "name": name.title(),
        "email": f"{name}@acme.example",
        "contacts": {"mail": {"email": f"{name}@acme.example"}, "phone": {"sms": number}},
        "notify": {"high": [{"after": "0s", "by": "mail"}, {"after": "2m", "by": "phone"}]},
    }


SET_UP: Mapping[str, Any] = {
    "account": {"name": "Acme", "fallback": {"email": "ops@acme.example", "sms": "+4915112345678"}},
    "users": {"ada": _person("ada", "+447700900001"), "grace": _person("grace", "+447700900002")},
    "escalation_policies": {
        "checkout": {
            "levels": [{"notify": ["user:ada"], "after": "5m"}, {"notify": ["user:grace"], "after": "5m"}],
        }
    },
    "services": {
        "checkout": {"policy": "checkout", "integrations": {"events": {"source": "events_v2", "key": ROUTING_KEY}}}
    },
    "unrouted": "checkout",
}


def message(key: str = "disk", action: str = "trigger") -> bytes:
    """What a sender posts: 1 KB."""
    body = {
        "routing_key": ROUTING_KEY,
        "event_action": action,
        "dedup_key": key,
        "payload": {
            "summary": "disk: 97 % full on db-1",
            "source": "db-1.acme.example",
            "severity": "critical",
            "component": "postgres",
            "custom_details": {"mount": "/var/lib/postgresql", "free": "3.1 GB", "output": ""},
        },
    }
    lines = (f"{n:03}: /dev/nvme{n}n1 {83 + 37 * n % 16} % used, inode {7919 * n % 104_729}; " for n in range(100))
    missing = A_MESSAGE - len(json.dumps(body))
    body["payload"]["custom_details"]["output"] = "".join(lines)[:missing]
    return json.dumps(body).encode()


@contextmanager
def account() -> Generator["Account"]:
    """One that was set up just now, with every function warm."""
    with mock_aws():
        make: Any = boto3.client
        bare = make("dynamodb", region_name=REGION)
        make_tables(bare)
        new = Account(bare)
        directory = DynamoDbDirectory(bare, DIRECTORY, lambda: 0.0, Notebook())
        directory.put_version(SET_UP, 0, "bench", EVENING)
        yield new


class Account:
    def __init__(self, bare: Any) -> None:
        self.ledger, self.clock, self.notebook = Ledger(bare), MovableClock(EVENING), Notebook()
        self._bare = bare
        self._functions: dict[str, Deps] = {}
        self._triaged = self._published = self._requests = 0

    def function(self, verb: str) -> Deps:
        """What a warm copy of that function holds."""
        if verb not in self._functions:
            self._functions[verb] = self._made(verb)
        return self._functions[verb]

    def post(self, body: bytes) -> None:
        self._requests += 1
        answer = ingest.enqueue(self.function("ingest"), body, None, f"request-{self._requests}")
        assert answer.status == 202, answer

    def triage(self) -> None:
        """All that waits in the queue, as one batch."""
        sent = self._sent("sqs", "SendMessage")
        batch = [_delivery(place, call) for place, call in enumerate(sent)][self._triaged :]
        self._triaged = len(sent)
        assert not triage.run(self.function("triage"), batch)

    def escalation(self, acknowledged_at: timedelta | None = None, resolved_at: timedelta | None = None) -> list[str]:
        """The states that the newest run enters; the pages that its turns order are sent."""
        to_come = sorted(
            (after, act) for after, act in ((acknowledged_at, "acknowledge"), (resolved_at, "resolve")) if after
        )
        begin = self.clock.at

        def sleep(until: str) -> None:
            while to_come and begin + to_come[0][0] <= parse_instant(until):
                after, act = to_come.pop(0)
                self.clock.at = begin + after
                self._act(act)
            self.clock.at = max(self.clock.at, parse_instant(until))

        started = self._sent("stepfunctions", "StartExecution")[-1]
        return state_machine.walk(json.loads(started.arguments["input"]), self._turn, sleep)

    def publish(self) -> None:
        """What the stream has since the last time."""
        found = self._bare.scan(TableName=INCIDENTS)["Items"]
        entries = sorted(entry for item in found if (entry := log_entry_of_stream(item)) is not None)
        publish.run(self.function("publish"), entries[self._published :])
        self._published = len(entries)

    def sweep(self) -> None:
        sweep.run(self.function("sweep"))

    def pass_time(self, span: timedelta) -> None:
        self.clock.at += span

    def _made(self, verb: str) -> Deps:
        client = partial(self.ledger.client, verb)
        table = DynamoDbDirectory(client("dynamodb", PATIENT), DIRECTORY, self._seconds, self.notebook)
        deps = Wiring(ENVIRONMENT, client).deps()
        return replace(deps, now=self.clock, directory=table, journal=self.notebook)

    def _seconds(self) -> float:
        return self.clock.at.timestamp()

    def _act(self, act: str) -> None:
        if act == "resolve":
            self.post(message(action="resolve"))
            self.triage()
            return
        [incident] = self._sent("stepfunctions", "StartExecution")[-1:]
        command = Command(order=Order.ACKNOWLEDGE, by=Author(user="ada"))
        name = json.loads(incident.arguments["input"])["incident"]
        obey.obey(self.function("reply"), name, [command], ("email", "<answer@acme.example>"))

    def _turn(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """``functions/escalate`` in and out."""
        mark = self.ledger.mark()
        taken = escalate.run(self.function("escalate"), given["incident"], given["epoch"])
        for call in self.ledger.since(mark, "escalate"):
            if call.operation == "SendMessageBatch":
                for entry in call.arguments["Entries"]:
                    self._page(json.loads(entry["MessageBody"]))
        wake_at = format_seconds(taken.wake_at) if taken.wake_at else None
        return {"incident": given["incident"], "epoch": taken.epoch, "wake_at": wake_at}

    def _page(self, due: Mapping[str, Any]) -> None:
        order = page.Order(incident=due["incident"], identity=f"{due['entry']}#{due['user']}#{due['rule']}")
        page.run(self.function("page"), order, "the only attempt")

    def _sent(self, service: str, operation: str) -> list[Call]:
        return [call for call in self.ledger.calls if (call.service, call.operation) == (service, operation)]


def _delivery(place: int, call: Call) -> Delivery:
    return Delivery(
        message_id=f"message-{place}",
        group=call.arguments["MessageGroupId"],
        body=call.arguments["MessageBody"],
        generation=QUEUE,
        sequence=f"{18_850_000_000_000_000_000 + place:039d}",
        sent_at=parse_instant(json.loads(call.arguments["MessageBody"])["accepted_at"]),
    )
