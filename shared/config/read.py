"""A folder of YAML files → one normalised document, with the place of everything in it, and what is wrong.

Any key may stand in any file; a name is unique within its kind.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.config.finding import Finding
from shared.config.nodes import SIZE_MAX, Node, Unreadable, read_yaml, unreadable
from shared.config.schema import LISTS, NAMED, SCHEMA
from shared.config.shapes import Faults
from shared.domain.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Loaded:
    """``document`` is CONFIG's form as plain JSON; ``places`` are (file, line) by path."""

    folder: str
    document: dict[str, Any] = field(default_factory=dict[str, Any])
    places: dict[str, tuple[str, int]] = field(default_factory=dict[str, "tuple[str, int]"])
    findings: list[Finding] = field(default_factory=list[Finding])

    def place(self, path: str) -> tuple[str, int]:
        """Where ``path`` stands, or the nearest thing that it is in."""
        while path and path not in self.places:
            path = path.rpartition("[")[0] if path.endswith("]") else path.rpartition(".")[0]
        return self.places.get(path, (self.folder, 1))


def load(folder: Path) -> Loaded:
    """Raises ConfigError where there is nothing to read; all else are findings."""
    files = sorted(path for path in folder.glob("[!.]*.y*ml") if path.suffix in (".yaml", ".yml"))
    if not files:
        raise ConfigError(f"{folder}: no *.yaml there. Name the folder that the configuration is in.")
    loaded = Loaded(str(folder))
    for path in files:
        try:
            root = read_yaml(str(path), _content(path))
        except Unreadable as fault:
            loaded.findings.append(fault.finding)
            continue
        _take(loaded, Faults(str(path), loaded.findings, loaded.places), root)
    return loaded


def _content(path: Path) -> bytes:
    """As much of the file as can be needed: what is larger is refused by ``read_yaml``. Raises Unreadable."""
    if not path.is_file():  # a pipe would be waited for
        raise unreadable(str(path), 1, "not a file: remove it, or put the configuration into files")
    try:
        with path.open("rb") as file:
            return file.read(SIZE_MAX + 1)
    except OSError as fault:
        raise unreadable(str(path), 1, f"can't be read: {fault.strerror}") from None


def _take(loaded: Loaded, faults: Faults, root: Node) -> None:
    if not isinstance(root.value, dict):
        return faults.tell(root, "", "type", f"keys belong here: {', '.join(SCHEMA)}")
    for kind, (key, node) in root.value.items():
        if kind not in SCHEMA:
            faults.tell(key, kind, "unknown_key", f"unknown key{faults.nearest(kind, list(SCHEMA))}")
            continue
        if node.value is None and kind in NAMED | LISTS:  # a heading with nothing below it yet
            continue
        for path, name, part in _parts(kind, node):
            if not _is_new(loaded, faults, kind, path, key if name is None else part):
                continue
            _merge(
                loaded.document, kind, name, SCHEMA[kind](part if name is None else _alone(name, part), kind, faults)
            )
    return None


def _parts(kind: str, node: Node) -> Iterator[tuple[str, str | None, Node]]:
    """The things of a kind one by one, where it has names; else the whole."""
    if kind in NAMED and isinstance(node.value, dict):
        for name, (_, part) in node.value.items():
            yield f"{kind}.{name}", name, part
    else:
        yield kind, None, node


def _alone(name: str, part: Node) -> Node:
    return Node({name: (Node(name, part.line), part)}, part.line)


def _is_new(loaded: Loaded, faults: Faults, kind: str, path: str, node: Node) -> bool:
    if kind in LISTS:
        return True
    known = loaded.places.get(path)
    if known is not None:
        faults.tell(node, path, "twice", f"stands here twice: first in {known[0]}, line {known[1]}")
        return False
    loaded.places[path] = (faults.file, node.line)
    return True


def _merge(document: dict[str, Any], kind: str, name: str | None, value: Any) -> None:
    if kind in LISTS:
        document.setdefault(kind, []).extend(value or ())
    elif name is not None or (isinstance(value, Mapping) and kind in NAMED):
        document.setdefault(kind, {}).update(value or {})
    else:
        document[kind] = value
