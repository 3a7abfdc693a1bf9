"""docs/deploy.md is true: every setting with its default, every command and option, every output and stack."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from cli.doctor.examination import CHECKS
from infra.settings import Settings
from tests.cli.remedies import COMMAND, NO_OPERATION, arguments
from tests.infra.conftest import Synthesis

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "deploy.md").read_text()
TOLD = re.compile(r"^\| `([a-z_]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
CDK = re.compile(r"npx cdk ([a-z]+)((?: --[a-z-]+| -c \S+)*)")
CDK_KNOWS = {"bootstrap": set[str](), "diff": set[str](), "deploy": {"--all", "--revert-drift"}, "destroy": {"--all"}}


def test_every_setting_is_explained_with_its_default_and_no_other() -> None:
    told = {name: (default, words) for name, default, words in TOLD.findall(TEXT)}
    assert set(told) == {field.name for field in fields(Settings)}
    assert [name for name, (_, words) in told.items() if len(words) < 30] == []
    for field in fields(Settings):
        default = told[field.name][0].strip("`").strip('"')
        if field.default in ("", ()):  # said in words, as it depends on others or is nothing
            assert default.startswith(("none", "nobody", "`in.", "in.")), field.name
        elif isinstance(field.default, tuple):
            assert default == f"[{', '.join(field.default)}]", field.name
        else:
            assert default == str(field.default).replace("True", "true").replace("False", "false"), field.name


def test_every_command_of_aws_exists_with_its_options() -> None:
    found = COMMAND.findall(TEXT)
    assert len(found) > 10
    for command in found:
        _, service, operation, *words = command.split()
        if service != "s3" and f"{service} {operation}" not in NO_OPERATION:
            words = words[: words.index("--query")] if "--query" in words else words
            arguments(service, operation, words)


def test_every_command_of_the_cdk_is_one_that_we_know() -> None:
    found = CDK.findall(TEXT)
    assert {name for name, _ in found} == set(CDK_KNOWS)
    assert all(set(re.findall(r"--[a-z-]+", options)) <= CDK_KNOWS[name] for name, options in found)


def test_every_check_of_the_doctor_is_told() -> None:
    table = TEXT.partition("## What `tocsin doctor` looks at")[2].partition("##")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([a-z ]+)`", row)} == set(CHECKS)


def test_stacks_and_outputs_are_called_so(aws: Synthesis) -> None:
    for stack in re.findall(r"^\| `(tocsin-[a-z]+)` \|", TEXT, re.MULTILINE):
        assert aws.template(stack.removeprefix("tocsin-"))
    outputs = set(aws.template("doors")["Outputs"])
    assert {"Dkim1", "Dkim2", "Dkim3", "ReplyMx", "ApiUrl"} <= outputs
    assert all(f"`{name}`" in TEXT for name in outputs)


@pytest.mark.parametrize("left", ["tocsin-incidents", "tocsin-directory", "tocsin-raw-", "tocsin-mail-"])
def test_what_is_kept_is_named_where_the_system_is_taken_down(left: str) -> None:
    assert left in TEXT.partition("## Taking it down")[2]
