"""Whether what a configuration names is there, and whether its patterns and expressions can be read."""

from shared.config.extracts import extract_faults
from shared.config.inspection import Inspection, bodies, body, words
from shared.config.shapes import nearest
from shared.domain.pattern import PatternError, compile_pattern


def references(check: Inspection) -> None:
    if "account" not in check.document:
        check.tell("account", "missing", "account must be there, with a name and a fallback contact")
    _users(check)
    _schedules(check)
    _policies(check)
    _services(check)
    _keys(check)
    _rules(check)


def _users(check: Inspection) -> None:
    emails: dict[str, str] = {}
    for name, user in check.of("users"):
        contacts, email = body(user, "contacts"), str(user.get("email", "")).lower()
        if email and emails.setdefault(email, name) != name:
            check.warn(
                f"users.{name}.email", "twice", f"{emails[email]} has it, too: API clients can't tell them apart"
            )
        for urgency in body(user, "notify"):
            for place, rule in enumerate(bodies(body(user, "notify"), urgency)):
                by = rule.get("by")
                if by is not None and by not in contacts:
                    path = f"users.{name}.notify.{urgency}[{place}].by"
                    check.tell(path, "reference", f"{name} has no contact {by!r}{nearest(str(by), list(contacts))}")
    for name, team in check.of("teams"):
        for member in body(team, "members"):
            check.known(f"teams.{name}.members.{member}", "users", member, "user")


def _schedules(check: Inspection) -> None:
    for name, schedule in check.of("schedules"):
        for place, layer in enumerate(bodies(schedule, "layers")):
            for seat, user in enumerate(words(layer, "users")):
                check.known(f"schedules.{name}.layers[{place}].users[{seat}]", "users", user, "user")
        for place, override in enumerate(bodies(schedule, "overrides")):
            check.known(f"schedules.{name}.overrides[{place}].user", "users", override.get("user"), "user")


def _policies(check: Inspection) -> None:
    for name, policy in check.of("escalation_policies"):
        for place, level in enumerate(bodies(policy, "levels")):
            for seat, target in enumerate(words(level, "notify")):
                kind, _, whom = target.partition(":")
                path = f"escalation_policies.{name}.levels[{place}].notify[{seat}]"
                if kind in ("user", "schedule"):
                    check.known(path, f"{kind}s", whom, kind)


def _services(check: Inspection) -> None:
    for name, service in check.of("services"):
        path = f"services.{name}"
        check.known(f"{path}.policy", "escalation_policies", service.get("policy"), "escalation policy")
        check.known(f"{path}.team", "teams", service.get("team"), "team")
        for place, runbook in enumerate(words(service, "runbooks")):
            check.known(f"{path}.runbooks[{place}]", "runbooks", runbook, "runbook")
        if service.get("urgency") == "support_hours" and not service.get("support_hours"):
            hours = 'say the hours: {days: mon-fri, from: "09:00", to: "18:00"}'
            check.tell(f"{path}.support_hours", "missing", hours)
    services = body(check.document, "services")
    if services and "unrouted" not in check.document:
        message = "unrouted must name the service that takes what nothing routes"
        check.tell("unrouted", "missing", message, at=f"services.{next(iter(services))}")
    check.known("unrouted", "services", check.document.get("unrouted"), "service")


def _keys(check: Inspection) -> None:
    seen: dict[str, str] = {}
    for path, integration in check.integrations():
        if integration.get("source") == "heartbeat" and "every" not in integration:
            check.tell(f"{path}.every", "missing", "say how often it beats: every: 24h")
        key = integration.get("key")
        if key in seen:
            check.tell(f"{path}.key", "twice", f"{seen[key]} has the same routing key: give each its own")
        elif key:
            seen[key] = path


def _rules(check: Inspection) -> None:
    priorities = words(body(check.document, "account"), "priorities")
    for path, rule in check.rules():
        then = body(rule, "then")
        check.known(f"{path}.then.route", "services", then.get("route"), "service")
        check.known(f"{path}.then.runbook", "runbooks", then.get("runbook"), "runbook")
        if then.get("priority") is not None and then["priority"] not in priorities:
            hint = nearest(then["priority"], priorities)
            check.tell(f"{path}.then.priority", "reference", f"the account has no priority {then['priority']!r}{hint}")
    for place, window in enumerate(bodies(check.document, "maintenance")):
        for seat, service in enumerate(words(window, "services")):
            check.known(f"maintenance[{place}].services[{seat}]", "services", service, "service")


def patterns(check: Inspection) -> None:
    """Of what has no other fault."""
    rules = [(path, rule["when"]) for path, rule in check.rules()]
    ours = [(path, integration["when"]) for path, integration in check.integrations() if "when" in integration]
    for path, pattern in [*rules, *ours]:
        try:
            compile_pattern(pattern)
        except PatternError as fault:
            check.tell(f"{path}.when", "pattern", str(fault))
    for fault in extract_faults([rule for _, rule in check.rules()]):
        check.tell(fault.path, fault.code, fault.message)
