"""What docs/configuration.md says: each key as the editors' schema explains it, each code of lint, each template."""

import re
from pathlib import Path

from cli.init import FIRST_LINE, templates
from shared.config.meanings import MEANINGS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "configuration.md").read_text()


def test_every_key_stands_there_with_its_meaning_and_default() -> None:
    rows = [f"| `{path}` | {meaning} | {default} |" for path, (meaning, default) in MEANINGS.items()]
    assert TEXT.endswith("| --- | --- | --- |\n" + "".join(f"{row}\n" for row in rows))


def test_every_code_of_lint_is_explained() -> None:
    code = re.compile(r'(?:warn|tell)\(\s*[^,]+,\s*"([a-z_]+)"')
    modules = ("addresses", "reachability", "rules", "not_in_force", "references", "webhooks")
    told = {found for name in modules for found in code.findall((ROOT / f"shared/config/{name}.py").read_text())}
    told |= set(re.findall(r'Doubt\(\s*"([a-z_]+)"', (ROOT / "shared/channels/checking.py").read_text()))
    told |= set(re.findall(r'return "([a-z_]+)", f"', (ROOT / "cli/lint.py").read_text()))
    told -= {"missing", "reference", "pattern", "value"}  # errors that say all there is to say
    assert told == set(re.findall(r"^\| `([a-z_]+)` \|", TEXT, re.MULTILINE)) - {*MEANINGS, *templates()}


def test_templates_and_the_editors_line_are_as_they_are() -> None:
    assert all(f"| `{template}` |" in TEXT for template in templates())
    assert FIRST_LINE in TEXT
