"""Every answer and message that proves too little, as one table.

Each is refused, counted once, named by a reason of its own, and changes nothing of an incident or of a contact method.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from cli.world import World
from shared.domain.directory import Medium
from shared.sources.answer_mail import Verdicts
from tests.flow.test_ingest import alarm
from tests.flow.test_replies import Mailbox
from tests.flow.test_text_replies import TOPIC as TEXTS
from tests.flow.test_text_replies import Phone as Texting
from tests.flow.test_topics import deliver, hearing, state_change
from tests.sources.test_sns_signature import TOPIC, signed, subscription
from tests.web.browser_double import FROM_OUR_PAGE
from tests.web.browser_double import Phone as Browser
from tests.web.slack_member import ADA, FORM, Workspace

Try = Callable[[], object]
NO_SIGNATURE = "and no signature is the sender's own"


class Door:
    """Where a topic's messages come in."""

    def __init__(self) -> None:
        self.world = hearing()


def mailed(words: str = "ack", **told: Any) -> Callable[[Mailbox], Try]:
    return lambda mailbox: lambda: mailbox.answer(words, **told)


def judged(spam: str = "PASS", virus: str = "PASS", dmarc: str = "PASS", **headers: str) -> Callable[[Mailbox], Try]:
    return mailed(verdicts=Verdicts(spam=spam, virus=virus, dmarc=dmarc), **headers)


def mailed_again(mailbox: Mailbox) -> Try:
    mailbox.answer("note I am on it")
    return lambda: mailbox.answer("note I am on it")


def mailed_to_another_incident(mailbox: Mailbox) -> Try:
    """The address of 1 with the id of 2, which is readable in the token, in place of its own."""
    first = mailbox.reply_to().partition("+")[2]
    mailbox.story.receive("network", summary="network: down")
    second = mailbox.reply_to().partition("+")[2]
    return lambda: mailbox.answer("ack", to=f"reply+{second[:14]}{first[14:]}")


def mailed_too_late(mailbox: Mailbox) -> Try:
    address = mailbox.reply_to()
    a_month_later(mailbox.world)
    return lambda: mailbox.answer("ack", to=address)


def a_month_later(world: World) -> None:
    """Whoever was still to be paged has been."""
    world.clock.at += timedelta(days=30, seconds=1)
    world.settle()


def texted(words: str = "ack", **told: Any) -> Callable[[Texting], Try]:
    def confirmed(phone: Texting) -> Try:
        phone.confirm()
        return lambda: phone.says(words, **told)

    return confirmed


def texted_again(phone: Texting) -> Try:
    phone.confirm().says("note on my way", message_id="once")
    return lambda: phone.says("note on my way", message_id="once")


