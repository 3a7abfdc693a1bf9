"""Plain JSON in DynamoDB's typed form, and back. What a sender wrote passes whole, whatever characters are in it."""

import json
from collections.abc import Mapping
from typing import Any, cast

from shared.store.dynamodb_calls import Item

AS_JSON = "\0json"  # the only member of a map that stands for a text with half a surrogate pair


def key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def typed(value: Any) -> dict[str, Any]:
    """Plain JSON → DynamoDB's form."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": str(value)}
        case str():
            return _text(value)
        case Mapping():
            return {"M": typed_members(cast("Mapping[str, Any]", value))}
        case _:
            return {"L": [typed(member) for member in value]}


def typed_members(members: Mapping[str, Any]) -> Item:
    return {name: typed(member) for name, member in members.items()}


def plain(value: Mapping[str, Any]) -> Any:
    """DynamoDB's form → plain JSON."""
    [(kind, content)] = value.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return int(content) if content.lstrip("-").isdigit() else float(content)
        case "M" if AS_JSON in content:
            return json.loads(content[AS_JSON]["S"])
        case "M":
            return plain_members(content)
        case "L":
            return [plain(member) for member in content]
        case _:
            return content


def plain_members(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in item.items()}


def _text(text: str) -> dict[str, Any]:
    """JSON may say half a surrogate pair, which UTF-8 can't: such a text is kept as its JSON."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"M": {AS_JSON: {"S": json.dumps(text)}}}
    return {"S": text}
