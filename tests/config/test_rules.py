"""Patterns that can't do what they are written for; and nothing is told that isn't so."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.lint import lint
from shared.config.read import load
from shared.config.rules import covers
from shared.config.witness import witness
from shared.domain.pattern import compile_pattern

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TEAM = """\
account: {name: Acme, fallback: {email: ops@acme.example}}
users: {ada: {name: Ada, email: ada@acme.example, contacts: {mail: {email: ada@acme.example}}}}
escalation_policies: {all: {levels: [{notify: ["user:ada"], after: 5m}]}}
services:
  checkout: {policy: all, integrations: {alarms: {source: cloudwatch, when: CHECKOUT}}}
  office: {policy: all, integrations: {alarms: {source: cloudwatch, when: OFFICE}, events: {source: events_v2}}}
unrouted: office
event_rules:
"""
CHECKOUT, OFFICE = '{resource: [{wildcard: "*:alarm:checkout-*"}]}', '{resource: [{wildcard: "*:alarm:office-*"}]}'


def told(tmp_path: Path, *rules: str, checkout: str = CHECKOUT, office: str = OFFICE) -> list[str]:
    text = (
        TEAM.replace("CHECKOUT", checkout)
        .replace("OFFICE", office)
        .replace("event_rules:\n", "" if not rules else "event_rules:\n")
    )
    (tmp_path / "a.yaml").write_text(text + "".join(f"  - {rule}\n" for rule in rules))
    return [f"{f.line}: {f.path}: {f.code}: {f.message}" for f in lint(load(tmp_path), NOW)]


def rule(when: str, then: str = "{suppress: true}") -> str:
    return f"{{name: r, when: {when}, then: {then}}}"


COVERED = {
    "the same": ("{source: [a]}", "{source: [a]}"),
    "fewer words": ("{source: [a, b]}", "{source: [b]}"),
    "more fields": ("{source: [a]}", "{source: [a], class: [disk]}"),
    "a word that has the prefix": ("{source: [{prefix: stag}]}", "{source: [staging-1, {prefix: staging-}]}"),
    "a number that is in the range": (
        '{custom_details: {size: [{numeric: [">", 5]}]}}',
        "{custom_details: {size: [6, 7.5]}}",
    ),
    "whatever is there": ("{class: [{exists: true}]}", "{class: [{wildcard: 'a*b'}, x]}"),
    "every word that there is": ("{severity: [critical, error, warning, info]}", "{source: [a]}"),
    "a field that is always there": ("{summary: [{exists: true}]}", "{source: [a]}"),
}


@pytest.mark.parametrize("what", COVERED)
def test_a_rule_behind_one_that_takes_all_it_could_is_told(what: str, tmp_path: Path) -> None:
    wide, narrow = COVERED[what]
    (line,) = told(tmp_path, rule(wide), rule(narrow))
    assert line.startswith("10: event_rules[1]: unreachable_rule: it is never reached: the rule 'r' before it")
    assert told(tmp_path, rule(wide, "{tags: [x], continue: true}"), rule(narrow)) == []
    if wide != narrow:
        assert told(tmp_path, rule(narrow), rule(wide)) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{source: [a]}", "{source: [a, b]}"),
        ("{source: [a], class: [disk]}", "{source: [a]}"),
        ("{source: [{exists: true}]}", "{class: [x]}"),
        ("{custom_details: {size: [1]}}", "{custom_details: {size: [true]}}"),
        ("{source: [{prefix: staging-}]}", "{source: [{prefix: stag}]}"),
        ("{source: [{anything-but: [a]}]}", "{source: [{exists: false}]}"),
        ("{links: {href: [{exists: false}]}}", "{links: {text: [x]}}"),
    ],
)
def test_a_rule_that_may_be_reached_is_not_told(first: str, second: str, tmp_path: Path) -> None:
    assert told(tmp_path, rule(first), rule(second)) == []


NAMED = ({"prefix": "a"}, {"prefix": "ab"}, {"suffix": "b"}, {"exists": True}, {"exists": False}, {"wildcard": "a*b"})
OPERATORS = st.sampled_from(
    (
        "a",
        "ab",
        "b",
        1,
        2,
        True,
        None,
        *NAMED,
        {"anything-but": "a"},
        {"numeric": [">", 1]},
        {"equals-ignore-case": "A"},
    )
)
FIELDS = st.sampled_from(["source", "class", "custom_details", "severity"])
VALUES = st.lists(OPERATORS, min_size=1, max_size=3)
PATTERNS = st.dictionaries(
    FIELDS,
    VALUES | st.dictionaries(st.sampled_from(["x", "y"]), VALUES, min_size=1, max_size=2),
    min_size=1,
    max_size=3,
)
SCALARS = st.sampled_from(["a", "ab", "b", "abb", "A", 1, 2, 3, True, None])
LEAVES = SCALARS | st.lists(SCALARS, max_size=2)
OBJECTS = st.dictionaries(st.sampled_from(["x", "y"]), LEAVES, max_size=2)
EVENTS = st.fixed_dictionaries(
    {"action": st.just("trigger"), "dedup_key": st.just("k"), "summary": st.just("s"), "source_type": st.just("x")},
    optional={
        "source": LEAVES,
        "class": LEAVES | OBJECTS,
        "custom_details": LEAVES | OBJECTS | st.lists(OBJECTS, max_size=2),
    },
)


@given(PATTERNS, PATTERNS, st.lists(EVENTS, min_size=1, max_size=10), st.sampled_from(["critical", "info"]))
@settings(max_examples=400)
def test_what_is_called_covered_is_covered_for_every_event(
    wide: dict[str, Any], narrow: dict[str, Any], events: list[dict[str, Any]], severity: str
) -> None:
    narrow = {**wide, **narrow} if len(narrow) % 2 else narrow
    if covers(wide, narrow):
        first, second = compile_pattern(wide), compile_pattern(narrow)
        for event in events:
            seen = {**event, "severity": severity}
            assert first.matches(seen) or not second.matches(seen), seen


@given(PATTERNS, PATTERNS)
def test_a_witness_is_taken_by_both(one: dict[str, Any], other: dict[str, Any]) -> None:
    event = witness("cloudwatch", one, other)
    if event is not None:
        assert compile_pattern(one).matches(event)
        assert compile_pattern(other).matches(event)


def test_words_and_fields_that_no_event_has_are_told_with_the_nearest(tmp_path: Path) -> None:
    found = told(tmp_path, rule("{severity: [critcal]}"), rule("{sorce: [a]}"), rule("{source_type: [cloudwach]}"))
    assert found == [
        "9: event_rules[0].when: never: severity is never 'critcal'; did you mean critical?",
        "10: event_rules[1].when: never: no event has the field 'sorce'; did you mean source?",
        "11: event_rules[2].when: never: source_type is never 'cloudwach'; did you mean cloudwatch?",
    ]


@pytest.mark.parametrize(
    ("checkout", "office", "shown"),
    [
        (
            '{resource: [{wildcard: "*:alarm:checkout-*"}]}',
            '{resource: [{wildcard: "*:alarm:*-5xx"}]}',
            "checkout--5xx",
        ),
        (
            '{resource: [{prefix: "arn:aws:cloudwatch:"}]}',
            '{resource: [{suffix: "-5xx"}]}',
            "'arn:aws:cloudwatch:-5xx'",
        ),
        ("{region: [eu-west-1, eu-west-2]}", "{region: [eu-west-2]}", "region 'eu-west-2'"),
        ("{account: ['1']}", "{region: [eu-west-1]}", "account '1', region 'eu-west-1'"),
        ("{region: [{exists: true}]}", "{region: [{anything-but: [eu-west-1]}]}", "region 'x'"),
    ],
)
def test_two_integrations_that_take_the_same_event_are_told_with_one(
    checkout: str, office: str, shown: str, tmp_path: Path
) -> None:
    (line,) = told(tmp_path, checkout=checkout, office=office)
    assert line.startswith("6: services.office.integrations.alarms: overlap: an event with ")
    assert shown in line
    assert "services.checkout.integrations.alarms, too, which is asked first" in line


@pytest.mark.parametrize(
    ("checkout", "office"),
    [
        (CHECKOUT, OFFICE),
        ("{severity: [critical]}", "{severity: [info]}"),
        ("{region: [eu-west-1], account: ['1']}", "{region: [eu-west-1], account: ['2']}"),
        ("{region: [{exists: false}]}", "{region: [eu-west-1]}"),
    ],
)
def test_what_two_integrations_share_out_is_no_overlap(checkout: str, office: str, tmp_path: Path) -> None:
    assert told(tmp_path, checkout=checkout, office=office) == []


@pytest.mark.parametrize(
    ("pause", "by_rule", "told_of"), [("3m", "", True), ("2m", "", False), ("3m", "1m", False), ("", "9m", False)]
)
def test_a_pause_so_long_that_nothing_can_flap_is_told(pause: str, by_rule: str, told_of: bool, tmp_path: Path) -> None:
    flapping = f"{f'pause: {pause}, ' if pause else ''}flapping: {{times: 4, within: 10m}}, integrations: {{alarms"
    text = TEAM.replace("CHECKOUT", CHECKOUT).replace("OFFICE", OFFICE).replace("integrations: {alarms", flapping, 1)
    rules = f"  - {rule('{source: [a]}', f'{{pause: {by_rule}}}')}\n" if by_rule else "  []\n"
    (tmp_path / "a.yaml").write_text(text + rules)
    found = [f"{f.path}: {f.code}: {f.message}" for f in lint(load(tmp_path), NOW)]
    never = (
        "services.checkout.flapping: never: it never flaps: with a pause of 3m it can't open more than 4 times within "
        "10m. Lengthen `within`, or lower `times`"
    )
    assert found == ([never] if told_of else [])


@pytest.mark.parametrize(
    "wrong",
    [
        "{times: 1, within: 10m}",
        "{times: 21, within: 10m}",
        "{times: 2, within: 59s}",
        "{times: 2, within: 25h}",
        "{times: 2}",
    ],
)
def test_a_measure_of_flapping_out_of_bounds_is_an_error(wrong: str, tmp_path: Path) -> None:
    flapping = f"flapping: {wrong}, integrations: {{alarms"
    text = TEAM.replace("CHECKOUT", CHECKOUT).replace("OFFICE", OFFICE).replace("integrations: {alarms", flapping, 1)
    (tmp_path / "a.yaml").write_text(text + "  []\n")
    (found,) = load(tmp_path).findings
    assert found.path.startswith("services.checkout.flapping")
