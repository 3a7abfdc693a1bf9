"""Chats on the deployed system: a page with buttons in Slack, whose members answer it; a card in Teams with a link."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from cli.apply import apply
from cli.local_system import EXAMPLE
from shared.channels.slack import API_URL, TOKEN
from shared.domain.incident import Status
from shared.domain.timeline import Kind
from shared.flow.reply_slack import SIGNING_SECRET
from shared.store.dynamodb_directory import LOOKED_UP_FOR
from tests.channels import slack_double
from tests.channels.receivers import Receiver, answer, receiving
from tests.channels.slack_double import Slack, slack
from tests.system.conftest import Running, eventually
from tests.system.test_links import FORM as OF_A_PAGE
from tests.system.test_links import LINK, fetch
from tests.web.slack_member import ADA, FORM, SECRET, STRANGER, pressed, signed

ALSO_MAIL = "high: [{after: 0s, by: mail}, {after: 2s, by: phone}]"
BY_CHAT_FIRST = "high: [{after: 0s, by: slack}, {after: 0s, by: teams}, {after: 4s, by: mail}]"
ADA_S_MAIL = "mail: {email: ada@acme.example}"
WORKFLOW = "/tocsin/tests-workflow"  # the parameter that holds its address
CHATS = f'\n      slack: {{slack: {ADA}}}\n      teams: {{teams: "ssm:{WORKFLOW}"}}'


@dataclass(frozen=True)
class Chat:
    """A workspace and a workflow that the deployed system posts to."""

    running: Running
    slack: Slack
    workflow: Receiver

    def message(self, about: str) -> tuple[tuple[str, str], dict[str, Any]]:
        """Place and message of an incident."""

        def found() -> tuple[tuple[str, str], dict[str, Any]] | None:
            roots = [(place, m) for place, m in self.slack.messages.items() if "thread_ts" not in m]
            return next(((place, m) for place, m in roots if about in json.dumps(m)), None)

        return eventually(found, "the page in Slack")

    def ask(self, what: str, body: str, kind: str = FORM, age: int = 0) -> tuple[int, Any]:
        url = f"{self.running.local.description.events_url}/slack/{what}"
        headers = {"content-type": kind, **signed(body, int(time.time()) - age)}
        return self.running.post(url, body.encode(), headers)

    def press(self, about: str, word: str, member: str = ADA) -> str:
        """What Slack sends of it, so that it may be sent again."""
        place, message = self.message(about)
        form = pressed(message["blocks"], word, place, member, trigger_id=f"{time.time_ns()}")
        assert self.ask("interactions", form)[0] == 200
        return form

    def order(self, text: str, member: str = ADA) -> str:
        form = {"command": "/tocsin", "text": text, "user_id": member, "trigger_id": f"{time.time_ns()}"}
        status, said = self.ask("commands", urlencode(form))
        assert status == 200, said
        return said["text"]

    def write(self, about: str, text: str, member: str = ADA) -> int:
        (channel, at), _ = self.message(about)
        said = {"type": "message", "user": member, "text": text, "channel": channel, "ts": "9.9", "thread_ts": at}
        envelope = {"type": "event_callback", "event_id": f"{time.time_ns()}", "event": said}
        return self.ask("events", json.dumps(envelope), "application/json")[0]


@pytest.fixture(scope="module")
def chat(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """Ada is told in Slack first; afterwards the example is in force again."""
    folder = tmp_path_factory.mktemp("chat") / "configuration"
    shutil.copytree(EXAMPLE, folder)
    people = folder / "people.yaml"
    text = people.read_text().replace(ALSO_MAIL, BY_CHAT_FIRST, 1)
    people.write_text(text.replace(ADA_S_MAIL, f"{ADA_S_MAIL}{CHATS}", 1))
    ssm = running.deployment.client("ssm")
    with slack() as double, receiving(answer("202 Accepted"), tls=False) as workflow:
        slack_s = {TOKEN: slack_double.TOKEN, API_URL: double.url, SIGNING_SECRET: SECRET}
        for name, value in {**slack_s, WORKFLOW: workflow.url("127.0.0.1", "http")}.items():
            ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        applied = apply(folder, running.deployment, running.deps.now())
        eventually(lambda: running.deps.directory.current().version == applied.version, "the new version")
        time.sleep(LOOKED_UP_FOR)  # functions hold the version before for so long
        yield Chat(running, double, workflow)
        apply(EXAMPLE, running.deployment, running.deps.now())


def test_a_member_presses_acknowledge_and_nobody_else_is_told(chat: Chat) -> None:
    chat.running.trigger("pressed")
    chat.press("pressed: out of order", "ack", STRANGER)  # whoever reads a channel can press
    form = chat.press("pressed: out of order", "ack")
    assert chat.ask("interactions", form)[0] == 200  # Slack sends it again

    def acknowledged() -> bool:
        found = chat.running.incident_of("pressed")
        return found is not None and found.incident.status is Status.ACKNOWLEDGED

    eventually(acknowledged, "the acknowledgement")
    found = chat.running.incident_of("pressed")
    assert found is not None
    assert found.incident.acknowledged_by == ("ada",)
    [entry] = [e for e in chat.running.deps.incidents.timeline(found.incident.id) if e.kind is Kind.ACKNOWLEDGED]
    assert entry.by.via == "slack"
    eventually(lambda: "acknowledged" in json.dumps(chat.message("pressed: ")[1]).lower(), "the message's change")
    assert len([m for m in chat.slack.roots() if "pressed: " in json.dumps(m)]) == 1
    assert chat.running.mails("grace@acme.example", "pressed: ") == []


def test_orders_and_the_thread_answer_and_an_old_request_is_refused(chat: Chat) -> None:
    chat.running.trigger("ordered")
    chat.message("ordered: out of order")
    found = chat.running.incident_of("ordered")
    assert found is not None
    number = found.incident.number
    assert f"{number} checkout: ordered, triggered" in chat.order("status")
    assert "You have it." in chat.order(f"ack {number}")
    assert chat.ask("commands", urlencode({"command": "/tocsin", "text": f"resolve {number}"}), age=301)[0] == 401
    assert chat.write("ordered: out of order", "what was that?") == 200
    assert chat.write("ordered: out of order", "resolve") == 200

    def resolved() -> bool:
        now = chat.running.incident_of("ordered")
        return now is not None and now.incident.status is Status.RESOLVED

    eventually(resolved, "the end, by the thread")


def test_what_happens_elsewhere_is_shown_in_place_and_said_in_the_thread(chat: Chat) -> None:
    chat.running.trigger("recovered")
    place, _ = chat.message("recovered: out of order")
    chat.running.resolve("recovered")
    eventually(lambda: "A sender resolved it" in chat.slack.thread(), "the line of the thread")
    shown = chat.slack.messages[place]["blocks"]
    assert "actions" not in {block["type"] for block in shown}  # nothing is left to be pressed


def test_a_card_comes_to_teams_and_its_link_acknowledges(chat: Chat) -> None:
    chat.running.trigger("on a card")
    card = eventually(lambda: [got for got in chat.workflow.got if b"on a card: " in got], "the card")[0].decode()
    found = LINK.search(card)
    assert found is not None, card
    link = found[0]
    status, _ = fetch(chat.running.local, link, "POST", b"do=ack", **OF_A_PAGE, sec_fetch_site="same-origin")
    assert status == 200

    def acknowledged() -> bool:
        now = chat.running.incident_of("on a card")
        return now is not None and now.incident.acknowledged_by == ("ada",)

    eventually(acknowledged, "the acknowledgement")
