"""What a configuration that can be read still gets wrong: references, gaps, people whom nothing reaches.

``readable`` are the findings that make a configuration unusable; the rest are told by ``lint`` alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, cast

from shared.config.build import build
from shared.config.extracts import extract_faults
from shared.config.finding import Finding, Severity
from shared.config.read import Loaded
from shared.config.shapes import nearest
from shared.domain.directory import Directory, Urgency
from shared.domain.instants import Instant, format_seconds, whole_second
from shared.domain.notification import methods
from shared.domain.pattern import PatternError, compile_pattern
from shared.domain.schedule import final_schedule
from shared.domain.sources import AWS_SOURCES, HEARD, MAPPED

Body = Mapping[str, Any]  # of one thing in the document

AHEAD = timedelta(days=396)  # thirteen months: a year's holidays and a month to mend it
GAPS_SHOWN = 3  # of one schedule; how many more is said

DELIVERED = ("email", "sms")
NOT_IN_FORCE: Mapping[str, str] = {  # keys that are read and kept, and what happens instead in this version
    "services.*.sla": "no report measures it in this version",
    "services.*.runbooks": "runbooks aren't shown by this version",
    "event_rules[*].then.runbook": "it is kept on the incident's timeline, but this version shows no runbooks",
    "event_rules[*].then.ticket": "it is kept on the incident's timeline, but this version opens no tickets",
    "runbooks": "runbooks aren't shown by this version",
    "webhooks": "no webhook is called by this version",
}


def lint(loaded: Loaded, now: Instant) -> list[Finding]:
    """Everything that is wrong or doubtful at ``now``, by file and line. What ``load`` has found is part of it."""
    check = _Lint(loaded)
    if all(finding.code != "unreadable" for finding in loaded.findings):  # else what stands there seems to be missing
        check.references()
    if not check.unusable():
        check.patterns()
        check.not_in_force()
        check.coverage(build(loaded.document, 1), whole_second(now))
    return sorted([*loaded.findings, *check.found], key=lambda finding: (finding.file, finding.line))


def readable(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep a configuration from being used at all."""
    return [finding for finding in findings if finding.level is Severity.ERROR]


