"""``sweep``: each minute, whatever is overdue, found by index; it takes the turn itself, so that paging goes on even
without Step Functions.

The rightful worker has 30 s of grace. Each incident is on its own: one that fails is pushed back, and after three tries
the fallback contact is told.
"""

from datetime import timedelta

from shared.domain.errors import Conflict
from shared.domain.notification import GRACE
from shared.flow.announce import say_what_is_due
from shared.flow.escalate import begin_run, queue, take
from shared.flow.heartbeats import raise_silence, set_up_hearts
from shared.flow.held import release
from shared.flow.ports import Deps, NothingApplied, Unavailable
from shared.flow.stores import Overdue

PUSHED_BACK = timedelta(minutes=1)
TRIES = 3  # then the fallback contact is told
AT_ONCE = 200  # what one sweep takes; the oldest first, the rest a minute later


def run(deps: Deps) -> int:
    """How many overdue things were carried out."""
    done = failed = 0
    _set_up_hearts(deps)
    for overdue, tries in deps.incidents.overdue(deps.now() - GRACE, AT_ONCE):
        try:
            _carry_out(deps, overdue)
            done += 1
        except Conflict:
            continue  # somebody is at it this very moment
        except Exception as fault:  # noqa: BLE001 - one incident's fault holds up no other; it is told of, and tried again
            failed += 1
            _push_back(deps, overdue, tries + 1, fault)
    _remind_of_webhooks(deps)
    if done or failed:
        deps.journal.summary("sweep", done=done, failed=failed)
    return done


def _set_up_hearts(deps: Deps) -> None:
    """What is overdue doesn't wait for it; the next sweep tries again."""
    try:
        set_up_hearts(deps)
    except NothingApplied:
        return  # a new deployment: nothing is to be heard yet, and the first `apply` is met by the next sweep
    except (Conflict, Unavailable) as fault:
        deps.journal.fault("sweep", f"{fault}; heartbeats are set up by the next sweep")


def _remind_of_webhooks(deps: Deps) -> None:
    """Last, as no page waits for a webhook."""
    try:
        say_what_is_due(deps)
    except Unavailable as fault:
        deps.journal.fault("sweep", f"{fault}; webhooks that are due are told a minute later")


def _carry_out(deps: Deps, overdue: Overdue) -> None:
    if overdue.heart is not None:
        return raise_silence(deps, overdue.heart)
    if overdue.held is not None:
        return release(deps, overdue.held)
    if overdue.line is not None:
        return deps.pages.put_bundle(overdue.line, 0)
    loaded = deps.incidents.load(overdue.incident)
    if loaded is None:
        return None
    if overdue.page is not None:
        return queue(deps, tuple(page for page in loaded.pages if page.identity == overdue.page))
    if loaded.due_at is None or loaded.due_at > deps.now():
        return None  # the index was behind
    turn = take(deps, loaded)
    return begin_run(deps, turn.incident, turn.wake_at)


def _named(overdue: Overdue) -> str:
    if overdue.heart is not None:
        return f"the heartbeat {overdue.heart}"
    if overdue.line is not None:
        return f"the bundle of the number {overdue.line[:8]}"
    return f"incident {overdue.incident}" if overdue.incident else f"the held alert {overdue.held}"


def _push_back(deps: Deps, overdue: Overdue, tries: int, fault: Exception) -> None:
    what = _named(overdue)
    reason = f"{type(fault).__name__}: {fault}"
    deps.journal.fault("sweep", reason, what=what, tries=tries)
    deps.journal.count("SweepFailed")
    try:
        deps.incidents.postpone(overdue, deps.now() + PUSHED_BACK, tries)
        if tries == TRIES:
            deps.alarms.tell_fallback(
                f"{what[:1].upper()}{what[1:]} can't be carried on",
                f"Its next step was due at {overdue.due_at} and failed {tries} times: {reason}\nLook at it now.",
            )
    except Unavailable as further:  # it stays overdue, and the next sweep meets it again
        deps.journal.fault("sweep", str(further), what=what, tries=tries)
