"""AWS and this machine get the same stacks, but for what settings list, each with its reason."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from infra.targets import DIFFERENCES
from tests.infra.conftest import STACKS, Synthesis

SECTIONS = ("Parameters", "Rules", "Conditions", "Mappings", "Outputs")


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two templates: a type, a type's property, or an entry of another section."""
    for name in one["Resources"].keys() | other["Resources"].keys():
        ours, theirs = one["Resources"].get(name), other["Resources"].get(name)
        if ours is None or theirs is None:
            yield (ours or theirs)["Type"]
        else:
            yield from (f"{ours['Type']}.{part}" for part in parts_that_differ(ours, theirs))
    for section in SECTIONS:
        mine, yours = one.get(section, {}), other.get(section, {})
        yield from (f"{section}.{name}" for name in mine.keys() | yours.keys() if mine.get(name) != yours.get(name))


def parts_that_differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    mine, yours = ({**resource, **resource.get("Properties", {})} for resource in (one, other))
    for part in (mine.keys() | yours.keys()) - {"Properties"}:
        if mine.get(part) != yours.get(part):
            yield part


def listed(difference: str) -> list[str]:
    """A type that is listed covers its properties."""
    kind = difference.partition(".")[0]
    return [entry.what for entry in DIFFERENCES if fnmatchcase(difference, entry.what) or kind == entry.what]


def test_what_differs_is_exactly_what_settings_list(aws: Synthesis, local: Synthesis) -> None:
    found = {difference for stack in STACKS for difference in differences(aws.template(stack), local.template(stack))}
    assert {difference for difference in found if not listed(difference)} == set()
    assert {what for difference in found for what in listed(difference)} == {entry.what for entry in DIFFERENCES}


def test_every_difference_has_a_reason() -> None:
    assert [entry.what for entry in DIFFERENCES if len(entry.reason) < 20] == []
