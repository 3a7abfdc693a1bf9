"""Configuration of the deployed system: in force everywhere within seconds; who applies at once wins, or is told."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cli import history
from cli.apply import Applied, apply
from cli.local_system import EXAMPLE
from shared.domain.errors import Conflict
from tests.system.conftest import Running, eventually


@pytest.fixture
def folders(running: Running, tmp_path: Path) -> Iterator[list[Path]]:
    """Four edits of the example; afterwards the example is in force again."""
    made = []
    for number in range(4):
        folder = tmp_path / str(number)
        shutil.copytree(EXAMPLE, folder)
        services = folder / "services.yaml"
        services.write_text(services.read_text().replace("after: 10m", f"after: {20 + number}m"))
        made.append(folder)
    yield made
    apply(EXAMPLE, running.deployment, running.deps.now())


def test_who_apply_at_once_win_or_are_told_and_nothing_is_half_in_force(running: Running, folders: list[Path]) -> None:
    before = history.versions(running.deployment)

    def put(folder: Path) -> Applied | str:
        try:
            return apply(folder, running.deployment, running.deps.now())
        except Conflict as told:
            return str(told)

    with ThreadPoolExecutor(len(folders)) as pool:
        outcomes = list(pool.map(put, folders))
    won = [(folder, outcome) for folder, outcome in zip(folders, outcomes, strict=True) if isinstance(outcome, Applied)]
    assert len(won) >= 1
    assert all("Nothing of yours was applied" in said for said in outcomes if isinstance(said, str))
    assert len(history.versions(running.deployment)) == len(before) + len(won)

    _, last = max(won, key=lambda pair: pair[1].version or 0)
    in_force = running.deployment.directory().current()
    assert in_force.version == last.version
    assert eventually(lambda: running.deps.directory.current().version == last.version, "the new version")
    assert last.routing_keys == dict(running.local.description.routing_keys)
