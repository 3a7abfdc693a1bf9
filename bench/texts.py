"""How many parts the texts take that people are sent: those of real messages where a collection is here, else samples.

Each message goes the way that a simulated one goes, to somebody who is told by text.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.account import EVENING, ROUTING_KEY
from cli.simulate import Night, simulate
from shared.channels.gsm7 import parts
from shared.config.build import build
from shared.domain.errors import TocsinError
from shared.domain.event import Action, Event
from shared.sources.bodies import parse_json
from shared.sources.registry import SOURCES

SAMPLES = Path(__file__).parents[1] / "events"
SPEAKS = {
    "events_v2": "events_v2",
    "pagerduty": "events_v2",
    "alertmanager-pagerduty": "events_v2",
    "apprise": "events_v2",
}

SET_UP: Mapping[str, Any] = {
    "account": {"name": "Acme", "fallback": {"email": "ops@acme.example"}},
    "users": {
        "ada": {
            "name": "Ada Park",
            "email": "ada@acme.example",
            "contacts": {"mail": {"email": "ada@acme.example"}, "phone": {"sms": "+447700900001"}},
            "notify": {urgency: [{"after": "0s", "by": "phone"}] for urgency in ("high", "low")},
        }
    },
    "escalation_policies": {"checkout": {"levels": [{"notify": ["user:ada"], "after": "5m"}]}},
    "services": {
        "checkout": {
            "policy": "checkout",
            "integrations": {
                "alarms": {"source": "cloudwatch"},
                "findings": {"source": "guardduty", "min_severity": 0},
                "events": {"source": "events_v2", "key": ROUTING_KEY},
            },
        }
    },
    "unrouted": "checkout",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    count: int
    parts: int
    of: str

    @property
    def average(self) -> float:
        return self.parts / self.count


def texts() -> Texts:
    """``TOCSIN_FIXTURES`` names the folder of the collection."""
    collection = os.environ.get("TOCSIN_FIXTURES")
    folder = Path(collection) / "events" if collection else SAMPLES
    found = [parts(text) for event, raw in _problems(folder) for text in _sent(event, raw)]
    return Texts(count=len(found), parts=sum(found), of="the collection of real messages" if collection else "events/")


def _problems(folder: Path) -> Iterator[tuple[Event, Any]]:
    for path in sorted(folder.glob("*/*.json")):
        source = SPEAKS.get(path.parent.name, path.parent.name.partition("-")[0])
        if source not in SOURCES or path.name.endswith(".expected.json"):
            continue
        with suppress(TocsinError):  # some of the collection are no messages, on purpose
            raw = parse_json(path.read_bytes())
            yield from ((event, raw) for event in SOURCES[source](raw) if event.action is Action.TRIGGER)


def _sent(event: Event, raw: Any) -> list[str]:
    key = ROUTING_KEY if event.source_type == "events_v2" else None
    told = simulate(build(SET_UP, 1), [(event, raw)], key, Night(at=EVENING))
    return [line["text"] for line in told if line["method"] == "sms"][:1]
