"""The event pattern language of Amazon EventBridge, with its exact meaning, compiled once to closures.

Laws: every key must hold, any one value of its list is enough. A list in the event matches if any of its elements
does; keys inside one nested pattern hold for one and the same element. Text is never a number: ``"1"`` and ``1``
differ. A number in a list is compared as it is written: ``1`` and ``1.0`` differ, where ``numeric`` compares values. A
key that is absent, or whose value is an object or an empty list, satisfies ``exists: false`` alone. Nothing here
backtracks: the time is linear in the event, whatever it holds.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, cast

from shared.domain.operators import OPERATORS, Operator, PatternError, is_number, operators_of

Object = Mapping[str, Any]
OR = "$or"
MAX_WAYS = 1000  # of a pattern's $or combined: each is tried for every event
BRANCH = re.compile(r"\$or\[\d+\]\.")  # in a fault's path, but in no field's name
ABSENT: Any = object()  # a value that no event has


@dataclass(frozen=True, slots=True)
class Pattern:
    """``why`` says in words what made the event match, or the first thing that kept it from matching."""

    matches: Callable[[Object], bool]
    why: Callable[[Object], str]
    sound: bool = True  # False where it stands for a pattern that can't be read


def compile_pattern(pattern: Mapping[str, Any]) -> Pattern:
    """Raises PatternError, with the path, for anything that isn't an event pattern."""
    ways = _ways(pattern, "")
    if len(ways) == 1:
        return Pattern(matches=ways[0].holds, why=ways[0].why)

    def matches(event: Object) -> bool:
        return any(way.holds(event) for way in ways)

    def why(event: Object) -> str:
        fulfilled = next((way for way in ways if way.holds(event)), None)
        return fulfilled.why(event) if fulfilled else " and ".join(dict.fromkeys(way.why(event) for way in ways))

    return Pattern(matches, why)


def leaves_at(event: Object, path: str) -> Iterator[Any]:
    """The values at ``path`` (``custom_details.package``), as a pattern of that key looks at them."""
    return _leaves(_by_path(event, path))


@dataclass(frozen=True, slots=True)
class _Rule:
    """What an object of the event must fulfil. ``binds`` where it needs something to be there: then one element of an
    array has to fulfil it, otherwise none may break it."""

    holds: Callable[[Object], bool]
    why: Callable[[Object], str]
    binds: bool


def _ways(pattern: Any, path: str) -> tuple[_Rule, ...]:
    """The ways to fulfil ``pattern``: one, and as many as ``$or`` leaves open."""
    if not isinstance(pattern, Mapping):
        raise PatternError(path, "must be an object")
    keys = cast("Mapping[Any, Any]", pattern)
    if not keys:
        raise PatternError(path, "an empty object matches nothing: name a field")
    choices = [_choices(str(key), value, path) for key, value in keys.items()]
    if prod(map(len, choices)) > MAX_WAYS:
        raise PatternError(path, f"$or leaves more than {MAX_WAYS} combinations open")
    return tuple(map(_and, product(*choices)))


def _choices(key: str, value: Any, parent: str) -> tuple[_Rule, ...]:
    path = f"{parent}.{key}" if parent else key
    if key == OR:
        return _or(value, path)
    if key in OPERATORS and f"{OR}[" in parent:
        raise PatternError(
            path, f"is an operator, and no field inside of $or: write a field, {{field: [{{{key}: ...}}]}}"
        )
    if isinstance(value, list | tuple):
        return (_field(key, path, operators_of(cast("Sequence[Any]", value), path)),)
    if isinstance(value, Mapping):
        return tuple(_inside(key, rule) for rule in _ways(value, path))
    raise PatternError(path, f"must be a list of values: [{value!r}]")


