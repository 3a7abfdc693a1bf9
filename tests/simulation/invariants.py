"""What must hold whatever fails, as ../docs say it: checked after each sweep, and when all has come to rest."""

from collections import Counter, defaultdict
from datetime import timedelta

from cli.world import Sent
from shared.domain.alert import Accepted, KeyStatus, key_hash
from shared.domain.bundling import LIMITS
from shared.domain.event import Action
from shared.domain.holding import Reason
from shared.domain.incident import fold
from shared.domain.instants import Instant
from shared.domain.notification import FALLBACK, REACHED, UNSETTLED, Page
from shared.domain.timeline import Kind
from tests.simulation.house import House

SWEEP = timedelta(minutes=1)
TAKEN_WITHIN = timedelta(minutes=2)  # what is due is taken, by its execution or by sweep


def pages_of(sent: Sent) -> tuple[Page, ...]:
    """The page that a message is, or those that it stands for."""
    notice = sent.notice
    if notice.bundle is not None:
        return notice.bundle.pages
    return (notice.page,) if notice.page else ()


def hold_always(house: House, faults: int = 1) -> None:
    """Invariants 2, 3, 6 and 7, and no number is ever sent more than its limit. Of several faults each may cost
    another sweep."""
    late = house.incidents.overdue(house.clock.at - TAKEN_WITHIN - (faults - 1) * SWEEP, 100)
    assert not late, f"due, and taken by nobody: {late}"
    open_keys = Counter(house.incidents.alerts(i.id)[0].key for i, _, _ in house.timelines() if i.open)
    assert all(number == 1 for number in open_keys.values()), open_keys
    for incident, log, _ in house.timelines():
        if house.told_by_its_timeline.get(incident.id) == (incident, log):
            continue  # as at the last look, and what folds once folds again
        assert fold(incident.id, log) == incident
        assert incident.version == len(log)
        assert [entry.epoch for entry in log] == sorted(entry.epoch for entry in log)
        house.told_by_its_timeline[incident.id] = (incident, log)

    no_window_holds_more_than_its_limit(house)


def no_window_holds_more_than_its_limit(house: House) -> None:
    """Attempts that failed count as well."""
    by_number: dict[tuple[str, str], list[Instant]] = defaultdict(list)
    for sent in house.sent:
        if sent.notice.contact.medium in LIMITS and sent.notice.answer is None:
            by_number[sent.notice.contact.medium, sent.notice.contact.address].append(sent.at)
    for (medium, number), moments in by_number.items():
        for limit in LIMITS[medium]:  # type: ignore[index]
            for at in moments:
                within = sum(at - limit.within < other <= at for other in moments)
                assert within <= limit.count, (medium, number, limit, at)


def hold_at_rest(house: House, unknown: int = 0) -> None:
    """All of them; at most ``unknown`` sends had an outcome that nobody could know."""
    hold_always(house)
    _every_event_took_effect_once(house)
    assert not house.events.waiting
    assert not house.pages.waiting
    assert not house.incidents.quarantined
    assert not [line for line in house.incidents.lines() if line.due_at is not None]
    sent, repeats = set[tuple[str, str]](), 0
    for message in (message for message in house.sent if not message.failed):
        told = {(page.incident, page.identity) for page in pages_of(message)}
        repeats += bool(told & sent)
        sent |= told
    assert repeats <= unknown, sent
    for incident, log, pages in house.timelines():
        assert not [page for page in pages if page.state in UNSETTLED]
        assert all((page.incident, page.identity) in sent for page in pages if page.state in REACHED)
        _no_page_after_somebody_has_it(house, incident.id, log)
        answers = Counter((e.kind, e.by.message_id) for e in log if e.by and e.by.message_id)
        assert all(number == 1 for number in answers.values()), "an answer counted twice"
        if incident.exhausted and incident.open:
            told = [page for page in pages if page.user == FALLBACK and page.state in REACHED]
            assert told or house.notebook.alarms


def _every_event_took_effect_once(house: House) -> None:
    """Invariant 1: each accepted event opened an alert, was counted, ended one, or is recorded as dropped."""
    dropped = {drop.accepted.event_id for drop in house.incidents.dropped.values()}
    opened = {alert.event_id for name in house.incidents.names() for alert in house.incidents.alerts(name)}
    by_key: dict[str, list[tuple[int, Accepted]]] = defaultdict(list)
    held_back = {held.accepted.event_id for _, held in house.incidents.holds if held.hold.reason is Reason.FLAPPING}
    for sequence, accepted in house.door.accepted.items():
        by_key[key_hash(accepted.key)].append((sequence, accepted))
    for key, events in by_key.items():
        took_effect = [(sequence, accepted) for sequence, accepted in events if accepted.event_id not in dropped]
        if not took_effect:
            continue
        known = house.incidents.key(key)
        assert known is not None
        assert int(known.last_seq) == took_effect[-1][0], "the last of them didn't take effect"
        runs = _runs_of_triggers([accepted for _, accepted in took_effect], held_back)
        waits, last = house.incidents.held(key), took_effect[-1][1].event.action
        assert (known.state in (KeyStatus.HELD, KeyStatus.RECOVERING)) is (waits is not None), "a hold was lost"
        assert last is not Action.TRIGGER or known.state not in (KeyStatus.RECOVERING, KeyStatus.CLOSED), "silent"
        for run in runs:
            assert opened & set(run) or house.incidents.held(key), f"nothing was opened by {run}"
        if known.state is KeyStatus.OPEN:
            openings = [place for place, event in enumerate(runs[-1]) if event in opened]
            since = openings[-1] if len(openings) > 1 else 0  # a person may have ended one; what was held opens late
            assert known.count == len(runs[-1]) - since, "one was lost, or counted twice"


def _runs_of_triggers(events: list[Accepted], held_back: set[str]) -> list[list[str]]:
    """Those between one recovery and the next, by their ids; a recovery that was held back ends nothing by itself."""
    runs: list[list[str]] = [[]]
    for accepted in events:
        if accepted.event.action is Action.RESOLVE:
            runs.extend([] if accepted.event_id in held_back else [[]])
        elif accepted.event.action is Action.TRIGGER:
            runs[-1].append(accepted.event_id)
    return [run for run in runs if run]


def _no_page_after_somebody_has_it(house: House, incident: str, log: list) -> None:  # type: ignore[type-arg]
    """Invariant 5, for a level's pages: from each acknowledgement or resolution until the next level is due."""
    changes = [e for e in log if e.kind in (Kind.ACKNOWLEDGED, Kind.RESOLVED, Kind.LEVEL_ENTERED)]
    for sent, page in ((message, page) for message in house.sent for page in pages_of(message)):
        if page.incident != incident or page.user == FALLBACK or page.of_responder:
            continue
        before = [entry for entry in changes if entry.at <= sent.at]
        last = before[-1] if before else None
        same_moment = last is not None and last.at == sent.at
        assert last is None or last.kind is Kind.LEVEL_ENTERED or same_moment, (page.identity, sent.at, last)
