"""What is known of contact methods, in DynamoDB: an item a method, written over the version that was read.

Beside it an item for each incident that a number was texted of: a write without a read, and one query to understand an
answer. No number stands in a key.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from shared.domain.alert import key_hash
from shared.domain.contact_state import ContactState, Texted, unknown
from shared.domain.directory import Contact
from shared.domain.plain import from_plain, to_plain
from shared.store.dynamodb_calls import Item, asking, query
from shared.store.dynamodb_forms import key, plain_members, typed, typed_members

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEXTED_KEPT = timedelta(days=7)  # as long as a snooze may last
FIRST_OR_UNCHANGED = "attribute_not_exists(pk) OR version = :read"


class DynamoDbContacts:
    """``ContactStore`` on the table of incidents."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def of(self, user: str, contact: Contact) -> ContactState:
        nothing = unknown(user, contact)
        with asking():
            answer = self._client.get_item(TableName=self._table, Key=_key(nothing), ConsistentRead=True)
        item = answer.get("Item")
        return from_plain(ContactState, plain_members(item)) if item else nothing

    def write(self, state: ContactState) -> ContactState:
        after = state.after_writing()
        with asking():
            self._client.put_item(
                TableName=self._table,
                Item={**_key(after), **typed_members(to_plain(after))},
                ConditionExpression=FIRST_OR_UNCHANGED,
                ExpressionAttributeValues={":read": typed(state.version)},
            )
        return after

    def note_texted(self, address: str, texted: Texted) -> None:
        with asking():
            self._client.put_item(
                TableName=self._table,
                Item={
                    **key(_line(address), f"TEXTED#{texted.number:09d}"),
                    **typed_members(to_plain(texted)),
                    "ttl": typed(int((texted.at + TEXTED_KEPT).timestamp())),
                },
            )

    def texted(self, address: str) -> list[Texted]:
        found = query(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": typed(_line(address))},
            ConsistentRead=True,
        )
        return [from_plain(Texted, plain_members(item)) for item in found]


def _line(address: str) -> str:
    return f"TEXTED#{key_hash(address)}"


def _key(state: ContactState) -> Item:
    """Whatever an address is, its name is short and shows nothing of it."""
    return key(f"CONTACT#{key_hash(f'{state.user} {state.medium} {state.address}')}", "CONTACT")
