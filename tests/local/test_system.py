"""The local system comes up by the CDK's own commands, goes down in order, and comes back as it was."""

import contextlib
import json
import os
import signal
import ssl
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from local import account, background, system
from local.deploy import deploy
from local.deployed import Deployed
from local.folder import Folder
from local.problem import LocalError
from local.system import Local
from local.warm_up import REQUESTS
from tests.local.conftest import ROOT, eventually

# Stands for infra/: a cloud assembly as any CDK application leaves it, without the seconds that a real synthesis takes.
APP = """
    import json, os, pathlib, sys
    names = {names!r}
    if pathlib.Path("broken").exists():
        sys.exit("the stacks can't be synthesised: no sender")
    resources = {{
        "Facts": {{"Type": "AWS::SSM::Parameter", "Properties": {{
            "Type": "String", "Name": "/tocsin/deployment", "Value": json.dumps({{
                "api_url": "http://abcd1234.execute-api.localhost", "mail_from": "tocsin@acme.example",
                "target": os.environ["TOCSIN_TARGET"]}})}}}},
        "Table": {{"Type": "AWS::DynamoDB::Table", "Properties": {{
            "TableName": "kept", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{{"AttributeName": "pk", "KeyType": "HASH"}}],
            "AttributeDefinitions": [{{"AttributeName": "pk", "AttributeType": "S"}}]}}}},
    }}
    for name in names:
        resources[name.title().replace("-", "")] = {{"Type": "AWS::Lambda::Function", "Properties": {{
            "FunctionName": name, "Runtime": "python3.13", "Handler": "index.handler",
            "Role": "arn:aws:iam::111122223333:role/any",
            "Code": {{"ZipFile": "def handler(request, context):\\n    return 1\\n"}}}}}}
    out = pathlib.Path(os.environ["CDK_OUTDIR"])
    out.mkdir(parents=True, exist_ok=True)
    out.joinpath("one.template.json").write_text(json.dumps({{"Resources": resources}}))
    out.joinpath("manifest.json").write_text(json.dumps({{"version": "36.0.0", "artifacts": {{"one": {{
        "type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
        "properties": {{"templateFile": "one.template.json"}}}}}}}}))
"""


class Steps:
    """Remembers what was done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        yield
        self.done.append(what)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for name in ("local", "shared", "node_modules"):
        (root / name).symlink_to(ROOT / name)
    (root / "infra").mkdir()
    (root / "infra" / "app.py").write_text(textwrap.dedent(APP.format(names=list(REQUESTS))))
    (root / "cdk.json").write_text(json.dumps({"app": "python3 infra/app.py", "versionReporting": False}))
    return root


@pytest.fixture(scope="module")
def folder(project: Path) -> Iterator[Folder]:
    made = Folder(project / ".tocsin")
    yield made
    system.down(made)


def keys_of(local: Local) -> Mapping[str, str]:
    """Stands for applying the configuration: the deployment must be there by now."""
    assert local.facts["target"] == "local"
    local.client("dynamodb").put_item(TableName="kept", Item={"pk": {"S": "written by the configuration"}})
    return {"checkout": "R0123456789ABCDEF0123456789ABCDE"}


def test_it_lives_through_stops_and_a_crash_until_it_is_deleted(project: Path, folder: Folder) -> None:
    steps = Steps()
    first = system.up(project, folder, steps, keys_of)
    assert steps.done == [
        "local AWS",
        "cdk bootstrap",
        "cdk synth",
        "cdk deploy --all",
        "configuration, and every function warm",
    ]
    told = json.loads(folder.description_file.read_text())
    assert told == first.description.as_json()
    assert set(told) == {
        *("events_url", "api_url", "dashboard_url", "mailbox_url", "inject_url", "smtp", "aws_endpoint", "ca_file"),
        *("api_token", "sign_in", "routing_keys"),
    }
    assert told["routing_keys"] == {"checkout": "R0123456789ABCDEF0123456789ABCDE"}
    with httpx.Client(verify=ssl.create_default_context(cafile=told["ca_file"]), trust_env=False) as client:
        assert client.get(f"{told['mailbox_url']}/messages.json").json() == []

    again = Steps()
    assert system.up(project, folder, again, keys_of) == first
    assert again.done == [], "it is up already"
    first.client("sns").publish(PhoneNumber="+447700900001", Message="kept")

    assert system.down(folder)
    assert not folder.description_file.exists()
    assert not folder.tmp.exists()
    assert background.pid(folder) is None
    assert system.find(folder) is None
    assert not system.down(folder), "there is nothing to stop any more"

    kept = Steps()
    second = system.up(project, folder, kept, lambda _: first.description.routing_keys)
    assert kept.done == ["local AWS", "cdk deploy: nothing has changed", "configuration, and every function warm"]
    assert second.description == first.description, "the same addresses"
    assert item(second) == {"pk": {"S": "written by the configuration"}}
    with httpx.Client(verify=ssl.create_default_context(cafile=told["ca_file"]), trust_env=False) as client:
        assert [each["text"] for each in client.get(f"{told['mailbox_url']}/messages.json").json()] == ["kept"]

    crash(folder)
    with pytest.raises(LocalError, match="has ended without `tocsin down`"):
        system.find(folder)
    after = Steps()
    third = system.up(project, folder, after, keys_of)
    assert after.done[0] == "local AWS, again: it had ended without `tocsin down`"
    assert item(third) == {"pk": {"S": "written by the configuration"}}

    assert system.down(folder, delete=True)
    assert not folder.path.exists()
    assert processes_of(folder) == []


def item(local: Local) -> object:
    table = local.client("dynamodb")
    return table.get_item(TableName="kept", Key={"pk": {"S": "written by the configuration"}}).get("Item")


def crash(folder: Folder) -> None:
    process = background.pid(folder)
    assert process
    os.kill(process, signal.SIGKILL)
    eventually(lambda: background.pid(folder) is None)


def processes_of(folder: Folder) -> list[str]:
    """Command lines that name the folder: the process itself, its functions, whatever the CDK began."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if str(folder.path) in line:
                found.append(line)
    return found


