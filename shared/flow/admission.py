"""Whether a page is sent by itself: a number takes only so many texts and calls.

The page is claimed and its number's line written in one transaction, so that a crash can't count it wrongly; an attempt
that holds its claim isn't counted again. Media without limits know no line.
"""

from shared.domain import bundling
from shared.domain.bundling import LIMITS, Line, Listed, Verdict, line_name
from shared.domain.errors import Conflict
from shared.domain.notification import Page, PageState
from shared.flow.bundle import announce
from shared.flow.escalate import queue
from shared.flow.handing_on import find, following_page
from shared.flow.ports import Deps, Unavailable
from shared.flow.stores import Admission, Loaded

TRIES = 25  # as many pages of one number at once, of which one is written first each time


def admit(deps: Deps, loaded: Loaded, page: Page, attempt: str) -> tuple[Verdict, Page] | None:
    """The page as the attempt has it: claimed, or listed in the bundle of its number; None where it isn't ours.

    Raises Unavailable.
    """
    if page.medium not in LIMITS or page.medium not in deps.channels:
        claimed = deps.incidents.claim(page, deps.now(), attempt)
        return claimed and (Verdict.SEND, claimed)
    for _ in range(TRIES):
        try:
            return _admit(deps, loaded, page, attempt)
        except Conflict:
            found = deps.incidents.load(page.incident)
            if found is None or find(found, page.identity) != page:
                return None  # another attempt has it meanwhile
            loaded = found
    raise Unavailable(f"{page.incident}: too many pages go to one number at once; this one comes again")


def _admit(deps: Deps, loaded: Loaded, page: Page, attempt: str) -> tuple[Verdict, Page] | None:
    """Raises Conflict where another page of the number was first."""
    now = deps.now()
    line = deps.incidents.line(line_name(page.medium, page.address)) or Line(medium=page.medium, address=page.address)
    listed = Listed(incident=page.incident, page=page.identity, number=loaded.incident.number, tries=page.attempts)
    verdict, after = bundling.admit(line, listed, now)
    instead = following_page(deps, loaded, page) if verdict is Verdict.HAND_ON else None
    bundled = verdict in (Verdict.WAIT, Verdict.HAND_ON)
    taken = deps.incidents.claim(page, now, attempt, Admission(line=after, bundled=bundled, instead=instead))
    if taken is None:
        return None
    if taken.state is PageState.BUNDLED:
        queue(deps, (instead,) if instead else ())
        if line.due is None:
            announce(deps, after)
    return verdict, taken
