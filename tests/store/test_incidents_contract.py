"""One contract, two stores: whatever holds of incidents in memory holds of those in DynamoDB."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from bench.capacity import size
from bench.tables import INCIDENTS
from shared.domain.alert import Accepted, Alert, KeyState, KeyStatus, aws_key, key_hash, said
from shared.domain.change_event import AcceptedChange, ChangeEvent
from shared.domain.directory import Level, Medium, Policy, Target, TargetKind, Urgency
from shared.domain.errors import Conflict
from shared.domain.event import Action, Event, Link, Severity
from shared.domain.grouping import Group
from shared.domain.heartbeat import Heart, Pulse
from shared.domain.holding import Held, Hold, Reason
from shared.domain.incident import Incident, apply, begin, fold
from shared.domain.notification import FALLBACK, GRACE, STALE, Page, PageState
from shared.domain.put_aside import Cause, PutAside
from shared.domain.rule_trace import RuleTrace
from shared.domain.timeline import Author, Kind, LogEntry, Opening
from shared.flow.ports import Unavailable
from shared.flow.stores import AlreadyCounted, Change, IncidentStore, Overdue
from shared.sources import cloudwatch
from shared.store.dynamodb import DynamoDbIncidents
from shared.store.dynamodb_items import log_entry_of_stream
from tests.store.tables import OneAtATime, refusal, units, unreachable

NIGHT = datetime(2026, 11, 23, 3, 12, 4, 118_000, tzinfo=UTC)
DUE = NIGHT.replace(microsecond=0)
MINUTE = timedelta(minutes=1)
ADA = Author(user="ada", via="email", message_id="<1@mail.acme.example>")
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:tocsin-events-8TWJ1YQX2K4N.fifo"
POLICY = Policy(
    name="checkout",
    levels=(
        Level(notify=(Target(kind=TargetKind.SCHEDULE, name="checkout-primary"),), after=timedelta(minutes=5)),
        Level(notify=(Target(kind=TargetKind.USER, name="grace"),), after=timedelta(minutes=10)),
    ),
    repeat=1,
)
ALARM = {
    "version": "0",
    "id": "5f0c3c1e-8a4b-4f6e-9d2a-1b7e6c5d4f30",
    "detail-type": "CloudWatch Alarm State Change",
    "source": "aws.cloudwatch",
    "account": "111122223333",
    "time": "2026-11-23T03:12:02Z",
    "region": "eu-west-1",
    "resources": ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-5xx"],
    "detail": {
        "alarmName": "checkout-5xx",
        "state": {"value": "ALARM", "reason": "17 errors a minute, more than 5", "timestamp": "2026-11-23T03:12:02Z"},
        "previousState": {"value": "OK", "reason": "no errors", "timestamp": "2026-11-23T02:02:02Z"},
        "configuration": {
            "metrics": [
                {
                    "id": "m1",
                    "metricStat": {
                        "metric": {
                            "namespace": "AWS/ApplicationELB",
                            "name": "HTTPCode_Target_5XX_Count",
                            "dimensions": {"LoadBalancer": "app/checkout/0123456789abcdef"},
                        },
                        "period": 60,
                        "stat": "Sum",
                    },
                    "returnData": True,
                }
            ],
            "description": "Checkout answers with errors: look at the last deployment first, then at the database.",
        },
    },
}
HOSTILE = [
    "half a pair \ud800, then \udfff",
    "nul \0 and bell \a",
    "\u202eright to left",
    "",
    "𝄞" * 100,
    "#state = :state OR attribute_exists(pk)",
    '{"S": "typed"}',
]


def event(summary: str = "checkout-5xx: Threshold Crossed", **more: Any) -> Event:
    return Event(
        action=Action.TRIGGER,
        dedup_key="arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-5xx",
        severity=Severity.CRITICAL,
        summary=summary,
        source_type="cloudwatch",
        **more,
    )


def accepted(**more: Any) -> Accepted:
    return Accepted(event_id="5f0c", accepted_at=NIGHT, integration="PCW0000ALARMS1", key="k", event=event(), **more)


def opening(at: datetime = NIGHT, title: str = "checkout-5xx: Threshold Crossed") -> LogEntry:
    return LogEntry(
        kind=Kind.TRIGGERED,
        at=at,
        by=Author(integration="PCW0000ALARMS1"),
        epoch=1,
        due=at.replace(microsecond=0),
        alert="PALERT00000001",
        severity=Severity.CRITICAL,
        opening=Opening(
            number=17,
            service="checkout",
            title=title,
            urgency=Urgency.HIGH,
            priority="P1",
            policy=POLICY,
            acknowledgement_timeout=timedelta(minutes=30),
            runbook="checkout-5xx",
            ticket={"system": "jira", "project": "SEC", "labels": ["a", 1, None, True]},
        ),
        rules=(RuleTrace(rule="staging is quiet", matched=False, because="source does not begin with staging-"),),
    )


def known(incident: str = "Q0000000000001", **more: Any) -> KeyState:
    defaults: dict[str, Any] = {
        "hash": key_hash("k"),
        "state": KeyStatus.OPEN,
        "state_at": NIGHT,
        "alert": "PALERT00000001",
        "incident": incident,
        "count": 1,
        "last_seen": NIGHT,
        "accepted_at": NIGHT,
        "generation": QUEUE,
        "last_seq": f"{1:039}",
        "said": said(event()),
        "severity": Severity.CRITICAL,
    }
    return KeyState(**{**defaults, **more})


def alert(**more: Any) -> Alert:
    return Alert(**{"id": "PALERT00000001", "key": "k", "event_id": "5f0c", "event": event(), **more})


def open_incident(store: IncidentStore, name: str = "Q0000000000001", **more: Any) -> Incident:
    entry = opening()
    incident = begin(name, entry)
    store.commit(Change(**{"incident": incident, "entries": (entry,), "due_at": DUE, **more}))
    return incident


def then(store: IncidentStore, incident: Incident, *entries: LogEntry, **more: Any) -> Incident:
    """The next change of ``incident``."""
    after = incident
    for entry in entries:
        after = apply(after, entry)
    store.commit(Change(incident=after, before=incident.version, entries=entries, **more))
    return after


def acknowledged(at: datetime = NIGHT + MINUTE) -> LogEntry:
    return LogEntry(kind=Kind.ACKNOWLEDGED, at=at, by=ADA, epoch=2)


def resolved(at: datetime = NIGHT + MINUTE) -> LogEntry:
    return LogEntry(kind=Kind.RESOLVED, at=at, by=ADA, epoch=2)


def noted(text: str) -> LogEntry:
    return LogEntry(kind=Kind.NOTED, at=NIGHT, by=ADA, epoch=1, text=text)


def page(rule: int = 0, incident: str = "Q0000000000001", **more: Any) -> Page:
    defaults: dict[str, Any] = {
        "incident": incident,
        "entry": "1",
        "user": "ada",
        "rule": rule,
        "level": 1,
        "epoch": 1,
        "method": "mail",
        "medium": Medium.EMAIL,
        "address": "ada@acme.example",
        "due": DUE,
    }
    return Page(**{**defaults, **more})


def held(store: IncidentStore, wanted: Page) -> Page:
    loaded = store.load(wanted.incident)
    assert loaded is not None
    return next(page for page in loaded.pages if page.identity == wanted.identity)


def loaded_pages(store: IncidentStore) -> tuple[Page, ...]:
    loaded = store.load(page().incident)
    assert loaded is not None
    return loaded.pages


def waiting(store: IncidentStore, before: datetime = NIGHT + timedelta(days=1)) -> list[tuple[str, str | None, int]]:
    return [(late.incident, late.page, tries) for late, tries in store.overdue(before, 100)]


# incidents and their timelines


def test_what_is_opened_is_found_with_its_timeline_alert_and_key(store: IncidentStore):
    incident = open_incident(store, alert=alert(), key=known(), pages=(page(0), page(1)))

    loaded = store.load(incident.id)

    assert loaded is not None
    assert (loaded.incident, loaded.due_at) == (incident, DUE)
    assert [page.identity for page in loaded.pages] == ["1#ada#0", "1#ada#1"]
    assert store.state(incident.id) == incident
    assert store.timeline(incident.id) == [opening()]
    assert store.alerts(incident.id) == [alert()]
    assert store.key(key_hash("k")) == known()


def test_every_incident_is_named(store: IncidentStore):
    assert list(store.names()) == []
    incident = open_incident(store, pages=(page(),))
    assert list(store.names()) == [incident.id]


def test_what_is_open_is_listed_until_it_is_resolved(store: IncidentStore):
    assert list(store.open_incidents()) == []
    incident = open_incident(store)
    other = open_incident(store, "Q0000000000002")
    then(store, incident, acknowledged())
    assert sorted(store.open_incidents()) == [incident.id, other.id]
    then(store, other, resolved())
    assert list(store.open_incidents()) == [incident.id]


def test_the_latest_of_a_timeline_is_newest_first(store: IncidentStore):
    incident = then(store, open_incident(store), *(noted(f"note {number}") for number in range(1, 12)))
    assert [entry.text for entry in store.latest(incident.id, 3)] == ["note 11", "note 10", "note 9"]
    assert store.latest(incident.id, 100) == store.timeline(incident.id)[::-1]
    assert store.latest("Q0000000000009", 3) == []


def test_nothing_is_found_of_what_was_never_written(store: IncidentStore):
    assert store.load("Q0000000000009") is None
    assert store.state("Q0000000000009") is None
    assert store.timeline("Q0000000000009") == []
    assert store.alerts("Q0000000000009") == []
    assert store.key(key_hash("k")) is None
    assert store.last_seen("Q0000000000009") is None


def test_an_incident_is_opened_once(store: IncidentStore):
    open_incident(store)

    with pytest.raises(Conflict):
        open_incident(store)


def test_who_read_an_older_version_writes_nothing(store: IncidentStore):
    incident = open_incident(store)
    then(store, incident, noted("first"))

    with pytest.raises(Conflict):
        then(store, incident, acknowledged(), pages=(page(),), marker=("email", "<1>"))

    state = store.load(incident.id)
    assert state is not None
    assert (state.incident.version, state.pages) == (2, ())
    assert [entry.kind for entry in store.timeline(incident.id)] == [Kind.TRIGGERED, Kind.NOTED]
    then(store, state.incident, noted("second"), marker=("email", "<1>"))  # the marker wasn't written either


def test_the_timeline_has_no_gap_and_folds_to_the_incident(store: IncidentStore):
    incident = open_incident(store)
    for number in range(12):
        incident = then(store, incident, noted(f"note {number}"), noted("and another"))

    log = store.timeline(incident.id)

    assert len(log) == incident.version == 25
    assert fold(incident.id, log) == incident == store.state(incident.id)


def test_a_change_of_when_alone_is_no_new_version(store: IncidentStore):
    incident = open_incident(store)

    store.commit(Change(incident=incident, before=1, due_at=DUE + MINUTE))

    loaded = store.load(incident.id)
    assert loaded is not None
    assert (loaded.incident, loaded.due_at) == (incident, DUE + MINUTE)


def test_only_one_of_many_writers_wins_a_version(store: IncidentStore):
    incident, together = open_incident(store), Barrier(8)

    def write(number: int) -> bool:
        together.wait()
        try:
            then(store, incident, noted(str(number)))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(8))) == 1

    assert len(store.timeline(incident.id)) == 2


def test_an_answer_counts_once(store: IncidentStore):
    incident = then(store, open_incident(store), acknowledged(), marker=("email", "<1@mail.acme.example>"))

    with pytest.raises(AlreadyCounted):
        then(store, incident, noted("again"), marker=("email", "<1@mail.acme.example>"))
    with pytest.raises(AlreadyCounted):  # says more than that somebody wrote meanwhile
        store.commit(Change(incident=incident, before=1, marker=("email", "<1@mail.acme.example>")))

    then(store, incident, noted("another"), marker=("email", "<2@mail.acme.example>"))
    assert store.state(incident.id) == replace(incident, version=3)


# pages


def test_a_page_is_written_once(store: IncidentStore):
    incident = open_incident(store, pages=(page(),))

    with pytest.raises(Conflict):
        then(store, incident, noted("lost"), pages=(page(1), page()))
    with pytest.raises(Conflict):
        store.commit(Change(pages=(page(),)))

    assert store.state(incident.id) == incident
    store.commit(Change(pages=(page(1),)))
    assert held(store, page(1)) == page(1)


def test_a_due_page_is_claimed_and_settled(store: IncidentStore):
    open_incident(store, pages=(page(),))

    claimed = store.claim(page(), NIGHT, "a")

    assert claimed == replace(page(), state=PageState.CLAIMED, attempt="a", attempts=1, claimed_at=NIGHT)
    assert held(store, page()) == claimed
    sent = replace(claimed, state=PageState.SENT, provider_id="0102", sent_at=NIGHT)
    store.settle(sent)
    assert held(store, page()) == sent
    assert store.claim(sent, NIGHT, "b") is None


def test_a_claimed_page_is_not_claimed_again_until_the_claim_is_stale(store: IncidentStore):
    open_incident(store, pages=(page(),))
    claimed = store.claim(page(), NIGHT, "a")
    assert claimed is not None

    assert store.claim(page(), NIGHT, "b") is None  # as it was read before
    assert store.claim(claimed, NIGHT + STALE - timedelta(milliseconds=1), "b") is None
    again = store.claim(claimed, NIGHT + STALE, "b")

    assert again == replace(claimed, attempt="b", attempts=2, claimed_at=NIGHT + STALE)
    assert store.claim(claimed, NIGHT + STALE, "c") is None


def test_a_claim_that_is_ones_own_counts_as_taken_and_is_not_counted_twice(store: IncidentStore):
    incident = open_incident(store, pages=(page(),))
    claimed = store.claim(page(), NIGHT, "a")
    assert claimed is not None

    assert store.claim(page(), NIGHT + MINUTE, "a") == claimed  # the answer to the first call was lost
    assert store.claim(claimed, NIGHT, "a") == claimed == held(store, page())

    then(store, incident, acknowledged())
    assert store.claim(page(), NIGHT, "a") is None
    assert store.claim(claimed, NIGHT, "a") is None


@pytest.mark.parametrize("ends", [acknowledged(), resolved()], ids=["acknowledged", "resolved"])
def test_a_levels_page_is_claimed_only_while_its_incident_is_triggered(store: IncidentStore, ends: LogEntry):
    then(store, open_incident(store, pages=(page(),)), ends)

    assert store.claim(page(), NIGHT, "a") is None
    assert held(store, page()) == page()


def test_a_levels_page_is_claimed_only_in_its_epoch(store: IncidentStore):
    again = LogEntry(kind=Kind.ESCALATED, at=NIGHT, by=ADA, epoch=2, level=2)
    incident = then(store, open_incident(store, pages=(page(), page(1, epoch=2))), again)

    assert incident.epoch == 2
    assert store.claim(page(), NIGHT, "a") is None
    assert store.claim(page(1, epoch=2), NIGHT, "a") is not None


def test_the_fallback_is_told_of_what_is_not_resolved(store: IncidentStore):
    first, second = page(user=FALLBACK), page(1, user=FALLBACK)
    incident = then(store, open_incident(store, pages=(first, second)), acknowledged())

    assert store.claim(first, NIGHT, "a") is not None
    then(store, incident, resolved())
    assert store.claim(second, NIGHT, "a") is None


def test_a_page_of_no_incident_is_not_claimed(store: IncidentStore):
    assert store.claim(page(), NIGHT, "a") is None
    assert store.claim(page(user=FALLBACK), NIGHT, "a") is None


def test_nobody_is_paged_twice_by_many_at_once(store: IncidentStore):
    open_incident(store, pages=(page(),))
    together = Barrier(8)

    def claim(attempt: int) -> Page | None:
        together.wait()
        return store.claim(held(store, page()), NIGHT, str(attempt))

    with ThreadPoolExecutor(8) as pool:
        claims = [claim for claim in pool.map(claim, range(8)) if claim is not None]

    assert claims == [held(store, page())]
    assert claims[0].attempts == 1


def test_who_lost_the_claim_settles_nothing(store: IncidentStore):
    open_incident(store, pages=(page(),))
    first = store.claim(page(), NIGHT, "a")
    assert first is not None
    second = store.claim(first, NIGHT + STALE, "b")

    with pytest.raises(Conflict):
        store.settle(replace(first, state=PageState.SENT))
    with pytest.raises(Conflict):  # decided before anybody claimed it
        store.settle(replace(page(), state=PageState.SUPERSEDED))

    assert held(store, page()) == second


def sent_page(store: IncidentStore, rule: int = 0, provider_id: str = "0102") -> Page:
    """Claimed and sent; the incident is opened by the first."""
    if store.state("Q0000000000001") is None:
        open_incident(store)
    store.commit(Change(pages=(page(rule),)))
    claimed = store.claim(page(rule), NIGHT, f"attempt-{rule}")
    assert claimed is not None
    sent = replace(claimed, state=PageState.SENT, provider_id=provider_id, sent_at=NIGHT)
    store.settle(sent)
    return sent


def test_a_page_that_was_sent_is_found_by_its_provider_s_id_in_either_form(store: IncidentStore):
    sent_page(store)
    assert store.sent(Medium.EMAIL, "0102") == [("Q0000000000001", "1#ada#0")]
    assert store.sent(Medium.EMAIL, "<0102@eu-west-1.amazonses.com>") == [("Q0000000000001", "1#ada#0")]
    assert store.sent(Medium.SMS, "0102") == []
    assert store.sent(Medium.EMAIL, "0103") == []


def test_one_message_may_stand_for_several_pages(store: IncidentStore):
    sent_page(store, 0, "bundle")
    sent_page(store, 1, "bundle")
    assert sorted(store.sent(Medium.EMAIL, "bundle")) == [
        ("Q0000000000001", "1#ada#0"),
        ("Q0000000000001", "1#ada#1"),
    ]


def test_a_page_goes_from_sent_to_delivered_to_failed_and_from_there_nowhere(store: IncidentStore):
    sent = sent_page(store)
    delivered, failed = (
        replace(sent, state=PageState.DELIVERED, delivered_at=NIGHT),
        replace(sent, state=PageState.FAILED),
    )
    store.settle(delivered)
    store.settle(failed)
    for later in (sent, delivered):
        with pytest.raises(Conflict):
            store.settle(later)
    loaded = store.load("Q0000000000001")
    assert loaded is not None
    assert [each.state for each in loaded.pages] == [PageState.FAILED]


def test_an_unclaimed_page_is_settled_by_whoever_finds_it_over(store: IncidentStore):
    open_incident(store, pages=(page(),))

    store.settle(replace(page(), state=PageState.SUPERSEDED))

    assert held(store, page()).state is PageState.SUPERSEDED


def test_a_page_is_settled_together_with_what_follows_from_it_or_not_at_all(store: IncidentStore):
    open_incident(store, pages=(page(),))
    first = store.claim(page(), NIGHT, "a")
    assert first is not None
    failed = replace(first, state=PageState.FAILED, error="no such number")
    second = store.claim(first, NIGHT + STALE, "b")
    assert second is not None

    with pytest.raises(Conflict):
        store.commit(Change(pages=(page(1),), settled=failed))
    assert held(store, page()) == second
    assert len(loaded_pages(store)) == 1

    lost = replace(second, state=PageState.FAILED, error="no such number")
    store.commit(Change(pages=(page(1),), settled=lost))
    assert held(store, page()) == lost
    assert len(loaded_pages(store)) == 2


# keys


def test_a_key_is_written_with_its_incident_or_not_at_all(store: IncidentStore):
    store.remember(None, known(count=5), None)

    with pytest.raises(Conflict):
        open_incident(store, key=known(), alert=alert())

    assert store.load("Q0000000000001") is None
    assert store.alerts("Q0000000000001") == []
    open_incident(store, key=known(count=6), known=known(count=5))
    assert store.key(key_hash("k")) == known(count=6)


@pytest.mark.parametrize(
    "change",
    [
        {"last_seq": f"{2:039}"},
        {"generation": "another queue"},
        {"count": 2},
        {"state": KeyStatus.CLOSED},
        {"last_seen": NIGHT + MINUTE},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_key_that_somebody_wrote_meanwhile_is_left_alone(store: IncidentStore, change: dict[str, Any]):
    theirs = known(**change)
    store.remember(None, theirs, None)

    with pytest.raises(Conflict):
        store.count_repeats(known(), known(count=9))
    with pytest.raises(Conflict):
        store.remember(known(), known(count=9), None)
    with pytest.raises(Conflict):
        store.remember(None, known(count=9), None)
    with pytest.raises(Conflict):
        open_incident(store, key=known(count=9), known=known())

    assert store.key(key_hash("k")) == theirs


def test_repeats_are_counted(store: IncidentStore):
    open_incident(store, key=known())
    third = known(count=3, last_seq=f"{3:039}", last_seen=NIGHT + MINUTE, accepted_at=NIGHT + MINUTE)

    store.count_repeats(known(), third)

    assert store.key(key_hash("k")) == third


def test_what_open_after_counts_is_kept_while_it_is_counted_and_gone_once_it_opened(store: IncidentStore):
    counting = known(state=KeyStatus.COUNTING, alert=None, incident=None, recent="19f2a4b00:1 4b0:2")
    store.remember(None, counting, NIGHT + MINUTE)
    assert store.key(key_hash("k")) == counting

    further = replace(counting, recent=f"{counting.recent} 4b0:1", last_seq=f"{2:039}")
    store.remember(counting, further, NIGHT + MINUTE)
    opened = known(last_seq=f"{3:039}", count=4)
    open_incident(store, key=opened, known=further)
    assert store.key(key_hash("k")) == opened


def test_repeats_of_a_key_that_was_never_written_are_a_conflict(store: IncidentStore):
    with pytest.raises(Conflict):
        store.count_repeats(known(), known(count=2))


def test_a_key_of_a_sender_without_a_queue_is_compared_by_what_it_has(store: IncidentStore):
    bare = known(generation="", last_seq="", state_at=None, alert=None, incident=None)
    store.remember(None, bare, NIGHT + MINUTE)

    store.count_repeats(bare, replace(bare, count=2))

    assert store.key(key_hash("k")) == replace(bare, count=2)


def test_an_incident_was_last_heard_of_by_its_open_alerts(store: IncidentStore):
    incident = open_incident(store, key=known(), alert=alert())
    joined = known(hash=key_hash("l"), last_seen=NIGHT + MINUTE)
    other = alert(id="PALERT00000002", key="l")
    incident = then(store, incident, noted("joined"), key=joined, alert=other)

    assert store.last_seen(incident.id) == NIGHT + MINUTE

    then(store, incident, noted("gone"), key=replace(joined, state=KeyStatus.CLOSED), known=joined)
    assert store.last_seen(incident.id) == NIGHT


def test_a_key_that_went_on_to_another_incident_says_nothing_of_the_first(store: IncidentStore):
    incident = open_incident(store, key=known(), alert=alert())
    store.remember(known(), known(incident="Q0000000000002"), None)

    assert store.last_seen(incident.id) is None


# what is overdue


def test_a_held_alert_waits_with_its_key_until_it_is_released(store: IncidentStore):
    until = DUE + 10 * MINUTE
    hold = Hold(reason=Reason.PAUSE, until=until, because="an incident opens if it is still open after 10m")
    waits = Held(hash=known().hash, accepted=accepted(), hold=hold)
    key = replace(known(), state=KeyStatus.HELD, incident=None, alert=None)

    store.commit(Change(key=key, held=waits))

    assert store.key(key.hash) == key
    assert store.held(key.hash) == waits
    assert store.overdue(waits.due_at - timedelta(seconds=1), 10) == []
    assert store.overdue(waits.due_at, 10) == [(Overdue(incident="", due_at=waits.due_at, held=key.hash), 0)]

    store.postpone(Overdue(incident="", due_at=waits.due_at, held=key.hash), until, 1)
    assert store.overdue(until, 10) == [(Overdue(incident="", due_at=until, held=key.hash), 1)]
    assert store.held(key.hash) == waits

    with pytest.raises(Conflict):
        store.commit(Change(key=key, known=known(count=9), released=key.hash))
    store.commit(Change(key=replace(key, state=KeyStatus.CLOSED), known=key, released=key.hash))
    assert store.held(key.hash) is None
    assert store.overdue(until, 10) == []


def test_a_recovery_waits_with_its_key_and_its_alert_still_speaks_for_the_incident(store: IncidentStore):
    incident = open_incident(store, key=known(), alert=alert())
    until = DUE + 10 * MINUTE
    hold = Hold(reason=Reason.FLAPPING, until=until, because="flapping: it opened 5 times within 10m")
    waits = Held(hash=known().hash, accepted=accepted(), hold=hold)
    key = known(state=KeyStatus.RECOVERING, openings="19f2a4b00:1 4b0:1", last_seq=f"{2:039}")

    store.commit(Change(key=key, known=known(), held=waits))

    assert (store.key(key.hash), store.held(key.hash)) == (key, waits)
    assert store.last_seen(incident.id) == NIGHT
    with pytest.raises(Conflict):
        then(store, incident, resolved(), key=known(count=9), known=known(), released=key.hash)
    assert store.held(key.hash) == waits
    closed = replace(key, state=KeyStatus.CLOSED)
    then(store, incident, resolved(), key=closed, known=key, released=key.hash)
    assert (store.key(key.hash), store.held(key.hash), store.overdue(until, 10)) == (closed, None, [])


def test_what_waits_no_more_is_let_go_only_while_the_key_is_as_it_was_read(store: IncidentStore):
    hold = Hold(reason=Reason.MAINTENANCE, until=DUE, because="upgrade")
    waits = Held(hash=known().hash, accepted=accepted(), hold=hold)
    store.remember(None, known(state=KeyStatus.CLOSED), None)
    began = known(state=KeyStatus.HELD, last_seq=f"{2:039}")
    store.commit(Change(key=began, known=known(state=KeyStatus.CLOSED), held=waits))

    with pytest.raises(Conflict):
        store.commit(
            Change(key=known(state=KeyStatus.CLOSED), known=known(state=KeyStatus.CLOSED), released=waits.hash)
        )

    assert store.held(waits.hash) == waits


def test_of_two_alerts_alike_at_once_one_names_the_incident_and_the_other_reads_again(store: IncidentStore):
    first = Group(hash="g" * 64, incident="Q0000000000001", until=DUE + 10 * MINUTE)
    assert store.group(first.hash) is None

    store.commit(Change(group=first))
    assert store.group(first.hash) == first
    with pytest.raises(Conflict):
        store.commit(Change(group=replace(first, incident="Q0000000000002")))

    later = replace(first, until=DUE + 20 * MINUTE)
    store.commit(Change(group=later, known_group=first))
    with pytest.raises(Conflict):
        store.commit(Change(group=replace(first, incident="Q0000000000002"), known_group=first))
    assert store.group(first.hash) == later


def test_a_heartbeat_is_due_until_its_silence_was_told_of(store: IncidentStore):
    heart = Heart(integration="PBACKUP0000001", since=NIGHT, silent_at=DUE + 10 * MINUTE)
    overdue = Overdue(incident="", due_at=heart.silent_at - GRACE, heart=heart.integration)
    assert store.heart(heart.integration) is None

    store.write_heart(None, heart)
    assert store.heart(heart.integration) == heart
    assert store.overdue(overdue.due_at - timedelta(seconds=1), 10) == []
    assert store.overdue(overdue.due_at, 10) == [(overdue, 0)]

    store.postpone(overdue, overdue.due_at + MINUTE, 1)
    assert store.overdue(overdue.due_at, 10) == []
    assert store.overdue(overdue.due_at + MINUTE, 10) == [(replace(overdue, due_at=overdue.due_at + MINUTE), 1)]

    told = replace(heart, pulse=Pulse.TOLD)
    store.write_heart(heart, told)
    assert store.overdue(DUE + 60 * MINUTE, 10) == []
    with pytest.raises(Conflict):
        store.write_heart(heart, replace(heart, beaten=True))
    with pytest.raises(Conflict):
        store.write_heart(None, heart)
    assert store.heart(heart.integration) == told


def test_heartbeats_are_set_up_once_a_version(store: IncidentStore):
    assert store.hearts_as_of() == 0
    store.note_hearts(7)
    assert store.hearts_as_of() == 7


def test_what_is_overdue_comes_oldest_first_from_every_shard(store: IncidentStore):
    names = [f"Q{number:013}" for number in range(20)]
    for late, name in enumerate(names):
        open_incident(store, name, due_at=DUE - late * MINUTE)

    found = store.overdue(DUE - MINUTE, 100)

    assert [(late.incident, late.due_at) for late, _ in found] == [
        (name, DUE - late * MINUTE) for late, name in reversed(list(enumerate(names))) if late >= 1
    ]
    assert [late.incident for late, _ in store.overdue(DUE, 3)] == names[:-4:-1]


def test_what_is_over_or_later_is_not_overdue(store: IncidentStore):
    open_incident(store, due_at=None)
    open_incident(store, "Q0000000000002", due_at=DUE + MINUTE)

    assert waiting(store, DUE) == []


def test_a_page_is_overdue_until_it_is_sent(store: IncidentStore):
    open_incident(store, due_at=None, pages=(page(),))
    assert store.overdue(DUE, 10) == [(Overdue(incident="Q0000000000001", due_at=DUE, page="1#ada#0"), 0)]

    claimed = store.claim(page(), DUE, "a")
    assert claimed is not None
    assert waiting(store, DUE) == []
    assert store.overdue(DUE + STALE, 10) == [
        (Overdue(incident="Q0000000000001", due_at=DUE + STALE, page="1#ada#0"), 0)
    ]

    again = replace(claimed, state=PageState.DUE)
    store.settle(again)
    assert waiting(store, DUE) == [("Q0000000000001", "1#ada#0", 0)]

    claimed = store.claim(again, DUE, "b")
    assert claimed is not None
    store.settle(replace(claimed, state=PageState.FAILED))
    assert waiting(store) == []


def test_what_failed_is_pushed_back_and_counted_until_it_succeeds(store: IncidentStore):
    incident = open_incident(store, pages=(page(),))

    store.postpone(Overdue(incident=incident.id, due_at=DUE), DUE + MINUTE, 1)
    store.postpone(Overdue(incident=incident.id, due_at=DUE, page="1#ada#0"), DUE + 2 * MINUTE, 2)

    assert waiting(store, DUE) == []
    assert waiting(store) == [(incident.id, None, 1), (incident.id, "1#ada#0", 2)]

    then(store, incident, noted("it went well"), due_at=DUE - MINUTE)
    store.settle(page())
    assert waiting(store) == [(incident.id, None, 0), (incident.id, "1#ada#0", 0)]


def test_what_was_carried_out_meanwhile_is_not_pushed_back(store: IncidentStore):
    incident = open_incident(store, due_at=None, pages=(page(),))
    store.settle(replace(page(), state=PageState.SENT))

    store.postpone(Overdue(incident=incident.id, due_at=DUE), DUE + MINUTE, 1)
    store.postpone(Overdue(incident=incident.id, due_at=DUE, page="1#ada#0"), DUE + MINUTE, 1)

    assert waiting(store) == []


# numbers, and what senders write


def test_numbers_come_once_each_and_by_name(store: IncidentStore):
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(lambda _: store.next_number("incident"), range(16))) == list(range(1, 17))
    assert store.next_number("policy checkout") == 1


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_a_sender_writes_is_kept_exactly(store: IncidentStore, text: str):
    details = {text or "empty": [text, 1.5, -0.0, 10**60, True, None, [], {}], "nested": {"pk": text, "S": {"N": "1"}}}
    sent = alert(
        key=f"k{text}",
        event=event(
            summary=text,
            custom_details=details,
            class_=text,
            timestamp=NIGHT,
            links=(Link(href=text), Link(href="x", text=text)),
        ),
        raw=[details, text],
    )
    entry = opening(title=text)
    incident = begin("Q0000000000001", entry)
    store.commit(Change(incident=incident, entries=(entry,), alert=sent, marker=("email", text)))
    incident = then(store, incident, noted(text))
    store.record_drop(NIGHT, replace(accepted(raw=details), event_id=text), text, "late")
    store.quarantine(NIGHT, "message", text, text)

    assert store.alerts("Q0000000000001") == [sent]
    assert store.timeline("Q0000000000001") == [entry, noted(text)]
    assert store.state("Q0000000000001") == incident
    with pytest.raises(AlreadyCounted):
        then(store, incident, marker=("email", text))
    with pytest.raises(Conflict):
        open_incident(store)


def test_what_was_put_aside_is_read_newest_first(store: IncidentStore):
    def came(minutes: int, name: str) -> Accepted:
        return replace(accepted(), accepted_at=NIGHT + minutes * MINUTE, event_id=name)

    midnight = 24 * 60 - NIGHT.hour * 60 - NIGHT.minute  # in minutes
    store.record_drop(NIGHT + 9 * MINUTE, came(1, "first"), "by the rule 'noise'", "dropped")
    store.record_drop(NIGHT, came(3, "third"), "late", "late")
    store.record_drop(NIGHT, came(midnight + 1, "tomorrow"), "quiet", "suppressed")
    store.quarantine(NIGHT + 2 * MINUTE, "second", json.dumps({"event": {"summary": "disk"}, "key": "k"}), "ValueError")

    def names(since: int, until: int) -> list[str]:
        return [each.id for each in store.put_aside(NIGHT + since * MINUTE, NIGHT + until * MINUTE)]

    assert names(0, midnight + 1) == ["tomorrow", "third", "second", "first"]
    assert names(1, 3) == ["third", "second", "first"]
    assert (names(2, 2), names(4, 5)) == (["second"], [])
    second, first = list(store.put_aside(NIGHT, NIGHT + 2 * MINUTE))
    sent = accepted()
    assert first == PutAside(
        at=NIGHT + MINUTE,
        cause=Cause.DROPPED,
        reason="by the rule 'noise'",
        id="first",
        integration=sent.integration,
        key=sent.key,
        severity=sent.event.severity,
        summary=sent.event.summary,
    )
    assert (second.cause, second.reason, second.summary, second.key) == (Cause.QUARANTINE, "ValueError", "disk", "k")


def test_a_change_by_an_unknown_key_is_put_aside_with_its_summary(store: IncidentStore):
    change = AcceptedChange(event_id="c", accepted_at=NIGHT, integration=None, change=ChangeEvent(summary="deploy 17"))
    store.record_drop(NIGHT, change, "Invalid routing key", "unknown_key")
    (found,) = store.put_aside(NIGHT, NIGHT)
    assert (found.id, found.summary, found.integration, found.key) == ("c", "deploy 17", None, None)


def test_what_is_too_large_is_put_aside_without_its_raw_message(store: IncidentStore):
    store.record_drop(NIGHT, replace(accepted(raw="x" * 500_000), event_id="n" * 300), "late", "late")
    (found,) = store.put_aside(NIGHT, NIGHT)
    assert (found.id, found.summary) == ("n" * 300, accepted().event.summary)


@pytest.mark.parametrize(
    "body", ["{", "[1]", '"text"', '{"event": 5}', '{"event": {"summary": {}}}', "\u00e9\ud800", "[" * 100_000]
)
def test_whatever_is_in_quarantine_can_be_read(store: IncidentStore, body: str):
    store.quarantine(NIGHT, "m", body, "ValueError")
    (found,) = store.put_aside(NIGHT, NIGHT)
    assert (found.body, found.summary, found.reason) == (body, None, "ValueError")


def test_deeply_nested_details_are_kept(store: IncidentStore):
    details: Any = "bottom"
    for _ in range(100):  # DynamoDB's own documents go 32 deep
        details = {"down": [details]}
    sent = alert(event=event(custom_details=details))

    open_incident(store, alert=sent)

    assert store.alerts("Q0000000000001") == [sent]


# DynamoDB alone: what an item is, what a write costs, what a refusal means


def items(table: OneAtATime) -> dict[tuple[str, str], dict[str, Any]]:
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in table.scan(TableName=INCIDENTS)["Items"]}


def written(table: OneAtATime) -> list[dict[str, Any]]:
    """The items of the last transaction's puts."""
    arguments = next(arguments for name, arguments in reversed(table.calls) if name == "transact_write_items")
    return [step["Put"]["Item"] for step in arguments["TransactItems"]]


