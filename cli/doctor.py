"""``tocsin doctor``: what is wrong with a deployment, what comes of it, and what to do.

Each check reads what is there and changes nothing. One that can't be made (a right is missing, a service is away) says
so, and the others go on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli import reach, works
from cli.console import Failed
from cli.deployment import Deployment
from cli.patient import Check, Level, Patient
from shared.domain.instants import Instant
from shared.flow.ports import Unavailable

CHECKS: Mapping[str, Check] = {
    "configuration": reach.configuration,
    "reply secret": reach.reply_secret,
    "functions": works.functions,
    "polling": works.polling,
    "rules": works.rules,
    "escalation": works.escalation,
    "dead letters": works.dead_letters,
    "backlog": works.backlog,
    "sweep": works.sweep,
    "alarm topic": reach.alarm_topic,
    "alarms": reach.alarms,
    "mail out": reach.mail_out,
    "mail in": reach.mail_in,
    "texts": reach.texts,
    "door": works.door,
    "recovery": works.recovery,
}

NOT_HERE: Mapping[str, str] = {  # what the emulator on this machine doesn't have
    "mail in": "SES doesn't receive here; local/ takes mail by SMTP and calls the same function",
    "mail out": "every sender is taken for verified here, and nothing leaves the machine",
    "texts": "no text leaves the machine",
    "alarms": "the emulator has no metrics of queues, so nothing is watched here",
    "recovery": "the emulator has no backups",
    "door": "it is behind the front door of this machine",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``message`` says the fault and what comes of it, ``remedy`` what to do."""

    check: str
    level: Level
    message: str
    remedy: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def doctor(deployment: Deployment, now: Instant) -> Iterator[Finding]:
    """Every check's findings, in order; one that is well has one, too. Raises Failed where nothing is deployed."""
    patient = Patient(deployment, now)
    _ = patient.facts
    for name, check in CHECKS.items():
        if deployment.name == "local" and name in NOT_HERE:
            yield Finding(check=name, level=Level.OK, message=f"not on this machine: {NOT_HERE[name]}")
            continue
        yield from _examined(name, check, patient)


def _examined(name: str, check: Check, patient: Patient) -> Iterator[Finding]:
    try:
        faults = list(check(patient))
    except (ClientError, BotoCoreError, Unavailable, Failed) as fault:
        remedy = "Give whoever calls `tocsin doctor` the right to read it, or try again."
        yield Finding(check=name, level=Level.WARNING, message=f"it couldn't be looked at: {fault}", remedy=remedy)
        return
    if not faults:
        yield Finding(check=name, level=Level.OK, message="well")
    for level, message, remedy in faults:
        yield Finding(check=name, level=level, message=message, remedy=remedy)
