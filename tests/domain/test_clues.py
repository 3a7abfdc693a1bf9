"""No rule that matches is passed over: the way by clues is the way of asking every rule in order."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import routing
from shared.domain.clues import Clues
from shared.domain.directory import EventRule, Outcome
from shared.domain.event import Action, Event, Severity
from shared.domain.extraction import Wording
from shared.domain.pattern import compile_pattern
from tests.flow.people import directory
from tests.flow.story import EVENING

TEXTS = ("", "a", "ab", "abc", "b", "ba", "bab")
texts = st.sampled_from(TEXTS)
begun = texts.filter(bool)
operators = (
    texts
    | st.sampled_from([1, None, True])
    | st.builds(lambda text: {"prefix": text}, texts)
    | st.builds(lambda text: {"suffix": text}, texts)
    | st.builds(lambda text: {"anything-but": {"prefix": text}}, begun)
    | st.builds(lambda text: {"equals-ignore-case": text.upper()}, texts)
    | st.builds(lambda there: {"exists": there}, st.booleans())
    | st.sampled_from([{"wildcard": glob} for glob in ("a*", "*b", "a*b", "*", "*a*", "*b*a*", "ab", "a\\*")])
    | st.sampled_from([{"prefix": {"equals-ignore-case": "A"}}, {"numeric": ["=", 1]}])
)
fields = st.lists(operators, min_size=1, max_size=3)
KEYS = ("source", "component", "group")
simple = st.dictionaries(st.sampled_from(KEYS), fields, min_size=1, max_size=2)
nested = st.builds(
    lambda inner: {"custom_details": inner}, st.dictionaries(st.sampled_from(["x", "y"]), fields, min_size=1)
)
dotted = st.builds(lambda inner: {"custom_details.x": inner}, fields)
plain = simple | nested | dotted | st.builds(lambda one, other: {**one, **other}, simple, nested)
patterns = plain | st.builds(
    lambda branches, more: {"$or": branches, **more}, st.lists(plain, min_size=2, max_size=3), st.just({}) | simple
)
values = texts | st.sampled_from([1, None, True, {}]) | st.lists(texts, max_size=2)
details = st.dictionaries(st.sampled_from(["x", "y"]), values) | st.lists(
    st.dictionaries(st.sampled_from(["x", "y"]), values), max_size=2
)
outcomes = st.builds(
    Outcome,
    route=st.sampled_from([None, "checkout", "platform"]),
    severity=st.sampled_from([None, *Severity]),
    drop=st.booleans(),
    suppress=st.booleans(),
    proceed=st.booleans(),
)
events = st.builds(
    lambda source, component, group, some: Event(
        action=Action.TRIGGER,
        dedup_key="k",
        severity=Severity.ERROR,
        summary="s",
        source=source,
        source_type="events_v2",
        component=component,
        group=group,
        custom_details=some,
    ),
    texts,
    texts,
    st.none() | texts,
    details | texts,
)


@given(st.lists(st.tuples(patterns, outcomes), max_size=6), events)
def test_the_way_is_that_of_asking_every_rule_in_order(
    told: list[tuple[Mapping[str, Any], Outcome]], event: Event
) -> None:
    rules = tuple(EventRule(name=f"rule {n}", when=when, then=then) for n, (when, then) in enumerate(told))
    by_hand: list[EventRule] = []
    for rule in rules:
        if compile_pattern(rule.when).matches(routing.as_pattern_input(event, None)):
            by_hand.append(rule)
            if not rule.then.proceed:
                break
    here = directory(rules=rules)

    assert routing.route(here, event, None, EVENING) == routing._decided(here, event, None, by_hand, Wording(), EVENING)
    assert [trace.rule for trace in routing.tried(here, event) if trace.matched] == [rule.name for rule in by_hand]


@given(st.lists(patterns, max_size=8), st.dictionaries(st.sampled_from(KEYS), values), details)
def test_whatever_lies_where_a_clue_looks_no_match_is_left_out(
    told: list[Mapping[str, Any]], some: dict[str, Any], more: Any
) -> None:
    event = {**some, "custom_details": more}
    matching = [n for n, pattern in enumerate(told) if compile_pattern(pattern).matches(event)]
    asked = Clues(told).may_match(event)
    assert set(matching) <= set(asked)
    assert asked == sorted(set(asked))


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["web-1", "web-2"]},
        {"source": [{"prefix": "web-"}, "www"]},
        {"source": [{"suffix": ".web"}]},
        {"source": [{"wildcard": "web-*.example"}]},
        {"source": [{"wildcard": "*.web"}]},
        {"source": [{"wildcard": "*web*1*"}, {"wildcard": "*www*"}, {"prefix": "web"}]},
        {"severity": ["critical"], "source": ["web-1"]},
        {"custom_details": {"service": ["web"]}},
        {"$or": [{"source": ["web-1"]}, {"component": ["web"]}]},
    ],
    ids=str,
)
def test_a_rule_that_can_t_match_is_not_asked(pattern: Mapping[str, Any]) -> None:
    event = {"source": "db-1", "severity": "critical", "component": "db", "custom_details": {"service": "db"}}
    common = [{"severity": ["critical"], "source": [f"app-{n}"]} for n in range(3)]  # severity tells nothing apart
    assert Clues([pattern, *common]).may_match(event) == []


def test_a_rule_without_a_text_to_look_for_is_always_asked() -> None:
    patterns = [{"source": [{"exists": False}, "a"]}, {"custom_details": {"free": [{"numeric": ["<", 5]}]}}]
    assert Clues(patterns).may_match({}) == [0, 1]
