"""docs/chat.md: what is to be pasted is what the code asks for."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from infra.doors import ROUTES
from shared.channels import slack
from shared.config.addresses import SECRET, SLACK
from shared.flow.reply_slack import SIGNING_SECRET
from shared.web.slack_door import READERS

TEXT = (Path(__file__).parents[2] / "docs" / "chat.md").read_text()
MANIFEST, CONTACTS = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL))


def test_the_manifest_s_addresses_are_doors_of_ours() -> None:
    settings = MANIFEST["settings"]
    urls = {
        "commands": MANIFEST["features"]["slash_commands"][0]["url"],
        "events": settings["event_subscriptions"]["request_url"],
        "interactions": settings["interactivity"]["request_url"],
    }
    assert {what: urlsplit(url).path for what, url in urls.items()} == {what: f"/slack/{what}" for what in READERS}
    assert "/slack/{what}" in ROUTES["reply"]


def test_the_manifest_asks_for_what_the_remedies_name() -> None:
    scopes = MANIFEST["oauth_config"]["scopes"]["bot"]
    assert {"chat:write", "im:write", "commands"} <= set(scopes)
    assert {
        event.replace("message.", "") + ":history"
        for event in MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    } <= {*scopes}


def test_the_parameters_are_those_that_are_read() -> None:
    named = set(re.findall(r"--name (\S+)", TEXT))
    assert {slack.TOKEN, SIGNING_SECRET, "/tocsin/teams/oncall"} == named
    assert slack.API_URL in TEXT


def test_the_contacts_are_places() -> None:
    ways = CONTACTS["users"]["ada"]["contacts"].values()
    assert all(SLACK.fullmatch(way["slack"]) for way in ways)
    assert SECRET.fullmatch("ssm:/tocsin/teams/oncall")


def test_every_error_that_it_explains_is_one_that_has_a_remedy() -> None:
    explained = {
        word for line in TEXT.splitlines() for word in re.findall(r"`([a-z]+_[a-z_]+)`", line) if line.startswith("| `")
    }
    assert explained <= set(slack.REMEDIES)
