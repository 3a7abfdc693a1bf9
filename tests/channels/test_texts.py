"""The account's own texts: they say what their author wrote, and a page goes out whatever they do."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cli.world import Notebook, Settings
from shared.channels import gsm7, mail, sample, sms
from shared.channels.checking import check
from shared.channels.facts import SUMMARY_MAX, facts
from shared.channels.texts import TEXTS, default, text_of
from shared.config.build import build
from shared.domain.directory import Medium, Urgency
from shared.flow.channel import Notice
from shared.sources.mail.html_text import html_text
from shared.sources.mail.new_text import new_text
from shared.wiring import Channels
from tests.channels.test_messages import HOSTILE, notice
from tests.flow.people import FALLBACK

EVERYTHING_SAID = (
    "{{ headline }} {{ summary }} {{ tags | join }} {{ rows | columns }} {{ changes | columns }} {{ name }} {{ how }}"
)
MORE_HOSTILE = [
    *HOSTILE,
    "{{ 7*7 }} {% raw %} {# gone #} ${7*7} #{7*7}",
    "@channel <@U123> <!here|you> <https://evil.example|tocsin.acme.example>",
    "**bold** _it_ `code` [click](https://evil.example) <at>ada</at> # big",
    "https://evil.example/?next=%0d%0aBcc:x",
    "a\u2028b\u2029c\x85d\x0be\x0cf\ttab",
    "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "{" * 100_000,
    "<" * 100_000,
]
BOTH_WAYS = [(name, own) for name in TEXTS for own in (False, True)]


def medium(name: str) -> Medium:
    return Medium(name.partition(".")[0])


def own(**templates: str) -> Notice:
    """Ada's page in an account with texts of its own: ``email_text`` is ``email.text``."""
    return replace(notice(), templates={name.replace("_", "."): text for name, text in templates.items()})


def heard(show: Callable[[Notice, Callable[[str], None]], object], told: Notice) -> tuple[object, list[str]]:
    faults: list[str] = []
    return show(told, faults.append), faults


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name == "href"]


def test_an_account_s_own_texts_are_what_its_people_read() -> None:
    told = own(
        sms="{{ service }}/{{ number }} {{ summary }}",
        email_subject="{{ account }} {{ number }}",
        email_text="{{ name }}, {{ service }} is on fire.",
        email_html="<h1>{{ summary }}</h1>",
    )
    assert sms.render(told) == "checkout/17 checkout-5xx: Threshold Crossed"
    page = mail.render(told)
    assert page.subject == "Acme 17"
    assert page.text == "TOCSIN 17 · CRITICAL · checkout\nAda, checkout is on fire.\n"
    assert "<h1>checkout-5xx: Threshold Crossed</h1>" in page.html


def test_a_text_is_known_to_the_configuration_by_the_same_name() -> None:
    document = {
        "account": {"name": "Acme", "fallback": {"email": "ops@acme.example"}},
        "templates": {
            "sms": "1",
            "email": {"subject": "2", "text": "3", "html": "4"},
            "push": {"title": "5", "body": "6"},
            "slack": "7",
            "teams": "8",
        },
    }
    assert set(build(document, 1).templates) == set(TEXTS)


@pytest.mark.parametrize(
    "broken",
    [
        "{{ summary",
        "{{ sumary }}",
        "{% if nobody %}only to the fallback{% endif %}",
        "{{ number < summary }}",
        "\ud800",
    ],
)
def test_a_page_goes_out_by_tocsin_s_own_text_where_the_account_s_fails_and_it_is_told_of_once(broken: str) -> None:
    for name, show in (("sms", sms.render), ("email.text", mail.render), ("email.html", mail.render)):
        ours, faults = heard(show, replace(notice(), templates={name: broken}))
        assert ours == show(notice())
        (fault,) = faults
        assert f"templates.{name}" in fault


def test_a_failed_template_is_logged_and_counted() -> None:
    class Provider:
        def publish(self, **_: object) -> dict[str, str]:
            return {"MessageId": "7"}

    journal = Notebook()
    channels = Channels({}, lambda service, config: Provider(), journal, Settings())
    assert channels[Medium.SMS].send(own(sms="{{ sumary }}")) == "7"
    (fault,) = journal.faults
    assert fault.startswith("page: the template sms failed: line 1: sumary is no fact; did you mean summary?")
    assert journal.counts == {"Degraded": 1}


@pytest.mark.parametrize("name", TEXTS)
def test_tocsin_s_own_texts_stand_every_check(name: str) -> None:
    assert check(name, default(name)) == []


