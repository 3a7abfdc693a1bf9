"""The tables as the stacks make them, in moto; what a write costs; and clients that fail or take turns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import Any

import boto3
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

INCIDENTS, DIRECTORY = "incidents", "directory"
INDEXES = {"due": ("due_shard", "due_at"), "open": ("open", "pk"), "service": ("service_id", "at")}


@contextmanager
def tables() -> Iterator[Any]:
    """A client of an account with both tables, empty."""
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name="eu-central-1")
        _make(client, INCIDENTS, INDEXES)
        _make(client, DIRECTORY, {})
        yield OneAtATime(client)


def _make(client: Any, name: str, indexes: Mapping[str, tuple[str, str]]) -> None:
    attributes = {"pk", "sk", *(attribute for keys in indexes.values() for attribute in keys)}
    more = {"GlobalSecondaryIndexes": [_index(index, *keys) for index, keys in indexes.items()]} if indexes else {}
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in sorted(attributes)],
        KeySchema=_schema("pk", "sk"),
        **more,
    )


def _index(name: str, partition: str, sort: str) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": _schema(partition, sort), "Projection": {"ProjectionType": "KEYS_ONLY"}}


def _schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


class OneAtATime:
    """Calls one after the other: moto takes a failed transaction back by restoring the whole table.

    ``calls`` has what was asked for; ``faults`` are raised first, one a call.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = RLock()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[Exception] = []

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            with self._lock:
                self.calls.append((name, arguments))
                if self.faults:
                    raise self.faults.pop(0)
                return getattr(self._client, name)(**arguments)

        return call


def refusal(code: str, *reasons: str) -> ClientError:
    """What DynamoDB answers; ``reasons`` are a cancelled transaction's, step by step."""
    cancellation = {"CancellationReasons": [{"Code": reason} for reason in reasons]} if reasons else {}
    return ClientError({"Error": {"Code": code, "Message": "said no"}, **cancellation}, "Call")


def unreachable() -> EndpointConnectionError:
    return EndpointConnectionError(endpoint_url="https://dynamodb.example")


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html


def size(item: Mapping[str, Any]) -> int:
    """Bytes of an item: its names and its values."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            return len(content.strip("-0.")) // 2 + 2
        case "M":
            return 3 + sum(len(name.encode()) + 1 + _value(member) for name, member in content.items())
        case "L":
            return 3 + sum(1 + _value(member) for member in content)
        case _:
            return 1


def units(item: Mapping[str, Any]) -> int:
    """Write units of a new item in a transaction, with its entries in indexes of keys only."""
    entries = sum(all(attribute in item for attribute in keys) for keys in INDEXES.values())
    return 2 * -(-size(item) // 1024) + entries
