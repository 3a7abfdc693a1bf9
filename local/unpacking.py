"""Stands in for the standard library's ``zipfile`` in the emulator's Lambda: a bundle is unpacked once, then linked.

The emulator unpacks a function's whole bundle for every process of it: 3 s of a cold start with 30 MB, 10 s for six at
once. All functions share one bundle, so its first process unpacks it for all; the others get links, which costs 2 ms.
"""

import hashlib
import os
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path
from types import TracebackType

SHELF = "tocsin-bundles"  # in the temporary directory, which goes with the process

BadZipFile = zipfile.BadZipFile

_one_at_a_time = threading.Lock()


class ZipFile:
    """What the emulator uses of ``zipfile.ZipFile``."""

    def __init__(self, file: str) -> None:
        self._file = Path(file)

    def __enter__(self) -> "ZipFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left open."""

    def namelist(self) -> list[str]:
        with zipfile.ZipFile(self._file) as bundle:
            return bundle.namelist()

    def extractall(self, path: str) -> None:
        unpacked = _unpacked(self._file)
        for entry in os.scandir(unpacked):
            Path(path, entry.name).symlink_to(entry.path)
        self._file.unlink()  # 30 MB a process, which nobody reads again


def _unpacked(file: Path) -> Path:
    with file.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()[:32]
    folder = Path(tempfile.gettempdir(), SHELF, digest)
    with _one_at_a_time:
        if not folder.is_dir():
            unfinished = folder.with_suffix(".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            with zipfile.ZipFile(file) as bundle:
                bundle.extractall(unfinished)
            unfinished.rename(folder)
    return folder