def _or(branches: Any, path: str) -> tuple[_Rule, ...]:
    if not isinstance(branches, list | tuple) or len(cast("Sequence[Any]", branches)) < 2:
        raise PatternError(path, "must be a list of two objects or more")
    ways = (_ways(branch, f"{path}[{n}]") for n, branch in enumerate(cast("Sequence[Any]", branches)))
    return tuple(rule for rules in ways for rule in rules)


def _and(rules: tuple[_Rule, ...]) -> _Rule:
    first, *others = rules
    if not others:
        return first
    tests = tuple(rule.holds for rule in rules)

    def holds(here: Object) -> bool:
        for test in tests:  # noqa: SIM110 (a generator for each event and rule would cost more)
            if not test(here):
                return False
        return True

    def why(here: Object) -> str:
        broken = next((rule for rule in rules if not rule.holds(here)), None)
        return broken.why(here) if broken else ", ".join(rule.why(here) for rule in rules)

    return _Rule(holds, why, any(rule.binds for rule in rules))


def _field(key: str, path: str, operators: tuple[Operator, ...]) -> _Rule:
    find = _finder(key)
    on_values = tuple(operator for operator in operators if not operator.absent)
    may_be_absent = len(on_values) < len(operators)
    suits = on_values[0].holds if len(on_values) == 1 else _any_of(on_values)
    name = BRANCH.sub("", path)

    def holds(here: Object) -> bool:
        value = find(here)
        if isinstance(value, str):  # nearly always
            return suits(value)
        if isinstance(value, list | tuple | Mapping):
            leaves = tuple(_leaves(value))
            return any(map(suits, leaves)) if leaves else may_be_absent
        return may_be_absent if value is ABSENT else suits(value)

    def why(here: Object) -> str:
        leaves = tuple(_leaves(find(here)))
        if not leaves:
            return f"{name} is not there"
        found = next((o for o in on_values if any(map(o.holds, leaves))), None)
        if found:
            return f"{name} {found.words}"
        twin = next((leaf for leaf in leaves for o in on_values if is_number(leaf) and leaf in o.numbers), None)
        hint = "" if twin is None else f", it is written {twin!r} (numeric compares values)"
        return f"{name} {' and '.join(o.denial for o in operators)}{hint}"

    return _Rule(holds, why, not may_be_absent)


def _any_of(operators: tuple[Operator, ...]) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        return any(operator.holds(value) for operator in operators)

    return holds


def _inside(key: str, rule: _Rule) -> _Rule:
    find = _finder(key)
    enough = any if rule.binds else all

    def holds(here: Object) -> bool:
        value = find(here)
        if isinstance(value, Mapping):
            return rule.holds(cast("Object", value))
        elements = tuple(_objects(value)) or ({},)
        return enough(map(rule.holds, elements))

    def why(here: Object) -> str:
        elements = tuple(_objects(find(here))) or ({},)
        matched = holds(here)
        return rule.why(next((e for e in elements if rule.holds(e) is matched), elements[0]))

    return _Rule(holds, why, rule.binds)


def _finder(key: str) -> Callable[[Object], Any]:
    if "." not in key:
        return lambda here: here.get(key, ABSENT)
    return lambda here: _by_path(here, key)


def _by_path(here: Object, key: str) -> Any:
    """EventBridge joins names by dots: the key ``a.b`` means a member of that name, or ``b`` inside of ``a``."""
    if key in here:
        return here[key]
    heads = (n for n, char in enumerate(key) if char == "." and key[:n] in here)
    values = (_by_path(inner, key[n + 1 :]) for n in heads for inner in _objects(here[key[:n]]))
    return [value for value in values if value is not ABSENT] or ABSENT


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for element in cast("Sequence[Any]", value):
            yield from _leaves(element)
    elif value is not ABSENT and not isinstance(value, Mapping):
        yield value


def _objects(value: Any) -> Iterator[Object]:
    if isinstance(value, Mapping):
        yield cast("Object", value)
    elif isinstance(value, list | tuple):
        for element in cast("Sequence[Any]", value):
            yield from _objects(element)
