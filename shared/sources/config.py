"""Config: a resource that doesn't comply with a rule, until it does or the rule no longer applies to it.

The rule and the resource together are the problem. Changes of configuration, snapshots, histories and evaluations that
begin tell nothing.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.domain.instants import Instant
from shared.sources.aws import account_id, console, parse_arn, region_code
from shared.sources.aws_message import AwsMessage, each, folded, links, messages
from shared.sources.fields import look, text, without_nulls
from shared.sources.timestamps import UTC, moment

SOURCE = "config"
KIND = "Config Rules Compliance Change"
NOTIFICATION = "ComplianceChangeNotification"  # messageType: Config's own SNS messages have no envelope
QUALIFIER = "newEvaluationResult.evaluationResultIdentifier.evaluationResultQualifier"
# https://docs.aws.amazon.com/config/latest/APIReference/API_EvaluationResult.html
ACTIONS: Mapping[str, Action | None] = {
    "NON_COMPLIANT": Action.TRIGGER,
    "COMPLIANT": Action.RESOLVE,
    "NOT_APPLICABLE": Action.RESOLVE,  # the resource was deleted, or left the rule's scope
    "INSUFFICIENT_DATA": None,
}


def translate(message: Any) -> list[Event]:
    """https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html and
    https://docs.aws.amazon.com/config/latest/developerguide/example-config-rule-compliance-notification.html"""
    return each(messages(SOURCE, message), _read)


def _read(message: AwsMessage) -> Event | None:
    kind = text(look(message.said, "messageType"))
    if not message.is_one_of(KIND) or (kind is not None and folded(kind) != folded(NOTIFICATION)):
        return None
    if look(message.said, "invokingEvent") is not None:  # what Config asks a custom rule's function
        return None
    required = message.required()
    rule = required.text("configRuleName", text(look(message.said, f"{QUALIFIER}.configRuleName")))
    resource_type = required.text("resourceType", text(look(message.said, f"{QUALIFIER}.resourceType")))
    resource_id = required.text("resourceId", text(look(message.said, f"{QUALIFIER}.resourceId")))
    written = required.text("newEvaluationResult.complianceType")
    compliance = written.upper()
    if written and compliance not in ACTIONS:
        required.fault("newEvaluationResult.complianceType", f"{written[:40]!r} is none of {', '.join(ACTIONS)}")
    required.settle()
    action = ACTIONS[compliance]
    return None if action is None else _event(message, action, rule, resource_type, resource_id)


def _event(message: AwsMessage, action: Action, rule: str, resource_type: str, resource_id: str) -> Event:
    arn = parse_arn(text(look(message.said, "configRuleARN")))
    account = account_id(text(look(message.said, "awsAccountId"))) or (arn and arn.account) or message.account
    region = region_code(text(look(message.said, "awsRegion"))) or (arn and arn.region) or message.region
    triggers = action is Action.TRIGGER
    said = text(look(message.said, "newEvaluationResult.annotation")) if triggers else None
    return Event(
        action=action,
        dedup_key=f"{rule}/{resource_type}/{resource_id}",  # a rule's name is unique in its account and Region
        severity=Severity.ERROR if triggers else Severity.INFO,
        summary=f"{resource_id} {'violates' if triggers else 'no longer violates'} {rule}{f': {said}' if said else ''}"[
            :SUMMARY_MAX
        ],
        source=resource_id,
        source_type=SOURCE,
        component=resource_type,
        class_=rule,
        account=account or None,
        region=region or None,
        resource=resource_id,
        timestamp=_recorded(message) or message.at,
        links=links(
            (
                console("config", region, f"/rules/details?configRuleName={quote(rule, safe='', errors='replace')}"),
                "The rule in Config",
            )
        ),
        custom_details=without_nulls(message.said),
    )


def _recorded(message: AwsMessage) -> Instant | None:
    paths = ("newEvaluationResult.resultRecordedTime", "notificationCreationTime")
    return next(filter(None, (moment(look(message.said, path), without_zone=UTC) for path in paths)), None)
