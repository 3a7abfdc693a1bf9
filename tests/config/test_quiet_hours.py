"""Nothing that a team can write keeps a page of high urgency back: there are no quiet hours."""

from typing import Any

from shared.config.json_schema import json_schema


def words(schema: Any) -> set[str]:
    """Every key that a file may have, however deep."""
    if isinstance(schema, list):
        return set().union(*(words(part) for part in schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {}))
    return own.union(*(words(part) for part in schema.values()))


def test_no_key_of_a_file_silences_people_by_the_clock() -> None:
    silences = ("quiet", "do_not_disturb", "dnd", "mute", "silence", "sleep", "off_hours")
    known = words(json_schema())
    assert "support_hours" in known
    assert [word for word in known if any(silence in word for silence in silences)] == []
