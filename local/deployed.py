"""What was deployed last: the digest of its sources, and the facts that its stacks left in a parameter."""

import re
from collections.abc import Mapping
from pathlib import Path

from local.folder import read_json, write_json

Facts = Mapping[str, str]


class Deployed:
    """Read by the background process whenever it needs it, written by the command that deploys."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_at = 0
        self._digest: str | None = None
        self._facts: Facts | None = None

    def facts(self) -> Facts | None:
        self._look()
        return self._facts

    def digest(self) -> str | None:
        self._look()
        return self._digest

    def api(self) -> str | None:
        """The identity of the HTTP API: the first label of its address."""
        facts = self.facts()
        found = re.match(r"https?://([a-z0-9]+)\.execute-api\.", facts["api_url"]) if facts else None
        return found.group(1) if found else None

    def write(self, digest: str, facts: Facts) -> None:
        write_json(self._file, {"digest": digest, "facts": dict(facts)})

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)

    def _look(self) -> None:
        try:
            written_at = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            written_at = 0
        if written_at != self._read_at:
            read = read_json(self._file) or {}
            self._digest, self._facts, self._read_at = read.get("digest"), read.get("facts"), written_at
