"""What is deployed, from a synthesis for AWS: the bundle's size, and what an idle account pays for."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
STACKS = ("state", "flow", "doors", "watch")
WHERE = {"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "us-east-1", "TOCSIN_TARGET": "aws"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    bundle: int  # bytes, zipped
    queues: Mapping[str, int]  # that are polled: FIFO, standard
    alarms: int
    alarm_metrics: int  # that alarms look at: each is on the bill
    sweep_memory: int  # MB
    said: str = ""  # by the synthesis, of how the bundle was built


def synthesised() -> Deployed:
    with tempfile.TemporaryDirectory() as folder:
        chosen = {"CDK_OUTDIR": folder, "TOCSIN_SETTINGS": str(ROOT / "settings.example.yaml")}
        done = subprocess.run(
            [sys.executable, "-m", "infra.app"],
            cwd=ROOT,
            env={**os.environ, **WHERE, **chosen},
            capture_output=True,
            text=True,
            check=True,
        )
        said = next((line for line in done.stderr.splitlines() if line.startswith("bundle: ")), "with .pyc")
        return read(Path(folder), said.removeprefix("bundle: "))


def read(folder: Path, said: str) -> Deployed:
    """A synthesis that lies in ``folder``."""
    resources = [*_resources(folder)]
    alarms = [body["Properties"] for body in resources if body["Type"] == "AWS::CloudWatch::Alarm"]
    polled = [body for body in resources if body["Type"] == "AWS::Lambda::EventSourceMapping"]
    of_queues = [body for body in polled if "StartingPosition" not in body["Properties"]]
    dead = [body for body in resources if body["Type"] == "AWS::SQS::Queue"]
    functions = [body["Properties"] for body in resources if body["Type"] == "AWS::Lambda::Function"]
    fed = [body["Properties"] for body in dead if "RedrivePolicy" in body["Properties"]]
    assert len(of_queues) == len(fed)
    fifo = sum(bool(queue.get("FifoQueue")) for queue in fed)
    [sweep] = [function for function in functions if function["FunctionName"] == "tocsin-sweep"]
    assets = json.loads((folder / "tocsin-flow.assets.json").read_text())["files"].values()
    [bundle] = [asset["source"]["path"] for asset in assets if asset["source"]["path"].endswith(".zip")]
    return Deployed(
        bundle=(folder / bundle).stat().st_size,
        queues={"fifo": fifo, "standard": len(fed) - fifo},
        alarms=len(alarms),
        alarm_metrics=sum(_metrics(alarm) for alarm in alarms),
        sweep_memory=sweep["MemorySize"],
        said=said,
    )


def _metrics(alarm: Mapping[str, Any]) -> int:
    return sum("MetricStat" in metric for metric in alarm.get("Metrics", ())) or 1


def _resources(folder: Path) -> Iterator[Mapping[str, Any]]:
    for stack in STACKS:
        yield from json.loads((folder / f"tocsin-{stack}.template.json").read_text())["Resources"].values()
