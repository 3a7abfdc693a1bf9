"""Event patterns that can't do what they are written for: rules that nothing reaches or matches, integrations of which
two take the same event.

Nothing is told that isn't so: a rule is called unreachable only where an earlier one provably takes all that it could,
and two integrations overlap only where an event was found that both take.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from shared.config.extracts import FIELDS
from shared.config.inspection import Inspection, body
from shared.config.shapes import nearest
from shared.config.witness import witness
from shared.domain.directory import Directory, EventRule, Integration
from shared.domain.event import Action, Severity
from shared.domain.instants import format_duration
from shared.domain.operators import operators_of
from shared.domain.pattern import OR
from shared.domain.sources import AWS_SOURCES, SOURCES

WORDS: Mapping[str, Sequence[str]] = {  # fields of which all values are known
    "action": [*Action],
    "severity": [*Severity],
    "source_type": SOURCES,
}
ALWAYS_THERE = ("action", "dedup_key", "severity", "summary", "source_type")
PAIRS_MAX = 20_000  # of rules and of integrations that are compared; beyond, a configuration is too large for it

Pattern = Mapping[str, Any]


def rules(check: Inspection, directory: Directory) -> None:
    _never(check)
    _unreachable(check, directory.rules)
    _overlaps(check, directory.integrations())
    _never_flaps(check, directory)


def _never_flaps(check: Inspection, directory: Directory) -> None:
    """A pause between two openings so long that too few of them fit into the window."""
    by_rules = [rule.then.pause for rule in directory.rules if rule.then.pause is not None]
    for name, service in directory.services.items():
        flapping, pause = service.flapping, service.pause
        if flapping is not None and pause is not None and flapping.times * min([pause, *by_rules]) > flapping.within:
            message = (
                f"it never flaps: with a pause of {format_duration(pause)} it can't open more than {flapping.times} "
                f"times within {format_duration(flapping.within)}. Lengthen `within`, or lower `times`"
            )
            check.warn(f"services.{name}.flapping", "never", message)


def _never(check: Inspection) -> None:
    """Fields and words that no event has: mostly slips of the pen."""
    patterns = [(path, body(rule, "when")) for path, rule in check.rules()]
    patterns += [(path, body(integration, "when")) for path, integration in check.integrations()]
    for path, when in patterns:
        for name, expected in when.items():
            if name != OR and name.partition(".")[0] not in FIELDS:
                check.warn(f"{path}.when", "never", f"no event has the field {name!r}{nearest(name, FIELDS)}")
            elif name in WORDS and isinstance(expected, list):
                for word in cast("list[Any]", expected):
                    if isinstance(word, str) and word not in WORDS[name]:
                        message = f"{name} is never {word!r}{nearest(word, list(WORDS[name]))}"
                        check.warn(f"{path}.when", "never", message)


def _unreachable(check: Inspection, rules: Sequence[EventRule]) -> None:
    """Rules behind one that decides and takes all that they could."""
    deciding: list[tuple[int, EventRule]] = []
    compared = 0
    for place, rule in enumerate(rules):
        compared += len(deciding)
        if compared > PAIRS_MAX * 50:
            return
        taken = next((n for n, earlier in deciding if covers(earlier.when, rule.when)), None)
        if taken is not None:
            message = (
                f"it is never reached: the rule {rules[taken].name!r} before it takes every event that this one would. "
                "Put this one first, or let that one `continue: true`"
            )
            check.warn(f"event_rules[{place}]", "unreachable_rule", message)
        elif not rule.then.proceed:
            deciding.append((place, rule))


def covers(wide: Pattern, narrow: Pattern) -> bool:
    """Whether every event that ``narrow`` takes is provably one that ``wide`` takes, too."""
    return all(_covers(key, wanted, narrow.get(key), top=True) for key, wanted in wide.items())


def _covers(key: str, wide: Any, narrow: Any, *, top: bool = False) -> bool:
    if _same(wide, narrow):
        return True
    if key == OR or (narrow is None and not (top and key in ALWAYS_THERE)):
        return False
    if isinstance(wide, Mapping):
        inner = cast("Pattern", wide)
        return (
            isinstance(narrow, Mapping)
            and _binds(inner)
            and all(_covers(name, wanted, cast("Pattern", narrow).get(name)) for name, wanted in inner.items())
        )
    if isinstance(narrow, list) and _differ(wide, cast("list[Any]", narrow)):
        return False
    operators = operators_of(wide, key)
    if top and key in ALWAYS_THERE and _takes_all(key, operators):
        return True
    if not isinstance(narrow, list | tuple):
        return False
    return all(_implied(value, wide, operators) for value in cast("Sequence[Any]", narrow))


def _same(one: Any, other: Any) -> bool:
    """Also in kind: true is no 1."""
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _differ(wide: Any, narrow: list[Any]) -> bool:
    """Plain words alone, of which one is no word of the other's: by far the most frequent case, and the cheapest."""
    words = all(isinstance(word, str) for word in (*wide, *narrow))
    return words and len(wide) < 4 and not set(narrow) <= set(wide)


def _takes_all(key: str, operators: Sequence[Any]) -> bool:
    """Of a field that is always there: any value, or each of its words."""
    if any(operator.words == "is there" for operator in operators):
        return True
    return key in WORDS and all(any(o.holds(word) for o in operators) for word in map(str, WORDS[key]))


def _implied(value: Any, wide: Sequence[Any], operators: Sequence[Any]) -> bool:
    """Whether what fulfils one value of a narrow list fulfils the wide list."""
    if any(_same(value, other) for other in wide):
        return True
    if not isinstance(value, Mapping):
        return any(operator.holds(value) for operator in operators if not operator.absent)
    name, operand = next(iter(cast("Pattern", value).items()))
    if name == "exists" and operand is False:
        return False  # it stands in ``wide`` itself, or isn't implied
    if any(operator.words == "is there" for operator in operators):
        return True
    for other in wide:
        begin = cast("Pattern", other).get(name) if isinstance(other, Mapping) else None
        if isinstance(begin, str) and isinstance(operand, str):
            if name == "prefix" and operand.startswith(begin):
                return True
            if name == "suffix" and operand.endswith(begin):
                return True
    return False


def _binds(pattern: Pattern) -> bool:
    """Whether it needs something to be there, in each of its parts: then one element of an array has to fulfil it."""
    for key, wanted in pattern.items():
        if key == OR or (isinstance(wanted, Mapping) and not _binds(cast("Pattern", wanted))):
            return False
        if isinstance(wanted, list) and {"exists": False} in wanted:
            return False
    return True


def _overlaps(check: Inspection, integrations: Sequence[Integration]) -> None:
    """Of what comes by EventBridge: the first integration of a source that takes an event decides."""
    for source in AWS_SOURCES:
        for first, second in _pairs([i for i in integrations if i.source == source]):
            event = witness(source, first.when, second.when)
            if event is None:
                continue
            path = f"services.{second.service}.integrations.{second.name}"
            told = ", ".join(f"{key} {value!r}" for key, value in event.items() if key != "source_type")
            which = f"an event with {told}" if told else f"each event of {source}"
            first_path = f"services.{first.service}.integrations.{first.name}"
            check.warn(path, "overlap", f"{which} is taken by {first_path}, too, which is asked first and has it")


def _pairs(integrations: Sequence[Integration]) -> Iterator[tuple[Integration, Integration]]:
    compared = 0
    for place, second in enumerate(integrations):
        for first in integrations[:place]:
            compared += 1
            if compared > PAIRS_MAX:
                return
            yield first, second
