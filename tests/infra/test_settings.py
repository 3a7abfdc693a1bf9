"""What a deployment may choose: each setting is documented, a wrong one is named with its remedy."""

import ast
from collections.abc import Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.patterns import ANY_OTHER
from infra.settings import Settings, SettingsError, load, parse, target
from infra.targets import AWS, LOCAL

ROOT = Path(__file__).parents[2]
ENOUGH = {"mail_from": "tocsin@acme.example", "fallback_email": "ops@acme.example"}


@pytest.fixture(autouse=True)
def _nothing_chosen_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOCSIN_SETTINGS", raising=False)
    monkeypatch.delenv("TOCSIN_TARGET", raising=False)


def test_every_setting_says_what_it_is_for_and_its_default() -> None:
    tree = ast.parse((ROOT / "infra" / "settings.py").read_text())
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    told: dict[str, str] = {}
    for before, after in pairwise(body):
        if isinstance(before, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            told[ast.unparse(before.target)] = str(after.value.value)
    assert {field.name for field in fields(Settings)} == set(told)
    assert [name for name, words in told.items() if "default" not in words.lower()] == []


def test_the_example_shows_every_setting_and_is_valid() -> None:
    shown = YAML(typ="safe").load(ROOT / "settings.example.yaml")
    assert set(shown) == {field.name for field in fields(Settings)}
    parse(shown, AWS)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"mail_form": "x"}, "mail_form: no such setting; did you mean mail_from?"),
        ({"zebra": 1}, "zebra: no such setting; there are mail_from, "),
        ({"log_retention_days": "long"}, "log_retention_days: 'long' is no int"),
        ({"deletion_protection": "no"}, "deletion_protection: 'no' is no bool"),
        ({"log_retention_days": 31}, "log_retention_days: CloudWatch knows 1, 3, 5"),
        ({"log_level": "WARN"}, "log_level: say DEBUG or INFO"),
        ({"python": 3.13}, "python: 3.13 is no str"),
        ({"python": "3.9"}, "python: say one of 3.12, 3.13, 3.14"),
        ({"mail_from": "nobody"}, "mail_from: 'nobody' is no address"),
        ({"fallback_email": "nobody"}, "fallback_email: 'nobody' is no address"),
        ({"fallback_sms": "0151"}, "fallback_sms: '0151' is no number"),
        ({"two_way_number": "TOCSIN"}, "two_way_number: 'TOCSIN' is no number: say +12125550101"),
        ({"customer_key": "alias/mine"}, "customer_key: 'alias/mine' is no ARN"),
        ({"ses_identity": "maybe"}, "ses_identity: say create or existing"),
        ({"event_sources": ["cloudwach"]}, "event_sources: ['cloudwach'] aren't among cloudwatch, guardduty"),
        ({"event_sources": "cloudwach"}, "event_sources: ['cloudwach'] aren't among cloudwatch, guardduty"),
        ({"event_sources": {"cloudwatch": 1}}, "event_sources: {'cloudwatch': 1} is no list"),
        (
            {"event_accounts": [444455556666]},
            "event_accounts: [444455556666] are no accounts: say 12 digits, in quotes",
        ),
        ({"event_organization": "acme"}, "event_organization: 'acme' is no id"),
        ({"event_patterns": ["aws.glue"]}, "event_patterns: ['aws.glue'] are no patterns"),
        ({"event_patterns": "[{"}, "event_patterns: '[{' is no list"),
        ({"waf_log_groups": ["/aws/waf"]}, "waf_log_groups: ['/aws/waf']: WAF writes to groups aws-waf-logs-"),
        ({"mail_retention_days": 0}, "mail_retention_days: at least 1"),
        ({"fallback_email": ""}, "fallback_email, fallback_sms: both missing"),
        ({"mail_from": ""}, "mail_from: missing"),
    ],
)
def test_a_wrong_setting_is_named(chosen: Mapping[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse({**ENOUGH, **chosen}, AWS)
    assert told in str(refused.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        parse({}, AWS)
    assert "mail_from" in str(refused.value)
    assert "fallback_email" in str(refused.value)


def test_settings_come_from_the_file_in_the_root_and_single_ones_from_the_command(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("mail_from: tocsin@acme.example\nfallback_email: ops@acme.example\n")
    context = {"tocsin:log_retention_days": "90", "tocsin:deletion_protection": "false", "cli-telemetry": False}
    settings = load(tmp_path, context, AWS)
    assert (settings.log_retention_days, settings.deletion_protection) == (90, False)
    assert settings.inbound_domain == "in.acme.example"


def test_lists_of_the_command_are_written_with_commas_or_as_json(tmp_path: Path) -> None:
    context = {
        "tocsin:event_accounts": "444455556666,777788889999",
        "tocsin:event_patterns": '[{"source": ["aws.glue"]}]',
        **{f"tocsin:{key}": value for key, value in ENOUGH.items()},
    }
    settings = load(tmp_path, context, AWS)
    assert settings.event_accounts == ("444455556666", "777788889999")
    assert settings.event_patterns == ({"source": ["aws.glue"]},)


def test_a_misspelt_setting_of_the_command_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="log_levl: no such setting; did you mean log_level"):
        load(tmp_path, {"tocsin:log_levl": "INFO"}, AWS)


def test_another_file_may_be_named_and_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SETTINGS", str(tmp_path / "mine.json"))
    with pytest.raises(SettingsError, match="there is no file"):
        load(tmp_path, {}, AWS)
    (tmp_path / "mine.json").write_text('{"mail_from": "tocsin@acme.example", "fallback_email": "ops@acme.example"}')
    assert load(tmp_path, {}, AWS).mail_from == "tocsin@acme.example"


@pytest.mark.parametrize("content", ["- a list\n", "mail_from: [\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "settings.yaml").write_text(content)
    with pytest.raises(SettingsError):
        load(tmp_path, {}, AWS)


def test_nothing_need_be_chosen_on_this_machine(tmp_path: Path) -> None:
    settings = load(tmp_path, {}, LOCAL)
    assert settings.inbound_domain == "in.tocsin.example"
    assert settings.event_patterns == ANY_OTHER


def test_the_target_is_aws_unless_local_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert target() is AWS
    monkeypatch.setenv("TOCSIN_TARGET", "local")
    assert target() is LOCAL
    monkeypatch.setenv("TOCSIN_TARGET", "moon")
    with pytest.raises(SettingsError, match="'moon' is no target"):
        target()
