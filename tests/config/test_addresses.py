"""What lint says of a contact in a chat."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.config.lint import lint
from shared.config.read import load

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TEAM = """\
account: {name: Acme, fallback: {email: ops@acme.example}}
users:
  ada: {name: Ada, email: ada@acme.example, contacts: {mail: {email: ada@acme.example}, chat: CHAT}}
"""


def told(folder: Path, chat: str) -> list[tuple[str, str, str]]:
    (folder / "a.yaml").write_text(TEAM.replace("CHAT", chat))
    return [(f.level, f.code, f.path) for f in lint(load(folder), NOW) if f.code in ("address", "secret")]


@pytest.mark.parametrize(
    "chat", ["slack: U0123ABCD", 'slack: "#on-call"', "slack: C0123ABCD", "teams: 'ssm:/tocsin/t'"]
)
def test_a_place_in_a_chat_is_taken(tmp_path: Path, chat: str) -> None:
    assert told(tmp_path, f"{{{chat}}}") == []


@pytest.mark.parametrize("chat", ['slack: "@ada"', "slack: ada@acme.example", "slack: on-call", "teams: oncall"])
def test_what_is_no_place_is_told(tmp_path: Path, chat: str) -> None:
    medium = chat.partition(":")[0]
    assert told(tmp_path, f"{{{chat}}}") == [("warning", "address", f"users.ada.contacts.chat.{medium}")]


def test_a_workflow_s_address_in_a_file_is_an_error(tmp_path: Path) -> None:
    chat = '{teams: "https://prod-1.westeurope.logic.azure.com/workflows/x?sig=y"}'
    assert told(tmp_path, chat) == [("error", "secret", "users.ada.contacts.chat.teams")]
