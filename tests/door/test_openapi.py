"""The OpenAPI document is true: every path, fault and limit of it is the door's, and whatever it is sent is no 5xx."""

import os
import re
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from ruamel.yaml import YAML

from cli.world import World
from functions.ingest.handler import DOORS, HEARTBEATS
from shared.domain.event import SUMMARY_MAX, Action, Severity
from shared.sources.bodies import MAX_BODY
from shared.sources.events_v2 import DEDUP_KEY_MAX
from tests.door.gateway import wsgi
from tests.flow.people import directory
from tests.flow.story import EVENING
from tests.flow.test_ingest import KEY

FILE = Path(__file__).parents[2] / "docs" / "openapi" / "ingest.yaml"
DOCUMENT: dict[str, Any] = YAML(typ="safe").load(FILE)
SEED = int(os.environ.get("TOCSIN_SEED", "7"))
EXAMPLES = int(os.environ.get("TOCSIN_EXAMPLES", "60"))


def world() -> World:
    return World(directory(), EVENING)


app = wsgi(world().deps, FILE.read_bytes())
schema = schemathesis.openapi.from_wsgi("/openapi.yaml", app)


@seeded(SEED)
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_comes_is_answered_as_the_document_says(case: schemathesis.Case) -> None:
    """With the key of an integration in place of every well-formed one: a stranger's is refused."""
    body = case.body
    if isinstance(body, dict) and re.fullmatch("[0-9A-Za-z]{32}", str(body.get("routing_key"))):
        body["routing_key"] = KEY
    case.call_and_validate()


def test_it_names_the_paths_that_there_are() -> None:
    assert set(DOCUMENT["paths"]) == {*DOORS, f"{HEARTBEATS}{{key}}"}


def test_its_limits_are_those_of_the_code() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Event"]["properties"]["dedup_key"]["maxLength"] == DEDUP_KEY_MAX
    assert schemas["Payload"]["properties"]["summary"]["maxLength"] == SUMMARY_MAX
    assert schemas["Change"]["properties"]["payload"]["properties"]["summary"]["maxLength"] == SUMMARY_MAX
    assert schemas["Event"]["properties"]["event_action"]["enum"] == list(Action)
    assert schemas["Payload"]["properties"]["severity"]["enum"] == list(Severity)
    assert f"{MAX_BODY:,}" in DOCUMENT["components"]["responses"]["TooLarge"]["description"]
