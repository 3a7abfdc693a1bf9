"""Inspector: findings of vulnerable packages, code and open network paths, until they are closed or suppressed.

A finding is its ARN. Scans, coverage and accounts that are switched on tell nothing.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.domain.instants import Instant
from shared.sources.aws import account_id, console, parse_arn, region_code
from shared.sources.aws_message import AwsMessage, each, links, messages
from shared.sources.fields import Required, items, look, mapping, text, without_nulls
from shared.sources.timestamps import UTC, moment

SOURCE = "inspector"
KIND = "Inspector2 Finding"
CLOSED = {"CLOSED", "SUPPRESSED"}  # https://docs.aws.amazon.com/inspector/v2/APIReference/API_Finding.html
# UNTRIAGED is none yet
SEVERITIES: Mapping[str, Severity] = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.ERROR,
    "MEDIUM": Severity.WARNING,
    "LOW": Severity.INFO,
    "INFORMATIONAL": Severity.INFO,
}


def translate(message: Any) -> list[Event]:
    """https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html"""
    heard = [one for one in messages(SOURCE, message) if one.is_one_of(KIND)]
    return each([(one, finding) for one in heard for finding in _findings(one)], _read)


def _findings(message: AwsMessage) -> list[Mapping[str, Any]]:
    """One an event, or many, as ListFindings answers."""
    found = look(message.said, "findings")
    return [mapping(finding) for finding in items(found)] if isinstance(found, list) else [message.said]


def _read(heard: tuple[AwsMessage, Mapping[str, Any]]) -> Event:
    message, finding = heard
    required = Required(SOURCE, finding, within=message.inside)
    arn = required.text("findingArn")
    kind = text(look(finding, "type"))
    title = required.text("title", text(look(finding, "description")), kind)
    required.settle()
    named = parse_arn(arn)
    status = (text(look(finding, "status")) or "ACTIVE").upper()
    action = Action.RESOLVE if status in CLOSED else Action.TRIGGER
    severity = SEVERITIES.get((text(look(finding, "severity")) or "").upper())
    account = account_id(text(look(finding, "awsAccountId"))) or (named and named.account) or message.account
    region = region_code(named.region if named else None) or message.region
    resource = text(look(finding, "resources.id")) or next(iter(message.resources), None)
    return Event(
        action=action,
        dedup_key=arn,
        severity=severity or (Severity.ERROR if action is Action.TRIGGER else Severity.INFO),
        summary=title[:SUMMARY_MAX],
        source=resource or account or SOURCE,
        source_type=SOURCE,
        component=text(look(finding, "resources.type")),
        group=text(look(finding, "packageVulnerabilityDetails.vulnerabilityId")),
        class_=kind,
        account=account or None,
        region=region,
        resource=resource,
        timestamp=message.at or _seen(finding),
        links=links(
            (text(look(finding, "packageVulnerabilityDetails.sourceUrl")), "The vulnerability"),
            (console("inspector/v2", region, "/findings/all"), "Findings in Inspector"),
        ),
        custom_details=without_nulls(finding),
    )


def _seen(finding: Mapping[str, Any]) -> Instant | None:
    written = (look(finding, path) for path in ("updatedAt", "lastObservedAt", "firstObservedAt"))
    return next(filter(None, (moment(when, without_zone=UTC) for when in written)), None)
