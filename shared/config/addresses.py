"""Contacts in chats, as the files write them: what can be no place there, and secrets that stand in a file."""

import re

from shared.config.inspection import Body, Inspection, body
from shared.domain.directory import Medium

SLACK = re.compile(r"[UWCG][A-Z0-9]{2,20}|#[^\s#]{1,80}")
SECRET = re.compile(r"ssm:/[\w./-]+")
IN_SLACK = (
    "{address!r} is no place in Slack, so that such a page fails and the next method is used: write a member's id, "
    "U0123ABCD (in the profile), a channel's, C0123ABCD, or #on-call"
)
IN_A_FILE = (
    "whoever knows a workflow's address can write there, so it is a secret: put it into a parameter, "
    "and write ssm:/tocsin/teams/oncall"
)
IN_TEAMS = "{address!r} names no parameter, so that such a page fails and the next method is used: " + IN_A_FILE


def addresses(check: Inspection) -> None:
    _contact(check, "account.fallback", body(body(check.document, "account"), "fallback"))
    for name, user in check.of("users"):
        for contact in body(user, "contacts"):
            _contact(check, f"users.{name}.contacts.{contact}", body(body(user, "contacts"), contact))


def _contact(check: Inspection, path: str, ways: Body) -> None:
    slack, teams = (ways.get(medium.value) for medium in (Medium.SLACK, Medium.TEAMS))
    if isinstance(slack, str) and not SLACK.fullmatch(slack):
        check.warn(f"{path}.slack", "address", IN_SLACK.format(address=slack))
    if isinstance(teams, str) and "://" in teams:
        check.tell(f"{path}.teams", "secret", IN_A_FILE)
    elif isinstance(teams, str) and not SECRET.fullmatch(teams):
        check.warn(f"{path}.teams", "address", IN_TEAMS.format(address=teams))
