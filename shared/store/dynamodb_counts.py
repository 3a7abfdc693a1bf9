"""What all warm functions together have counted of a routing key in one minute: one item, added to."""

from datetime import timedelta
from typing import TYPE_CHECKING

from shared.domain.instants import Instant, format_seconds
from shared.store.dynamodb_calls import asking
from shared.store.dynamodb_forms import key, plain, typed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RATE = "RATE#"  # begins the only partitions that the door may write to
FORGOTTEN_AFTER = timedelta(hours=1)


class DynamoDbCounts:
    """``SharedCounts`` on the table of incidents."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def add(self, routing_key_hash: str, minute: Instant, number: int) -> int:
        with asking():
            answer = self._client.update_item(
                TableName=self._table,
                Key=key(RATE + routing_key_hash, format_seconds(minute)),
                UpdateExpression="ADD #sent :number SET #ttl = :ttl",
                ExpressionAttributeNames={"#sent": "sent", "#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":number": typed(number),
                    ":ttl": typed(int((minute + FORGOTTEN_AFTER).timestamp())),
                },
                ReturnValues="UPDATED_NEW",
            )
        return plain(answer["Attributes"]["sent"])
