"""A night through the configuration's files: what ``simulate`` tells of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.configuration import directory_of
from cli.simulate import Night, simulate
from shared.domain.event import Action, Event, Severity
from shared.domain.instants import parse_instant

PEOPLE = """
account: {name: Acme, time_zone: Europe/Berlin, fallback: {email: ops@acme.example}}
users:
  ada:
    name: Ada
    email: ada@acme.example
    contacts: {mail: {email: ada@acme.example}, phone: {sms: "+447700900001"}}
    notify: {high: [{after: 0m, by: mail}, {after: 3m, by: phone}], low: [{after: 10m, by: mail}]}
  grace:
    name: Grace
    email: grace@acme.example
    contacts: {mail: {email: grace@acme.example}}
    notify: {high: [{after: 1m, by: mail}]}
unrouted: web
"""
TWO_LEVELS = """
escalation_policies:
  web:
    repeat: 1
    levels: [{notify: ["user:ada"], after: 5m}, {notify: ["user:grace"], after: 10m}]
"""
SERVICE = "services: {web: {policy: web, integrations: {events: {source: events_v2}}, %s}}\n"


@dataclass(frozen=True)
class Told:
    at: str
    kind: str
    who: str | None = None
    by: str | None = None


def night(
    tmp_path: Path,
    service: str = "urgency: high",
    *,
    policy: str = TWO_LEVELS,
    more: str = "",
    at: str = "2026-11-23T03:00:00Z",
    severity: Severity = Severity.CRITICAL,
    **told: Any,
) -> list[Told]:
    """The lines of the night, with the time since its day began."""
    (tmp_path / "acme.yaml").write_text(PEOPLE + policy + SERVICE % service + more)
    begin = parse_instant(at)
    directory = directory_of(tmp_path)
    event = Event(
        action=Action.TRIGGER, dedup_key="disk", severity=severity, summary="disk: full", source_type="events_v2"
    )
    key = next(i.key for i in directory.integrations())
    lines = simulate(directory, [(event, {})], key, Night(at=begin, **told))
    return [Told(line["at"][11:19].removesuffix(":00"), line["kind"], line["user"], line["method"]) for line in lines]


TEAM = """
account: {name: Acme, time_zone: Europe/Berlin, fallback: {email: ops@acme.example, sms: "+4915112345678"}}
users:
  ada:
    name: Ada
    email: ada@acme.example
    contacts: {mail: {email: ada@acme.example}, phone: {sms: "+447700900001"}}
    notify: {high: [{after: 0m, by: mail}, {after: 2m, by: phone}], low: [{after: 0m, by: mail}]}
  grace:
    name: Grace
    email: grace@acme.example
    contacts: {mail: {email: grace@acme.example}, phone: {sms: "+447700900002"}}
    notify: {high: [{after: 0m, by: mail}, {after: 1m, by: phone}], low: [{after: 0m, by: mail}]}
  linus: # by text alone
    name: Linus
    email: linus@acme.example
    contacts: {phone: {sms: "+447700900003"}}
    notify: {high: [{after: 0m, by: phone}]}
  hal: # by phone first, and by mail
    name: Hal
    email: hal@acme.example
    contacts: {call: {voice: "+447700900004"}, mail: {email: hal@acme.example}}
    notify: {high: [{after: 0m, by: call}, {after: 3m, by: mail}]}
  ivy: # by phone alone, which this version doesn't deliver
    name: Ivy
    email: ivy@acme.example
    contacts: {call: {voice: "+447700900005"}}
  late: # long after the level is over
    name: Late
    email: late@acme.example
    contacts: {mail: {email: late@acme.example}, phone: {sms: "+447700900006"}}
    notify: {high: [{after: 5m, by: mail}, {after: 6m, by: phone}]}
schedules:
  evenings: # nobody at four in the morning
    layers: [{start: 2026-01-05T09:00, turn: 1d, users: [ada], only: [{from: "20:00", to: "22:00"}]}]
  at-three-past-four:
    layers: [{start: 2026-01-05T04:03, turn: 1d, users: [ada, grace]}]
  relieved:
    layers: [{start: 2026-01-05T09:00, turn: 1w, users: [ada]}]
    overrides: [{user: grace, from: 2026-11-23T04:04, to: 2026-11-23T04:30}]
  half-past-two: # a local time that one night doesn't have, and another has twice
    layers: [{start: 2026-03-01T02:30, turn: 1d, users: [ada, grace]}]
unrouted: web
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """``levels`` and ``service`` as the files have them; ``told`` is what was worked out on paper."""

    levels: str
    told: str
    repeat: int = 0
    service: str = "urgency: high"
    more: str = ""
    at: str = "2026-11-23T03:00:00Z"  # a Monday; four o'clock in Berlin
    how: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def configuration(self) -> str:
        policy = f"escalation_policies: {{web: {{repeat: {self.repeat}, levels: [{self.levels}]}}}}\n"
        return TEAM + policy + SERVICE % self.service + self.more


def written(case: Case) -> str:
    """What was worked out on paper, as ``told`` gives it."""
    return "\n".join(line.strip() for line in case.told.strip().splitlines())


def told(tmp_path: Path, case: Case) -> str:
    """The night as lines, each ``03:00 page 1 ada email``: when, what, level, who, by what."""
    (tmp_path / "acme.yaml").write_text(case.configuration)
    begin, how = parse_instant(case.at), dict(case.how)
    directory = directory_of(tmp_path)
    severity = how.pop("severity", Severity.CRITICAL)
    event = Event(
        action=Action.TRIGGER, dedup_key="disk", severity=severity, summary="disk: full", source_type="events_v2"
    )
    key = next(i.key for i in directory.integrations())
    names = ("kind", "level", "user", "method")
    lines = simulate(directory, [(event, {})], key, Night(at=begin, **how))
    words = ([line["at"][11:19].removesuffix(":00"), *(str(line[n]) for n in names if line[n])] for line in lines)
    return "\n".join(" ".join(each) for each in words)
