"""The list of what is open and one person was told of."""

import re
from html import unescape

from shared.flow.reply_link import open_overview
from tests.web.browser_double import Phone


def overview(phone: Phone, user: str = "ada") -> str:
    contact = phone.world.directories.current().users[user].contacts[1]
    link = phone.world.deps.replies.overview(user, contact, phone.world.clock.at)
    assert link is not None
    return link


def test_it_lists_what_is_open_and_one_was_told_of_newest_first_with_a_link_to_answer_each() -> None:
    phone = Phone()
    phone.story.receive("network", summary="network: down").receive("cpu", summary="cpu: hot")
    phone.story.resolve("network")
    shown = phone.look(overview(phone))
    assert re.findall(r"<strong><bdi>(.*?)</bdi>", shown["body"]) == ["cpu: hot", "disk: full"]
    links = re.findall(r'href="(.*?)"', shown["body"])
    assert [phone.look(unescape(link))["statusCode"] for link in links] == [200, 200]


def test_who_wasn_t_told_of_an_incident_doesn_t_see_it() -> None:
    phone = Phone()
    shown = phone.look(overview(phone, "grace"))
    assert "disk" not in shown["body"]
    assert "Whatever you were told of is resolved." in shown["body"]
    phone.story.at("03:06")
    assert "disk: full" in phone.look(overview(phone, "grace"))["body"]


def test_a_link_to_one_page_is_no_link_to_all_and_the_other_way_round() -> None:
    phone = Phone()
    assert phone.look(phone.link.replace("/answer/", "/open/"))["statusCode"] == 403
    assert phone.look(overview(phone).replace("/open/", "/answer/"))["statusCode"] == 403
    assert phone.world.notebook.counts["ReplyIgnored"] == 2


def test_who_left_the_configuration_sees_nothing() -> None:
    phone = Phone()
    link = overview(phone)
    phone.forget("ada")
    shown = phone.look(link)
    assert (shown["statusCode"], "disk" in shown["body"]) == (403, False)
    assert "not in the configuration any more" in phone.world.notebook.faults[-1]


def test_it_says_where_more_may_be_open_than_it_shows() -> None:
    phone = Phone()
    for number in range(4):
        phone.story.receive(f"disk-{number}", summary=f"disk-{number}: full")
    token = overview(phone).rpartition("/")[2]
    for most, looked_at, more in ((3, 500, True), (100, 3, True), (5, 5, False)):
        seen = open_overview(phone.world.deps, token, most, looked_at)
        assert (len(seen.listed), seen.more) == (min(most, looked_at), more)


def test_text_from_outside_is_shown_as_text() -> None:
    phone = Phone(summary="<script>alert(1)</script><img src=x hx-get=/steal>: full")
    body = phone.look(overview(phone))["body"]
    assert "&lt;script&gt;" in body
    assert "<script" not in body
    assert "<img" not in body


def test_nothing_can_be_sent_to_it() -> None:
    phone = Phone()
    assert phone.press("ack", overview(phone))["statusCode"] == 405
