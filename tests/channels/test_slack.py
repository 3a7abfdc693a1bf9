"""Pages in Slack, by the real library against a Slack as strict as its reference."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.world import Settings
from shared.channels.slack import API_URL, TOKEN, SlackChannel, client_by
from shared.channels.slack_message import BUTTON, render
from shared.domain.directory import Contact, Medium
from shared.domain.incident import Status
from shared.flow.channel import Notice, OutcomeUnknown, SendFailed, TooMany
from tests.channels import slack_double
from tests.channels.slack_double import Slack, calls_somebody, late, slack
from tests.channels.test_messages import HOSTILE, notice

ADA = Contact(name="slack", medium=Medium.SLACK, address="U0ADA00001")
ON_CALL = Contact(name="room", medium=Medium.SLACK, address="#on-call")
WORLD_OF_HOSTILE = [
    *HOSTILE,
    "&" * 5000,
    "<" * 100_000,
    "<@U0ADA00001> <https://evil.example|click> :fire: `x`",
    "@here",
]


@pytest.fixture
def double() -> Iterator[Slack]:
    with slack() as running:
        yield running


class Told:
    """Ada's channel by a Slack; ``waited`` are the seconds that were slept."""

    def __init__(self, double: Slack, token: str | None = slack_double.TOKEN) -> None:
        self.waited: list[float] = []
        values = {API_URL: double.url, **({TOKEN: token} if token else {})}
        self.channel = SlackChannel(client_by(Settings(values)), self.waited.append)

    def send(self, told: Notice | None = None) -> str:
        return self.channel.send(told or of())


def of(title: str = "checkout-5xx: Threshold Crossed", contact: Contact = ADA, **told: object) -> Notice:
    made = notice(title)
    assert made.user is not None
    ada = replace(made.user, contacts=(*made.user.contacts, ADA))
    return replace(made, contact=contact, user=ada, **told)  # type: ignore[arg-type]


def texts(message: dict[str, Any]) -> list[str]:
    """Every text of a message, wherever it stands."""

    def within(value: Any) -> Iterator[str]:
        match value:
            case {"type": "plain_text" | "mrkdwn", "text": str(text)}:
                yield text
            case dict():
                for member in value.values():
                    yield from within(member)
            case list():
                for member in value:
                    yield from within(member)
            case _:
                return

    return [message["text"], *within(message["blocks"])]


def test_a_page_leads_with_what_a_half_asleep_person_needs(double: Slack) -> None:
    assert Told(double).send() == "D0ADA00001:1764126000.000000"
    [message] = double.roots()
    assert message["text"] == "TOCSIN 17 · CRITICAL · checkout: checkout-5xx: Threshold Crossed"
    said = texts(message)
    assert said[1:3] == ["TOCSIN 17 · CRITICAL · checkout", "checkout-5xx: Threshold Crossed"]
    assert said[3].startswith("Triggered. Since 03:00 (UTC). You are on level 1 of 2")
    assert said[-3:] == ["Acknowledge", "Resolve", "Escalate"]


def test_nothing_is_unfurled_and_no_name_is_looked_up(double: Slack) -> None:
    Told(double).send()
    [told] = double.posted()
    assert (told["unfurl_links"], told["unfurl_media"], told["link_names"], told["parse"]) == (
        False,
        False,
        False,
        "none",
    )


@pytest.mark.parametrize("contact", [ADA, ON_CALL])
def test_a_second_page_updates_the_message_and_rings_again_in_its_thread(double: Slack, contact: Contact) -> None:
    told = Told(double)
    place = told.send(of(contact=contact))
    before = of(contact=contact, posted=place)
    worse = replace(before, incident=replace(before.incident, title="all of checkout: down"))
    assert told.send(worse) == place
    [root] = double.roots()
    assert "all of checkout: down" in texts(root)
    [line] = double.thread()
    assert line.startswith("<@U0ADA00001> 17 all of checkout is triggered.")


def test_a_message_that_somebody_deleted_is_posted_anew(double: Slack) -> None:
    told = Told(double)
    told.send()
    assert told.send(of(posted="D0ADA00001:1.5")) == "D0ADA00001:1764126000.000001"
    assert len(double.roots()) == 2


