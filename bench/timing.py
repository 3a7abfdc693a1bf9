"""How long something keeps the processor, as the best of several tries: the work itself, without the machine's load."""

from collections.abc import Callable
from time import thread_time

TRIES = 5


def best(work: Callable[[], object], times: int = 1, tries: int = TRIES) -> float:
    """Seconds of this thread that ``work`` takes once, where it is done ``times`` times a try."""
    return min(_once(work, times) for _ in range(tries)) / times


def _once(work: Callable[[], object], times: int) -> float:
    begin = thread_time()
    for _ in range(times):
        work()
    return thread_time() - begin
