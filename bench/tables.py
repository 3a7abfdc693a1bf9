"""Our two tables as the stacks make them, in moto."""

from collections.abc import Mapping
from typing import Any

from bench.capacity import Keys

INCIDENTS, DIRECTORY = "incidents", "directory"
INDEXES: Mapping[str, Keys] = {"due": ("due_shard", "due_at"), "open": ("open", "pk"), "service": ("service_id", "at")}


def make_tables(client: Any) -> None:
    """``client`` is one of moto's, for an account without tables."""
    _make(client, INCIDENTS, INDEXES)
    _make(client, DIRECTORY, {})


def _make(client: Any, name: str, indexes: Mapping[str, Keys]) -> None:
    attributes = {"pk", "sk", *(attribute for keys in indexes.values() for attribute in keys)}
    more = {"GlobalSecondaryIndexes": [_index(index, keys) for index, keys in indexes.items()]} if indexes else {}
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in sorted(attributes)],
        KeySchema=_schema(("pk", "sk")),
        **more,
    )


def _index(name: str, keys: Keys) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": _schema(keys), "Projection": {"ProjectionType": "KEYS_ONLY"}}


def _schema(keys: Keys) -> list[dict[str, str]]:
    partition, sort = keys
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
