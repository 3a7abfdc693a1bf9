"""The schema for editors: it knows what the check knows, explains each key, and refuses what is no key."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.config.json_schema import json_schema, paths
from shared.config.meanings import MEANINGS
from shared.config.nodes import read_yaml
from shared.config.read import load
from shared.domain.directory import Medium
from tests.config.test_everything import EVERYTHING

ROOT = Path(__file__).parents[2]
FOLDERS = [EVERYTHING, ROOT / "examples" / "acme", *sorted((ROOT / "examples" / "templates").iterdir())]
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


KEYWORDS = {
    *("$schema", "title", "description", "examples", "type", "enum", "anyOf", "pattern", "minimum", "maximum"),
    *("properties", "additionalProperties", "required", "minProperties", "maxProperties", "propertyNames"),
    *("items", "minItems", "maxItems", "minLength", "maxLength"),
}


def faults(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """What of a value a JSON Schema refuses: by the keywords that ours has, and no others."""
    assert set(schema) <= KEYWORDS
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(
        isinstance(value, TYPES[k]) and (k == "boolean" or not isinstance(value, bool)) for k in kinds
    ):
        yield f"{path}: no {kinds}"
    elif isinstance(value, list):
        yield from in_list(value, schema, path)
    elif isinstance(value, dict):
        yield from in_mapping(value, schema, path)
    else:
        yield from in_scalar(value, schema, path)
    if "anyOf" in schema and all(list(faults(value, choice, path)) for choice in schema["anyOf"]):
        yield f"{path}: none of the choices"


def in_scalar(value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: not one of {schema['enum']}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{path}: not like {schema['pattern']}"
    if "minimum" in schema and not schema["minimum"] <= value <= schema["maximum"]:
        yield f"{path}: out of range"


def in_list(value: list[Any], schema: dict[str, Any], path: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{path}: {len(value)} members"
    for place, member in enumerate(value):
        yield from faults(member, schema.get("items", {}), f"{path}[{place}]")


def in_mapping(value: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[str]:
    yield from (f"{path}.{name}: must be there" for name in schema.get("required", []) if name not in value)
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
        yield f"{path}: {len(value)} keys"
    for name, member in value.items():
        below = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
        if below is False:
            yield f"{path}.{name}: unknown key"
        else:
            yield from faults(member, below, f"{path}.{name}")


def read(path: Path) -> Any:
    return read_yaml(str(path), path.read_bytes()).plain()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_takes_what_the_check_takes(folder: Path) -> None:
    for path in sorted(folder.glob("*.yaml")):
        assert list(faults(read(path), json_schema())) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sevices: {}", ".sevices: unknown key"),
        ("account: {name: A, fallback: {email: a@b.example}, nmae: x}", ".account.nmae: unknown key"),
        ("account: {name: A}", ".account.fallback: must be there"),
        ("account: {name: A, fallback: {}}", ".account.fallback: 0 keys"),
        ("escalation_policies: {a: {levels: [{notify: [ada], after: 5m}]}}", "not like ^((user|schedule)"),
        ("escalation_policies: {a: {levels: [{notify: ['user:ada'], after: 5 minutes}]}}", "not like ^[0-9]{1,6}"),
        ("escalation_policies: {a: {levels: [{notify: ['user:ada'], after: 5m}], repeat: 10}}", ": out of range"),
        ("services: {a: {policy: p, urgency: hihg}}", "not one of"),
        ("services: {a: {policy: p, grouping: {by: tim}}}", "none of the choices"),
        (
            "users: {a: {name: A, email: a@b.example, contacts: {m: {email: a@b.example, sms: '+4912345678'}}}}",
            "2 keys",
        ),
    ],
)
def test_it_refuses_what_the_check_refuses(text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text + "\n")
    assert any(fault in told for told in faults(read(tmp_path / "a.yaml"), json_schema()))
    assert load(tmp_path).findings


def test_every_key_is_explained_and_no_other() -> None:
    known = set(paths(json_schema()))
    known -= {f"{way}.{medium}" for way in ("account.fallback", "users.*.contacts.*") for medium in Medium}
    assert known - {"users.*.notify.low[].after", "users.*.notify.low[].by"} == set(MEANINGS)


def test_a_heading_with_nothing_below_it_yet_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("account: {name: A, fallback: {email: a@b.example}}\nusers:\nevent_rules:\n")
    assert load(tmp_path).findings == []
    assert list(faults(read(tmp_path / "a.yaml"), json_schema())) == []
