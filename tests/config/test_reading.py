"""Every mistake has its file, line and path, says what is wrong and what would be right; nothing is ever guessed."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.finding import Finding
from shared.config.inspection import errors
from shared.config.lint import lint
from shared.config.read import load
from shared.domain.errors import ConfigError

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ACCOUNT = "account: {name: Acme, fallback: {email: ops@acme.example}}\n"
TEAM = (
    ACCOUNT
    + """\
users:
  ada: {name: Ada, email: ada@acme.example, contacts: {mail: {email: ada@acme.example}}}
escalation_policies:
  all: {levels: [{notify: ["user:ada"], after: 5m}]}
services:
  web: {policy: all}
unrouted: web
"""
)
RULE = """\
event_rules:
  - name: r
    when: {{source: [x]}}
    extract: {{pkg: {{from: {path}, regex: "{regex}"}}}}
    then: {{summary: "{summary}"}}
"""


def findings(tmp_path: Path, *files: str) -> list[Finding]:
    for number, text in enumerate(files):
        (tmp_path / f"{number}.yaml").write_text(text)
    return lint(load(tmp_path), NOW)


def told(found: list[Finding]) -> list[str]:
    return [f"{Path(f.file).name}:{f.line}: {f.path}: {f.message}" for f in found]


def test_a_whole_configuration_has_nothing_wrong(tmp_path: Path) -> None:
    assert findings(tmp_path, TEAM) == []


FAULTS = {
    "an unknown key names the nearest": (
        "account:\n  name: Acme\n  fallbak: {email: a@b.example}\n",
        "0.yaml:3: account.fallbak: unknown key; did you mean fallback?",
    ),
    "an unknown kind": ("sevices: {}\n", "0.yaml:1: sevices: unknown key; did you mean services?"),
    "a required key": ("account: {name: Acme}\n", "0.yaml:1: account.fallback: fallback must be there"),
    "no way to tell the fallback": (
        "account: {name: Acme, fallback: {}}\n",
        "0.yaml:1: account.fallback: at least one of email, sms, voice, push, slack, teams belongs here",
    ),
    "a duration": (
        TEAM.replace("after: 5m", "after: 5 minutes"),
        "0.yaml:5: escalation_policies.all.levels[0].after: '5 minutes' is no duration: write 45s, 5m, 2h, 1d or 2w",
    ),
    "a time zone": (
        TEAM.replace("name: Acme,", "name: Acme, time_zone: Europe/Berln,"),
        "0.yaml:1: account.time_zone: 'Europe/Berln' is no time zone of the IANA database; did you mean Europe/Berlin?",
    ),
    "a reference": (
        TEAM.replace("user:ada", "user:adda"),
        "0.yaml:5: escalation_policies.all.levels[0].notify[0]: there is no user 'adda'; did you mean ada?",
    ),
    "a policy": (
        TEAM.replace("policy: all", "policy: al"),
        "0.yaml:7: services.web.policy: there is no escalation policy 'al'; did you mean all?",
    ),
    "no unrouted": (
        TEAM.replace("unrouted: web\n", ""),
        "0.yaml:7: unrouted: unrouted must name the service that takes what nothing routes",
    ),
    "a phone number that YAML takes for an integer": (
        TEAM.replace("{email: ada@acme.example}}", "{sms: 447700900001}}"),
        "0.yaml:3: users.ada.contacts.mail.sms: '447700900001' is no phone number: +447700900001",
    ),
    "two ways in one contact": (
        TEAM.replace("{email: ada@acme.example}}", '{email: ada@acme.example, sms: "+447700900001"}}'),
        "0.yaml:3: users.ada.contacts.mail: exactly one of email, sms, voice, push, slack, teams belongs here",
    ),
    "repeat": (
        TEAM.replace("all: {", "all: {repeat: 10, "),
        "0.yaml:5: escalation_policies.all.repeat: a whole number from 0 to 9 belongs here",
    ),
    "a pattern": (
        TEAM + "event_rules:\n  - {name: x, when: {source: [{prefxi: a}]}, then: {suppress: true}}\n",
        "0.yaml:10: event_rules[0].when: ",
    ),
    "not YAML": ("account: {name: [}\n", "0.yaml:1: : "),
    "a key written twice": ("users:\n  a: {}\n  a: {}\n", "0.yaml:3: : a stands here twice: first in line 2"),
    "a tag": ("account: !!python/object:os.system {}\n", "0.yaml:1: : the tag"),
    "a secret in a file": (
        TEAM.replace("{policy: all}", "{policy: all, integrations: {ci: {source: github, secret: hunter2}}}"),
        "0.yaml:7: services.web.integrations.ci.secret: 'hunter2' is no name of an SSM SecureString",
    ),
    "days": (
        TEAM + "schedules:\n  s:\n    layers:\n      - {start: 2026-01-05T09:00, turn: 1w, users: [ada], "
        'only: [{days: mo-fr, from: "09:00", to: "17:00"}]}\n',
        "0.yaml:12: schedules.s.layers[0].only[0].days: 'mo-fr' is no list of days: mon-fri, fri-mon or mon,wed",
    ),
    "looking ahead": (
        TEAM + RULE.format(path="summary", regex="(?=x)", summary="{pkg}"),
        "0.yaml:12: event_rules[0].extract.pkg.regex: '(?=x)' is no regular expression of RE2: it looks ahead, which",
    ),
    "a field to extract from": (
        TEAM + RULE.format(path="custom_detail.x", regex="x", summary="{pkg}"),
        "0.yaml:12: event_rules[0].extract.pkg.from: an event has no 'custom_detail.x'; did you mean custom_details?",
    ),
    "a variable": (
        TEAM + RULE.format(path="summary", regex="x", summary="in {pgk}"),
        "0.yaml:13: event_rules[0].then.summary: {pgk} is neither extracted nor a field of the event; did you mean",
    ),
    "a brace": (
        TEAM + RULE.format(path="summary", regex="x", summary="in {pkg"),
        "0.yaml:13: event_rules[0].then.summary: write {name} for a variable, {{ for a brace",
    ),
    "a window of years": (
        TEAM + "event_rules:\n  - {name: r, when: {source: [x]}, then: {open_after: {count: 2, within: 60w}}}\n",
        "0.yaml:10: event_rules[0].then.open_after.within: 60w is out of range: from 1s to 30d",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_mistake_says_where_it_is_and_what_would_be_right(tmp_path: Path, what: str) -> None:
    text, expected = FAULTS[what]
    found = told(errors(findings(tmp_path, text)))
    assert [line for line in found if line.startswith(expected)], found


def test_a_name_in_two_files_names_both_places(tmp_path: Path) -> None:
    found = findings(tmp_path, TEAM, "users:\n  ada: {name: Ada, email: ada@acme.example}\n")
    assert [
        line for line in told(found) if "stands here twice: first in" in line and line.startswith("1.yaml:2: users.ada")
    ]


def test_a_file_that_can_t_be_read_is_the_only_fault_whatever_else_stands_in_it(tmp_path: Path) -> None:
    told_of = told(findings(tmp_path, "users:\n\tada: {}\n", TEAM.replace("user:ada", "user:bob")))
    assert [line.partition(":")[0] for line in told_of] == ["0.yaml"]


def test_lists_of_several_files_are_one_list(tmp_path: Path) -> None:
    rule = "event_rules:\n  - {name: %s, when: {source: [x]}, then: {suppress: true}}\n"
    (tmp_path / "0.yaml").write_text(TEAM)
    (tmp_path / "1.yaml").write_text(rule % "one")
    (tmp_path / "2.yaml").write_text(rule % "two")
    assert [rule["name"] for rule in load(tmp_path).document["event_rules"]] == ["one", "two"]


def test_times_clocks_and_words_mean_what_they_look_like(tmp_path: Path) -> None:
    (tmp_path / "0.yaml").write_text(
        "account: {name: on, fallback: {email: a@b.example}, priorities: [1, no, 0777, 12:30, 2026-01-05]}\n"
    )
    document = load(tmp_path).document
    assert document["account"]["name"] == "on"
    assert document["account"]["priorities"] == ["1", "no", "0777", "12:30", "2026-01-05"]


def test_what_isn_t_in_force_is_said_plainly(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        TEAM.replace("{policy: all}", "{policy: all, grouping: {by: similarity}}").replace(
            "mail: {email: ada@acme.example}", 'mail: {email: ada@acme.example}, call: {voice: "+447700900001"}'
        ),
    )
    assert {f.code for f in found} == {"not_in_force"}
    assert {f.level for f in found} == {"warning"}
    assert len(found) == 2


def test_whom_nothing_reaches_and_when_nobody_is_on_call(tmp_path: Path) -> None:
    schedule = "schedules:\n  s: {layers: [{start: 2026-12-05T09:00, turn: 1w, users: [bob]}]}\n"
    people = TEAM.replace("users:\n", "users:\n  bob: {name: Bob, email: bob@acme.example}\n")
    found = findings(tmp_path, people + schedule)
    assert {f.code for f in found} == {"unreachable", "gap"}
    assert errors(found) == []


def test_a_folder_without_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \*\.yaml there"):
        load(tmp_path)
    with pytest.raises(ConfigError, match=r"no \*\.yaml there"):
        load(tmp_path / "nowhere")


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)
BOMBS = {
    "a billion laughs": LAUGHS.encode(),
    "deep nesting": b"[" * 100_000,
    "deep mappings": b"{a: " * 5_000,
    "ten megabytes": b"x: y\n" * 2_000_000,
    "binary": bytes(range(256)) * 100,
    "NUL": b"account: {name: a\x00b}\n",
    "an alias of itself": b"a: &a [*a]\n",
    "a mark at the start": b"\xef\xbb\xbfaccount: {name: A, fallback: {email: a@b.example}}\n",
    "nothing": b"",
    "only a comment": b"# nothing yet\n",
    "a list": b"- a\n",
    "a scalar": b"just words\n",
    "two documents": b"a: 1\n---\nb: 2\n",
    "keys that aren't words": b"{[1, 2]: 3}\n",
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_hostile_file_is_refused_in_bounded_time(tmp_path: Path, what: str) -> None:
    (tmp_path / "0.yaml").write_bytes(BOMBS[what])
    began = time.process_time()
    lint(load(tmp_path), NOW)
    assert time.process_time() - began < 20


WORDS = st.sampled_from(
    [
        "account",
        "users",
        "services",
        "name",
        "notify",
        "levels",
        "ada",
        "when",
        "then",
        "5m",
        "user:ada",
        "on",
        "~",
        "1",
    ]
)
TREES = st.recursive(
    WORDS | st.integers(-5, 5) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=20,
)
KINDS = st.sampled_from(
    ["account", "users", "teams", "schedules", "escalation_policies", "services", "event_rules", "maintenance"]
)


@given(st.dictionaries(KINDS, TREES, max_size=4))
def test_whatever_is_written_there_are_findings_and_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, tree: object
) -> None:
    import json

    folder = tmp_path_factory.mktemp("any")
    (folder / "0.yaml").write_text(json.dumps(tree))  # JSON is YAML
    for finding in lint(load(folder), NOW):
        assert finding.line >= 1
        assert finding.message


@pytest.mark.parametrize(
    ("integration", "message"),
    [
        ("{source: eventbridge, map: {sumary: detail.text}}", "unknown key; did you mean summary?"),
        ("{source: eventbridge, map: {summary: [a]}}", "a text belongs here"),
        ("{source: securityhub, map: {summary: detail.text}}", "securityhub has its own fields and identity"),
        ("{source: cloudwatch, topic: alarms}", "'alarms' is no ARN of a topic"),
        ("{source: jenkins, topic: 'arn:aws:sns:eu-west-1:111122223333:ci'}", "jenkins doesn't speak by topics of SNS"),
        ("{source: ecs, dedup_key: '{detail.a}'}", "ecs has its own fields and identity"),
        (
            "{source: jenkins}",
            "jenkins isn't heard by this version; what is heard: events_v2, cloudwatch, guardduty, sec",
        ),
    ],
)
def test_a_mapping_names_fields_there_are_of_sources_that_can_be_mapped(
    tmp_path: Path, integration: str, message: str
) -> None:
    found = findings(tmp_path, TEAM.replace("{policy: all}", f"{{policy: all, integrations: {{a: {integration}}}}}"))
    assert message in "\n".join(told(found))


def test_every_source_of_aws_is_heard(tmp_path: Path) -> None:
    sources = ("securityhub", "inspector", "health", "config", "codepipeline", "codebuild", "ecs", "waf", "eventbridge")
    integrations = ", ".join(f"{source}: {{source: {source}}}" for source in sources)
    found = findings(tmp_path, TEAM.replace("{policy: all}", f"{{policy: all, integrations: {{{integrations}}}}}"))
    assert [finding for finding in found if "integrations" in finding.path] == []
