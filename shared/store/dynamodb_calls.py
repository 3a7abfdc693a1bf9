"""How the stores speak with DynamoDB: conditions with names, and what each refusal means.

What doesn't answer, or isn't ours to use just now, is ``Unavailable``: the step may be tried again. A condition that
doesn't hold is ``Conflict``. A request that DynamoDB can't read is a bug, and raises.
"""

import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from shared.domain.errors import Conflict, TocsinError
from shared.flow.ports import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]  # attributes in DynamoDB's typed form: {"pk": {"S": "…"}}

T = TypeVar("T")
BUGS = frozenset({"ValidationException", "SerializationException", "IdempotentParameterMismatchException"})
BROKEN, CANCELLED = "ConditionalCheckFailedException", "TransactionCanceledException"
IN_THE_WAY = "TransactionConflict"  # another transaction is at one of the items, if only to check it
BUSY = frozenset({IN_THE_WAY, "ThrottlingError", "ProvisionedThroughputExceeded"})  # reasons of a cancellation
PAUSES = (0.02, 0.05, 0.1, 0.2)  # s; a transaction takes 10 to 30 ms, and AWS's clients don't try again by themselves
READ_AT_ONCE, WRITTEN_AT_ONCE = 100, 25  # items of one BatchGetItem and BatchWriteItem
ROUNDS = 8  # for what such a call left over; each call has the client's own retries besides


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold where something is written."""

    text: str
    names: Mapping[str, str]
    values: Item

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(
            f"{self.text} AND {other.text}", {**self.names, **other.names}, {**self.values, **other.values}
        )

    def arguments(self) -> dict[str, Any]:
        """Names and values are left out where there are none: DynamoDB refuses empty ones."""
        some = {"ExpressionAttributeNames": dict(self.names), "ExpressionAttributeValues": dict(self.values)}
        return {"ConditionExpression": self.text, **{name: given for name, given in some.items() if given}}


NEVER_WRITTEN = Condition("attribute_not_exists(pk)", {}, {})
WRITTEN = Condition("attribute_exists(pk)", {}, {})


def compare(name: str, sign: str, value: Any) -> Condition:
    """``value`` in typed form."""
    return Condition(f"#{name} {sign} :{name}_read", {f"#{name}": name}, {f":{name}_read": value})


def one_of(name: str, values: Sequence[Item]) -> Condition:
    """The attribute has one of ``values``, in typed form."""
    named = {f":{name}_{place}": value for place, value in enumerate(values)}
    return Condition(f"#{name} IN ({', '.join(named)})", {f"#{name}": name}, named)


def as_read(item: Item, *names: str) -> Condition:
    """Each of these attributes is what it was in ``item``, absent where it was absent."""
    first, *others = (
        compare(name, "=", item[name])
        if name in item
        else Condition(f"attribute_not_exists(#{name})", {f"#{name}": name}, {})
        for name in names
    )
    for other in others:
        first &= other
    return first


def setting(item: Item, condition: Condition) -> dict[str, Any]:
    """The arguments of an update that sets ``item``'s attributes, its key apart, where ``condition`` holds."""
    changed = {name: value for name, value in item.items() if name not in {"pk", "sk"}}
    return {
        "Key": key_of(item),
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changed),
        "ConditionExpression": condition.text,
        "ExpressionAttributeNames": {**{f"#{name}": name for name in changed}, **condition.names},
        "ExpressionAttributeValues": {**{f":{name}": value for name, value in changed.items()}, **condition.values},
    }


def key_of(item: Item) -> Item:
    return {"pk": item["pk"], "sk": item["sk"]}


@dataclass(frozen=True, slots=True)
class Step:
    """One write of a transaction; ``broken`` is raised where its condition doesn't hold. Without one it has none."""

    write: dict[str, Any]
    broken: TocsinError | None = None


@contextmanager
def asking(broken: str = "somebody else wrote first") -> Generator[None]:
    """Raises Conflict, with ``broken``, where a condition doesn't hold; Unavailable where there is no answer."""
    try:
        yield
    except ClientError as fault:
        code = code_of(fault)
        if code == BROKEN:
            raise Conflict(broken) from fault
        if code in BUGS:
            raise
        raise Unavailable(f"DynamoDB didn't take it: {fault}") from fault
    except ParamValidationError:
        raise
    except BotoCoreError as fault:
        raise Unavailable(f"DynamoDB can't be reached: {fault}") from fault


def write(call: Callable[[], T], broken: str = "somebody else wrote first") -> T:
    """One write. Where another transaction is in its way it waits for that: a page isn't put off for another's claim.

    Raises Conflict with ``broken``, Unavailable.
    """
    with asking(broken):
        return _undisturbed(call)


