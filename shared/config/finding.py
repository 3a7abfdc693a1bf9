"""What is wrong with a configuration, and where: one line each, ``file:line: path: message``."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    file: str
    line: int
    path: str
    code: str
    level: Severity = Severity.ERROR
    message: str

    def __str__(self) -> str:
        """One line, whatever stands in the file."""
        said = f"{self.file}:{self.line}: {self.path}: {self.message}"
        return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in said)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
