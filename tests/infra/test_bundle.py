"""The bundle: small, complete by itself, built for the target's processor, and not built twice."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import names
from infra.constructs.bundle import AARCH64, Build, BundleError, aws_services, make_bundle
from tests.infra.conftest import ROOT, Synthesis, text

LIMIT = 30 * 2**20  # bytes, zipped


@pytest.fixture(scope="session")
def unpacked(local: Synthesis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(local.bundle()) as bundle:
        bundle.extractall(folder)
    return folder


def alone(bundle: Path, program: str, environment: dict[str, str] | None = None) -> str:
    """Runs a program with nothing on its path but the standard library and the bundle."""
    command = [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.append({str(bundle)!r})\n{program}"]
    given = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-west-1", **(environment or {})}
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False, cwd=bundle)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("verb", names.VERBS)
def test_a_handler_is_imported_from_the_bundle_alone(local: Synthesis, unpacked: Path, verb: str) -> None:
    function = local.function(verb)
    module, _, handler = function["Handler"].rpartition(".")
    variables = {name: text(value) for name, value in function["Environment"]["Variables"].items()}
    alone(unpacked, f"import importlib; assert callable(importlib.import_module({module!r}).{handler})", variables)


def test_every_client_is_made_from_the_bundle_alone(unpacked: Path) -> None:
    services = aws_services(ROOT)
    assert services
    alone(unpacked, f"import boto3\nfor service in {services!r}: boto3.client(service)")


def test_a_rule_extracts_with_what_the_bundle_has(unpacked: Path) -> None:
    """RE2 is imported by the first rule that extracts: no handler's import would miss it."""
    program = (
        "from shared.domain.directory import Extraction\n"
        "from shared.domain.extraction import value\n"
        "print(value(Extraction(path='summary', regex='(.*)@'), {'summary': 'log4j@2'}))"
    )
    assert alone(unpacked, program) == "log4j\n"


def test_a_page_in_slack_is_sent_with_what_the_bundle_has(unpacked: Path) -> None:
    """Slack's library is imported by the first page that needs it: no handler's import would miss it."""
    program = (
        "from shared.channels.slack import API_URL, TOKEN, client_by\n"
        "class Set:\n"
        "    def read(self, name): return {TOKEN: 'x', API_URL: 'https://slack.invalid/api/'}[name]\n"
        "print(callable(client_by(Set())()))"
    )
    assert alone(unpacked, program) == "True\n"


def test_botocore_knows_those_services_and_no_others(unpacked: Path) -> None:
    known = {path.name for path in (unpacked / "botocore" / "data").iterdir() if path.is_dir()}
    assert known == set(aws_services(ROOT))


@pytest.mark.parametrize("target", ["aws", "local"])
def test_it_is_small(target: str, request: pytest.FixtureRequest) -> None:
    synthesis: Synthesis = request.getfixturevalue(target)
    assert synthesis.bundle().stat().st_size <= LIMIT


def test_on_aws_all_that_is_compiled_to_machine_code_is_for_arm64(aws: Synthesis) -> None:
    with zipfile.ZipFile(aws.bundle()) as bundle:
        libraries = [name for name in bundle.namelist() if ".so" in name]
        machines = {int.from_bytes(bundle.read(name)[18:20], "little") for name in libraries}
    assert any("cpython-313-aarch64" in name for name in libraries)
    assert machines == {AARCH64}


def test_it_is_compiled_or_says_that_it_is_not(aws: Synthesis) -> None:
    with zipfile.ZipFile(aws.bundle()) as bundle:
        compiled = any(name.endswith(".cpython-313.pyc") for name in bundle.namelist())
    assert compiled is not ("built without .pyc" in aws.said)


def test_here_every_module_is_compiled_and_no_clock_is_asked_whether_it_is_valid(unpacked: Path) -> None:
    tag = sys.implementation.cache_tag
    ours = [path for folder in ("shared", "functions") for path in (unpacked / folder).rglob("*.py")]
    for path in ours:
        compiled = path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc"
        assert compiled.read_bytes()[4:8] == (1).to_bytes(4, "little")  # hash-based, unchecked: PEP 552


def test_it_holds_our_sources_and_nothing_of_the_workshop(unpacked: Path) -> None:
    found = {path.name for path in unpacked.iterdir()}
    assert {"shared", "functions", "boto3"} <= found
    assert found.isdisjoint({"infra", "cli", "local", "tests", "bin", "pip", "pytest", "aws_cdk"})


def test_the_same_input_is_built_once(local: Synthesis) -> None:
    again = make_bundle(ROOT, Build.here())
    before = again.path.stat()
    assert make_bundle(ROOT, Build.here()) == again
    assert again.path.stat().st_ino == before.st_ino
    assert again.path.read_bytes() == local.bundle().read_bytes()


def test_without_a_lock_file_it_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "wiring.py").write_text('AWS_SERVICES = ("sqs",)\n')
    with pytest.raises(BundleError, match="make lock"):
        make_bundle(tmp_path, Build.here())


def test_the_services_must_be_named(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "wiring.py").write_text("CLIENTS = ()\n")
    with pytest.raises(BundleError, match="AWS_SERVICES"):
        aws_services(tmp_path)
