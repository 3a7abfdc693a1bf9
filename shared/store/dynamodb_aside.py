"""What was put aside, in DynamoDB: a partition a day, and one for the quarantine; read newest first."""

import heapq
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.domain.instants import Instant, format_instant, parse_instant
from shared.domain.put_aside import PutAside, dropped, quarantined
from shared.store.dynamodb_calls import Item, query
from shared.store.dynamodb_forms import plain
from shared.store.dynamodb_items import DROPPED, QUARANTINE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BEHIND = "$"  # the character after the # between instant and id
DAY = timedelta(days=1)


def put_aside(client: "DynamoDBClient", table: str, since: Instant, until: Instant) -> Iterator[PutAside]:
    """Page by page, each asked for when it is needed. Raises Unavailable."""
    days = [since.date() + n * DAY for n in range((until.date() - since.date()).days + 1)]
    drops = (
        _dropped(item)
        for day in reversed(days)
        for item in _between(client, table, DROPPED + day.isoformat(), since, until)
    )
    kept = (_quarantined(item) for item in _between(client, table, QUARANTINE, since, until))
    return heapq.merge(drops, kept, key=lambda each: each.at, reverse=True)


def _between(client: "DynamoDBClient", table: str, partition: str, since: Instant, until: Instant) -> Iterator[Item]:
    return query(
        client,
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :since AND :until",
        ExpressionAttributeValues={
            ":pk": {"S": partition},
            ":since": {"S": format_instant(since)},
            ":until": {"S": format_instant(until) + BEHIND},
        },
        ScanIndexForward=False,
        ConsistentRead=True,
    )


def _dropped(item: Item) -> PutAside:
    at, _, name = item["sk"]["S"].partition("#")
    event = json.loads(item["event"]["S"])
    event_id = event.get("event_id", name)  # the name is a hash where it is long
    return dropped(parse_instant(at), plain(item["kind"]), plain(item["reason"]), event_id, event)


def _quarantined(item: Item) -> PutAside:
    at, _, message_id = item["sk"]["S"].partition("#")
    return quarantined(parse_instant(at), plain(item["reason"]), message_id, plain(item["body"]))
