"""From the files' form to the domain's, and the routing keys that are minted on the way."""

from datetime import UTC, datetime, timedelta

import pytest

from cli.apply import heartbeat_paths, routing_keys, topic_paths
from shared.config.build import build, mint, weekdays, window
from shared.domain.directory import Assign, Medium, Severity, Urgency
from shared.domain.schedule import on_call

DOCUMENT = {
    "account": {
        "name": "Acme",
        "time_zone": "Europe/Berlin",
        "fallback": {"email": "ops@acme.example", "sms": "+4915112345678"},
        "priorities": ["P1"],
    },
    "users": {
        "ada": {
            "name": "Ada Park",
            "email": "ada@acme.example",
            "contacts": {"mail": {"email": "ada@acme.example"}, "phone": {"sms": "+447700900001"}},
            "notify": {"high": [{"after": "0m", "by": "mail"}, {"after": "1m", "by": "phone"}]},
        },
        "grace": {"name": "Grace", "email": "grace@acme.example", "time_zone": "Asia/Tokyo"},
    },
    "schedules": {
        "primary": {
            "layers": [
                {"start": "2026-01-05T09:00", "turn": "1w", "users": ["ada", "grace"]},
                {
                    "start": "2026-01-05T09:00",
                    "turn": "1d",
                    "users": ["grace"],
                    "only": [{"days": "sat-sun", "from": "00:00", "to": "24:00"}],
                },
            ],
            "overrides": [{"user": "grace", "from": "2026-03-04T09:00", "to": "2026-03-04T10:00Z"}],
        }
    },
    "escalation_policies": {
        "checkout": {
            "repeat": 2,
            "levels": [
                {"notify": ["schedule:primary"], "after": "5m"},
                {"notify": ["user:ada", "user:grace"], "after": "10m", "assign": "round_robin"},
            ],
        }
    },
    "services": {
        "checkout": {
            "policy": "checkout",
            "urgency": "severity",
            "acknowledgement_timeout": "30m",
            "integrations": {
                "events": {"source": "events_v2"},
                "findings": {"source": "guardduty"},
                "alarms": {"source": "cloudwatch", "when": {"resource": [{"wildcard": "*:alarm:checkout-*"}]}},
            },
        }
    },
    "event_rules": [
        {"name": "loud", "when": {"source": ["x"]}, "then": {"severity": "critical", "tags": ["a"], "continue": True}}
    ],
    "unrouted": "checkout",
}


def test_everything_finds_its_place() -> None:
    directory = build(DOCUMENT, 7)
    assert directory.version == 7
    assert [contact.medium for contact in directory.account.fallback] == [Medium.EMAIL, Medium.SMS]
    assert directory.users["grace"].time_zone == "Asia/Tokyo"
    assert directory.users["ada"].time_zone == "Europe/Berlin"
    assert [rule.after for rule in directory.users["ada"].notify[Urgency.HIGH]] == [timedelta(0), timedelta(minutes=1)]
    policy = directory.policies["checkout"]
    assert (policy.repeat, policy.levels[1].assign) == (2, Assign.ROUND_ROBIN)
    assert directory.services["checkout"].acknowledgement_timeout == timedelta(minutes=30)
    assert {i.name: i.min_severity for i in directory.integrations()} == {
        "alarms": None,
        "events": None,
        "findings": 4.0,
    }
    assert directory.rules[0].then.severity is Severity.CRITICAL
    assert directory.rules[0].then.proceed
    assert directory.unrouted == "checkout"