def transact(client: "DynamoDBClient", steps: Sequence[Step]) -> None:
    """All steps, or none. Raises what the first broken step says, or Unavailable."""
    items: Any = [step.write for step in steps]
    with asking():
        try:
            _undisturbed(lambda: client.transact_write_items(TransactItems=items))
        except ClientError as fault:
            if code_of(fault) != CANCELLED:
                raise
            _explain(fault, steps)
            raise  # others were at the same items: it may be tried again


def _undisturbed(call: Callable[[], T]) -> T:
    for pause in PAUSES:
        try:
            return call()
        except ClientError as fault:
            if not _in_the_way(fault):
                raise
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - those who met part
    return call()


def _in_the_way(fault: ClientError) -> bool:
    """Only that: where a condition doesn't hold either, there is no use in waiting."""
    codes = {reason.get("Code") for reason in reasons_of(fault)} - {None, "None"}
    return code_of(fault) == f"{IN_THE_WAY}Exception" or codes == {IN_THE_WAY}


def _explain(fault: ClientError, steps: Sequence[Step]) -> None:
    codes = [reason.get("Code") for reason in reasons_of(fault)]
    for step, code in zip(steps, codes, strict=True):
        if code == "ConditionalCheckFailed" and step.broken is not None:
            raise step.broken from fault
    odd = {code for code in codes if code not in BUSY | {None, "None"}}
    if odd:
        raise RuntimeError(f"DynamoDB cancelled a transaction that it can't carry out: {odd}") from fault


def code_of(fault: ClientError) -> str:
    return fault.response.get("Error", {}).get("Code", "")


def reasons_of(fault: ClientError) -> list[dict[str, Any]]:
    """Why a transaction was cancelled, step by step."""
    response: Any = fault.response
    return response.get("CancellationReasons", [])


def item_found(broken: TocsinError, place: int) -> Item | None:
    """The item as it was where that step's condition didn't hold, if the step asked for it."""
    fault = broken.__cause__
    return reasons_of(fault)[place].get("Item") if isinstance(fault, ClientError) else None


def query(client: "DynamoDBClient", **arguments: Any) -> Iterator[Item]:
    """All items that are asked for. Raises Unavailable."""
    return _pages(client.query, arguments)


def scan(client: "DynamoDBClient", **arguments: Any) -> Iterator[Item]:
    """All items of a table that a filter lets through; it reads all of them. Raises Unavailable."""
    return _pages(client.scan, arguments)


def _pages(ask: Callable[..., Any], arguments: dict[str, Any]) -> Iterator[Item]:
    """Page by page, each asked for when it is needed."""
    while True:
        with asking():
            answer = ask(**arguments)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def read_all(client: "DynamoDBClient", table: str, keys: Sequence[Item], only: Sequence[str] = ()) -> list[Item]:
    """The items that exist (``only`` these attributes), read consistently, in no order. Raises Unavailable."""
    names = {f"#{name}": name for name in only}
    projection = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names} if only else {}
    found: list[Item] = []

    def ask(some: Sequence[Item]) -> Sequence[Item]:
        request = {"Keys": some, "ConsistentRead": True, **projection}
        answer: Any = client.batch_get_item(RequestItems={table: request})  # pyright: ignore[reportArgumentType]  # as above
        found.extend(answer["Responses"].get(table, []))
        return answer["UnprocessedKeys"].get(table, {}).get("Keys", [])

    once = list({(key["pk"]["S"], key["sk"]["S"]): key for key in keys}.values())  # a key that comes twice is refused
    _in_rounds(once, READ_AT_ONCE, ask, pause=lambda _: None)
    return found


def write_all(client: "DynamoDBClient", table: str, items: Sequence[Item], pause: Callable[[int], None]) -> None:
    """Puts items without conditions; ``pause`` is called before each new round. Raises Unavailable."""

    def ask(some: Sequence[Item]) -> Sequence[Item]:
        requests = [{"PutRequest": {"Item": item}} for item in some]
        answer: Any = client.batch_write_item(RequestItems={table: requests})  # pyright: ignore[reportArgumentType]  # as above
        return [request["PutRequest"]["Item"] for request in answer["UnprocessedItems"].get(table, [])]

    _in_rounds(items, WRITTEN_AT_ONCE, ask, pause)


def _in_rounds(
    work: Sequence[Item], at_once: int, ask: Callable[[Sequence[Item]], Sequence[Item]], pause: Callable[[int], None]
) -> None:
    """DynamoDB may leave a part of a batch undone: that part is asked for again."""
    for start in range(0, len(work), at_once):
        left = work[start : start + at_once]
        for round_ in range(ROUNDS):
            if round_:
                pause(round_)
            with asking():
                left = ask(left)
            if not left:
                break
        else:
            raise Unavailable(f"DynamoDB left {len(left)} items of a batch undone")
