"""The whole system on this machine: up, down, and where it is.

- Up means deployed, configured and warm; a failure on the way ends what was begun, and keeps its logs.
- Down is graceful and keeps the state: the next ``up`` has the same incidents, keys and addresses.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import account, background, description
from local.deploy import deploy
from local.deployed import Deployed, Facts
from local.description import Description
from local.folder import Folder
from local.problem import with_log
from local.progress import Progress
from local.warm_up import WarmUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A system that is up; ``facts`` are what its stacks say they made."""

    folder: Folder
    description: Description
    facts: Facts

    def client(self, service: str, config: Any = None) -> Any:
        """A boto3 client of it; ``config`` is botocore's."""
        return account.client(self.description.aws_endpoint, service, config)

    def keep_keys(self, routing_keys: Mapping[str, str]) -> "Local":
        """With the routing keys of its services, for whoever reads ``local.json``."""
        named = Local(folder=self.folder, description=self.description.with_keys(routing_keys), facts=self.facts)
        description.write(self.folder, named.description)
        return named


Configure = Callable[[Local], Mapping[str, str]]
"""Puts a configuration in force, and gives the routing key of each service."""


def up(
    root: Path,
    folder: Folder,
    progress: Progress,
    configure: Configure,
    *,
    settings: Path | None = None,
    enforce_iam: bool = False,
) -> Local:
    """The system of the project in ``root``, with its state in ``folder``; the one that is up, if one is."""
    with folder.command():
        found = _running(folder)
        if found:
            return found
        try:
            return _bring_up(root, folder, progress, configure, settings, enforce_iam=enforce_iam)
        except BaseException:
            _end(folder)
            raise


def _bring_up(
    root: Path, folder: Folder, progress: Progress, configure: Configure, settings: Path | None, *, enforce_iam: bool
) -> Local:
    crashed = folder.description_file.exists()
    with progress.step("local AWS" + (", again: it had ended without `tocsin down`" if crashed else "")):
        addresses = background.find(folder)
        if addresses is None:
            _clear(folder)
            addresses = background.start(root, folder, enforce_iam=enforce_iam)
    facts = deploy(root, folder, addresses.aws_endpoint, progress, settings)
    local = Local(folder=folder, description=description.describe(folder, addresses), facts=facts)
    with progress.step("configuration, and every function warm"):
        warm_up = WarmUp(addresses.aws_endpoint)
        keys = configure(local)
        warm_up.finish()
    return local.keep_keys(keys)


def find(folder: Folder) -> Local | None:
    """The system that is up, if one is. Raises LocalError where one was and has ended by itself."""
    found = _running(folder)
    if found is None and folder.description_file.exists() and background.pid(folder) is None:
        raise with_log(
            "the local system has ended without `tocsin down`; `tocsin up` starts it again, with what it held at "
            "the last `tocsin down`. Its last words:",
            folder.log,
        )
    return found


def _running(folder: Folder) -> Local | None:
    described, facts = description.read(folder), Deployed(folder.deployment_file).facts()
    if described is None or facts is None or background.find(folder) is None:
        return None
    return Local(folder=folder, description=described, facts=facts)


def down(folder: Folder, *, delete: bool = False) -> bool:
    """Whether there was a system to stop. ``delete`` leaves no file behind either."""
    if not folder.path.exists():
        return False
    with folder.command():
        was_up = _end(folder)
        if delete:
            shutil.rmtree(folder.path)
    return was_up


def _end(folder: Folder) -> bool:
    was_up = background.stop(folder)
    _clear(folder)
    return was_up


def _clear(folder: Folder) -> None:
    """What may not outlive the process."""
    for file in (folder.description_file, folder.ready_file):
        file.unlink(missing_ok=True)
    shutil.rmtree(folder.tmp, ignore_errors=True)
