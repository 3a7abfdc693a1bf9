"""Pages in Teams, by the real client against a workflow that takes what the card's published schema allows."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from cli.world import Settings
from shared.channels.outside import Outside
from shared.channels.teams import LARGEST, TeamsChannel, render
from shared.channels.vetted import read_networks
from shared.domain.directory import Contact, Medium
from shared.flow.channel import Notice, OutcomeUnknown, SendFailed
from tests.channels.receivers import Behave, Receiver, answer, receiving, trusting
from tests.channels.test_messages import HOSTILE, notice

ROOM = Contact(name="room", medium=Medium.TEAMS, address="ssm:/tocsin/teams/oncall")
LINK = "https://tocsin.example/answer/abc"
MORE_HOSTILE = [
    *HOSTILE,
    "<at>everyone</at> **bold** [x](https://evil.example) # h\n- list",
    "{{DATE(2017-02-14T06:00:00Z)}} ${a}",
    "x" * 100_000,
]


def of(title: str = "checkout-5xx: Threshold Crossed", **told: object) -> Notice:
    return replace(notice(title), contact=ROOM, **{"link": LINK, **told})  # type: ignore[arg-type]


class Told:
    def __init__(self, receiver: Receiver, deadline: float = 3.0) -> None:
        self.waited: list[float] = []
        outside = Outside(
            monotonic=time.monotonic,
            networks=read_networks("127.0.0.0/8"),
            resolve=at_home,
            context=trusting,
            deadline=deadline,
        )
        self.channel = TeamsChannel(Settings({"/tocsin/teams/oncall": receiver.url()}), outside, self.waited.append)


def at_home(name: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@contextmanager
def workflow(*answers: Behave) -> Iterator[tuple[Receiver, Told]]:
    """Answers in turn; the last one for ever."""
    left = list(answers)

    def behave(connection: Any, request: bytes) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection, request)

    with receiving(behave) as receiver:
        yield receiver, Told(receiver)


ACCEPTED = answer("202 Accepted", x_ms_workflow_run_id="0858")


def runs(message: Mapping[str, Any]) -> list[str]:
    card = message["attachments"][0]["content"]
    return ["".join(run["text"] for run in block["inlines"]) for block in card["body"]]


def follows_the_schema(message: Mapping[str, Any]) -> bool:
    """What we use of http://adaptivecards.io/schemas/adaptive-card.json, closed: nothing else may be there."""
    assert set(message) == {"type", "attachments"}
    [attachment] = message["attachments"]
    assert set(attachment) == {"contentType", "contentUrl", "content"}
    card = attachment["content"]
    assert set(card) <= {"$schema", "type", "version", "fallbackText", "msteams", "body", "actions"}
    assert set(card["msteams"]) == {"width"}  # no entities, so nobody is mentioned
    for block in card["body"]:
        assert set(block) <= {"type", "inlines", "spacing"}
        assert block["type"] == "RichTextBlock"
        for run in block["inlines"]:
            assert set(run) <= {"type", "text", "weight", "color", "size", "isSubtle"}
            assert run["type"] == "TextRun"
            assert run["text"]
            assert run.get("color", "default") in {"default", "warning", "attention"}
    for action in card.get("actions", []):
        assert set(action) == {"type", "title", "url"}
        assert (action["type"], action["url"]) == ("Action.OpenUrl", LINK)
    return True


def test_a_card_leads_with_what_a_half_asleep_person_needs_and_opens_the_page_to_answer() -> None:
    with workflow(ACCEPTED) as (receiver, told):
        assert told.channel.send(of()) == "0858"
    head, _, body = receiver.got[0].partition(b"\r\n\r\n")
    assert b"Content-Type: application/json" in head
    message = json.loads(body)
    assert follows_the_schema(message)
    said = runs(message)
    assert said[:2] == ["TOCSIN 17 · CRITICAL · checkout", "checkout-5xx: Threshold Crossed"]
    assert said[2].startswith("Triggered. Since 03:00 (UTC). You are on level 1 of 2")
    assert message["attachments"][0]["content"]["actions"][0]["title"] == "Answer"


