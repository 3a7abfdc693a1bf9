"""The flow where rights are enforced: each function calls what its role allows, and its role allows nothing more."""

import json
import ssl
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.apply import apply
from cli.local_system import ROOT, deployment_of
from infra import names
from infra.calls import CALLS, On
from local import checked, system
from local.folder import Folder
from local.system import Local
from shared.domain.announcement import identity
from shared.domain.notification import GRACE, PageState
from shared.domain.replay import differences
from shared.flow.rate_limit import WORTH_SHARING
from shared.flow.stores import Loaded
from shared.wiring import now
from tests.system.conftest import Quiet, Running, eventually
from tests.system.reports import bounced, opted_out

HERE = Path(__file__).parent
HEART = "RHEART".ljust(32, "0")
KEYS = {name: f"R{name.upper()}".ljust(32, "0") for name in ("web", "held", "mute", "bounced")}
BROKEN = "QBROKEN0000001"  # an incident that nobody can read

WHERE = (  # the first that an ARN contains says what it is of
    ("table/tocsin-incidents/index/due", On.DUE_INDEX),
    ("table/tocsin-incidents/index/open", On.OPEN_INDEX),
    ("table/tocsin-incidents", On.INCIDENTS),
    ("table/tocsin-directory", On.DIRECTORY),
    (":s3:::tocsin-raw", On.RAW),
    (":s3:::tocsin-mail", On.MAIL),
    (":tocsin-pages", On.PAGES),
    (":tocsin-dead-letters", On.DEAD_LETTERS),
    (":sqs:", On.EVENTS),
    (":stateMachine:", On.ESCALATION),
    ("event-bus/", On.BUS),
    (f":{names.ALARM_TOPIC}", On.ALARM_TOPIC),
    ("parameter/tocsin/", On.PARAMETERS),
)


@dataclass(frozen=True)
class Enforced:
    running: Running
    folder: Folder

    def trigger(self, service: str, dedup_key: str, severity: str = "critical", **more: Any) -> None:
        payload = {"summary": f"{dedup_key}: out of order", "source": "test", "severity": severity}
        status, answer = self.running.enqueue(
            routing_key=KEYS[service], event_action="trigger", dedup_key=dedup_key, payload=payload, **more
        )
        assert status == 202, answer

    def incident(self, service: str, dedup_key: str) -> Loaded | None:
        return self.running.incident_of(dedup_key, service)

    def mails(self, about: str) -> list[dict[str, Any]]:
        return self.running.mails("ada@acme.example", about)

    def alarms(self) -> int:
        return len([m for m in self.running.mailbox() if m["channel"] == "sns" and "reaches nobody" in str(m)])

    def sent(self, channel: str, to: str, about: str, *, page: bool = False) -> dict[str, Any]:
        """The newest message to ``to``; of mails, where asked for, one that is no answer."""
        return eventually(
            lambda: next(
                (
                    m
                    for m in reversed(self.running.mailbox())
                    if m["channel"] == channel and to in m["to"] and about in f"{m['subject']}{m['text']}"
                    if not (page and m["subject"].startswith("Re: "))
                ),
                None,
            ),
            f"{about} by {channel} to {to}",
        )

    def role_of(self, verb: str) -> str:
        """The role's name, which CloudFormation made up."""
        function = self.running.deployment.client("lambda").get_function_configuration(FunctionName=f"tocsin-{verb}")
        return function["Role"].rsplit("/", 1)[-1]

    @contextmanager
    def denied(self, verb: str, action: str) -> Iterator[None]:
        """What an operator's mistake, or a service control policy, would do."""
        iam, role = self.running.deployment.client("iam"), self.role_of(verb)
        statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName="denied", PolicyDocument=document)
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName="denied")

    def sweep_when_overdue(self, since: float) -> None:
        """Calls ``sweep`` once it may do what was due then."""
        time.sleep(max(0.0, since + GRACE.total_seconds() + 1.5 - time.time()))
        self.running.invoke("sweep", {})

    def used(self) -> set[tuple[str, On, str]]:
        verbs = {self.role_of(verb): verb for verb in CALLS}
        found = [line for line in checked.read(self.folder.checked) if line.role in verbs]
        return {
            (verbs[line.role], _on(verbs[line.role], line.action, line.resource), line.action)
            for line in found
            if line.allowed
        }

    def refused(self) -> set[tuple[str, str]]:
        return {(line.role, line.action) for line in checked.read(self.folder.checked) if not line.allowed}


def _on(verb: str, action: str, resource: str) -> On:
    if verb == "ingest" and "table/tocsin-incidents" in resource:
        return On.RATES if action == "dynamodb:UpdateItem" else On.HEARTS
    if action == "ses:SendEmail":
        return On.SENDER
    if action == "sns:Publish" and names.ALARM_TOPIC not in resource:
        return On.PHONES
    return next((on for part, on in WHERE if part in resource), On.OWN_LOGS)