def test_items_are_named_as_traced(dynamodb: DynamoDbIncidents, table: OneAtATime):
    open_incident(dynamodb, alert=alert(), key=known(), pages=(page(),), marker=("email", "<1>"))
    dynamodb.next_number("incident")
    dynamodb.record_drop(NIGHT, accepted(), "late", "late")
    dynamodb.quarantine(NIGHT, "m", "{", "ValueError")

    incident = "INC#Q0000000000001"
    assert set(items(table)) == {
        (f"KEY#{key_hash('k')}", "KEY"),
        (incident, "STATE"),
        (incident, "LOG#000001"),
        (incident, "ALERT#PALERT00000001"),
        (incident, "PAGE#1#ada#0"),
        (incident, f"ANSWER#email#{key_hash('<1>')}"),
        ("COUNTER#incident", "COUNTER"),
        ("DROPPED#2026-11-23", "2026-11-23T03:12:04.118Z#5f0c"),
        ("QUARANTINE", "2026-11-23T03:12:04.118Z#m"),
    }
    state = items(table)[incident, "STATE"]
    assert state["due_at"] == {"S": "2026-11-23T03:12:04Z"}
    assert state["due_shard"]["S"] in {"D0", "D1", "D2", "D3"}
    assert (state["open"], state["service_id"]) == ({"S": "O"}, {"S": "checkout"})


