"""What one number was sent, and what waits for it: the same in both stores, in the transaction that claims a page."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from bench.capacity import size
from shared.domain.bundling import LISTED_MAX, Line, Listed, Verdict, admit, cleared, go
from shared.domain.directory import Medium
from shared.domain.errors import Conflict
from shared.domain.notification import STALE, Page, PageState
from shared.flow.stores import Admission, IncidentStore, Overdue
from shared.store.dynamodb_items import line_item
from tests.store import test_incidents_contract as contract
from tests.store.test_incidents_contract import (
    DUE,
    MINUTE,
    NIGHT,
    acknowledged,
    held,
    loaded_pages,
    open_incident,
    then,
)

NUMBER = "+447700900001"
EMPTY = Line(medium=Medium.SMS, address=NUMBER)
QUARTER = timedelta(minutes=15)


def text(rule: int = 0, **more: object) -> Page:
    return contract.page(rule, method="phone", medium=Medium.SMS, address=NUMBER, **more)


def listed(page: Page) -> Listed:
    return Listed(incident=page.incident, page=page.identity, number=17)


def line_of(store: IncidentStore) -> Line:
    line = store.line(EMPTY.name)
    assert line is not None
    return line


def full(store: IncidentStore) -> Line:
    """Five texts at night."""
    store.write_line(replace(EMPTY, sent=(NIGHT,) * 5))
    return line_of(store)


def admission(line: Line, page: Page, **more: Page) -> Admission:
    verdict, after = admit(line, listed(page), NIGHT)
    return Admission(line=after, bundled=verdict in (Verdict.WAIT, Verdict.HAND_ON), **more)


def test_nothing_is_known_of_a_number_that_was_sent_nothing(store: IncidentStore) -> None:
    assert store.line(EMPTY.name) is None


def test_a_line_is_found_as_it_was_written_and_only_who_read_it_writes_it(store: IncidentStore) -> None:
    one = Listed(incident="Q1", page="1#ada#0", number=17, tries=1, handed_on=True)
    line = replace(EMPTY, sent=(NIGHT, NIGHT + MINUTE), listed=(one,), more=3, due=DUE + QUARTER)
    store.write_line(line)
    assert line_of(store) == replace(line, version=1)
    with pytest.raises(Conflict):
        store.write_line(line)
    going, after = go(line_of(store), (one,), "attempt", NIGHT)
    store.write_line(after)
    assert line_of(store) == replace(after, version=2)
    assert line_of(store).going == going
    with pytest.raises(Conflict):
        store.write_line(after)


def test_a_page_and_its_number_are_written_together(store: IncidentStore) -> None:
    open_incident(store, pages=(text(),))
    claimed = store.claim(text(), NIGHT, "a", admission(EMPTY, text()))
    assert (
        claimed
        == held(store, text())
        == replace(text(), state=PageState.CLAIMED, attempt="a", attempts=1, claimed_at=NIGHT)
    )
    assert line_of(store).sent == (NIGHT,)


def test_a_claim_that_is_one_s_own_isn_t_counted_again(store: IncidentStore) -> None:
    open_incident(store, pages=(text(),))
    claimed = store.claim(text(), NIGHT, "a", admission(EMPTY, text()))
    assert claimed is not None
    for as_read in (text(), claimed):
        for line in (EMPTY, line_of(store)):
            assert store.claim(as_read, NIGHT, "a", admission(line, text())) == claimed
    assert line_of(store).sent == (NIGHT,)


def test_who_read_an_older_line_takes_nothing(store: IncidentStore) -> None:
    open_incident(store, pages=(text(0), text(1)))
    store.claim(text(0), NIGHT, "a", admission(EMPTY, text(0)))
    with pytest.raises(Conflict):
        store.claim(text(1), NIGHT, "b", admission(EMPTY, text(1)))
    assert held(store, text(1)) == text(1)
    assert line_of(store).sent == (NIGHT,)


def test_what_is_over_the_limit_is_listed_and_the_next_method_due_at_once(store: IncidentStore) -> None:
    open_incident(store, pages=(text(0),))
    line, instead = full(store), contract.page(1)
    taken = store.claim(text(0), NIGHT, "a", admission(line, text(0), instead=instead))
    assert taken == held(store, text(0)) == replace(text(0), state=PageState.BUNDLED, attempt="a")
    assert held(store, instead) == instead
    assert [page.page for page in line_of(store).listed] == ["1#ada#0"]
    assert (line_of(store).sent, line_of(store).due) == ((NIGHT,) * 5, DUE + QUARTER + timedelta(seconds=1))
    late = [(o.page, o.line) for o, _ in store.overdue(NIGHT + timedelta(hours=1), 10) if o.page or o.line]
    assert late == [("1#ada#1", None), (None, EMPTY.name)]  # the page itself isn't due any more
    assert store.claim(text(0), NIGHT + STALE, "b", admission(line_of(store), text(0))) is None
    store.settle(replace(taken, state=PageState.SENT, provider_id="0102", sent_at=NIGHT))
    assert held(store, text(0)).state is PageState.SENT


def test_where_what_is_due_instead_is_there_already_nothing_is_listed(store: IncidentStore) -> None:
    open_incident(store, pages=(text(0), contract.page(1)))
    with pytest.raises(Conflict):
        store.claim(text(0), NIGHT, "a", admission(full(store), text(0), instead=contract.page(1)))
    assert held(store, text(0)) == text(0)
    assert line_of(store).listed == ()


def test_of_what_is_over_nothing_is_listed_or_counted(store: IncidentStore) -> None:
    then(store, open_incident(store, pages=(text(),)), acknowledged())
    assert store.claim(text(), NIGHT, "a", admission(EMPTY, text())) is None
    assert store.claim(text(), NIGHT, "a", admission(full(store), text(), instead=contract.page(1))) is None
    assert line_of(store).listed == ()
    assert loaded_pages(store) == (text(),)


def test_many_at_once_are_each_counted_once(store: IncidentStore) -> None:
    pages = [text(rule) for rule in range(8)]
    open_incident(store, pages=tuple(pages))
    together = Barrier(8)

    def claim(page: Page) -> None:
        together.wait()
        for _ in range(20):
            try:
                assert store.claim(page, NIGHT, page.identity, admission(store.line(EMPTY.name) or EMPTY, page))
            except Conflict:
                continue
            return
        raise AssertionError("it never got through")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(claim, pages))
    assert line_of(store).sent == (NIGHT,) * 5
    assert len({page.page for page in line_of(store).listed}) == 3
    states = sorted(page.state for page in loaded_pages(store))
    assert states == [PageState.BUNDLED] * 3 + [PageState.CLAIMED] * 5


def test_a_bundle_that_waits_is_found_when_it_is_due_and_put_off_where_that_fails(store: IncidentStore) -> None:
    line = full(store)
    _, line = admit(line, listed(text()), NIGHT)
    store.write_line(line)
    assert line.due is not None
    assert store.overdue(line.due - timedelta(seconds=1), 10) == []
    late = Overdue(incident="", due_at=line.due, line=EMPTY.name)
    assert store.overdue(line.due, 10) == [(late, 0)]
    store.postpone(late, line.due + MINUTE, 1)
    assert store.overdue(line.due, 10) == []
    assert store.overdue(line.due + MINUTE, 10) == [(replace(late, due_at=line.due + MINUTE), 1)]
    _, going = go(line_of(store), line_of(store).listed, "a", line.due)
    store.write_line(going)
    stale = line.due + STALE
    assert store.overdue(stale, 10) == [(replace(late, due_at=stale), 0)]
    store.write_line(replace(cleared(line_of(store)), going=None))
    assert store.overdue(stale + timedelta(days=1), 10) == []


def test_a_line_is_left_to_the_ttl_once_nothing_waits() -> None:
    assert line_item(replace(EMPTY, sent=(NIGHT,)))["ttl"] == {"N": str(int((NIGHT + timedelta(days=1)).timestamp()))}
    assert "ttl" not in line_item(replace(EMPTY, sent=(NIGHT,), listed=(listed(text()),), due=DUE))


def test_no_number_stands_in_a_key() -> None:
    assert NUMBER[1:] not in str({name: line_item(EMPTY)[name] for name in ("pk", "sk")})


def test_the_fullest_line_is_a_small_item() -> None:
    line = replace(EMPTY, sent=(NIGHT,) * 21)
    for place in range(LISTED_MAX + 5):
        _, line = admit(line, Listed(incident=f"Q{place:013}", page="R10#someone-with-a-name#3", number=10**6), NIGHT)
    assert size(line_item(line)) < 20_000
