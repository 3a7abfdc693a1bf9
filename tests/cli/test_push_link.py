"""The link by which a browser becomes somebody's contact, and the key that browsers know the deployment by."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from bench.account import SET_UP
from bench.tables import DIRECTORY, INCIDENTS, make_tables
from cli.console import Failed
from cli.deployment import FACTS, PUBLIC_URL, Deployment
from cli.push_link import push_link, send_link
from shared.channels.web_push import read_keys
from shared.domain.access import contact_of
from shared.domain.subscription import VAPID_KEY

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FOUND = {"incidents_table": INCIDENTS, "directory_table": DIRECTORY, "mail_domain": "in.acme.example"}
ADA = {
    "name": "Ada",
    "email": "ada@acme.example",
    "contacts": {"laptop": {"push": "Ada's laptop"}, "mail": {"email": "ada@acme.example"}},
}


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with mock_aws():
        make: Any = boto3.client
        found = Deployment("acme", lambda service, config=None: make(service, "eu-central-1", config=config))
        make_tables(found.client("dynamodb"))
        facts = json.dumps({**FOUND, "mail_from": "tocsin@acme.example"})
        found.client("ssm").put_parameter(Name=FACTS, Value=facts, Type="String")
        found.directory().put_version({**SET_UP, "users": {**SET_UP["users"], "ada": ADA}}, 0, "test", NOON)
        found.name_address("https://tocsin.acme.example")
        found.make_secrets()
        yield found


def test_the_link_names_that_contact_of_that_person(deployment: Deployment) -> None:
    link = push_link(deployment, "ada", "laptop", NOON)
    assert link.startswith("https://tocsin.acme.example/push/")
    tag = deployment.deps().replies.read_subscribing(link.rpartition("/")[2], NOON)
    user, contact = contact_of(tag, deployment.directory().current())
    assert (user.name, contact.name) == ("ada", "laptop")


@pytest.mark.parametrize(
    ("user", "contact", "why"),
    [
        ("zed", "laptop", "there is no user zed"),
        ("ada", "mail", "mail is no contact of ada's that is reached by push: ada's push contacts are laptop"),
        ("ada", "phone", "ada has no contact method phone; there are: "),
    ],
)
def test_who_or_what_isn_t_there_is_said(deployment: Deployment, user: str, contact: str, why: str) -> None:
    with pytest.raises(Failed, match=why):
        push_link(deployment, user, contact, NOON)


def test_the_link_is_mailed_to_its_person_and_shown_to_nobody(deployment: Deployment) -> None:
    deployment.client("ses").verify_email_identity(EmailAddress="tocsin@acme.example")
    sent = send_link(deployment, "ada", "laptop", NOON)
    assert (sent.failed, sent.contact.address) == (False, "ada@acme.example")
    assert "https://" not in sent.said
    [mail] = ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages
    assert mail.destinations["ToAddresses"] == ["ada@acme.example"]
    assert "https://tocsin.acme.example/push/" in mail.body


def test_without_a_mail_contact_the_link_is_left_to_who_asked(deployment: Deployment) -> None:
    told = {**ADA, "contacts": {"laptop": {"push": "Ada's laptop"}}}
    deployment.directory().put_version({**SET_UP, "users": {**SET_UP["users"], "ada": told}}, 1, "test", NOON)
    with pytest.raises(Failed, match="ada has no contact by mail: leave --send out"):
        send_link(deployment, "ada", "laptop", NOON)


def test_a_deployment_that_nobody_reaches_has_no_link(deployment: Deployment) -> None:
    deployment.client("ssm").delete_parameter(Name=PUBLIC_URL)
    with pytest.raises(Failed, match="no public address"):
        push_link(deployment, "ada", "laptop", NOON)


def test_the_key_is_made_once_and_encrypted(deployment: Deployment) -> None:
    parameters = deployment.client("ssm")
    before = parameters.get_parameter(Name=VAPID_KEY, WithDecryption=True)["Parameter"]
    deployment.make_secrets()
    after = parameters.get_parameter(Name=VAPID_KEY, WithDecryption=True)["Parameter"]
    assert after["Value"] == before["Value"]
    assert before["Type"] == "SecureString"
    read_keys(before["Value"])
