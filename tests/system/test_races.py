"""Many at once on the deployed system: one incident, one page each, nobody skipped, nothing after somebody has it."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from shared.domain.alert import Accepted, key_hash, routed_key
from shared.domain.event import Action, Event, Severity
from shared.domain.incident import Incident, Status
from shared.domain.notification import WAITING
from shared.domain.timeline import Kind, LogEntry
from shared.flow.envelope import written
from shared.flow.stores import Loaded
from tests.seeds import TOLD, chance
from tests.system.conftest import Running, eventually
from tests.system.test_main_job import alarm, alarm_key

ROUNDS = 50
LEVEL_1 = 8.0  # s, in the example
UNDER_LOAD = 120.0  # s, for fifty at once
IN_FLIGHT = timedelta(seconds=1)  # what a claim, or an acknowledgement, takes between its clock and its commit


def at_once(acts: Iterable[Callable[[], Any]], workers: int = 16) -> list[Any]:
    with ThreadPoolExecutor(workers) as pool:
        return [future.result() for future in [pool.submit(act) for act in acts]]


def log_of(running: Running, loaded: Loaded) -> list[LogEntry]:
    return running.deps.incidents.timeline(loaded.incident.id)


def kinds(running: Running, loaded: Loaded) -> list[Kind]:
    return [entry.kind for entry in log_of(running, loaded)]


def settled(running: Running, dedup_key: str) -> Loaded | None:
    """The incident, once no page of it is under way."""
    found = running.incident_of(dedup_key)
    return found if found and found.pages and not [p for p in found.pages if p.state in WAITING] else None


def test_two_hundred_duplicates_at_once_are_one_incident_and_one_page_each(running: Running) -> None:
    same = alarm("checkout-storm") | {"id": "22222222-2222-3333-4444-555555555555"}
    at_once([lambda: running.inject(same)] * 100 + [lambda: running.inject(alarm("checkout-storm"))] * 100)
    loaded = eventually(lambda: running.incident(alarm_key("checkout-storm")))
    eventually(lambda: _count(running, "checkout-storm") > 100, "the count")
    time.sleep(1.0)  # whatever would come too often comes meanwhile
    assert _count(running, "checkout-storm") == 101  # what has the same id is the same event
    assert kinds(running, loaded).count(Kind.TRIGGERED) == 1
    assert len(running.mails("ada@acme.example", "checkout-storm")) == 1
    running.inject(alarm("checkout-storm", "OK"))


def _count(running: Running, name: str) -> int:
    known = running.deps.incidents.key(key_hash(alarm_key(name)))
    return known.count if known else 0


def test_ten_alerts_alike_at_once_join_one_incident_each_time(running: Running) -> None:
    """On the service `platform`, which groups by component and class; tests/flow has fifty rounds on threads."""
    alerts = [(f"alike-{round_}", f"alike-{round_}-{number}") for round_ in range(10) for number in range(10)]
    at_once(
        lambda component=component, key=key: running.trigger(key, "platform", component=component, **{"class": "disk"})
        for component, key in alerts
    )
    opened: dict[str, set[str]] = {}
    for component, key in alerts:
        loaded = eventually(lambda key=key: running.incident_of(key, "platform"), f"the alert {key}")
        opened.setdefault(component, set()).add(loaded.incident.id)
        running.enqueue(routing_key=running.key("platform"), event_action="resolve", dedup_key=key)
    assert {component: len(incidents) for component, incidents in opened.items()} == dict.fromkeys(opened, 1)
    for incidents in opened.values():
        [name] = incidents
        over = eventually(lambda name=name: _if_resolved(running, name), f"{name}'s end")
        assert over.alerts == 10
        assert [e.kind for e in running.deps.incidents.timeline(name)].count(Kind.ALERT_JOINED) == 9


def _if_resolved(running: Running, name: str) -> Incident | None:
    state = running.deps.incidents.state(name)
    return state if state is not None and state.status is Status.RESOLVED else None


def test_an_acknowledgement_races_the_escalation_fifty_times(running: Running) -> None:
    """Fifty incidents, each acknowledged by a mail that arrives about the moment when level 2 is due."""
    names = [f"race-{number}" for number in range(ROUNDS)]

    def round_(name: str) -> None:
        offsets = chance(name)
        time.sleep(offsets.random() * 3)
        running.trigger(name)
        page = eventually(lambda: running.mails("ada@acme.example", f"{name}:"), f"{name}'s page", UNDER_LOAD)[0]
        found = running.incident_of(name)
        assert found is not None
        due = found.incident.triggered_at.timestamp() + LEVEL_1
        time.sleep(max(0.0, due - time.time() + offsets.uniform(-2.5, 0.5)))
        running.reply(page, "ada@acme.example", "ack")

    at_once([lambda name=name: round_(name) for name in names], workers=ROUNDS)
    won = 0
    for name in names:
        loaded = eventually(lambda name=name: _acknowledged(running, name), f"{name}'s acknowledgement", UNDER_LOAD)
        log = log_of(running, loaded)
        levels = [entry.level for entry in log if entry.kind is Kind.LEVEL_ENTERED]
        assert levels in ([1], [1, 2]), (name, TOLD)
        had = next(entry.at for entry in log if entry.kind is Kind.ACKNOWLEDGED)
        after = [p for p in loaded.pages if p.sent_at and p.claimed_at and p.claimed_at > had + IN_FLIGHT]
        assert not after, (name, TOLD)
        won += levels == [1]
        running.resolve(name)
    print(f"the acknowledgement came first {won} times of {ROUNDS}, {TOLD}")


def _acknowledged(running: Running, name: str) -> Loaded | None:
    found = settled(running, name)
    return found if found and found.incident.status is Status.ACKNOWLEDGED else None


def test_two_people_acknowledge_at_once_and_both_have_it(running: Running) -> None:
    names = [f"both-{number}" for number in range(5)]
    for name in names:
        running.trigger(name)

    def pages(name: str) -> Any:
        found = [running.mails(f"{who}@acme.example", f"{name}:") for who in ("ada", "grace")]
        return [mails[0] for mails in found] if all(found) else None

    for name in names:
        to_ada, to_grace = eventually(lambda name=name: pages(name), "both pages")
        together = threading.Barrier(2)

        def answer(page: dict[str, Any], who: str, together: threading.Barrier = together) -> None:
            together.wait()
            running.reply(page, f"{who}@acme.example", "ack")

        at_once([lambda p=to_ada: answer(p, "ada"), lambda p=to_grace: answer(p, "grace")], workers=2)

    def both(name: str) -> Incident | None:
        found = running.incident_of(name)
        return found.incident if found and set(found.incident.acknowledged_by) == {"ada", "grace"} else None

    for name in names:
        assert eventually(lambda name=name: both(name), "both acknowledgements").status is Status.ACKNOWLEDGED
        running.resolve(name)


def accepted(running: Running, dedup_key: str, action: Action) -> Accepted:
    integration = running.deps.directory.current().integration_by_key(running.key("checkout"))
    assert integration is not None
    event = Event(
        action=action,
        dedup_key=dedup_key,
        severity=Severity.CRITICAL,
        summary=f"{dedup_key}: out of order",
        source_type="events_v2",
    )
    return Accepted(
        event_id=f"{dedup_key}-{time.time_ns()}",
        accepted_at=running.deps.now(),
        integration=integration.id,
        key=routed_key(integration.id, dedup_key),
        event=event,
    )


def as_record(each: Accepted, sequence: int) -> dict[str, Any]:
    """As Lambda hands it over, from a queue of its own."""
    return {
        "messageId": each.event_id,
        "body": written(each),
        "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:by-hand",
        "receiptHandle": f"receipt-{sequence}",
        "attributes": {
            "MessageGroupId": key_hash(each.key),
            "SequenceNumber": str(sequence),
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(int(time.time() * 1000)),
        },
    }


def test_trigger_resolve_trigger_in_one_batch_are_two_incidents(running: Running) -> None:
    batch = [accepted(running, "batch", action) for action in (Action.TRIGGER, Action.RESOLVE, Action.TRIGGER)]
    records = [as_record(each, sequence) for sequence, each in enumerate(batch, start=1)]
    assert running.invoke("triage", {"Records": records}) == {"batchItemFailures": []}

    def second() -> Loaded | None:
        known = running.deps.incidents.key(key_hash(batch[0].key))
        found = running.incident_of("batch") if known and known.last_seen == batch[2].accepted_at else None
        return found if found and found.incident.open else None

    loaded = eventually(second, "the second incident")
    assert kinds(running, loaded)[0] is Kind.TRIGGERED
    of_this_title = [name for name in running.deps.incidents.names() if _title(running, name) == "batch: out of order"]
    assert sorted(_status(running, name) for name in of_this_title) == [Status.RESOLVED, Status.TRIGGERED]
    running.resolve("batch")


def _title(running: Running, name: str) -> str:
    state = running.deps.incidents.state(name)
    return state.title if state else ""


def _status(running: Running, name: str) -> str:
    state = running.deps.incidents.state(name)
    return state.status if state else ""


def test_every_message_that_comes_again_changes_nothing(running: Running) -> None:
    """Triage, escalate, page and reply, each called twice more with what it had."""
    first = accepted(running, "again", Action.TRIGGER)
    record = as_record(first, 17)
    assert running.invoke("triage", {"Records": [record]}) == {"batchItemFailures": []}
    page = eventually(lambda: running.mails("ada@acme.example", "again:"), "the page")[0]
    running.reply(page, "ada@acme.example", "ack", {"Message-ID": "<again@acme.example>"})
    loaded = eventually(lambda: _acknowledged(running, "again"), "the acknowledgement")
    answered = len(eventually(lambda: running.mails("ada@acme.example", "You have it. "), "the answer"))
    before, sent = log_of(running, loaded), len(running.mailbox())
    incident = loaded.incident.id
    for _ in range(2):
        running.invoke("triage", {"Records": [record]})
        running.invoke("escalate", {"incident": incident, "epoch": 1})
        order = {"v": 1, "incident": incident, "epoch": 1, "entry": "1", "user": "ada", "rule": 0}
        handed_over = {"receiptHandle": "again", "attributes": {"ApproximateReceiveCount": "2"}}
        running.invoke("page", {"Records": [{"messageId": "again", "body": json.dumps(order), **handed_over}]})
        running.reply(page, "ada@acme.example", "ack", {"Message-ID": "<again@acme.example>"})
    assert log_of(running, loaded) == before
    assert running.incident_of("again") == loaded
    assert len(running.mails("ada@acme.example", "You have it. ")) == answered
    assert len([m for m in running.mailbox()[sent:] if "again" in m["text"]]) == 0
    running.resolve("again")
