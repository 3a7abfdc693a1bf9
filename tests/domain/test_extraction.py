"""What a rule takes out of an event is only text, found in linear time; a summary that lacks a variable isn't used."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.directory import EventRule, Extraction, Outcome
from shared.domain.errors import ConfigError
from shared.domain.event import SUMMARY_MAX
from shared.domain.extraction import Wording, compile_regex, parts, value, variables, word

SEEN: dict[str, Any] = {
    "summary": "disk: full",
    "severity": "critical",
    "class": "disk",
    "custom_details": {
        "package": "log4j-core@2.14.1",
        "size": 97.5,
        "n": 3,
        "on": True,
        "nothing": None,
        "inner": {"deep": "down"},
        "list": ["a=1", "b=2", "b=3"],
        "each": [{"host": "web-1"}, {"host": "db-1"}],
        "evil": "{severity} {{x}} \x1b[2J",
        "half": "\ud800x",
        "a.b": "dotted",
    },
}


def rule(summary: str | None = None, **extract: tuple[str, str]) -> EventRule:
    how = {name: Extraction(path=path, regex=regex) for name, (path, regex) in extract.items()}
    return EventRule(name="a rule", when={}, then=Outcome(summary=summary), extract=how)


@pytest.mark.parametrize(
    ("path", "regex", "found"),
    [
        ("custom_details.package", "^([^@]+)", "log4j-core"),
        ("custom_details.package", "[0-9.]+$", "2.14.1"),  # without a group all that it takes
        ("custom_details.package", "(log4j)|(nothing)", "log4j"),
        ("custom_details.package", "(nothing)|log4j", None),  # its first group took no part
        ("custom_details.package", "nothing", None),
        ("custom_details.size", "(.*)", "97.5"),
        ("custom_details.n", "(.*)", "3"),
        ("custom_details.on", "(.*)", "true"),
        ("custom_details.nothing", "(.*)", None),
        ("custom_details.inner", "(.*)", None),  # an object is no text
        ("custom_details.inner.deep", "(.*)", "down"),
        ("custom_details.list", "b=(.)", "2"),  # the first of a list in which it is found
        ("custom_details.each.host", "db-.*", "db-1"),
        ("custom_details.a.b", "(.*)", "dotted"),
        ("custom_details.absent", "(.*)", None),
        ("absent", "(.*)", None),
        ("custom_details.half", "(.*)", "?x"),
        ("severity", "(.*)", "critical"),
    ],
)
def test_a_variable_is_the_first_group_of_the_first_value_in_which_it_is_found(
    path: str, regex: str, found: str | None
) -> None:
    assert value(Extraction(path=path, regex=regex), SEEN) == found


def test_a_summary_is_written_of_variables_and_of_the_event_s_fields() -> None:
    told = rule(
        "CVE in {package}: {severity}, {custom_details.size} % {{{class}}}",
        package=("custom_details.package", "^([^@]+)"),
    )
    assert word([told], SEEN) == Wording("CVE in log4j-core: critical, 97.5 % {disk}", ("{package} is log4j-core",))


def test_a_variable_that_is_not_there_keeps_the_summary_before_and_says_so() -> None:
    lacking = rule("CVE in {package}, {group}", package=("custom_details.absent", "(.*)"))
    assert word([lacking], SEEN) == Wording(
        None,
        ("{package} was not found in custom_details.absent; its summary isn't used: {package}, {group} was not found",),
    )
    assert word([rule("said before"), lacking], SEEN).summary == "said before"
    assert word([rule("   ")], SEEN) == Wording(None, ("its summary isn't used: it would be empty",))


def test_a_later_rule_may_use_what_an_earlier_one_found_and_the_last_summary_holds() -> None:
    first = rule("first {x}", x=("custom_details.package", "^([^@]+)"))
    assert word([first, rule("then {x}")], SEEN).summary == "then log4j-core"
    assert word([first, rule()], SEEN).summary == "first log4j-core"


def test_what_is_extracted_is_only_text() -> None:
    assert (
        word([rule("got {x}", x=("custom_details.evil", "(?s)(.*)"))], SEEN).summary == "got {severity} {{x}} \x1b[2J"
    )


def test_a_summary_has_at_most_what_a_summary_may_have() -> None:
    long = {"custom_details": {"x": "y" * 500_000}}
    wording = word([rule("{v}{v}", v=("custom_details.x", "(.*)"))], long)
    assert len(wording.summary or "") == SUMMARY_MAX
    assert len(wording.notes[0]) < 100


@pytest.mark.parametrize("template", ["{", "a {b", "}", "a } b", "{}", "{ }", "{a{b}}"])
def test_braces_that_mean_nothing_are_refused(template: str) -> None:
    with pytest.raises(ConfigError):
        parts(template)


@given(st.text("ab{} ", max_size=12))
def test_text_with_its_braces_doubled_says_itself(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert "".join(said for said, _ in parts(doubled)) == text
    assert variables(doubled) == ()


@pytest.mark.parametrize(
    ("regex", "why"),
    [
        ("(?=a)b", "looks ahead"),
        ("(?<!a)b", "looks behind"),
        (r"(a)\1", "refers back to a group"),
        ("(?>a)", "is atomic"),
        ("(a", "missing"),
        ("a" * 1001, "at most 1000 characters"),
    ],
)
def test_what_re2_leaves_out_is_refused_with_its_reason(regex: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        compile_regex(regex)


def test_no_expression_takes_time_without_end() -> None:
    started = time.process_time()
    assert value(Extraction(path="summary", regex="^(a|aa)+$"), {"summary": "a" * 200_000 + "b"}) is None
    assert time.process_time() - started < 1  # one that backtracks doubles with each character
