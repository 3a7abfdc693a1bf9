"""YAML as it stands in a file: scalars as text, every node with its line. YAML's guesses at times and dates are off.

Work is bounded: a file's size, values and depth, each checked while it is read, so that what is too much costs no more
than what is allowed. Aliases count as what they repeat; tags are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from shared.config.finding import Finding

SIZE_MAX = 2_000_000  # bytes: a thousand people and services take a third of it
NODES_MAX = 200_000
DEPTH_MAX = 32
STANDARD_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")
)
TEXT_TAG = "tag:yaml.org,2002:str"
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is a hundred times as fast
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
NOT_PRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # YAML 1.2, 5.1


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


def unreadable(file: str, line: int, message: str) -> Unreadable:
    return Unreadable(Finding(file=file, line=line, path="", code="unreadable", message=message))


def read_yaml(file: str, content: bytes) -> Node:
    """The file's only document. Raises Unreadable."""
    if len(content) > SIZE_MAX:
        raise unreadable(file, 1, f"larger than {SIZE_MAX:,} bytes: split it into several files")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise unreadable(file, content[: fault.start].count(b"\n") + 1, "not UTF-8") from None
    odd = NOT_PRINTABLE.search(text)
    if odd:
        line = text[: odd.start()].count("\n") + 1
        raise unreadable(file, line, f"the character {odd[0]!r} has no place in YAML: remove it")
    try:
        return _Reader(file).document(_events(text))
    except yaml.MarkedYAMLError as fault:
        told = cast("Any", fault)
        mark = told.problem_mark or told.context_mark
        raise unreadable(file, mark.line + 1 if mark else 1, told.problem or "not YAML") from None
    except (yaml.YAMLError, ValueError) as fault:
        raise unreadable(file, 1, f"not YAML: {fault}") from None


def _events(text: str) -> Iterator[Any]:
    return cast("Any", yaml).parse(text, Loader=LOADER)  # the library has no types


@dataclass(slots=True)
class _Open:
    """A list or a mapping that isn't at its end yet; of a mapping's members, keys and values take turns."""

    line: int
    anchor: str | None
    is_list: bool
    before: int  # the count of nodes when it began
    members: list[Node] = field(default_factory=list[Node])
    height: int = 1

    def take(self, node: Node, height: int) -> None:
        self.members.append(node)
        self.height = max(self.height, height + 1)


@dataclass(frozen=True, slots=True)
class _Anchored:
    node: Node
    size: int
    height: int


class _Reader:
    def __init__(self, file: str) -> None:
        self.file, self.count = file, 0
        self.open: list[_Open] = []
        self.anchors: dict[str, _Anchored] = {}
        self.root: Node | None = None

    def document(self, events: Iterator[Any]) -> Node:
        for event in events:
            line = event.start_mark.line + 1
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event, line)
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self._begin(event, line)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self._end()
                case yaml.AliasEvent():
                    self._alias(event, line)
                case yaml.DocumentStartEvent() if self.root is not None:
                    raise self._refused(line, "a second document begins here: put it into a file of its own")
                case _:
                    pass
        return self.root or Node({}, 1)

    def _scalar(self, event: Any, line: int) -> None:
        self._counted(line, 1, 0)
        self._known_tag(event, line)
        quoted = event.style not in (None, "") or event.tag == TEXT_TAG
        nothing = not quoted and event.value in ("", "~", "null")
        self._placed(Node(None if nothing else str(event.value), line, quoted), 0, event.anchor, 1)

    def _begin(self, event: Any, line: int) -> None:
        self._counted(line, 1, 1)
        self._known_tag(event, line)
        is_list = isinstance(event, yaml.SequenceStartEvent)
        self.open.append(_Open(line, event.anchor, is_list, self.count - 1))

    def _end(self) -> None:
        ended = self.open.pop()
        value = ended.members if ended.is_list else self._pairs(ended.members)
        self._placed(Node(value, ended.line), ended.height, ended.anchor, self.count - ended.before)

    def _alias(self, event: Any, line: int) -> None:
        known = self.anchors.get(event.anchor)
        if known is None:
            raise self._refused(line, f"*{event.anchor} repeats what isn't there, or isn't at its end yet")
        self._counted(line, known.size, known.height)
        self._placed(known.node, known.height, None, known.size)

    def _placed(self, node: Node, height: int, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = _Anchored(node, size, height)
        if self.open:
            self.open[-1].take(node, height)
        else:
            self.root = node

    def _counted(self, line: int, size: int, height: int) -> None:
        self.count += size
        if self.count > NODES_MAX:
            raise self._refused(line, f"more than {NODES_MAX:,} values: split it, and use fewer aliases")
        if len(self.open) + height > DEPTH_MAX:
            raise self._refused(line, f"nested more than {DEPTH_MAX} deep: no setting lies that deep")

    def _known_tag(self, event: Any, line: int) -> None:
        if event.tag is not None and event.tag not in STANDARD_TAGS:
            raise self._refused(line, f"the tag {event.tag} has no meaning here: remove it")

    def _pairs(self, members: list[Node]) -> dict[str, tuple[Node, Node]]:
        pairs: dict[str, tuple[Node, Node]] = {}
        for key, value in zip(members[::2], members[1::2], strict=True):
            name = key.value if key.value is not None else "null"
            if not isinstance(name, str):
                raise self._refused(key.line, "a key must be a plain word")
            if name in pairs:
                raise self._refused(key.line, f"{name} stands here twice: first in line {pairs[name][0].line}")
            pairs[name] = (key if key.value is not None else Node(name, key.line), value)
        return pairs

    def _refused(self, line: int, message: str) -> Unreadable:
        return unreadable(self.file, line, message)
