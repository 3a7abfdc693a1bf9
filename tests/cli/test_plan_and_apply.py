"""What a configuration would change, said in people and hours; and putting it in force, all of it or nothing."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bench.tables import DIRECTORY, make_tables
from cli import history
from cli.apply import apply
from cli.console import Failed
from cli.deployment import FACTS, REPLY_SECRET, Deployment
from cli.plan import as_if_deployed, deployed, in_words, plan
from shared.config.plan import Plan
from shared.domain.errors import Conflict
from shared.domain.schedule import on_call

NOW = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)  # a Wednesday, in the week of grace
HOUR = timedelta(hours=1)

TEAM = """\
account: {name: Acme, time_zone: Europe/Berlin, fallback: {email: ops@acme.example}}
users:
  ada: {name: Ada, email: ada@acme.example, contacts: {mail: {email: ada@acme.example}}}
  grace: {name: Grace, email: grace@acme.example, contacts: {mail: {email: grace@acme.example}}}
  linus: {name: Linus, email: linus@acme.example, contacts: {mail: {email: linus@acme.example}}}
  zed: {name: Zed, email: zed@acme.example}
schedules:
  primary:
    layers:
      - {name: weekly, start: 2026-11-23T09:00, turn: 1w, users: [ada, grace]}
escalation_policies:
  all: {levels: [{notify: ["schedule:primary"], after: 5m}]}
services:
  web: {policy: all, integrations: {events: {source: events_v2}}}
