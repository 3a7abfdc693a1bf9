"""One contract, two stores: the set-up in force, and older versions of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.tables import DIRECTORY
from shared.config.build import build
from shared.domain.errors import Conflict, NotFound
from shared.flow.ports import NothingApplied, Unavailable
from shared.flow.stores import DirectoryStore
from shared.store.dynamodb_directory import DynamoDbDirectory, Version
from shared.store.memory import MemoryDirectory
from tests.store.tables import OneAtATime, refusal, tables, unreachable

AT = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)


def document(description: str = "Checkout", **more: Any) -> dict[str, Any]:
    return {
        "account": {"name": "acme", "time_zone": "Europe/London", "fallback": {"email": "office@acme.example"}},
        "users": {
            "ada": {
                "name": "Ada",
                "email": "ada@acme.example",
                "contacts": {"phone": {"sms": "+441632960001"}, "mail": {"email": "ada@acme.example"}},
            },
            "grace": {"name": "Grace 😀 #1", "email": "grace@acme.example"},
        },
        "escalation_policies": {"checkout": {"levels": [{"notify": ["user:ada"], "after": "5m"}]}},
        "services": {"checkout": {"policy": "checkout", "description": description}},
        "event_rules": [{"name": "quiet", "when": {"source": [{"prefix": "staging-"}]}, "then": {"drop": True}}],
        "maintenance": [],
        "unrouted": "checkout",
        **more,
    }


@dataclass
class Watch:
    """A monotonic clock that tests move."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Notes:
    """A journal that remembers."""

    faults: list[str] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)

    def summary(self, flow: str, **facts: str | int) -> None: ...

    def fault(self, flow: str, message: str, **facts: str | int) -> None:
        self.faults.append(message)

    def count(self, metric: str, number: int = 1) -> None:
        self.counts.append(metric)


@pytest.fixture
def table() -> Iterator[OneAtATime]:
    with tables() as client:
        yield client


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def dynamodb(table: OneAtATime, watch: Watch, notes: Notes) -> DynamoDbDirectory:
    return DynamoDbDirectory(table, DIRECTORY, watch, notes)


@pytest.fixture(params=["memory", "dynamodb"])
def stored(request: pytest.FixtureRequest) -> tuple[DirectoryStore, Callable[[Mapping[str, Any]], int]]:
    """A store, and how a document is put in force there."""
    if request.param == "memory":
        memory = MemoryDirectory()
        numbers = iter(range(1, 100))

        def put(document: Mapping[str, Any]) -> int:
            number = next(numbers)
            memory.put(build(document, number))
            return number

        return memory, put
    store: DynamoDbDirectory = request.getfixturevalue("dynamodb")
    watch: Watch = request.getfixturevalue("watch")
    in_force = [0]

    def apply(document: Mapping[str, Any]) -> int:
        in_force[0] = store.put_version(document, in_force[0], "ada", AT)
        watch.seconds += 5
        return in_force[0]

    return store, apply


def described(store: DirectoryStore, version: int | None = None) -> str:
    directory = store.current() if version is None else store.version(version)
    return directory.services["checkout"].description


def test_the_last_that_was_applied_is_in_force(stored):
    store, put = stored
    put(document("first"))
    assert described(store) == "first"

    number = put(document("second"))

    assert described(store) == "second"
    assert store.current().version == store.fresh().version == number


def test_older_versions_are_kept(stored):
    store, put = stored
    numbers = [put(document(f"number {place}")) for place in range(7)]

    assert numbers == list(range(1, 8))
    assert [described(store, number) for number in numbers] == [f"number {place}" for place in range(7)]
    assert described(store) == "number 6"


def test_a_version_that_never_was_is_not_found(stored):
    store, put = stored
    put(document())

    with pytest.raises(NotFound):
        store.version(2)


def test_the_whole_set_up_comes_back(stored):
    store, put = stored
    number = put(document())

    whole = build(document(), number)
    found = store.current()

    assert (found.account, found.users, found.policies) == (whole.account, whole.users, whole.policies)
    assert (found.services, found.rules, found.unrouted) == (whole.services, whole.rules, whole.unrouted)


