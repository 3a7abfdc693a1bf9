"""The operators of an event pattern: each becomes one test of one value, with its words for the timeline.

Laws: ``prefix``, ``suffix``, ``wildcard``, ``equals-ignore-case`` and ``cidr`` hold for text alone, ``numeric`` for
numbers alone; ``anything-but`` holds for every value that its operand doesn't, of whatever type. A number in a list of
values is compared as it is written, ``numeric`` and ``anything-but`` compare its value.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any, cast

from shared.domain import any_case
from shared.domain.errors import ConfigError


class PatternError(ConfigError):
    """A pattern that isn't one. ``path`` leads to the fault inside the pattern: ``custom_details.size[0].numeric``."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Operator:
    """Holds for a value or doesn't: ``words`` follow the field's name where it does, ``denial`` where it doesn't."""

    holds: Callable[[Any], bool]
    words: str
    denial: str
    absent: bool = False  # fulfilled where the field isn't there, and only there
    numbers: frozenset[float] = frozenset()  # those that it compares as they are written


def operators_of(values: Sequence[Any], path: str) -> tuple[Operator, ...]:
    """What the list of a field says, its plain values as one operator. Raises PatternError."""
    if not values:
        raise PatternError(path, "an empty list matches nothing: give a value")
    plain: list[Any] = []
    operators: list[Operator] = []
    for n, value in enumerate(values):
        if isinstance(value, Mapping):
            operators.append(_operator(cast("Mapping[Any, Any]", value), f"{path}[{n}]"))
        elif value is None or isinstance(value, str | bool) or is_number(value):
            plain.append(value)
        else:
            raise PatternError(f"{path}[{n}]", "must be text, a number, true, false, null or an operator")
    return (*([_equals(plain)] if plain else []), *operators)


def _operator(expression: Mapping[Any, Any], path: str) -> Operator:
    if len(expression) != 1:
        raise PatternError(path, "must name exactly one operator")
    name, operand = next(iter(expression.items()))
    if name not in OPERATORS:
        near = get_close_matches(str(name), OPERATORS, n=1)
        raise PatternError(path, f"{name!r} is no operator" + (f", did you mean {near[0]!r}?" if near else ""))
    return OPERATORS[name](operand, f"{path}.{name}")


def _equals(values: Sequence[Any]) -> Operator:
    texts = frozenset(v for v in values if isinstance(v, str))
    literals = frozenset(v for v in values if v is None or isinstance(v, bool))
    numbers = [v for v in values if is_number(v)]
    written = frozenset(map(repr, numbers))  # 1 and 1.0 are one to Python

    def holds(value: Any) -> bool:
        if isinstance(value, str):
            return value in texts
        if value is None or isinstance(value, bool):
            return value in literals
        return repr(value) in written

    named = ", ".join(map(_shown, values))
    words, denial = ("is", "is not") if len(values) == 1 else ("is one of", "is none of")
    return Operator(holds, f"{words} {named}", f"{denial} {named}", numbers=frozenset(numbers))


def _prefix(operand: Any, path: str) -> Operator:
    begin, any_way = _affix(operand, path)
    words = f"with {_shown(begin)}{', in any case' if any_way else ''}"
    if any_way:
        return _on_text(any_case.begins(begin), f"begins {words}", f"does not begin {words}")
    return _on_text(lambda text: text.startswith(begin), f"begins {words}", f"does not begin {words}")


def _suffix(operand: Any, path: str) -> Operator:
    end, any_way = _affix(operand, path)
    words = f"with {_shown(end)}{', in any case' if any_way else ''}"
    if any_way:
        return _on_text(any_case.ends(end), f"ends {words}", f"does not end {words}")
    return _on_text(lambda text: text.endswith(end), f"ends {words}", f"does not end {words}")


def _equals_ignore_case(operand: Any, path: str) -> Operator:
    wanted = _text(operand, path)
    words = f"{_shown(wanted)}, in any case"
    return _on_text(any_case.equals(wanted), f"is {words}", f"is not {words}")


def _wildcard(operand: Any, path: str) -> Operator:
    glob = _text(operand, path)
    return _on_text(_like(glob, path), f"is like {_shown(glob)}", f"is not like {_shown(glob)}")


def _exists(operand: Any, path: str) -> Operator:
    if not isinstance(operand, bool):
        raise PatternError(path, "must be true or false")
    if operand:
        return Operator(lambda value: True, "is there", "is not there")
    return Operator(lambda value: False, "is not there", "is there", absent=True)


