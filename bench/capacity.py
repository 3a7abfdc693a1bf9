"""What DynamoDB bills for a call, from its items: by AWS's published rules, as moto's consumed capacity knows none of
them (not the doubled price of a transaction, nor an item's size, nor its entries in indexes).

An item's size: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
Units: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
Indexes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
"""

from collections.abc import Iterable, Mapping
from typing import Any

Item = Mapping[str, Any]  # attributes in DynamoDB's typed form: {"pk": {"S": "…"}}
Keys = tuple[str, str]  # the attributes of an index's partition and sort key

WRITTEN_BY_A_UNIT, READ_BY_A_UNIT = 1024, 4096  # bytes
CONTAINER, MEMBER = 3, 1  # bytes that a list or map costs, and each of its members


def size(item: Item) -> int:
    """Bytes of an item: its names and its values."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def write_units(before: Item | None, after: Item | None, *, transaction: bool = False) -> int:
    """Of one item's write in the base table: the larger of what was and what is; twice that in a transaction."""
    units = max(_units(item, WRITTEN_BY_A_UNIT) for item in (before or {}, after or {}))
    return 2 * units if transaction else units


def index_units(before: Item | None, after: Item | None, indexes: Iterable[Keys]) -> int:
    """Of the same write in indexes that carry keys only: an entry goes, or comes, or both where its key changes."""
    units = 0
    for keys in indexes:
        was, is_ = _entry(before, keys), _entry(after, keys)
        if was != is_:
            units += sum(_units(entry, WRITTEN_BY_A_UNIT) for entry in (was, is_) if entry is not None)
    return units


def read_units(items: Iterable[Item], *, consistent: bool) -> float:
    """Of one read: what it went through together, rounded up once; of nothing at all, as of one item."""
    units = -(-sum(size(item) for item in items) // READ_BY_A_UNIT) or 1
    return units if consistent else units / 2


def _units(item: Item, unit: int) -> int:
    return max(-(-size(item) // unit), 1)


def _entry(item: Item | None, keys: Keys) -> Item | None:
    """The item as an index of ``keys`` has it; None where it lacks one of them."""
    if item is None or any(key not in item for key in keys):
        return None
    return {name: item[name] for name in dict.fromkeys(("pk", "sk", *keys))}


def _value(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            return _number(content)
        case "M":
            return CONTAINER + sum(MEMBER + len(name.encode()) + _value(inner) for name, inner in content.items())
        case "L":
            return CONTAINER + sum(MEMBER + _value(inner) for inner in content)
        case "BOOL" | "NULL":
            return 1
        case _:
            raise ValueError(f"no table of ours holds the type {kind}")


def _number(written: str) -> int:
    """A byte for two significant digits, and one; a sign is another."""
    digits = written.lstrip("-").replace(".", "").strip("0")
    return -(-len(digits) // 2) + 1 + written.startswith("-")
