"""Triage: order, repeats in one write, redelivery, poison, and what can't be written now."""

import json
from dataclasses import replace
from datetime import timedelta

from cli.world import World
from shared.domain.alert import Accepted, KeyState, key_hash, routed_key
from shared.domain.directory import EventRule, Extraction, OpenAfter, Outcome, Service, Urgency, UrgencyRule
from shared.domain.errors import Conflict
from shared.domain.event import Action, Severity
from shared.domain.incident import TIMELINE_MAX, Status
from shared.domain.instants import Instant
from shared.domain.timeline import Kind
from shared.flow import triage
from shared.flow.envelope import Delivery, written
from shared.flow.ports import Unavailable
from shared.flow.quarantine import QUARANTINE_KEY
from shared.flow.stores import Change
from shared.store.memory import MemoryIncidents
from tests.flow.people import INTEGRATIONS, directory, level
from tests.flow.story import EVENING, INTEGRATION, Story, event


class Counting(MemoryIncidents):
    """Counts writes, and refuses those that it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []
        self.refuses: list[Exception] = []

    def commit(self, change: Change) -> None:
        self._write("commit")
        super().commit(change)

    def count_repeats(self, known: KeyState, key: KeyState) -> None:
        self._write("count")
        super().count_repeats(known, key)

    def remember(self, known: KeyState | None, key: KeyState, ttl: Instant | None) -> None:
        self._write("remember")
        super().remember(known, key, ttl)

    def _write(self, what: str) -> None:
        self.writes.append(what)
        if self.refuses and (fault := self.refuses.pop(0)):
            raise fault


def world() -> tuple[World, Counting]:
    made, store = World(directory(), EVENING), Counting()
    made.incidents = store
    made.deps = replace(made.deps, incidents=store)
    return made, store


def delivery(number: int, key: str = "disk", action: Action = Action.TRIGGER, **told: object) -> Delivery:
    accepted = Accepted(
        event_id=f"event-{number}",
        accepted_at=EVENING,
        integration=INTEGRATION,
        key=routed_key(INTEGRATION, key),
        event=event(key, action, **told),
    )
    return Delivery(
        message_id=f"m{number}",
        group=key_hash(accepted.key),
        body=written(accepted),
        generation="arn:queue",
        sequence=f"{number:039d}",
        sent_at=EVENING,
    )


def test_ten_repeats_of_an_open_alert_are_one_write() -> None:
    made, store = world()
    triage.run(made.deps, [delivery(1)])
    store.writes.clear()
    assert triage.run(made.deps, [delivery(number) for number in range(2, 12)]) == []
    assert store.writes == ["count"]
    assert store.key(key_hash(routed_key(INTEGRATION, "disk"))).count == 11  # type: ignore[union-attr]


def test_trigger_resolve_trigger_in_one_batch_are_two_incidents() -> None:
    made, store = world()
    triage.run(made.deps, [delivery(1), delivery(2, action=Action.RESOLVE), delivery(3)])
    assert [store.state(name).status for name in store.names()] == [Status.RESOLVED, Status.TRIGGERED]  # type: ignore[union-attr]


def test_whatever_is_delivered_twice_changes_nothing() -> None:
    made, store = world()
    batch = [delivery(1), delivery(2), delivery(3, action=Action.RESOLVE), delivery(4), delivery(5)]
    triage.run(made.deps, batch)
    before = (store.names(), [store.load(name) for name in store.names()], store.key(batch[0].group))
    for _ in range(3):
        assert triage.run(made.deps, batch) == []
    assert (store.names(), [store.load(name) for name in store.names()], store.key(batch[0].group)) == before


def test_somebody_wrote_first_so_it_is_read_again() -> None:
    made, store = world()
    triage.run(made.deps, [delivery(1)])
    store.refuses = [Conflict("first"), Conflict("again")]
    assert triage.run(made.deps, [delivery(2, action=Action.RESOLVE)]) == []
    assert store.state(store.names()[0]).status is Status.RESOLVED  # type: ignore[union-attr]


def test_repeats_whose_count_meets_another_writer_are_counted_once() -> None:
    made, store = world()
    triage.run(made.deps, [delivery(1)])
    store.refuses = [Conflict("meanwhile")]
    assert triage.run(made.deps, [delivery(2), delivery(3)]) == []
    assert store.key(delivery(1).group).count == 3  # type: ignore[union-attr]


def test_what_can_t_be_written_now_comes_again_with_all_behind_it_and_other_keys_go_on() -> None:
    made, store = world()
    batch = [delivery(1, "a"), delivery(2, "a", summary="worse: it is"), delivery(3, "b")]
    failing = min(batch, key=lambda d: d.group)
    store.refuses = [Unavailable("throttled")]
    again = triage.run(made.deps, batch)
    assert again == [d.message_id for d in batch if d.group == failing.group]
    assert triage.run(made.deps, [d for d in batch if d.message_id in again]) == []
    assert len(store.names()) == 2


def test_what_can_t_be_written_now_comes_again_within_seconds_and_each_time_later() -> None:
    made, store = world()
    for times in (1, 2, 3, 9):
        store.refuses = [Unavailable("throttled")]
        assert triage.run(made.deps, [replace(delivery(1), receipt=f"r{times}", times=times)]) == ["m1"]
    assert made.events.again == [("r1", 5), ("r2", 10), ("r3", 20), ("r9", 120)]


def test_a_queue_that_can_t_be_told_so_has_its_time_out() -> None:
    class Deaf:
        def come_again(self, messages: object) -> None:
            raise Unavailable("the queue didn't answer")

    made, store = world()
    store.refuses = [Unavailable("throttled")]
    assert triage.run(replace(made.deps, events=Deaf()), [delivery(1)]) == ["m1"]  # type: ignore[arg-type]
    assert "the queue didn't answer; they come again with the queue's time-out" in made.notebook.faults[-1]


def test_poison_is_quarantined_with_word_of_it_and_holds_up_nothing() -> None:
    made, store = world()
    poison = replace(delivery(2), body='{"v": 1, "not": "an event"}')
    assert triage.run(made.deps, [delivery(1), poison, delivery(3, action=Action.RESOLVE)]) == []
    assert list(store.quarantined) == ["m2"]
    assert store.state(store.names()[0]).status is Status.RESOLVED  # type: ignore[union-attr]
    made.settle()
    word = store.state(store.names()[-1])
    assert word is not None
    assert word.service == "platform"
    assert word.title.startswith("An event is in quarantine")
    assert made.notebook.counts["Quarantined"] == 1


def test_word_of_quarantine_that_is_poison_itself_makes_no_further_word() -> None:
    made, store = world()
    body = json.dumps({"key": QUARANTINE_KEY, "event": None})
    triage.run(made.deps, [replace(delivery(1), body=body)])
    assert list(store.quarantined) == ["m1"]
    assert not made.events.waiting


def test_an_event_that_nothing_takes_goes_to_unrouted_at_low_urgency() -> None:
    made, store = world()
    body = json.loads(delivery(1).body)
    del body["integration"]
    triage.run(made.deps, [replace(delivery(1), body=json.dumps(body))])
    incident = store.state(store.names()[0])
    assert incident is not None
    assert (incident.service, incident.urgency) == ("platform", "low")


def test_a_key_that_the_door_couldn_t_verify_is_verified_here() -> None:
    made, store = world()
    for number, routing_key in enumerate(("R" * 32, "X" * 32), start=1):
        body = {**json.loads(delivery(number).body), "routing_key": routing_key, "key": "unverified|disk"}
        del body["integration"]
        triage.run(made.deps, [replace(delivery(number), body=json.dumps(body))])
    assert [store.state(name).service for name in store.names()] == ["checkout"]  # type: ignore[union-attr]
    assert [drop.reason for drop in store.dropped.values()] == ["Invalid routing key"]


def test_a_message_too_large_to_travel_is_read_where_a_rule_asks_for_it() -> None:
    to_platform = EventRule(name="big", when={"raw": {"team": ["platform"]}}, then=Outcome(route="platform"))
    for rules, service in (((to_platform,), "platform"), ((), "checkout")):
        made = World(directory(rules=rules), EVENING)
        made.letters.mail["s3://raw/1.json"] = b'{"team": "platform"}'
        body = json.loads(delivery(1).body) | {"raw": None, "raw_at": "s3://raw/1.json"}
        triage.run(made.deps, [replace(delivery(1), body=json.dumps(body))])
        assert [incident.service for incident, _, _ in made.timeline()] == [service]


def test_a_message_too_large_to_travel_is_read_where_a_rule_extracts_from_it() -> None:
    how = {"team": Extraction(path="raw.team", regex="(.*)")}
    named = EventRule(name="big", when={"source": ["db-1"]}, extract=how, then=Outcome(summary="disk of {team}"))
    of_raw = EventRule(name="big", when={"source": ["db-1"]}, then=Outcome(summary="disk of {raw.team}"))
    for rule in (named, of_raw):
        made = World(directory(rules=(rule,)), EVENING)
        made.letters.mail["s3://raw/1.json"] = b'{"team": "platform"}'
        body = json.loads(delivery(1).body) | {"raw": None, "raw_at": "s3://raw/1.json"}
        triage.run(made.deps, [replace(delivery(1), body=json.dumps(body))])
        assert [incident.title for incident, _, _ in made.timeline()] == ["disk of platform"]


def test_step_functions_that_don_t_answer_lose_nothing() -> None:
    class Down:
        def start(self, incident: str, epoch: int, responders: int = 0) -> None:
            raise Unavailable("Step Functions didn't take it")

    made, store = world()
    triage.run(replace(made.deps, executions=Down()), [delivery(1)])
    assert made.notebook.faults == ["escalate: Step Functions didn't take it; sweep takes the turns"]
    assert [overdue.incident for overdue, _ in store.overdue(EVENING, 10)] == store.names()
    assert [entry.kind for entry in store.timeline(store.names()[0])] == [Kind.TRIGGERED]


def test_an_alert_that_never_stops_changing_is_counted_once_the_timeline_is_long_and_may_still_worsen() -> None:
    quiet = Service(name="checkout", policy="checkout", urgency=UrgencyRule.SEVERITY, integrations=INTEGRATIONS)
    made = World(directory(service=quiet), EVENING)
    triage.run(made.deps, [delivery(1, severity=Severity.INFO)])
    (name,) = made.incidents.names()
    row = made.incidents._rows[name]
    row.incident = replace(row.incident, version=TIMELINE_MAX)
    triage.run(made.deps, [delivery(2, severity=Severity.WARNING), delivery(3, severity=Severity.INFO)])
    known = made.incidents.key(key_hash(routed_key(INTEGRATION, "disk")))
    assert known is not None
    assert (known.count, known.severity, row.incident.version) == (3, Severity.INFO, TIMELINE_MAX)
    assert made.notebook.summaries[-1]["timeline_full"] == 2
    triage.run(made.deps, [delivery(4, severity=Severity.CRITICAL)])
    assert row.incident.urgency is Urgency.HIGH


def test_a_recovery_from_the_future_swallows_no_later_alert() -> None:
    tomorrow = EVENING + timedelta(days=1)  # a sender whose clock, or time zone, is wrong
    story = Story(directory(level("ada"))).receive().at("03:01").resolve(timestamp=tomorrow)
    story.at("03:02").receive(timestamp=EVENING + timedelta(minutes=2))
    assert [incident.status for incident in story.incidents] == [Status.RESOLVED, Status.TRIGGERED]


def test_what_open_after_counts_is_one_write_a_batch_and_counted_once_whatever_comes_twice() -> None:
    often = EventRule(
        name="flapping",
        when={"source": ["db-1"]},
        then=Outcome(open_after=OpenAfter(count=15, within=timedelta(minutes=10))),
    )
    made, store = World(directory(rules=(often,)), EVENING), Counting()
    made.deps = replace(made.deps, incidents=store)
    triage.run(made.deps, [delivery(1)])
    store.writes.clear()
    batch = [delivery(number) for number in range(2, 12)]
    assert triage.run(made.deps, batch) == []
    assert triage.run(made.deps, batch) == []
    assert store.writes == ["remember"]
    store.refuses = [Conflict("meanwhile")]
    assert triage.run(made.deps, [delivery(12), delivery(13)]) == []
    assert store.key(delivery(1).group).count == 13  # type: ignore[union-attr]
    assert store.names() == []
    triage.run(made.deps, [delivery(14), delivery(15), delivery(16)])
    assert len(store.names()) == 1
    assert store.key(delivery(1).group).count == 16  # type: ignore[union-attr]
