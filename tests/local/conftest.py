"""One local system for all these tests: a process of its own, in a folder of its own, with a few small functions."""

import io
import json
import ssl
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import account, background
from local.background import Addresses
from local.deployed import Deployed
from local.folder import Folder

ROOT = Path(__file__).parents[2]
TEXTS = f"arn:aws:sns:{account.REGION}:{account.ACCOUNT}:tocsin-texts"
ROLE = f"arn:aws:iam::{account.ACCOUNT}:role/any"

# Answers with what it was called with, and puts that into a queue where one is named.
ECHO = """
import json, os
import boto3

def handler(request, context):
    if isinstance(request, dict) and request.get("fail"):
        raise RuntimeError(request["fail"])
    if "QUEUE" in os.environ:
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(request))
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(request)}
"""


@dataclass
class System:
    folder: Folder
    addresses: Addresses
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = account.client(self.addresses.aws_endpoint, service)
        return self.clients[service]

    def function(self, name: str, source: str, **environment: str) -> str:
        """Its ARN."""
        made = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=ROLE,
            Handler="main.handler",
            Code={"ZipFile": bundle({"main.py": source})},
            Environment={"Variables": environment},
            Timeout=10,
        )
        return made["FunctionArn"]

    def queue(self, name: str) -> tuple[str, str]:
        """Its URL and its ARN."""
        url = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:{account.REGION}:{account.ACCOUNT}:{name}"

    def received(self, url: str, number: int = 1) -> list[Any]:
        found: list[Any] = []

        def enough() -> bool:
            for message in self.client("sqs").receive_message(QueueUrl=url).get("Messages", []):
                found.append(json.loads(message["Body"]))
                self.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return len(found) >= number

        eventually(enough)
        return found

    def rule(self, name: str, pattern: dict[str, Any], target: str) -> None:
        self.client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
        self.client("events").put_targets(Rule=name, Targets=[{"Id": "it", "Arn": target}])


def http_api(system: System, function: str) -> str:
    client = system.client("apigatewayv2")
    api = client.create_api(Name="echo", ProtocolType="HTTP")
    made = client.create_integration(
        ApiId=api["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )
    client.create_route(ApiId=api["ApiId"], RouteKey="$default", Target=f"integrations/{made['IntegrationId']}")
    client.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    return api["ApiEndpoint"]


def bundle(files: dict[str, str]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as into:
        for name, content in files.items():
            into.writestr(name, content)
    return written.getvalue()


def eventually(holds: Callable[[], bool], within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it didn't come"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = Folder(tmp_path_factory.mktemp("local"))
    started = System(folder, background.start(ROOT, folder))
    started.client("sesv2").create_email_identity(EmailIdentity="acme.example")
    yield started
    assert background.stop(folder)


@pytest.fixture(scope="session")
def https(system: System) -> Iterator[httpx.Client]:
    """Trusts the system's own authority, and no other."""
    with httpx.Client(verify=ssl.create_default_context(cafile=system.folder.ca_file), trust_env=False) as made:
        yield made


@pytest.fixture(scope="session")
def deployed(system: System) -> System:
    """With an HTTP API, a mail bucket and a function for replies, which tells the queue ``replies``."""
    url, _ = system.queue("replies")
    system.function("reply", ECHO, QUEUE=url)
    system.client("s3").create_bucket(Bucket="mail", CreateBucketConfiguration={"LocationConstraint": account.REGION})
    facts = {
        "api_url": http_api(system, system.function("echo", ECHO)),
        "mail_bucket": "mail",
        "mail_domain": "in.acme.example",
        "reply_function": "reply",
        "texts_topic_arn": TEXTS,
    }
    Deployed(system.folder.deployment_file).write("of the tests", facts)
    return system
