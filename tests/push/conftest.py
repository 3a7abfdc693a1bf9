import ssl
from collections.abc import Iterator

import pytest

from tests.push.service import PushService, push_service


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PushService, ssl.SSLContext]]:
    with push_service(tmp_path_factory.mktemp("push")) as service:
        yield service


@pytest.fixture
def service(running: tuple[PushService, ssl.SSLContext]) -> tuple[PushService, ssl.SSLContext]:
    """The same one for all, as if it had just begun."""
    running[0].begin()
    return running
