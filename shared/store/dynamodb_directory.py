"""The set-up of an account in DynamoDB: each version is written whole, then put in force by one conditional change.

A version never changes once it is in force, and is kept: open incidents page by it, and it says who was on call then.
So it is read once; only its number is looked up again. Versions have numbers of their own, and one that was written
but lost the race to be in force is never read.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from shared.config.build import build
from shared.domain.directory import Directory
from shared.domain.errors import Conflict, NotFound
from shared.domain.instants import Instant, format_instant, parse_instant
from shared.flow.ports import Journal, NothingApplied, Unavailable
from shared.store.dynamodb_calls import Item, Step, asking, query, transact, write_all

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOOKED_UP_FOR = 5.0  # seconds that a number is believed: a change is in force everywhere after as long
KEPT = 4  # versions in memory: the one in force and those by which open incidents still page
IN_FORCE = {"pk": {"S": "VERSION"}, "sk": {"S": "VERSION"}}
HISTORY = "HISTORY"  # the partition that says when each version was put in force, and by whom
SEPARATOR = "\0"  # before the number of a part: no name has it, and nothing sorts before it
PART = 300_000  # bytes of one body in an item: DynamoDB takes 400 KB
PAUSE = 0.1  # seconds, times the round: what DynamoDB left undone is written again


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Which version was put in force when; ``by`` is who applied it."""

    number: int
    at: Instant
    by: str


class DynamoDbDirectory:
    """``DirectoryStore`` on one table, and what ``apply`` writes."""

    def __init__(self, client: "DynamoDBClient", table: str, monotonic: Callable[[], float], journal: Journal) -> None:
        self._client = client
        self._table = table
        self._monotonic = monotonic
        self._journal = journal
        self._versions: dict[int, Directory] = {}
        self._current: Directory | None = None
        self._looked_up = 0.0

    def current(self) -> Directory:
        if self._current is not None and self._monotonic() - self._looked_up < LOOKED_UP_FOR:
            return self._current
        try:
            return self.fresh()
        except Unavailable as fault:
            if self._current is None:
                raise
            self._journal.fault("directory", f"{fault}; version {self._current.version} stays in use")
            self._journal.count("Degraded")  # an older one serves
            self._looked_up = self._monotonic()
            return self._current

    def fresh(self) -> Directory:
        number = self._number_in_force()
        if number == 0:
            raise NothingApplied
        self._current = self.version(number)
        self._looked_up = self._monotonic()
        return self._current

    def version(self, number: int) -> Directory:
        if number not in self._versions:
            self._versions[number] = build(self.document(number), number)
            for oldest in list(self._versions)[:-KEPT]:
                self._versions.pop(oldest, None)
        return self._versions[number]

    def applied(self) -> tuple[int, Mapping[str, Any] | None]:
        """The number of the version in force, and its document; (0, None) where nothing was applied yet."""
        number = self._number_in_force()
        return number, self.document(number) if number else None

    def document(self, number: int) -> Mapping[str, Any]:
        """CONFIG's form of one version, as it was applied. Raises NotFound, Unavailable."""
        found = query(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": _partition(number)}},
            ConsistentRead=True,
        )
        bodies: dict[tuple[str, str], str] = {}
        for item in found:
            kind, _, name = item["sk"]["S"].partition("#")
            of = kind, name.partition(SEPARATOR)[0]
            bodies[of] = bodies.get(of, "") + item["body"]["S"]
        document: dict[str, Any] = {}
        for (kind, name), body in bodies.items():
            if name:
                document.setdefault(kind, {})[name] = json.loads(body)
            else:
                document[kind] = json.loads(body)
        if not document:
            raise NotFound(f"the directory has no version {number}")
        return document

    def put_version(self, document: Mapping[str, Any], expected: int, by: str, at: Instant) -> int:
        """Puts ``document`` in force where version ``expected`` (0: none) still is; the number that it got.

        Raises Conflict where somebody else applied meanwhile, Unavailable.
        """
        number = self._reserve(expected)
        write_all(
            self._client, self._table, list(_objects(document, number)), lambda round_: time.sleep(PAUSE * round_)
        )
        self._put_in_force(number, expected, by, at)
        return number

    def history(self) -> list[Version]:
        """Every version that ever was in force, in order of time. Raises Unavailable."""
        found = query(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": HISTORY}},
            ConsistentRead=True,
        )
        return [
            Version(number=int(item["version"]["N"]), at=parse_instant(item["at"]["S"]), by=item["by"]["S"])
            for item in found
        ]

    def _reserve(self, expected: int) -> int:
        """A number that nobody else has, so that two who apply at once never write into the same version."""
        condition, values = _still(expected)
        with asking(_overtaken(expected)):
            answer = self._client.update_item(
                TableName=self._table,
                Key=IN_FORCE,
                UpdateExpression="ADD reserved :one",
                ConditionExpression=condition,
                ExpressionAttributeValues={":one": {"N": "1"}, **values},
                ReturnValues="ALL_NEW",
            )
        return int(cast("Item", answer["Attributes"])["reserved"]["N"])

    def _put_in_force(self, number: int, expected: int, by: str, at: Instant) -> None:
        condition, values = _still(expected)
        flip = {
            "TableName": self._table,
            "Key": IN_FORCE,
            "UpdateExpression": "SET version = :number, applied_at = :at, applied_by = :by",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {
                ":number": {"N": str(number)},
                ":at": {"S": format_instant(at)},
                ":by": {"S": by},
                **values,
            },
        }
        note = {
            "pk": {"S": HISTORY},
            "sk": {"S": _partition(number)},
            "version": {"N": str(number)},
            "at": {"S": format_instant(at)},
            "by": {"S": by},
        }
        steps = [Step({"Update": flip}, Conflict(_overtaken(expected)))]
        transact(self._client, [*steps, Step({"Put": {"TableName": self._table, "Item": note}})])

    def _number_in_force(self) -> int:
        with asking():
            answer = self._client.get_item(TableName=self._table, Key=IN_FORCE, ConsistentRead=True)
        return int(cast("Item", answer.get("Item", {})).get("version", {"N": "0"})["N"])


def _partition(number: int) -> str:
    return f"V#{number:06}"


def _still(expected: int) -> tuple[str, Item]:
    """The condition that version ``expected`` is in force, and its values."""
    if expected == 0:
        return "attribute_not_exists(version)", {}
    return "version = :expected", {":expected": {"N": str(expected)}}


def _overtaken(expected: int) -> str:
    return f"somebody else applied meanwhile: version {expected} is not in force any more"


def _objects(document: Mapping[str, Any], number: int) -> Iterator[Item]:
    """One item an object, and more where it is large; the account, texts and lists are one object each."""
    for kind, whole in document.items():
        for name, body in _bodies(kind, whole).items():
            text = json.dumps(body, separators=(",", ":"))  # ASCII: a character is a byte
            for place, start in enumerate(range(0, len(text), PART)):
                part = f"{SEPARATOR}{place:03}" if place else ""
                yield {
                    "pk": {"S": _partition(number)},
                    "sk": {"S": f"{kind}#{name}{part}"},
                    "body": {"S": text[start : start + PART]},
                }


def _bodies(kind: str, whole: Any) -> Mapping[str, Any]:
    if kind == "account" or not isinstance(whole, Mapping) or not whole:
        return {"": whole}
    return cast("Mapping[str, Any]", whole)
