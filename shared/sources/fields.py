"""Reading a vendor's JSON as it drifts: other casing, numbers as text, blanks and nulls for what is absent.

Laws: a wrong optional value counts as absent; what is required and absent is noted, and told all at once.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, cast

from shared.domain.errors import MessageError


def look(message: Any, path: str) -> Any:
    """The value at ``a.b.c``, or None; of a list on the way, in its first element.

    ``detail-type``, ``detailType`` and ``DetailType`` are one name.
    """
    for name in path.split("."):
        message = _member(message, name)
    return message


def text(value: Any) -> str | None:
    """Text that says something; a number counts as its digits."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def number(value: Any) -> float | None:
    """``8``, ``8.0`` and ``"8.0"`` are numbers; true, infinity and what is only called so are not."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    if not isfinite(read):
        return None
    return read if isinstance(value, str) else value


def flag(value: Any) -> bool:
    """``true``, ``"True"`` and ``1`` are."""
    return value in (True, 1) or (isinstance(value, str) and value.strip().lower() in ("true", "1"))


def mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def items(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()


def without_nulls(value: Any) -> Any:
    """``value`` as it was said, but for the nulls in its objects: what is absent is left out."""
    if isinstance(value, list | tuple):
        return [without_nulls(element) for element in cast("Sequence[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    members = cast("Mapping[str, Any]", value).items()
    return {name: without_nulls(member) for name, member in members if member is not None}


class Required:
    """What a message must have. Each miss is noted with its path; ``settle`` tells them all."""

    def __init__(self, source: str, message: Any, within: str = "") -> None:
        self._where = f"{source}: {within}." if within else f"{source}: "
        self._message = message
        self._faults: list[str] = []

    def text(self, path: str, *instead: str | None) -> str:
        """The text at ``path``, or the first of ``instead`` that there is."""
        found = next(filter(None, (text(look(self._message, path)), *instead)), None)
        if found is None:
            self.fault(self._first_missing(path), "field required")
        return found or ""

    def fault(self, path: str, what: str) -> None:
        self._faults.append(f"{self._where}{path}: {what}")

    def settle(self) -> None:
        """Raises MessageError if anything was missing."""
        if self._faults:
            raise MessageError(tuple(dict.fromkeys(self._faults)))

    def _first_missing(self, path: str) -> str:
        names = path.split(".")
        prefixes = [".".join(names[: n + 1]) for n in range(len(names))]
        return next((prefix for prefix in prefixes if look(self._message, prefix) is None), path)


def _member(here: Any, name: str) -> Any:
    if isinstance(here, list) and here:
        return _member(here[0], name)
    if not isinstance(here, Mapping):
        return None
    members = cast("Mapping[str, Any]", here)
    if name in members:
        return members[name]
    plain = _plain(name)
    return next((value for key, value in members.items() if _plain(key) == plain), None)


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()