class _Lint:
    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.document: Body = loaded.document
        self.found: list[Finding] = []

    def unusable(self) -> bool:
        return bool(readable([*self.loaded.findings, *self.found]))

    def tell(
        self, path: str, code: str, message: str, level: Severity = Severity.ERROR, *, at: str | None = None
    ) -> None:
        """``at`` is where to look, where ``path`` itself isn't written anywhere."""
        file, line = self.loaded.place(at or path)
        self.found.append(Finding(file=file, line=line, path=path, code=code, level=level, message=message))

    def names(self, kind: str) -> list[str]:
        return [name for name, _ in self._of(kind)]

    def known(self, path: str, kind: str, name: Any, what: str) -> None:
        if name is not None and name not in self.names(kind):
            self.tell(path, "reference", f"there is no {what} {name!r}{nearest(str(name), self.names(kind))}")

    # references

    def references(self) -> None:
        if "account" not in self.document:
            self.tell("account", "missing", "account must be there, with a name and a fallback contact")
        self._users()
        self._schedules()
        self._policies()
        self._services()
        self._rules()

    def _users(self) -> None:
        for name, user in self._of("users"):
            contacts = _body(user, "contacts")
            for urgency in _body(user, "notify"):
                for place, rule in enumerate(_bodies(_body(user, "notify"), urgency)):
                    path = f"users.{name}.notify.{urgency}[{place}].by"
                    if rule.get("by") not in contacts:
                        hint = nearest(str(rule.get("by")), list(contacts))
                        self.tell(path, "reference", f"{name} has no contact {rule.get('by')!r}{hint}")
        for name, team in self._of("teams"):
            for member in _body(team, "members"):
                self.known(f"teams.{name}.members.{member}", "users", member, "user")

    def _schedules(self) -> None:
        for name, schedule in self._of("schedules"):
            for place, layer in enumerate(_bodies(schedule, "layers")):
                for seat, user in enumerate(_words(layer, "users")):
                    self.known(f"schedules.{name}.layers[{place}].users[{seat}]", "users", user, "user")
            for place, override in enumerate(_bodies(schedule, "overrides")):
                self.known(f"schedules.{name}.overrides[{place}].user", "users", override.get("user"), "user")

    def _policies(self) -> None:
        for name, policy in self._of("escalation_policies"):
            for place, level in enumerate(_bodies(policy, "levels")):
                for seat, target in enumerate(_words(level, "notify")):
                    kind, _, whom = target.partition(":")
                    path = f"escalation_policies.{name}.levels[{place}].notify[{seat}]"
                    if kind in ("user", "schedule"):
                        self.known(path, f"{kind}s", whom, kind)

    def _services(self) -> None:
        for name, service in self._of("services"):
            self.known(f"services.{name}.policy", "escalation_policies", service.get("policy"), "escalation policy")
            self.known(f"services.{name}.team", "teams", service.get("team"), "team")
            for place, runbook in enumerate(_words(service, "runbooks")):
                self.known(f"services.{name}.runbooks[{place}]", "runbooks", runbook, "runbook")
            if service.get("urgency") == "support_hours" and not service.get("support_hours"):
                self.tell(
                    f"services.{name}.support_hours", "missing", "say the hours: {days: mon-fri, from: ..., to: ...}"
                )
        if self.names("services"):
            if "unrouted" not in self.document:
                message = "unrouted must name the service that takes what nothing routes"
                self.tell("unrouted", "missing", message, at=f"services.{self.names('services')[0]}")
            self.known("unrouted", "services", self.document.get("unrouted"), "service")
        self._keys()

    def _keys(self) -> None:
        seen: dict[str, str] = {}
        for path, integration in self._integrations():
            key = integration.get("key")
            if key in seen:
                self.tell(f"{path}.key", "twice", f"{seen[key]} has the same routing key: give each its own")
            elif key:
                seen[key] = path

    def _rules(self) -> None:
        priorities = _words(_body(self.document, "account"), "priorities")
        for place, rule in enumerate(_bodies(self.document, "event_rules")):
            then = _body(rule, "then")
            path = f"event_rules[{place}].then"
            self.known(f"{path}.route", "services", then.get("route"), "service")
            self.known(f"{path}.runbook", "runbooks", then.get("runbook"), "runbook")
            if then.get("priority") is not None and then["priority"] not in priorities:
                hint = nearest(then["priority"], priorities)
                self.tell(f"{path}.priority", "reference", f"the account has no priority {then['priority']!r}{hint}")
        for place, window in enumerate(_bodies(self.document, "maintenance")):
            for seat, service in enumerate(_words(window, "services")):
                self.known(f"maintenance[{place}].services[{seat}]", "services", service, "service")

    # patterns, and what isn't in force

    def patterns(self) -> None:
        rules = ((f"event_rules[{n}].when", r["when"]) for n, r in enumerate(_bodies(self.document, "event_rules")))
        ours = ((f"{path}.when", i["when"]) for path, i in self._integrations() if i.get("when"))
        for path, pattern in [*rules, *ours]:
            try:
                compile_pattern(pattern)
            except PatternError as fault:
                self.tell(path, "pattern", str(fault))
        for fault in extract_faults(_bodies(self.document, "event_rules")):
            self.tell(fault.path, fault.code, fault.message)

    def not_in_force(self) -> None:
        for path, message in NOT_IN_FORCE.items():
            for found in _found(self.document, path.replace("[*]", ".*").split("."), ""):
                self.tell(found, "not_in_force", message, Severity.WARNING)
        for name, service in self._of("services"):
            if _body(service, "grouping").get("by") == "similarity":
                message = "alerts aren't grouped by similarity by this version: each opens an incident of its own"
                self.tell(f"services.{name}.grouping.by", "not_in_force", message, Severity.WARNING)
        self._integrations_not_in_force()
        for name, user in self._of("users"):
            for contact in _body(user, "contacts"):
                for medium in _body(_body(user, "contacts"), contact):
                    if medium not in DELIVERED:
                        self.tell(
                            f"users.{name}.contacts.{contact}",
                            "not_in_force",
                            f"{medium} isn't delivered by this version: such a page counts as failed, "
                            "and the next method is used at once",
                            Severity.WARNING,
                        )

    def _integrations_not_in_force(self) -> None:
        for path, integration in self._integrations():
            if integration["source"] == "heartbeat" and "every" not in integration:
                self.tell(f"{path}.every", "missing", "say how often it beats: every: 24h")
            if integration["source"] not in HEARD:
                message = f"{integration['source']} isn't heard by this version; what is heard: {', '.join(HEARD)}"
                self.tell(f"{path}.source", "not_in_force", message, Severity.WARNING)
            if integration.get("topic") and integration["source"] not in AWS_SOURCES:
                message = f"{integration['source']} doesn't speak by topics of SNS: it isn't heard by this one"
                self.tell(f"{path}.topic", "not_in_force", message, Severity.WARNING)
            for key in ("map", "dedup_key"):
                if integration.get(key) and integration["source"] not in MAPPED:
                    message = (
                        f"{integration['source']} has its own fields and identity; {' and '.join(MAPPED)} can be mapped"
                    )
                    self.tell(f"{path}.{key}", "not_in_force", message, Severity.WARNING)

    # whom nothing reaches

    def coverage(self, directory: Directory, now: Instant) -> None:
        for name, user in directory.users.items():
            for urgency in Urgency:
                ways = {method.contact.medium.value for method in methods(user, urgency)}
                if not ways & set(DELIVERED):
                    message = (
                        f"{urgency} urgency reaches {name} by nothing: a level with nobody else is skipped at once"
                    )
                    self.tell(f"users.{name}", "unreachable", message, Severity.WARNING)
        for name, schedule in directory.schedules.items():
            gaps = list(_gaps([(s.start, s.end) for s in final_schedule(schedule, now, now + AHEAD)], now, now + AHEAD))
            for shown, (start, end) in enumerate(gaps[:GAPS_SHOWN], start=1):
                more = f", and {len(gaps) - shown} more gaps" if shown == GAPS_SHOWN < len(gaps) else ""
                message = f"nobody is on call from {format_seconds(start)} to {format_seconds(end)}{more}"
                self.tell(f"schedules.{name}", "gap", message, Severity.WARNING)

    def _of(self, kind: str) -> Iterator[tuple[str, Body]]:
        things = _body(self.document, kind)
        return ((name, _body(things, name)) for name in things)

    def _integrations(self) -> Iterator[tuple[str, Body]]:
        for service, body in self._of("services"):
            integrations = _body(body, "integrations")
            for name in integrations:
                yield f"services.{service}.integrations.{name}", _body(integrations, name)


