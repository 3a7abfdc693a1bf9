"""A small team, as tests need it: Ada first, then Grace; mail at once, a text after two minutes."""

from datetime import timedelta

from shared.domain.directory import (
    Account,
    Assign,
    Contact,
    Directory,
    EventRule,
    Integration,
    Level,
    Medium,
    NotificationRule,
    Outcome,
    Policy,
    Service,
    Target,
    TargetKind,
    Urgency,
    UrgencyRule,
    User,
)

MINUTES = timedelta(minutes=1)
FALLBACK = (
    Contact(name="email", medium=Medium.EMAIL, address="ops@acme.example"),
    Contact(name="sms", medium=Medium.SMS, address="+4915112345678"),
)


def user(name: str, *, high: tuple[tuple[int, str], ...] = ((0, "mail"), (2, "phone")), contacts: bool = True) -> User:
    """``high`` is (minutes, contact); low urgency is told by mail alone."""
    ways = (
        Contact(name="mail", medium=Medium.EMAIL, address=f"{name}@acme.example"),
        Contact(name="phone", medium=Medium.SMS, address=f"+4477009{len(name):05d}"),
    )
    return User(
        name=name,
        full_name=name.title(),
        email=f"{name}@acme.example",
        contacts=ways if contacts else (),
        notify={
            Urgency.HIGH: tuple(NotificationRule(after=after * MINUTES, by=by) for after, by in high),
            Urgency.LOW: (NotificationRule(after=timedelta(0), by="mail"),),
        },
    )


def level(*people: str, minutes: int = 5, assign: Assign = Assign.EVERYONE) -> Level:
    targets = tuple(Target(kind=TargetKind.USER, name=name) for name in people)
    return Level(notify=targets, after=minutes * MINUTES, assign=assign)


def policy(*levels: Level, repeat: int = 0, name: str = "checkout") -> Policy:
    return Policy(name=name, levels=levels, repeat=repeat)


def directory(
    *levels: Level,
    users: tuple[User, ...] = (user("ada"), user("grace"), user("linus")),
    repeat: int = 0,
    service: Service | None = None,
    rules: tuple[EventRule, ...] = (),
    version: int = 1,
) -> Directory:
    """Service ``checkout`` hears alarms named checkout-… and an Events API sender; ``platform`` takes the rest."""
    checkout = service or Service(name="checkout", policy="checkout", integrations=INTEGRATIONS)
    platform = Service(name="platform", policy="platform", urgency=UrgencyRule.HIGH)
    return Directory(
        version=version,
        account=Account(name="Acme", fallback=FALLBACK, priorities=("P1", "P2")),
        users={person.name: person for person in users},
        schedules={},
        policies={
            "checkout": policy(*(levels or (level("ada"), level("grace"))), repeat=repeat),
            "platform": policy(level(users[-1].name), name="platform"),
        },
        services={"checkout": checkout, "platform": platform},
        rules=rules,
        unrouted="platform",
    )


INTEGRATIONS = (
    Integration(
        id="PALARMS0000001",
        name="alarms",
        service="checkout",
        source="cloudwatch",
        when={"resource": [{"wildcard": "*:alarm:checkout-*"}]},
    ),
    Integration(id="PEVENTS0000001", name="events", service="checkout", source="events_v2", key="R" * 32),
    Integration(id="PFINDINGS00001", name="findings", service="checkout", source="guardduty", min_severity=4.0),
)
STAGING_IS_QUIET = EventRule(
    name="staging is quiet", when={"source": [{"prefix": "staging-"}]}, then=Outcome(suppress=True)
)