def test_a_resolved_incident_leaves_the_indexes_of_what_is_open_and_due(dynamodb: DynamoDbIncidents, table: OneAtATime):
    then(dynamodb, open_incident(dynamodb), resolved())

    state = items(table)["INC#Q0000000000001", "STATE"]
    assert not {"open", "due_at", "due_shard"} & set(state)
    assert state["at"] == {"S": "2026-11-23T03:12:04.118Z"}


def test_a_key_goes_thirty_days_after_it_was_closed_and_never_while_open(
    dynamodb: DynamoDbIncidents, table: OneAtATime
):
    key = (f"KEY#{key_hash('k')}", "KEY")
    incident = open_incident(dynamodb, key=known())
    assert "ttl" not in items(table)[key]
    then(dynamodb, incident, resolved(), key=known(state=KeyStatus.CLOSED), known=known())
    assert items(table)[key]["ttl"]["N"] == str(int((NIGHT + timedelta(days=30)).timestamp()))
    again = known(count=2, last_seq=f"{2:039}")
    open_incident(dynamodb, "Q0000000000002", key=again, known=known(state=KeyStatus.CLOSED))
    assert "ttl" not in items(table)[key]
    dynamodb.remember(again, known(count=3), NIGHT + timedelta(hours=1))
    assert items(table)[key]["ttl"]["N"] == str(int((NIGHT + timedelta(hours=1)).timestamp()))


