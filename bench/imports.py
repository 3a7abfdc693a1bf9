"""What a cold start costs before it does anything: the processor's time for the imports of ingest, beside boto3 alone.

Each import runs in a process of its own, and its time is that of all its processor's work, user and system.
"""

import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.counting import REGION

ROOT = Path(__file__).parents[1]
OURS = "import functions.ingest.handler"
BOTO3 = "import boto3; boto3.client('sqs')"
TRIES, MOST = 5, 20  # on a busy machine one import takes a third more than the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """Seconds of the processor, each the best of several, taken by turns."""

    ours: float
    boto3: float

    @property
    def ratio(self) -> float:
        return self.ours / self.boto3


def imports(at_most: float) -> Imports:
    """Tried until the best of each keep the ratio ``at_most``, and no more than ``MOST`` times."""
    pairs: list[tuple[float, float]] = []
    while True:
        pairs.append((_seconds(OURS), _seconds(BOTO3)))
        best = Imports(ours=min(ours for ours, _ in pairs), boto3=min(boto3 for _, boto3 in pairs))
        if len(pairs) >= MOST or (len(pairs) >= TRIES and best.ratio <= at_most):
            return best


def _seconds(program: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
    subprocess.run([sys.executable, "-c", program], env=environment, cwd=ROOT, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
