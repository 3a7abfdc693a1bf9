"""What browsers and chats ask of us, and what they are shown: the shape that every page here shares.

Laws: whatever is shown is text from anywhere, escaped; a page runs no script but its own, is framed by nobody, is kept
by nobody, and tells the next site nothing of its address, which may hold a signed token.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from shared.flow.ports import Deps

SAFE: Mapping[str, str] = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request: ``path`` by its parts, ``headers`` by their names in lower case."""

    method: str
    path: tuple[str, ...]
    headers: Mapping[str, str]
    body: bytes

    @property
    def token(self) -> str:
        """What stands behind the door's name; empty where that is anything else than one part."""
        return self.path[1] if len(self.path) == 2 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    status: int
    headers: Mapping[str, str]
    body: str


def as_json(status: int, body: Mapping[str, object]) -> Shown:
    headers = {**SAFE, "content-type": "application/json; charset=utf-8"}
    return Shown(status=status, headers=headers, body=json.dumps(body))


def nothing_there(deps: Deps, asked: Asked) -> Shown:
    return as_json(404, {"status": "not found", "message": "There is nothing here"})
