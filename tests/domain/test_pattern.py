"""Event patterns mean what they mean in EventBridge.

The table follows https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import fnmatch
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import ConfigError
from shared.domain.operators import PatternError
from shared.domain.pattern import compile_pattern

EVENT: dict[str, Any] = {
    "source": "staging-checkout",
    "severity": "critical",
    "account": "111122223333",
    "empty": "",
    "nothing": None,
    "yes": True,
    "size": 300.0,
    "tags": ["pci", "eu"],
    "none": [],
    "custom_details": {
        "address": "10.0.0.33",
        "address6": "2001:db8::5",
        "count": 5,
        "path": "/usr/lib/dir/file.png",
        "star": "a*b",
        "nested": {"deep": "x"},
        "metrics": [
            {"name": "CPU", "dimensions": {"host": "web-1"}},
            {"name": "Memory", "dimensions": {"host": "web-2"}, "unit": "bytes"},
        ],
        "app.example/name": "orders",
        "grid": [["a", "b"], [{"cell": "c"}]],
    },
}
DETAILS = "custom_details"

MATCHING: list[dict[str, Any]] = [
    {"source": ["staging-checkout"]},
    {"source": ["other", "staging-checkout"]},
    {"source": ["staging-checkout"], "severity": ["critical", "error"]},
    {"empty": [""]},
    {"nothing": [None]},
    {"yes": [True]},
    {"size": [300.0]},
    {"size": [{"numeric": ["=", 300]}]},
    {"account": ["111122223333"]},
    {"tags": ["eu"]},
    {"tags": ["us", "pci"]},
    {"source": [{"prefix": "staging-"}]},
    {"source": [{"prefix": {"equals-ignore-case": "STAGING"}}]},
    {"source": [{"suffix": "checkout"}]},
    {"source": [{"suffix": {"equals-ignore-case": "CheckOut"}}]},
    {"source": [{"equals-ignore-case": "Staging-Checkout"}]},
    {"source": ["nothing", {"prefix": "staging-"}]},
    {"source": [{"anything-but": "production"}]},
    {"source": [{"anything-but": ["production", "canary"]}]},
    {"source": [{"anything-but": {"prefix": "prod"}}]},
    {"source": [{"anything-but": {"prefix": ["prod", "canary"]}}]},
    {"source": [{"anything-but": {"suffix": [".png", ".gif"]}}]},
    {"source": [{"anything-but": {"equals-ignore-case": ["PRODUCTION"]}}]},
    {"source": [{"anything-but": {"wildcard": "prod-*"}}]},
    {"source": [{"anything-but": 5}]},
    {"nothing": [{"anything-but": "x"}]},
    {"size": [{"anything-but": [100, 200]}]},
    {"size": [{"anything-but": "300"}]},
    {"tags": [{"anything-but": "pci"}]},  # the other element is something else
    {"size": [{"numeric": ["=", 3e2]}]},
    {"size": [{"numeric": [">", 299.5, "<=", 300]}]},
    {"size": [{"numeric": [">=", 300]}]},
    {"size": [{"numeric": ["<", 301]}]},
    {"source": [{"exists": True}]},
    {"nothing": [{"exists": True}]},
    {"absent": [{"exists": False}]},
    {"none": [{"exists": False}]},  # an empty list has no value
    {DETAILS: [{"exists": False}]},  # only leaves exist
    {"absent": {"deeper": [{"exists": False}]}},
    {"source": {"deeper": [{"exists": False}]}},
    {"absent": [{"exists": False}, "x"]},
    {"source": [{"exists": False}, "staging-checkout"]},
    {DETAILS: {"address": [{"cidr": "10.0.0.0/24"}]}},
    {DETAILS: {"address": [{"cidr": "10.0.0.33/32"}]}},
    {DETAILS: {"address": [{"cidr": "10.0.0.77/24"}]}},  # the block that the address is in
    {DETAILS: {"address": [{"cidr": "010.0.0.0/8"}]}},
    {DETAILS: {"address6": [{"cidr": "2001:db8::/32"}]}},
    {DETAILS: {"path": [{"wildcard": "*/lib/*"}]}},
    {DETAILS: {"path": [{"wildcard": "/usr*dir*.png"}]}},
    {DETAILS: {"path": [{"wildcard": "/usr/lib/dir/file.png"}]}},
    {DETAILS: {"path": [{"wildcard": "*"}]}},
    {"empty": [{"wildcard": "*"}]},
    {DETAILS: {"star": [{"wildcard": "a\\*b"}]}},
    {DETAILS: {"nested": {"deep": ["x"]}}},
    {DETAILS: {"metrics": {"name": ["Memory"], "dimensions": {"host": ["web-2"]}}}},
    {DETAILS: {"metrics": {"name": ["CPU"], "unit": [{"exists": False}]}}},
    {DETAILS: {"grid": ["b"]}},
    {DETAILS: {"grid": {"cell": ["c"]}}},
    {DETAILS: {"app.example/name": ["orders"]}},
    {"custom_details.nested.deep": ["x"]},
    {"custom_details.metrics.name": ["Memory"]},
    {"$or": [{"source": ["no"]}, {"severity": ["critical"]}]},
    {"source": ["staging-checkout"], "$or": [{"yes": [False]}, {"size": [{"numeric": [">", 1]}], "tags": ["eu"]}]},
    {DETAILS: {"$or": [{"count": [6]}, {"nested": {"deep": ["x"]}}]}},
    {"$or": [{"source": ["no"]}, {"$or": [{"tags": ["eu"]}, {"tags": ["us"]}]}]},
    {DETAILS: {"metrics": {"$or": [{"name": ["CPU"]}, {"unit": [{"exists": False}]}]}}},
    {DETAILS: {"metrics": {"name": ["CPU"], "$or": [{"unit": ["bytes"]}, {"unit": [{"exists": False}]}]}}},
]

FAILING: list[dict[str, Any]] = [
    {"source": ["Staging-checkout"]},
    {"source": ["staging"]},
    {"source": ["staging-checkout"], "severity": ["error"]},
    {"absent": ["x"]},
    {"absent": [None]},
    {"empty": [None]},
    {"nothing": [""]},
    {"nothing": ["null"]},
    {"yes": ["true"]},
    {"yes": [1]},
    {"size": ["300"]},
    {"size": [300]},  # a number is compared as it is written
    {"size": [True]},
    {"account": [111122223333]},
    {"account": [{"numeric": [">", 0]}]},
    {"tags": ["us"]},
    {"none": ["x"]},
    {"none": [{"anything-but": "x"}]},
    {"size": [{"prefix": "3"}]},
    {"source": [{"prefix": "Staging"}]},
    {"source": [{"suffix": "Checkout"}]},
    {"source": [{"anything-but": "staging-checkout"}]},
    {"source": [{"anything-but": ["x", "staging-checkout"]}]},
    {"source": [{"anything-but": {"prefix": ["x", "stag"]}}]},
    {"source": [{"anything-but": {"suffix": "checkout"}}]},
    {"source": [{"anything-but": {"equals-ignore-case": "STAGING-CHECKOUT"}}]},
    {"source": [{"anything-but": {"wildcard": "*check*"}}]},
    {"size": [{"anything-but": 300}]},
    {"tags": [{"anything-but": ["pci", "eu"]}]},
    {"absent": [{"anything-but": "x"}]},  # what isn't there is nothing, not something else
    {"size": [{"numeric": [">", 300]}]},
    {"size": [{"numeric": [">", 0, "<", 300]}]},
    {"yes": [{"numeric": ["=", 1]}]},
    {"source": [{"exists": False}]},
    {"nothing": [{"exists": False}]},
    {"absent": [{"exists": True}]},
    {"none": [{"exists": True}]},
    {DETAILS: [{"exists": True}]},
    {DETAILS: {"address": [{"cidr": "10.0.1.0/24"}]}},
    {DETAILS: {"address": [{"cidr": "2001:db8::/32"}]}},
    {"source": [{"cidr": "10.0.0.0/8"}]},
    {DETAILS: {"path": [{"wildcard": "*.gif"}]}},
    {DETAILS: {"path": [{"wildcard": "usr*"}]}},
    {DETAILS: {"path": [{"wildcard": "*dir*lib*"}]}},
    {DETAILS: {"star": [{"wildcard": "a\\*c"}]}},
    {DETAILS: {"metrics": {"name": ["CPU"], "dimensions": {"host": ["web-2"]}}}},  # of two different elements
    {DETAILS: {"metrics": {"unit": [{"exists": False}]}}},  # one element has it
    {DETAILS: {"nested": ["x"]}},
    {"source": {"deeper": ["x"]}},
    {"custom_details.nested": ["x"]},
    {"$or": [{"source": ["no"]}, {"severity": ["error"]}]},
    {"severity": ["error"], "$or": [{"source": ["no"]}, {"tags": ["eu"]}]},
    {DETAILS: {"metrics": {"$or": [{"name": ["Disk"]}, {"unit": [{"exists": False}]}]}}},
    {DETAILS: {"metrics": {"name": ["Memory"], "$or": [{"unit": ["GB"]}, {"unit": [{"exists": False}]}]}}},
]


@pytest.mark.parametrize("pattern", MATCHING, ids=json.dumps)
def test_it_matches(pattern: dict[str, Any]) -> None:
    compiled = compile_pattern(pattern)
    assert compiled.matches(EVENT), compiled.why(EVENT)


@pytest.mark.parametrize("pattern", FAILING, ids=json.dumps)
def test_it_does_not_match(pattern: dict[str, Any]) -> None:
    compiled = compile_pattern(pattern)
    assert not compiled.matches(EVENT), compiled.why(EVENT)


@pytest.mark.parametrize(
    ("pattern", "because"),
    [
        ({"source": [{"prefix": "prod-"}]}, "source does not begin with prod-"),
        ({"source": [{"prefix": "staging-"}]}, "source begins with staging-"),
        ({"source": ["a"]}, "source is not a"),
        ({"source": ["a", "b"]}, "source is none of a, b"),
        ({"source": ["a", {"suffix": "z"}]}, "source is not a and does not end with z"),
        ({"absent": ["a"]}, "absent is not there"),
        ({"absent": [{"exists": False}]}, "absent is not there"),
        ({"source": [{"exists": False}]}, "source is there"),
        ({"source": [{"anything-but": "staging-checkout"}]}, "source is staging-checkout"),
        ({"source": [{"anything-but": {"prefix": "staging-"}}]}, "source begins with staging-"),
        ({"source": [{"anything-but": {"prefix": "prod-"}}]}, "source does not begin with prod-"),
        ({"size": [{"numeric": [">", 0, "<=", 5]}]}, "size is not > 0 and <= 5"),
        ({DETAILS: {"address": [{"cidr": "10.0.0.0/24"}]}}, "custom_details.address is in 10.0.0.0/24"),
        ({"severity": ["critical"], "tags": ["us"]}, "tags is not us"),
        ({"severity": ["critical"], "tags": ["eu"]}, "severity is critical, tags is eu"),
        ({"$or": [{"source": ["no"]}, {"tags": ["eu"]}]}, "tags is eu"),
        ({"$or": [{"source": ["no"]}, {"tags": ["us"]}]}, "source is not no and tags is not us"),
        ({"source": ["no"], "$or": [{"yes": [True]}, {"tags": ["us"]}]}, "source is not no"),
        ({DETAILS: {"metrics": {"name": ["Memory"]}}}, "custom_details.metrics.name is Memory"),
        ({"nothing": ["x", None]}, "nothing is one of x, null"),
    ],
)
def test_it_says_why(pattern: dict[str, Any], because: str) -> None:
    assert compile_pattern(pattern).why(EVENT) == because


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ({}, ""),
        ([], ""),
        ({"source": "x"}, "source"),
        ({"source": []}, "source"),
        ({"source": {}}, "source"),
        ({"source": [["x"]]}, "source[0]"),
        ({"source": ["x", {"prefx": "a"}]}, "source[1]"),
        ({"source": [{}]}, "source[0]"),
        ({"source": [{"prefix": "a", "suffix": "b"}]}, "source[0]"),
        ({"source": [{"prefix": 5}]}, "source[0].prefix"),
        ({"source": [{"prefix": {"wildcard": "x"}}]}, "source[0].prefix"),
        ({"source": [{"suffix": {"equals-ignore-case": 1}}]}, "source[0].suffix.equals-ignore-case"),
        ({"source": [{"anything-but": []}]}, "source[0].anything-but"),
        ({"source": [{"anything-but": ["a", 1]}]}, "source[0].anything-but"),
        ({"source": [{"anything-but": True}]}, "source[0].anything-but"),
        ({"source": [{"anything-but": {"numeric": ["=", 1]}}]}, "source[0].anything-but"),
        ({"source": [{"anything-but": {"prefix": ""}}]}, "source[0].anything-but.prefix"),
        ({"source": [{"anything-but": {"wildcard": "a**"}}]}, "source[0].anything-but.wildcard"),
        ({"size": [{"numeric": []}]}, "size[0].numeric"),
        ({"size": [{"numeric": [">", "1"]}]}, "size[0].numeric"),
        ({"size": [{"numeric": ["!=", 1]}]}, "size[0].numeric"),
        ({"size": [{"numeric": ["<", 1, ">", 0]}]}, "size[0].numeric"),
        ({"size": [{"numeric": [["x"], 0]}]}, "size[0].numeric"),
        ({"size": [{"numeric": [">", 0, "<"]}]}, "size[0].numeric"),
        ({"size": [{"numeric": [">", 5, "<", 5]}]}, "size[0].numeric"),
        ({"size": [{"numeric": [">", float("inf")]}]}, "size[0].numeric"),
        ({"size": [float("nan")]}, "size[0]"),
        ({"source": [{"exists": "yes"}]}, "source[0].exists"),
        ({"source": [{"cidr": "10.0.0.0/33"}]}, "source[0].cidr"),
        ({"source": [{"cidr": 10}]}, "source[0].cidr"),
        ({"source": [{"cidr": "10.0.0.0"}]}, "source[0].cidr"),
        ({"source": [{"cidr": "10.0.0.0/255.0.0.0"}]}, "source[0].cidr"),
        ({"source": [{"cidr": "fe80::%1/10"}]}, "source[0].cidr"),
        ({"source": [{"wildcard": "a**b"}]}, "source[0].wildcard"),
        ({"source": [{"wildcard": "a\\b"}]}, "source[0].wildcard"),
        ({"source": [{"wildcard": "a\\"}]}, "source[0].wildcard"),
        ({"$or": [{"source": ["x"]}]}, "$or"),
        ({"$or": {"source": ["x"]}}, "$or"),
        ({"$or": [{"source": ["x"]}, "y"]}, "$or[1]"),
        ({"$or": [{"source": ["x"]}, {"prefix": ["y"]}]}, "$or[1].prefix"),
        ({"a": {"b": {"c": [{"nope": 1}]}}}, "a.b.c[0]"),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_path_to_its_fault(pattern: Any, path: str) -> None:
    with pytest.raises(PatternError) as refused:
        compile_pattern(pattern)
    assert refused.value.path == path
    assert isinstance(refused.value, ConfigError)


def test_combinations_without_end_are_refused() -> None:
    either = {"$or": [{"a": [n]} for n in range(11)]}
    with pytest.raises(PatternError, match="more than 1000 combinations"):
        compile_pattern({"x": either, "y": either, "z": either})


@pytest.mark.parametrize(
    ("wanted", "text", "same"),
    [
        ("Abc", "aBC", True),
        ("abc", "abd", False),
        ("straße", "STRASSE", True),
        ("straße", "Straße", True),
        ("straße", "strasse", False),  # upper case is SS
        ("ẞ", "ß", True),
        ("ß", "ẞ", False),  # its upper case is SS, not ẞ
        ("k", "\u212a", False),  # the sign of the kelvin isn't k
        ("É", "é", True),
        ("", "", True),
    ],
)
def test_case_is_folded_by_the_pattern_s_characters(wanted: str, text: str, same: bool) -> None:
    for operator in ("prefix", "suffix"):
        folded = compile_pattern({"a": [{operator: {"equals-ignore-case": wanted}}]})
        padded = f"{text}!" if operator == "prefix" else f"!{text}"
        assert folded.matches({"a": padded}) == same
    assert compile_pattern({"a": [{"equals-ignore-case": wanted}]}).matches({"a": text}) == same


def test_folding_takes_time_linear_in_the_text() -> None:
    pattern = compile_pattern({"a": [{"equals-ignore-case": "ß" * 2_000}]})
    started = time.process_time()
    assert pattern.matches({"a": "SS" * 2_000})
    assert time.process_time() - started < 1


def test_a_misspelt_operator_names_the_nearest() -> None:
    with pytest.raises(PatternError, match=r"source\[0\]: 'prefx' is no operator, did you mean 'prefix'\?"):
        compile_pattern({"source": [{"prefx": "a"}]})


@given(text=st.text("ab*c", max_size=12), glob=st.text("ab*", max_size=8).filter(lambda glob: "**" not in glob))
def test_a_wildcard_is_any_characters_or_none(text: str, glob: str) -> None:
    assert compile_pattern({"a": [{"wildcard": glob}]}).matches({"a": text}) == fnmatch.fnmatchcase(text, glob)


def test_a_wildcard_takes_time_linear_in_the_text() -> None:
    pattern = compile_pattern({"a": [{"wildcard": "*a" * 30 + "*b"}]})
    started = time.process_time()
    assert not pattern.matches({"a": "a" * 500_000})
    assert time.process_time() - started < 1  # an engine that backtracks takes longer than the universe has been


LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "ab", "b"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
)


@given(value=VALUES, wanted=LEAVES)
def test_a_list_matches_where_one_of_its_elements_does(value: Any, wanted: Any) -> None:
    pattern = compile_pattern({"k": [wanted]})
    assert pattern.matches({"k": [value, "other"]}) == (wanted == "other" or pattern.matches({"k": value}))


@given(value=VALUES, text=st.sampled_from(["a", "b"]))
def test_anything_but_holds_for_each_other_value_that_is_there(value: Any, text: str) -> None:
    there = compile_pattern({"k": [{"exists": True}]}).matches({"k": value})
    only = compile_pattern({"k": [{"anything-but": text}]}).matches({"k": value})
    assert only == (there and set(map(repr, leaves_of(value))) != {repr(text)})


@given(event=st.dictionaries(st.sampled_from("xyz"), VALUES), value=LEAVES)
def test_presence_and_absence_are_opposites_in_every_event(event: dict[str, Any], value: Any) -> None:
    there, gone = ({"x": {"y": [{"exists": said}]}} for said in (True, False))
    assert compile_pattern(there).matches(event) != compile_pattern(gone).matches(event)


@given(event=st.dictionaries(st.sampled_from("xyz"), VALUES), wanted=LEAVES, other=LEAVES)
def test_or_is_or_and_reasons_are_always_given(event: dict[str, Any], wanted: Any, other: Any) -> None:
    left, right = {"x": [wanted]}, {"y": {"z": [other]}}
    either = compile_pattern({"$or": [left, right]})
    assert either.matches(event) == (compile_pattern(left).matches(event) or compile_pattern(right).matches(event))
    assert either.why(event)


def leaves_of(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [leaf for element in value for leaf in leaves_of(element)]
    return [] if isinstance(value, dict) else [value]
