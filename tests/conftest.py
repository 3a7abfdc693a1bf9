"""What all tests share: no test reaches AWS, costly folders keep to one worker, and on CI nothing is skipped."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.system.conftest import Running

TESTS = Path(__file__).parent
ON_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# One worker runs such folders from end to end: their deployment, their synthesis and their bundle are made once.
ONE_WORKER = {"browser": "browser", "infra": "infra", "rights": "rights", "senders": "system", "system": "system"}

NO_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

if not ON_CI:  # Hypothesis knows CI by itself, and then has no deadline and no chance
    settings.register_profile("laptop", deadline=None)
    settings.load_profile("laptop")


def pytest_configure(config: pytest.Config) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL"):
        os.environ.pop(name, None)
    os.environ.update(NO_AWS)
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
    if ON_CI and not hasattr(config, "workerinput"):  # only in the process that hears of every test
        config.pluginmanager.register(SkipsFailOnCi())


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if folder in ONE_WORKER and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(ONE_WORKER[folder]))


class SkipsFailOnCi:
    """A test that CI can't run must be repaired, not overlooked: a skip there fails the run."""

    def __init__(self) -> None:
        self.skipped: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped[report.nodeid] = reason_of(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped[report.nodeid] = reason_of(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for test, reason in self.skipped.items():
            terminalreporter.write_line(f"SKIPPED ON CI, which fails the run: {test}: {reason}", red=True)


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Running"]:
    """One deployment on this machine for all tests that need one, by the very functions of ``tocsin up``."""
    from local import system
    from local.folder import Folder
    from tests.system.conftest import bring_up

    folder = Folder(tmp_path_factory.mktemp("system") / "tocsin")
    try:
        yield bring_up(folder)
    finally:
        system.down(folder, delete=True)


@pytest.fixture(scope="session")
def fixtures_folder() -> Path:
    """The collection of real messages, where this machine has it: TOCSIN_FIXTURES names it."""
    folder = os.environ.get("TOCSIN_FIXTURES")
    if not folder or not Path(folder).is_dir():
        pytest.skip("the collection of real messages is not here: TOCSIN_FIXTURES names its folder")
    return Path(folder)


@pytest.fixture(autouse=True)
def free_phones(request: pytest.FixtureRequest) -> None:
    """A number takes five texts in a quarter of an hour, and all tests of the deployed system share the people's."""
    if "running" not in request.fixturenames:
        return
    from tests.system.conftest import Running

    running = request.getfixturevalue("running")
    if isinstance(running, Running):
        running.free_phones()