def test_what_was_dropped_is_kept_a_day_and_what_was_suppressed_thirty(dynamodb: DynamoDbIncidents, table: OneAtATime):
    dynamodb.record_drop(NIGHT, accepted(), "by the rule 'noise'", "dropped")
    dynamodb.record_drop(NIGHT, replace(accepted(), event_id="x"), "by the rule 'noise'", "suppressed")
    dynamodb.record_drop(NIGHT + MINUTE, accepted(), "by the rule 'noise'", "dropped")  # it came again

    kept = {item["kind"]["S"]: int(item["ttl"]["N"]) - int(NIGHT.timestamp()) for item in items(table).values()}
    assert kept == {"dropped": 86_400 + 60, "suppressed": 30 * 86_400}


def test_a_key_item_is_under_a_kilobyte(dynamodb: DynamoDbIncidents, table: OneAtATime):
    busy = known(
        count=10**12,
        state=KeyStatus.SUPPRESSED,
        state_at=NIGHT.replace(microsecond=999_000),
        generation="arn:aws:sqs:ap-southeast-1:111122223333:" + "q" * 80,  # a queue's longest name
        severity=Severity.CRITICAL,
        openings=" ".join(["1a2b3c4d5e0:1", *["3e8123:1"] * 22]),  # twenty openings within a day, and a few before
    )
    dynamodb.remember(None, busy, NIGHT)

    assert size(items(table)[f"KEY#{key_hash('k')}", "KEY"]) < 1024


