"""What a timeline says, in sentences."""

from datetime import UTC, datetime

import pytest

from shared.domain.telling import SENTENCES, told
from shared.domain.timeline import Author, Kind, LogEntry, Why
from tests.flow.people import directory, level

NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PEOPLE = directory(level("ada"), level("grace"))


def entry(kind: Kind, **facts: object) -> LogEntry:
    return LogEntry(kind=kind, at=NIGHT, **facts)  # type: ignore[arg-type]


def test_every_kind_of_entry_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Kind)
    assert all(told(entry(kind), PEOPLE) for kind in Kind)


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (entry(Kind.ACKNOWLEDGED, by=Author(user="ada")), "Ada acknowledged it"),
        (entry(Kind.RESOLVED, by=Author(integration="P1")), "A sender resolved it"),
        (entry(Kind.NOTED, by=Author(user="left"), text="disk cleared"), "left noted: disk cleared"),
        (entry(Kind.LEVEL_ENTERED, level=2, people=("ada", "grace")), "Level 2 is paged: Ada and Grace"),
        (entry(Kind.LEVEL_SKIPPED, level=1, why=Why.NOBODY_ON_CALL), "Level 1 was skipped: nobody is on call"),
        (entry(Kind.REASSIGNED, by=Author(user="ada"), people=("grace",)), "Ada handed it to Grace"),
        (entry(Kind.PRIORITY_CHANGED, priority="P1"), "Its priority is P1"),
    ],
)
def test_it_says_who_did_what_and_why(what: LogEntry, sentence: str) -> None:
    assert told(what, PEOPLE) == sentence
