"""``tocsin doctor`` on the deployed system: each fault that is planted is named with its remedy, and gone once mended.

This file comes first in its folder: a system that was just deployed is well.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from cli.apply import apply
from cli.deployment import REPLY_SECRET
from cli.doctor.examination import CHECKS, doctor
from cli.doctor.patient import Fault, Level, Patient
from cli.local_system import EXAMPLE
from shared.domain.instants import format_seconds
from tests.cli.remedies import carry_out, commands
from tests.system.conftest import Running, eventually


def well(running: Running) -> bool:
    return all(found.level is Level.OK for found in doctor(running.deployment, running.deps.now()))


def faults(running: Running, check: str) -> list[Fault]:
    return list(CHECKS[check](Patient(running.deployment, running.deps.now())))


def test_a_system_that_was_just_deployed_is_well(running: Running) -> None:
    eventually(lambda: well(running), "a system that is well")
    found = [*doctor(running.deployment, running.deps.now())]
    assert {each.level for each in found} == {Level.OK}
    assert [each.check for each in found if each.message == "well"] == [
        "configuration",
        "reply secret",
        "storage",
        "functions",
        "polling",
        "rules",
        "escalation",
        "dead letters",
        "quarantine",
        "backlog",
        "sweep",
        "alarm topic",
        "contact methods",
        "push",
    ]


# what an operator's hand, or a broken deployment, does; and what mends it, where the remedy is no single command

Planted = Callable[[Running], AbstractContextManager[None]]


@contextmanager
def no_concurrency(running: Running) -> Iterator[None]:
    lambdas = running.deployment.client("lambda")
    lambdas.put_function_concurrency(FunctionName="tocsin-page", ReservedConcurrentExecutions=0)
    yield


@contextmanager
def triage_is_fed_by_nothing(running: Running) -> Iterator[None]:
    lambdas = running.deployment.client("lambda")
    (mapping,) = lambdas.list_event_source_mappings(FunctionName="tocsin-triage")["EventSourceMappings"]
    lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield


@contextmanager
def a_rule_is_disabled(running: Running) -> Iterator[None]:
    running.deployment.client("events").disable_rule(Name="tocsin-cloudwatch-alarms")
    yield


@contextmanager
def a_rule_has_no_target(running: Running) -> Iterator[None]:
    events, name = running.deployment.client("events"), "tocsin-guardduty-findings"
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    events.remove_targets(Rule=name, Ids=[target["Id"] for target in targets])
    yield
    events.put_targets(Rule=name, Targets=targets)


@contextmanager
def a_rule_is_gone(running: Running) -> Iterator[None]:
    events, name = running.deployment.client("events"), "tocsin-guardduty-archived"
    rule, targets = events.describe_rule(Name=name), events.list_targets_by_rule(Rule=name)["Targets"]
    events.remove_targets(Rule=name, Ids=[target["Id"] for target in targets])
    events.delete_rule(Name=name)
    yield
    events.put_rule(Name=name, EventPattern=rule["EventPattern"])
    events.put_targets(Rule=name, Targets=targets)


@contextmanager
def nobody_hears_the_alarms(running: Running) -> Iterator[None]:
    topics, arn = running.deployment.client("sns"), running.deployment.facts["alarm_topic_arn"]
    for subscription in topics.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
        topics.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    yield
    topics.subscribe(TopicArn=arn, Protocol="email", Endpoint="operators@tocsin.example")


@contextmanager
def the_reply_secret_is_deleted(running: Running) -> Iterator[None]:
    with _another_secret(running):
        yield
        apply(EXAMPLE, running.deployment, running.deps.now())


@contextmanager
def the_reply_secret_is_plain(running: Running) -> Iterator[None]:
    with _another_secret(running) as parameters:
        parameters.put_parameter(Name=REPLY_SECRET, Value="c2VjcmV0", Type="String")
        yield
        apply(EXAMPLE, running.deployment, running.deps.now())


@contextmanager
def _another_secret(running: Running) -> Iterator[Any]:
    """None at first. Warm functions hold theirs for a minute: what other tests' pages are signed by is put back."""
    parameters = running.deployment.client("ssm")
    ours = parameters.get_parameter(Name=REPLY_SECRET, WithDecryption=True)["Parameter"]["Value"]
    parameters.delete_parameter(Name=REPLY_SECRET)
    try:
        yield parameters
    finally:
        parameters.put_parameter(Name=REPLY_SECRET, Value=ours, Type="SecureString", Overwrite=True)


@contextmanager
def a_letter_is_dead(running: Running) -> Iterator[None]:
    queues = running.deployment.client("sqs")
    url = queues.get_queue_url(QueueName="tocsin-dead-letters")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="given up")
    yield


@contextmanager
def a_queue_is_deleted(running: Running) -> Iterator[None]:
    queues = running.deployment.client("sqs")
    queues.delete_queue(QueueUrl=queues.get_queue_url(QueueName="tocsin-dead-pages")["QueueUrl"])
    yield
    queues.create_queue(QueueName="tocsin-dead-pages")


@contextmanager
def a_bucket_is_deleted(running: Running) -> Iterator[None]:
    buckets, name = running.deployment.client("s3"), running.deployment.facts["raw_bucket"]
    buckets.delete_bucket(Bucket=name)
    yield
    buckets.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