def test_a_repeat_is_one_write_of_one_unit(dynamodb: DynamoDbIncidents, table: OneAtATime):
    open_incident(dynamodb, key=known())
    table.calls.clear()

    dynamodb.count_repeats(known(), known(count=5))

    assert [name for name, _ in table.calls] == ["update_item"]


def test_a_new_alert_with_its_incident_is_one_transaction_within_its_budget(
    dynamodb: DynamoDbIncidents, table: OneAtATime
):
    [sent] = cloudwatch.translate(ALARM)
    assert 900 <= len(json.dumps(ALARM)) <= 1024
    entry = opening(title=sent.summary)
    whole = alert(key=aws_key("cloudwatch", sent), event=sent, raw=ALARM)

    dynamodb.next_number("incident")
    dynamodb.commit(
        Change(incident=begin("Q0000000000001", entry), entries=(entry,), due_at=DUE, key=known(), alert=whole)
    )

    assert [name for name, _ in table.calls] == ["update_item", "transact_write_items"]
    number = 1  # the incident's
    assert number + sum(units(item) for item in written(table)) <= 14
    assert dynamodb.alerts("Q0000000000001") == [whole]


@pytest.mark.parametrize(
    "sent",
    [
        alert(raw={"body": "é" * 300_000}),
        alert(event=event(custom_details={"body": "x" * 500_000})),
        alert(event=event(custom_details=["x" * 200_000]), raw=["y" * 200_000]),
        alert(event=event(links=tuple(Link(href=f"https://acme.example/{n}") for n in range(20_000)))),
        alert(event=event(summary="x" * 500_000), key="k" * 400_000),
    ],
    ids=["raw", "details", "both", "links", "texts"],
)
def test_an_alert_that_is_too_large_is_cut_and_its_page_still_goes_out(
    dynamodb: DynamoDbIncidents, table: OneAtATime, sent: Alert
):
    open_incident(dynamodb, alert=sent, key=known(hash=key_hash(sent.key)))

    [kept] = dynamodb.alerts("Q0000000000001")

    assert size(items(table)["INC#Q0000000000001", "ALERT#PALERT00000001"]) < 351_000
    assert kept != sent
    assert (kept.id, kept.event.action, kept.event.dedup_key) == (sent.id, sent.event.action, sent.event.dedup_key)
    assert dynamodb.last_seen("Q0000000000001") == NIGHT


