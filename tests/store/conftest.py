"""The two stores, each empty: one contract holds of both."""

from collections.abc import Iterator

import pytest

from bench.tables import INCIDENTS
from shared.flow.stores import IncidentStore
from shared.store.dynamodb import DynamoDbIncidents
from shared.store.memory import MemoryIncidents
from tests.store.tables import OneAtATime, tables


@pytest.fixture
def table() -> Iterator[OneAtATime]:
    with tables() as client:
        yield client


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> IncidentStore:
    if request.param == "memory":
        return MemoryIncidents()
    return DynamoDbIncidents(request.getfixturevalue("table"), INCIDENTS)


@pytest.fixture
def dynamodb(table: OneAtATime) -> DynamoDbIncidents:
    return DynamoDbIncidents(table, INCIDENTS)
