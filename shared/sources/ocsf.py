"""A finding in the Open Cybersecurity Schema Framework's form, as Security Hub's second version sends it.

Its id is the one that its product gave it, the same as in the AWS Security Finding Format. It is open until its
activity is Close, its status says that it is over, or its control is passed.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.domain.instants import Instant
from shared.sources.aws import account_id, parse_arn, region_code
from shared.sources.aws_message import AwsMessage, links
from shared.sources.fields import Required, items, look, number, text, without_nulls
from shared.sources.timestamps import UTC, moment

# https://schema.ocsf.io/1.5.0/classes/detection_finding: names, and the ids that stand for them
SEVERITIES: Mapping[str, Severity] = {
    "fatal": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
    "high": Severity.ERROR,
    "medium": Severity.WARNING,
    "low": Severity.INFO,
    "informational": Severity.INFO,
}
SEVERITY_IDS: Mapping[float, str] = {
    6: "fatal",
    5: "critical",
    4: "high",
    3: "medium",
    2: "low",
    1: "informational",
}
CLOSE_ID = 3  # of activity_id: 1 Create, 2 Update
OVER = {"suppressed", "resolved", "archived", "deleted"}
OVER_IDS = {3, 4, 5, 6}  # of status_id: 1 New, 2 In Progress
PASSED = {"pass", "passed"}
PASS_ID = 1  # of compliance.status_id: 2 Warning, 3 Fail


def is_ocsf(finding: Mapping[str, Any]) -> bool:
    return look(finding, "finding_info") is not None or look(finding, "class_uid") is not None


def read_ocsf(source: str, message: AwsMessage, finding: Mapping[str, Any]) -> Event:
    """https://docs.aws.amazon.com/securityhub/latest/userguide/ocsf-findings.html. Raises MessageError."""
    required = Required(source, finding, within=f"{message.inside}.findings" if message.inside else "")
    finding_id = required.text("finding_info.uid", text(look(finding, "metadata.uid")))
    title = required.text("finding_info.title", text(look(finding, "finding_info.desc")), finding_id or None)
    required.settle()
    action = Action.RESOLVE if _is_over(finding) else Action.TRIGGER
    resource = text(look(finding, "resources.uid"))
    account = account_id(text(look(finding, "cloud.account.uid"))) or message.account
    return Event(
        action=action,
        dedup_key=finding_id,
        severity=_severity(finding) or (Severity.ERROR if action is Action.TRIGGER else Severity.INFO),
        summary=title[:SUMMARY_MAX],
        source=resource or account or source,
        source_type=source,
        component=text(look(finding, "resources.type")),
        group=text(look(finding, "metadata.product.name")),
        class_=text(look(finding, "compliance.control"))
        or next(filter(None, map(text, items(look(finding, "finding_info.types")))), None)
        or text(look(finding, "class_name")),
        account=account,
        region=_region(message, finding, finding_id),
        resource=resource,
        timestamp=message.at or _modified(finding),
        links=links(
            (text(look(finding, "finding_info.src_url")), "The finding where it was made"),
            (next(filter(None, map(text, items(look(finding, "remediation.references")))), None), "How to mend it"),
        ),
        custom_details=without_nulls(finding),
    )


def _is_over(finding: Mapping[str, Any]) -> bool:
    return (
        _word(finding, "activity_name") in {"close", "closed"}
        or number(look(finding, "activity_id")) == CLOSE_ID
        or _word(finding, "status") in OVER
        or number(look(finding, "status_id")) in OVER_IDS
        or _word(finding, "compliance.status") in PASSED
        or number(look(finding, "compliance.status_id")) == PASS_ID
    )


def _severity(finding: Mapping[str, Any]) -> Severity | None:
    by_id = SEVERITY_IDS.get(number(look(finding, "severity_id")) or 0, "")
    return SEVERITIES.get(_word(finding, "severity")) or SEVERITIES.get(by_id)


def _region(message: AwsMessage, finding: Mapping[str, Any], finding_id: str) -> str | None:
    said = (text(look(finding, path)) for path in ("cloud.region", "resources.region"))
    arn = parse_arn(finding_id)
    return next(filter(None, [*map(region_code, said), region_code(arn.region) if arn else None]), message.region)


def _modified(finding: Mapping[str, Any]) -> Instant | None:
    paths = ("finding_info.modified_time_dt", "finding_info.modified_time", "time_dt", "time")
    return next(filter(None, (moment(look(finding, path), without_zone=UTC) for path in paths)), None)


def _word(finding: Mapping[str, Any], path: str) -> str:
    return (text(look(finding, path)) or "").lower()
