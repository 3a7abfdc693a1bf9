"""The AWS commands that a remedy names, read by AWS's own models: one that doesn't exist can't be carried out."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import boto3
from botocore import xform_name

COMMAND = re.compile(r"aws [a-z0-9]+ [a-z-]+(?: (?:--[a-z-]+|'[^']*'|[^\s;,']+(?=[ ;,]|$)))*")
READS = ("receive-", "query", "tail", "get-", "describe-", "restore-")  # look, or offer a choice: nothing to carry out
NO_OPERATION = ("logs tail",)  # commands of the AWS command's own


def commands(remedy: str) -> Iterator[str]:
    """Those that mend something, as they stand there, without what the operator has to fill in."""
    for found in COMMAND.findall(remedy):
        service, operation = found.split()[1:3]
        placeholders = [word for word in found.split() if word.isupper() or "…" in word]
        if not placeholders and f"{service} {operation}" not in NO_OPERATION and not operation.startswith(READS):
            yield found


def carry_out(client: Callable[[str], Any], command: str) -> None:
    _, service, operation, *words = shlex.split(command)
    asked = client(service)
    getattr(asked, operation.replace("-", "_"))(**arguments(service, operation, words))


def arguments(service: str, operation: str, words: Sequence[str]) -> dict[str, Any]:
    """What the command line says, as the operation's members. Raises KeyError where it knows no such option."""
    make: Any = boto3.client
    model = make(service, region_name="eu-west-1").meta.service_model
    members = model.operation_model(_operation(model, operation)).input_shape.members
    named = {xform_name(name, "-"): name for name in members}
    said: dict[str, Any] = {}
    for word, following in pairwise([*words, "--"]):
        option = word.removeprefix("--")
        if option in named:
            said[named[option]] = True if following.startswith("--") else following
        elif word.startswith("--"):
            said[named[option.removeprefix("no-")]] = False
    return said


def _operation(model: Any, operation: str) -> str:
    return {xform_name(name, "-"): name for name in model.operation_names}[operation]