def _cidr(operand: Any, path: str) -> Operator:
    block = _text(operand, path)
    address, slash, bits = block.partition("/")
    try:
        if not (slash and bits.isascii() and bits.isdecimal()):
            raise ValueError(block)
        network = ipaddress.ip_network(f"{_address(address)}/{int(bits)}", strict=False)
    except ValueError as fault:
        raise PatternError(path, f"{block!r} is no block of addresses: write 10.0.0.0/24") from fault

    def holds(text: str) -> bool:
        try:
            return _address(text) in network
        except ValueError:
            return False

    return _on_text(holds, f"is in {block}", f"is not in {block}")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Zeros that lead mean nothing; a zone, or an IPv4 address inside an IPv6 one, is none. Raises ValueError."""
    if ":" in text:
        if "." in text or "%" in text:
            raise ValueError(text)
        return ipaddress.IPv6Address(text)
    return ipaddress.IPv4Address(".".join(part.lstrip("0") or part[:1] for part in text.split(".")))


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}
NUMERIC_FORMS = {("=",), ("<",), ("<=",), (">",), (">=",), (">", "<"), (">", "<="), (">=", "<"), (">=", "<=")}


def _numeric(operand: Any, path: str) -> Operator:
    terms = cast("Sequence[Any]", operand) if isinstance(operand, list | tuple) else ()
    signs, bounds = tuple(map(str, terms[::2])), tuple(terms[1::2])
    if signs not in NUMERIC_FORMS or len(signs) != len(bounds) or not all(map(is_number, bounds)):
        raise PatternError(path, 'must be a comparison or a range: ["=", 5], [">", 0, "<=", 5]')
    if len(bounds) == 2 and not bounds[0] < bounds[1]:
        raise PatternError(path, f"nothing lies between {bounds[0]} and {bounds[1]}: the lower bound comes first")
    checks = tuple((COMPARISONS[sign], bound) for sign, bound in zip(signs, bounds, strict=True))

    def holds(value: Any) -> bool:
        return is_number(value) and all(compare(value, bound) for compare, bound in checks)

    words = " and ".join(f"{sign} {bound}" for sign, bound in zip(signs, bounds, strict=True))
    return Operator(holds, f"is {words}", f"is not {words}")


def _anything_but(operand: Any, path: str) -> Operator:
    if isinstance(operand, Mapping):
        return _anything_but_like(cast("Mapping[Any, Any]", operand), path)
    values = _one_or_more(operand, path)
    if not (all(isinstance(v, str) for v in values) or all(map(is_number, values))):
        raise PatternError(path, "must be text or a number, or a list of only the one or the other")
    equal = _equals(values)
    if isinstance(values[0], str):
        return Operator(lambda value: not equal.holds(value), equal.denial, equal.words)
    numbers = frozenset(values)
    return Operator(lambda value: not (is_number(value) and value in numbers), equal.denial, equal.words)


def _anything_but_like(operand: Mapping[Any, Any], path: str) -> Operator:
    name, inner = next(iter(operand.items())) if len(operand) == 1 else ("", None)
    if name not in NEGATED:
        raise PatternError(path, f"takes one of {', '.join(NEGATED)}")
    path = f"{path}.{name}"
    texts = [_text(value, path) for value in _one_or_more(inner, path)]
    if name in {"prefix", "suffix"} and "" in texts:
        raise PatternError(path, "must not be empty: everything begins and ends with nothing")
    likes = tuple(NEGATED[name](text, path) for text in texts)
    return Operator(
        lambda value: not any(like.holds(value) for like in likes),
        " and ".join(like.denial for like in likes),
        " or ".join(like.words for like in likes),
    )


Compiler = Callable[[Any, str], Operator]
OPERATORS: Mapping[str, Compiler] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "wildcard": _wildcard,
    "equals-ignore-case": _equals_ignore_case,
    "cidr": _cidr,
}
NEGATED: Mapping[str, Compiler] = {
    name: OPERATORS[name] for name in ("prefix", "suffix", "equals-ignore-case", "wildcard")
}


def _on_text(holds: Callable[[str], bool], words: str, denial: str) -> Operator:
    return Operator(lambda value: isinstance(value, str) and holds(value), words, denial)


def _like(glob: str, path: str) -> Callable[[str], bool]:
    """``*`` stands for any characters, also none. A piece is sought from where the last one ended: no backtracking."""
    first, *others = _pieces(glob, path)
    if not others:
        return lambda text: text == first
    *middle, last = others
    shortest = len(first) + len(last)

    def holds(text: str) -> bool:
        if len(text) < shortest or not (text.startswith(first) and text.endswith(last)):
            return False
        at, end = len(first), len(text) - len(last)
        for piece in middle:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return holds


def _pieces(glob: str, path: str) -> list[str]:
    """The literal text between the asterisks; ``\\*`` and ``\\\\`` stand for themselves."""
    pieces, rest = [""], iter(glob)
    for char in rest:
        if char == "*":
            if len(pieces) > 1 and not pieces[-1]:
                raise PatternError(path, "two asterisks in a row: one says the same")
            pieces.append("")
        elif char == "\\":
            escaped = next(rest, "")
            if escaped not in {"*", "\\"}:
                raise PatternError(path, "a backslash may stand only before * or another backslash")
            pieces[-1] += escaped
        else:
            pieces[-1] += char
    return pieces


def _affix(operand: Any, path: str) -> tuple[str, bool]:
    """Text, or ``{"equals-ignore-case": text}``."""
    if isinstance(operand, Mapping):
        inner = cast("Mapping[Any, Any]", operand)
        if tuple(inner) != ("equals-ignore-case",):
            raise PatternError(path, "takes text, or {equals-ignore-case: text}")
        return _text(inner["equals-ignore-case"], f"{path}.equals-ignore-case"), True
    return _text(operand, path), False


def _text(operand: Any, path: str) -> str:
    if not isinstance(operand, str):
        raise PatternError(path, f"must be text, not {_shown(operand)}")
    return operand


def _one_or_more(operand: Any, path: str) -> Sequence[Any]:
    values = cast("Sequence[Any]", operand) if isinstance(operand, list | tuple) else (operand,)
    if not values:
        raise PatternError(path, "must not be empty")
    return values


def is_number(value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    """As a reader would write it: text bare, the rest as in JSON."""
    literals = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return literals[value]
    return value or '""' if isinstance(value, str) else str(value)
