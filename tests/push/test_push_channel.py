"""The real channel against a strict push service: what arrives, and what each of its answers comes to."""

import re
import ssl
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cli.world import Settings
from shared.channels.outside import Outside
from shared.channels.push import PushChannel, render
from shared.channels.texts import unheard
from shared.channels.web_push import Keys, make_keys, written
from shared.domain.contact_state import unknown
from shared.domain.directory import Urgency
from shared.domain.subscription import MORE_SERVICES, VAPID_KEY, read_subscription
from shared.flow.channel import Gone, Notice, OutcomeUnknown, SendFailed
from tests.push.house import here
from tests.push.service import PushService, Scripted
from tests.web.browser_double import Phone

LINK = "https://tocsin.example/answer/" + "a" * 48


class Night:
    """A page that is to be pushed to Ada's browser."""

    def __init__(self, service: PushService, trusted: ssl.SSLContext) -> None:
        self.service, self.keys = service, make_keys()
        self.parameters = Settings({VAPID_KEY: written(self.keys), MORE_SERVICES: f"other.example {service.host}"})
        self.trusted = trusted
        self.channel = self.through(here(trusted))
        self.subscription = read_subscription(service.subscribe(self.keys.public))

    def through(self, outside: Outside) -> PushChannel:
        return PushChannel(self.parameters, "tocsin@acme.example", outside, lambda: datetime.now(UTC), unheard)

    def notice(self, **told: object) -> Notice:
        asked = Phone(**told).notices[0]
        state = replace(unknown("ada", asked.contact), subscription=self.subscription)
        return replace(asked, state=state, link=LINK)


@pytest.fixture
def night(service: tuple[PushService, ssl.SSLContext]) -> Night:
    return Night(*service)


def test_a_page_arrives_encrypted_signed_and_urgent_and_says_what_is_wrong(night: Night) -> None:
    notice = night.notice(summary="checkout-5xx: 17 errors a minute")
    assert night.channel.send(notice) == f"{night.service.url}/message/1"
    assert night.service.wrong == []
    (message,) = night.service.delivered
    assert (message.urgency, message.topic, message.ttl) == ("high", notice.incident.id, 3600)
    assert message.subject == "mailto:tocsin@acme.example"
    assert "checkout-5xx: 17 errors a minute" in message.payload["body"]
    assert str(notice.incident.number) in message.payload["title"]
    assert message.payload["tag"] == notice.incident.id
    assert message.payload["link"] == LINK
    assert [action["action"] for action in message.payload["actions"]] == ["ack", "resolve"]


def test_low_urgency_wakes_nobody_s_phone(night: Night) -> None:
    notice = night.notice()
    night.channel.send(replace(notice, incident=replace(notice.incident, urgency=Urgency.LOW)))
    assert night.service.delivered[0].urgency == "normal"
    assert night.service.delivered[0].payload["urgent"] is False


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_told_by_name(night: Night, status: int) -> None:
    night.service.script = [Scripted(status)]
    with pytest.raises(Gone, match=rf"subscribed no more \({status}\)"):
        night.channel.send(night.notice())
    assert len(night.service.requests) == 1


def test_a_browser_that_unsubscribed_is_told_by_name(night: Night) -> None:
    night.service.forget()
    with pytest.raises(Gone):
        night.channel.send(night.notice())


