"""The AWS calls that our code makes, each with the units that DynamoDB bills for it, by botocore's own events.

DynamoDB is moto's; whatever else is called gets an answer that says it was taken, and no request leaves the process.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from bench.capacity import Item, index_units, read_units, write_units
from bench.tables import INCIDENTS, INDEXES

REGION = "us-east-1"
Answer = Mapping[str, Any]
Place = tuple[str, str, str]  # table, pk, sk

TAKEN: Mapping[tuple[str, str], Answer] = {
    ("sqs", "SendMessage"): {"MessageId": "taken"},
    ("sqs", "SendMessageBatch"): {"Successful": [], "Failed": []},
    ("stepfunctions", "StartExecution"): {"executionArn": "taken", "startDate": datetime(2026, 1, 1, tzinfo=UTC)},
    ("events", "PutEvents"): {"FailedEntryCount": 0, "Entries": []},
    ("sesv2", "SendEmail"): {"MessageId": "taken"},
    ("sns", "Publish"): {"MessageId": "taken"},
    ("ssm", "GetParameter"): {"Parameter": {"Value": 32 * "0"}},
}


@dataclass(slots=True)
class Call:
    """One call; ``by`` names the function that made it."""

    by: str
    service: str
    operation: str
    arguments: Mapping[str, Any]
    write_units: int = 0
    read_units: float = 0
    items: int = 0  # that are there since


@dataclass(slots=True)
class Ledger:
    """``bare`` is a client of the same tables that nobody listens to."""

    bare: Any
    calls: list[Call] = field(default_factory=list[Call])

    def client(self, by: str, service: str, config: Config) -> Any:
        """A client as ``Wiring`` wants one, each of whose calls is written down."""
        make: Any = boto3.client
        client: Any = make(service, config=config, region_name=REGION)
        listener = _Listener(self, by)
        client.meta.events.register("before-parameter-build", listener.asked)
        client.meta.events.register("before-call", listener.answer)
        client.meta.events.register("after-call.dynamodb", listener.answered)
        return client

    def since(self, mark: int, by: str | None = None) -> list[Call]:
        return [call for call in self.calls[mark:] if by in (None, call.by)]

    def mark(self) -> int:
        return len(self.calls)


def taken(model: Any, **_: Any) -> tuple[AWSResponse, Answer] | None:
    """botocore's ``before-call``: an answer instead of a request, for what isn't DynamoDB."""
    called = (model.service_model.service_name, model.name)
    return None if called[0] == "dynamodb" else (AWSResponse("", 200, HTTPHeaders(), None), TAKEN[called])


class _Listener:
    def __init__(self, ledger: Ledger, by: str) -> None:
        self._ledger, self._by = ledger, by

    def asked(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        service = model.service_model.service_name
        call = Call(self._by, service, model.name, dict(params))
        self._ledger.calls.append(call)
        if service == "dynamodb":
            context["tocsin"] = call, {place: self._item(place) for place, _ in written(call)}

    def answer(self, model: Any, **more: Any) -> tuple[AWSResponse, Answer] | None:
        return taken(model, **more)

    def answered(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        call, images = context["tocsin"]
        call.read_units = _read(call, parsed, self._item)
        for place, kind in written(call):
            before, after = images[place], self._item(place)
            call.write_units += write_units(before, after, transaction=call.operation.startswith("Transact"))
            call.items += (after is not None) - (before is not None)
            if place[0] == INCIDENTS and kind != "ConditionCheck":
                call.write_units += index_units(before, after, INDEXES.values())

    def _item(self, place: Place) -> Item | None:
        table, pk, sk = place
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return self._ledger.bare.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def written(call: Call) -> Iterator[tuple[Place, str]]:
    """Where the call writes, and by which kind of write."""
    given = call.arguments
    match call.operation:
        case "PutItem":
            yield _place(given["TableName"], given["Item"]), "Put"
        case "UpdateItem" | "DeleteItem":
            yield _place(given["TableName"], given["Key"]), call.operation.removesuffix("Item")
        case "TransactWriteItems":
            for step in given["TransactItems"]:
                [(kind, write)] = step.items()
                yield _place(write["TableName"], write.get("Item") or write["Key"]), kind
        case _:
            return


def _place(table: str, item: Item) -> Place:
    return table, item["pk"]["S"], item["sk"]["S"]


def _read(call: Call, answer: Answer, item: Any) -> float:
    given = call.arguments
    match call.operation:
        case "GetItem":
            return read_units([answer.get("Item", {})], consistent=given.get("ConsistentRead", False))
        case "Query":
            return read_units(answer["Items"], consistent=given.get("ConsistentRead", False))
        case "BatchGetItem":
            whole = [
                (item(_place(table, key)) or {}, asked.get("ConsistentRead", False))
                for table, asked in given["RequestItems"].items()
                for key in asked["Keys"]
            ]
            return sum(read_units([found], consistent=consistent) for found, consistent in whole)
        case _:
            return 0
