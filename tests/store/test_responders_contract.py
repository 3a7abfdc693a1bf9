"""One contract, two stores: what an added responder's page is claimed by, and a change of two incidents at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from shared.domain.errors import Conflict
from shared.domain.incident import Incident, apply, fold
from shared.domain.merging import merge
from shared.domain.timeline import Author, Kind, LogEntry
from shared.flow.stores import AlreadyCounted, Change, IncidentStore
from tests.store.test_incidents_contract import (
    ADA,
    DUE,
    MINUTE,
    NIGHT,
    acknowledged,
    alert,
    known,
    noted,
    open_incident,
    page,
    resolved,
    then,
)

LINUS = Author(user="linus", via="email", message_id="<2@mail.acme.example>")
ADDED = LogEntry(kind=Kind.RESPONDER_ADDED, at=NIGHT, by=ADA, epoch=1, due=DUE, people=("linus", "grace"), directory=1)
OF_LINUS = page(entry="R1", user="linus")
OF_GRACE = page(entry="R2", user="grace")


def asked(store: IncidentStore, name: str = "Q0000000000001") -> Incident:
    return then(store, open_incident(store, name), ADDED, pages=(OF_LINUS, OF_GRACE))


def test_a_responder_is_paged_while_they_haven_t_answered_whoever_else_has(store: IncidentStore):
    then(store, asked(store), acknowledged())

    assert store.claim(OF_LINUS, NIGHT, "a") is not None
    assert store.claim(OF_GRACE, NIGHT, "b") is not None


def test_a_responder_who_has_answered_is_paged_no_more_and_the_other_is(store: IncidentStore):
    then(store, asked(store), replace(noted("looking"), by=LINUS))

    assert store.claim(OF_LINUS, NIGHT, "a") is None
    assert store.claim(OF_GRACE, NIGHT, "b") is not None


def test_once_it_is_resolved_no_responder_is_paged(store: IncidentStore):
    then(store, asked(store), resolved())

    assert store.claim(OF_LINUS, NIGHT, "a") is None


def test_who_was_never_added_is_not_paged(store: IncidentStore):
    then(store, open_incident(store), noted("nobody was asked"), pages=(OF_LINUS,))

    assert store.claim(OF_LINUS, NIGHT, "a") is None


def test_an_answer_and_a_claim_at_once_are_one_after_the_other(store: IncidentStore):
    incident, together = asked(store), Barrier(2)

    def claim() -> bool:
        together.wait()
        return store.claim(OF_LINUS, NIGHT, "a") is not None

    def answer() -> bool:
        together.wait()
        then(store, incident, replace(noted("looking"), by=LINUS))
        return True

    with ThreadPoolExecutor(2) as pool:
        claimed, answered = pool.submit(claim), pool.submit(answer)
        assert answered.result()
        claimed.result()
    assert store.claim(replace(OF_LINUS), NIGHT + 2 * MINUTE, "b") is None


def test_the_responders_come_back_as_they_were_written(store: IncidentStore):
    incident = then(store, asked(store), replace(noted("looking"), by=LINUS))

    assert store.state(incident.id) == incident == fold(incident.id, store.timeline(incident.id))
    assert [(r.entry, r.waiting) for r in incident.responders] == [("R1", False), ("R2", True)]


# two incidents at once


def merged(first: Incident, second: Incident) -> Change:
    mine, its = merge(first, second, ADA, NIGHT)
    return Change(
        incident=apply(first, mine),
        before=first.version,
        entries=(mine,),
        along=Change(incident=apply(second, its), before=second.version, entries=(its,), due_at=DUE),
    )


def two(store: IncidentStore) -> tuple[Incident, Incident]:
    first = open_incident(store, alert=alert(), key=known())
    return first, open_incident(store, "Q0000000000002", alert=alert(id="PALERT00000002", key="k2"))


def test_a_merge_is_written_to_both_and_the_alerts_are_found_with_the_one_that_is_left(store: IncidentStore):
    first, second = two(store)

    store.commit(merged(first, second))

    kept, gone = store.state(second.id), store.state(first.id)
    assert kept is not None
    assert gone is not None
    assert (gone.open, gone.merged_into, kept.merged, kept.open_alerts) == (False, second.id, (first.id,), 2)
    assert [found.id for found in store.alerts(second.id)] == ["PALERT00000002", "PALERT00000001"]
    assert len(store.alerts(second.id, limit=1)) == 1
    for incident in (kept, gone):
        assert fold(incident.id, store.timeline(incident.id)) == incident


@pytest.mark.parametrize("who", [0, 1], ids=["the one that goes", "the one that is left"])
def test_where_somebody_wrote_to_either_neither_is_merged(store: IncidentStore, who: int):
    both = two(store)
    then(store, both[who], noted("meanwhile"))

    with pytest.raises(Conflict):
        store.commit(merged(*both))

    assert all(state is not None and state.open for state in map(store.state, (both[0].id, both[1].id)))


def test_a_merge_that_was_ordered_twice_counts_once(store: IncidentStore):
    first, second = two(store)
    change = replace(merged(first, second), marker=("email", "<3@mail.acme.example>"))
    store.commit(change)

    with pytest.raises(AlreadyCounted):
        store.commit(change)
