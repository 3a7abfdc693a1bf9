"""The bundle of one number: a message for all pages that were over its limit, as soon as the limit allows.

Laws: it is claimed before it is sent, as a page is, and counts from then on; it names only what is still due. What it
lists is sent with it, or lost with it; where nobody can say whether it arrived, what it listed is in the next, once. A
bundle that nobody sends is found by ``sweep``.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.domain.bundling import (
    PATIENCE,
    Going,
    Line,
    Listed,
    allowed_at,
    cleared,
    come_back,
    go,
    in_words,
    may_go,
)
from shared.domain.directory import Contact
from shared.domain.errors import Conflict
from shared.domain.notification import ATTEMPTS, FALLBACK, Page, PageState
from shared.domain.paging import still_due
from shared.flow.channel import Bundle, Notice, OutcomeUnknown, SendFailed
from shared.flow.escalate import queue
from shared.flow.handing_on import find, following_page, lose, settle
from shared.flow.ports import Deps, Unavailable
from shared.flow.stores import Change, Loaded
from shared.flow.texted import note_texted

TRIES = 25  # pages that join a bundle while it is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A message of the queue of pages: the bundle of this line is due."""

    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A listed page, and its incident as it was read."""

    listed: Listed
    loaded: Loaded
    page: Page


def announce(deps: Deps, line: Line) -> None:
    """Word to the queue that the bundle is due, at its time."""
    if line.due is None:
        return
    seconds = max(1, math.ceil((max(line.due, allowed_at(line, deps.now())) - deps.now()).total_seconds()))
    try:
        deps.pages.put_bundle(line.name, seconds)
    except Unavailable as fault:
        deps.journal.fault("bundle", f"{fault}; sweep sends the bundle on")


def run(deps: Deps, order: Order, attempt: str) -> None:
    """Sends the bundle if it is due and nobody else does. Raises Unavailable where it may come again."""
    for _ in range(TRIES):
        line = deps.incidents.line(order.line)
        with suppress(Conflict):  # a page joined it meanwhile: look again
            return _carry_on(deps, line, attempt) if line else None
    raise Unavailable("a bundle is being written to without pause; it comes again")


def _carry_on(deps: Deps, line: Line, attempt: str) -> None:
    now = deps.now()
    if line.going is not None:
        return _take_over(deps, line, line.going, attempt) if line.going.stale_at <= now else None
    if not may_go(line, now):
        return announce(deps, line)
    waiting = list(_still_due(deps, line.listed))
    if not waiting:  # what is only counted counted as failed, and was handed on
        return deps.incidents.write_line(cleared(line))
    going, after = go(line, [each.listed for each in waiting], attempt, now)
    notice = _notice(deps, line, waiting)  # read before the claim: a read that fails leaves the bundle as it was
    deps.incidents.write_line(after)
    return _send(deps, line, going, waiting, notice)


def _notice(deps: Deps, line: Line, waiting: list[_Waiting]) -> Notice:
    first, directory = waiting[0], deps.directory.current()
    user = next((each.page.user for each in waiting if each.page.user != FALLBACK), FALLBACK)
    contact = Contact(name=first.page.method, medium=line.medium, address=line.address)
    text = in_words([each.listed for each in waiting], line.more, _link(deps, user, contact))
    return Notice(
        incident=first.loaded.incident,
        contact=contact,
        user=directory.users.get(user),
        page=None,
        alert=None,
        reply_to=None,
        account=directory.account.name,
        bundle=Bundle(text=text, pages=tuple(each.page for each in waiting)),
    )


def _link(deps: Deps, user: str, contact: Contact) -> str:
    """To everything open that the person was told of. A bundle without a link is better than none."""
    if user == FALLBACK:
        return ""
    try:
        return deps.replies.overview(user, contact, deps.now()) or ""
    except Unavailable as fault:
        deps.journal.fault("bundle", f"{fault}; the bundle goes out without a link")
        return ""


def _send(deps: Deps, line: Line, going: Going, waiting: list[_Waiting], notice: Notice) -> None:
    deps.journal.summary("bundle", pages=len(waiting), counted=line.more)
    for each in waiting:
        note_texted(deps, each.loaded.incident, each.page)
    try:
        provider_id = deps.channels[line.medium].send(notice)
    except SendFailed as fault:
        for each in waiting:
            failed = replace(each.page, state=PageState.FAILED, error=str(fault))
            lose(deps, each.loaded, failed, handed_on=each.listed.handed_on)
    except OutcomeUnknown as fault:
        return _come_back(deps, line.name, going, str(fault))
    else:
        for each in waiting:
            settle(deps, replace(each.page, state=PageState.SENT, provider_id=provider_id, sent_at=deps.now()))
    return _finish(deps, line.name, going, lambda held: replace(held, going=None))


def _take_over(deps: Deps, line: Line, going: Going, attempt: str) -> None:
    """Whoever was sending it is gone."""
    mine = replace(going, attempt=attempt, claimed_at=deps.now())
    deps.incidents.write_line(replace(line, going=mine))
    _come_back(deps, line.name, mine, "nobody can say whether the bundle was sent")


def _come_back(deps: Deps, name: str, going: Going, error: str) -> None:
    """It may have arrived, or not: what it listed is in the next bundle, or was in two and is lost."""
    again: list[Listed] = []
    for each in _still_due(deps, going.listed):
        if each.listed.tries >= ATTEMPTS:
            unknown = replace(each.page, state=PageState.UNKNOWN, error=error)
            lose(deps, each.loaded, unknown, handed_on=each.listed.handed_on)
        else:
            again.append(each.listed)
    line = deps.incidents.line(name)
    if line is not None and allowed_at(line, deps.now()) - deps.now() > PATIENCE:
        again = [_handed_on(deps, listed) for listed in again]
    _finish(deps, name, going, lambda held: come_back(held, again, deps.now()))


def _handed_on(deps: Deps, listed: Listed) -> Listed:
    """A page that has to wait for long after all: its person's next method at once."""
    for _ in range(0 if listed.handed_on else TRIES):
        loaded = deps.incidents.load(listed.incident)
        page = find(loaded, listed.page)
        following = following_page(deps, loaded, page) if loaded and page else None
        if page is None or following is None:
            break
        with suppress(Conflict):
            deps.incidents.commit(Change(pages=(following,), settled=page))
            queue(deps, (following,))
            break
    return replace(listed, handed_on=True)


def _finish(deps: Deps, name: str, going: Going, change: Callable[[Line], Line]) -> None:
    """Nothing is under way any more; what joined meanwhile has its time."""
    for _ in range(TRIES):
        held = deps.incidents.line(name)
        if held is None or held.going is None or held.going.attempt != going.attempt:
            return None
        after = change(held)
        with suppress(Conflict):
            deps.incidents.write_line(after)
            return announce(deps, after)
    raise Unavailable("a number's line is being written to without pause; sweep carries on")


def _still_due(deps: Deps, pages: Iterable[Listed]) -> Iterator[_Waiting]:
    """Those that still wait for the bundle; what is over is recorded as such."""
    known: dict[str, Loaded | None] = {}
    for listed in pages:
        if listed.incident not in known:
            known[listed.incident] = deps.incidents.load(listed.incident)
        loaded = known[listed.incident]
        page = find(loaded, listed.page)
        if loaded is None or page is None or page.state is not PageState.BUNDLED:
            continue
        if still_due(loaded.incident, page):
            yield _Waiting(listed=listed, loaded=loaded, page=page)
        else:
            settle(deps, replace(page, state=PageState.SUPERSEDED))
