"""The rate of a routing key: below it everything passes, above it at most what arrives in 5 s."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from cli.world import Notebook, World
from shared.domain.instants import Instant
from shared.flow import ingest
from shared.flow.ports import Deps, Unavailable
from shared.flow.rate_limit import SHARED_EVERY, WORTH_SHARING, CountedLimit
from shared.store.memory_changes import MemoryCounts
from tests.flow.people import directory
from tests.flow.story import EVENING
from tests.flow.test_ingest import event

KEY = "R" * 32
SECOND = timedelta(seconds=1)


class Counted(MemoryCounts):
    """Remembers how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def add(self, routing_key_hash: str, minute: Instant, number: int) -> int:
        self.calls += 1
        return super().add(routing_key_hash, minute, number)


class Unreachable:
    def add(self, *_: object) -> int:
        raise Unavailable("DynamoDB can't be reached")


def passed(limit: CountedLimit, number: int) -> int:
    """How many of ``number`` events pass that are spread evenly over 50 s."""
    return sum(limit.wait(KEY, EVENING + 50 * SECOND * n / number) == 0 for n in range(number))


def test_alone_a_function_takes_the_limit_to_the_event() -> None:
    limit = CountedLimit(MemoryCounts(), 6_000, Notebook())
    assert passed(limit, 8_000) == 6_000


def test_the_next_minute_begins_anew_and_the_sender_is_told_when() -> None:
    limit = CountedLimit(MemoryCounts(), 3, Notebook())
    assert [limit.wait(KEY, EVENING + timedelta(seconds=17.2)) for _ in range(4)] == [0, 0, 0, 43]
    assert limit.wait(KEY, EVENING + timedelta(seconds=59.9)) == 1
    assert limit.wait(KEY, EVENING + 60 * SECOND) == 0


def test_keys_do_not_count_for_each_other() -> None:
    limit = CountedLimit(MemoryCounts(), 1, Notebook())
    assert [limit.wait(KEY, EVENING), limit.wait("S" * 32, EVENING)] == [0, 0]


@pytest.mark.parametrize("functions", [2, 5, 20])
def test_together_functions_overshoot_by_what_arrives_in_five_seconds(functions: int) -> None:
    counts, a_second = MemoryCounts(), 1_000
    limits = [CountedLimit(counts, 6_000, Notebook()) for _ in range(functions)]
    taken = 0
    for number in range(50 * a_second):
        taken += limits[number % functions].wait(KEY, EVENING + SECOND * number / a_second) == 0
    assert 6_000 <= taken <= 6_000 + a_second * SHARED_EVERY.total_seconds()


def test_below_the_limit_nothing_is_refused_however_many_functions_take_it() -> None:
    counts = MemoryCounts()
    limits = [CountedLimit(counts, 6_000, Notebook()) for _ in range(10)]
    assert all(limits[n % 10].wait(KEY, EVENING + SECOND * n / 120) == 0 for n in range(6_000))


def test_counting_together_costs_a_call_in_five_seconds_at_most_and_none_for_few_events() -> None:
    counts = Counted()
    assert passed(CountedLimit(counts, 6_000, Notebook()), 5_000) == 5_000
    assert counts.calls <= 50 / SHARED_EVERY.total_seconds() + 1
    few = Counted()
    assert passed(CountedLimit(few, 6_000, Notebook()), 6_000 // WORTH_SHARING - 1) == 49
    assert few.calls == 0


def test_counts_that_can_t_be_shared_refuse_nobody_and_are_told_of() -> None:
    notebook = Notebook()
    assert passed(CountedLimit(Unreachable(), 6_000, notebook), 6_000) == 6_000
    assert 1 <= len(notebook.faults) <= 50 / SHARED_EVERY.total_seconds() + 1


def test_what_is_too_fast_is_429_with_a_time_to_come_again_and_is_not_kept() -> None:
    world = World(directory(), EVENING)
    world.deps = with_limit(world, 1)
    assert ingest.enqueue(world.deps, event(), None, "request-1").status == 202
    answer = ingest.enqueue(world.deps, event(), None, "request-2")
    assert (answer.status, answer.body["status"], answer.headers["retry-after"]) == (429, "throttle exceeded", "60")
    assert len(world.events.waiting) == 1
    assert world.notebook.counts["Throttled"] == 1


def test_a_change_counts_as_an_event_does() -> None:
    world = World(directory(), EVENING)
    world.deps = with_limit(world, 1)
    body = json.dumps({"routing_key": KEY, "payload": {"summary": "deploy"}}).encode()
    assert [ingest.enqueue_change(world.deps, body, None, f"r-{n}").status for n in (1, 2)] == [202, 429]


def test_what_is_refused_for_another_reason_does_not_count() -> None:
    world = World(directory(), EVENING)
    world.deps = with_limit(world, 1)
    assert ingest.enqueue(world.deps, event(payload={}), None, "request-1").status == 400
    assert ingest.enqueue(world.deps, event(), None, "request-2").status == 202


def with_limit(world: World, per_minute: int) -> Deps:
    return replace(world.deps, rate_limit=CountedLimit(MemoryCounts(), per_minute, world.notebook))
