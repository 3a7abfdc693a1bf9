"""Any other event of EventBridge: what it is about, by the words that AWS services have in common.

What it is about is its first resource, or what its detail names; with the event's source and type that is its key, so
that a success meets the failure before it. Steps on the way tell nothing. Where a service means something else by its
words, an integration's ``map`` and ``dedup_key`` say so.
"""

import re
from collections.abc import Mapping
from typing import Any

from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.sources.aws import parse_arn
from shared.sources.aws_message import AwsMessage, each, messages
from shared.sources.fields import Required, look, text, without_nulls
from shared.sources.words import Means, meaning, severity_of

SOURCE = "eventbridge"
# Where a status usually stands; else under the first name that ends so.
STATUSES = ("state", "state.value", "state.name", "status", "status.value", "status-details.status", "result")
NAMED = (
    "arn",
    "name",
    "id",
)  # how names end that say what a thing is, the steadiest first: a run's id is new each time
REASONS = ("message", "reason", "errorMessage", "statusReason", "stateReason", "statusMessage", "cause", "description")


def translate(message: Any) -> list[Event]:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/events.html"""
    return each(messages(SOURCE, message), _read)


def _read(message: AwsMessage) -> Event | None:
    required = Required(SOURCE, {"detail-type": message.kind, "source": message.service})
    kind = required.text("detail-type", message.service)
    required.settle()
    status = _status(message.said)
    means = meaning(status or kind) if look(message.said, "errorCode") is None else Means.FAILURE
    if means is Means.STEP:
        return None
    subject = next(iter(message.resources), None) or _subject(message.said) or message.account or kind
    arn = parse_arn(subject)
    short = re.split(r"[/:]", arn.resource)[-1] if arn else subject
    why = next(filter(None, (text(look(message.said, name)) for name in REASONS)), None)
    said = " ".join(filter(None, (kind + ":", short, status)))
    return Event(
        action=Action.RESOLVE if means is Means.SUCCESS else Action.TRIGGER,
        dedup_key="/".join(filter(None, (message.service, kind, subject))),
        severity=_severity(message.said, status, means),
        summary=f"{said}{f': {why}' if why else ''}"[:SUMMARY_MAX],
        source=short,
        source_type=SOURCE,
        component=message.service,
        class_=kind,
        account=message.account,
        region=message.region,
        resource=subject,
        timestamp=message.at,
        custom_details=without_nulls(message.said),
    )


def _status(detail: Mapping[str, Any]) -> str | None:
    """Under one of its usual names, else the first member that ends like one: ``compliance-status``, ``JobStatus``."""
    usual = (text(look(detail, path)) for path in STATUSES)
    ends_so = (text(member) for name, member in detail.items() if name.lower().endswith(("status", "state")))
    happened = None if look(detail, "eventSource") else text(look(detail, "eventName"))  # CloudTrail's is a call's name
    return next(filter(None, (*usual, *ends_so, happened)), None)


def _subject(detail: Mapping[str, Any]) -> str | None:
    for ending in NAMED:
        for name, member in detail.items():
            if name.lower().endswith(ending) and (said := text(member)):
                return said
    return None


def _severity(detail: Mapping[str, Any], status: str | None, means: Means) -> Severity:
    """Its own, else as bad as its status sounds; what doesn't say that it failed is a warning."""
    own = severity_of(text(look(detail, "severity"))) or severity_of(text(look(detail, "severity.label")))
    if means is Means.SUCCESS:
        return own or Severity.INFO
    return own or severity_of(status) or (Severity.ERROR if means is Means.FAILURE else Severity.WARNING)
