"""The bill by AWS's own examples, and by items that anybody can count."""

import pytest

from bench.capacity import Item, index_units, read_units, size, write_units

INDEXES = [("due_shard", "due_at")]


def of(size_in_bytes: int, **more: str) -> Item:
    """An item of that size: the attribute's name is a byte."""
    return {"a": {"S": "x" * (size_in_bytes - 1)}, **{name: {"S": value} for name, value in more.items()}}


def indexed(due_at: str | None = "2026-11-23T03:00:00Z", **more: str) -> Item:
    shard = {"due_shard": "D0", "due_at": due_at} if due_at else {}
    return of(100, pk="INC#Q", sk="STATE", **shard, **more)


@pytest.mark.parametrize(
    ("kilobytes", "plain", "transaction"),
    [  # https://aws.amazon.com/dynamodb/pricing/provisioned/, https://aws.amazon.com/dynamodb/pricing/on-demand/
        (1, 1, 2),
        (2, 2, 4),
        (3, 3, 6),
    ],
)
def test_writes_cost_what_aws_says(kilobytes: int, plain: int, transaction: int) -> None:
    assert write_units(None, of(1024 * kilobytes)) == plain
    assert write_units(None, of(1024 * kilobytes), transaction=True) == transaction


@pytest.mark.parametrize(
    ("bytes_read", "consistent", "units"),
    [  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
        (3500, True, 1),
        (4096, True, 1),
        (4096, False, 0.5),
        (8192, True, 2),
        (8192, False, 1),
    ],
)
def test_reads_cost_what_aws_says(bytes_read: int, consistent: bool, units: float) -> None:
    assert read_units([of(bytes_read)], consistent=consistent) == units


def test_a_byte_more_is_a_unit_more() -> None:
    assert write_units(None, of(1025)) == 2
    assert write_units(None, of(1025), transaction=True) == 4  # rounded before it is doubled


def test_a_query_is_rounded_up_once() -> None:
    assert read_units([of(1000)] * 4, consistent=True) == 1
    assert read_units([], consistent=True) == 1


def test_the_larger_of_before_and_after_counts() -> None:
    assert write_units(of(3000), of(100)) == write_units(of(100), of(3000)) == write_units(of(3000), None) == 3


def test_an_entry_that_comes_or_goes_is_a_write_and_one_that_moves_is_two() -> None:
    tomorrow = indexed("2026-11-24T03:00:00Z")
    assert index_units(None, indexed(), INDEXES) == 1
    assert index_units(indexed(None), indexed(), INDEXES) == 1
    assert index_units(indexed(), indexed(None), INDEXES) == index_units(indexed(), None, INDEXES) == 1
    assert index_units(indexed(), tomorrow, INDEXES) == 2


def test_an_entry_that_stays_as_it_is_costs_nothing() -> None:
    assert index_units(indexed(), indexed(title="another"), INDEXES) == 0
    assert index_units(indexed(None), indexed(None, title="another"), INDEXES) == 0


@pytest.mark.parametrize(
    ("value", "bytes_of_it"),
    [
        ({"S": "ünï"}, 5),
        ({"N": "27"}, 2),
        ({"N": "-27"}, 3),
        ({"N": "1.2"}, 2),
        ({"N": "1800"}, 2),  # trailing zeros are trimmed
        ({"N": "0"}, 1),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": b"xyz"}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {"key": {"S": "ab"}}}, 3 + 1 + 3 + 2),
    ],
)
def test_a_value_is_as_large_as_aws_says(value: dict[str, object], bytes_of_it: int) -> None:
    assert size({"": value}) == bytes_of_it