@pytest.mark.parametrize("text", MORE_HOSTILE, ids=lambda text: ascii(text[:20]))
def test_no_text_from_outside_is_more_than_text_or_makes_a_card_too_large(text: str) -> None:
    message = render(of(text))
    assert follows_the_schema(message)
    assert len(json.dumps(message, ensure_ascii=False).encode()) < LARGEST - 4096
    for line in runs(message):
        assert not set(line) & set("\u202e\x00\n\r\x1b")
        assert "{{" not in line
        assert "${" not in line


@pytest.mark.parametrize("text", MORE_HOSTILE, ids=lambda text: ascii(text[:20]))
def test_the_account_s_own_template_is_a_block_of_markdown_in_a_card_that_isn_t_too_large(text: str) -> None:
    own = "**{{ number }}** {{ summary }}{% for name, value in rows %}\n\n{{ value }}{% endfor %}"
    message = render(of(text, templates={"teams": own}))
    assert message["attachments"][0]["content"]["body"][0]["text"].startswith("**17**")
    assert len(json.dumps(message, ensure_ascii=False).encode()) < LARGEST


def test_a_card_without_a_link_has_no_button() -> None:
    assert "actions" not in render(of(link=None))["attachments"][0]["content"]


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("400 Bad Request", "must begin with 'When a Teams webhook request is received'"),
        ("401 Unauthorized", "copy the workflow's address anew"),
        ("404 Not Found", "the workflow was deleted"),
        ("413 Too Large", "too large for Teams"),
        ("302 Found", "Teams refused: 302"),
        ("418 Teapot", "Teams refused: 418 no"),
    ],
)
def test_a_refusal_is_known_at_once_with_what_to_do(status: str, remedy: str) -> None:
    with workflow(answer(status, b"no")) as (receiver, told), pytest.raises(SendFailed, match=remedy):
        told.channel.send(of())
    assert len(receiver.got) == 1


def test_a_fault_of_its_own_and_no_answer_may_have_posted_it() -> None:
    with (
        workflow(answer("502 Bad Gateway")) as (_, told),
        pytest.raises(OutcomeUnknown, match="may have posted it: 502"),
    ):
        told.channel.send(of())
    with receiving(lambda connection, request: connection.recv(1)) as receiver:
        with pytest.raises(OutcomeUnknown, match="may have posted it"):
            Told(receiver, deadline=1.0).channel.send(of())
        assert len(receiver.got) == 1


def test_a_short_wait_is_waited_once_and_a_long_one_fails_at_once() -> None:
    busy = answer("429 Too Many Requests", Retry_After="1")
    with workflow(busy, ACCEPTED) as (_, told):
        assert told.channel.send(of()) == "0858"
        assert told.waited == [1]
    for late in (answer("429 Too Many Requests", Retry_After="30"), answer("429 Too Many Requests")):
        with workflow(late) as (receiver, told), pytest.raises(SendFailed, match="no more messages for"):
            told.channel.send(of())
        assert (told.waited, len(receiver.got)) == ([], 1)


def test_without_an_address_teams_isn_t_set_up() -> None:
    channel = TeamsChannel(Settings({}), Outside(monotonic=time.monotonic), print)
    with pytest.raises(SendFailed, match="put the workflow's address into the parameter /tocsin/teams/oncall"):
        channel.send(of())
    with pytest.raises(SendFailed, match="Teams isn't set up"):
        channel.send(replace(of(), contact=replace(ROOM, address="https://prod.logic.azure.com/x")))


def test_an_address_that_leads_inside_isn_t_called() -> None:
    channel = TeamsChannel(
        Settings({"/tocsin/teams/oncall": "https://169.254.169.254/"}), Outside(monotonic=time.monotonic), print
    )
    with pytest.raises(SendFailed, match="Teams was not reached: it isn't called"):
        channel.send(of())
