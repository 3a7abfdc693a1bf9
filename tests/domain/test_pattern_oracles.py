"""Thousands of patterns and events, and what other implementations say of them.

Where they differ AWS's documentation decides: each kind of difference stands below, with the words that decide it.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.domain.operators import PatternError
from shared.domain.pattern import compile_pattern
from tests.domain.oracles import emulator, event_ruler
from tests.domain.pattern_pairs import Pairs


def ours(pattern: Any, event: Any) -> bool | None:
    try:
        return compile_pattern(pattern).matches(event)
    except PatternError:
        return None


def test_the_emulator_says_the_same_of_thousands_of_pairs() -> None:
    pairs = list(Pairs(2026).all(patterns=1_500, events=4))
    said = [(ours(*pair), emulator(*pair), pair) for pair in pairs]
    differing = [pair for we, they, pair in said if we is not they]
    assert [pair for pair in differing if not (spelt_otherwise(*pair) or absent_from_one_of_several(*pair))] == []
    assert len(differing) < len(pairs) / 100
    assert min(sum(we is answer for we, _, _ in said) for answer in (True, False)) > 300


def test_event_ruler_says_the_same_of_thousands_of_pairs() -> None:
    pairs = list(Pairs(11).simple(patterns=1_000, events=4))
    said = [(ours(*pair), they, pair) for pair, they in zip(pairs, event_ruler(pairs), strict=True)]
    assert [pair for we, they, pair in said if they is not None and we is not they] == []
    assert sum(they is None for _, they, _ in said) < 10
    assert min(sum(we is answer for we, _, _ in said) for answer in (True, False)) > 300


def test_what_is_no_pattern_is_none_for_the_emulator_either() -> None:
    pairs = Pairs(7)
    doubtful = [pairs.doubtful() for _ in range(4_000)]
    said = [(ours(pattern, {}) is None, emulator(pattern, {}) is None, pattern) for pattern in doubtful]
    assert [pattern for we, they, pattern in said if we is not they] == []
    assert min(sum(we is answer for we, _, _ in said) for answer in (True, False)) > 300


@pytest.mark.parametrize(
    ("pattern", "event", "we", "they", "ruler"),
    [
        # "For numbers, EventBridge uses string representation. For example, 300, 300.0, and 3.0e2 are not considered
        # equal": event-ruler says so as well, the emulator compares values. What is written 3.0e2 comes to us as 300.0.
        ({"x": [300]}, {"x": 300.0}, False, True, False),
        ({"x": [300.0]}, {"x": 300}, False, True, False),
        ({"x": [300]}, {"x": 300}, True, True, True),
        # "The absence of a field in the JSON of the event": it is there in one element, so it exists, for us and for
        # event-ruler; the emulator asks for one element without it.
        ({"x": {"y": [{"exists": False}]}}, {"x": [{"y": 1}, {}]}, False, True, False),
        # With a second field both speak of one element, as in AWS's library (ArrayMembership).
        ({"x": {"n": ["a"], "y": [{"exists": False}]}}, {"x": [{"n": "a"}, {"y": 1}]}, True, True, False),
        # "And": several keys must all match. AWS's library lets the branch of a $or overwrite the same key outside.
        ({"x": ["a"], "$or": [{"x": ["b"]}, {"y": ["c"]}]}, {"x": "b"}, False, True, None),
        ({"x": ["a"], "$or": [{"x": ["b"]}, {"y": ["c"]}]}, {"x": "a", "y": "c"}, True, True, None),
        # A name with dots is a path, and the member that is called so, as Kubernetes' labels are: AWS's library joins
        # names by dots on both sides. event-ruler knows only the member, the emulator only the path.
        ({"a.b": ["c"]}, {"a": {"b": "c"}}, True, True, False),
        ({"a.b": ["c"]}, {"a.b": "c"}, True, False, True),
        # An address alone is a block as well: nothing documented speaks against it, AWS's library refuses it.
        ({"x": [{"cidr": "10.0.0.1/32"}]}, {"x": "10.0.0.1"}, True, None, None),
        ({"x": [{"cidr": "::1/128"}]}, {"x": "::1"}, True, None, None),
        # $or that isn't a list of two objects: AWS reads it as a field's name, for rules of old. We have none.
        ({"x": ["a"], "$or": [{"y": ["b"]}]}, {"x": "a"}, None, None, None),
        ({"x": ["a"], "$or": ["b"]}, {"x": "a", "$or": "b"}, None, True, None),
        # Not documented.
        ({"x": [{"exactly": "a"}]}, {"x": "a"}, None, True, None),
    ],
    ids=str,
)
def test_where_they_differ_it_is_said_why(
    pattern: Any, event: Any, we: bool | None, they: bool | None, ruler: bool | None
) -> None:
    assert ours(pattern, event) is we
    assert emulator(pattern, event) is they
    if ruler is not None:
        assert event_ruler([(pattern, event)]) == [ruler]


def test_a_number_that_is_written_otherwise_says_so() -> None:
    pattern = compile_pattern({"size": [300]})
    assert pattern.why({"size": 300.0}) == "size is not 300, it is written 300.0 (numeric compares values)"
    assert compile_pattern({"size": [{"numeric": ["=", 300]}]}).matches({"size": 300.0})
    assert not compile_pattern({"size": [{"anything-but": 300}]}).matches({"size": 300.0})


def spelt_otherwise(pattern: Any, event: Any) -> bool:
    """Some number of the pattern's lists is in the event, written in another way."""
    theirs = [leaf for leaf in leaves(event) if is_number(leaf)]
    return any(one == other and repr(one) != repr(other) for one in plain_numbers(pattern) for other in theirs)


def absent_from_one_of_several(pattern: Any, event: Any) -> bool:
    """``exists: false`` is asked somewhere, and the event has an array of objects."""
    return {"exists": False} in list(objects(pattern)) and any(
        isinstance(element, dict) for array in arrays(event) for element in array
    )


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def plain_numbers(pattern: Any) -> Iterator[Any]:
    for value in pattern.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from plain_numbers(one)
            elif is_number(one):
                yield one


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value


def objects(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from objects(inner)


def arrays(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from arrays(inner)
