"""``tocsin demo``: the main job on real input, and the proof that each part of it happened.

An alarm fires, Ada is told and sleeps on, Grace is told and answers by mail, the alarm recovers. What counts is what is
read back from DynamoDB and the mailboxes; a part that is missing is named, and the demo fails.
"""

import json
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.markup import escape

from cli import console
from cli.deployment import Deployment
from cli.local_system import EXAMPLE, ROOT, configure_by, deployment_of
from local import system
from local.answering import answer_to, as_mail, send
from local.description import Description
from local.folder import Folder
from shared.domain.alert import key_hash
from shared.domain.directory import Medium
from shared.domain.incident import Status
from shared.domain.instants import format_seconds
from shared.domain.notification import REACHED, PageState
from shared.domain.timeline import Kind, LogEntry
from shared.flow.ports import Deps
from shared.flow.stores import Loaded

FOLDER = Folder(ROOT / ".tocsin" / "demo")  # a state of its own, which it removes
ALARM = "checkout-5xx"
NAMESPACE, METRIC = "Acme/Checkout", "5xx"
POLLED = 0.2  # s
PATIENCE = 60.0  # s that one part of the job may take; none takes more than 12 on an idle machine

Mails = list[dict[str, Any]]


@dataclass(slots=True)
class Seen:
    """What of the incident has been shown."""

    entries: int = 0
    pages: dict[str, str] = field(default_factory=dict[str, str])


