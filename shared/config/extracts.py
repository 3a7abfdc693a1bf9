"""What is wrong with what rules extract, and with the summaries that they write of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, NamedTuple

from shared.domain.errors import ConfigError
from shared.domain.event import Event
from shared.domain.extraction import compile_regex, parts, variables

FIELDS = (*(f.name.rstrip("_") for f in fields(Event)), "raw")
Body = Mapping[str, Any]


class Fault(NamedTuple):
    path: str
    code: str
    message: str


def extract_faults(rules: Sequence[Body]) -> Iterator[Fault]:
    """``rules`` as they stand in the document; a variable is there for its rule, and for those after a ``continue``."""
    handed_on: list[str] = []
    for place, rule in enumerate(rules):
        path = f"event_rules[{place}]"
        extract: Body = rule.get("extract", {})
        then: Body = rule.get("then", {})
        for name, how in extract.items():
            yield from _of_extraction(f"{path}.extract.{name}", how)
        summary = then.get("summary")
        if summary is not None:
            yield from _of_summary(f"{path}.then.summary", summary, [*extract, *handed_on])
        if then.get("continue"):
            handed_on += extract


def _of_extraction(path: str, how: Body) -> Iterator[Fault]:
    if not _is_field(how["from"]):
        message = f"an event has no {how['from']!r}{_meant(how['from'], FIELDS)}"
        yield Fault(f"{path}.from", "reference", message)
    try:
        compile_regex(how["regex"])
    except ConfigError as fault:
        yield Fault(f"{path}.regex", "regex", str(fault))


def _of_summary(path: str, summary: str, extracted: Sequence[str]) -> Iterator[Fault]:
    try:
        parts(summary)
    except ConfigError as fault:
        yield Fault(path, "template", str(fault))
    for name in variables(summary):
        if name not in extracted and not _is_field(name):
            hint = _meant(name, [*extracted, *FIELDS])
            yield Fault(path, "reference", f"{{{name}}} is neither extracted nor a field of the event{hint}")


def _is_field(path: str) -> bool:
    return path.partition(".")[0] in FIELDS


def _meant(name: str, names: Sequence[str]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else ""
