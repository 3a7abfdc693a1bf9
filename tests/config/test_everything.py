"""The whole format, once: every key is accepted, and does what it is written for."""

from datetime import UTC, datetime
from pathlib import Path

from shared.config.build import build
from shared.config.inspection import errors
from shared.config.lint import lint
from shared.config.read import load

EVERYTHING = Path(__file__).parent / "everything"
NOW = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)


def test_every_key_of_the_format_is_accepted() -> None:
    found = lint(load(EVERYTHING), NOW)
    assert errors(found) == []
    assert {finding.code for finding in found} == {"not_in_force"}


def test_what_is_not_in_force_yet_is_each_told_with_its_line() -> None:
    told = {(Path(f.file).name, f.path) for f in lint(load(EVERYTHING), NOW)}
    assert ("services.yaml", "services.cranes.grouping.by") in told
    assert ("services.yaml", "event_rules[0].then.ticket") in told
    assert ("people.yaml", "users.joan.contacts.ring") in told


def test_it_can_be_built() -> None:
    directory = build(load(EVERYTHING).document, 1)
    assert set(directory.services) == {"berths", "cranes"}
    assert len(directory.schedules["watch"].layers[1].only) == 2
