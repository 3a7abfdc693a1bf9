"""One contract, two stores, for what is known of contact methods."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bench.tables import INCIDENTS
from shared.domain.contact_state import CODE_LASTS, GUESSES, Texted, broken, confirmed, guess, unknown, with_code
from shared.domain.directory import Contact, Medium
from shared.domain.errors import Conflict
from shared.flow.ports import Unavailable
from shared.flow.stores import ContactStore
from shared.store.dynamodb_contacts import DynamoDbContacts
from shared.store.memory_contacts import MemoryContacts
from tests.store.tables import OneAtATime, tables, unreachable

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PHONE = Contact(name="phone", medium=Medium.SMS, address="+447700900001")


@pytest.fixture
def table() -> Iterator[OneAtATime]:
    with tables() as client:
        yield client


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> ContactStore:
    if request.param == "memory":
        return MemoryContacts()
    return DynamoDbContacts(request.getfixturevalue("table"), INCIDENTS)


def test_a_method_that_nobody_wrote_of_is_unconfirmed_and_works(store: ContactStore) -> None:
    state = store.of("ada", PHONE)
    assert state == unknown("ada", PHONE)
    assert not state.confirmed
    assert not state.broken


def test_what_is_written_is_read(store: ContactStore) -> None:
    state = replace(confirmed(store.of("ada", PHONE), NOON), subscription={"endpoint": "https://push.example/1"})
    written = store.write(state)
    assert store.of("ada", PHONE) == written
    again = store.write(broken(written, "no such number", NOON))
    assert store.of("ada", PHONE) == again
    assert again.broken_because == "no such number"


def test_it_belongs_to_one_address_of_one_person(store: ContactStore) -> None:
    store.write(confirmed(store.of("ada", PHONE), NOON))
    assert not store.of("grace", PHONE).confirmed
    assert not store.of("ada", replace(PHONE, address="+447700900002")).confirmed
    assert store.of("ada", replace(PHONE, name="mobile")).confirmed, "a name is only what the file calls it"


def test_of_two_who_write_at_once_one_reads_again(store: ContactStore) -> None:
    read = store.of("ada", PHONE)
    store.write(confirmed(read, NOON))
    with pytest.raises(Conflict):
        store.write(with_code(read, "123456", NOON))


def test_a_table_that_doesn_t_answer_may_be_asked_again(table: OneAtATime) -> None:
    store = DynamoDbContacts(table, INCIDENTS)
    for ask in (lambda: store.of("ada", PHONE), lambda: store.write(unknown("ada", PHONE))):
        table.faults = [unreachable()]
        with pytest.raises(Unavailable):
            ask()


def test_a_code_confirms_within_the_hour_and_five_guesses() -> None:
    asked = with_code(unknown("ada", PHONE), "123456", NOON)
    assert guess(asked, "123456", NOON).confirmed
    assert not guess(asked, "123456", NOON + CODE_LASTS).confirmed
    poorer = asked
    for _ in range(GUESSES - 1):
        poorer = guess(poorer, "654321", NOON)
    assert guess(poorer, "123456", NOON + timedelta(minutes=1)).confirmed
    assert not guess(guess(poorer, "654321", NOON), "123456", NOON).confirmed
    assert not guess(guess(asked, "123456", NOON), "123456", NOON).code, "it works once"


def test_of_each_number_the_incidents_are_known_that_it_was_texted_of(store: ContactStore) -> None:
    first = Texted(number=17, incident="Q0000000000017", user="ada", at=NOON)
    again = replace(first, at=NOON + timedelta(minutes=5))
    later = Texted(number=9, incident="Q0000000000009", user="grace", at=NOON)
    for texted in (first, again, later):
        store.note_texted(PHONE.address, texted)
    assert store.texted(PHONE.address) == [later, again]
    assert store.texted("+447700900002") == []


def test_no_number_stands_in_the_key_of_what_was_texted(table: OneAtATime) -> None:
    DynamoDbContacts(table, INCIDENTS).note_texted(
        PHONE.address, Texted(number=17, incident="Q0000000000017", user="ada", at=NOON)
    )
    (item,) = table.scan(TableName=INCIDENTS)["Items"]
    assert "7700900001" not in str(item)
    assert int(item["ttl"]["N"]) == int((NOON + timedelta(days=7)).timestamp())
