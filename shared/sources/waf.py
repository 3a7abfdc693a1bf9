"""WAF: requests that a rule of a web ACL blocks, as its log says, one line a request.

The web ACL and the rule that blocks are the problem; one event says for all lines of a batch how many they were
(``custom_details.blocked``), so that thresholds can be set on it. Requests that were let through, counted or asked to
prove that a person sends them tell nothing. A log never says that an attack is over: that is ``auto_resolve``'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.sources.aws import Arn, parse_arn
from shared.sources.aws_message import each
from shared.sources.fields import Required, look, text, without_nulls
from shared.sources.log_batches import Line, lines
from shared.sources.timestamps import UTC, moment

SOURCE = "waf"
BLOCK = "BLOCK"
LOG_GROUP = "aws-waf-logs-"  # how a log group of WAF's must begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    web_acl: str
    rule: str
    line: Line


def translate(message: Any) -> list[Event]:
    """https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html"""
    found = each(lines(SOURCE, message), _block)
    by_problem: dict[tuple[str, str], list[Block]] = {}
    for block in found:
        by_problem.setdefault((block.web_acl, block.rule), []).append(block)
    return [_event(blocks) for blocks in by_problem.values()]


def _block(line: Line) -> Block | None:
    required = Required(SOURCE, line.record)
    action = required.text("action").upper()
    if action and action != BLOCK:
        return None
    web_acl, rule = required.text("webaclId"), required.text("terminatingRuleId")
    required.settle()
    return Block(web_acl=web_acl, rule=rule, line=line)


def _event(blocks: list[Block]) -> Event:
    last = blocks[-1]
    record, arn = last.line.record, parse_arn(last.web_acl)
    name = _name(arn) or last.web_acl
    return Event(
        action=Action.TRIGGER,
        dedup_key=f"{last.web_acl}/{last.rule}",
        severity=Severity.ERROR,
        summary=f"{name}: requests are blocked by {last.rule}"[:SUMMARY_MAX],
        source=name,
        source_type=SOURCE,
        component=_source(record),
        group=text(look(record, "terminatingRuleType")),
        class_=last.rule,
        account=(arn and arn.account) or last.line.owner or None,
        region=(arn and arn.region) or None,
        resource=last.web_acl,
        timestamp=moment(look(record, "timestamp"), without_zone=UTC),
        custom_details=without_nulls(record) | {"blocked": len(blocks)},
    )


def _name(arn: Arn | None) -> str | None:
    """``regional/webacl/shop/1234`` is called ``shop``."""
    parts = arn.resource.split("/") if arn else []
    return parts[2] if len(parts) == 4 else None


def _source(record: Mapping[str, Any]) -> str | None:
    """What the web ACL protects: ``ALB``, ``APIGW``, ``CF``; a dash is none."""
    name = text(look(record, "httpSourceName"))
    return None if name == "-" else name
