"""YAML as it stands in a file: scalars as text, every node with its line. YAML's guesses at times and dates are off.

Work is bounded: a file's size, nodes and depth; aliases count as what they repeat, tags are refused.
"""

import re
from dataclasses import dataclass
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode, SequenceNode

from shared.config.finding import Finding

SIZE_MAX = 2_000_000  # bytes: a thousand people and services take a quarter of it
NODES_MAX = 200_000
DEPTH_MAX = 32
STANDARD_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")


@dataclass(frozen=True, slots=True)
class Node:
    """``value`` is text, a list of nodes, or pairs of key node and node; None where nothing is written."""

    value: "str | list[Node] | dict[str, tuple[Node, Node]] | None"
    line: int
    quoted: bool = False

    def plain(self) -> Any:
        """JSON as YAML 1.2 reads it, but for times, dates and phone numbers, which stay text."""
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        if isinstance(self.value, dict):
            return {key: node.plain() for key, (_, node) in self.value.items()}
        if self.value is None or self.quoted:
            return self.value
        if self.value in ("true", "false"):
            return self.value == "true"
        if INTEGER.fullmatch(self.value):
            return int(self.value)
        return float(self.value) if FLOAT.fullmatch(self.value) else self.value


class Unreadable(Exception):
    """A file that is no YAML, or more than we read; ``finding`` says where."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def read_yaml(file: str, content: bytes) -> Node:
    """The file's only document. Raises Unreadable."""
    if len(content) > SIZE_MAX:
        raise _unreadable(file, 1, f"larger than {SIZE_MAX:,} bytes: split it into several files")
    try:
        compose: Any = cast("Any", YAML(typ="safe", pure=True)).compose  # the library's nodes have no types
        composed: Any = compose(content.decode())
    except UnicodeDecodeError as fault:
        raise _unreadable(file, content[: fault.start].count(b"\n") + 1, "not UTF-8") from None
    except MarkedYAMLError as fault:
        told = cast("Any", fault)
        mark = told.problem_mark or told.context_mark
        raise _unreadable(file, mark.line + 1 if mark else 1, told.problem or "not YAML") from None
    except (YAMLError, ValueError) as fault:
        raise _unreadable(file, 1, f"not YAML: {fault}") from None
    except RecursionError:
        raise _unreadable(file, 1, f"nested more than {DEPTH_MAX} deep") from None
    if composed is None:
        return Node({}, 1)
    return _Reader(file).node(composed, 0)


def _unreadable(file: str, line: int, message: str) -> Unreadable:
    return Unreadable(Finding(file=file, line=line, path="", code="unreadable", message=message))


class _Reader:
    def __init__(self, file: str) -> None:
        self.file, self.count = file, 0

    def node(self, composed: Any, depth: int) -> Node:
        line = composed.start_mark.line + 1
        self.count += 1
        if self.count > NODES_MAX or depth > DEPTH_MAX:
            limit = f"more than {NODES_MAX:,} values" if self.count > NODES_MAX else f"nested over {DEPTH_MAX} deep"
            raise _unreadable(self.file, line, f"{limit}: write it out shorter, with fewer aliases")
        if composed.tag and str(composed.tag) not in STANDARD_TAGS:
            raise _unreadable(self.file, line, f"the tag {composed.tag} has no meaning here: remove it")
        match composed:
            case ScalarNode():
                return self._scalar(composed, line)
            case SequenceNode():
                members: list[Any] = cast("Any", composed).value
                return Node([self.node(member, depth + 1) for member in members], line)
            case _:
                return self._mapping(composed, line, depth)

    def _scalar(self, composed: Any, line: int) -> Node:
        quoted = composed.style is not None
        nothing = not quoted and composed.value in ("", "~", "null")
        return Node(None if nothing else str(composed.value), line, quoted)

    def _mapping(self, composed: Any, line: int, depth: int) -> Node:
        members: dict[str, tuple[Node, Node]] = {}
        pairs: list[tuple[Any, Any]] = composed.value
        for key, value in pairs:
            if not isinstance(key.value, str):
                raise _unreadable(self.file, key.start_mark.line + 1, "a key must be a plain word")
            name: str = key.value
            if name in members:
                first = members[name][0].line
                raise _unreadable(
                    self.file, key.start_mark.line + 1, f"{name} stands here twice: first in line {first}"
                )
            members[name] = (Node(name, key.start_mark.line + 1), self.node(value, depth + 1))
        return Node(members, line)
