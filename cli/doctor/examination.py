"""``tocsin doctor``: what is wrong with a deployment, what comes of it, and what to do.

Each check reads what is there and changes nothing. One that can't be made (a right is missing, a service is away) says
so, and the others go on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli import console
from cli.console import Failed
from cli.deployment import Deployment
from cli.doctor import reach, stores, works
from cli.doctor.patient import Check, Fault, Level, Patient
from shared.domain.errors import TocsinError
from shared.domain.instants import Instant

CHECKS: Mapping[str, Check] = {
    "configuration": reach.configuration,
    "reply secret": reach.reply_secret,
    "storage": stores.storage,
    "functions": works.functions,
    "polling": works.polling,
    "rules": works.rules,
    "escalation": works.escalation,
    "dead letters": stores.dead_letters,
    "quarantine": stores.quarantine,
    "backlog": stores.backlog,
    "sweep": stores.sweep,
    "alarm topic": reach.alarm_topic,
    "alarms": reach.alarms,
    "mail out": reach.mail_out,
    "mail in": reach.mail_in,
    "texts": reach.texts,
    "contact methods": reach.contact_methods,
    "confirmed": reach.confirmed,
    "push": reach.push,
    "answers by text": reach.two_way,
    "door": works.door,
    "recovery": stores.recovery,
}

NOT_HERE: Mapping[str, str] = {  # what the emulator on this machine doesn't have
    "mail in": "SES doesn't receive here; local/ takes mail by SMTP and calls the same function",
    "mail out": "every sender is taken for verified here, and nothing leaves the machine",
    "texts": "no text leaves the machine",
    "answers by text": "the mailbox of this machine answers texts",
    "confirmed": "nobody's phone is here; the mailbox of this machine answers for them",
    "alarms": "the emulator has no metrics of queues, so nothing is watched here",
    "recovery": "the emulator has no backups",
    "door": "it is behind the front door of this machine",
}


COLOURS: Mapping[Level, str] = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``message`` says the fault and what comes of it, ``remedy`` what to do."""

    check: str
    level: Level
    message: str
    remedy: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def say(self) -> None:
        mark = "✓" if self.level is Level.OK else "✗"
        remedy = f"\n    {self.remedy}" if self.remedy else ""
        console.say(f"{mark} {self.check}: {self.message}{remedy}", COLOURS[self.level])


def examine(deployment: Deployment, now: Instant, *, as_json: bool) -> int:
    """Says what was found, each thing once it is; the exit code is 1 where something is an error."""
    findings: list[Finding] = []
    for finding in doctor(deployment, now):
        findings.append(finding)
        if not as_json:
            finding.say()
    if as_json:
        console.say_json([finding.as_json() for finding in findings])
    return console.AT_FAULT if any(finding.level is Level.ERROR for finding in findings) else console.HOLDS


def doctor(deployment: Deployment, now: Instant) -> Iterator[Finding]:
    """Every check's findings, in order; one that is well has one, too. Raises Failed where nothing is deployed."""
    patient = Patient(deployment, now)
    _ = patient.facts
    for name, check in CHECKS.items():
        if patient.is_local and name in NOT_HERE:
            yield Finding(check=name, level=Level.OK, message=f"not on this machine: {NOT_HERE[name]}")
            continue
        yield from _examined(name, check, patient)


def _examined(name: str, check: Check, patient: Patient) -> Iterator[Finding]:
    faults: list[Fault] = []
    try:
        faults.extend(check(patient))  # what was found before a look failed is told, too
    except (ClientError, BotoCoreError, TocsinError, Failed) as failure:
        remedy = "Give whoever calls `tocsin doctor` the right to read it, mend what else is found, or try again."
        faults.append((Level.ERROR, f"it couldn't be looked at, so nobody knows: {failure}", remedy))
    if not faults:
        yield Finding(check=name, level=Level.OK, message="well")
    for level, message, remedy in faults:
        yield Finding(check=name, level=level, message=message, remedy=remedy)
