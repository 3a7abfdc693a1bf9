"""What a rule takes out of an event, and the summary that it writes with it.

Laws: a regular expression is RE2's, so its time is linear in the text, whatever it is. An extracted value is only text:
braces in it mean nothing. A summary one of whose variables isn't there is not used, and its rule says so; the one that
was there before stays.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from shared.domain.directory import EventRule, Extraction
from shared.domain.errors import ConfigError
from shared.domain.event import SUMMARY_MAX
from shared.domain.pattern import leaves_at

if TYPE_CHECKING:
    import re2

SHOWN = 80  # characters of a value in a reason
REGEX_MAX = 1_000  # characters: RE2's automaton grows with them
NOT_IN_RE2 = {"(?=": "looks ahead", "(?!": "looks ahead", "(?<": "looks behind", "(?>": "is atomic"}


@dataclass(frozen=True, slots=True)
class Wording:
    """The summary that rules gave an event, if any; ``notes`` are what each of them says about it, "" for nothing."""

    summary: str | None = None
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=1024)
def compile_regex(regex: str) -> "re2._Regexp":  # pyright: ignore[reportPrivateUsage] its only name
    """Raises ConfigError for what isn't RE2's syntax."""
    import re2  # by what matches only: the door needs none of it

    if len(regex) > REGEX_MAX:
        raise ConfigError(f"a regular expression has at most {REGEX_MAX} characters, this has {len(regex)}")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(_utf8(regex), options)
    except re2.error as fault:
        raise ConfigError(f"{regex!r} is no regular expression of RE2: {_reason(regex, fault)}") from None


@lru_cache(maxsize=1024)
def parts(template: str) -> tuple[tuple[str, str], ...]:
    """``{name}`` → ("", "name"), all else → (text, ""); ``{{`` and ``}}`` are braces. Raises ConfigError."""
    found: list[tuple[str, str]] = []
    rest = template
    while rest:
        text, brace, rest = _until_brace(rest)
        doubled = brace and rest.startswith(brace)
        if text or doubled:
            found.append((text + (brace if doubled else ""), ""))
        if doubled:
            rest = rest[1:]
        elif brace == "}":
            raise ConfigError("a } stands alone: write }} for a brace")
        elif brace == "{":
            name, closed, rest = rest.partition("}")
            if not closed or not name.strip() or "{" in name:
                raise ConfigError("write {name} for a variable, {{ for a brace")
            found.append(("", name.strip()))
    return tuple(found)


def variables(template: str) -> tuple[str, ...]:
    """The names that it asks for; none where it can't be read."""
    try:
        return tuple(name for _, name in parts(template) if name)
    except ConfigError:
        return ()


def word(rules: Sequence[EventRule], seen: Mapping[str, Any]) -> Wording:
    """The summary by the last of ``rules``, which all match, that has one with all its variables there."""
    values: dict[str, str] = {}
    summary, notes = None, list[str]()
    for rule in rules:
        note: list[str] = []
        try:
            note += _extracted(rule, seen, values)
            if rule.then.summary is not None:
                summary = _written(rule.then.summary, values, seen)
        except ConfigError as why:  # it lacks something, or an older version has let it pass: the one before stays
            note.append(f"its summary isn't used: {why}")
        notes.append("; ".join(note))
    return Wording(summary, tuple(notes))


def value(how: Extraction, seen: Mapping[str, Any]) -> str | None:
    """The first group, or all that the expression takes where it has none, of the first value in which it finds it."""
    regex = compile_regex(how.regex)
    for text in _texts(seen, how.path):
        match = regex.search(_utf8(text))
        found = match and match.group(1 if regex.groups else 0)
        if found is not None:
            return found[:SUMMARY_MAX]
    return None


def _extracted(rule: EventRule, seen: Mapping[str, Any], values: dict[str, str]) -> list[str]:
    """Puts what it finds into ``values``; what it says about each. Raises ConfigError."""
    notes: list[str] = []
    for name, how in rule.extract.items():
        text = value(how, seen)
        notes.append(_told(name, how, text))
        if text is not None:
            values[name] = text
    return notes


def _written(template: str, values: Mapping[str, str], seen: Mapping[str, Any]) -> str:
    """Raises ConfigError where a variable isn't there, and where nothing would be left."""
    found = {name: values.get(name, next(_texts(seen, name), None)) for name in variables(template)}
    missing = [f"{{{name}}}" for name, text in found.items() if text is None]
    if missing:
        raise ConfigError(f"{', '.join(missing)} was not found")
    written = "".join(text or found[name] or "" for text, name in parts(template))
    if not written.strip():
        raise ConfigError("it would be empty")
    return written[:SUMMARY_MAX]


def _texts(seen: Mapping[str, Any], path: str) -> Iterator[str]:
    """The values at ``path`` as text, numbers as JSON writes them; null is none."""
    for leaf in leaves_at(seen, path):
        if leaf is not None:
            yield leaf if isinstance(leaf, str) else json.dumps(leaf)


def _told(name: str, how: Extraction, text: str | None) -> str:
    if text is None:
        return f"{{{name}}} was not found in {how.path}"
    return f"{{{name}}} is {text[:SHOWN]}{'…' if len(text) > SHOWN else ''}"


def _until_brace(text: str) -> tuple[str, str, str]:
    at = next((n for n, char in enumerate(text) if char in "{}"), len(text))
    return text[:at], text[at : at + 1], text[at + 1 :]


def _utf8(text: str) -> str:
    """What can be UTF-8, as RE2 wants it: half a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _reason(regex: str, fault: Exception) -> str:
    told = fault.args[0] if fault.args else ""
    told = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    beyond = next((why for sign, why in NOT_IN_RE2.items() if sign in regex), None)
    if beyond is None and "escape sequence: \\" in told and told[-1:].isdigit():
        beyond = "refers back to a group"
    return f"it {beyond}, which can take time without end and is left out ({told})" if beyond else told
