"""The normalised document (CONFIG's form as plain JSON) → the domain's ``Directory``: the only place where one becomes
the other.

It runs at cold starts, so it is plain Python, and it trusts what ``read`` and ``lint`` have checked.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.directory import (
    Account,
    Assign,
    Contact,
    Directory,
    EventRule,
    Extraction,
    Flapping,
    Grouping,
    Integration,
    Level,
    Maintenance,
    Medium,
    NotificationRule,
    OpenAfter,
    Outcome,
    Policy,
    Service,
    SupportHours,
    Target,
    TargetKind,
    Urgency,
    UrgencyRule,
    User,
    Webhook,
)
from shared.domain.event import Severity
from shared.domain.ids import object_id
from shared.domain.instants import Instant, parse_duration, parse_instant
from shared.domain.schedule import Layer, Override, Schedule, Window
from shared.domain.sources import MAPPED
from shared.domain.wall_clock import DAY, instant_of

Document = Mapping[str, Any]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WITH_KEY = frozenset({"events_v2", "webhook", "heartbeat"})  # sources that speak with a routing key of ours
GUARDDUTY_LEAST = (
    4.0  # below is low severity, https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
)

GROUPING_WINDOW = "10m"  # where the file says none


def build(document: Document, version: int) -> Directory:
    """One version of the set-up. Raises KeyError or ValueError for a document that wasn't checked."""
    zone = document["account"].get("time_zone", "UTC")
    return Directory(
        version=version,
        account=_account(document["account"]),
        users={name: _user(name, body, zone) for name, body in document.get("users", {}).items()},
        schedules={name: _schedule(name, body, zone) for name, body in document.get("schedules", {}).items()},
        policies={name: _policy(name, body) for name, body in document.get("escalation_policies", {}).items()},
        services={name: _service(name, body, zone) for name, body in document.get("services", {}).items()},
        rules=tuple(_rule(body) for body in document.get("event_rules", ())),
        maintenance=tuple(_maintenance(body, zone) for body in document.get("maintenance", ())),
        unrouted=document.get("unrouted"),
        templates=templates(document),
        webhooks={name: _webhook(name, body) for name, body in document.get("webhooks", {}).items()},
    )


def templates(document: Document) -> Mapping[str, str]:
    """By the name of the text: ``sms``, ``email.subject``."""
    found: dict[str, str] = {}
    for name, body in document.get("templates", {}).items():
        found.update({name: body} if isinstance(body, str) else {f"{name}.{part}": text for part, text in body.items()})
    return found


def mint(document: Document, before: Document | None, new_key: Callable[[], str]) -> Document:
    """Gives every integration that speaks with a key one: that of ``before`` where there was one, else a new one."""
    services = {
        name: {
            **body,
            "integrations": {
                key: _with_key(integration, _key_before(before, name, key), new_key)
                for key, integration in body.get("integrations", {}).items()
            },
        }
        for name, body in document.get("services", {}).items()
    }
    return {**document, "services": services} if services else document


def _with_key(integration: Mapping[str, Any], before: str | None, new_key: Callable[[], str]) -> Mapping[str, Any]:
    if not (integration["source"] in WITH_KEY or integration.get("topic")) or integration.get("key"):
        return integration
    return {**integration, "key": before or new_key()}


def _key_before(before: Document | None, service: str, integration: str) -> str | None:
    known = (before or {}).get("services", {}).get(service, {}).get("integrations", {}).get(integration, {})
    return known.get("key")


def _account(body: Mapping[str, Any]) -> Account:
    return Account(
        name=body["name"],
        time_zone=body.get("time_zone", "UTC"),
        fallback=tuple(
            Contact(name=medium, medium=Medium(medium), address=address) for medium, address in body["fallback"].items()
        ),
        priorities=tuple(body.get("priorities", ())),
    )


