"""The page on which a person answers: looking changes nothing, pressing counts once, and each refusal has a name."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from shared.domain.command import Order
from shared.domain.incident import Status
from shared.flow.ports import Unavailable
from shared.web.form import LARGEST
from tests.web.browser_double import FROM_OUR_PAGE, HOST, Phone

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1) hx-get=/steal>{{ 7*7 }}\u202e"


class Gone:
    """The signing secret, where SSM doesn't answer."""

    def __getattr__(self, name: str) -> object:
        def fails(*_: object) -> None:
            raise Unavailable("the secret can't be read")

        return fails


@pytest.fixture
def phone() -> Phone:
    return Phone()


def said(answer: Mapping[str, str]) -> str:
    found = re.search(r'role="status"><bdi>(.*?)</bdi>', answer["body"], re.DOTALL)
    assert found is not None, answer["body"]
    return unescape(found[1])


def buttons(answer: Mapping[str, str]) -> list[str]:
    return re.findall(r'name="do" value="(\w+)"', answer["body"])


def refusals(phone: Phone) -> list[str]:
    return [fault for fault in phone.world.notebook.faults if fault.startswith("reply: ")]


def test_at_three_in_the_morning_the_page_says_what_is_wrong_since_when_and_who_has_it(phone: Phone) -> None:
    shown = phone.look()
    assert shown["statusCode"] == 200
    for fact in (
        "#1",
        "checkout",
        "disk: full",
        "critical",
        "triggered",
        "nobody yet; paged: Ada",
        "03:00 on Mon 23 Nov (UTC)",
    ):
        assert fact in unescape(shown["body"])
    assert "Level 1 is paged: Ada" in shown["body"]
    assert "Ada is paged by text in 2 min." in shown["body"]
    assert buttons(shown) == ["ack", "resolve", "escalate", "snooze", "note"]


def test_a_scanner_that_fetches_every_link_changes_nothing(phone: Phone) -> None:
    phone.story.at("03:20")
    before = phone.everything()
    links = [notice.link for notice in phone.notices if notice.link]
    links.append(phone.world.deps.replies.overview("ada", phone.notices[0].contact, phone.world.clock.at) or "")
    assert len(links) > 3
    for link in links:
        for method in ("GET", "HEAD", "GET", "OPTIONS"):
            phone.look(link, method)
        phone.ask("GET", link, {"sec-purpose": "prefetch", "purpose": "prefetch"})
        phone.ask("GET", f"{link}?do=ack", {**FROM_OUR_PAGE})
    assert phone.everything() == before


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "application/x-www-form-urlencoded"}, "List-Unsubscribe=One-Click"),
        ({"content-type": "application/x-www-form-urlencoded"}, "do=ack"),
        ({"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "cross-site"}, "do=ack"),
        ({"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "none"}, "do=ack"),
        ({"content-type": "application/x-www-form-urlencoded", "origin": "https://evil.example"}, "do=ack"),
        ({"content-type": "application/x-www-form-urlencoded", "origin": "null"}, "do=ack"),
        ({"content-type": "application/x-www-form-urlencoded", "origin": f"http://{HOST}"}, "do=ack"),
        (
            {
                "content-type": "application/x-www-form-urlencoded",
                "sec-fetch-site": "cross-site",
                "origin": f"https://{HOST}",
            },
            "do=ack",
        ),
    ],
)
def test_what_no_page_of_ours_sends_is_refused_and_counted(phone: Phone, headers: dict[str, str], body: str) -> None:
    answer = phone.ask("POST", phone.link, headers, body)
    assert answer["statusCode"] == 403
    assert refusals(phone) == ["reply: the answer doesn't come from our own page"]
    assert phone.world.notebook.counts["ReplyIgnored"] == 1
    assert phone.story.incident.status is Status.TRIGGERED


def test_a_browser_that_says_only_where_a_form_comes_from_is_believed(phone: Phone) -> None:
    assert phone.press("ack", headers={"origin": f"https://{HOST}"})["statusCode"] == 200
    assert phone.story.incident.acknowledged_by == ("ada",)


def test_pressing_acknowledge_stops_the_escalation_and_says_so(phone: Phone) -> None:
    answer = phone.press("ack")
    assert (answer["statusCode"], said(answer)) == (200, "You have it. 1 disk is acknowledged.")
    assert phone.story.incident.acknowledged_by == ("ada",)
    assert phone.story.log[-1].by.via == "link"
    assert buttons(answer)[:2] == ["resolve", "escalate"]
    assert phone.story.until("03:30") == []
    phone.story.holds()


def test_an_action_counts_once_a_page_whichever_of_its_links_is_used(phone: Phone) -> None:
    phone.press("ack")
    phone.story.says("grace", Order.NOTE, text="thanks")
    entries = len(phone.story.log)
    page = phone.notices[0].page
    assert page is not None
    signed_anew = phone.world.deps.replies.link(page, phone.world.clock.at + timedelta(hours=1))
    for link in (phone.link, signed_anew):
        assert (
            said(phone.press("ack", link))
            == "This has counted before, and nothing was done now. 1 disk is acknowledged."
        )
    assert len(phone.story.log) == entries


def test_once_it_is_resolved_every_link_is_void(phone: Phone) -> None:
    phone.story.at("03:06")
    grace = phone.link_of("grace")
    assert said(phone.press("resolve")) == "1 disk is resolved."
    answer = phone.press("ack", grace)
    assert (answer["statusCode"], said(answer)) == (409, "1 is resolved, so its links are void")
    assert refusals(phone) == ["reply: 1 is resolved, so its links are void"]
    shown = phone.look(grace)
    assert (shown["statusCode"], buttons(shown)) == (200, [])


def test_a_note_goes_along_with_a_button_and_stands_by_itself(phone: Phone) -> None:
    phone.press("ack", note="On the train,\r\nten minutes.")
    phone.press("note", note="At the desk.")
    phone.press("note", note="At the desk.")
    phone.press("note", note="Disk cleared.")
    texts = [entry.text for entry in phone.story.log if entry.text]
    assert texts == ["On the train,\nten minutes.", "At the desk.", "Disk cleared."]


def test_a_snooze_lasts_as_long_as_was_chosen(phone: Phone) -> None:
    phone.press("snooze", **{"for": "2h"})
    assert phone.story.incident.snoozed_until == phone.world.clock.at + timedelta(hours=2)


def test_escalating_tells_the_next_level_at_once(phone: Phone) -> None:
    phone.press("escalate")
    assert ("03:00", "grace", "email") in phone.story.told


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"do": "drop table"}, 400),
        ({"do": "status"}, 400),
        ({"do": "reassign"}, 400),
        ({"do": "snooze", "for": "9999d"}, 400),
        ({"do": "snooze"}, 400),
        ({"do": "note", "note": "   "}, 400),
        ({f"field{number}": "x" for number in range(30)}, 400),
        ({"do": "ack", "note": "x" * LARGEST}, 413),
    ],
)
def test_what_our_form_can_t_say_is_refused(phone: Phone, fields: dict[str, str], status: int) -> None:
    assert phone.press(fields.pop("do", ""), **fields)["statusCode"] == status
    assert phone.story.incident.status is Status.TRIGGERED
    assert phone.world.notebook.counts["ReplyIgnored"] == 1


