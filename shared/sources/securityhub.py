"""Security Hub: findings of every product, in the AWS Security Finding Format and, as of its second version, in OCSF's.

A finding is its id. It is open while its record is active, nobody has resolved or suppressed it and its control, if it
is one's, isn't passed. A control that could not be checked tells nothing.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.sources.aws import account_id, parse_arn, region_code
from shared.sources.aws_message import AwsMessage, each, links, messages
from shared.sources.fields import Required, items, look, mapping, number, text, without_nulls
from shared.sources.ocsf import is_ocsf, read_ocsf
from shared.sources.timestamps import UTC, moment

SOURCE = "securityhub"
# https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-integration-types.html; insight results are
# counts, and no finding
KINDS = ("Security Hub Findings - Imported", "Security Hub Findings - Custom Action", "Findings Imported V2")
# https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Severity.html
LABELS: Mapping[str, Severity] = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.ERROR,
    "MEDIUM": Severity.WARNING,
    "LOW": Severity.INFO,
    "INFORMATIONAL": Severity.INFO,
}
AT_LEAST = ((90, Severity.CRITICAL), (70, Severity.ERROR), (40, Severity.WARNING))  # of Normalized, 0 to 100
CLOSED = {"RESOLVED", "SUPPRESSED"}  # Workflow.Status: somebody, or an automation, has looked
UNCHECKED = "NOT_AVAILABLE"  # Compliance.Status


def translate(message: Any) -> list[Event]:
    """https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html"""
    heard = [one for one in messages(SOURCE, message) if one.is_one_of(*KINDS)]
    return each([(one, finding) for one in heard for finding in _findings(one)], _read)


def _findings(message: AwsMessage) -> list[Mapping[str, Any]]:
    """One an event, by EventBridge; many, as the API answers; or the message is one itself."""
    found = look(message.said, "findings")
    if isinstance(found, Mapping):
        return [mapping(found)]
    if isinstance(found, list | tuple):
        return [mapping(finding) for finding in items(found)]
    return [message.said]


def _read(heard: tuple[AwsMessage, Mapping[str, Any]]) -> Event | None:
    message, finding = heard
    if is_ocsf(finding):
        return read_ocsf(SOURCE, message, finding)
    required = Required(SOURCE, finding, within=_within(message))
    finding_id = required.text("Id")
    title = required.text("Title", text(look(finding, "Description")), text(look(finding, "GeneratorId")))
    required.settle()
    if (action := _action(finding)) is None:
        return None
    account, region = _place(message, finding)
    resource = text(look(finding, "Resources.Id"))
    return Event(
        action=action,
        dedup_key=finding_id,
        severity=_severity(finding, action),
        summary=title[:SUMMARY_MAX],
        source=resource or account or SOURCE,
        source_type=SOURCE,
        component=text(look(finding, "Resources.Type")),
        group=text(look(finding, "ProductName")) or text(look(_product_fields(finding), "aws/securityhub/ProductName")),
        class_=text(look(finding, "Compliance.SecurityControlId"))
        or next(filter(None, map(text, items(look(finding, "Types")))), None)
        or text(look(finding, "GeneratorId")),
        account=account,
        region=region,
        resource=resource,
        timestamp=message.at or moment(look(finding, "UpdatedAt"), without_zone=UTC),
        links=links(
            (text(look(finding, "SourceUrl")), "The finding where it was made"),
            (text(look(finding, "Remediation.Recommendation.Url")), "How to mend it"),
        ),
        custom_details=without_nulls(finding) | _chosen(message),
    )


def _within(message: AwsMessage) -> str:
    """Where findings stand in the message, for telling what one lacks."""
    return ".".join(filter(None, (message.inside, "findings" if look(message.said, "findings") is not None else "")))


def _action(finding: Mapping[str, Any]) -> Action | None:
    """https://docs.aws.amazon.com/securityhub/latest/userguide/finding-workflow-status.html"""
    compliance = _word(finding, "Compliance.Status")
    if _word(finding, "RecordState") == "ARCHIVED" or compliance == "PASSED":
        return Action.RESOLVE
    if _word(finding, "Workflow.Status") in CLOSED or _word(finding, "WorkflowState") in CLOSED:
        return Action.RESOLVE
    return None if compliance == UNCHECKED else Action.TRIGGER


def _severity(finding: Mapping[str, Any], action: Action) -> Severity:
    for path in ("Severity.Label", "FindingProviderFields.Severity.Label", "Severity"):
        if (label := LABELS.get(_word(finding, path))) is not None:
            return label
    normalized = number(look(finding, "Severity.Normalized"))
    if normalized is not None:
        return next((severity for least, severity in AT_LEAST if normalized >= least), Severity.INFO)
    return Severity.ERROR if action is Action.TRIGGER else Severity.INFO


def _place(message: AwsMessage, finding: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Whose finding it is, and where: an aggregating account or Region hears those of others."""
    arns = [parse_arn(text(look(finding, path))) for path in ("Id", "ProductArn")]
    accounts = [account_id(text(look(finding, "AwsAccountId"))), *(arn and arn.account for arn in arns)]
    places = (text(look(finding, path)) for path in ("Region", "Resources.Region"))
    regions = [*map(region_code, places), *(region_code(arn.region) for arn in arns if arn)]
    return (
        next(filter(None, [*accounts, message.account]), None),
        next(filter(None, [*regions, message.region]), None),
    )


def _chosen(message: AwsMessage) -> dict[str, str]:
    """The custom action by which a person sent it."""
    name = text(look(message.said, "actionName"))
    return {"actionName": name} if name else {}


def _product_fields(finding: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(look(finding, "ProductFields"))


def _word(finding: Mapping[str, Any], path: str) -> str:
    return (text(look(finding, path)) or "").upper()
