"""Every key of the configuration and what it may be. What isn't here is an error that names the nearest key."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from shared.config.build import DAYS
from shared.config.nodes import Node
from shared.config.shapes import (
    Faults,
    Shape,
    duration,
    either,
    list_of,
    mapping,
    matching,
    moment,
    named,
    number,
    one_of,
    prose,
    record,
    text,
    time_zone,
    yes_no,
)
from shared.domain.directory import Medium
from shared.domain.event import Event, Severity
from shared.domain.sources import MAPPED_FIELDS, SOURCES

ROLES: Final = ("owner", "admin", "manager", "responder", "observer", "stakeholder")

EVENT_FIELDS: Final = tuple(field.name.rstrip("_") for field in fields(Event))

CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00"
DAY = "|".join(DAYS)
DAY_LIST = rf"({DAY})(-({DAY}))?( *, *({DAY})(-({DAY}))?)*"

address = matching(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost", "e-mail address: name@example.com")
phone = matching(r"\+[1-9][0-9]{6,14}", "phone number: +447700900001")
secret = matching(
    r"ssm:/[\w./-]+", "name of an SSM SecureString: ssm:/tocsin/slack/token. A secret itself is never in a file"
)
target = matching(r"(user|schedule):\S.*", "target: write user:ada or schedule:checkout-primary")

contact = record(
    {"email": address, "sms": phone, "voice": phone, "push": text, "slack": text, "teams": text}, exactly_one=True
)
notification = record({"after": duration(), "by": text}, ("after", "by"))
user = record(
    {
        "name": text,
        "email": address,
        "time_zone": time_zone,
        "role": one_of(*ROLES),
        "contacts": named(contact),
        "notify": record({"high": list_of(notification), "low": list_of(notification)}),
    },
    ("name", "email"),
)


def _event_field(node: Node, path: str, faults: Faults) -> Any:
    """The name of a field of the normalised event, or of something within its ``custom_details``."""
    name = node.value if isinstance(node.value, str) else ""
    if name not in EVENT_FIELDS and not name.startswith("custom_details."):
        hint = faults.nearest(name, EVENT_FIELDS)
        faults.tell(node, path, "value", f"{name!r} is no field of an event{hint}: {', '.join(EVENT_FIELDS)}")
    return name


event_field = Shape(_event_field, text.schema)
WINDOW: Final = {
    "days": matching(DAY_LIST, "list of days: mon-fri, fri-mon or mon,wed"),
    "from": matching(rf"(({DAY}) +)?({CLOCK})", 'time of day: "09:00", or "fri 18:00"'),
    "to": matching(rf"(({DAY}) +)?({CLOCK})", 'time of day: "17:00", or "mon 09:00"'),
}


def window_like(keys: Mapping[str, Shape]) -> Shape:
    """Both ends of a window name a day, or neither does; a window over several days has no ``days``."""
    shape = record(keys, ("from", "to"))

    def check(node: Node, path: str, faults: Faults) -> Any:
        found: dict[str, Any] | None = shape(node, path, faults)
        if found is None:
            return None
        ends = [" " in str(found.get(end, "")) for end in ("from", "to")]
        if any(ends) and not (all(ends) and "days" not in found):
            message = 'write {days: mon-fri, from: "09:00", to: "17:00"}, or {from: "fri 18:00", to: "mon 09:00"}'
            faults.tell(node, path, "value", message)
        return found

    return Shape(check, shape.schema)


window = window_like(WINDOW)
layer = record(
    {
        "name": text,
        "start": moment,
        "turn": duration("1h", "365d"),
        "users": list_of(text, least=1, most=1000),
        "until": moment,
        "only": list_of(window, most=50),
    },
    ("start", "turn", "users"),
)
override = record({"user": text, "from": moment, "to": moment}, ("user", "from", "to"))
schedule = record(
    {"time_zone": time_zone, "layers": list_of(layer, most=100), "overrides": list_of(override, most=10_000)}
)
level = record(
    {
        "notify": list_of(target, least=1, most=100),
        "after": duration("1s"),
        "assign": one_of("everyone", "round_robin"),
    },
    ("notify", "after"),
)
policy = record({"repeat": number(0, 9, whole=True), "levels": list_of(level, least=1, most=100)}, ("levels",))
integration = record(
    {
        "source": one_of(*SOURCES),
        "when": mapping,
        "key": matching(r"[A-Za-z0-9]{32}", "routing key: 32 letters and digits"),
        "min_severity": number(0, 10),
        "dedup_key": text,
        "map": record(dict.fromkeys(MAPPED_FIELDS, text)),
        "topic": matching(
            r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?",
            "ARN of a topic: arn:aws:sns:eu-west-1:111122223333:alarms",
        ),
        "secret": secret,
        "every": duration("1m"),
        "grace": duration(),
    },
    ("source",),
)
service = record(
    {
        "description": prose,
        "team": text,
        "policy": text,
        "urgency": one_of("high", "low", "severity", "support_hours"),
        "support_hours": window_like({**WINDOW, "raise_low": yes_no}),
        "acknowledgement_timeout": duration("1s"),
        "auto_resolve": duration("1s"),
        "sla": record({"acknowledge": duration("1s"), "resolve": duration("1s")}),
        "grouping": record(
            {
                "by": either(
                    (list, list_of(event_field, least=1)),
                    (str, one_of("time", "similarity")),
                    what="a list of fields, or time, or similarity belongs here",
                ),
                "window": duration("1s"),
            },
            ("by",),
        ),
        "pause": duration("1s"),
        "flapping": record({"times": number(2, 20, whole=True), "within": duration("1m", "24h")}, ("times", "within")),
        "runbooks": list_of(text),
        "tags": list_of(text),
        "integrations": named(integration),
    },
    ("policy",),
)
outcome = record(
    {
        "route": text,
        "priority": text,
        "severity": one_of(*Severity),
        "tags": list_of(text),
        "summary": text,
        "runbook": text,
        "ticket": mapping,
        "pause": duration("1s"),
        "suppress": yes_no,
        "drop": yes_no,
        "open_after": record(
            {"count": number(1, 1_000_000, whole=True), "within": duration("1s", "30d")}, ("count", "within")
        ),
        "continue": yes_no,
    }
)
extraction = record({"from": text, "regex": text}, ("from", "regex"))
rule = record({"name": text, "when": mapping, "extract": named(extraction), "then": outcome}, ("name", "when", "then"))
account = record(
    {
        "name": text,
        "time_zone": time_zone,
        "fallback": record(
            {
                medium.value: contact_shape
                for medium, contact_shape in {
                    Medium.EMAIL: address,
                    Medium.SMS: phone,
                    Medium.VOICE: phone,
                    Medium.PUSH: text,
                    Medium.SLACK: text,
                    Medium.TEAMS: text,
                }.items()
            },
            least_one=True,
        ),
        "priorities": list_of(text),
    },
    ("name", "fallback"),
)
action = record(
    {"name": text, "lambda": text, "ssm_document": text, "run": one_of("when_asked", "automatically")}, ("name",)
)
runbook = record({"title": prose, "steps": prose, "url": text, "actions": list_of(action)})
maintenance = record(
    {"services": list_of(text, least=1), "from": moment, "to": moment, "reason": prose}, ("services", "from", "to")
)
webhook = record({"url": text, "events": list_of(text), "secret": secret}, ("url",))

templates = record(
    {
        "sms": text,
        "email": record({"subject": text, "text": text, "html": text}),
        "push": record({"title": text, "body": text}),
        "slack": text,
        "teams": text,
    }
)

SCHEMA: Mapping[str, Shape] = {
    "account": account,
    "users": named(user),
    "teams": named(record({"members": named(one_of(*ROLES)), "description": prose})),
    "schedules": named(schedule),
    "escalation_policies": named(policy),
    "services": named(service),
    "event_rules": list_of(rule),
    "unrouted": text,
    "runbooks": named(runbook),
    "maintenance": list_of(maintenance),
    "webhooks": named(webhook),
    "templates": templates,
}
NAMED = frozenset(
    {"users", "teams", "schedules", "escalation_policies", "services", "runbooks", "webhooks", "templates"}
)
LISTS = frozenset({"event_rules", "maintenance"})
