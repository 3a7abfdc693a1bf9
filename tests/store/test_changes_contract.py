"""One contract, two stores, for changes of services and for what routing keys have sent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.capacity import write_units
from bench.tables import INCIDENTS
from shared.domain.change_event import KEPT_FOR, ChangeEvent, ServiceChange
from shared.domain.event import Link
from shared.flow.ports import Unavailable
from shared.flow.rate_limit import SharedCounts
from shared.flow.stores import ChangeStore
from shared.store.dynamodb_changes import DynamoDbChanges
from shared.store.dynamodb_counts import DynamoDbCounts
from shared.store.memory_changes import MemoryChanges, MemoryCounts
from tests.store.tables import OneAtATime, refusal, tables, unreachable
from tests.store.test_incidents_contract import HOSTILE

NOON = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALWAYS = NOON - KEPT_FOR, NOON + KEPT_FOR


@pytest.fixture
def table() -> Iterator[OneAtATime]:
    with tables() as client:
        yield client


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> ChangeStore:
    if request.param == "memory":
        return MemoryChanges()
    return DynamoDbChanges(request.getfixturevalue("table"), INCIDENTS)


@pytest.fixture(params=["memory", "dynamodb"])
def counts(request: pytest.FixtureRequest) -> SharedCounts:
    if request.param == "memory":
        return MemoryCounts()
    return DynamoDbCounts(request.getfixturevalue("table"), INCIDENTS)


def made(number: int = 1, at: datetime = NOON, service: str = "checkout", **told: Any) -> ServiceChange:
    return ServiceChange(
        id=f"P{number:013}",
        service=service,
        at=at,
        accepted_at=at,
        integration="PEVENTS0000001",
        change=ChangeEvent(**{"summary": f"deploy {number}", **told}),
    )


def test_a_change_is_read_as_it_was_kept(store: ChangeStore) -> None:
    links = (Link(href="https://ci.example/17", text="the run"),)
    whole = made(source="ci", timestamp=NOON, links=links, custom_details={"n": [1, 2.5, None, True]})
    store.keep(replace(whole, raw_at="s3://raw/1.json"))
    assert store.of("checkout", *ALWAYS, 10) == [replace(whole, raw_at="s3://raw/1.json")]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_sender_wrote_is_kept_as_it_is(store: ChangeStore, text: str) -> None:
    whole = made(summary=text, service=text, custom_details={text: text})
    store.keep(whole)
    assert store.of(text, *ALWAYS, 10) == [whole]


def test_newest_first_and_no_more_than_asked_for(store: ChangeStore) -> None:
    for number in (2, 1, 3):
        store.keep(made(number, NOON + number * MINUTE))
    assert [found.id[-1] for found in store.of("checkout", *ALWAYS, 2)] == ["3", "2"]


def test_both_ends_count_and_what_lies_outside_does_not(store: ChangeStore) -> None:
    for number in range(5):
        store.keep(made(number, NOON + number * MINUTE))
    assert [found.id[-1] for found in store.of("checkout", NOON + MINUTE, NOON + 3 * MINUTE, 9)] == ["3", "2", "1"]


def test_kept_twice_it_is_one_and_in_one_moment_two_are_two(store: ChangeStore) -> None:
    for number in (1, 1, 2):
        store.keep(made(number))
    assert len(store.of("checkout", *ALWAYS, 10)) == 2


def test_services_do_not_see_each_others_changes(store: ChangeStore) -> None:
    store.keep(made(service="search"))
    assert store.of("checkout", *ALWAYS, 10) == []


def test_counts_add_up_by_key_and_minute(counts: SharedCounts) -> None:
    minute = NOON.replace(second=0, microsecond=0)
    assert [counts.add("a", minute, 3), counts.add("a", minute, 4), counts.add("b", minute, 1)] == [3, 7, 1]
    assert counts.add("a", minute + MINUTE, 1) == 1


def test_a_change_of_a_kilobyte_is_one_write_unit_and_goes_after_ninety_days(table: OneAtATime) -> None:
    DynamoDbChanges(table, INCIDENTS).keep(made(custom_details={"text": "x" * 500}))
    ((_, call),) = table.calls
    assert write_units(None, call["Item"]) == 1
    assert int(call["Item"]["ttl"]["N"]) == int((NOON + KEPT_FOR).timestamp())


def test_a_count_goes_within_hours(table: OneAtATime) -> None:
    DynamoDbCounts(table, INCIDENTS).add("a", NOON, 1)
    ((_, call),) = table.calls
    assert int(call["ExpressionAttributeValues"][":ttl"]["N"]) - NOON.timestamp() < 86_400


@pytest.mark.parametrize("fault", [unreachable(), refusal("InternalServerError")])
def test_a_table_that_does_not_answer_is_unavailable(table: OneAtATime, fault: Exception) -> None:
    changes, counts = DynamoDbChanges(table, INCIDENTS), DynamoDbCounts(table, INCIDENTS)
    for ask in (lambda: changes.keep(made()), lambda: changes.of("a", *ALWAYS, 1), lambda: counts.add("a", NOON, 1)):
        table.faults = [fault]
        with pytest.raises(Unavailable):
            ask()
