"""Answers from Slack: who may give them, what they do, that they count once, and what each refusal is called."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from cli.world import Wall
from shared.domain.directory import Medium
from shared.flow.channel import Notice, OutcomeUnknown, SendFailed
from tests.web.slack_member import ADA, FORM, GRACE, STRANGER, Workspace


@pytest.fixture
def slack() -> Workspace:
    return Workspace()


def test_a_press_of_acknowledge_is_ada_s_and_she_alone_is_told_so(slack: Workspace) -> None:
    answer = slack.press("ack")
    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    assert slack.story.incident.acknowledged_by == ("ada",)
    assert slack.whispered == [(ADA, "You have it. 1 disk-1 is acknowledged.")]
    assert slack.story.until("03:30") == []
    slack.story.holds()


def test_the_message_that_was_pressed_shows_the_incident_as_it_is_by_then(slack: Workspace) -> None:
    slack.press("ack")
    [shown] = slack.world.wall.shown
    assert (shown.posted, shown.incident.acknowledged_by) == (slack.place(), ("ada",))


def test_who_is_paged_again_is_told_where_the_incident_stands_already() -> None:
    slack = Workspace(repeat=1)
    slack.story.at("03:16")
    told = [(s.notice.page.user, s.notice.posted) for s in slack.world.sent if s.notice.page]
    ada, grace = "simulated:1", "simulated:2"
    assert told == [("ada", None), ("grace", None), ("ada", ada), ("grace", grace)]


class Mute(Wall):
    """A board that can't be written to."""

    def update(self, notice: Notice) -> None:
        raise OutcomeUnknown("Slack may have posted it")

    def whisper(self, posted: str, member: str, text: str) -> None:
        raise SendFailed("Slack refused")


def test_an_answer_counts_where_slack_can_t_be_told_so(slack: Workspace) -> None:
    slack.world.deps = replace(slack.world.deps, boards={Medium.SLACK: Mute()})
    assert slack.press("ack")["statusCode"] == 200
    assert slack.story.incident.acknowledged_by == ("ada",)
    assert slack.world.notebook.counts["AnswerFailed"] == 2


@pytest.mark.parametrize(("word", "status"), [("resolve", "resolved"), ("escalate", "triggered")])
def test_the_other_buttons_do_what_they_say(slack: Workspace, word: str, status: str) -> None:
    slack.press(word, GRACE)
    assert slack.story.incident.status == status
    assert slack.story.log[2].by.user == "grace"
    slack.story.holds()


def test_two_presses_of_escalate_by_two_people_who_saw_the_same_level_skip_none(slack: Workspace) -> None:
    slack.press("escalate")
    stale = Workspace()
    before = stale.story.incident.entry
    stale.press("escalate")
    assert stale.story.incident.level == 2
    [first] = [s.notice for s in stale.world.sent if s.notice.page and s.notice.page.user == "ada"]
    value = f"{first.incident.id} {before}"
    stale.press("escalate", GRACE, actions=[{"action_id": "tocsin:escalate", "value": value, "action_ts": "1"}])
    assert (stale.story.incident.level, stale.story.incident.round) == (2, 0)
    assert stale.whispered[-1][1].startswith("Nothing was done")


def test_a_press_is_nobody_s_where_the_member_is_no_contact(slack: Workspace) -> None:
    before = slack.story.incident
    slack.press("ack", STRANGER)
    assert slack.story.incident == before
    [(member, text)] = slack.whispered
    assert member == STRANGER
    assert text.startswith(f"You are nobody here: add `slack: {STRANGER}` to your contacts")
    assert slack.world.notebook.counts["ReplyIgnored"] == 1


def test_a_captured_press_that_is_sent_again_counts_once(slack: Workspace) -> None:
    slack.press("ack", trigger_id="same")
    entries = len(slack.story.log)
    slack.press("ack", trigger_id="same")
    assert len(slack.story.log) == entries
    assert slack.whispered[-1][1] == "That has counted already."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ack 1", "You have it. 1 disk-1 is acknowledged."),
        ("ack", "You have it. 1 disk-1 is acknowledged."),
        ("ACK #1", "You have it. 1 disk-1 is acknowledged."),
        ("resolve 1", "1 disk-1 is resolved."),
        ("escalate 1", "Done. 1 disk-1 is triggered."),
        ("snooze 1 2h", "1 disk-1 is snoozed."),
        ("reassign 1 linus", "Done. 1 disk-1 is triggered."),
        ("note 1 I am &amp; on &lt;it&gt;", "Noted on 1 disk-1."),
        ("status", "1 checkout: disk-1, triggered"),
        ("status 1", "1 disk-1 is triggered (ada)."),
        ("oncall", "checkout, level 1: ada\ncheckout, level 2: grace\nplatform, level 1: linus"),
        ("help", "/tocsin ack 17"),
        ("", "/tocsin ack 17"),
        ("make me a sandwich", "/tocsin ack 17"),
        ("ack 7", "Nothing was done: there is no open incident 7."),
        ("snooze 1 9d", "Nothing was done: a snooze lasts from 1 second to 7 days"),
    ],
)
def test_an_order_is_carried_out_and_answered(slack: Workspace, text: str, said: str) -> None:
    assert slack.order(text).startswith(said)
    slack.story.holds()


