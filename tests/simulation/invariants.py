"""What must hold whatever fails, as ../docs say it: checked after each sweep, and when all has come to rest."""

from collections import Counter
from datetime import timedelta

from shared.domain.incident import fold
from shared.domain.notification import FALLBACK, REACHED, WAITING
from shared.domain.timeline import Kind
from tests.simulation.house import House

TAKEN_WITHIN = timedelta(minutes=2)  # what is due is taken, by its execution or by sweep


def hold_always(house: House) -> None:
    """Invariants 2, 3, 6 and 7."""
    late = house.incidents.overdue(house.clock.at - TAKEN_WITHIN, 100)
    assert not late, f"due, and taken by nobody: {late}"
    open_keys = Counter(house.incidents.alerts(i.id)[0].key for i, _, _ in house.timelines() if i.open)
    assert all(number == 1 for number in open_keys.values()), open_keys
    for incident, log, _ in house.timelines():
        assert fold(incident.id, log) == incident
        assert incident.version == len(log)
        assert [entry.epoch for entry in log] == sorted(entry.epoch for entry in log)


def hold_at_rest(house: House, unknown: int = 0) -> None:
    """All of them; at most ``unknown`` sends had an outcome that nobody could know."""
    hold_always(house)
    assert not house.events.waiting
    assert not house.pages.waiting
    assert not house.incidents.quarantined
    arrived = [s.notice.page for s in house.sent if s.notice.page and not s.failed]
    sent = Counter((page.incident, page.identity) for page in arrived)
    assert sum(number - 1 for number in sent.values()) <= unknown, sent
    for incident, log, pages in house.timelines():
        assert not [page for page in pages if page.state in WAITING]
        assert all(sent[page.incident, page.identity] for page in pages if page.state in REACHED)
        _no_page_after_somebody_has_it(house, incident.id, log)
        if incident.exhausted and incident.open:
            told = [page for page in pages if page.user == FALLBACK and page.state in REACHED]
            assert told or house.notebook.alarms


def _no_page_after_somebody_has_it(house: House, incident: str, log: list) -> None:  # type: ignore[type-arg]
    """Invariant 5, for a level's pages: from each acknowledgement or resolution until the next level is due."""
    changes = [e for e in log if e.kind in (Kind.ACKNOWLEDGED, Kind.RESOLVED, Kind.LEVEL_ENTERED)]
    for sent in house.sent:
        page = sent.notice.page
        if page is None or page.incident != incident or page.user == FALLBACK or page.of_responder:
            continue
        before = [entry for entry in changes if entry.at <= sent.at]
        last = before[-1] if before else None
        same_moment = last is not None and last.at == sent.at
        assert last is None or last.kind is Kind.LEVEL_ENTERED or same_moment, (page.identity, sent.at, last)
