"""Slack on the deployed system: what is answered elsewhere is shown where the incident was posted."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.apply import apply
from cli.local_system import EXAMPLE
from shared.channels.slack import API_URL, TOKEN
from shared.store.dynamodb_directory import LOOKED_UP_FOR
from tests.channels import slack_double
from tests.channels.slack_double import Slack, slack
from tests.system.conftest import Running, eventually


@pytest.fixture
def chat(running: Running, tmp_path: Path) -> Iterator[Slack]:
    """Ada is paged in a channel of a Slack."""
    folder = tmp_path / "configuration"
    shutil.copytree(EXAMPLE, folder)
    people = folder / "people.yaml"
    paged = people.read_text().replace("      mail: {email: ada@acme.example}", '      mail: {slack: "#on-call"}')
    people.write_text(paged)
    ssm = running.deployment.client("ssm")
    with slack() as double:
        for name, value in {TOKEN: slack_double.TOKEN, API_URL: double.url}.items():
            ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        apply(folder, running.deployment, running.deps.now())
        yield double
        apply(EXAMPLE, running.deployment, running.deps.now())
        ssm.delete_parameters(Names=[TOKEN, API_URL])


def test_the_recovery_is_shown_in_place_and_said_in_the_thread(running: Running, chat: Slack) -> None:
    time.sleep(LOOKED_UP_FOR)  # functions hold the version before for so long
    running.trigger("in slack")
    eventually(lambda: any("in slack" in root["text"] for root in chat.roots()), "the page")
    running.resolve("in slack")
    eventually(lambda: "A sender resolved it" in chat.thread(), "the line of the thread")
    (root,) = [root for root in chat.roots() if "in slack" in root["text"]]
    assert "actions" not in {block["type"] for block in root["blocks"]}  # nothing is left to be pressed