def test_a_failed_deployment_says_why_and_leaves_nothing_running(project: Path, folder: Folder) -> None:
    (project / "broken").touch()
    try:
        with pytest.raises(LocalError, match=r"`cdk synth` failed:(.|\n)*no sender(.|\n)*cdk-synth\.log"):
            system.up(project, folder, Steps(), keys_of)
    finally:
        (project / "broken").unlink()
    assert background.pid(folder) is None
    assert not folder.description_file.exists()


def test_a_failed_configuration_leaves_nothing_running(project: Path, folder: Folder) -> None:
    def refuse(local: Local) -> Mapping[str, str]:
        raise LocalError("users.ada: email is missing")

    with pytest.raises(LocalError, match="email is missing"):
        system.up(project, folder, Steps(), refuse)
    assert background.pid(folder) is None


def test_a_crash_before_anything_was_saved_leaves_nothing_that_would_be_in_the_way(tmp_path: Path) -> None:
    """Buckets are on the disk at once, and the stack that made them isn't: the CDK would find its own in the way."""
    folder = Folder(tmp_path / "local")
    try:
        for _ in range(2):
            addresses = background.start(ROOT, folder)
            buckets = account.client(addresses.aws_endpoint, "s3")
            assert buckets.list_buckets()["Buckets"] == []
            account.client(addresses.aws_endpoint, "cognito-idp").list_user_pools(MaxResults=1)  # keeps a key at once
            buckets.create_bucket(Bucket="cdk-assets", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
            buckets.put_object(Bucket="cdk-assets", Key="template", Body=b"{}")
            crash(folder)
    finally:
        background.stop(folder)


def test_a_deployment_that_finds_something_in_its_way_says_how_to_begin_afresh(tmp_path: Path) -> None:
    cdk = tmp_path / "node_modules" / ".bin" / "cdk"
    cdk.parent.mkdir(parents=True)
    cdk.write_text('#!/bin/sh\n[ "$1" = synth ] || { echo the bucket exists already; exit 1; }\n')
    cdk.chmod(0o755)
    folder = Folder(tmp_path / "local")
    addresses = background.start(ROOT, folder)
    try:
        with pytest.raises(LocalError, match=r"`tocsin down --delete` begins afresh\n    the bucket exists already"):
            deploy(tmp_path, folder, addresses.aws_endpoint, Steps())
    finally:
        background.stop(folder)


def test_two_commands_at_a_time_are_one_too_many(folder: Folder) -> None:
    with folder.command(), pytest.raises(LocalError, match="another tocsin command"):
        system.down(folder)


def test_a_port_that_the_state_needs_isnt_exchanged(tmp_path: Path) -> None:
    """Addresses of queues stand in the state: on another port nobody would find them."""
    folder = Folder(tmp_path / "local")
    first = background.start(ROOT, folder)
    background.stop(folder)
    other = Folder(tmp_path / "other")
    other.make()
    other.ports_file.write_text(folder.ports_file.read_text())
    background.start(ROOT, folder)
    try:
        with pytest.raises(LocalError, match="is in use by another program"):
            background.start(ROOT, other)
    finally:
        background.stop(folder)
    assert first.aws_endpoint.rpartition(":")[2] in folder.ports_file.read_text()


def test_facts_are_read_anew_when_they_change(tmp_path: Path) -> None:
    deployed = Deployed(tmp_path / "deployment.json")
    assert (deployed.facts(), deployed.api()) == (None, None)
    deployed.write("d1", {"api_url": "https://abc123.execute-api.eu-west-1.amazonaws.com"})
    assert (deployed.digest(), deployed.api()) == ("d1", "abc123")
    deployed.forget()
    assert deployed.facts() is None