def test_a_note_is_as_its_author_wrote_it(slack: Workspace) -> None:
    slack.order("note 1 a &lt;b&gt; &amp;amp; see <https://runbook.acme.example|runbook.acme.example>")
    assert slack.story.log[-1].text == "a <b> &amp; see runbook.acme.example"


def test_without_a_number_and_with_two_incidents_it_asks_which() -> None:
    slack = Workspace(incidents=2)
    said = slack.order("ack")
    assert said.startswith("Nothing was done: say which")
    assert "2 checkout: disk-2, triggered" in said
    assert slack.order("ack 2").startswith("You have it. 2 disk-2")
    assert [i.status.value for i in slack.story.incidents] == ["triggered", "acknowledged"]


def test_an_order_of_a_stranger_says_nothing_of_what_is_open(slack: Workspace) -> None:
    for text in ("status", "oncall", "ack 1", "help"):
        assert slack.order(text, STRANGER).startswith("You are nobody here")


def test_an_answer_shows_no_text_from_outside_as_more_than_text() -> None:
    slack = Workspace()
    slack.story.receive("evil", summary="<!channel> <https://evil.example|click>: down")
    assert "<" not in slack.order("status")


def test_ack_in_the_thread_counts_and_talk_doesn_t(slack: Workspace) -> None:
    entries = len(slack.story.log)
    for talk in ("is anybody looking?", "I can't ack this", "acknowledged, I think", "it is known"):
        assert slack.write(talk)["statusCode"] == 200
    assert len(slack.story.log) == entries
    slack.write("note the disk of db-1 is full")
    slack.write("Ack!")
    assert [entry.kind.value for entry in slack.story.log[entries:]] == ["noted", "acknowledged"]
    assert slack.whispered[-1] == (ADA, "You have it. 1 disk-1 is acknowledged.")


def test_an_event_that_slack_delivers_again_counts_once(slack: Workspace) -> None:
    slack.write("note hello", event_id="Ev1")
    entries = len(slack.story.log)
    slack.write("note hello", event_id="Ev1")
    assert len(slack.story.log) == entries
    assert len(slack.whispered) == 1


def test_the_app_s_own_lines_edits_and_other_threads_are_nothing(slack: Workspace) -> None:
    entries = len(slack.story.log)
    slack.write("ack", bot_id="B1")
    slack.write("ack", subtype="message_changed")
    slack.write("ack", place="C0OTHER:1.1")
    assert len(slack.story.log) == entries
    assert slack.whispered == []


def test_slack_is_told_that_the_address_is_ours(slack: Workspace) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY"})
    answer = slack.ask("events", body, "application/json")
    assert json.loads(answer["body"]) == {"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY"}


def order(text: str = "ack 1") -> str:
    return urlencode({"text": text, "user_id": ADA, "trigger_id": "1.2.3"})


def refused(slack: Workspace, answer: dict[str, Any], reason: str) -> bool:
    counted = slack.world.notebook.counts.get("ReplyIgnored") == 1
    named = slack.world.notebook.faults == [f"reply: {reason}"]
    return answer["statusCode"] == 401 and counted and named and slack.story.incident.status == "triggered"


@pytest.mark.parametrize("age", [300, -300])
def test_clocks_may_differ_by_five_minutes(slack: Workspace, age: int) -> None:
    assert slack.ask("commands", order(), FORM, age=age)["statusCode"] == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Slack-Signature", ""),
        ("X-Slack-Signature", "v0=" + "z" * 64),
        ("X-Slack-Signature", "v1=" + "0" * 64),
        ("X-Slack-Request-Timestamp", "soon"),
        ("X-Slack-Request-Timestamp", "-1"),
        ("X-Slack-Request-Timestamp", "١٧٦٤١٢٦٠٠٠"),
        ("X-Slack-Request-Timestamp", "9" * 400),
    ],
)
def test_no_signature_is_none(slack: Workspace, name: str, value: str) -> None:
    assert refused(slack, slack.ask("commands", order(), FORM, **{name: value}), "no Slack signature")


def test_without_a_signing_secret_nothing_is_heard(slack: Workspace) -> None:
    slack.world.parameters.values.clear()
    answer = slack.ask("commands", order(), FORM, secret="")
    assert refused(slack, answer, "Slack isn't set up: there is no parameter /tocsin/slack/signing-secret")


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("interactions", "payload=%7Bnot"),
        ("interactions", "payload=" + "%5B" * 50_000),
        ("events", "{"),
        ("interactions", urlencode({"payload": json.dumps({"type": "block_actions", "user": {"id": ADA}})})),
        ("interactions", urlencode({"payload": json.dumps({"type": "block_actions", "actions": [7], "user": 1})})),
        ("commands", "a=1&" * 200),
    ],
)
def test_a_signed_body_of_another_form_is_refused_by_name(slack: Workspace, what: str, body: str) -> None:
    assert slack.ask(what, body, FORM)["statusCode"] == 400
    assert slack.world.notebook.counts["ReplyIgnored"] == 1


def test_other_addresses_are_not_there(slack: Workspace) -> None:
    assert slack.ask("options", order(), FORM)["statusCode"] == 404
