"""How soon a body that is meant to do harm is answered: the worst of some, beside a parser that trusts its input."""

import gzip
import json
from contextlib import suppress
from dataclasses import dataclass

from bench.account import EVENING, SET_UP
from bench.timing import best
from cli.world import World
from shared.config.build import build
from shared.flow import ingest

BOMB = 200 * 2**20  # bytes, inflated; about 200 KB as they come
LARGEST = 524_288  # bytes that are looked at at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Seconds: of the worst body here, and of the bomb where nobody looks first."""

    worst: float
    name: str
    trusting: float


def refused() -> Refused:
    bomb = gzip.compress(b" " * BOMB, compresslevel=9)
    bodies: dict[str, tuple[bytes, str | None]] = {
        "deep": (b"[" * LARGEST, None),
        "a huge number": (b'{"payload": ' + b"9" * (LARGEST - 14) + b"}", None),
        "many values": (b"[" + b"1," * (LARGEST // 2 - 2) + b"1]", None),
        "a bomb": (bomb, "gzip"),
    }
    deps = World(build(SET_UP, 1), EVENING).deps
    took: dict[str, float] = {}
    for name, (body, encoding) in bodies.items():
        assert ingest.enqueue(deps, body, encoding, name).status in {400, 413}, name
        took[name] = best(lambda body=body, encoding=encoding: ingest.enqueue(deps, body, encoding, "again"))
    worst = max(took, key=lambda name: took[name])
    return Refused(worst=took[worst], name=worst, trusting=best(lambda: _trusting(bomb), tries=1))


def _trusting(body: bytes) -> None:
    with suppress(ValueError):
        json.loads(gzip.decompress(body))
