"""The one process behind the local system: started apart from the command, found by its lock, stopped by its number.

- Alive means that it holds its lock, which the system takes back when a process ends, however it ends: a number that
  was given to another process is never mistaken for it.
- It inherits of the user's environment only what a program needs to run; its functions inherit that.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from local.account import NO_USER_CONFIGURATION
from local.folder import Folder, lock, read_json
from local.problem import with_log

STARTS_WITHIN = 60.0  # s; 1 to 2 on an idle machine, more while it restores a large state
STOPS_WITHIN = 60.0  # s; it writes its state and ends its functions
POLLED = 0.05  # s
INHERITED = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
)
NO_PROXY = "127.0.0.1,localhost,::1"

_children: dict[int, subprocess.Popen[bytes]] = {}  # started here, to be buried here if they end before us


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the process answers."""

    aws_endpoint: str
    events_url: str
    inject_url: str
    mailbox_url: str
    smtp: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def start(root: Path, folder: Folder, *, enforce_iam: bool = False) -> Addresses:
    """Starts it and waits until it answers. ``root`` is the project. Raises LocalError with the end of its log."""
    folder.make()
    folder.ready_file.unlink(missing_ok=True)
    if folder.log.exists():
        folder.log.rename(folder.log.with_suffix(".previous.log"))
    command = [sys.executable, "-m", "local.serve", "--folder", str(folder.path)]
    with folder.log.open("ab") as log:
        process = subprocess.Popen(
            command + ["--enforce-iam"] * enforce_iam,
            cwd=root,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the command
        )
    for ended in [number for number, child in _children.items() if child.poll() is not None]:
        del _children[ended]
    _children[process.pid] = process
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise with_log("the local AWS ended as it began:", folder.log)
        addresses = find(folder)
        if addresses:
            return addresses
        time.sleep(POLLED)
    stop(folder)
    raise with_log(f"the local AWS doesn't answer after {STARTS_WITHIN:.0f} s:", folder.log)


def _environment(folder: Folder) -> dict[str, str]:
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    proxied = {"NO_PROXY": NO_PROXY, "no_proxy": NO_PROXY}  # functions call the emulator, whatever the user's proxy
    return {**kept, **proxied, **NO_USER_CONFIGURATION, "TMPDIR": str(folder.tmp), "PYTHONUNBUFFERED": "1"}


def find(folder: Folder) -> Addresses | None:
    """Where it answers; None where it doesn't run or isn't ready."""
    ready = read_json(folder.ready_file)
    return Addresses(**ready) if ready and pid(folder) else None


def pid(folder: Folder) -> int | None:
    """Its process, if that lives."""
    try:
        with folder.process_lock.open("r+") as handle:
            if lock(handle.fileno()):
                fcntl.flock(handle.fileno(), fcntl.LOCK_UN)
                return None
            return int(handle.read() or "0") or None
    except (FileNotFoundError, ValueError):
        return None


def stop(folder: Folder) -> bool:
    """Tells it to stop and waits until it has; False where there was none. Raises LocalError if it doesn't."""
    process = pid(folder)
    if process is None:
        return False
    deadline = time.monotonic() + STOPS_WITHIN
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)
    while pid(folder) == process:
        if time.monotonic() > deadline:
            raise with_log(
                f"process {process} was told to stop and hasn't after {STOPS_WITHIN:.0f} s; "
                f"`kill -9 {process}` ends it, and loses what it holds:",
                folder.log,
            )
        time.sleep(POLLED)
    if child := _children.pop(process, None):
        child.wait()
    return True
