"""Whatever is done to a configuration, each command says what is wrong by file and line, or works: in bounded time."""

import contextlib
import io
import json
import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.main import run
from shared.config.lint import lint
from shared.config.read import load
from tests.config.test_everything import EVERYTHING

ROOT = Path(__file__).parents[2]
ALARM = str(ROOT / "events" / "cloudwatch" / "metric-alarm.json")
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
COMMANDS = (
    ("lint", "--at", "2026-11-23T03:00Z"),
    ("oncall", "--at", "2026-11-23T03:00Z"),
    ("schedule", "watch", "--since", "2026-11-23T03:00Z", "--until", "2026-12-23T03:00Z"),
    ("simulate", ALARM, "--source", "cloudwatch", "--at", "2026-11-23T03:00Z", "--until", "1h"),
    ("route", ALARM, "--source", "cloudwatch", "--at", "2026-11-23T03:00Z"),
    ("plan", "--against", str(EVERYTHING), "--at", "2026-11-23T03:00Z"),
)
FINDING = re.compile(r"[^\n]+?:\d+: [^\n]*: [^\n]+")
PATIENCE = 20  # s of this process, where a wholesome folder takes a tenth of a second


def whole() -> dict[str, Any]:
    """The whole configuration as a tree of texts."""
    files = [yaml.load(path.read_text(), Loader=yaml.BaseLoader) for path in sorted(EVERYTHING.glob("*.yaml"))]
    return {kind: body for file in files for kind, body in file.items()}


def ask(folder: Path) -> None:
    for command, *arguments in COMMANDS:
        first, *rest = arguments if command in ("schedule", "simulate", "route") else ("", *arguments)
        out, err, began = io.StringIO(), io.StringIO(), time.process_time()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([command, str(folder), *([first] if first else []), *rest])
        assert time.process_time() - began < PATIENCE
        said = [line for line in err.getvalue().splitlines() if line]
        assert code in (0, 1, 2), said
        if code == 1:
            assert said
            assert all(FINDING.fullmatch(line) or line.startswith(("no integration", str(folder))) for line in said), (
                said
            )
        if code == 2:  # the schedule that is asked for was renamed, or dropped
            assert said[0].startswith("there is no schedule")


ODD_WORDS = (
    *(None, "", " ", "0", "-1", "1e999", "9" * 30, "true", "yes", "~", "09:00", "24:00", "9:00", "٠٩:٠٠", "fri 18:00"),
    *("fri\t18:00", "mon-fri", "mon,\ttue", "0s", "٥m", "5 m", "999999w", "1h", "2026-01-05T09:00", "0001-01-01T00:00"),
    *("9999-12-31T23:59-12:00", "2026-02-30T00:00", "2026-03-29T02:30", "user:", "user:joan", "schedule:watch", "joan"),
    *("Europe/Lisbon", "../../etc/passwd", "ssm:/a", "a@b.example", "+351910000002", "x" * 5000, "\u2028", "a\nb"),
    *("\x7f", "(" * 200, "{}", "[]", "watch", "berths", "P1", "🦀"),
)
NESTED = st.recursive(
    st.just("x"), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("x"), inner, max_size=1)
)
ODD = st.sampled_from(ODD_WORDS) | NESTED


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    members = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in members:
        found += places(value, (*path, key))
    return found


PLACES = places(whole())


def mutate(tree: Any, path: tuple[Any, ...], how: str, odd: Any) -> None:
    """One change at ``path``, if what was changed before has left it there."""
    for step in path[:-1]:
        if not isinstance(tree, dict | list) or (isinstance(tree, dict) and step not in tree):
            return
        if isinstance(tree, list) and not (isinstance(step, int) and step < len(tree)):
            return
        tree = tree[step]
    last = path[-1]
    if not (isinstance(tree, dict) and last in tree) and not (
        isinstance(tree, list) and isinstance(last, int) and last < len(tree)
    ):
        return
    if how == "drop":
        del tree[last]
    elif how == "replace":
        tree[last] = odd
    elif how == "wrap":
        tree[last] = [tree[last]]
    elif how == "rename" and isinstance(tree, dict):
        tree[str(odd)[:300] if isinstance(odd, str) else "x"] = tree.pop(last)
    elif isinstance(tree, list):
        tree.append(tree[last])


MUTATIONS = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(["drop", "replace", "replace", "rename", "wrap", "twice"]), ODD),
    min_size=1,
    max_size=4,
)


