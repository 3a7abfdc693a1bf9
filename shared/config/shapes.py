"""What a value of the configuration may be: small shapes that are put together into the schema.

A check answers with the value as plain JSON, and tells ``faults`` what is wrong, where, and what would be right.
``schema`` says the same as a JSON Schema, for editors: it may let through what the check refuses, never the reverse.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from shared.config.finding import Finding
from shared.config.nodes import Node
from shared.domain.instants import parse_duration

HINTS_MAX = 300  # findings, after which none names the nearest valid thing: comparing takes milliseconds
FIRST_YEAR, LAST_YEAR = 1970, 2199
SCALAR = {"type": ["string", "number", "boolean"]}  # YAML's words and numbers are texts where a text belongs


@dataclass(slots=True)
class Faults:
    """Findings so far, in one file; ``places`` are the lines at which paths stand."""

    file: str
    found: list[Finding] = field(default_factory=list[Finding])
    places: dict[str, tuple[str, int]] = field(default_factory=dict[str, "tuple[str, int]"])

    def nearest(self, word: str, words: Sequence[str]) -> str:
        """As ``nearest``; in a file with hundreds of faults no more is compared."""
        return nearest(word, words) if len(self.found) < HINTS_MAX else ""

    def tell(self, node: Node, path: str, code: str, message: str) -> None:
        self.found.append(Finding(file=self.file, line=node.line, path=path, code=code, message=message))


Check = Callable[[Node, str, Faults], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    check: Check
    schema: Mapping[str, Any]

    def __call__(self, node: Node, path: str, faults: Faults) -> Any:
        return self.check(node, path, faults)


def _text(node: Node, path: str, faults: Faults) -> Any:
    if not isinstance(node.value, str):
        faults.tell(node, path, "type", "a text belongs here")
        return None
    return node.value


def _name(node: Node, path: str, faults: Faults) -> Any:
    value = _text(node, path, faults)
    if value is not None and not value.strip():
        faults.tell(node, path, "value", "nothing is written here: a text belongs here")
    return value


def _mapping(node: Node, path: str, faults: Faults) -> Any:
    if not isinstance(node.value, dict):
        faults.tell(node, path, "type", "keys with values belong here")
        return {}
    return node.plain()


def _yes_no(node: Node, path: str, faults: Faults) -> Any:
    value = node.plain()
    if not isinstance(value, bool):
        faults.tell(node, path, "type", "true or false belongs here")
        return False
    return value


prose = Shape(_text, SCALAR)  # any scalar, as it is written, and be it empty
text = Shape(_name, SCALAR)  # that says something
mapping = Shape(_mapping, {"type": "object"})  # whatever is in it
yes_no = Shape(_yes_no, {"type": "boolean"})


def number(low: float, high: float, *, whole: bool = False) -> Shape:
    def check(node: Node, path: str, faults: Faults) -> Any:
        value = node.plain()
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            kind = "whole number" if whole else "number"
            faults.tell(node, path, "value", f"a {kind} from {low:g} to {high:g} belongs here")
            return low
        return value

    return Shape(check, {"type": "integer" if whole else "number", "minimum": low, "maximum": high})


def duration(low: str = "0s", high: str = "520w") -> Shape:
    def check(node: Node, path: str, faults: Faults) -> Any:
        value = node.value if isinstance(node.value, str) and node.value.isascii() else ""
        try:
            if not parse_duration(low) <= parse_duration(value) <= parse_duration(high):
                faults.tell(node, path, "value", f"{value} is out of range: from {low} to {high}")
        except (ValueError, OverflowError):
            faults.tell(node, path, "value", f"{_shown(node)} is no duration: write 45s, 5m, 2h, 1d or 2w")
            return low
        return value

    return Shape(check, {"type": "string", "pattern": "^[0-9]{1,6}[smhdw]$"})


def one_of(*words: str) -> Shape:
    def check(node: Node, path: str, faults: Faults) -> Any:
        if node.value not in words:
            hint = faults.nearest(node.value if isinstance(node.value, str) else "", words)
            known = "" if hint.startswith("; known are") else f" isn't one of {', '.join(words)}"
            faults.tell(node, path, "value", f"{_shown(node)}{known or ' has no meaning here'}{hint}")
            return words[0]
        return node.value

    return Shape(check, {"enum": list(words)})


def matching(pattern: str, what: str) -> Shape:
    compiled = re.compile(pattern, re.ASCII)

    def check(node: Node, path: str, faults: Faults) -> Any:
        value = node.value if isinstance(node.value, str) else ""
        if not compiled.fullmatch(value):
            faults.tell(node, path, "value", f"{_shown(node)} is no {what}")
        return value

    return Shape(check, {"type": "string", "pattern": f"^({pattern})$"})


@cache
def zones() -> tuple[str, ...]:
    """The names of the IANA database; looked up once, as it takes a walk through its files."""
    return tuple(sorted(available_timezones() - {"localtime", "Factory"}))


def _time_zone(node: Node, path: str, faults: Faults) -> Any:
    value = node.value if isinstance(node.value, str) else ""
    if value not in _zone_names():
        hint = faults.nearest(value, zones())
        faults.tell(node, path, "value", f"{_shown(node)} is no time zone of the IANA database{hint}")
        return "UTC"
    return value


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(zones())


def _moment(node: Node, path: str, faults: Faults) -> Any:
    value = node.value if isinstance(node.value, str) and node.value.isascii() else ""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        faults.tell(node, path, "value", f"{_shown(node)} is no time: write 2026-01-05T09:00, or with an offset or Z")
        return "2000-01-01T00:00"
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        faults.tell(node, path, "value", f"{value} is out of range: from {FIRST_YEAR} to {LAST_YEAR}")
        return "2000-01-01T00:00"
    return value


time_zone = Shape(_time_zone, {"type": "string", "examples": ["Europe/Berlin", "America/New_York", "UTC"]})
moment = Shape(_moment, {"type": "string", "pattern": "^[0-9]{4}", "examples": ["2026-01-05T09:00"]})


def list_of(shape: Shape, *, least: int = 0, most: int | None = None) -> Shape:
    def check(node: Node, path: str, faults: Faults) -> Any:
        if not isinstance(node.value, list):
            faults.tell(node, path, "type", "a list belongs here")
            return []
        if len(node.value) < least:
            faults.tell(node, path, "missing", f"at least {least} must be named")
        if most is not None and len(node.value) > most:
            faults.tell(node, path, "value", f"{len(node.value):,} are too many: at most {most:,}")
            return []
        return [shape(member, f"{path}[{place}]", faults) for place, member in enumerate(node.value)]

    limits = {**({"minItems": least} if least else {}), **({"maxItems": most} if most is not None else {})}
    return Shape(check, {"type": "array", "items": shape.schema, **limits})


NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}")
NAME_SCHEMA = {"minLength": 1, "maxLength": 200}


def named(shape: Shape) -> Shape:
    """A mapping of names, each to a thing of that shape."""

    def check(node: Node, path: str, faults: Faults) -> Any:
        if not isinstance(node.value, dict):
            faults.tell(node, path, "type", "names, each with its settings, belong here")
            return {}
        found: dict[str, Any] = {}
        for name, (key, value) in node.value.items():
            if not NAME.fullmatch(name) or not name.strip():
                faults.tell(key, _below(path, name[:50]), "value", "a name is 1 to 200 printable characters")
                continue
            found[name] = shape(value, _below(path, name), faults)
        return found

    return Shape(check, {"type": "object", "propertyNames": NAME_SCHEMA, "additionalProperties": shape.schema})


def record(
    keys: Mapping[str, Shape], required: Sequence[str] = (), *, exactly_one: bool = False, least_one: bool = False
) -> Shape:
    """Known keys only; ``exactly_one`` and ``least_one`` speak of how many of them must be there."""

    def check(node: Node, path: str, faults: Faults) -> Any:
        if not isinstance(node.value, dict):
            faults.tell(node, path, "type", f"keys belong here: {', '.join(keys)}")
            return None
        faults.places.setdefault(path, (faults.file, node.line))
        result: dict[str, Any] = {}
        for name, (key, value) in node.value.items():
            if name not in keys:
                hint = faults.nearest(name, list(keys))
                faults.tell(key, _below(path, name), "unknown_key", f"unknown key{hint}")
                continue
            faults.places[_below(path, name)] = (faults.file, key.line)
            checked = keys[name](value, _below(path, name), faults)
            if checked is not None:
                result[name] = checked
        for name in required:
            if name not in node.value:
                faults.tell(node, _below(path, name), "missing", f"{name} must be there")
        if (exactly_one and len(node.value) != 1) or (least_one and not node.value):
            how_many = "exactly one" if exactly_one else "at least one"
            faults.tell(node, path, "missing", f"{how_many} of {', '.join(keys)} belongs here")
        return result

    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: shape.schema for name, shape in keys.items()},
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
        **({"minProperties": 1} if exactly_one or least_one else {}),
        **({"maxProperties": 1} if exactly_one else {}),
    }
    return Shape(check, schema)


def either(*shapes: tuple[type, Shape], what: str) -> Shape:
    """By the kind of node that is written: text, list or mapping."""

    def check(node: Node, path: str, faults: Faults) -> Any:
        for kind, shape in shapes:
            if isinstance(node.value, kind):
                return shape(node, path, faults)
        faults.tell(node, path, "type", what)
        return None

    return Shape(check, {"anyOf": [shape.schema for _, shape in shapes]})


def nearest(word: str, words: Sequence[str]) -> str:
    """``; did you mean repeat?``, or the words themselves where they are few."""
    close = difflib.get_close_matches(word[:100], words, n=1, cutoff=0.5) or difflib.get_close_matches(
        word[:100].lower(), words, n=1, cutoff=0.5
    )
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(words)}" if 0 < len(words) <= 12 else ""


def _shown(node: Node) -> str:
    """What is written, as far as a line has room for it."""
    if isinstance(node.value, str):
        return repr(node.value if len(node.value) <= 60 else node.value[:60] + "…")
    return "nothing" if node.value is None else "a list" if isinstance(node.value, list) else "a mapping"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