def test_json_isn_t_taken_for_a_form(phone: Phone) -> None:
    headers = {"content-type": "application/json", **FROM_OUR_PAGE}
    assert phone.ask("POST", phone.link, headers, '{"do": "ack"}')["statusCode"] == 415


def test_a_phone_that_asks_for_json_is_told_in_json(phone: Phone) -> None:
    answer = phone.press("ack", headers={**FROM_OUR_PAGE, "accept": "application/json"})
    assert json.loads(answer["body"]) == {"status": "done", "message": "You have it. 1 disk is acknowledged."}


def test_another_incident_s_link_answers_that_incident_only(phone: Phone) -> None:
    first = phone.link
    phone.story.receive("network", summary="network: down")
    phone.press("ack", first)
    assert [incident.status for incident in phone.story.incidents] == [Status.ACKNOWLEDGED, Status.TRIGGERED]


def test_who_left_the_configuration_answers_nothing_any_more(phone: Phone) -> None:
    link = phone.link
    phone.forget("ada")
    for answer in (phone.look(link), phone.press("ack", link)):
        assert answer["statusCode"] == 403
        assert "disk" not in answer["body"]
    assert refusals(phone) == ["reply: the person who was paged is not in the configuration any more"] * 2
    assert phone.world.notebook.counts["ReplyIgnored"] == 2


@pytest.mark.parametrize(
    "path", ["/answer", "/answer/", "/answer/aaaa", "/answer/%00", "/answer/a/b", "/answer/" + "a" * 5000]
)
def test_made_up_links_are_refused_in_words(phone: Phone, path: str) -> None:
    assert phone.look(path)["statusCode"] == 403
    assert refusals(phone) == ["reply: this link isn't one of ours"]


def test_a_reply_address_is_no_link(phone: Phone) -> None:
    reply_to = phone.notices[0].reply_to
    assert reply_to is not None
    assert phone.look("/answer/" + reply_to.partition("@")[0].removeprefix("reply+"))["statusCode"] == 403


def test_other_methods_are_not_answered(phone: Phone) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert phone.ask(method, phone.link, FROM_OUR_PAGE, "do=ack")["statusCode"] == 405
    assert phone.story.incident.status is Status.TRIGGERED


def test_head_shows_nothing_but_headers(phone: Phone) -> None:
    assert phone.look(method="HEAD")["body"] == ""


def test_text_from_outside_is_shown_as_text() -> None:
    phone = Phone(summary=HOSTILE)
    phone.press("note", note=HOSTILE)
    body = phone.look()["body"]
    assert "<script" not in body
    assert "<img" not in body
    assert "49" not in body
    assert body.count("&lt;script&gt;") >= 3


def test_the_page_runs_nothing_is_framed_by_nobody_and_tells_no_other_site_its_address(phone: Phone) -> None:
    shown = phone.look()
    policy = shown["headers"]["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert shown["headers"]["referrer-policy"] == "same-origin"
    assert shown["headers"]["cache-control"] == "no-store"
    assert "<script" not in shown["body"]
    assert " style=" not in shown["body"]


def test_every_field_has_a_label(phone: Phone) -> None:
    body = phone.look()["body"]
    fields = re.findall(r"<(?:select|textarea|input)[^>]* id=\"(\w+)\"", body)
    assert fields
    assert set(fields) == set(re.findall(r'<label for="(\w+)"', body))


def test_where_the_secret_can_t_be_read_nothing_is_said_to_be_done(phone: Phone) -> None:
    link = phone.link

    phone.world.deps = replace(phone.world.deps, replies=Gone())  # type: ignore[arg-type]
    for answer in (phone.look(link), phone.press("ack", link)):
        assert answer["statusCode"] == 503
        assert said(answer) == "It can't be read just now. Try again in a moment; nothing was done."