@pytest.mark.parametrize("said", MORE_HOSTILE)
@pytest.mark.parametrize(("name", "all_of_it"), BOTH_WAYS)
def test_text_from_outside_forges_nothing_in_any_text(name: str, all_of_it: bool, said: str) -> None:
    plain, forged = sample.notice(medium(name)), sample.notice(medium(name), said)
    if all_of_it:
        plain, forged = (replace(told, templates={name: EVERYTHING_SAID}) for told in (plain, forged))
    faults: list[str] = []
    text, honest = text_of(name, forged, faults.append), text_of(name, plain, faults.append)
    assert faults == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
    assert text.count("\n") <= honest.count("\n")  # a row may be missing, none is added
    text.encode()
    if "7*7" in said and (all_of_it or "summary" in TEXTS[name].says):
        assert "{{ 7*7 }}" in text.replace("\\", "")
    if name == "email.html":
        kinds = set(Elements(honest).found)
        assert set(Elements(text).found) <= kinds | {("a", ("href", "rel")), ("a", ("href",))}
        assert all(link.startswith("https://") for link in Elements(text).links)
    if name == "slack":
        assert not re.search(r"[<>]", text)
    if name == "teams":
        assert not re.search(r"(?<!\\)[\[\]*_`<>]", text.replace("\\\\", ""))


@pytest.mark.parametrize("said", [*MORE_HOSTILE, "resolve"])
def test_who_answers_above_a_page_that_is_quoted_without_marks_answers_with_their_own_words(said: str) -> None:
    commands = {"email.text": "ack\nresolve\n{{ summary }}", "email.html": "<p>ack</p><p>{{ summary }}</p>"}
    page = mail.render(replace(sample.notice(Medium.EMAIL, said), templates=commands))
    for quoted in (page.text, html_text(page.html)):
        assert new_text(f"Looking into it\n\n{quoted}") == "Looking into it"


@pytest.mark.parametrize("said", MORE_HOSTILE)
@pytest.mark.parametrize(
    "template", ["{{ summary }}\n\n{{ rows | columns }}", "x" * 2_000, "🔥 {{ summary }} 🔥", "{{ how }}"]
)
def test_a_text_message_is_one_line_of_two_parts_at_most_whatever_a_template_says(template: str, said: str) -> None:
    text = sms.render(replace(sample.notice(Medium.SMS, said), templates={"sms": template}))
    assert 1 <= gsm7.parts(text) <= 2
    assert len(text.splitlines()) <= 1


def test_what_is_too_long_is_cut_from_the_summary_and_what_stands_around_it_stays() -> None:
    told = replace(notice("w" * 5_000), templates={"sms": "<{{ summary }}> {{ how }}"})
    text = sms.render(replace(told, contact=sample.notice(Medium.SMS).contact))
    assert text.startswith("<www")
    assert text.endswith("...> Answer by mail.")
    assert gsm7.parts(text) == 1  # which holds enough of it


def test_a_subject_is_one_line_whatever_a_template_says() -> None:
    page = mail.render(own(email_subject="one\nBcc: two@evil.example\r\n{{ rows | columns }}"))
    assert page.subject.startswith("one Bcc:")
    assert len(page.subject) <= mail.SUBJECT_MAX


def test_what_moves_in_a_terminal_is_taken_out_of_a_template_too() -> None:
    page = mail.render(
        own(email_text="bell\x07 and\x1b[31m red\r\n{{ summary }}", email_html="<p>\x00{{ summary }}</p>")
    )
    assert page.text.splitlines()[1:] == ["bell and[31m red", "checkout-5xx: Threshold Crossed"]
    assert "\x00" not in page.html


def test_an_answer_has_the_subject_of_its_page() -> None:
    told = own(email_subject="{{ account }} {{ number }}")
    assert mail.render(replace(told, answer="You have it.", page=None)).subject == "Re: Acme 17"


def test_facts_are_cut_to_what_people_read() -> None:
    told = facts(sample.notice(Medium.EMAIL, "w" * 100_000))
    assert len(told.summary) == SUMMARY_MAX
    assert max(len(value) for _, value in told.rows) <= SUMMARY_MAX
    assert max(map(len, told.tags)) <= 60


def test_whoever_has_no_mail_is_told_the_link_to_answer_by() -> None:
    told = sample.notice(Medium.SMS)
    assert told.user
    alone = replace(told, user=replace(told.user, contacts=()))
    assert sms.render(alone).endswith("Answer: https://tocsin.acme.example/answer/sample")


def test_the_fallback_contact_s_facts_are_empty_where_there_is_nobody() -> None:
    told = facts(replace(notice(), page=replace(notice().page, user="fallback"), user=None, contact=FALLBACK[1]))  # type: ignore[type-var]
    assert (told.name, told.how, told.zone) == ("", "", "UTC")
    assert told.nobody == "nobody could be reached"
    assert told.urgency == Urgency.HIGH
