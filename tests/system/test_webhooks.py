"""A webhook on the deployed system: from the event to a receiver that checks the signature as the document says."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.apply import apply
from cli.local_system import EXAMPLE
from shared.store.dynamodb_directory import LOOKED_UP_FOR
from tests.channels.receivers import Receiver, answer, receiving
from tests.channels.test_webhook import checked, parsed
from tests.system.conftest import Running, eventually

SECRET = "a secret between two"
PARAMETER = "/tocsin/tests-board"


@pytest.fixture
def board(running: Running, tmp_path: Path) -> Iterator[Receiver]:
    folder = tmp_path / "configuration"
    shutil.copytree(EXAMPLE, folder)
    ssm = running.deployment.client("ssm")
    ssm.put_parameter(Name=PARAMETER, Value=SECRET, Type="SecureString", Overwrite=True)
    with receiving(answer("204 No Content"), tls=False) as receiver:
        webhook = {
            "url": f"http://127.0.0.1:{receiver.port}/hook",
            "events": ["incident.triggered", "incident.resolved"],
            "secret": f"ssm:{PARAMETER}",
        }
        (folder / "webhooks.yaml").write_text(json.dumps({"webhooks": {"board": webhook}}))
        applied = apply(folder, running.deployment, running.deps.now())
        eventually(lambda: running.deps.directory.current().version == applied.version, "the new version")
        yield receiver
        apply(EXAMPLE, running.deployment, running.deps.now())


def test_a_receiver_is_told_of_an_incident_s_beginning_and_end_and_knows_who_told_it(
    running: Running, board: Receiver
) -> None:
    def events(key: str) -> list[str]:
        told = [(said["X-Tocsin-Event"], json.loads(body)) for said, body in map(parsed, board.got)]
        return [event for event, body in told if body["incident"]["title"].startswith(key)]

    time.sleep(LOOKED_UP_FOR)  # functions hold the version before for so long
    running.trigger("board")
    eventually(lambda: events("board: ") == ["incident.triggered"], "word of the incident")
    running.resolve("board")
    eventually(lambda: events("board: ") == ["incident.triggered", "incident.resolved"], "word of its end")
    check = checked()
    assert all(check(said, body, SECRET) for said, body in map(parsed, board.got))