def test_a_message_that_is_too_large_is_put_aside_cut(dynamodb: DynamoDbIncidents, table: OneAtATime):
    dynamodb.quarantine(NIGHT, "m", "é" * 500_000, "ValueError")
    dynamodb.record_drop(NIGHT, accepted(raw="x" * 500_000), "late", "late")

    assert all(size(item) < 351_000 for item in items(table).values())
    assert len(items(table)) == 2


def test_the_stream_tells_of_log_entries_alone(dynamodb: DynamoDbIncidents, table: OneAtATime):
    open_incident(dynamodb, alert=alert(), key=known(), pages=(page(),))

    told = [entry for image in items(table).values() if (entry := log_entry_of_stream(image))]

    [(incident, number, entry)] = told
    assert (incident, number, entry["kind"]) == ("Q0000000000001", 1, "triggered")
    assert entry["at"] == "2026-11-23T03:12:04.118Z"
    assert entry["opening"]["policy"]["levels"][0]["after"] == 300
    assert not {"pk", "sk"} & set(entry)
    json.dumps(entry)


def test_a_postponed_step_is_found_by_the_base_table_not_by_an_index_that_is_behind(
    dynamodb: DynamoDbIncidents, table: OneAtATime
):
    open_incident(dynamodb)
    behind = table.query(
        TableName=INCIDENTS,
        IndexName="due",
        KeyConditionExpression="due_shard = :s",
        ExpressionAttributeValues={":s": items(table)["INC#Q0000000000001", "STATE"]["due_shard"]},
    )
    dynamodb.postpone(Overdue(incident="Q0000000000001", due_at=DUE), DUE + MINUTE, 1)

    class Behind(OneAtATime):
        def query(self, **arguments: Any) -> Any:
            shard = arguments["ExpressionAttributeValues"][":shard"]
            return {"Items": [item for item in behind["Items"] if item["due_shard"] == shard]}

    assert DynamoDbIncidents(Behind(table), INCIDENTS).overdue(DUE, 10) == []


