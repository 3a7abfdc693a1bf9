"""The tables as the stacks make them, in moto; what a write costs; and clients that fail or take turns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import Any

import boto3
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from bench.capacity import index_units, write_units
from bench.tables import INDEXES, make_tables


@cache
def _session() -> boto3.Session:
    """One a process: it reads what botocore knows of DynamoDB once. It is made within the mock, whose keys it has."""
    return boto3.Session()


@contextmanager
def tables() -> Iterator[Any]:
    """A client of an account with both tables, empty."""
    with mock_aws():
        client: Any = _session().client("dynamodb", region_name="eu-central-1")
        make_tables(client)
        yield OneAtATime(client)


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


def units(item: Mapping[str, Any]) -> int:
    """Write units of a new item in a transaction, with its entries in indexes."""
    return write_units(None, item, transaction=True) + index_units(None, item, INDEXES.values())
