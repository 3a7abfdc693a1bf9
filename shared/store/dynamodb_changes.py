"""Changes of services in DynamoDB: written once, whatever comes again, and gone after 90 days."""

import json
from itertools import islice
from typing import TYPE_CHECKING

from shared.domain.alert import key_hash
from shared.domain.change_event import KEPT_FOR, ServiceChange
from shared.domain.instants import Instant, format_instant
from shared.domain.plain import from_plain, to_plain
from shared.store.dynamodb_calls import Item, asking, query
from shared.store.dynamodb_forms import key, typed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BEHIND = "$"  # the character after the # between instant and id


class DynamoDbChanges:
    """``ChangeStore`` on the table of incidents."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def keep(self, change: ServiceChange) -> None:
        with asking():
            self._client.put_item(TableName=self._table, Item=_item(change))

    def of(self, service: str, since: Instant, until: Instant, limit: int) -> list[ServiceChange]:
        found = query(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :since AND :until",
            ExpressionAttributeValues={
                ":pk": {"S": _partition(service)},
                ":since": {"S": format_instant(since)},
                ":until": {"S": format_instant(until) + BEHIND},
            },
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )
        return [from_plain(ServiceChange, json.loads(item["body"]["S"])) for item in islice(found, limit)]


def _item(change: ServiceChange) -> Item:
    return {
        **key(_partition(change.service), f"{format_instant(change.at)}#{change.id}"),
        "body": {"S": json.dumps(to_plain(change), separators=(",", ":"))},
        "ttl": typed(int((change.accepted_at + KEPT_FOR).timestamp())),
    }


def _partition(service: str) -> str:
    return f"CHANGE#{key_hash(service)}"
