"""What becomes of a page after it was sent, on the deployed system: page → bounce → next method."""

from typing import Any

import pytest

from shared.domain.notification import PageState
from tests.system.conftest import Running, eventually
from tests.system.reports import bounced


def states(running: Running, key: str) -> dict[str, PageState]:
    found = running.incident_of(key)
    return {page.identity: page.state for page in found.pages} if found else {}


def texts(running: Running, about: str) -> list[dict[str, Any]]:
    return [m for m in running.mailbox() if m["channel"] == "sms" and about in m["text"]]


@pytest.mark.parametrize("form", ["bare", "as the Message-ID has it", "in the notification of an identity"])
def test_a_mail_that_bounces_is_followed_by_a_text_at_once_and_once(running: Running, form: str) -> None:
    key = f"bounces {form}"
    running.trigger(key, severity="info")  # low urgency tells by mail alone: without the bounce there is no text
    mail = eventually(lambda: running.mails("ada@acme.example", key), "the page")[0]
    event = bounced(mail, "Transient", "MailboxFull")  # a hard one would leave Ada without mail in every other test
    if form.startswith("as"):
        event["detail"]["mail"]["messageId"] = mail["headers"]["Message-ID"]
    if form.startswith("in"):
        event["detail"]["notificationType"] = event["detail"].pop("eventType")
    running.inject(event)
    eventually(lambda: texts(running, key), "the text")
    running.inject(event)
    eventually(lambda: states(running, key) == {"1#ada#0": PageState.FAILED, "1#ada#1": PageState.SENT}, "both states")
    assert len(texts(running, key)) == 1
    found = running.incident_of(key)
    assert found is not None
    failed = next(page for page in found.pages if page.state is PageState.FAILED)
    assert failed.error == "Transient bounce, MailboxFull: smtp; 550 5.1.1"
    running.resolve(key)
