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
        return f"{self.file}:{self.line}: {self.path}: {self.message}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
