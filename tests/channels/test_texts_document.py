"""docs/texts.md says what is so: each fact with its value in the sample, each form, and the example."""

import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pytest

from shared.channels import sample
from shared.channels.checking import check
from shared.channels.facts import Facts, facts
from shared.channels.language import FILTERS, LISTS, OF_LOOP, TEMPLATE_MAX, TESTS, Markup, compiled, filled
from shared.channels.texts import TEXTS
from shared.config.build import build, templates
from shared.config.nodes import read_yaml
from shared.domain.directory import Medium

DOCUMENT = (Path(__file__).parents[2] / "docs" / "texts.md").read_text()
FACTS = re.findall(r"^\| `(\w+)` \| (?:`(.*?)` )?\| .+ \|$", DOCUMENT, re.MULTILINE)
FORMS = [form.replace("\\|", "|") for form in re.findall(r"^\| `(\{.*?\})` \| .+ \|$", DOCUMENT, re.MULTILINE)]
EXAMPLE = re.search(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
SAMPLE = facts(sample.notice(Medium.EMAIL))


def shown(value: object) -> str:
    """A list by its first member."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        first = value[0]
        return first if isinstance(first, str) else ": ".join(first)
    return str(value)


def test_every_fact_stands_there_with_its_value_in_the_sample() -> None:
    assert dict(FACTS) == {field.name: shown(getattr(SAMPLE, field.name)) for field in fields(Facts)}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_be_written(form: str) -> None:
    filled(compiled(form, Markup.NONE), SAMPLE)


def test_every_filter_test_list_and_text_is_named() -> None:
    for name in (*FILTERS, *LISTS, *TEXTS):
        assert re.search(rf"`{re.escape(name)}`|\| {name}\b", DOCUMENT), name
    assert all(f"is {name}" in DOCUMENT for name in TESTS)
    assert all(f"loop.{name}" in DOCUMENT for name in OF_LOOP)
    assert f"{TEMPLATE_MAX:,} characters" in DOCUMENT


def test_the_example_stands_every_check() -> None:
    assert EXAMPLE
    document = read_yaml("texts.md", EXAMPLE[1].encode()).plain()
    found = templates(document)
    assert [doubt for name, template in found.items() for doubt in check(name, template)] == []
    account = {"name": "Acme", "fallback": {"email": "ops@acme.example"}}
    assert build({"account": account, **document}, 1).templates == found
