"""The templates as ``cdk synth`` writes them, once a session: for AWS, for this machine, for AWS with other settings.

A synthesis refuses what cdk-nag objects to, so each of these fixtures also says that nothing is left unanswered.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
STACKS = ("state", "flow", "doors", "watch")
WHERE = {"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "eu-west-1"}

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Synthesis:
    folder: Path
    said: str  # on stderr

    def template(self, stack: str) -> dict[str, Any]:
        return json.loads((self.folder / f"tocsin-{stack}.template.json").read_text())

    def paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.template.json"))

    def resources(self, kind: str) -> dict[str, Resource]:
        """All of one type, by logical id."""
        return {name: resource for name, resource in self.everything() if resource["Type"] == kind}

    def properties(self, kind: str) -> list[dict[str, Any]]:
        return [dict(resource.get("Properties", {})) for resource in self.resources(kind).values()]

    def everything(self) -> Iterator[tuple[str, Resource]]:
        for stack in STACKS:
            yield from self.template(stack)["Resources"].items()

    def function(self, verb: str) -> dict[str, Any]:
        functions = self.properties("AWS::Lambda::Function")
        return next(function for function in functions if function["FunctionName"] == f"tocsin-{verb}")

    def bundle(self) -> Path:
        files = json.loads((self.folder / "tocsin-flow.assets.json").read_text())["files"].values()
        return next(self.folder / file["source"]["path"] for file in files if file["source"]["path"].endswith(".zip"))


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Synthesis]:
    def run(target: str, settings: Path) -> Synthesis:
        folder = tmp_path_factory.mktemp(f"synthesis-{target}")
        chosen = {"CDK_OUTDIR": str(folder), "TOCSIN_TARGET": target, "TOCSIN_SETTINGS": str(settings)}
        done = subprocess.run(
            [sys.executable, "-m", "infra.app"],
            cwd=ROOT,
            env={**os.environ, **WHERE, **chosen},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return Synthesis(folder, done.stderr)

    return run


@pytest.fixture(scope="session")
def aws(synthesise: Callable[..., Synthesis]) -> Synthesis:
    return synthesise("aws", ROOT / "settings.example.yaml")


@pytest.fixture(scope="session")
def local(synthesise: Callable[..., Synthesis]) -> Synthesis:
    return synthesise("local", ROOT / "settings.example.yaml")


KEY = "arn:aws:kms:eu-west-1:111122223333:key/0000aaaa-1111-2222-3333-444455556666"


@pytest.fixture(scope="session")
def trial(synthesise: Callable[..., Synthesis], tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """A trial with a key of one's own, in an account that sends and receives mail already."""
    settings = tmp_path_factory.mktemp("settings") / "trial.json"
    chosen = {
        "mail_from": "tocsin@acme.example",
        "fallback_sms": "+4915112345678",
        "customer_key": KEY,
        "deletion_protection": False,
        "ses_identity": "existing",
        "ses_rule_set": "inbound-mail",
        "target_tracking_alarms": True,
        "event_sources": ["cloudwatch", "health"],
        "event_patterns": [{"source": ["aws.glue"]}],
        "event_accounts": ["444455556666"],
        "event_organization": "o-a1b2c3d4e5",
        "waf_log_groups": ["aws-waf-logs-shop"],
        "sms_delivery_logs": True,
        "two_way_number": "+12125550101",
    }
    settings.write_text(json.dumps(chosen))
    return synthesise("aws", settings)


def only(values: list[Any]) -> Any:
    assert len(values) == 1, values
    return values[0]


def text(value: Any) -> str:
    """An ARN or a name as one can read it: what only CloudFormation knows is in angle brackets."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [glue, parts]}:
            return str(glue).join(text(part) for part in parts)
        case {"Fn::Sub": template}:
            return str(template)
        case _:
            raise AssertionError(f"no text: {value}")
