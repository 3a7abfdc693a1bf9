"""What is signed for somebody: it names one thing, for one purpose, for a time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.access import (
    SUBSCRIBE_WITHIN,
    VALID_FOR,
    contact_of,
    overview_token,
    read_link_token,
    read_overview_token,
    read_subscribe_token,
    subscribe_token,
)
from shared.domain.directory import Contact, Medium
from shared.domain.errors import Refused
from shared.domain.instants import Instant
from tests.flow.people import directory, level

NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SECRET = b"s" * 32
PHONE = Contact(name="phone", medium=Medium.SMS, address="+447700900001")
SOME_API = "https://a1b2c3d4e5.execute-api.ap-southeast-2.amazonaws.com"

Sign = Callable[[str, Contact, bytes, Instant], str]
Read = Callable[[str, bytes, Instant], bytes]
SIGNED: list[tuple[Sign, Read, timedelta]] = [
    (overview_token, read_overview_token, VALID_FOR),
    (subscribe_token, read_subscribe_token, SUBSCRIBE_WITHIN),
]


@pytest.mark.parametrize(("sign", "read", "lasts"), SIGNED)
def test_it_names_one_contact_of_one_person_until_it_expires(sign: Sign, read: Read, lasts: timedelta) -> None:
    people = directory(level("ada"))
    ada = people.users["ada"]
    contact = ada.contacts[-1]
    token = sign("ada", contact, SECRET, NIGHT)
    assert contact_of(read(token, SECRET, NIGHT + lasts), people) == (ada, contact)
    with pytest.raises(Refused, match="expired"):
        read(token, SECRET, NIGHT + lasts + timedelta(seconds=1))


@pytest.mark.parametrize(("sign", "read"), [each[:2] for each in SIGNED])
def test_another_secret_and_another_purpose_prove_nothing(sign: Sign, read: Read) -> None:
    token = sign("ada", PHONE, SECRET, NIGHT)
    others = [each for _, each, _ in SIGNED if each is not read]
    for attempt in (lambda: read(token, b"t" * 32, NIGHT), *(lambda r=r: r(token, SECRET, NIGHT) for r in others)):
        with pytest.raises(Refused, match="isn't one of ours"):
            attempt()
    with pytest.raises(Refused, match="isn't one of ours"):
        read_link_token(token, SECRET, NIGHT)


def test_who_left_the_configuration_has_no_contact_any_more() -> None:
    people = directory(level("ada"))
    contact = people.users["ada"].contacts[0]
    tag = read_overview_token(overview_token("ada", contact, SECRET, NIGHT), SECRET, NIGHT)
    without = replace(people, users={})
    with pytest.raises(Refused, match="not in the configuration any more"):
        contact_of(tag, without)


def test_a_changed_address_is_another_method() -> None:
    people = directory(level("ada"))
    ada = people.users["ada"]
    tag = read_overview_token(overview_token("ada", ada.contacts[0], SECRET, NIGHT), SECRET, NIGHT)
    moved = replace(ada, contacts=(replace(ada.contacts[0], address="ada@elsewhere.example"), *ada.contacts[1:]))
    with pytest.raises(Refused):
        contact_of(tag, replace(people, users={"ada": moved}))


def test_the_link_to_all_leaves_a_text_room_for_what_it_is_about() -> None:
    assert len(f"{SOME_API}/open/{overview_token('ada', PHONE, SECRET, NIGHT)}") < 110