def _user(name: str, body: Mapping[str, Any], zone: str) -> User:
    return User(
        name=name,
        full_name=body["name"],
        email=body["email"],
        time_zone=body.get("time_zone", zone),
        role=body.get("role", "responder"),
        contacts=tuple(
            Contact(name=contact, medium=Medium(medium), address=address)
            for contact, way in body.get("contacts", {}).items()
            for medium, address in way.items()
        ),
        notify={
            Urgency(urgency): tuple(NotificationRule(after=parse_duration(r["after"]), by=r["by"]) for r in rules)
            for urgency, rules in body.get("notify", {}).items()
        },
    )


def _webhook(name: str, body: Mapping[str, Any]) -> Webhook:
    secret = body.get("secret")
    return Webhook(
        name=name,
        url=body["url"],
        events=tuple(body.get("events", ())),
        secret=secret.removeprefix("ssm:") if secret else None,
    )


def _schedule(name: str, body: Mapping[str, Any], account_zone: str) -> Schedule:
    zone = body.get("time_zone", account_zone)
    return Schedule(
        name=name,
        time_zone=zone,
        layers=tuple(_layer(layer, place, zone) for place, layer in enumerate(body.get("layers", ()), start=1)),
        overrides=tuple(_override(override, zone) for override in body.get("overrides", ())),
    )


def _layer(body: Mapping[str, Any], place: int, zone: str) -> Layer:
    until = body.get("until")
    return Layer(
        name=body.get("name", f"layer {place}"),
        start=_local(body["start"], zone),
        turn=parse_duration(body["turn"]),
        users=tuple(body["users"]),
        until=_local(until, zone) if until else None,
        only=tuple(window(only) for only in body.get("only", ())),
    )


def window(body: Mapping[str, Any]) -> Window:
    """``{days, from, to}`` begins on each of its days; ``{from: "fri 18:00", to: "mon 09:00"}`` once a week.

    ``to`` at or before ``from`` means the next day, or the next week.
    """
    begin, end = str(body["from"]), str(body["to"])
    if " " not in begin:
        opens, closes = clock(begin), clock(end)
        days = weekdays(str(body.get("days", "mon-sun")))
        return Window(days=days, begin=opens, end=closes if closes > opens else closes + DAY)
    (first, at), (last, to) = begin.split(), end.split()
    opens, closes = clock(at), clock(to) + (DAYS.index(last) - DAYS.index(first)) % 7 * DAY
    return Window(days=frozenset({DAYS.index(first)}), begin=opens, end=closes if closes > opens else closes + 7 * DAY)


def weekdays(text: str) -> frozenset[int]:
    """``mon-fri``, ``fri-mon``, ``mon,wed`` → 0 (Monday) to 6. Raises ValueError."""
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        start, stop = DAYS.index(first), DAYS.index(last or first)
        found.update((start + step) % 7 for step in range((stop - start) % 7 + 1))
    return frozenset(found)


def clock(text: str) -> int:
    """``09:00`` → seconds after midnight; ``24:00`` is the midnight that ends the day. Raises ValueError."""
    if text == "24:00":
        return DAY
    at = time.fromisoformat(text)
    return (at.hour * 60 + at.minute) * 60 + at.second


def moment(text: str, zone: str, *, last: bool = False) -> Instant:
    """A time as CONFIG writes it → the instant. Local in ``zone`` unless it has an offset.

    Of a local time that occurs twice, ``last`` takes the second; one that doesn't exist is the end of its gap.
    """
    if datetime.fromisoformat(text).tzinfo is not None:
        return parse_instant(text)
    return instant_of(datetime.fromisoformat(text), zone, last=last)


