"""ECS: a service that can't be deployed, or whose tasks can't be placed or started, until a deployment of it completes.

The service is the problem. Steady states tell nothing, nor do tasks and container instances that come and go: a
service replaces them by itself, and says so where it can't.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.sources.aws import Arn, console_page, parse_arn
from shared.sources.aws_message import AwsMessage, each, links, messages
from shared.sources.fields import look, text, without_nulls
from shared.sources.timestamps import UTC, moment

SOURCE = "ecs"
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
DEPLOYMENT = "ECS Deployment State Change"
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html
SERVICE = "ECS Service Action"
COMPLETED = "SERVICE_DEPLOYMENT_COMPLETED"
SEVERITIES: Mapping[str, Severity] = {"ERROR": Severity.ERROR, "WARN": Severity.WARNING}  # by eventType; INFO is none
BY_NAME: Mapping[str, Severity] = {  # how the names of faults end, for an event that doesn't say its type
    "_FAILED": Severity.ERROR,
    "_FAILURE": Severity.ERROR,
    "_VIOLATED": Severity.ERROR,
    "_THROTTLED": Severity.ERROR,
    "_IMPAIRED": Severity.WARNING,
    "_UNHEALTHY": Severity.WARNING,
}


def translate(message: Any) -> list[Event]:
    return each(messages(SOURCE, message), _read)


def _read(message: AwsMessage) -> Event | None:
    if not message.is_one_of(DEPLOYMENT, SERVICE):
        return None
    arn = message.arn(SOURCE, "service/") or _service(text(look(message.said, "serviceArn")))
    required = message.required()
    name = required.text("eventName").upper()
    if arn is None:
        required.fault("resources", "the service's ARN is required")
    required.settle()
    kind = (text(look(message.said, "eventType")) or "").upper()
    severity = SEVERITIES.get(kind)
    if severity is None and (kind != "INFO" or name.endswith("_FAILED")):
        severity = next((severe for end, severe in BY_NAME.items() if name.endswith(end)), None)
    if arn is None or (severity is None and name != COMPLETED):
        return None
    return _event(message, arn, name, severity)


def _event(message: AwsMessage, arn: Arn, name: str, severity: Severity | None) -> Event:
    service = arn.resource.rpartition("/")[2]
    cluster = _cluster(message, arn)
    region, reason = arn.region or message.region, text(look(message.said, "reason"))
    path = f"ecs/v2/clusters/{_escaped(cluster or 'default')}/services/{_escaped(service)}/health"
    return Event(
        action=Action.RESOLVE if severity is None else Action.TRIGGER,
        dedup_key=str(arn),
        severity=severity or Severity.INFO,
        summary=f"{service}: {_in_words(name)}{f': {reason}' if reason else ''}"[:SUMMARY_MAX],
        source=service,
        source_type=SOURCE,
        component=cluster,
        class_=name,
        account=arn.account or message.account or None,
        region=region or None,
        resource=str(arn),
        timestamp=message.at or moment(look(message.said, "updatedAt"), without_zone=UTC),
        links=links((console_page(path, region), "The service in ECS")),
        custom_details=without_nulls(message.said),
    )


def _service(written: str | None) -> Arn | None:
    arn = parse_arn(written)
    return arn if arn and arn.resource.startswith("service/") else None


def _cluster(message: AwsMessage, arn: Arn) -> str | None:
    """From the event, else from the service's ARN, which has it but in the oldest form."""
    cluster = parse_arn(text(look(message.said, "clusterArn")))
    parts = arn.resource.split("/")
    return cluster.resource.partition("/")[2] if cluster else parts[1] if len(parts) == 3 else None


def _in_words(name: str) -> str:
    return name.removeprefix("SERVICE_").replace("_", " ").lower()


def _escaped(name: str) -> str:
    return quote(name, safe="", errors="replace")
