"""Event rules in force: what each action does to an alert, and what the timeline says about it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.alert import KeyState, KeyStatus, key_hash, routed_key
from shared.domain.directory import EventRule, Extraction, OpenAfter, Outcome, Service, Urgency, UrgencyRule
from shared.domain.event import Action, Severity
from shared.domain.rule_trace import RuleTrace
from tests.flow.people import INTEGRATIONS, directory, level
from tests.flow.story import INTEGRATION, Story

MINUTES = timedelta(minutes=1)
BY_SEVERITY = Service(
    name="checkout", policy="checkout", urgency=UrgencyRule.SEVERITY, tags=("pci",), integrations=INTEGRATIONS
)
PACKAGE = {"package": Extraction(path="custom_details.package", regex="^([^@]+)")}


def story(*rules: EventRule) -> Story:
    return Story(directory(level("ada"), service=BY_SEVERITY, rules=rules))


def always(name: str = "always", **then: object) -> EventRule:
    return EventRule(name=name, when={"source": [{"exists": True}]}, then=Outcome(**then))  # type: ignore[arg-type]


def key(told: Story, name: str = "disk") -> KeyState:
    found = told.world.incidents.key(key_hash(routed_key(INTEGRATION, name)))
    assert found is not None
    return found


def drops(told: Story) -> list[tuple[str, str]]:
    return [(drop.kind, drop.reason) for drop in told.world.incidents.dropped.values()]


def test_each_action_is_on_the_incident_from_its_opening() -> None:
    rule = EventRule(
        name="critical vulnerability",
        when={"severity": ["warning"]},
        extract=PACKAGE,
        then=Outcome(
            route="checkout",
            severity=Severity.CRITICAL,
            priority="P1",
            tags=("security",),
            summary="CVE in {package}",
            runbook="cve",
            ticket={"system": "jira", "project": "SEC"},
        ),
    )
    night = story(rule).receive(severity=Severity.WARNING, custom_details={"package": "log4j@2"})
    incident, entry = night.incident, night.log[0]
    assert (incident.title, incident.urgency, incident.priority) == ("CVE in log4j", Urgency.HIGH, "P1")
    assert (incident.service, incident.tags) == ("checkout", ("pci", "security"))
    assert (entry.opening and entry.opening.runbook, entry.severity) == ("cve", "critical")
    assert (entry.opening and entry.opening.ticket) == {"system": "jira", "project": "SEC"}
    because = "severity is warning; {package} is log4j"
    assert entry.rules == (RuleTrace(rule="critical vulnerability", matched=True, because=because),)
    assert night.world.incidents.alerts(incident.id)[0].event.summary == "disk: full"  # what the sender said is kept
    night.holds()


def test_without_its_variable_the_sender_s_summary_stays_and_the_timeline_says_so() -> None:
    rule = EventRule(name="cve", when={"source": ["db-1"]}, extract=PACKAGE, then=Outcome(summary="CVE in {package}"))
    night = story(rule).receive()
    assert night.incident.title == "disk: full"
    assert night.log[0].rules[0].because == (
        "source is db-1; {package} was not found in custom_details.package; "
        "its summary isn't used: {package} was not found"
    )


def test_of_several_rules_the_last_that_sets_a_thing_sets_it_and_tags_add_up() -> None:
    night = story(
        always("first", route="platform", priority="P2", tags=("a", "b"), severity=Severity.INFO, proceed=True),
        always("second", priority="P1", tags=("b", "c"), proceed=True),
        always("decides", route="checkout", tags=("d",)),
        always("never asked", priority="P2", drop=True),
    ).receive()
    incident = night.incident
    assert (incident.service, incident.priority, incident.urgency) == ("checkout", "P1", Urgency.LOW)
    assert incident.tags == ("pci", "a", "b", "c", "d")
    assert [trace.rule for trace in night.log[0].rules] == ["first", "second", "decides"]


@pytest.mark.parametrize("then", [{"drop": True}, {"suppress": True}])
def test_what_a_rule_holds_back_is_counted_with_the_name_of_that_rule(then: dict[str, bool]) -> None:
    night = story(always("noise", proceed=True, **then), always("decides", priority="P1")).receive()
    kind = "dropped" if "drop" in then else "suppressed"
    assert night.incidents == []
    assert drops(night) == [(kind, "by the rule 'noise'")]
    assert night.told == []


def test_each_way_of_holding_back_is_counted_as_itself() -> None:
    class Lines:
        def __init__(self) -> None:
            self.facts: list[dict[str, object]] = []

        def summary(self, flow: str, **facts: object) -> None:
            self.facts.append(facts)

    rules = (
        EventRule(name="drops", when={"source": ["a"]}, then=Outcome(drop=True)),
        EventRule(name="suppresses", when={"source": ["b"]}, then=Outcome(suppress=True)),
        EventRule(name="pauses", when={"source": ["c"]}, then=Outcome(pause=MINUTES)),
        EventRule(name="counts", when={"source": ["d"]}, then=Outcome(open_after=OpenAfter(count=2, within=MINUTES))),
    )
    night, lines = story(*rules), Lines()
    night.world.deps = replace(night.world.deps, journal=lines)  # type: ignore[arg-type]
    for source in "abcde":
        night.receive(source, source=source)
    told = [next(name for name in facts if name not in ("messages", "again")) for facts in lines.facts]
    assert told == ["dropped", "suppressed", "held", "too_few", "opens"]


def test_a_pause_by_a_rule_holds_the_alert_and_its_recovery_tells_nobody() -> None:
    night = story(always(pause=2 * MINUTES)).receive("a").receive("b").at("03:01").resolve("a")
    assert night.incidents == []
    assert night.until("03:02") == [("03:02", "ada", "email")]
    assert len(night.incidents) == 1


def test_rules_that_suppress_by_now_what_a_pause_held_let_it_go() -> None:
    night = story(always(pause=2 * MINUTES)).receive()
    night.world.directories.put(
        directory(level("ada"), service=BY_SEVERITY, rules=(always("quiet now", suppress=True),), version=2)
    )
    assert night.until("03:30") == []
    assert night.incidents == []
    assert drops(night) == [("suppressed", "by the rule 'quiet now'")]
    assert key(night).state is KeyStatus.SUPPRESSED
    night.holds()


def test_a_rule_that_can_t_be_read_stops_no_other() -> None:
    bad = {"source": [{"cidr": "10.0.0.0"}], "$or": ["raw"]}
    night = story(
        EventRule(name="bad pattern", when=bad, then=Outcome(drop=True)),
        always("bad regex", summary="{x}", proceed=True),
        EventRule(
            name="bad too",
            when={"source": ["db-1"]},
            extract={"x": Extraction(path="summary", regex="(?=x)")},
            then=Outcome(summary="{x", priority="P1"),
        ),
    ).receive()
    assert (night.incident.title, night.incident.priority) == ("disk: full", "P1")
    reasons = {trace.rule: trace.because for trace in night.log[0].rules}
    assert reasons["bad pattern"].startswith("its pattern can't be read, so it matches nothing: source[0].cidr: ")
    assert reasons["bad regex"] == "source is there; its summary isn't used: {x} was not found"
    assert "its summary isn't used: '(?=x)' is no regular expression of RE2: it looks ahead" in reasons["bad too"]
    assert not night.world.incidents.quarantined


def test_a_trace_of_many_rules_fits_into_the_incident_s_item() -> None:
    rules = [EventRule(name=f"rule {n}", when={"source": ["x" * 5_000]}, then=Outcome()) for n in range(1_000)]
    night = story(*rules).receive()
    assert len(night.log[0].rules) == 1_000
    assert sum(len(trace.because) for trace in night.log[0].rules) <= 120_000
    assert night.log[0].rules[0].because.endswith("…")


# open_after

FLAPPING = always("flapping", open_after=OpenAfter(count=3, within=10 * MINUTES))


def test_an_incident_opens_at_the_third_event_within_ten_minutes() -> None:
    night = story(FLAPPING).receive().at("03:04").receive()
    assert night.incidents == []
    assert night.until("03:09") == []
    night.receive()
    assert (len(night.incidents), key(night).count, key(night).recent) == (1, 3, "")
    assert night.told == [("03:09", "ada", "email")]
    assert drops(night) == [("suppressed", "an incident opens at event 3 of its key within 10m")]
    night.receive()
    assert (len(night.incidents), key(night).count) == (1, 4)
    night.holds()


def test_events_that_are_too_old_no_longer_count() -> None:
    night = story(FLAPPING).receive().at("03:09").receive().at("03:11").receive()
    assert night.incidents == []
    night.at("03:18").receive()
    assert len(night.incidents) == 1


def test_recoveries_in_between_don_t_forget_what_came_before() -> None:
    night = story(FLAPPING)
    for clock in ("03:00", "03:02", "03:04"):
        assert night.incidents == []
        night.at(clock).receive().at(f"{clock}:30")
        if clock != "03:04":
            night.resolve()
    assert len(night.incidents) == 1
    night.resolve()
    assert not night.incident.open
    night.at("03:05").receive()  # counted anew since the incident opened
    assert len(night.incidents) == 1
    night.holds()


def test_each_key_is_counted_by_itself_and_an_acknowledgement_is_none() -> None:
    night = story(FLAPPING).receive("a").receive("b").receive("a").receive("a", Action.ACKNOWLEDGE).receive("b")
    assert night.incidents == []
    night.receive("a")
    assert len(night.incidents) == 1


def test_what_changed_while_it_was_counted_is_what_opens() -> None:
    night = story(FLAPPING).receive().receive().receive(summary="disk: worse")
    assert night.incident.title == "disk: worse"


def test_the_first_event_is_enough_where_one_is() -> None:
    assert len(story(always(open_after=OpenAfter(count=1, within=MINUTES))).receive().incidents) == 1


def test_a_rule_that_is_gone_counts_no_more() -> None:
    night = story(FLAPPING).receive()
    night.world.directories.put(directory(level("ada"), service=BY_SEVERITY, version=2))
    night.receive()
    assert len(night.incidents) == 1
