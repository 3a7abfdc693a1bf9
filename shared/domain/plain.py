"""Domain objects as plain JSON and back, by their type hints: one form for tables, queues and files.

What is None or empty is left out, so the default of what may be None or empty is just that. Unknown keys are ignored
and missing ones take their default: old code reads new items, new code old ones. ``class_`` is written ``class``.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from shared.domain.instants import format_instant, format_seconds, parse_instant

T = TypeVar("T")
Reader = Callable[[Any], Any]
PLAIN_ALREADY = frozenset({str, int, float, bool, type(None)})
EMPTY: tuple[Any, ...] = (None, (), {})


def to_plain(value: Any) -> Any:
    """Dataclasses → dicts, instants → text, durations → seconds, tuples → lists."""
    if type(value) in PLAIN_ALREADY:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        members = ((written, getattr(value, name)) for name, written in _names(type(value)))
        return {written: to_plain(member) for written, member in members if member not in EMPTY}
    if isinstance(value, datetime):
        return format_instant(value) if value.microsecond else format_seconds(value)
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_plain(member) for key, member in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [to_plain(member) for member in cast("list[Any]", value)]
    return value


def from_plain(kind: type[T], data: Mapping[str, Any], **known: Any) -> T:
    """The inverse of ``to_plain`` for the dataclass ``kind``; ``known`` are members that are none of ``data``'s.

    Raises KeyError where a required member is missing.
    """
    plan, values = _plan(kind), known
    for written, member in data.items():
        if member is not None and written in plan.members:
            name, read = plan.members[written]
            values.setdefault(name, member if read is None else read(member))
    for name, may_be_none in plan.without_default:
        if name not in values:
            if not may_be_none:
                raise KeyError(f"{kind.__name__}.{name.rstrip('_')}")
            values[name] = None
    return kind(**values)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a dataclass is read: every member, and those that have no default."""

    members: Mapping[str, tuple[str, Reader | None]]  # by how it is written; None: it is read as it is
    without_default: tuple[tuple[str, bool], ...]  # and whether absence means None


@cache
def _names(kind: type) -> tuple[tuple[str, str], ...]:
    """Every member's name here, and as it is written."""
    return tuple((f.name, f.name.rstrip("_")) for f in fields(kind))


@cache
def _plan(kind: type) -> _Plan:
    hints = get_type_hints(kind)
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    return _Plan(
        members={written: (name, _reader(hints[name])) for name, written in _names(kind)},
        without_default=tuple((name, types.NoneType in get_args(hints[name]) or hints[name] is Any) for name in needed),
    )


def _reader(hint: Any) -> Reader | None:
    """None for what is read as it is."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):  # only ``X | None`` occurs
        return _reader(next(a for a in arguments if a is not types.NoneType))
    if origin is tuple:
        member = _reader(arguments[0])
        return tuple if member is None else lambda data: tuple(member(item) for item in data)
    if origin is not None and issubclass(origin, Mapping):
        member = _reader(arguments[1])
        return dict if member is None else lambda data: {key: member(item) for key, item in data.items()}
    if isinstance(hint, type):
        return _scalar_reader(hint)
    return None


def _scalar_reader(hint: type) -> Reader | None:
    if is_dataclass(hint):
        return lambda data: from_plain(hint, data)
    if issubclass(hint, datetime):
        return parse_instant
    if issubclass(hint, timedelta):
        return lambda data: timedelta(seconds=int(data))
    if issubclass(hint, StrEnum) or hint in (int, float):
        return hint
    return None
