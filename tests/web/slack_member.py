"""Members of a Slack, as the reply function meets them: requests in Slack's forms, signed as Slack signs them."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from functions.reply import handler
from shared.channels.slack_message import render
from shared.domain.directory import Contact, Medium, NotificationRule, Urgency, User
from shared.flow.reply_slack import SIGNING_SECRET
from tests.flow.people import MINUTES, directory, level, user
from tests.flow.story import Story

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
ADA, GRACE, STRANGER = "U0ADA00001", "U0GRACE001", "U0STRANGER"
FORM = "application/x-www-form-urlencoded"


def in_slack(name: str, member: str) -> User:
    """Told in Slack at once, and by nothing else."""
    person = user(name)
    return replace(
        person,
        contacts=(Contact(name="slack", medium=Medium.SLACK, address=member), *person.contacts),
        notify={urgency: (NotificationRule(after=0 * MINUTES, by="slack"),) for urgency in Urgency},
    )


def signed(body: str, at: int, secret: str = SECRET) -> dict[str, str]:
    """The headers of a request that Slack sends; ``at`` is in seconds since 1970."""
    signature = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={signature}"}


def pressed(blocks: Sequence[Mapping[str, Any]], word: str, place: tuple[str, str], member: str, **told: Any) -> str:
    """The form that the button of ``blocks`` sends; ``place`` is the channel and the message's ``ts``."""
    [button] = [e for b in blocks if b["type"] == "actions" for e in b["elements"] if e["action_id"].endswith(word)]
    payload = {
        "type": "block_actions",
        "user": {"id": member, "username": "somebody"},
        "channel": {"id": place[0]},
        "message": {"ts": place[1]},
        "actions": [{"type": "button", "action_id": button["action_id"], "value": button["value"], "action_ts": "1.2"}],
        **told,
    }
    return urlencode({"payload": json.dumps(payload)})


class Workspace:
    """A night on which Ada was paged in Slack at three, and Grace is next; Linus has no Slack."""

    def __init__(self, incidents: int = 1, repeat: int = 0) -> None:
        people = (in_slack("ada", ADA), in_slack("grace", GRACE), user("linus"))
        self.story = Story(directory(level("ada"), level("grace"), users=people, repeat=repeat))
        for number in range(1, incidents + 1):
            self.story.receive(f"disk-{number}", summary=f"disk-{number}: full")
        self.world = self.story.world
        self.world.parameters.values[SIGNING_SECRET] = SECRET
        self._ids = 0

    @property
    def whispered(self) -> list[tuple[str, str]]:
        return [(member, text) for _, member, text in self.world.wall.whispered]

    def place(self, number: int = 1) -> str:
        """Where the incident's message stands."""
        _, _, pages = self.world.timeline()[number - 1]
        return next(page.provider_id for page in pages if page.provider_id)

    def press(self, word: str, member: str = ADA, number: int = 1, **told: Any) -> dict[str, Any]:
        """A button of the newest message, as its blocks have it."""
        notice = [s.notice for s in self.world.sent if s.notice.incident.number == number][-1]
        channel, _, at = self.place(number).partition(":")
        form = pressed(render(notice).blocks, word, (channel, at), member, **{"trigger_id": self.next_id(), **told})
        return self.ask("interactions", form, FORM)

    def order(self, text: str, member: str = ADA, **told: str) -> str:
        form = {"command": "/tocsin", "text": text, "user_id": member, "trigger_id": self.next_id(), **told}
        answer = self.ask("commands", urlencode(form), FORM)
        assert answer["statusCode"] == 200
        said = json.loads(answer["body"])
        assert said["response_type"] == "ephemeral"
        return said["text"]

    def write(self, text: str, member: str = ADA, place: str | None = None, **told: Any) -> dict[str, Any]:
        channel, _, at = (place or self.place()).partition(":")
        event = {
            "type": "message",
            "user": member,
            "text": text,
            "channel": channel,
            "ts": "9.9",
            "thread_ts": at,
            **told,
        }
        envelope = {"type": "event_callback", "event_id": told.pop("event_id", self.next_id()), "event": event}
        return self.ask("events", json.dumps(envelope), "application/json")

    def next_id(self) -> str:
        self._ids += 1
        return f"13345224609.738474920.{self._ids}"

    def ask(
        self, what: str, body: str, kind: str, *, secret: str = SECRET, age: int = 0, **headers: str
    ) -> dict[str, Any]:
        at = int(self.world.clock.at.timestamp()) - age
        return self.deliver(what, body, {"content-type": kind, **signed(body, at, secret), **headers})

    def deliver(self, what: str, body: str, headers: dict[str, str]) -> dict[str, Any]:
        request = {
            "version": "2.0",
            "rawPath": f"/slack/{what}",
            "headers": headers,
            "requestContext": {"http": {"method": "POST", "path": f"/slack/{what}"}},
            "isBase64Encoded": False,
            "body": body,
        }
        answer = handler.respond(self.world.deps, request)
        self.world.settle()
        return answer