@pytest.fixture(scope="session")
def enforced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enforced]:
    folder = Folder(Path(tmp_path_factory.mktemp("rights")) / "tocsin")
    settings = folder.path.with_name("settings.yaml")
    settings.write_text(f"events_per_minute: {WORTH_SHARING}\n")  # so few that each event is told to the others

    def configure(local: Local) -> dict[str, str]:
        deployment = deployment_of(local)
        deployment.name_address(local.description.events_url)
        return dict(apply(HERE, deployment, now(), force=True).routing_keys)

    try:
        local = system.up(ROOT, folder, Quiet(), configure, settings=settings, enforce_iam=True)
        deployment = deployment_of(local)
        yield Enforced(Running(local, deployment, deployment.deps()), folder)
    finally:
        system.down(folder, delete=True)


@pytest.fixture(scope="session")
def night(enforced: Enforced) -> Enforced:
    """Everything that the functions ever call, once."""
    running, large = enforced.running, {"text": "x" * 150_000}
    enforced.trigger("web", "mailed")
    page = eventually(lambda: enforced.mails("mailed:"), "the page")[0]
    running.reply(page, "ada@acme.example", "status")
    eventually(lambda: enforced.mails("is triggered"), "the state of it, and when it resolves by itself")
    running.reply(page, "ada@acme.example", "snooze 1h")
    eventually(lambda: enforced.mails("is snoozed"), "the answer")
    running.says("sms", "+447700900001", "status")
    eventually(lambda: running.texts("+447700900001", "isn't confirmed yet"), "the answer to a text")
    _answer_by_link(running)

    enforced.trigger("web", "large", custom=large)
    enforced.trigger("held", "held", custom=large)
    held_since = time.time()
    eventually(lambda: enforced.incident("web", "large"), "the incident of a large message")
    enforced.trigger("web", "large", severity="warning")
    running.enqueue(routing_key=KEYS["web"], event_action="acknowledge", dedup_key="large")

    running.change(KEYS["web"], "a deployment")
    with enforced.denied("page", "ses:SendEmail"):
        enforced.trigger("mute", "mute")
        eventually(lambda: enforced.alarms() == 1, "word to the alarm topic")
    enforced.trigger("mute", "bounces")
    eventually(lambda: enforced.alarms() == 2, "word to the alarm topic, when the mail has bounced")
    _bounce_from_method_to_method(enforced)

    queue, url = running.deployment.client("sqs"), running.deployment.facts["events_queue_url"]
    queue.send_message(QueueUrl=url, MessageBody="{", MessageGroupId="poison", MessageDeduplicationId="poison")
    eventually(lambda: running.incident("tocsin|quarantine|poison"), "word of the quarantine")

    with enforced.denied("triage", "dynamodb:PutItem"):
        enforced.trigger("web", "handed back")
        time.sleep(2.0)
    with enforced.denied("page", "dynamodb:ConditionCheckItem"):
        eventually(lambda: enforced.incident("web", "handed back"), "the incident, seconds later")
        time.sleep(2.0)
    eventually(lambda: enforced.mails("handed back:"), "the page, seconds later")

    _silence_a_heart(running)
    _leave_a_webhook_untold(running)
    _break_an_incident(running)
    with enforced.denied("triage", "states:StartExecution"):
        enforced.trigger("web", "without a run")
        lost_since = time.time()
        eventually(lambda: enforced.incident("web", "without a run"), "the incident without a run")
    enforced.sweep_when_overdue(max(held_since, lost_since))
    eventually(lambda: enforced.mails("without a run:"), "the page that sweep ordered")
    eventually(lambda: enforced.incident("held", "held"), "the incident that was held")
    _bounces_by_mail(running, enforced.mails("handed back:")[0])
    eventually(lambda: running.texts("+447700900001", "handed back:"), "the text after the bounce")
    return enforced


def _bounce_from_method_to_method(enforced: Enforced) -> None:
    """Bea's mail bounces, her phone is opted out, and her last address takes a mail and bounces it later."""
    enforced.trigger("bounced", "bounced")
    enforced.sent("sms", "+447700900003", "takes no mail")
    text = enforced.sent("sms", "+447700900003", "bounced:")
    enforced.running.invoke("track", opted_out(text))
    enforced.sent("email", "success+bea", "takes no texts")
    mail = enforced.sent("email", "success+bea", "bounced:", page=True)

    def states() -> list[PageState]:
        found = enforced.incident("bounced", "bounced")
        return [page.state for page in found.pages if page.user == "bea"] if found else []

    eventually(lambda: states() == [PageState.FAILED, PageState.FAILED, PageState.DELIVERED], "the delivery")
    enforced.running.inject(bounced(mail))
    eventually(lambda: states() == [PageState.FAILED] * 3, "the bounce")
    eventually(lambda: enforced.alarms() == 3, "word that nobody is reached")


