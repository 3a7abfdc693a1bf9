"""How long something takes, as the best of several tries: that is the work, without the machine's other load."""

from collections.abc import Callable
from time import perf_counter

TRIES = 5


def best(work: Callable[[], object], times: int = 1, tries: int = TRIES) -> float:
    """Seconds that ``work`` takes once, where it is done ``times`` times a try."""
    return min(_once(work, times) for _ in range(tries)) / times


def _once(work: Callable[[], object], times: int) -> float:
    begin = perf_counter()
    for _ in range(times):
        work()
    return perf_counter() - begin
