"""docs/rules.md says what is so: each pattern of its table, and its example."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.event_file import read_event
from cli.route import routes
from shared.config.build import build
from shared.config.lint import lint
from shared.config.read import load
from shared.domain.directory import Outcome
from shared.domain.instants import parse_instant
from shared.domain.operators import OPERATORS
from shared.domain.pattern import compile_pattern

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "rules.md").read_text()
ROWS = re.findall(r"^\| `(\[.*?\])` \| (`.*) \| (`.*) \|$", DOCUMENT, re.MULTILINE)
YAML, EVENT, SAID = (
    re.search(rf"```{begin}\n(.*?)```", DOCUMENT, re.DOTALL)
    for begin in ("yaml", "json", r"\n\$ tocsin route acme event.json")
)
AT = parse_instant("2026-11-23T03:00Z")


def values(cell: str) -> list[Any]:
    return [json.loads(text) for text in re.findall(r"`([^`]*)`", cell)]


@pytest.mark.parametrize(("operators", "takes", "leaves"), ROWS)
def test_a_pattern_takes_and_leaves_what_the_document_says(operators: str, takes: str, leaves: str) -> None:
    pattern = compile_pattern({"a": json.loads(operators)})
    assert values(takes)
    assert values(leaves)
    for value in values(takes):
        assert pattern.matches({"a": value}), pattern.why({"a": value})
    for value in values(leaves):
        assert not pattern.matches({"a": value}), pattern.why({"a": value})


def test_every_operator_and_every_action_is_in_the_document() -> None:
    assert len(ROWS) >= 18
    assert not [name for name in OPERATORS if not any(f'"{name}"' in row[0] for row in ROWS)]
    written = {"class_": "class", "proceed": "continue"}
    actions = [written.get(name, name) for name in Outcome.__dataclass_fields__]
    assert not [name for name in actions if f"`{name}: " not in DOCUMENT]


def test_the_example_is_what_the_command_says(tmp_path: Path) -> None:
    assert YAML
    assert EVENT
    assert SAID
    for file in (ROOT / "examples" / "acme").glob("*.yaml"):
        text = re.sub(r"^event_rules:\n.*\n", "", file.read_text(), flags=re.MULTILINE)
        key = json.loads(EVENT[1])["routing_key"]
        (tmp_path / file.name).write_text(text.replace("source: events_v2}", f"source: events_v2, key: {key}}}", 1))
    (tmp_path / "rules.yaml").write_text(YAML[1])
    (tmp_path / "event.json").write_text(EVENT[1])
    loaded = load(tmp_path)
    assert [str(finding) for finding in lint(loaded, AT)] == []
    (routed,) = routes(build(loaded.document, 1), *read_event(str(tmp_path / "event.json"), None), AT)
    assert list(routed.in_words()) == SAID[1].splitlines()