def fetched_and_unsubscribed(browser: Browser) -> Try:
    """A mail scanner: it fetches every link, and clicks once on ``List-Unsubscribe`` (RFC 8058)."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    overview = browser.world.deps.replies.overview("ada", browser.notices[0].contact, browser.world.clock.at) or ""

    def scan() -> None:
        for link in [*(notice.link for notice in browser.notices if notice.link), overview]:
            for method in ("GET", "HEAD", "GET"):
                browser.look(link, method)
            browser.ask("GET", link, {"sec-purpose": "prefetch", "purpose": "prefetch"})
            browser.ask("GET", f"{link}?do=ack", {**FROM_OUR_PAGE})
        assert not browser.world.notebook.counts, "looking is no offence"
        browser.ask("POST", browser.link, form, "List-Unsubscribe=One-Click")

    return scan


def pressed_of_another_incident(browser: Browser) -> Try:
    first = browser.link
    browser.story.receive("network", summary="network: down")
    second = next(n.link for n in browser.notices if n.incident.title == "network: down" and n.link)
    (base, one), other = first.rsplit("/", 1), second.rsplit("/", 1)[1]
    return lambda: browser.press("ack", f"{base}/{other[:14]}{one[14:]}")


def pressed_too_late(browser: Browser) -> Try:
    link = browser.link
    a_month_later(browser.world)
    return lambda: browser.press("ack", link)


def ordered(text: str = "ack 1", **told: Any) -> Callable[[Workspace], Try]:
    form = urlencode({"text": text, "user_id": ADA, "trigger_id": "1.2.3"})
    return lambda slack: lambda: slack.ask("commands", form, FORM, **told)


def ordered_otherwise(slack: Workspace) -> Try:
    """The signature of one order, and the body of another."""
    caught: list[Mapping[str, str]] = []
    deliver = slack.deliver
    slack.deliver = lambda what, body, headers: caught.append(headers) or {}  # type: ignore[method-assign]
    ordered("status")(slack)()
    slack.deliver = deliver  # type: ignore[method-assign]
    other = urlencode({"text": "resolve 1", "user_id": ADA, "trigger_id": "1.2.3"})
    return lambda: slack.deliver("commands", other, dict(caught[0]))


def pressed_in_slack_again(slack: Workspace) -> Try:
    slack.press("escalate", trigger_id="once")
    return lambda: slack.press("escalate", trigger_id="once")


def published(message: Any) -> Callable[[Door], Try]:
    return lambda door: lambda: deliver(door.world, message)


BY_MAIL: dict[str, tuple[Callable[[Mailbox], Try], str]] = {
    "a forged From": (
        mailed(sender="mallory@evil.example"),
        "its sender is no contact method of the person who was paged",
    ),
    "a colleague with Ada's address": (
        mailed(sender="grace@acme.example", In_Reply_To="<1@acme.example>"),
        "its sender is no contact method of the person who was paged",
    ),
    "two From addresses": (
        mailed(sender="ada@acme.example, mallory@evil.example"),
        "it has 2 From addresses, and must have one",
    ),
    "failing DMARC": (judged(dmarc="FAIL"), f"SES's verdict for DMARC is FAIL, {NO_SIGNATURE}"),
    "missing DMARC": (judged(dmarc=""), f"SES's verdict for DMARC is missing, {NO_SIGNATURE}"),
    "no policy, and a signature in the sender's own words": (
        judged(dmarc="GRAY", Authentication_Results="mx.evil.example; dkim=pass header.i=@acme.example"),
        f"SES's verdict for DMARC is GRAY, {NO_SIGNATURE}",
    ),
    "spam": (judged(spam="FAIL"), "SES's verdict for spam is FAIL"),
    "a virus": (judged(virus="FAIL"), "SES's verdict for virus is FAIL"),
    "a mail that is replayed": (mailed_again, "it has counted before"),
    "another incident's token": (mailed_to_another_incident, "this reply address isn't one of ours"),
    "a token that is made up": (mailed(to="reply+aaaa@in.example"), "this reply address isn't one of ours"),
    "a token of the right length": (
        mailed(to="reply+aeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaib@in.example"),
        "this reply address isn't one of ours",
    ),
    "an expired token": (mailed_too_late, "this reply address has expired: answer a newer page"),
    "an out-of-office": (
        mailed(Auto_Submitted="auto-replied"),
        "automatic mail: its header Auto-Submitted says so",
    ),
    "a calendar's subject": (mailed(Subject="Automatic reply: page"), "automatic mail: its subject says so"),
    "nothing new": (mailed(""), "there is nothing new in it"),
}
BY_TEXT: dict[str, tuple[Callable[[Texting], Try], str]] = {
    "a number that isn't the user's": (texted(number="+447700900099"), "its number is no contact method of anybody"),
    "a sender that is a name": (
        texted(number="VODAFONE"),
        "it is no two-way message of AWS: originationNumber is no number",
    ),
    "another topic": (texted(topic=f"{TEXTS}-of-mallory"), "it came by a topic that isn't ours"),
    "a text that is replayed": (texted_again, "it has counted before"),
    "nothing but blanks": (texted(" \n"), "there is nothing new in it"),
}
BY_LINK: dict[str, tuple[Callable[[Browser], Try], str]] = {
    "a scanner that fetches every link": (fetched_and_unsubscribed, "the answer doesn't come from our own page"),
    "another incident's token": (pressed_of_another_incident, "this link isn't one of ours"),
    "an expired token": (pressed_too_late, "this link has expired: answer a newer page"),
}
BY_SLACK: dict[str, tuple[Callable[[Workspace], Try], str]] = {
    "a timestamp of five minutes ago": (ordered(age=301), "an old Slack timestamp"),
    "a timestamp of yesterday": (ordered(age=86_400), "an old Slack timestamp"),
    "a timestamp of the future": (ordered(age=-301), "an old Slack timestamp"),
    "a signature by another secret": (ordered(secret="guessed"), "a wrong Slack signature"),
    "a signature of another body": (ordered_otherwise, "a wrong Slack signature"),
    "a press that is replayed": (pressed_in_slack_again, "it has counted before"),
}
BY_TOPIC: dict[str, tuple[Callable[[Door], Try], str]] = {
    "another certificate host": (
        published(signed(SigningCertURL="https://evil.example/SimpleNotificationService-0a.pem")),
        "SigningCertURL 'https://evil.example/SimpleNotificationService-0a.pem' is no certificate of SNS",
    ),
    "no signature at all": (published(alarm()), "SigningCertURL '' is no certificate of SNS"),
    "no object": (published([]), "SigningCertURL '' is no certificate of SNS"),
    "a message that was changed": (
        published(state_change("ALARM") | {"Message": "{}"}),
        "the signature isn't that of this message",
    ),
    "another topic": (
        published(signed(TopicArn=TOPIC + "-2")),
        f"TopicArn '{TOPIC}-2' is not the integration's topic",
    ),
    "a confirmation elsewhere": (
        published(subscription(SubscribeURL="https://evil.example/")),
        "SubscribeURL 'https://evil.example/' confirms no subscription to the integration's topic",
    ),
}
TABLE: list[Any] = [
    pytest.param(house, attempt, f"{flow}: {reason}", counted, id=f"{way}: {name}")
    for way, house, rows, flow, counted in (
        ("mail", Mailbox, BY_MAIL, "reply", "ReplyIgnored"),
        ("text", Texting, BY_TEXT, "reply", "ReplyIgnored"),
        ("link", Browser, BY_LINK, "reply", "ReplyIgnored"),
        ("slack", Workspace, BY_SLACK, "reply", "ReplyIgnored"),
        ("topic", Door, BY_TOPIC, "ingest: a message for cloudwatch is refused", "Refused"),
    )
    for name, (attempt, reason) in rows.items()
]


@pytest.mark.parametrize(("house", "attempt", "reason", "counted"), TABLE)
def test_it_is_refused_counted_and_named_and_changes_nothing(
    house: Callable[[], Any], attempt: Callable[[Any], Try], reason: str, counted: str
) -> None:
    night = house()
    world: World = night.world
    try_it = attempt(night)
    world.notebook.counts.clear()
    world.notebook.faults.clear()
    before = everything(world)
    try_it()
    assert world.notebook.faults == [reason]
    assert world.notebook.counts == {counted: 1}
    assert everything(world) == before


def everything(world: World) -> tuple[object, ...]:
    """Incidents with their timelines and pages, what is known of contact methods, and how many messages went out."""
    people = world.directories.current().users.values()
    known = [world.contacts.of(user.name, contact) for user in people for contact in user.contacts]
    by_mail_or_text = [sent for sent in world.sent if sent.notice.contact.medium in (Medium.EMAIL, Medium.SMS)]
    return json.dumps([repr(each) for each in world.timeline()]), known, len(by_mail_or_text)