@pytest.mark.parametrize(
    ("answer", "means", "why"),
    [
        (Scripted(400, body="bad header"), SendFailed, "refused: 400 bad header"),
        (Scripted(403, body='{"reason":"BadJwtToken"}'), SendFailed, "BadJwtToken"),
        (Scripted(413), SendFailed, "refused: 413"),
        (Scripted(429, {"Retry-After": "1"}), SendFailed, "asked too often"),
        (Scripted(429, {"Retry-After": "86400"}), SendFailed, "asked too often"),
        (Scripted(301, {"Location": "https://169.254.169.254/latest/meta-data"}), SendFailed, "refused: 301"),
        (Scripted(307, {"Location": "https://evil.example/"}), SendFailed, "refused: 307"),
        (Scripted(500), OutcomeUnknown, "may have taken it: 500"),
        (Scripted(503, {"Retry-After": "5"}), OutcomeUnknown, "may have taken it: 503"),
        (Scripted(200), None, ""),
        (Scripted(202), None, ""),
    ],
)
def test_each_answer_has_its_consequence_and_nothing_is_tried_again(
    night: Night, answer: Scripted, means: type[Exception] | None, why: str
) -> None:
    night.service.script = [answer]
    if means is None:
        assert night.channel.send(night.notice()) == "accepted"
    else:
        with pytest.raises(means, match=re.escape(why)) as raised:
            night.channel.send(night.notice())
        assert not isinstance(raised.value, Gone)
    assert len(night.service.requests) == 1


def test_a_service_that_hangs_is_given_up_and_may_have_it(night: Night) -> None:
    night.channel = night.through(here(night.trusted, deadline=0.3))
    night.service.script = [Scripted(201, hangs=1)]
    with pytest.raises(OutcomeUnknown, match="localhost: it may have arrived"):
        night.channel.send(night.notice())


def test_a_service_that_isn_t_there_never_got_it(night: Night) -> None:
    night.parameters.values[MORE_SERVICES] = "localhost:1"
    night.subscription = {**night.subscription, "endpoint": "https://localhost:1/push/one"}
    with pytest.raises(SendFailed, match="localhost: it can't be reached"):
        night.channel.send(night.notice())


def test_a_certificate_of_somebody_else_s_is_not_trusted(night: Night) -> None:
    night.channel = night.through(here(ssl.create_default_context()))
    with pytest.raises(SendFailed, match="localhost: it can't be reached"):
        night.channel.send(night.notice())
    assert night.service.requests == []


def test_an_address_that_is_no_push_service_s_is_never_called(night: Night) -> None:
    del night.parameters.values[MORE_SERVICES]
    with pytest.raises(SendFailed, match="no push service that is known here"):
        night.channel.send(night.notice())
    assert night.service.requests == []


def test_without_a_subscription_or_a_key_the_next_method_is_due(night: Night) -> None:
    notice = night.notice()
    assert notice.state is not None
    with pytest.raises(SendFailed, match="push-link"):
        night.channel.send(replace(notice, state=replace(notice.state, subscription={})))
    with pytest.raises(SendFailed, match="push-link"):
        night.channel.send(replace(notice, state=None))
    del night.parameters.values[VAPID_KEY]
    with pytest.raises(SendFailed, match="tocsin apply"):
        night.channel.send(notice)
    night.parameters.values[VAPID_KEY] = "nonsense"
    with pytest.raises(SendFailed, match="keys can't be used"):
        night.channel.send(notice)


def test_a_key_that_was_made_anew_is_refused_in_the_service_s_words(night: Night) -> None:
    other: Keys = make_keys()
    night.parameters.values[VAPID_KEY] = written(other)
    with pytest.raises(SendFailed, match="the subscription is another server's"):
        night.channel.send(night.notice())


@pytest.mark.parametrize("summary", ["𝄞" * 1024, '"\\' * 500, "\u202e\0\x1b[31m" * 300, "</script>" * 100])
def test_whatever_a_summary_is_the_page_fits_and_arrives(night: Night, summary: str) -> None:
    night.channel.send(night.notice(summary=f"disk {summary}"))
    assert night.service.wrong == []
    body = night.service.delivered[0].payload["body"]
    assert not {"\u202e", "\0", "\x1b"} & set(body)


def test_an_answer_has_no_buttons(night: Night) -> None:
    notice = replace(night.notice(), answer="You have it.", page=None)
    assert b'"actions": []' in render(notice, unheard)