@contextmanager
def a_message_is_in_quarantine(running: Running) -> Iterator[None]:
    item = {"pk": {"S": "QUARANTINE"}, "sk": {"S": "planted"}, "body": {"S": "{"}, "reason": {"S": "no JSON"}}
    with _item(running, "incidents_table", item):
        yield


@contextmanager
def nothing_was_applied(running: Running) -> Iterator[None]:
    tables, table = running.deployment.client("dynamodb"), running.deployment.facts["directory_table"]
    key = {"pk": {"S": "VERSION"}, "sk": {"S": "VERSION"}}
    in_force = tables.get_item(TableName=table, Key=key)["Item"]
    tables.delete_item(TableName=table, Key=key)
    yield
    tables.put_item(TableName=table, Item=in_force)


@contextmanager
def nothing_reaches_linus(running: Running) -> Iterator[None]:
    directory = running.deployment.directory()
    number, document = directory.applied()
    assert document is not None
    unreachable = {**document["users"]["linus"], "contacts": {"call": {"voice": "+4915112345003"}}}
    unreachable["notify"] = {urgency: [{"after": "0s", "by": "call"}] for urgency in ("high", "low")}
    planted = {**document, "users": {**document["users"], "linus": unreachable}}
    number = directory.put_version(planted, number, "test", running.deps.now())
    yield
    directory.put_version(document, number, "test", running.deps.now())


@contextmanager
def _item(running: Running, table: str, item: dict[str, Any]) -> Iterator[None]:
    tables, name = running.deployment.client("dynamodb"), running.deployment.facts[table]
    tables.put_item(TableName=name, Item=item)
    yield
    tables.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})


FAULTS: list[tuple[Planted, str, str, str]] = [  # what is planted, the check, part of what it says, of the remedy
    (no_concurrency, "functions", "tocsin-page may not run at all", "delete-function-concurrency"),
    (triage_is_fed_by_nothing, "polling", "what feeds tocsin-triage is disabl", "update-event-source-mapping"),
    (a_rule_is_disabled, "rules", "tocsin-cloudwatch-alarms is disabled: CloudWatch's alarms", "events enable-rule"),
    (a_rule_has_no_target, "rules", "tocsin-guardduty-findings has no target", "tocsin up"),
    (a_rule_is_gone, "rules", "tocsin-guardduty-archived is gone", "tocsin up"),
    (nobody_hears_the_alarms, "alarm topic", "nobody is subscribed", "aws sns subscribe"),
    (the_reply_secret_is_deleted, "reply secret", "is missing: pages go out without a reply address", "tocsin apply"),
    (the_reply_secret_is_plain, "reply secret", "isn't encrypted", "aws ssm delete-parameter"),
    (a_letter_is_dead, "dead letters", "1 in tocsin-dead-letters failed for good", "aws sqs purge-queue"),
    (a_queue_is_deleted, "dead letters", "tocsin-dead-pages is gone", "tocsin up"),
    (a_bucket_is_deleted, "storage", "is gone: events over 100 KB are refused", "tocsin up"),
    (a_message_is_in_quarantine, "quarantine", "1 in quarantine", "tocsin drops --kind quarantine"),
    (nothing_was_applied, "configuration", "nobody is ever paged", "tocsin apply DIR"),
]


@pytest.mark.parametrize(("plant", "check", "said", "remedy"), FAULTS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_fault_is_named_with_its_remedy_and_gone_once_mended(
    running: Running, plant: Planted, check: str, said: str, remedy: str
) -> None:
    with plant(running):
        [(level, message, told)] = faults(running, check)
        assert level is Level.ERROR
        assert said in message
        assert remedy in told
        for command in commands(told):
            carry_out(running.deployment.client, command)
    eventually(lambda: not faults(running, check), f"{check} well again")


def test_whom_nothing_reaches_is_named_for_each_urgency(running: Running) -> None:
    with nothing_reaches_linus(running):
        told = [message for _, message, _ in faults(running, "configuration") if "reaches linus by nothing" in message]
        assert [message.split(":")[0] for message in told] == ["users.linus", "users.linus"]
    assert faults(running, "configuration") == []


def test_with_sweep_disabled_what_is_overdue_is_named_too(running: Running) -> None:
    events, due_at = running.deployment.client("events"), running.deps.now() - timedelta(minutes=10)
    events.disable_rule(Name="tocsin-sweep")
    keys = {"pk": {"S": "INC#QOVERDUE000001"}, "sk": {"S": "STATE"}}
    with _item(running, "incidents_table", {**keys, "due_shard": {"S": "D0"}, "due_at": {"S": format_seconds(due_at)}}):
        rules, overdue = (
            found for found in doctor(running.deployment, running.deps.now()) if found.level is Level.ERROR
        )
        assert (rules.check, overdue.check) == ("rules", "sweep")
        assert f"QOVERDUE000001 was due at {format_seconds(due_at)}, and nothing was done" in overdue.message
        assert "aws lambda invoke --function-name tocsin-sweep" in (overdue.remedy or "")
        for command in commands(rules.remedy or ""):
            carry_out(running.deployment.client, command)


def test_after_all_that_it_is_well(running: Running) -> None:
    eventually(lambda: well(running), "a system that is well")