def _body(of: Body, key: str) -> Body:
    """The mapping under ``key``; empty where it is absent or was found at fault."""
    found: Any = of.get(key)
    return cast("Body", found) if isinstance(found, Mapping) else {}


def _bodies(of: Body, key: str) -> list[Body]:
    found: Any = of.get(key)
    members = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("Body", member) if isinstance(member, Mapping) else {} for member in members]


def _words(of: Body, key: str) -> list[str]:
    found: Any = of.get(key)
    return [str(member) for member in cast("list[Any]", found)] if isinstance(found, list) else []


def _found(value: Any, steps: list[str], path: str) -> Iterator[str]:
    """The paths in ``value`` that ``steps`` name; ``*`` is every name or place."""
    if not steps:
        yield path
    elif steps[0] == "*" and isinstance(value, list):
        for place, member in enumerate(cast("list[Any]", value)):
            yield from _found(member, steps[1:], f"{path}[{place}]")
    elif isinstance(value, Mapping):
        body = cast("Body", value)
        for name in body if steps[0] == "*" else [steps[0]] if body.get(steps[0]) else []:
            yield from _found(body[name], steps[1:], f"{path}.{name}" if path else name)


def _gaps(shifts: list[tuple[Instant, Instant]], since: Instant, until: Instant) -> Iterator[tuple[Instant, Instant]]:
    at = since
    for start, end in shifts:
        if start > at:
            yield at, start
        at = max(at, end)
    if at < until:
        yield at, until