class Demo:
    """The whole night, on a system that is up with the example configuration in force."""

    def __init__(self, deployment: Deployment, addresses: Description) -> None:
        self.deployment, self.addresses = deployment, addresses
        self.deps: Deps = deployment.deps()
        self.seen = Seen()
        self.missing: list[str] = []

    def run(self) -> list[str]:
        """What was missed; empty if everything was read back."""
        self.fire()
        self.expect("the alert opens an incident", lambda: self.incident is not None)
        self.expect("ada is told by mail", lambda: self.mail_to("ada@acme.example") is not None)
        self.expect("ada is told by text", lambda: self.texted("ada") and bool(self.sent("sms")))
        self.expect("nobody answers: grace is next", lambda: self.has(Kind.LEVEL_ENTERED, level=2))
        self.expect("grace is told by mail", lambda: self.mail_to("grace@acme.example") is not None)
        self.answer("grace@acme.example", "ack")
        self.expect("her reply acknowledges the incident", lambda: self.status is Status.ACKNOWLEDGED)
        self.expect("by her, by mail", lambda: self.has(Kind.ACKNOWLEDGED, user="grace", via="email"))
        self.expect(
            "she is answered: You have it", lambda: self.mail_to("grace@acme.example", "You have it") is not None
        )
        self.tell("you", "mend it: no errors are measured any more")
        self.expect("the alarm's OK resolves it", lambda: self.status is Status.RESOLVED, self.all_is_well)
        return self.missing

    # what happens outside

    def fire(self) -> None:
        """A real alarm on a metric of high resolution, and data that breach it."""
        self.tell("you", f"create the alarm {ALARM}, and put 42 errors into its metric")
        self.deployment.client("cloudwatch").put_metric_alarm(
            AlarmName=ALARM,
            AlarmDescription="More than 10 of the checkout's answers in 10 s are errors",
            Namespace=NAMESPACE,
            MetricName=METRIC,
            Statistic="Sum",
            Period=10,
            EvaluationPeriods=1,
            Threshold=10.0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )
        self.measure(42.0)

    def all_is_well(self) -> None:
        """What the service goes on measuring, once a second, until the alarm has seen a period of it."""
        self.measure(0.0)
        time.sleep(1.0 - POLLED)

    def measure(self, errors: float) -> None:
        datum = {"MetricName": METRIC, "Value": errors, "StorageResolution": 1}
        self.deployment.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=[datum])

    def answer(self, person: str, words: str) -> None:
        """A reply as a mail program sends it: to the page's Reply-To, with the page quoted below."""
        page = self.mail_to(person)
        if page is None:
            return
        self.tell("grace", f"answers her mail with {words!r}")
        send(self.addresses.smtp, as_mail(answer_to(page, words), self.deps.now()))

    # what is read back

    @property
    def loaded(self) -> Loaded | None:
        key = self.deps.incidents.key(key_hash(self.key))
        return self.deps.incidents.load(key.incident) if key and key.incident else None

    @property
    def key(self) -> str:
        account, region = self.deployment.facts["account"], self.deployment.facts["region"]
        arn = f"arn:aws:cloudwatch:{region}:{account}:alarm:{ALARM}"
        return f"aws:cloudwatch|{account}|{region}|{arn}"

    @property
    def incident(self) -> Any:
        found = self.loaded
        return found.incident if found else None

    @property
    def status(self) -> Status | None:
        return self.incident.status if self.incident else None

    def log(self) -> Sequence[LogEntry]:
        return self.deps.incidents.timeline(self.incident.id) if self.incident else ()

    def has(self, kind: Kind, *, level: int | None = None, user: str | None = None, via: str | None = None) -> bool:
        return any(
            entry.kind is kind
            and level in (None, entry.level)
            and user in (None, entry.by.user)
            and via in (None, entry.by.via)
            for entry in self.log()
        )

    def texted(self, user: str) -> bool:
        """By itself, or with a place in the next bundle where the number had as many as it takes: a system in use."""
        found = self.loaded
        pages = [p for p in (found.pages if found else ()) if (p.user, p.medium) == (user, Medium.SMS)]
        return any(page.state in REACHED | {PageState.BUNDLED} for page in pages)

    def sent(self, channel: str) -> Mails:
        return [mail for mail in self.mailbox() if mail["channel"] == channel]

    def mail_to(self, person: str, text: str = "") -> dict[str, Any] | None:
        """About this incident: on a system that is in use, people have other mail."""
        about = f"[#{self.incident.number} " if self.incident else ""
        mails = (m for m in self.sent("email") if person in m["to"] and about in m["subject"])
        return next((m for m in mails if text in m["text"]), None)

    def mailbox(self) -> Mails:
        trusted = ssl.create_default_context(cafile=self.addresses.ca_file)
        with urllib.request.urlopen(f"{self.addresses.mailbox_url}/messages.json", context=trusted) as answer:  # noqa: S310
            return json.load(answer)

    # how it is shown

    def expect(self, what: str, holds: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
        """Waits until it is so, and shows the timeline; ``meanwhile`` goes on happening."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not self.missing:
            self.show_news()
            if holds():
                self.show_news()
                return
            meanwhile()
            time.sleep(POLLED)
        self.missing.append(what)

    def show_news(self) -> None:
        found = self.loaded
        if found is None:
            return
        log = self.deps.incidents.timeline(found.incident.id)
        for entry in log[self.seen.entries :]:
            self.tell(format_seconds(entry.at)[11:19], " ".join(words_of(entry)))
        self.seen.entries = len(log)
        for page in found.pages:
            if self.seen.pages.get(page.identity) != page.state and page.state in REACHED:
                at = format_seconds(page.sent_at or page.due)[11:19]
                self.tell(
                    at, f"{page.user} is told by {page.medium} ({page.address}), due {format_seconds(page.due)[11:19]}"
                )
            self.seen.pages[page.identity] = page.state

    def tell(self, who: str, what: str) -> None:
        console.out.print(f"  [cyan]{who:>8}[/]  {escape(console.printable(what))}")


def words_of(entry: LogEntry) -> Iterator[str]:
    """A log entry as a line of the timeline."""
    yield entry.kind.replace("_", " ")
    if entry.opening:
        opening = entry.opening
        yield f"{opening.number} on {opening.service}, {opening.urgency} urgency: {opening.title}"
    if entry.level is not None:
        yield f"{entry.level}: {', '.join(entry.people)}"
    if entry.by.user:
        yield f"by {entry.by.user} ({entry.by.via})"
    if entry.why:
        yield f"({entry.why})"


def demo() -> int:
    """Brings a system of its own up, shows the night on it, and removes it. Its exit code is 1 if a part was missed."""
    began = time.monotonic()
    steps = console.Steps()
    console.say("Tocsin: the whole system on this machine, and one night on it.\n", "bold")
    try:
        local = system.up(ROOT, FOLDER, steps, configure_by(EXAMPLE))
        console.say("\nThe night (times are UTC; delays are of seconds in the example):", "bold")
        missing = Demo(deployment_of(local), local.description).run()
    finally:
        with steps.step("stop it, and remove what it left"):
            system.down(FOLDER, delete=True)
    for what in missing:
        console.complain(f"missed: {what}")
    if missing:
        return console.AT_FAULT
    console.say(
        f"\nEach of these was read back from the tables and the mailboxes. {time.monotonic() - began:.0f} s.", "green"
    )
    console.say("`tocsin up` leaves such a system running; docs/deploy.md puts it into your AWS account.")
    return console.HOLDS
