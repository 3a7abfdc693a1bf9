"""An integration's own reading of a message: which of its fields is what, and what identifies the problem.

Paths lead into the message as it arrived (``detail.jobName``); a text with braces is a template of them. A field that
the message lacks stays as the source reads it. Identity is never half a key: what it names must be there.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.domain.errors import MessageError
from shared.domain.event import SUMMARY_MAX, Action, Event
from shared.sources.fields import look, text, without_nulls
from shared.sources.timestamps import UTC, moment
from shared.sources.words import Means, meaning, severity_of

NAMED = re.compile(r"\{([^{}]+)\}")
ACTIONS: Mapping[Means, Action] = {Means.FAILURE: Action.TRIGGER, Means.SUCCESS: Action.RESOLVE}


def remapped(event: Event, message: Any, fields: Mapping[str, str] | None, dedup_key: str | None) -> Event:
    """``event`` with what ``fields`` and ``dedup_key`` find in ``message``. Raises MessageError: a key with a gap."""
    found = {name: _found(message, wanted) for name, wanted in (fields or {}).items()}
    changes = {_member(name): _read(name, value) for name, value in found.items() if value is not None}
    changes |= {"dedup_key": _identity(event.source_type, message, dedup_key)} if dedup_key else {}
    return replace(event, **{name: value for name, value in changes.items() if value is not None})


def _found(message: Any, wanted: str) -> Any:
    if "{" not in wanted:
        return look(message, wanted)
    return NAMED.sub(lambda named: text(look(message, named[1].strip())) or "", wanted).strip() or None


def _read(name: str, value: Any) -> Any:
    """``value`` as the event's member has it; None where it can't be read so."""
    match name:
        case "action":
            return _action(text(value))
        case "severity":
            return severity_of(text(value))
        case "timestamp":
            return moment(value, without_zone=UTC)
        case "custom_details":
            return without_nulls(value)
        case "summary":
            return (text(value) or "")[:SUMMARY_MAX] or None
        case _:
            return text(value)


def _action(written: str | None) -> Action | None:
    said = (written or "").strip().lower()
    return Action(said) if said in set(Action) else ACTIONS.get(meaning(said))


def _identity(source: str, message: Any, template: str) -> str:
    names = [name.strip() for name in NAMED.findall(template)]
    missing = [name for name in names if text(look(message, name)) is None]
    if missing:
        raise MessageError([f"{source}: {name}: field required by the integration's dedup_key" for name in missing])
    return NAMED.sub(lambda named: text(look(message, named[1].strip())) or "", template)


def _member(name: str) -> str:
    return "class_" if name == "class" else name