def test_what_is_answered_offers_no_acknowledgement_and_what_is_resolved_no_button(double: Slack) -> None:
    told, told_of = Told(double), of()
    place = told.send()
    for status, buttons in ((Status.ACKNOWLEDGED, ["Resolve", "Escalate"]), (Status.RESOLVED, [])):
        incident = replace(told_of.incident, status=status, acknowledged_by=("grace",))
        told.channel.update(replace(told_of, incident=incident, posted=place))
        [root] = double.roots()
        actions = [block["elements"] for block in root["blocks"] if block["type"] == "actions"]
        assert [button["text"]["text"] for elements in actions for button in elements] == buttons


def test_a_button_says_of_which_incident_and_which_level_its_reader_saw() -> None:
    told = of()
    seen = replace(told, incident=replace(told.incident, entry=3))
    actions = next(block for block in render(seen).blocks if block["type"] == "actions")
    assert [(b["action_id"], b["value"]) for b in actions["elements"]] == [
        (f"{BUTTON}{word}", "QAAAAAAAAAAAAA 3") for word in ("ack", "resolve", "escalate")
    ]


@pytest.mark.parametrize("text", WORLD_OF_HOSTILE, ids=lambda text: ascii(text[:20]))
def test_no_text_from_outside_calls_anybody_links_or_breaks_a_limit(double: Slack, text: str) -> None:
    told = Told(double)
    place = told.send(of(text))
    told.send(of(text, posted=place))
    [root] = double.roots()
    ours = "<@U0ADA00001> "
    for said in (*texts(root), *(line.removeprefix(ours) for line in double.thread())):
        assert not calls_somebody(said)
        assert not set(said) & set("<>\u202e\x00\n\r\x1b")
    assert all(block["text"]["type"] == "plain_text" for block in root["blocks"] if "text" in block)
    json.dumps(root).encode()


def test_what_a_member_is_told_is_for_their_eyes_and_has_no_markup(double: Slack) -> None:
    told = Told(double)
    told.channel.whisper(told.send(), "U0GRACE001", "<!channel> is *open*\n17 & more\u202e")
    [(_, whispered)] = [asked for asked in double.asked if asked[0] == "chat.postEphemeral"]
    assert (whispered["channel"], whispered["user"]) == ("D0ADA00001", "U0GRACE001")
    assert whispered["text"] == "&lt;!channel&gt; is *open*\n17 &amp; more\\u202e"


@pytest.mark.parametrize("text", WORLD_OF_HOSTILE, ids=lambda text: ascii(text[:20]))
def test_the_account_s_own_template_formats_and_nothing_from_outside_links_or_calls_anybody(
    double: Slack, text: str
) -> None:
    own = "*{{ number }}* {{ summary }}{% for name, value in rows %}\n{{ value }}{% endfor %}"
    Told(double).send(of(text, templates={"slack": own}))
    [root] = double.roots()
    said = root["blocks"][0]["text"]
    assert said["text"].startswith("*17*")
    assert said["verbatim"]
    assert not calls_somebody(said["text"])
    assert not re.search(r"&(?!amp;|lt;|gt;)[a-z]{0,3}…?$", said["text"])


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("channel_not_found", "invite the app"),
        ("not_in_channel", "invite the app to the channel"),
        ("is_archived", "the channel is archived"),
        ("token_revoked", "install the app anew"),
        ("account_inactive", "install the app anew"),
        ("missing_scope", "chat:write and im:write"),
        ("msg_too_long", "please report it"),
        ("something_new", "Slack refused: something_new"),
    ],
)
def test_a_refusal_is_known_at_once_with_what_to_do(double: Slack, error: str, remedy: str) -> None:
    double.bad.append(slack_double.refused(error))
    with pytest.raises(SendFailed, match=remedy):
        Told(double).send()
    assert len(double.asked) == 1


def test_a_revoked_token_and_an_unknown_channel_are_refused_by_slack_itself(double: Slack) -> None:
    with pytest.raises(SendFailed, match="invalid_auth: install the app anew"):
        Told(double, "xoxb-revoked").send()
    with pytest.raises(SendFailed, match="channel_not_found"):
        Told(double).send(of(contact=replace(ON_CALL, address="#nowhere")))


