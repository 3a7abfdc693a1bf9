"""Domain objects as plain JSON and back, by their type hints: one form for tables, queues and files.

What is None or empty is left out, so the default of what may be None or empty is just that. Unknown keys are ignored
and missing ones take their default: old code reads new items, new code old ones. ``class_`` is written ``class``.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from shared.domain.instants import format_instant, format_seconds, parse_instant

T = TypeVar("T")
Reader = Callable[[Any], Any]


def to_plain(value: Any) -> Any:
    """Dataclasses → dicts, instants → text, durations → seconds, tuples → lists."""
    if is_dataclass(value) and not isinstance(value, type):
        members = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {name.rstrip("_"): to_plain(member) for name, member in members if member not in (None, (), {})}
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


def from_plain(kind: type[T], data: Mapping[str, Any]) -> T:
    """The inverse of ``to_plain`` for the dataclass ``kind``. Raises KeyError where a required member is missing."""
    values: dict[str, Any] = {}
    for name, written, read, required in _plan(kind):
        member = data.get(written)
        if member is not None:
            values[name] = read(member)
        elif required is Required.TO_BE_THERE:
            raise KeyError(f"{kind.__name__}.{written}")
        elif required is Required.MAY_BE_NONE:
            values[name] = None
    return kind(**values)


class Required(Enum):
    """What the absence of a member means."""

    NOT = auto()  # it takes its default
    MAY_BE_NONE = auto()
    TO_BE_THERE = auto()


@cache
def _plan(kind: type) -> tuple[tuple[str, str, Reader, Required], ...]:
    hints = get_type_hints(kind)
    return tuple(
        (f.name, f.name.rstrip("_"), _reader(hints[f.name]), _required(f, hints[f.name])) for f in fields(kind)
    )


def _required(member: "Field[Any]", hint: Any) -> Required:
    if member.default is not MISSING or member.default_factory is not MISSING:
        return Required.NOT
    return Required.MAY_BE_NONE if types.NoneType in get_args(hint) or hint is Any else Required.TO_BE_THERE


def _reader(hint: Any) -> Reader:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):  # only ``X | None`` occurs
        return _reader(next(a for a in arguments if a is not types.NoneType))
    if origin is tuple:
        member = _reader(arguments[0])
        return lambda data: tuple(member(item) for item in data)
    if origin is not None and issubclass(origin, Mapping):
        member = _reader(arguments[1])
        return lambda data: {key: member(item) for key, item in data.items()}
    if isinstance(hint, type):
        return _scalar_reader(hint)
    return lambda data: data


def _scalar_reader(hint: type) -> Reader:
    if is_dataclass(hint):
        return lambda data: from_plain(hint, data)
    if issubclass(hint, datetime):
        return parse_instant
    if issubclass(hint, timedelta):
        return lambda data: timedelta(seconds=int(data))
    if issubclass(hint, StrEnum) or hint in (int, float):
        return hint
    return lambda data: data
