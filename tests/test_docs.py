"""What the documents say is there: links, commands, make targets, files."""

import re
from pathlib import Path

import pytest

from cli.main import app

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"(?:\.venv/bin/|`)tocsin ([a-z-]+)")
TARGET = re.compile(r"^(?:\$ )?make ([a-z]+)", re.MULTILINE)
NAMED_FILE = re.compile(r"`((?:shared|infra|local|cli|functions)/[\w/.]+\.(?:py|json))`")
LATER = {"replay"}  # commands of issues to come that a decision record speaks of


def called(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=called)
def test_links_lead_somewhere(document: Path) -> None:
    missing = [link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=called)
def test_commands_and_targets_exist(document: Path) -> None:
    text = document.read_text()
    known = {name for name in app if not name.startswith("-")} | LATER
    assert set(COMMAND.findall(text)) <= known
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(TARGET.findall(text)) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=called)
def test_named_files_exist(document: Path) -> None:
    assert not [name for name in NAMED_FILE.findall(document.read_text()) if not (ROOT / name).exists()]


def test_every_flow_has_its_function_and_its_line_in_the_flow_s_document() -> None:
    text = (ROOT / "docs" / "flow.md").read_text()
    verbs = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    files = {path.stem for path in (ROOT / "shared" / "flow").glob("*.py")} - {"__init__"}
    assert verbs <= files
    assert not [verb for verb in verbs if f"`{verb}`" not in text]
    assert not [noun for noun in files - verbs if f"`{noun}.py`" not in text]