@pytest.mark.parametrize(
    "fault",
    [
        refusal("TransactionCanceledException", "ThrottlingError", "None"),
        refusal("ProvisionedThroughputExceededException"),
        refusal("TransactionInProgressException"),
        refusal("InternalServerError"),
        refusal("AccessDeniedException"),
        unreachable(),
    ],
    ids=["throttled", "throughput", "in progress", "5xx", "no right", "unreachable"],
)
def test_what_dynamodb_does_not_take_now_may_be_tried_again(
    dynamodb: DynamoDbIncidents, table: OneAtATime, fault: Exception
):
    table.faults.append(fault)

    with pytest.raises(Unavailable):
        open_incident(dynamodb)

    open_incident(dynamodb)


IN_THE_WAY = [
    refusal("TransactionCanceledException", "None", "TransactionConflict"),
    refusal("TransactionConflictException"),
]


@pytest.mark.parametrize("fault", IN_THE_WAY, ids=["a transaction's", "a single write's"])
def test_a_write_that_meets_another_transaction_waits_for_it(
    dynamodb: DynamoDbIncidents, table: OneAtATime, fault: Exception
):
    """Two people of one level are paged at the same moment: both claims check the incident, and neither is put off."""
    open_incident(dynamodb)
    dynamodb.commit(Change(pages=(page(),)))

    table.faults.extend([fault] * 2)
    claimed = dynamodb.claim(page(), NIGHT, "a")
    assert claimed is not None

    table.faults.extend([fault] * 2)
    dynamodb.settle(replace(claimed, state=PageState.SENT))
    assert held(dynamodb, page()).state is PageState.SENT


@pytest.mark.parametrize("fault", IN_THE_WAY, ids=["a transaction's", "a single write's"])
def test_a_write_that_never_comes_through_may_be_tried_again(
    dynamodb: DynamoDbIncidents, table: OneAtATime, fault: Exception
):
    table.faults.extend([fault] * 20)

    with pytest.raises(Unavailable):
        open_incident(dynamodb)
    with pytest.raises(Unavailable):
        dynamodb.remember(None, known(), None)


@pytest.mark.parametrize("fault", [refusal("ValidationException"), refusal("SerializationException")])
def test_a_request_that_dynamodb_cannot_read_is_a_bug(dynamodb: DynamoDbIncidents, table: OneAtATime, fault: Exception):
    table.faults.append(fault)

    with pytest.raises(type(fault)):
        open_incident(dynamodb)


def test_a_transaction_that_can_never_be_carried_out_is_a_bug(dynamodb: DynamoDbIncidents, table: OneAtATime):
    table.faults.append(refusal("TransactionCanceledException", "ValidationError", "None"))

    with pytest.raises(RuntimeError):
        open_incident(dynamodb)