unrouted: web
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A folder of its own with the team, edited."""

    def write(name: str, *edits: tuple[str, str]) -> Path:
        text = TEAM
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        folder = tmp_path / name
        folder.mkdir()
        (folder / "team.yaml").write_text(text)
        return folder

    return write


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with mock_aws():
        make_tables(boto3.client("dynamodb", region_name="eu-central-1"))
        make: Any = boto3.client
        found = Deployment("acme", lambda service, config=None: make(service, "eu-central-1", config=config))
        facts = {"directory_table": DIRECTORY}
        found.client("ssm").put_parameter(Name=FACTS, Value=json.dumps(facts), Type="String")
        yield found


def hours(found: Plan) -> dict[str, float]:
    """Gained and lost, by person."""
    total: dict[str, float] = {}
    for row in found.as_json()["on_call"]:
        total[row["user"]] = round(total.get(row["user"], 0.0) + row["hours"], 4)
    return total


def words(found: Plan) -> str:
    return "\n".join(text for text, _ in in_words(found, "Europe/Berlin"))


OVERRIDE = "    overrides: [{user: linus, from: 2026-12-07T09:00, to: 2026-12-07T21:00}]\nescalation_policies:"


def test_an_override_takes_twelve_hours_from_one_and_gives_them_to_another(write: Callable[..., Path]) -> None:
    found = plan(write("after", ("escalation_policies:", OVERRIDE)), as_if_deployed(write("before")), NOW)
    assert found.as_json() == {
        "changes": [{"kind": "schedules", "name": "primary", "action": "change"}],
        "on_call": [
            {
                "schedule": "primary",
                "user": user,
                "from": "2026-12-07T08:00:00Z",
                "to": "2026-12-07T20:00:00Z",
                "hours": gained,
            }
            for user, gained in (("ada", -12.0), ("linus", 12.0))
        ],
        "starts": [],
        "refused": [],
    }
    assert "ada loses 12 on-call hours: Mon 7 Dec 09:00 to 21:00" in words(found)
    assert "linus gains 12 on-call hours: Mon 7 Dec 09:00 to 21:00" in words(found)


def test_who_swaps_is_named_though_the_hours_are_as_many(write: Callable[..., Path]) -> None:
    before = as_if_deployed(write("before"))
    found = plan(write("after", ("users: [ada, grace]", "users: [grace, ada]")), before, NOW)
    assert {row["user"] for row in found.as_json()["on_call"]} == {"ada", "grace"}
    assert set(hours(found).values()) == {0.0}
    assert "ada loses" in words(found)
    assert "ada gains" in words(found)


def test_who_joins_gains_what_the_others_lose(write: Callable[..., Path]) -> None:
    found = plan(
        write("after", ("users: [ada, grace]", "users: [ada, grace, linus]")), as_if_deployed(write("before")), NOW
    )
    assert hours(found)["linus"] > 0
    assert sum(hours(found).values()) == pytest.approx(0, abs=0.01)


def test_an_edit_that_moves_the_present_turn_is_told_with_the_start_that_keeps_it(write: Callable[..., Path]) -> None:
    before = as_if_deployed(write("before"))
    joined = ("users: [ada, grace]", "users: [linus, ada, grace]")
    found = plan(write("after", joined), before, NOW)
    assert found.as_json()["starts"] == [
        {"schedule": "primary", "layer": "weekly", "user": "grace", "start": "2026-11-16T09:00"}
    ]
    assert "takes the present turn from grace to ada" in words(found)
    assert "start: 2026-11-16T09:00" in words(found)

    kept = plan(write("kept", joined, ("start: 2026-11-23T09:00", "start: 2026-11-16T09:00")), before, NOW)
    assert kept.starts == ()
    assert min(stretch.start for _, stretch in kept.on_call) == datetime(2026, 12, 7, 8, 0, tzinfo=UTC)


def test_hours_are_elapsed_hours_also_when_clocks_change(write: Callable[..., Path]) -> None:
    night = OVERRIDE.replace("2026-12-07T09:00", "2027-03-28T00:00").replace("2026-12-07T21:00", "2027-03-28T06:00")
    found = plan(
        write("after", ("escalation_policies:", night)), as_if_deployed(write("before")), NOW + timedelta(days=100)
    )
    assert hours(found)["linus"] == 5.0


def test_nothing_changes_and_it_says_so(write: Callable[..., Path]) -> None:
    found = plan(write("again"), as_if_deployed(write("before")), NOW)
    assert found.as_json() == {"changes": [], "on_call": [], "starts": [], "refused": []}
    assert words(found) == "Nothing changes: this is in force already."


def test_everything_that_changes_is_named_rule_by_rule(write: Callable[..., Path]) -> None:
    rule = "  - {{name: {0}, when: {{source: [{0}]}}, then: {{suppress: true}}}}\n"
    rules = "event_rules:\n" + rule.format("a") + rule.format("b")
    before = as_if_deployed(write("before", ("unrouted: web\n", "unrouted: web\n" + rules)))
    turned = "event_rules:\n" + rule.format("b") + rule.format("a")
    more = turned.replace("source: [a]", "source: [z]") + rule.format("c")
    edits = ("unrouted: web\n", "unrouted: web\n" + more), ("  zed: {name: Zed, email: zed@acme.example}\n", "")
    found = plan(write("after", *edits), before, NOW)
    assert found.as_json()["changes"] == [
        {"kind": "users", "name": "zed", "action": "remove"},
        {"kind": "event_rules", "name": "a", "action": "change"},
        {"kind": "event_rules", "name": "c", "action": "add"},
        {"kind": "event_rules", "name": "the order of rules", "action": "change"},
    ]
    assert "remove  user zed" in words(found)


def test_whose_events_would_be_refused_is_told(write: Callable[..., Path]) -> None:
    renamed = write("after", ("{events: {source: events_v2}}", "{alerts: {source: events_v2}}"))
    key = ("{events: {source: events_v2}}", "{events: {source: events_v2, key: RWEB0000000000000000000000000000}}")
    found = plan(renamed, as_if_deployed(write("before", key)), NOW)
    assert found.refused == ("services.web.integrations.events",)
    assert "by the routing key of services.web.integrations.events is refused from then on" in words(found)


# applying


def test_the_first_apply_puts_all_of_it_in_force_and_mints_the_keys(
    write: Callable[..., Path], deployment: Deployment
) -> None:
    applied = apply(write("team"), deployment, NOW)
    assert applied.version == 1
    assert len(applied.routing_keys["web"]) == 32
    assert {change["action"] for change in applied.as_json()["changes"]} == {"add"}
    assert deployed(deployment) is not None
    assert deployment.client("ssm").get_parameter(Name=REPLY_SECRET)["Parameter"]["Type"] == "SecureString"


def test_applying_the_same_again_changes_nothing(write: Callable[..., Path], deployment: Deployment) -> None:
    first = apply(write("team"), deployment, NOW)
    again = apply(write("again"), deployment, NOW + HOUR)
    assert (again.version, again.plan.changes) == (None, ())
    assert again.routing_keys == first.routing_keys
    assert [version["version"] for version in history.versions(deployment)] == [1]


def test_a_dry_run_says_the_same_and_changes_nothing(write: Callable[..., Path], deployment: Deployment) -> None:
    apply(write("team"), deployment, NOW)
    edited = write("edited", ("users: [ada, grace]", "users: [ada, grace, linus]"))
    dry = apply(edited, deployment, NOW, dry_run=True)
    assert dry.version is None
    assert dry.plan == plan(edited, deployed(deployment), NOW)
    assert [version["version"] for version in history.versions(deployment)] == [1]


def test_who_applied_and_when_is_on_record(write: Callable[..., Path], deployment: Deployment) -> None:
    apply(write("team"), deployment, NOW)
    (first,) = history.versions(deployment)
    assert (first["version"], first["at"]) == (1, "2026-12-02T12:00:00Z")
    assert first["by"].startswith("arn:aws:sts::")


def test_a_text_that_can_t_be_used_is_refused_and_one_that_can_is_in_force(
    write: Callable[..., Path], deployment: Deployment
) -> None:
    texts = ("unrouted: web", 'unrouted: web\ntemplates: {email: {subject: "{{ number }} {{ %s }}"}}')
    with pytest.raises(Failed, match="sumary is no fact; did you mean summary"):
        apply(write("broken", (texts[0], texts[1] % "sumary")), deployment, NOW)
    applied = apply(write("right", (texts[0], texts[1] % "summary")), deployment, NOW)
    assert applied.version == 1
    in_force = deployment.directory().current()
    assert in_force.templates == {"email.subject": "{{ number }} {{ summary }}"}


def test_a_policy_that_would_reach_nobody_is_refused_and_may_be_forced(
    write: Callable[..., Path], deployment: Deployment
) -> None:
    apply(write("team"), deployment, NOW)
    alone = write("alone", ("users: [ada, grace]", "users: [zed]"))
    with pytest.raises(Failed) as refused:
        apply(alone, deployment, NOW + HOUR)
    assert "escalation_policies.all: reaches nobody" in refused.value.lines[0]
    assert "--force" in refused.value.lines[-1]
    assert len(history.versions(deployment)) == 1

    assert apply(alone, deployment, NOW + HOUR, force=True).version == 2


def test_an_account_whose_fallback_reaches_nobody_is_refused(
    write: Callable[..., Path], deployment: Deployment
) -> None:
    voice = write("voice", ("fallback: {email: ops@acme.example}", 'fallback: {voice: "+4915112345678"}'))
    with pytest.raises(Failed, match="the fallback contact has voice"):
        apply(voice, deployment, NOW)
    missing = write("missing", (", fallback: {email: ops@acme.example}", ""))
    with pytest.raises(Failed, match=r"account\.fallback: fallback must be there"):
        apply(missing, deployment, NOW, force=True)
    assert history.versions(deployment) == []


def test_of_two_who_apply_at_once_the_slower_is_told_who_was_faster(
    write: Callable[..., Path], deployment: Deployment
) -> None:
    apply(write("team"), deployment, NOW)
    theirs, mine = write("theirs", ("after: 5m", "after: 6m")), write("mine", ("after: 5m", "after: 7m"))

    class Between:
        """While mine is written, theirs is put in force."""

        def __init__(self) -> None:
            self.client, self.first = deployment.client("dynamodb"), True

        def __getattr__(self, name: str) -> Any:
            if name == "batch_write_item" and self.first:
                self.first = False
                apply(theirs, deployment, NOW + HOUR)
            return getattr(self.client, name)

    between = Between()
    slower = Deployment("acme", lambda s, config=None: between if s == "dynamodb" else deployment.client(s, config))
    with pytest.raises(Conflict, match=r"applied version 3 at 2026-12-02T13:00:00Z.* Nothing of yours was applied"):
        apply(mine, slower, NOW + HOUR)

    document = deployed(deployment)
    assert document is not None
    assert document["escalation_policies"]["all"]["levels"][0]["after"] == "6m"
    assert apply(mine, deployment, NOW + 2 * HOUR).version == 4  # 2 was written, and never in force
    assert [version["version"] for version in history.versions(deployment)] == [1, 3, 4]


def test_an_older_version_stays_for_the_incidents_that_page_by_it(
    write: Callable[..., Path], deployment: Deployment
) -> None:
    apply(write("team"), deployment, NOW)
    gone = write("gone", ("users: [ada, grace]", "users: [linus]"), ("  ada: {name: Ada", "  ann: {name: Ada"))
    apply(gone, deployment, NOW + HOUR)
    before, after = (deployment.directory().version(number) for number in (1, 2))
    assert on_call(before.schedules["primary"], NOW) == "grace"
    assert "ada" in before.users
    assert "ada" not in after.users


def test_the_past_is_read_from_what_was_in_force_then(write: Callable[..., Path], deployment: Deployment) -> None:
    apply(write("team"), deployment, NOW)
    apply(write("edited", ("users: [ada, grace]", "users: [linus]")), deployment, NOW + 4 * HOUR)
    day = timedelta(days=1)
    assert history.on_call(deployment, "primary", NOW - day, NOW + day) == [
        {"user": "grace", "start": "2026-12-02T12:00:00Z", "end": "2026-12-02T16:00:00Z"},
        {"user": "linus", "start": "2026-12-02T16:00:00Z", "end": "2026-12-03T12:00:00Z"},
    ]
    with pytest.raises(Failed, match="there was no schedule 'primry' in that time; did you mean primary"):
        history.on_call(deployment, "primry", NOW - day, NOW + day)


def test_a_removed_schedule_still_says_who_had_it(write: Callable[..., Path], deployment: Deployment) -> None:
    apply(write("team"), deployment, NOW)
    without = write(
        "without",
        ("schedule:primary", "user:ada"),
        ("schedules:\n  primary:\n    layers:\n", ""),
        ("      - {name: weekly, start: 2026-11-23T09:00, turn: 1w, users: [ada, grace]}\n", ""),
    )
    apply(without, deployment, NOW + HOUR)
    found = history.on_call(deployment, "primary", NOW, NOW + 2 * HOUR)
    assert [(shift["user"], shift["end"]) for shift in found] == [("grace", "2026-12-02T13:00:00Z")]
