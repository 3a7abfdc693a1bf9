"""Which rights were asked for, where the emulator enforces them: one line a check, for whoever compares them.

What a function's role is asked for is exactly what the function called: the emulator checks each call, and each item
of a transaction, by the action and the resource that AWS would name.
"""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Checked:
    """``role`` is the name of the function's role; ``allowed`` whether it had the right."""

    role: str
    action: str
    resource: str
    allowed: bool


class Record:
    """Appends what is checked of roles to a file."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()

    def around(self, enforce: Callable[..., Any], who_is: Callable[[str], Any]) -> Callable[..., Any]:
        """``enforce`` of the emulator, written down; ``who_is`` tells whose an access key is."""

        def checked(access_key_id: str, iam_action: str, service: str, region: str, *more: Any, **named: Any) -> Any:
            denied = enforce(access_key_id, iam_action, service, region, *more, **named)
            resource = more[0] if more else named.get("resource_arn", "*")
            self._keep(_role(who_is(access_key_id)), iam_action, resource, allowed=denied is None)
            return denied

        return checked

    def _keep(self, role: str | None, action: str, resource: str, *, allowed: bool) -> None:
        if role is None:
            return
        line = json.dumps(asdict(Checked(role, action, resource, allowed)))
        with self._lock, self._path.open("a") as file:
            file.write(f"{line}\n")


def read(path: Path) -> Iterator[Checked]:
    """What was checked so far."""
    if path.exists():
        yield from (Checked(**json.loads(line)) for line in path.read_text().splitlines())


def _role(identity: Any) -> str | None:
    """The role of ``arn:aws:sts::<account>:assumed-role/<role>/<session>``; None for whoever is no role."""
    _, found, rest = str((identity or {}).get("userArn", "")).partition(":assumed-role/")
    return rest.partition("/")[0] if found else None
