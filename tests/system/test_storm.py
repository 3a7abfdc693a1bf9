"""Fifty incidents at once for one person's phone: five texts, one bundle, the rest by mail at once, and none lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from shared.domain.assignment import people_on_call
from shared.domain.bundling import line_name
from shared.domain.directory import Medium
from shared.domain.notification import REACHED, Page, PageState
from tests.system.conftest import Running, eventually

STORM = 50
AT_ONCE = timedelta(seconds=20)  # by mail, on a busy machine; linus's own rule would be after 30 s
UNDER_LOAD = 120.0  # s
QUARTER = timedelta(minutes=15)


def test_a_storm_of_fifty_incidents_is_five_texts_one_bundle_and_mail_at_once(running: Running) -> None:
    directory = running.deps.directory.current()
    [person] = people_on_call(directory.policies["platform"].levels[0], 0, directory, running.deps.now())
    number = next(c.address for c in directory.users[person].contacts if c.medium is Medium.SMS)
    running.hours_later(number)
    earlier, began = len(texts(running, number)), running.deps.now()
    names = [f"storm-{place}" for place in range(STORM)]
    with ThreadPoolExecutor(16) as pool:
        assert {status for status, _ in pool.map(lambda name: running.trigger(name, "platform"), names)} == {202}

    def all_told() -> dict[str, dict[Medium, Page]] | None:
        found = {name: pages_of(running, name, person) for name in names}
        return found if all(told(pages) for pages in found.values()) else None

    storm = eventually(all_told, "word of each by text, bundle and mail", UNDER_LOAD)
    sent_singly = [name for name in names if storm[name][Medium.SMS].state in REACHED]
    bundled = [name for name in names if name not in sent_singly]
    assert len(texts(running, number)) - earlier == len(sent_singly) == 5
    assert all(storm[name][Medium.SMS].state is PageState.BUNDLED for name in bundled)
    if storm[bundled[0]][Medium.EMAIL].rule > storm[bundled[0]][Medium.SMS].rule:
        late = [storm[name][Medium.EMAIL] for name in bundled]
        assert all(page.due - storm[name][Medium.SMS].due < AT_ONCE for page, name in zip(late, bundled, strict=True))

    line = running.deps.incidents.line(line_name(Medium.SMS, number))
    assert line is not None
    assert line.due is not None
    assert began + QUARTER <= line.due <= running.deps.now() + QUARTER
    incidents = {name: running.incident_of(name, "platform").incident for name in names}  # type: ignore[union-attr]
    assert {page.incident for page in line.listed} == {incidents[name].id for name in bundled}

    over, left = bundled[:5], bundled[5:]
    for name in over:
        running.enqueue(routing_key=running.key("platform"), event_action="resolve", dedup_key=name)
    eventually(lambda: not any(running.incident_of(name, "platform").incident.open for name in over))  # type: ignore[union-attr]
    running.hours_later(number)
    states = {name: pages_of(running, name, person)[Medium.SMS] for name in bundled}
    assert {states[name].state for name in over} == {PageState.SUPERSEDED}
    assert {states[name].state for name in left} == {PageState.SENT}
    assert len({states[name].provider_id for name in left}) == 1
    [bundle] = texts(running, number)[earlier + 5 :]
    shown, _, counted = bundle["text"].removeprefix("TOCSIN: ").partition(".")[0].partition(" and ")
    assert set(shown.split(", ")) <= {str(incidents[name].number) for name in left}
    assert shown.count(",") + 1 + int(counted.removesuffix(" more") or 0) == len(left)
    for name in (*sent_singly, *left):
        running.enqueue(routing_key=running.key("platform"), event_action="resolve", dedup_key=name)


def texts(running: Running, number: str) -> list[dict[str, Any]]:
    """In the order in which they were sent."""
    found = [m for m in running.mailbox() if m["channel"] == "sms" and m["to"] == number]
    return sorted(found, key=lambda message: message["at"])


def pages_of(running: Running, name: str, person: str) -> dict[Medium, Page]:
    loaded = running.incident_of(name, "platform")
    return {page.medium: page for page in (loaded.pages if loaded else ()) if page.user == person}


def told(pages: dict[Medium, Page]) -> bool:
    """By mail, and by text or with a place in the bundle; a mail whose own time hasn't come needn't be there."""
    if Medium.SMS not in pages:
        return False
    text = pages[Medium.SMS].state
    mailed = Medium.EMAIL in pages and pages[Medium.EMAIL].state in REACHED
    return text in REACHED or (text is PageState.BUNDLED and mailed)
