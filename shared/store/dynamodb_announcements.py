"""Announcements to webhooks in DynamoDB: an item each, written over the attempt that was read.

They have a partition of the index of what is due to themselves, so that however many wait, no page is found later.
"""

from itertools import islice
from typing import TYPE_CHECKING

from shared.domain.announcement import KEPT, Announcement
from shared.domain.instants import Instant, format_seconds
from shared.domain.plain import from_plain, to_plain
from shared.store.dynamodb_calls import NEVER_WRITTEN, Item, as_read, asking, query, write
from shared.store.dynamodb_forms import key, plain_members, typed, typed_members

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOOK = "HOOK#"
SHARD = "H0"


class DynamoDbAnnouncements:
    """``AnnouncementStore`` on the table of incidents."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def get(self, name: str) -> Announcement | None:
        with asking():
            answer = self._client.get_item(TableName=self._table, Key=_key(name), ConsistentRead=True)
        item = answer.get("Item")
        return from_plain(Announcement, plain_members(item)) if item else None

    def write(self, known: Announcement | None, announcement: Announcement) -> None:
        as_known = as_read(_item(known), "tries", "due_at") if known else NEVER_WRITTEN
        item, condition = _item(announcement), as_known.arguments()
        broken = f"the announcement {announcement.id} was written meanwhile"
        write(lambda: self._client.put_item(TableName=self._table, Item=item, **condition), broken)

    def due(self, before: Instant, limit: int) -> list[str]:
        found = query(
            self._client,
            TableName=self._table,
            IndexName="due",
            KeyConditionExpression="due_shard = :shard AND due_at <= :until",
            ExpressionAttributeValues={":shard": {"S": SHARD}, ":until": {"S": format_seconds(before)}},
            Limit=limit,
        )
        return [item["pk"]["S"].removeprefix(HOOK) for item in islice(found, limit)]


def _key(name: str) -> Item:
    return key(f"{HOOK}{name}", "HOOK")


def _item(announcement: Announcement) -> Item:
    item = {**_key(announcement.id), **typed_members(to_plain(announcement))}
    item["ttl"] = typed(int((announcement.since + KEPT).timestamp()))
    if announcement.due_at is not None:
        item |= {"due_shard": typed(SHARD), "due_at": typed(format_seconds(announcement.due_at))}
    return item