def _bounces_by_mail(running: Running, mail: dict[str, Any]) -> None:
    """A host that sends its report to the reply address."""
    report = "Reporting-MTA: dns; mx.acme.example\n\nFinal-Recipient: rfc822; {}\nAction: failed\nStatus: 5.1.1\n"
    raw = (
        f"From: MAILER-DAEMON@mx.acme.example\nTo: {mail['headers']['Reply-To']}\nSubject: Undelivered Mail\n"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\nContent-Type: message/delivery-status\n\n{report.format(mail['to'])}\n--b--\n"
    )
    running.posts(raw.encode(), mail["headers"]["Reply-To"])


def _answer_by_link(running: Running) -> None:
    """What a person opens and presses; the second press looks at what the first one did."""
    found, ada = running.incident_of("mailed", "web"), running.deps.directory.current().users["ada"]
    assert found is not None
    page, now = found.pages[0], running.deps.now()
    pressed = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    link, everything = running.deps.replies.link(page, now), running.deps.replies.overview("ada", ada.contacts[0], now)
    assert link is not None
    assert everything is not None
    trusted = ssl.create_default_context(cafile=running.local.description.ca_file)
    for url, body in ((link, None), (everything, None), (link, b"do=ack"), (link, b"do=ack")):
        request = urllib.request.Request(url, body, pressed)
        with urllib.request.urlopen(request, context=trusted, timeout=30) as answer:
            assert answer.status == 200


def _silence_a_heart(running: Running) -> None:
    """Its beat is of long ago, so the next sweep finds its silence."""
    status, _ = running.post(f"{running.local.description.events_url}/heartbeats/{HEART}", b"")
    assert status == 200
    integration = running.deps.directory.current().integration_by_key(HEART)
    assert integration is not None
    heart = running.deps.incidents.heart(integration.id)
    assert heart is not None
    running.deps.incidents.write_heart(heart, replace(heart, silent_at=heart.since - timedelta(days=1)))


def _leave_a_webhook_untold(running: Running) -> None:
    """What it is told fails at once; sweep says that it is due again."""
    table, dynamodb = running.deployment.facts["incidents_table"], running.deployment.client("dynamodb")
    found = running.incident_of("mailed", "web")
    assert found is not None
    key = {"pk": {"S": f"HOOK#{identity('board', found.incident.id, 1)}"}, "sk": {"S": "HOOK"}}
    item = eventually(lambda: dynamodb.get_item(TableName=table, Key=key).get("Item"), "what the webhook is told")
    dynamodb.put_item(TableName=table, Item={**item, "due_at": {"S": "2026-01-01T00:00:00Z"}})


def _break_an_incident(running: Running) -> None:
    """One that nobody can read, and that sweep has failed at twice."""
    item = {"pk": {"S": f"INC#{BROKEN}"}, "sk": {"S": "STATE"}, "tries": {"N": "2"}}
    due = {"due_shard": {"S": "D0"}, "due_at": {"S": "2026-01-01T00:00:00Z"}}
    table = running.deployment.facts["incidents_table"]
    running.deployment.client("dynamodb").put_item(TableName=table, Item={**item, **due})


def test_step_functions_denied_no_page_is_lost(night: Enforced) -> None:
    found = night.incident("web", "without a run")
    assert found is not None
    assert len(night.mails("without a run:")) == 1
    assert [page.state for page in found.pages] == [PageState.SENT]


def test_mail_denied_the_text_goes_out_at_once(night: Enforced) -> None:
    with night.denied("page", "ses:SendEmail"):
        night.trigger("web", "by text")
        texts = eventually(
            lambda: [m for m in night.running.mailbox() if m["channel"] == "sms" and "by text" in m["text"]], "the text"
        )
    found = night.incident("web", "by text")
    assert found is not None
    assert len(texts) == 1
    states = {page.medium.value: page.state for page in found.pages}
    assert states == {"email": PageState.FAILED, "sms": PageState.SENT}


def test_every_incident_is_what_its_timeline_tells(night: Enforced) -> None:
    store = night.running.deps.incidents
    names = [name for name in store.names() if name != BROKEN]
    assert len(names) > 5
    for name in names:
        state = store.state(name)
        assert state is not None
        assert differences(state, store.timeline(name)) == []


def test_no_function_asks_for_what_its_role_does_not_allow(night: Enforced) -> None:
    denied = {
        "triage": ("states:StartExecution", "dynamodb:PutItem"),
        "page": ("ses:SendEmail", "dynamodb:ConditionCheckItem"),
    }
    on_purpose = {(night.role_of(verb), action) for verb, actions in denied.items() for action in actions}
    assert night.refused() <= on_purpose


@pytest.mark.parametrize("verb", CALLS)
def test_a_role_allows_what_its_function_calls_and_nothing_more(night: Enforced, verb: str) -> None:
    allowed = {(verb, call.on, action) for call in CALLS[verb] for action in call.actions}
    assert {use for use in night.used() if use[0] == verb and use[1] is not On.OWN_LOGS} == allowed
