"""A browser becomes a contact: the link, the page, what it sends, and what is refused."""

import json
import ssl
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.directory import Medium
from shared.domain.subscription import VAPID_KEY, encode
from shared.flow.channel import Notice
from tests.push.house import DEVICE, House
from tests.push.service import PushService, Scripted


@pytest.fixture
def house(service: tuple[PushService, ssl.SSLContext]) -> House:
    return House(*service, subscribed=False)


def test_who_opens_the_link_is_told_whose_device_it_becomes(house: House) -> None:
    shown = house.phone.look(house.link)
    assert shown["statusCode"] == 200
    assert "Ada" in shown["body"]
    assert "Ada&#39;s laptop" in shown["body"]
    assert f'data-key="{house.keys.public}"' in shown["body"]
    assert house.keys.private not in shown["body"]
    policy = shown["headers"]["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert house.state.version == 0


def test_a_browser_that_subscribes_is_sent_a_test_and_is_a_proven_contact(house: House) -> None:
    answer = house.subscribe()
    assert json.loads(answer["body"])["message"].startswith("Ada, pages come to this device from now on.")
    (message,) = house.service.delivered
    assert message.payload["title"] == "Tocsin reaches you here"
    assert message.payload["actions"] == []
    assert (house.state.confirmed, house.state.broken) == (True, False)
    assert house.state.subscription["endpoint"].startswith(house.service.url)


def test_a_new_browser_takes_the_place_of_the_old_one(house: House) -> None:
    house.subscribe()
    house.subscribe(house.service.subscribe(house.keys.public, "two"))
    assert house.state.subscription["endpoint"].endswith("/two")


@pytest.mark.parametrize("answer", [Scripted(410), Scripted(403), Scripted(500)])
def test_a_subscription_that_doesn_t_work_is_not_kept(house: House, answer: Scripted) -> None:
    house.service.script = [answer]
    refused = house.subscribe()
    assert refused["statusCode"] == 502
    assert house.state.version == 0
    assert house.world.notebook.counts["ReplyIgnored"] == 1


@pytest.mark.parametrize(
    "told",
    [
        {},
        [],
        "x",
        {
            "endpoint": "https://169.254.169.254/",
            "keys": {"p256dh": encode(b"\x04" * 65), "auth": encode(b"\x01" * 16)},
        },
        {"endpoint": "https://evil.example/", "keys": {"p256dh": encode(b"\x04" * 65), "auth": encode(b"\x01" * 16)}},
    ],
)
def test_what_is_no_subscription_of_a_known_service_is_refused_and_never_called(house: House, told: object) -> None:
    assert house.subscribe(told)["statusCode"] in (403, 502)
    assert house.state.version == 0
    assert house.service.requests == []


def test_a_body_that_is_no_json_is_refused(house: House) -> None:
    headers = {"sec-fetch-site": "same-origin"}
    for body in ("{", "[" * 50_000, "\udcff"):
        assert house.phone.ask("POST", house.link, headers, body)["statusCode"] == 400


def test_another_site_subscribes_nobody(house: House) -> None:
    assert house.subscribe(headers={"sec-fetch-site": "cross-site"})["statusCode"] == 403
    assert house.subscribe(headers={})["statusCode"] == 403
    assert house.state.version == 0


def test_the_link_lasts_two_days(house: House) -> None:
    link = house.link
    house.world.clock.at += timedelta(days=2, seconds=1)
    assert house.phone.look(link)["statusCode"] == 403
    assert house.subscribe(link=link)["statusCode"] == 403
    assert "this link has expired" in house.world.notebook.faults[-1]


def test_a_link_of_another_kind_or_contact_subscribes_nobody(house: House) -> None:
    ada = house.world.directories.current().users["ada"]
    replies, now = house.world.deps.replies, house.world.clock.at
    overview, mail = replies.overview("ada", DEVICE, now), replies.subscribing("ada", ada.contacts[0], now)
    assert overview is not None
    assert mail is not None
    assert house.subscribe(link=overview.replace("/open/", "/push/"))["statusCode"] == 403
    assert house.subscribe(link=mail)["statusCode"] == 403
    assert "is reached by email, not by push" in house.world.notebook.faults[-1]


def test_who_left_the_configuration_subscribes_nothing(house: House) -> None:
    link = house.link
    house.phone.forget("ada")
    assert house.phone.look(link)["statusCode"] == 403
    assert house.subscribe(link=link)["statusCode"] == 403


def test_without_a_key_nobody_subscribes(house: House) -> None:
    for kept in (None, "nonsense", "{}"):
        house.world.parameters.values.pop(VAPID_KEY, None)
        if kept is not None:
            house.world.parameters.values[VAPID_KEY] = kept
        assert house.phone.look(house.link)["statusCode"] == 503
        assert VAPID_KEY in house.world.notebook.faults[-1]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("worker.js", "text/javascript"),
        ("subscribe.js", "text/javascript"),
        ("app.webmanifest", "application/manifest"),
    ],
)
def test_the_page_s_files_are_the_same_for_everybody(house: House, name: str, kind: str) -> None:
    shown = house.phone.look(f"/push/{name}")
    assert shown["statusCode"] == 200
    assert shown["headers"]["content-type"].startswith(kind)
    assert shown["headers"]["x-content-type-options"] == "nosniff"


