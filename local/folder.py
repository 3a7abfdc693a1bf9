"""Where the local system keeps what it needs: one folder, and nothing outside it.

- ``state`` and ``certificates`` outlive ``tocsin down``; ``tmp`` doesn't outlive the process.
- Two locks: a command holds one while it changes anything; the background process holds the other for as long as it
  lives, which is how the living are told from the dead.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.problem import LocalError


@dataclass(frozen=True, slots=True)
class Folder:
    path: Path

    @property
    def state(self) -> Path:
        """What the emulator and the mailbox remember."""
        return self.path / "state"

    @property
    def tmp(self) -> Path:
        return self.path / "tmp"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def log(self) -> Path:
        """What the background process says."""
        return self.logs / "local.log"

    @property
    def checked(self) -> Path:
        """Which rights were asked for, where they are enforced."""
        return self.logs / "checked.jsonl"

    @property
    def assembly(self) -> Path:
        """The synthesised stacks."""
        return self.path / "asm"

    @property
    def certificates(self) -> Path:
        return self.path / "certificates"

    @property
    def ca_file(self) -> Path:
        return self.path / "ca.pem"

    @property
    def mailbox_file(self) -> Path:
        return self.state / "mailbox.jsonl"

    @property
    def ports_file(self) -> Path:
        return self.state / "ports.json"

    @property
    def deployment_file(self) -> Path:
        """What was deployed last: the digest of its sources, and the facts of its stacks."""
        return self.state / "deployment.json"

    @property
    def ready_file(self) -> Path:
        """There while the background process answers: its addresses."""
        return self.path / "ready.json"

    @property
    def description_file(self) -> Path:
        """There while the system is up, for whoever uses it."""
        return self.path / "local.json"

    @property
    def process_lock(self) -> Path:
        return self.path / "process.lock"

    def make(self) -> None:
        for path in (self.path, self.state, self.tmp, self.logs, self.certificates):
            path.mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)  # what was sent to people, and secrets, in plain text

    @contextlib.contextmanager
    def command(self) -> Iterator[None]:
        """Held by whichever command changes the system; a second one is refused."""
        self.make()
        with (self.path / "command.lock").open("a") as handle:
            if not lock(handle.fileno()):
                raise LocalError(f"another tocsin command is changing {self.path}: wait for it to end")
            yield


def lock(descriptor: int) -> bool:
    """Takes the lock of an open file, or says False. It is given back when the process ends, however it ends."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Whole or not at all, and for its owner's eyes."""
    unfinished = path.with_suffix(".part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump(value, handle, indent=2)
        handle.write("\n")
    unfinished.rename(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """None where there is no such file, or it isn't one of ours."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return value if isinstance(value, dict) else None
