"""An entry of a timeline as one sentence, for people who read what happened."""

from collections.abc import Callable, Mapping

from shared.domain.directory import Directory
from shared.domain.outlook import together
from shared.domain.timeline import Kind, LogEntry

Sentence = Callable[[LogEntry, Directory], str]


def told(entry: LogEntry, directory: Directory) -> str:
    """What ``entry`` records, with the names of people as ``directory`` has them."""
    return SENTENCES[entry.kind](entry, directory)


def called(name: str, directory: Directory) -> str:
    """A person's full name; of one who has left, the key that they had."""
    user = directory.users.get(name)
    return user.full_name if user else name


def _who(entry: LogEntry, directory: Directory) -> str:
    if entry.by.user:
        return called(entry.by.user, directory)
    return "A sender" if entry.by.integration else "Tocsin"


def _people(entry: LogEntry, directory: Directory) -> str:
    return together(called(name, directory) for name in entry.people) if entry.people else "nobody"


def _because(entry: LogEntry) -> str:
    return f": {entry.why}" if entry.why else ""


def _alert(what: str) -> Sentence:
    return lambda entry, _: f"An alert {what}" + (f": {entry.summary}" if entry.summary else "")


def _did(what: str) -> Sentence:
    return lambda entry, directory: f"{_who(entry, directory)} {what}{_because(entry)}"


def _happened(what: str) -> Sentence:
    return lambda entry, _: f"{what}{_because(entry)}"


def _reassigned(entry: LogEntry, directory: Directory) -> str:
    whom = f"the policy {entry.policy.name}" if entry.policy and not entry.people else _people(entry, directory)
    return f"{_who(entry, directory)} handed it to {whom}"


SENTENCES: Mapping[Kind, Sentence] = {
    Kind.TRIGGERED: lambda entry, _: f"Triggered: {entry.opening.title}" if entry.opening else "Triggered",
    Kind.ALERT_JOINED: _alert("joined"),
    Kind.ALERT_CHANGED: _alert("changed"),
    Kind.ALERT_RESOLVED: _alert("resolved"),
    Kind.LEVEL_ENTERED: lambda entry, directory: f"Level {entry.level} is paged: {_people(entry, directory)}",
    Kind.LEVEL_SKIPPED: lambda entry, _: f"Level {entry.level} was skipped{_because(entry)}",
    Kind.EXHAUSTED: _happened("The fallback contact was told"),
    Kind.ACKNOWLEDGED: _did("acknowledged it"),
    Kind.UNACKNOWLEDGED: _did("gave it back"),
    Kind.ACKNOWLEDGEMENT_TIMED_OUT: _happened("The acknowledgement ran out"),
    Kind.SNOOZED: _did("snoozed it"),
    Kind.SNOOZE_ENDED: _happened("The snooze ended"),
    Kind.ESCALATED: _did("escalated it"),
    Kind.REASSIGNED: _reassigned,
    Kind.URGENCY_RAISED: _happened("Its urgency became high"),
    Kind.RESOLVED: _did("resolved it"),
    Kind.AUTO_RESOLVED: _happened("It resolved by itself"),
    Kind.MERGED: _did("merged it into another incident"),
    Kind.ALERTS_MOVED: _did("moved another incident's alerts here"),
    Kind.RESPONDER_ADDED: lambda entry, directory: (
        f"{_who(entry, directory)} asked {_people(entry, directory)} to help"
    ),
    Kind.RESPONDER_UNREACHED: _happened("A responder wasn't reached"),
    Kind.NOTED: lambda entry, directory: f"{_who(entry, directory)} noted: {entry.text}",
    Kind.STATUS_UPDATED: lambda entry, directory: f"{_who(entry, directory)} told those who follow it: {entry.text}",
    Kind.PRIORITY_CHANGED: lambda entry, _: f"Its priority is {entry.priority or 'none'}",
}