def _local(text: str, zone: str) -> datetime:
    """A layer's start or end, on the wall clock of its schedule."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is None else at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _override(body: Mapping[str, Any], zone: str) -> Override:
    return Override(user=body["user"], begin=moment(body["from"], zone), end=moment(body["to"], zone, last=True))


def _policy(name: str, body: Mapping[str, Any]) -> Policy:
    return Policy(
        name=name,
        levels=tuple(
            Level(
                notify=tuple(target(text) for text in level["notify"]),
                after=parse_duration(level["after"]),
                assign=Assign(level.get("assign", "everyone")),
            )
            for level in body["levels"]
        ),
        repeat=int(body.get("repeat", 0)),
    )


def target(text: str) -> Target:
    """``user:ada``, ``schedule:checkout-primary``. Raises ValueError."""
    kind, _, name = text.partition(":")
    return Target(kind=TargetKind(kind), name=name)


def _service(name: str, body: Mapping[str, Any], zone: str) -> Service:
    timeout, auto = body.get("acknowledgement_timeout"), body.get("auto_resolve")
    return Service(
        name=name,
        policy=body["policy"],
        description=body.get("description", ""),
        urgency=UrgencyRule(body.get("urgency", "high")),
        support_hours=_support_hours(body["support_hours"], zone) if body.get("support_hours") else None,
        acknowledgement_timeout=parse_duration(timeout) if timeout else None,
        auto_resolve=parse_duration(auto) if auto else None,
        grouping=_grouping(body.get("grouping")),
        pause=parse_duration(body["pause"]) if body.get("pause") else None,
        flapping=_flapping(body.get("flapping")),
        tags=tuple(body.get("tags", ())),
        integrations=tuple(_integration(name, key, i) for key, i in body.get("integrations", {}).items()),
    )


def _grouping(body: Mapping[str, Any] | None) -> Grouping | None:
    """None also for ``similarity``, which isn't in force yet: ``lint`` says so."""
    if not body or body["by"] == "similarity":
        return None
    fields = () if body["by"] == "time" else tuple(body["by"])
    return Grouping(by=fields, window=parse_duration(body.get("window", GROUPING_WINDOW)))


def _flapping(body: Mapping[str, Any] | None) -> Flapping | None:
    return Flapping(times=body["times"], within=parse_duration(body["within"])) if body else None


def _support_hours(body: Mapping[str, Any], zone: str) -> SupportHours:
    return SupportHours(window=window(body), time_zone=zone, raise_low=bool(body.get("raise_low")))


def _integration(service: str, name: str, body: Mapping[str, Any]) -> Integration:
    least = body.get("min_severity", GUARDDUTY_LEAST if body["source"] == "guardduty" else None)
    return Integration(
        id=object_id("integration", service, name),
        name=name,
        service=service,
        source=body["source"],
        key=body.get("key"),
        when=body.get("when"),
        min_severity=None if least is None else float(least),
        map=body.get("map") if body["source"] in MAPPED else None,
        topic=body.get("topic"),
        dedup_key=body.get("dedup_key") if body["source"] in MAPPED else None,
        every=parse_duration(body["every"]) if body.get("every") else None,
        grace=parse_duration(body.get("grace", "0s")),
    )


def _maintenance(body: Mapping[str, Any], zone: str) -> Maintenance:
    return Maintenance(
        services=tuple(body["services"]),
        begin=moment(body["from"], zone),
        end=moment(body["to"], zone, last=True),
        reason=body.get("reason", ""),
    )


def _rule(body: Mapping[str, Any]) -> EventRule:
    then: Mapping[str, Any] = body.get("then", {})
    severity = then.get("severity")
    tags: Sequence[str] = then.get("tags", ())
    return EventRule(
        name=body["name"],
        when=body["when"],
        then=Outcome(
            route=then.get("route"),
            severity=Severity(severity) if severity else None,
            priority=then.get("priority"),
            tags=tuple(tags),
            summary=then.get("summary"),
            pause=parse_duration(then["pause"]) if then.get("pause") else None,
            open_after=_open_after(then["open_after"]) if then.get("open_after") else None,
            runbook=then.get("runbook"),
            ticket=then.get("ticket"),
            suppress=bool(then.get("suppress")),
            drop=bool(then.get("drop")),
            proceed=bool(then.get("continue")),
        ),
        extract={
            name: Extraction(path=how["from"], regex=how["regex"]) for name, how in body.get("extract", {}).items()
        },
    )


def _open_after(body: Mapping[str, Any]) -> OpenAfter:
    return OpenAfter(count=int(body["count"]), within=parse_duration(body["within"]))
