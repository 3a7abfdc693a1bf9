"""The configuration's form as a JSON Schema (draft 2020-12), for editors: from the very shapes that check it.

It knows no references between objects; those are told by ``lint``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from shared.config.meanings import MEANINGS
from shared.config.schema import LISTS, NAMED, SCHEMA

Schema = Mapping[str, Any]


def json_schema() -> dict[str, Any]:
    """Of one file: any key may stand in any of a folder's files, so none is required in each."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tocsin: on-call configuration",
        "type": "object",
        "properties": {kind: _top(kind, shape.schema) for kind, shape in SCHEMA.items()},
        "additionalProperties": False,
    }


def paths(schema: Schema, path: str = "") -> Iterator[str]:
    """Every key that it knows: ``*`` stands for a name, ``[]`` for each member of a list."""
    for name, below in cast("Schema", schema.get("properties", {})).items():
        here = f"{path}.{name}" if path else name
        yield here
        yield from paths(below, here)
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield from paths(schema["additionalProperties"], f"{path}.*")
    if "items" in schema:
        yield from paths(schema["items"], f"{path}[]")
    for choice in schema.get("anyOf", ()):
        yield from paths(choice, path)


def _top(kind: str, schema: Schema) -> dict[str, Any]:
    described = _described(schema, kind)
    if kind in NAMED | LISTS:  # a heading with nothing below it yet
        return {**described, "type": [schema["type"], "null"]}
    return described


def _described(schema: Schema, path: str) -> dict[str, Any]:
    found = dict(schema)
    if "properties" in schema:
        found["properties"] = {name: _described(s, f"{path}.{name}") for name, s in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), Mapping):
        found["additionalProperties"] = _described(schema["additionalProperties"], f"{path}.*")
    if "items" in schema:
        found["items"] = _described(schema["items"], f"{path}[]")
    if path in MEANINGS:
        meaning, default = MEANINGS[path]
        found["description"] = meaning if default == "required" else f"{meaning} Default: {default}."
    return found