def test_times_without_an_offset_are_local() -> None:
    schedule = build(DOCUMENT, 1).schedules["primary"]
    assert on_call(schedule, datetime(2026, 3, 4, 7, 59, tzinfo=UTC)) == "ada"
    assert on_call(schedule, datetime(2026, 3, 4, 8, 0, tzinfo=UTC)) == "grace"
    assert on_call(schedule, datetime(2026, 3, 4, 9, 59, tzinfo=UTC)) == "grace"
    assert on_call(schedule, datetime(2026, 3, 4, 10, 0, tzinfo=UTC)) == "ada"
    assert on_call(schedule, datetime(2026, 3, 6, 22, 59, tzinfo=UTC)) == "ada"
    assert on_call(schedule, datetime(2026, 3, 6, 23, 0, tzinfo=UTC)) == "grace"  # Saturday begins in Berlin
    assert on_call(schedule, datetime(2026, 3, 8, 22, 59, tzinfo=UTC)) == "grace"
    assert on_call(schedule, datetime(2026, 3, 8, 23, 0, tzinfo=UTC)) == "ada"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("fri-mon", {0, 4, 5, 6}),
        ("mon,wed", {0, 2}),
        ("sun", {6}),
        ("mon-sun", set(range(7))),
    ],
)
def test_days(text: str, expected: set[int]) -> None:
    assert weekdays(text) == expected


@pytest.mark.parametrize(
    ("body", "hours"),
    [
        ({"from": "09:00", "to": "17:00"}, 8),
        ({"from": "17:00", "to": "09:00"}, 16),
        ({"from": "09:00", "to": "09:00"}, 24),
        ({"from": "00:00", "to": "24:00"}, 24),
        ({"from": "18:00", "to": "24:00"}, 6),
        ({"from": "fri 18:00", "to": "mon 09:00"}, 63),
        ({"from": "mon 09:00", "to": "mon 08:00"}, 167),
        ({"from": "mon 09:00", "to": "mon 09:00"}, 168),
        ({"from": "mon 09:00", "to": "mon 17:00"}, 8),
    ],
)
def test_a_window_lasts_until_its_end_comes_next(body: dict[str, str], hours: int) -> None:
    made = window(body)
    assert made.end - made.begin == hours * 3600


def test_a_routing_key_is_minted_once_and_kept() -> None:
    keys = iter(["R1".ljust(32, "A"), "R2".ljust(32, "A")])
    first = mint(DOCUMENT, None, lambda: next(keys))
    again = mint(DOCUMENT, first, lambda: next(keys))
    assert first == again
    integration = build(again, 1).integration_by_key("R1".ljust(32, "A"))
    assert integration is not None
    assert integration.name == "events"


def test_a_key_in_the_file_wins_over_the_minted_one() -> None:
    document = {
        **DOCUMENT,
        "services": {"a": {"policy": "p", "integrations": {"e": {"source": "events_v2", "key": "K" * 32}}}},
    }
    before = {
        **DOCUMENT,
        "services": {"a": {"policy": "p", "integrations": {"e": {"source": "events_v2", "key": "R" * 32}}}},
    }
    assert mint(document, before, lambda: "X" * 32)["services"]["a"]["integrations"]["e"]["key"] == "K" * 32


def test_an_integration_that_a_topic_speaks_to_has_a_key_which_is_no_sender_s() -> None:
    topic = "arn:aws:sns:eu-west-1:111122223333:alarms"
    integrations = {"alarms": {"source": "cloudwatch", "topic": topic}, "bus": {"source": "cloudwatch"}}
    document = {**DOCUMENT, "services": {"web": {"policy": "all", "integrations": integrations}}}
    minted = mint(document, None, lambda: "R" * 32)
    directory = build(minted, 1)
    by_topic, by_bus = directory.integrations()
    assert (by_topic.topic, by_topic.key, by_bus.key) == (topic, "R" * 32, None)
    assert routing_keys(directory) == {}
    assert topic_paths(directory) == {topic: f"/integrations/cloudwatch/{'R' * 32}"}


def test_a_service_s_routing_key_is_that_of_its_events_not_of_its_heartbeat() -> None:
    integrations = {"backup": {"source": "heartbeat", "every": "1d"}, "events": {"source": "events_v2"}}
    document = {**DOCUMENT, "services": {"web": {"policy": "all", "integrations": integrations}}}
    keys = iter(["H" * 32, "R" * 32])
    directory = build(mint(document, None, lambda: next(keys)), 1)
    assert routing_keys(directory) == {"web": "R" * 32}
    assert heartbeat_paths(directory) == {"web/backup": f"/heartbeats/{'H' * 32}"}
