"""``tocsin init``: a first configuration to edit, with comments, so that nobody begins with an empty page."""

import json
from pathlib import Path

from cli.console import WRONG_USAGE, Failed
from shared.config.json_schema import json_schema
from shared.config.shapes import nearest

SCHEMA = "tocsin.schema.json"
FIRST_LINE = f"# yaml-language-server: $schema={SCHEMA}\n"  # by which editors check and complete what is typed
TEMPLATES = Path(__file__).resolve().parent.parent / "examples" / "templates"


def templates() -> list[str]:
    return sorted(path.name for path in TEMPLATES.iterdir() if path.is_dir())


def init(folder: Path, template: str) -> list[Path]:
    """The files that were written. Raises Failed, and writes none, where one of them is there already."""
    if template not in templates():
        hint = nearest(template, templates())
        raise Failed(f"--template: there is no {template!r}{hint}", code=WRONG_USAGE)
    texts = {path.name: FIRST_LINE + path.read_text() for path in sorted((TEMPLATES / template).glob("*.yaml"))}
    texts[SCHEMA] = json.dumps(json_schema(), indent=1) + "\n"
    there = [folder / name for name in texts if (folder / name).exists()]
    if there:
        raise Failed(*(f"{path}: it is there already, so nothing was written. Name another folder." for path in there))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [folder / name for name in texts]
