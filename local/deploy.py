"""The stacks on the emulator, by the CDK's own commands: bootstrap, synth, deploy, as one would type them.

- What hasn't changed since the last deployment isn't deployed again: the sources' digest and the stacks' own parameter
  say so.
- The commands see the emulator and an account of its own; of the user's AWS configuration they see nothing.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.account import ACCOUNT, CREDENTIALS, NO_USER_CONFIGURATION, REGION, client
from local.background import NO_PROXY
from local.deployed import Deployed, Facts
from local.folder import Folder
from local.problem import LocalError, with_log
from local.progress import Progress

FACTS = "/tocsin/deployment"  # where the stacks say what they made
BOOTSTRAPPED = "/cdk-bootstrap/hnb659fds/version"  # where `cdk bootstrap` does
SOURCES = ("infra", "shared", "functions", "cdk.json", "package-lock.json", "requirements.lock", "settings.yaml")
NOT_OURS = ("AWS_", "CDK_", "TOCSIN_", "PYTHONPATH", "PYTHONHOME")
BEGIN_AFRESH = " if what an earlier system left is in the way, `tocsin down --delete` begins afresh"
NODE_PAST_ITS_LIFE = "18,20"  # jsii says so at length; the CDK we pin works with them


def deploy(root: Path, folder: Folder, endpoint: str, progress: Progress, settings: Path | None = None) -> Facts:
    """Raises LocalError with the end of the log of the command that failed."""
    deployed, parameters = Deployed(folder.deployment_file), client(endpoint, "ssm")
    digest = _digest(root, settings)
    if digest == deployed.digest() and (facts := _parameter(parameters, FACTS)):
        with progress.step("cdk deploy: nothing has changed"):
            return json.loads(facts)
    deployed.forget()
    environment = _environment(folder, endpoint, settings)
    with contextlib.ExitStack() as running:
        arguments = ["synth", "--quiet", "--output", str(folder.assembly)]
        synth = running.enter_context(_cdk("synth", arguments, root, folder, environment))
        if not _parameter(parameters, BOOTSTRAPPED):
            with progress.step("cdk bootstrap"):
                bootstrap = ["bootstrap", "--app", "", f"aws://{ACCOUNT}/{REGION}"]
                running.enter_context(_cdk("bootstrap", bootstrap, root, folder, environment)).finish()
        with progress.step("cdk synth"):
            synth.finish()
    with progress.step("cdk deploy --all"), _cdk("deploy", _deploy(folder), root, folder, environment) as command:
        command.finish()
    facts = _parameter(parameters, FACTS)
    if not facts:
        raise LocalError(f"the stacks were deployed and left no {FACTS}: see {folder.logs}")
    found: Facts = json.loads(facts)
    _may_send_as(endpoint, found["mail_from"])
    deployed.write(digest, found)
    return found


def _deploy(folder: Folder) -> list[str]:
    how = ["--method=direct", "--concurrency", "3", "--require-approval", "never"]
    return ["deploy", "--all", "--app", str(folder.assembly), *how]


class Command:
    """A command that runs, and writes into a log of its own."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self._name, self._process, self._log = name, process, log

    def finish(self) -> None:
        if self._process.wait() != 0:
            remedy = "" if self._name == "synth" else BEGIN_AFRESH
            raise with_log(f"`cdk {self._name}` failed:{remedy}", self._log)

    def abandon(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


@contextlib.contextmanager
def _cdk(
    name: str, arguments: Sequence[str], root: Path, folder: Folder, environment: Mapping[str, str]
) -> Iterator[Command]:
    log = folder.logs / f"cdk-{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [root / "node_modules" / ".bin" / "cdk", *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    command = Command(name, process, log)
    try:
        yield command
    finally:
        command.abandon()


def _environment(folder: Folder, endpoint: str, settings: Path | None) -> dict[str, str]:
    users = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    return {
        **users,
        **NO_USER_CONFIGURATION,
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "CDK_HOME": str(folder.path / "cdk"),  # where it remembers accounts by access key
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": NODE_PAST_ITS_LIFE,
        "NO_PROXY": NO_PROXY,
        "no_proxy": NO_PROXY,
        "TMPDIR": str(folder.tmp),
        "TOCSIN_TARGET": "local",
        **({"TOCSIN_SETTINGS": str(settings)} if settings else {}),
    }


def _parameter(parameters: Any, name: str) -> str | None:
    try:
        return parameters.get_parameter(Name=name)["Parameter"]["Value"]
    except parameters.exceptions.ParameterNotFound:
        return None


def _may_send_as(endpoint: str, address: str) -> None:
    """The emulator refuses senders of domains that aren't identities, and the local stacks can't make one: no DNS."""
    ses = client(endpoint, "sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=address.rpartition("@")[2])


def _digest(root: Path, settings: Path | None) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in [*_files(root), *([settings] if settings else [])]:
        digest.update(f"\0{path}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        top = root / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
