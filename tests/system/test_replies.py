"""Answers on the deployed system, by mail and by text, as people give them: what counts, once, and what is refused."""

import json
import re
import time
import uuid
from typing import Any

from cli.confirm import send
from cli.page_me import page_me
from shared.domain.contact_state import confirmed
from shared.domain.directory import Contact, Medium
from shared.domain.incident import Status
from shared.domain.timeline import Kind
from tests.system.conftest import Running, eventually

ADA = Contact(name="mail", medium=Medium.EMAIL, address="ada@acme.example")


def number_of(running: Running, user: str) -> Contact:
    ways = running.deps.directory.current().users[user].contacts
    return next(way for way in ways if way.medium is Medium.SMS)


def status(running: Running, dedup_key: str) -> Status | None:
    found = running.incident_of(dedup_key)
    return found.incident.status if found else None


def text_about(running: Running, number: str, about: str) -> dict[str, Any]:
    return eventually(lambda: running.texts(number, about), f"the text about {about}")[0]


def resolve_all(running: Running, *dedup_keys: str) -> None:
    for dedup_key in dedup_keys:
        running.resolve(dedup_key)
        eventually(lambda key=dedup_key: status(running, key) is Status.RESOLVED, "the resolution")


def test_a_mail_acknowledges_and_proves_its_address(running: Running) -> None:
    running.trigger("by-mail")
    page = eventually(lambda: running.mails("ada@acme.example", "by-mail"), "the page")[0]
    running.says("email", "ada@acme.example", "ack", page["headers"]["Reply-To"])
    eventually(lambda: status(running, "by-mail") is Status.ACKNOWLEDGED, "the acknowledgement")
    eventually(lambda: running.deps.contacts.of("ada", ADA).confirmed, "the proof")
    resolve_all(running, "by-mail")


def test_a_text_of_an_unconfirmed_number_does_nothing_until_its_code_does(running: Running) -> None:
    number = number_of(running, "ada").address
    running.trigger("by-text")
    page = text_about(running, number, "by-text")
    assert page["text"].endswith("Answer 4 ack, 6 resolve.")
    incident = int(page["text"].split()[1])
    running.says("sms", number, f"ack {incident}")
    told = text_about(running, number, f"to confirm it and acknowledge {incident}")
    assert status(running, "by-text") is Status.TRIGGERED
    code = re.search(r"Answer (\d{6})", told["text"])
    assert code is not None
    running.says("sms", number, code[1])
    eventually(lambda: status(running, "by-text") is Status.ACKNOWLEDGED, "the acknowledgement")
    text_about(running, number, "This number is confirmed. You have it.")
    assert running.deps.contacts.of("ada", number_of(running, "ada")).confirmed

    running.trigger("by-text-too")
    text_about(running, number, "by-text-too")
    running.says("sms", number, "ack")
    text_about(running, number, "several incidents were texted to this number")
    assert status(running, "by-text-too") is Status.TRIGGERED
    resolve_all(running, "by-text", "by-text-too")


def test_a_text_comes_by_the_topic_and_counts_once(running: Running) -> None:
    """By the subscription that the stacks made, not by hand."""
    contact = number_of(running, "ada")
    known = running.deps.contacts.of("ada", contact)
    if not known.confirmed:
        running.deps.contacts.write(confirmed(known, running.deps.now()))
    running.trigger("by-topic")
    incident = int(text_about(running, contact.address, "by-topic")["text"].split()[1])
    message = {
        "originationNumber": contact.address,
        "destinationNumber": "+12025550100",
        "messageKeyword": "KEYWORD",
        "messageBody": f"ack {incident} please",
        "inboundMessageId": str(uuid.uuid4()),
        "previousPublishedMessageId": "",
    }
    topic = running.deployment.facts["texts_topic_arn"]
    for _ in range(2):
        running.deployment.client("sns").publish(TopicArn=topic, Message=json.dumps(message))
    eventually(lambda: status(running, "by-topic") is Status.ACKNOWLEDGED, "the acknowledgement")
    time.sleep(1.0)  # the second is under way
    loaded = running.incident_of("by-topic")
    assert loaded is not None
    kinds = [entry.kind for entry in running.deps.incidents.timeline(loaded.incident.id)]
    assert kinds.count(Kind.ACKNOWLEDGED) == 1
    assert len(running.texts(contact.address, f"You have it. {incident} ")) == 1
    resolve_all(running, "by-topic")


def test_a_stranger_s_text_does_nothing_and_is_not_answered(running: Running) -> None:
    running.trigger("of-a-stranger")
    text_about(running, number_of(running, "ada").address, "of-a-stranger")
    for topic in (running.deployment.facts["texts_topic_arn"], "arn:aws:sns:eu-west-1:444455556666:tocsin-texts"):
        sns = {"TopicArn": topic, "MessageId": "1", "Message": json.dumps(stranger())}
        assert running.invoke("reply", {"Records": [{"EventSource": "aws:sns", "Sns": sns}]}) is None
    assert status(running, "of-a-stranger") is Status.TRIGGERED
    assert running.texts("+15005550006", "") == []
    resolve_all(running, "of-a-stranger")


def stranger() -> dict[str, str]:
    return {"originationNumber": "+15005550006", "messageBody": "resolve", "inboundMessageId": str(uuid.uuid4())}


def test_a_code_by_mail_is_answered_at_its_own_address(running: Running) -> None:
    linus = next(way for way in running.deps.directory.current().users["linus"].contacts if way.medium is Medium.EMAIL)
    (outcome,) = send(running.deployment, "linus", linus.name)
    assert not outcome.failed
    mail = eventually(lambda: running.mails(linus.address, "Confirm this address"), "the code")[0]
    assert mail["headers"]["Reply-To"].startswith("confirm@")
    code = re.search(r"^(\d{6}) confirms", mail["text"])
    assert code is not None
    running.says("email", linus.address, code[1], mail["headers"]["Reply-To"])
    eventually(lambda: running.deps.contacts.of("linus", linus).confirmed, "the proof")
    eventually(lambda: running.mails(linus.address, "This address is confirmed."), "the answer")


def test_a_test_page_takes_the_channels_that_pages_take(running: Running) -> None:
    outcomes = list(page_me(running.deployment, "grace", None))
    failed = {outcome.contact.medium for outcome in outcomes if outcome.failed}
    assert failed <= {Medium.VOICE, Medium.PUSH, Medium.SLACK, Medium.TEAMS}
    assert running.mails("grace@acme.example", "TEST: nothing is wrong")
    assert running.texts(number_of(running, "grace").address, "TEST: nothing is wrong")
