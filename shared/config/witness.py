"""An event that two patterns both take, if one can be made up: what is told as an overlap is proved by it.

Values are tried field by field, made from the patterns' own words; the whole event is then put to both patterns. That
none is found proves nothing. An asterisk stands for no colon here, but at the beginning of a pattern: the parts of an
ARN are told apart, though an alarm could be named so that it fits ``*:alarm:shop-*`` and ``*:alarm:office-*``.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, cast

from shared.domain.operators import operators_of
from shared.domain.pattern import OR, compile_pattern

TRIES = 200  # of values for a field
Pattern = Mapping[str, Any]


def witness(source: str, one: Pattern | None, other: Pattern | None) -> dict[str, Any] | None:
    """The event, with no more fields than the patterns name; None where none was found."""
    event = _both(one or {}, other or {})
    if event is None:
        return None
    whole = {"source_type": source, **event}
    if whole["source_type"] != source:
        return None
    return whole if all(not pattern or compile_pattern(pattern).matches(whole) for pattern in (one, other)) else None


def _both(one: Pattern, other: Pattern) -> dict[str, Any] | None:
    event: dict[str, Any] = {}
    for key in dict.fromkeys([*one, *other]):
        wanted = [pattern[key] for pattern in (one, other) if key in pattern]
        if key == OR or ("." in key and any(key.partition(".")[0] in p for p in (one, other))):
            return None
        if all(isinstance(w, Mapping) for w in wanted):
            inner = _both(wanted[0], wanted[-1])
            if inner is None:
                return None
            event[key] = inner
        elif all(isinstance(w, list | tuple) for w in wanted):
            found = _value(key, wanted)
            if found is None:
                return None
            if found[0]:
                event[key] = found[1]
        else:
            return None
    return event


def _value(key: str, wanted: Sequence[Sequence[Any]]) -> tuple[bool, Any] | None:
    """(whether the field is there, its value) that suits each list; None where none was found."""
    lists = [operators_of(values, key) for values in wanted]
    for value in islice(_candidates(wanted), TRIES):
        if all(any(o.holds(value) for o in operators if not o.absent) for operators in lists):
            return True, value
    if all(any(o.absent for o in operators) for operators in lists):
        return False, None
    return None


def _candidates(wanted: Sequence[Sequence[Any]]) -> Iterator[Any]:
    """Values that fulfil one of the expressions, then such as may fulfil two."""
    single = [list(_made(value)) for values in wanted for value in values]
    for some in single:
        yield from some
    globs = [[glob for value in values for glob in _globs(value)] for values in wanted]
    for one, other in product(globs[0][:20], globs[-1][:20]):
        met = _meet(one, other)
        if met is not None:
            yield met
    yield from ("x", 0, True)


def _globs(value: Any) -> Iterator[str]:
    match value:
        case {"wildcard": str(glob)}:
            yield glob
        case {"prefix": str(begin)}:
            yield f"{begin}*"
        case {"suffix": str(end)}:
            yield f"*{end}"
        case _:
            return


def _made(value: Any) -> Iterator[Any]:
    if not isinstance(value, Mapping):
        yield value
        return
    name, operand = next(iter(cast("Pattern", value).items()))
    match name:
        case "prefix" | "suffix" | "equals-ignore-case" if isinstance(operand, str):
            yield operand
        case "wildcard":
            yield str(operand).replace("*", "")
            yield str(operand).replace("*", "x")
        case "numeric":
            for bound in operand[1::2]:
                yield from (bound, bound + 1, bound - 1)
            if len(operand) == 4:
                yield (operand[1] + operand[3]) / 2
        case "cidr":
            yield str(operand).partition("/")[0]
        case _:
            return


def _meet(one: str, other: str) -> str | None:
    """A text that both globs take: found by walking through both at once."""
    if "\\" in one + other or len(one) * len(other) > 40_000 or not _may_meet(one, other):
        return None
    reached: dict[tuple[int, int], str] = {(0, 0): ""}
    waiting = [(0, 0)]
    while waiting:
        a, b = waiting.pop()
        text = reached[a, b]
        if a == len(one) and b == len(other):
            return text
        for there, char in _steps(one, other, a, b):
            if there not in reached:
                reached[there] = text + char
                waiting.append(there)
    return None


def _may_meet(one: str, other: str) -> bool:
    """Part by part from the end, as a colon meets a colon: what stands before and after asterisks must agree."""
    for a, b in zip(one.split(":")[:0:-1], other.split(":")[:0:-1], strict=False):
        heads, tails = (a.partition("*")[0], b.partition("*")[0]), (a.rpartition("*")[2], b.rpartition("*")[2])
        if not (heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])):
            return False
        if not (tails[0].endswith(tails[1]) or tails[1].endswith(tails[0])):
            return False
    return True


def _steps(one: str, other: str, a: int, b: int) -> Iterator[tuple[tuple[int, int], str]]:
    left, right = one[a : a + 1], other[b : b + 1]
    if left == "*":
        yield (a + 1, b), ""
        if right and right != "*" and (right != ":" or a == 0):
            yield (a, b + 1), right
    if right == "*":
        yield (a, b + 1), ""
        if left and left != "*" and (left != ":" or b == 0):
            yield (a + 1, b), left
    if left and left == right and left != "*":
        yield (a + 1, b + 1), left
