"""What ``sweep`` says before there is anything to sweep, and when it can't ask."""

from dataclasses import replace

import pytest

from cli.world import World
from shared.domain.directory import Directory
from shared.flow import sweep
from shared.flow.ports import NothingApplied, Unavailable
from shared.store.memory import MemoryDirectory
from tests.flow.people import directory
from tests.flow.story import EVENING, Story


def test_between_the_first_deployment_and_the_first_apply_it_is_quiet() -> None:
    world = World(directory(), EVENING)
    before_apply = replace(world.deps, directory=MemoryDirectory())
    assert sweep.run(before_apply) == 0
    assert world.notebook.faults == []
    assert world.incidents.hearts_as_of() == 0  # nothing counts as set up


def test_what_is_overdue_is_taken_as_if_nothing_were_missing() -> None:
    """A beat that waits, and a directory that isn't there: the fault is told, and nothing hidden."""
    night = Story(directory()).receive()
    night.world.clock.at = EVENING.replace(minute=10)
    before_apply = replace(night.world.deps, directory=MemoryDirectory())
    assert sweep.run(before_apply) == 0
    (fault,) = night.world.notebook.faults
    assert fault.startswith("sweep: NothingApplied: no set-up was applied yet")


def test_a_directory_that_can_t_be_read_is_a_fault_each_time() -> None:
    class Unreadable:
        def current(self) -> Directory:
            raise Unavailable("DynamoDB didn't answer")

    world = World(directory(), EVENING)
    for _ in range(2):
        sweep.run(replace(world.deps, directory=Unreadable()))  # type: ignore[arg-type]
    assert world.notebook.faults == ["sweep: DynamoDB didn't answer; heartbeats are set up by the next sweep"] * 2


def test_it_is_set_up_by_the_first_sweep_after_apply() -> None:
    world = World(directory(), EVENING)
    applied = MemoryDirectory()
    deps = replace(world.deps, directory=applied)
    with pytest.raises(NothingApplied):
        applied.current()
    sweep.run(deps)
    applied.put(directory(version=1))
    sweep.run(deps)
    assert world.incidents.hearts_as_of() == 1
