"""What lint says of a webhook."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.config.build import build
from shared.config.lint import lint
from shared.config.read import load
from shared.domain.directory import Webhook

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TEAM = """\
account: {name: Acme, fallback: {email: ops@acme.example}}
webhooks:
  board: {BODY}
"""
SIGNED = 'secret: "ssm:/tocsin/board"'


def told(folder: Path, body: str) -> list[tuple[str, str, str]]:
    (folder / "a.yaml").write_text(TEAM.replace("BODY", body))
    return [(f.level, f.code, f.path) for f in lint(load(folder), NOW) if f.path.startswith("webhooks")]


@pytest.mark.parametrize(
    "url", ["https://board.example/hook?a=1", "https://board.example:8443", "http://127.0.0.1:9/h"]
)
def test_an_address_by_https_is_taken_and_one_on_this_machine(tmp_path: Path, url: str) -> None:
    assert told(tmp_path, f'url: "{url}", events: [incident.resolved], {SIGNED}') == []


@pytest.mark.parametrize(
    "url", ["http://board.example/", "ftp://board.example", "board.example", "https://", "https://a:b@board.example/"]
)
def test_any_other_is_an_error(tmp_path: Path, url: str) -> None:
    assert told(tmp_path, f'url: "{url}", {SIGNED}') == [("error", "address", "webhooks.board.url")]


def test_an_event_that_there_isn_t_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    body = f'url: "https://board.example", events: [incident.triggered, incident.resolve], {SIGNED}'
    assert told(tmp_path, body) == [("error", "reference", "webhooks.board.events[1]")]
    (message,) = [f.message for f in lint(load(tmp_path), NOW) if f.code == "reference"]
    assert "did you mean incident.resolved?" in message


def test_a_webhook_without_a_secret_is_doubtful(tmp_path: Path) -> None:
    assert told(tmp_path, 'url: "https://board.example"') == [("warning", "unsigned", "webhooks.board")]


def test_it_becomes_a_webhook_of_the_directory(tmp_path: Path) -> None:
    told(tmp_path, f'url: "https://board.example", events: [incident.triggered], {SIGNED}')
    directory = build(load(tmp_path).document, 1)
    board = Webhook(name="board", url="https://board.example", events=("incident.triggered",), secret="/tocsin/board")
    assert directory.webhooks == {"board": board}
    assert board.hears("incident.triggered")
    assert not board.hears("incident.resolved")
    assert Webhook(name="all", url="https://all.example").hears("incident.resolved")