def test_a_page_is_pushed_and_its_button_acknowledges(house: House) -> None:
    house.subscribe()
    house.phone.story.receive("network", summary="network: down")
    pushed = next(message.payload for message in house.service.delivered if message.payload["link"])
    assert "network: down" in pushed["body"]
    headers = {"sec-fetch-site": "same-origin", "accept": "application/json"}
    answer = house.phone.press(pushed["actions"][0]["action"], pushed["link"], headers)
    assert json.loads(answer["body"])["message"] == "You have it. 2 network is acknowledged."
    assert house.phone.story.incident.acknowledged_by == ("ada",)


def test_a_browser_that_is_gone_is_forgotten_and_the_text_goes_out_at_once(house: House) -> None:
    house.subscribe()
    house.service.forget()
    house.phone.story.receive("network", summary="network: down")
    told = [sent.notice for sent in house.world.sent if sent.notice.incident.title == "network: down"]
    assert next(notice.contact.medium for notice in told if notice.answer is None) is Medium.SMS
    [said] = [notice.answer for notice in told if notice.answer and "takes no pushes" in notice.answer]
    assert said.endswith("Ask for a new link to subscribe it: tocsin push-link ada laptop.")
    assert house.world.sent[-1].at == house.world.clock.at
    assert (house.state.subscription, house.state.broken) == ({}, True)
    assert "subscribed no more (410)" in (house.state.broken_because or "")
    requests = len(house.service.requests)
    house.phone.story.receive("cpu", summary="cpu: hot")
    assert len(house.service.requests) == requests  # what is gone isn't asked again
    house.subscribe()
    assert (house.state.broken, house.state.confirmed) == (False, True)


def test_a_busy_push_service_keeps_nobody_waiting(house: House) -> None:
    house.subscribe()
    house.service.script = [Scripted(429, {"Retry-After": "60"})]
    house.phone.story.receive("network", summary="network: down")
    told = [sent.notice.contact.medium for sent in house.world.sent if sent.notice.incident.title == "network: down"]
    assert told[0] is Medium.SMS
    assert house.state.subscription != {}


def test_an_unknown_outcome_is_pushed_once_more_and_then_texted(house: House) -> None:
    house.subscribe()
    house.service.requests.clear()
    house.service.script = [Scripted(500), Scripted(500)]
    house.phone.story.receive("network", summary="network: down")
    assert len(house.service.requests) == 2
    assert house.world.sent[-1].notice.contact.medium is Medium.SMS


def test_a_browser_that_subscribed_while_the_old_one_was_asked_isn_t_forgotten(house: House) -> None:
    house.subscribe()
    house.service.forget()
    to_the_old_one = house.world.deps.channels[Medium.PUSH]
    newer = house.service.subscribe(house.keys.public, "two")
    waiting = [newer]

    class Slow:
        """Its person subscribes anew while the push service is still answering."""

        can = to_the_old_one.can

        def send(self, notice: Notice) -> str:
            if notice.answer is None and waiting:
                house.subscribe(waiting.pop())
            return to_the_old_one.send(notice)

    house.world.deps = replace(house.world.deps, channels={**house.world.deps.channels, Medium.PUSH: Slow()})
    house.phone.story.receive("network", summary="network: down")
    assert house.state.subscription["endpoint"] == newer["endpoint"]
    assert not house.state.broken
