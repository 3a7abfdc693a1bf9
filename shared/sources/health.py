"""AWS Health: what goes wrong at AWS itself, and what it is about to do to this account, until it is closed.

An event is its ARN, within the account that it affects; backups of one message, its pages and its updates are one
alert. Its Region is the one that is affected, not the one by which it was delivered.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.domain.instants import Instant
from shared.sources.aws import account_id, parse_arn, region_code
from shared.sources.aws_message import AwsMessage, each, links, messages
from shared.sources.fields import items, look, text, without_nulls
from shared.sources.timestamps import UTC, moment

SOURCE = "health"
KINDS = ("AWS Health Event", "AWS Health Abuse Event")
# Its category is how severe it is: a change that is scheduled isn't here yet, a notification is no fault.
SEVERITIES: Mapping[str, Severity] = {"scheduledchange": Severity.WARNING, "accountnotification": Severity.INFO}
HAPPENS = {"issue", "investigation"}  # has an end only once it is over
CLOSED = "closed"  # statusCode; open and upcoming are active
DESCRIBED_MAX = 300  # characters of AWS's own words in the summary


def translate(message: Any) -> list[Event]:
    """https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html"""
    return each(messages(SOURCE, message), _read)


def _read(message: AwsMessage) -> Event | None:
    if not message.is_one_of(*KINDS):
        return None
    required = message.required()
    written = required.text("eventArn")
    arn = parse_arn(written)
    code = required.text("eventTypeCode", arn.resource.split("/")[-1] if arn else None)
    required.settle()
    category = (text(look(message.said, "eventTypeCategory")) or "").lower()
    action = Action.RESOLVE if _is_closed(message, category) else Action.TRIGGER
    region = text(look(message.said, "eventRegion")) or (arn and arn.region) or message.region
    account = account_id(text(look(message.said, "affectedAccount"))) or message.account
    entity = text(look(message.said, "affectedEntities.entityValue")) or next(iter(message.resources), None)
    return Event(
        action=action,
        dedup_key=written,
        severity=SEVERITIES.get(category, Severity.ERROR) if action is Action.TRIGGER else Severity.INFO,
        summary=f"{code}{_described(message)}"[:SUMMARY_MAX],
        source=text(look(message.said, "service")) or SOURCE,
        source_type=SOURCE,
        component=text(look(message.said, "service")),
        group=text(look(message.said, "eventTypeCategory")),
        class_=code,
        account=account,
        region=region_code(region) or region,
        resource=entity,
        timestamp=moment(look(message.said, "lastUpdatedTime"), without_zone=UTC) or message.at,
        links=links(
            (f"https://health.aws.amazon.com/health/home#/event-log?eventID={_escaped(written)}", "AWS Health")
        ),
        custom_details=without_nulls(message.said),
    )


def _is_closed(message: AwsMessage, category: str) -> bool:
    """By its status; older messages have none, but an end."""
    if status := text(look(message.said, "statusCode")):
        return status.lower() == CLOSED
    ended, now = _end(message), message.at
    return ended is not None and category in HAPPENS and (now is None or ended <= now)


def _end(message: AwsMessage) -> Instant | None:
    return moment(look(message.said, "endTime"), without_zone=UTC)


def _described(message: AwsMessage) -> str:
    """The first line of the latest description, in English where there is one."""
    said = [one for one in items(look(message.said, "eventDescription")) if text(look(one, "latestDescription"))]
    english = [one for one in said if (text(look(one, "language")) or "").lower().startswith("en")]
    found = text(look((english or said or [None])[0], "latestDescription")) or ""
    first = found.splitlines()[0].strip() if found else ""
    return f": {first[:DESCRIBED_MAX]}" if first else ""


def _escaped(arn: str) -> str:
    return quote(arn, safe="", errors="replace")
