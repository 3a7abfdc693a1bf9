"""The OpenAPI document is true: every path, fault and limit of it is the door's, and whatever it is sent is no 5xx."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from ruamel.yaml import YAML

from cli.world import World
from functions.ingest.handler import DOORS, HEARTBEATS
from shared.domain.directory import Integration, Service
from shared.domain.event import SUMMARY_MAX, Action, Severity
from shared.domain.sources import AWS_SOURCES
from shared.flow.ports import Deps
from shared.sources.bodies import MAX_BODY
from shared.sources.events_v2 import DEDUP_KEY_MAX
from shared.sources.sns_signature import certificate_address
from tests.door.gateway import wsgi
from tests.flow.people import INTEGRATIONS, directory
from tests.flow.story import EVENING
from tests.flow.test_ingest import KEY
from tests.sources.test_sns_signature import TOPIC, certificate, signed

FILE = Path(__file__).parents[2] / "docs" / "openapi" / "ingest.yaml"
DOCUMENT: dict[str, Any] = YAML(typ="safe").load(FILE)
SEED = int(os.environ.get("TOCSIN_SEED", "7"))
EXAMPLES = int(os.environ.get("TOCSIN_EXAMPLES", "60"))


BY_TOPIC = Integration(
    id="PTOPIC00000001", name="topic", service="checkout", source="health", key="T" * 32, topic=TOPIC
)


class AnyCertificate:
    """SNS answers: whatever certificate is asked for is there, and didn't sign what is sent here."""

    def read(self, address: str) -> bytes:
        return certificate()


def deps() -> Deps:
    service = Service(name="checkout", policy="checkout", integrations=(*INTEGRATIONS, BY_TOPIC))
    return replace(World(directory(service=service), EVENING).deps, sns=AnyCertificate())


app = wsgi(deps(), FILE.read_bytes())
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
    if case.path_parameters.get("source") in AWS_SOURCES and len(str(case.path_parameters["key"])) == len(KEY):
        case.path_parameters = {"source": BY_TOPIC.source, "key": BY_TOPIC.key}
        if isinstance(body, dict) and "TopicArn" in body:
            body["TopicArn"] = TOPIC
    case.call_and_validate()


def test_it_names_the_paths_that_there_are() -> None:
    assert set(DOCUMENT["paths"]) == {*DOORS, f"{HEARTBEATS}{{key}}", "/integrations/{source}/{key}"}


def test_its_limits_are_those_of_the_code() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Event"]["properties"]["dedup_key"]["maxLength"] == DEDUP_KEY_MAX
    assert schemas["Payload"]["properties"]["summary"]["maxLength"] == SUMMARY_MAX
    assert schemas["Change"]["properties"]["payload"]["properties"]["summary"]["maxLength"] == SUMMARY_MAX
    assert schemas["Event"]["properties"]["event_action"]["enum"] == list(Action)
    assert schemas["Payload"]["properties"]["severity"]["enum"] == list(Severity)
    for response in ("TooLarge", "TopicTooLarge"):
        assert f"{MAX_BODY:,}" in DOCUMENT["components"]["responses"][response]["description"]
    source, _ = DOCUMENT["paths"]["/integrations/{source}/{key}"]["parameters"]
    assert source["schema"]["enum"] == list(AWS_SOURCES)


def test_an_address_of_a_certificate_that_the_document_allows_is_one_that_the_door_asks() -> None:
    pattern = DOCUMENT["components"]["schemas"]["TopicMessage"]["properties"]["SigningCertURL"]["pattern"]
    address = signed()["SigningCertURL"]
    assert re.fullmatch(pattern, address)
    assert certificate_address({"SigningCertURL": address}) == address
