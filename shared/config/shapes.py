"""What a value of the configuration may be: small checks that are put together into the schema.

A check answers with the value as plain JSON, and tells ``faults`` what is wrong, where, and what would be right.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from shared.config.finding import Finding
from shared.config.nodes import Node
from shared.domain.instants import parse_duration


@dataclass(slots=True)
class Faults:
    """Findings so far, in one file; ``places`` are the lines at which paths stand."""

    file: str
    found: list[Finding] = field(default_factory=list[Finding])
    places: dict[str, tuple[str, int]] = field(default_factory=dict[str, "tuple[str, int]"])

    def tell(self, node: Node, path: str, code: str, message: str) -> None:
        self.found.append(Finding(file=self.file, line=node.line, path=path, code=code, message=message))


Shape = Callable[[Node, str, Faults], Any]


def text(node: Node, path: str, faults: Faults) -> Any:
    """Any scalar, as it is written: numbers and words of YAML too."""
    if not isinstance(node.value, str):
        faults.tell(node, path, "type", "a text belongs here")
        return None
    return node.value


def anything(node: Node, path: str, faults: Faults) -> Any:
    return node.plain()


def mapping(node: Node, path: str, faults: Faults) -> Any:
    """Whatever is in it."""
    if not isinstance(node.value, dict):
        faults.tell(node, path, "type", "keys with values belong here")
        return {}
    return node.plain()


def yes_no(node: Node, path: str, faults: Faults) -> Any:
    if node.plain() not in (True, False):
        faults.tell(node, path, "type", "true or false belongs here")
    return node.plain()


def number(low: float, high: float, *, whole: bool = False) -> Shape:
    def check(node: Node, path: str, faults: Faults) -> Any:
        value = node.plain()
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            faults.tell(node, path, "value", f"a number from {low:g} to {high:g} belongs here")
            return low
        return value

    return check


def duration(low: str = "0s", high: str = "520w") -> Shape:
    def check(node: Node, path: str, faults: Faults) -> Any:
        value = node.value if isinstance(node.value, str) else ""
        try:
            if not parse_duration(low) <= parse_duration(value) <= parse_duration(high):
                faults.tell(node, path, "value", f"{value} is out of range: from {low} to {high}")
        except (ValueError, OverflowError):
            faults.tell(node, path, "value", f"{value!r} is no duration: write 45s, 5m, 2h, 1d or 2w")
            return low
        return value

    return check


def one_of(*words: str) -> Shape:
    def check(node: Node, path: str, faults: Faults) -> Any:
        if node.value not in words:
            value = node.value if isinstance(node.value, str) else "this"
            faults.tell(node, path, "value", f"{value!r} isn't one of {', '.join(words)}{nearest(value, words)}")
            return words[0]
        return node.value

    return check


def matching(pattern: str, what: str) -> Shape:
    compiled = re.compile(pattern)

    def check(node: Node, path: str, faults: Faults) -> Any:
        value = node.value if isinstance(node.value, str) else ""
        if not compiled.fullmatch(value):
            faults.tell(node, path, "value", f"{value!r} is no {what}")
        return value

    return check


def time_zone(node: Node, path: str, faults: Faults) -> Any:
    value = node.value if isinstance(node.value, str) else ""
    if value not in available_timezones():
        hint = nearest(value, sorted(available_timezones()))
        faults.tell(node, path, "value", f"{value!r} is no time zone of the IANA database{hint}")
        return "UTC"
    return ZoneInfo(value).key


def moment(node: Node, path: str, faults: Faults) -> Any:
    value = node.value if isinstance(node.value, str) else ""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        faults.tell(node, path, "value", f"{value!r} is no time: write 2026-01-05T09:00, or with an offset or Z")
        return "2000-01-01T00:00"
    return value


def list_of(shape: Shape, *, least: int = 0) -> Shape:
    def check(node: Node, path: str, faults: Faults) -> Any:
        if not isinstance(node.value, list):
            faults.tell(node, path, "type", "a list belongs here")
            return []
        if len(node.value) < least:
            faults.tell(node, path, "missing", f"at least {least} must be named")
        return [shape(member, f"{path}[{place}]", faults) for place, member in enumerate(node.value)]

    return check


def named(shape: Shape) -> Shape:
    """A mapping of names, each to a thing of that shape; where each stands is remembered."""

    def check(node: Node, path: str, faults: Faults) -> Any:
        if not isinstance(node.value, dict):
            faults.tell(node, path, "type", "names, each with its settings, belong here")
            return {}
        return {name: shape(value, _below(path, name), faults) for name, (_, value) in node.value.items()}

    return check


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
                faults.tell(key, _below(path, name), "unknown_key", f"unknown key{nearest(name, list(keys))}")
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

    return check


def either(*shapes: tuple[type, Shape], what: str) -> Shape:
    """By the kind of node that is written: text, list or mapping."""

    def check(node: Node, path: str, faults: Faults) -> Any:
        for kind, shape in shapes:
            if isinstance(node.value, kind):
                return shape(node, path, faults)
        faults.tell(node, path, "type", what)
        return None

    return check


def nearest(word: str, words: Sequence[str]) -> str:
    """``; did you mean repeat?``, or the words themselves where they are few."""
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(words)}" if len(words) <= 12 else ""


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
