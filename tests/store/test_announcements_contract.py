"""One contract, two stores, for what webhooks are told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bench.tables import INCIDENTS
from shared.domain.announcement import KEPT, Announcement, delivered, failed, tried_again
from shared.domain.errors import Conflict
from shared.flow.ports import Unavailable
from shared.flow.stores import AnnouncementStore
from shared.store.dynamodb import DynamoDbIncidents
from shared.store.dynamodb_announcements import DynamoDbAnnouncements
from shared.store.memory_announcements import MemoryAnnouncements
from tests.store.tables import OneAtATime, tables, unreachable

NOON = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST = Announcement(
    id="a" * 64,
    webhook="board",
    incident="Q1",
    number=3,
    event="incident.triggered",
    body='{"v":1}',
    since=NOON,
    due_at=NOON.replace(microsecond=0) + MINUTE,
)


@pytest.fixture
def table() -> Iterator[OneAtATime]:
    with tables() as client:
        yield client


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> AnnouncementStore:
    if request.param == "memory":
        return MemoryAnnouncements()
    return DynamoDbAnnouncements(request.getfixturevalue("table"), INCIDENTS)


def test_what_is_written_is_read(store: AnnouncementStore) -> None:
    assert store.get(FIRST.id) is None
    store.write(None, FIRST)
    assert store.get(FIRST.id) == FIRST
    store.write(FIRST, failed(FIRST, "it answered 500"))
    assert store.get(FIRST.id) == failed(FIRST, "it answered 500")


def test_it_begins_once(store: AnnouncementStore) -> None:
    store.write(None, FIRST)
    with pytest.raises(Conflict):
        store.write(None, FIRST)


def test_of_two_attempts_one_is_written_and_an_older_one_says_nothing_any_more(store: AnnouncementStore) -> None:
    store.write(None, FIRST)
    again = tried_again(FIRST, NOON + MINUTE)
    store.write(FIRST, again)
    for late in (again, delivered(FIRST), failed(FIRST, "it answered 500")):
        with pytest.raises(Conflict):
            store.write(FIRST, late)


def test_what_is_over_stays_over(store: AnnouncementStore) -> None:
    store.write(None, FIRST)
    store.write(FIRST, delivered(FIRST))
    assert store.get(FIRST.id) == delivered(FIRST)
    with pytest.raises(Conflict):
        store.write(FIRST, tried_again(FIRST, NOON + MINUTE))
    assert store.due(NOON + timedelta(days=1), 10) == []


def test_what_is_due_is_found_oldest_first_and_no_more_than_asked_for(store: AnnouncementStore) -> None:
    for name, minutes in (("c", 3), ("a", 1), ("b", 2)):
        store.write(None, replace(FIRST, id=name, due_at=NOON + minutes * MINUTE))
    assert store.due(NOON, 10) == []
    assert store.due(NOON + 2 * MINUTE, 10) == ["a", "b"]
    assert store.due(NOON + 5 * MINUTE, 2) == ["a", "b"]


def test_however_many_wait_they_are_nothing_that_a_page_waits_behind(table: OneAtATime) -> None:
    DynamoDbAnnouncements(table, INCIDENTS).write(None, FIRST)
    assert DynamoDbIncidents(table, INCIDENTS).overdue(NOON + timedelta(hours=1), 10) == []


def test_it_is_taken_away_after_eight_days(table: OneAtATime) -> None:
    DynamoDbAnnouncements(table, INCIDENTS).write(None, FIRST)
    (item,) = table.scan(TableName=INCIDENTS)["Items"]
    assert int(item["ttl"]["N"]) == int((NOON + KEPT).timestamp())


def test_a_table_that_doesn_t_answer_is_unavailable(table: OneAtATime) -> None:
    store = DynamoDbAnnouncements(table, INCIDENTS)
    for ask in (lambda: store.get("a"), lambda: store.write(None, FIRST), lambda: store.due(NOON, 1)):
        table.faults.append(unreachable())
        with pytest.raises(Unavailable):
            ask()
