"""What an event, a batch and an incident cost in calls, units and transitions: counted, never timed."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from bench.account import STALE, Account, account, message
from bench.counting import Call

A_BATCH = 10  # the most messages that Lambda takes from a FIFO queue at once
IN_THE_FIRST_SLEEP = timedelta(minutes=1)  # the second rule of the first level is due after two


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What some calls amount to."""

    calls: int
    write_units: int
    read_units: float
    new_items: int

    @classmethod
    def of(cls, calls: list[Call]) -> "Count":
        return cls(
            calls=len(calls),
            write_units=sum(call.write_units for call in calls),
            read_units=sum(call.read_units for call in calls),
            new_items=sum(call.items for call in calls),
        )


def accepted_event() -> list[Call]:
    """By ingest: warm, and the sender's key is known."""
    with account() as here:
        here.post(message("another"))
        mark = here.ledger.mark()
        here.post(message())
        return here.ledger.since(mark, "ingest")


def new_alert() -> list[Call]:
    """By triage, warm: an alert of 1 KB that opens an incident."""
    with account() as here:
        here.function("triage").directory.current()
        here.post(message())
        mark = here.ledger.mark()
        here.triage()
        return here.ledger.since(mark, "triage")


def repeats(of_them: int = A_BATCH) -> list[Call]:
    """By triage, warm: one batch of repeats of an alert that is open."""
    with _open() as here:
        for _ in range(of_them):
            here.post(message())
        mark = here.ledger.mark()
        here.triage()
        return here.ledger.since(mark, "triage")


def batch_from_end_to_end() -> list[Call]:
    """By all functions: a batch of repeats, each function looking up the directory's version anew."""
    with _open() as here:
        here.pass_time(STALE)
        mark = here.ledger.mark()
        for _ in range(A_BATCH):
            here.post(message())
        here.triage()
        return here.ledger.since(mark)


def recovery() -> list[Call]:
    """By triage, warm: the alert is over, and with it its incident."""
    with _open() as here:
        here.post(message(action="resolve"))
        mark = here.ledger.mark()
        here.triage()
        return here.ledger.since(mark, "triage")


def acknowledged_in_the_first_sleep() -> list[str]:
    """The states that the run enters."""
    with _open() as here:
        return here.escalation(acknowledged_at=IN_THE_FIRST_SLEEP)


def two_levels_unanswered() -> list[str]:
    """Two rules each; then the policy is exhausted."""
    with _open() as here:
        return here.escalation()


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One alert from its first event to its recovery a minute later: what everything but its repeats amounts to."""

    calls: list[Call]
    transitions: int


def life() -> Life:
    """The second of two, when every function is warm."""
    with account() as here:
        _live(here)
        mark = here.ledger.mark()
        entered = _live(here)
        return Life(calls=here.ledger.since(mark), transitions=len(entered))


def _live(here: Account) -> list[str]:
    here.post(message())
    here.triage()
    here.publish()
    entered = here.escalation(resolved_at=IN_THE_FIRST_SLEEP)
    here.publish()
    return entered


def idle_sweep() -> list[Call]:
    """By sweep, warm, with nothing to do."""
    with account() as here:
        here.sweep()
        mark = here.ledger.mark()
        here.sweep()
        return here.ledger.since(mark, "sweep")


@contextmanager
def _open() -> Generator[Account]:
    """An account with one open alert, every function that took part in it warm."""
    with account() as here:
        here.post(message())
        here.triage()
        yield here
