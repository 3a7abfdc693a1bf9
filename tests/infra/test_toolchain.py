"""The lock files hold versions and hashes and no address; what runs on AWS is what was tested; names hide nothing."""

import ast
import json
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("bench", "cli", "functions", "infra", "local", "shared")
PURE_TOO = {"re2", "shared"}
HIDE_THE_STANDARD_LIBRARY = {"email", "calendar", "secrets", "queue", "types", "token", "statistics", "signal"}
SAY_NOTHING = {"utils", "util", "common", "helpers", "manager", "misc"}


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def locked(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_python_lock_names_versions_and_hashes_and_nothing_else(name: str) -> None:
    requirement = re.compile(r"[a-z0-9-]+==\S+( ; .+)? \\")
    digest = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?")
    lines = (ROOT / name).read_text().splitlines()
    assert [line for line in lines if not requirement.fullmatch(line) and not digest.fullmatch(line)] == []


def test_the_node_lock_names_no_download_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    fetched = {path: package for path, package in packages.items() if path}
    assert [path for path, package in fetched.items() if "resolved" in package] == []
    assert [path for path, package in fetched.items() if "integrity" not in package] == []


def test_what_runs_on_aws_is_the_version_that_the_tests_ran() -> None:
    tested = locked("requirements-dev.lock")
    assert {name: tested.get(name) for name in locked("requirements.lock")} == locked("requirements.lock")


def test_the_lock_has_what_the_project_asks_for() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split(r"[\[<>=]", line)[0] for line in asked} <= set(locked("requirements.lock"))


def test_the_domain_needs_the_standard_library_and_what_is_pure_too() -> None:
    imported = {
        name.split(".")[0]
        for path in modules("shared/domain")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in imports_of(node)
    }
    assert imported - sys.stdlib_module_names <= PURE_TOO


def imports_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_no_module_hides_the_standard_library_or_is_named_after_nothing() -> None:
    names = {path.stem for path in modules(*OURS)} | {path.parent.name for path in modules(*OURS)}
    assert names & (HIDE_THE_STANDARD_LIBRARY | SAY_NOTHING) == set()


def test_a_costly_folder_keeps_to_one_worker(request: pytest.FixtureRequest) -> None:
    """pytest-xdist says so at the end of a test's name; without it, every worker would deploy for itself."""
    shared_out = "PYTEST_XDIST_WORKER" in os.environ
    assert request.node.nodeid.endswith("@infra") is shared_out
