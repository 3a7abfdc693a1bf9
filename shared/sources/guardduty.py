"""GuardDuty findings, by EventBridge, by SNS or as the API gives them; and CloudTrail's word that some were archived.

A finding is its account, Region and id; its occurrences have the same id and count up, so the count is no part of the
summary: a repeat is not a change. ``custom_details`` is the finding as GuardDuty writes it, with ``severity`` a number.
Severities aren't filtered here: an integration's ``min_severity`` is routing's.
"""

import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from shared.domain.event import SUMMARY_MAX, Action, Event, Link, Severity
from shared.domain.instants import Instant
from shared.sources.aws import console, parse_arn
from shared.sources.eventbridge import Envelope, envelope
from shared.sources.fields import Required, flag, items, look, mapping, number, text
from shared.sources.sns import unwrap
from shared.sources.timestamps import UTC, moment

SOURCE = "guardduty"
FINDING, ARCHIVE = "GuardDuty Finding", "ArchiveFindings"
# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
AT_LEAST = ((9.0, Severity.CRITICAL), (7.0, Severity.ERROR), (4.0, Severity.WARNING))
LABELS: Mapping[str, float] = {"low": 2.0, "medium": 5.0, "high": 8.0, "critical": 9.5}
ANNOUNCEMENT = re.compile(r"[A-Z]+(_[A-Z]+)*")  # NEW_FINDINGS; a finding's type has a colon
# Where a resource of each type has its name. https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Resource.html
NAMES: Mapping[str, str] = {
    "Instance": "instanceDetails.instanceId",
    "AccessKey": "accessKeyDetails.accessKeyId",
    "S3Bucket": "s3BucketDetails.arn",
    "S3Object": "s3BucketDetails.s3ObjectDetails.objectArn",
    "EKSCluster": "eksClusterDetails.arn",
    "ECSCluster": "ecsClusterDetails.arn",
    "Container": "containerDetails.id",
    "Lambda": "lambdaDetails.functionArn",
    "RDSDBInstance": "rdsDbInstanceDetails.dbInstanceArn",
    "RDSLimitlessDB": "rdsLimitlessDbDetails.dbShardGroupArn",
    "EBSVolume": "ebsVolumeDetails.scannedVolumeDetails.volumeArn",
}


def translate(message: Any) -> list[Event]:
    """https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html"""
    return [event for unwrapped in unwrap(SOURCE, message) for event in _read(unwrapped.message)]


def _read(message: Mapping[str, Any]) -> list[Event]:
    event = envelope(message)
    said = event.detail if event else message
    if _is_announcement(said):
        return []
    if look(said, "eventName") is not None:
        return _archived_by_call(said, event)
    if event and event.kind is not None and event.kind.lower() != FINDING.lower():
        return []
    findings = look(said, "findings")  # as the API's GetFindings answers
    return [_finding(mapping(each), event) for each in (items(findings) if isinstance(findings, list) else [said])]


def _finding(finding: Mapping[str, Any], event: Envelope | None) -> Event:
    arn = parse_arn(text(look(finding, "arn")))
    required = Required(SOURCE, finding, within="detail" if event else "")
    finding_id = required.text("id", arn.resource.rpartition("/")[2] if arn else None)
    kind = required.text("type", text(look(finding, "title")))
    required.settle()
    severity = _severity(look(finding, "severity"))
    resource = _resource(finding)
    account = text(look(finding, "accountId")) or (arn and arn.account) or (event and event.account)
    region = text(look(finding, "region")) or (arn and arn.region) or (event and event.region)
    return Event(
        action=Action.RESOLVE if flag(look(finding, "service.archived")) else Action.TRIGGER,
        dedup_key=finding_id,
        severity=_mapped(severity),
        summary=(text(look(finding, "title")) or text(look(finding, "description")) or kind)[:SUMMARY_MAX],
        source=resource or account or SOURCE,
        source_type=SOURCE,
        component=text(look(finding, "resource.resourceType")),
        group=kind.partition(":")[0] if ":" in kind else None,  # the threat's purpose
        class_=kind,
        account=account or None,
        region=region or None,
        resource=resource,
        timestamp=_last_seen(finding) or (event and event.at),
        links=_links(finding_id, region),
        custom_details=_as_guardduty_writes(finding) | ({} if severity is None else {"severity": severity}),
    )


def _archived_by_call(call: Mapping[str, Any], event: Envelope | None) -> list[Event]:
    """The call names ids alone; the administrator who may archive is the findings' account, members' findings apart.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ArchiveFindings.html
    """
    if look(call, "eventName") != ARCHIVE or look(call, "errorCode") is not None:
        return []
    region = text(look(call, "awsRegion")) or (event and event.region) or None
    of_trail = text(look(call, "recipientAccountId")) or (event and event.account)
    account = of_trail or text(look(call, "userIdentity.accountId"))
    by = text(look(call, "userIdentity.arn"))
    return [
        Event(
            action=Action.RESOLVE,
            dedup_key=finding_id,
            severity=Severity.INFO,
            summary=f"Archived by {by}"[:SUMMARY_MAX] if by else "Archived",
            source=account or SOURCE,
            source_type=SOURCE,
            account=account,
            region=region,
            timestamp=moment(look(call, "eventTime"), without_zone=UTC) or (event and event.at),
            links=_links(finding_id, region),
        )
        for finding_id in filter(None, map(text, items(look(call, "requestParameters.findingIds"))))
    ]


def _is_announcement(message: Mapping[str, Any]) -> bool:
    """GuardDuty's news for everybody: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_sns.html"""
    kind = text(look(message, "type"))
    return kind is not None and ANNOUNCEMENT.fullmatch(kind) is not None and look(message, "id") is None


def _severity(written: Any) -> float | None:
    return LABELS.get(written.strip().lower(), number(written)) if isinstance(written, str) else number(written)


def _mapped(severity: float | None) -> Severity:
    if severity is None:
        return Severity.ERROR  # a failure without a severity of its own
    return next((name for least, name in AT_LEAST if severity >= least), Severity.INFO)


def _resource(finding: Mapping[str, Any]) -> str | None:
    """The resource's own name by its type, else the first there is, else what the API call affected."""
    own = NAMES.get(text(look(finding, "resource.resourceType")) or "", "")
    paths = [own, *NAMES.values(), "accessKeyDetails.userName", "s3BucketDetails.name"]
    named = (text(look(finding, f"resource.{path}")) for path in paths if path)
    affected = mapping(look(finding, "service.action.awsApiCallAction.affectedResources")).values()
    return next(filter(None, [*named, *map(text, affected)]), None)


def _last_seen(finding: Mapping[str, Any]) -> Instant | None:
    written = (look(finding, path) for path in ("service.eventLastSeen", "updatedAt", "createdAt"))
    return next(filter(None, (moment(each, without_zone=UTC) for each in written)), None)


def _links(finding_id: str, region: str | None) -> tuple[Link, ...]:
    page = console("guardduty", region, f"/findings?macros=current&fId={quote(finding_id, safe='', errors='replace')}")
    return (Link(href=page, text="The finding in GuardDuty"),) if page else ()


def _as_guardduty_writes(value: Any) -> Any:
    """The API's ``InstanceId`` is EventBridge's ``instanceId``; names such as ``AWS::IAM::Role`` stay."""
    if isinstance(value, list):
        return [_as_guardduty_writes(element) for element in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    members = cast("Mapping[str, Any]", value).items()
    return {_camel(name): _as_guardduty_writes(member) for name, member in members}


def _camel(name: str) -> str:
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