def test_without_a_token_slack_isn_t_set_up_and_isn_t_asked(double: Slack) -> None:
    with pytest.raises(SendFailed, match="Slack isn't set up: put the bot token"):
        Told(double, None).send()
    assert double.asked == []


def test_a_token_travels_by_https_alone() -> None:
    for url in ("http://slack.com/api/", "http://127.0.0.1.evil.example/", "ftp://slack.com/"):
        with pytest.raises(SendFailed, match="must begin with https"):
            SlackChannel(client_by(Settings({TOKEN: "x", API_URL: url})), print).send(of())


def too_many(seconds: str) -> slack_double.Answer:
    return 429, {"Retry-After": seconds}, {"ok": False, "error": "ratelimited"}


def test_a_short_wait_that_slack_asks_for_is_waited_once(double: Slack) -> None:
    double.bad.append(too_many("1"))
    told = Told(double)
    told.send()
    assert (told.waited, len(double.roots())) == ([1.0], 1)
    double.bad += [too_many("1"), too_many("1")]
    with pytest.raises(SendFailed, match="no more messages for 1 s"):
        told.send()
    assert told.waited == [1.0, 1.0]


@pytest.mark.parametrize("seconds", ["3", "30", "soon"])
def test_a_long_wait_is_a_failure_at_once(double: Slack, seconds: str) -> None:
    double.bad.append(too_many(seconds))
    told = Told(double)
    with pytest.raises(SendFailed, match="Slack takes no more messages"):
        told.send()
    assert (told.waited, len(double.asked)) == ([], 1)


@pytest.mark.parametrize(
    "bad",
    [
        (500, {}, b"oops"),
        (503, {}, {"ok": False, "error": "service_unavailable"}),
        (200, {}, {"ok": False, "error": "internal_error"}),
        (200, {}, b"<html>not JSON</html>"),
        (0, {}, b""),
    ],
)
def test_a_fault_of_slack_s_own_may_have_posted_it(double: Slack, bad: slack_double.Answer) -> None:
    double.bad.append(bad)
    with pytest.raises(OutcomeUnknown, match="Slack may have posted it"):
        Told(double).send()
    assert len(double.asked) == 1


def test_a_time_out_may_have_posted_it(double: Slack) -> None:
    double.bad.append(late(1.5))
    settings = Settings({TOKEN: slack_double.TOKEN, API_URL: double.url})
    with pytest.raises(OutcomeUnknown, match="TimeoutError"):
        SlackChannel(client_by(settings, patience=1), print).send(of())


def test_nobody_there_was_not_reached() -> None:
    with slack() as gone:
        told = Told(gone)
    with pytest.raises(SendFailed, match="Slack was not reached"):
        told.send()


@pytest.mark.parametrize("verb", ["ingest", "page", "reply"])
def test_nobody_pays_for_the_library_before_something_is_said_in_slack(verb: str) -> None:
    program = f"import functions.{verb}.handler, sys; sys.exit('slack_sdk' in sys.modules)"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)


def test_a_line_of_the_thread_calls_nobody_and_what_was_deleted_is_said_to_be_gone(double: Slack) -> None:
    told = Told(double)
    place = told.send()
    for text in WORLD_OF_HOSTILE:
        told.channel.add(place, f"Ada noted: {text}")
    assert len(double.thread()) == len(WORLD_OF_HOSTILE)
    assert not [line for line in double.thread() if calls_somebody(line)]
    assert told.channel.update(of(posted=place))
    assert not told.channel.update(of(posted="C0ONCALL01:1.1"))


@pytest.mark.parametrize(("asked", "seconds"), [("30", 30), ("9" * 12, 86_400), ("9" * 400, 86_400)])
def test_a_long_wait_says_how_long_and_is_a_day_at_most(double: Slack, asked: str, seconds: float) -> None:
    told = Told(double)
    place = told.send()
    double.bad = [too_many(asked)]
    with pytest.raises(TooMany) as refused:
        told.channel.add(place, "Grace acknowledged it")
    assert refused.value.seconds == seconds
    assert told.waited == []