# DynamoDB alone


def test_the_document_is_as_it_was_applied(dynamodb: DynamoDbDirectory):
    many = {f"user-{number}": {"name": "x" * 1000, "email": "x@acme.example"} for number in range(1500)}  # over 1 MB
    big = document(users=many, teams={})

    assert dynamodb.put_version(big, 0, "ada", AT) == 1
    assert dynamodb.document(1) == big


def test_objects_are_items_of_their_own(dynamodb: DynamoDbDirectory, table: OneAtATime):
    dynamodb.put_version(document(), 0, "ada", AT)

    found = {(item["pk"]["S"], item["sk"]["S"]): item for item in table.scan(TableName=DIRECTORY)["Items"]}

    assert set(found) == {
        ("VERSION", "VERSION"),
        ("HISTORY", "V#000001"),
        *(
            ("V#000001", sk)
            for sk in (
                "account#",
                "users#ada",
                "users#grace",
                "escalation_policies#checkout",
                "services#checkout",
                "event_rules#",
                "maintenance#",
                "unrouted#",
            )
        ),
    }
    version = found["VERSION", "VERSION"]
    assert version["version"] == {"N": "1"}
    assert (version["applied_at"], version["applied_by"]) == ({"S": "2026-11-23T03:12:00.000Z"}, {"S": "ada"})


def test_an_object_that_is_larger_than_an_item_lies_in_several(dynamodb: DynamoDbDirectory, table: OneAtATime):
    rules = [{"name": f"rule {n}", "when": {"source": ["x" * 900]}, "then": {"drop": True}} for n in range(1000)]
    large = document(event_rules=rules, schedules={"long #1": {"overrides": ["y" * 300_000, "z" * 300_000]}, "s": {}})

    dynamodb.put_version(large, 0, "ada", AT)

    assert dynamodb.document(1) == large
    assert max(len(item.get("body", {"S": ""})["S"]) for item in table.scan(TableName=DIRECTORY)["Items"]) <= 300_000


def test_each_version_that_was_in_force_is_on_record(dynamodb: DynamoDbDirectory):
    assert dynamodb.history() == []
    dynamodb.put_version(document("first"), 0, "ada", AT)
    with pytest.raises(Conflict):
        dynamodb.put_version(document("lost"), 0, "grace", AT)
    dynamodb.put_version(document("second"), 1, "grace", AT + timedelta(hours=1))

    assert dynamodb.history() == [
        Version(number=1, at=AT, by="ada"),
        Version(number=2, at=AT + timedelta(hours=1), by="grace"),
    ]


def test_a_change_is_in_force_everywhere_after_five_seconds(
    dynamodb: DynamoDbDirectory, table: OneAtATime, watch: Watch, notes: Notes
):
    dynamodb.put_version(document("first"), 0, "ada", AT)
    assert described(dynamodb) == "first"
    DynamoDbDirectory(table, DIRECTORY, watch, notes).put_version(document("second"), 1, "grace", AT)

    watch.seconds = 4.9
    assert described(dynamodb) == "first"
    watch.seconds = 5
    assert described(dynamodb) == "second"


def test_a_change_is_seen_at_once_by_who_asks_afresh(dynamodb: DynamoDbDirectory):
    dynamodb.put_version(document("first"), 0, "ada", AT)
    assert described(dynamodb) == "first"
    dynamodb.put_version(document("second"), 1, "ada", AT)

    assert dynamodb.fresh().services["checkout"].description == "second"
    assert described(dynamodb) == "second"


def test_a_version_is_read_once(dynamodb: DynamoDbDirectory, table: OneAtATime, watch: Watch):
    dynamodb.put_version(document(), 0, "ada", AT)
    table.calls.clear()

    for seconds in range(12):
        watch.seconds = seconds
        dynamodb.current()

    assert [name for name, _ in table.calls] == ["get_item", "query", "get_item", "get_item"]


