"""A folder of configuration as commands take it: read, or refused with every finding on a line."""

from pathlib import Path

from cli.console import Failed
from shared.config.build import build, mint
from shared.config.lint import unusable
from shared.config.read import Loaded, load
from shared.domain.directory import Directory
from shared.domain.ids import object_id

NOT_APPLIED = 0  # the version of a directory that no deployment has


def read_folder(folder: Path) -> Loaded:
    """Raises Failed where it can't be read or referenced; gaps and unreachable people are for ``lint``."""
    loaded = load(folder)
    faults = unusable(loaded)
    if faults:
        raise Failed(*(str(fault) for fault in faults))
    return loaded


def directory_of(folder: Path) -> Directory:
    """The folder as the domain sees it. Integrations without a routing key get one that is the same each time."""
    document = read_folder(folder).document
    keys = (f"R{object_id('key', str(place))}".ljust(32, "0") for place in range(100_000))
    return build(mint(document, None, lambda: next(keys)), NOT_APPLIED + 1)