@given(MUTATIONS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_changed_in_a_configuration_is_told_or_works(
    tmp_path_factory: pytest.TempPathFactory, mutations: list[tuple[tuple[Any, ...], str, Any]]
) -> None:
    tree = whole()
    for path, how, odd in mutations:
        mutate(tree, path, how, odd)
    folder = tmp_path_factory.mktemp("mutated")
    (folder / "it.yaml").write_text(json.dumps(tree))  # JSON is YAML
    ask(folder)


TEXT = "".join(path.read_text() for path in sorted(EVERYTHING.glob("*.yaml")))
LINES = TEXT.splitlines(keepends=True)


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(TEXT)),
            st.sampled_from([*":{}[]&*!|>'\"#%@`\t\n ,-?", "\x00", "\ud800", "<<: *x", "&a ", "*a", "---\n", "\u0085"]),
            st.integers(0, 3),
        ),
        max_size=3,
    ),
    st.lists(st.integers(0, len(LINES) - 1), max_size=2),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_typed_into_a_file_is_told_or_works(
    tmp_path_factory: pytest.TempPathFactory, typed: list[tuple[int, str, int]], repeated: list[int]
) -> None:
    text = "".join(line * (2 if number in repeated else 1) for number, line in enumerate(LINES))
    for at, put, deleted in typed:
        text = text[:at] + put + text[at + deleted :]
    folder = tmp_path_factory.mktemp("typed")
    (folder / "it.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    ask(folder)


def huge(kind: str) -> dict[str, Any]:
    """A third of what one file may hold, of one thing."""
    start = whole()
    layer = {"start": "2026-01-05T09:00", "turn": "1h", "users": ["joan", "omar"]}
    only = [{"from": f"{n % 24:02}:00", "to": f"{(n + 1) % 24:02}:30"} for n in range(50)]
    made: dict[str, dict[str, Any]] = {
        "schedules of hourly turns": {"schedules": {f"s{n}": {"layers": [layer]} for n in range(3_000)}},
        "layers with windows": {"schedules": {f"s{n}": {"layers": [{**layer, "only": only}] * 20} for n in range(6)}},
        "overrides": {
            "schedules": {
                "watch": {
                    "layers": [layer],
                    "overrides": [
                        {
                            "user": ("joan", "omar")[n % 2],
                            "from": f"2026-{n % 12 + 1:02}-01T00:00",
                            "to": "2027-06-01T00:00",
                        }
                        for n in range(10_000)
                    ],
                }
            }
        },
        "references to nobody": {
            "teams": {f"t{n}": {"members": {f"nobody{n}": "owner"}} for n in range(6_000)},
        },
        "zones that aren't": {
            "users": {
                f"u{n}": {"name": "x", "email": f"u{n}@a.example", "time_zone": f"Europe/X{n}"} for n in range(5_000)
            }
        },
        "rules": {
            "event_rules": [{"name": "x", "when": {"source": [f"s{n}"]}, "then": {"drop": True}} for n in range(5_000)]
        },
        "integrations that may overlap": {
            "services": {
                f"s{n}": {
                    "policy": "berths",
                    "integrations": {"a": {"source": "cloudwatch", "when": {"resource": [{"wildcard": f"*x{n}*y*"}]}}},
                }
                for n in range(1_000)
            }
        },
    }
    return {**start, **made[kind]}


HUGE = (
    "schedules of hourly turns",
    "layers with windows",
    "overrides",
    "references to nobody",
    "zones that aren't",
    "rules",
    "integrations that may overlap",
)


@pytest.mark.parametrize("kind", HUGE)
def test_a_huge_file_is_read_or_refused_in_bounded_time(tmp_path: Path, kind: str) -> None:
    (tmp_path / "it.yaml").write_text(json.dumps(huge(kind)))
    began = time.process_time()
    assert lint(load(tmp_path), NOW)
    assert time.process_time() - began < 30


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("account: {name: A, fallback: {email: a@b.example}}\n")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "endless.yaml").symlink_to("/dev/zero")
    (tmp_path / ".#a.yaml").symlink_to("editor@host.123")  # an editor's lock
    os.mkfifo(tmp_path / "pipe.yaml")
    found = [f for f in lint(load(tmp_path), NOW) if f.level == "error"]
    assert [(Path(f.file).name, f.code) for f in found] == [
        (name, "unreadable") for name in ("endless.yaml", "folder.yaml", "gone.yaml", "pipe.yaml")
    ]