def test_while_dynamodb_cannot_be_read_the_version_at_hand_is_used(
    dynamodb: DynamoDbDirectory, table: OneAtATime, watch: Watch, notes: Notes
):
    dynamodb.put_version(document("first"), 0, "ada", AT)
    dynamodb.current()
    dynamodb.put_version(document("second"), 1, "ada", AT)

    table.faults = [unreachable(), refusal("ThrottlingException")]
    watch.seconds = 5
    assert described(dynamodb) == "first"
    watch.seconds = 9  # asked again after 5 s only: a call that times out costs seconds
    assert described(dynamodb) == "first"
    watch.seconds = 10
    assert described(dynamodb) == "first"
    watch.seconds = 15
    assert described(dynamodb) == "second"

    assert notes.counts == ["Degraded"] * 2
    assert all("version 1 stays in use" in fault for fault in notes.faults)


def test_before_the_first_version_it_says_that_nothing_was_applied(stored: Any):
    store, _ = stored
    for look in (store.current, store.fresh):
        with pytest.raises(NothingApplied, match="tocsin apply"):
            look()


def test_without_a_version_at_hand_it_may_be_tried_again(dynamodb: DynamoDbDirectory, table: OneAtATime):
    with pytest.raises(Unavailable, match="tocsin apply"):
        dynamodb.current()

    dynamodb.put_version(document(), 0, "ada", AT)
    table.faults = [unreachable()]
    with pytest.raises(Unavailable):
        dynamodb.current()
    assert dynamodb.current().version == 1


def test_four_versions_stay_in_memory(dynamodb: DynamoDbDirectory, table: OneAtATime):
    for number in range(6):
        dynamodb.put_version(document(), number, "ada", AT)
        dynamodb.version(number + 1)
    table.calls.clear()

    for number in (6, 5, 4, 3):
        dynamodb.version(number)
    assert table.calls == []
    dynamodb.version(2)
    assert [name for name, _ in table.calls] == ["query"]


def test_who_applies_to_an_older_version_is_told(dynamodb: DynamoDbDirectory):
    dynamodb.put_version(document("first"), 0, "ada", AT)

    with pytest.raises(Conflict):
        dynamodb.put_version(document("lost"), 0, "grace", AT)

    assert described(dynamodb) == "first"


def test_of_two_who_apply_at_once_one_is_told_and_neither_spoils_the_other(
    dynamodb: DynamoDbDirectory, table: OneAtATime, watch: Watch, notes: Notes
):
    other = DynamoDbDirectory(table, DIRECTORY, watch, notes)
    dynamodb.put_version(document("first"), 0, "ada", AT)

    class Between(OneAtATime):
        """While one writes the objects, the other applies."""

        first = True

        def batch_write_item(self, **arguments: Any) -> Any:
            if self.first:
                self.first = False
                other.put_version(document("theirs"), 1, "grace", AT)
            return table.batch_write_item(**arguments)

    slower = DynamoDbDirectory(Between(table), DIRECTORY, watch, notes)
    with pytest.raises(Conflict):
        slower.put_version(document("mine", users={}), 1, "ada", AT)

    assert described(dynamodb) == "theirs"
    assert set(dynamodb.current().users) == {"ada", "grace"}


def test_what_a_batch_leaves_over_is_written_again(table: OneAtATime, watch: Watch, notes: Notes):
    class Half(OneAtATime):
        """Takes one item of a batch at a time."""

        def batch_write_item(self, **arguments: Any) -> Any:
            [first, *rest] = arguments["RequestItems"][DIRECTORY]
            table.batch_write_item(RequestItems={DIRECTORY: [first]})
            return {"UnprocessedItems": {DIRECTORY: rest} if rest else {}}

    store = DynamoDbDirectory(Half(table), DIRECTORY, watch, notes)
    small = {"account": document()["account"], "unrouted": "x", "maintenance": []}

    store.put_version(small, 0, "ada", AT)

    assert store.document(1) == small
