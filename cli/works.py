"""What ``tocsin doctor`` checks of the works: events come in, incidents go on, and nothing is left undone."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from cli.patient import DEPLOY, Fault, Level, Patient
from shared.domain.instants import format_seconds

VERBS = ("ingest", "triage", "escalate", "page", "reply", "sweep", "publish")
POLLED = ("triage", "page", "publish")  # by Lambda, from a queue or a stream
SWEEP_RULE = "tocsin-sweep"
DEAD_LETTERS = ("tocsin-dead-events.fifo", "tocsin-dead-pages", "tocsin-dead-letters")
STANDS_STILL = timedelta(minutes=3)  # what is due is taken within two
BACKLOG = 1_000  # messages waiting; triage does 50 a second and more


def door(patient: Patient) -> Iterator[Fault]:
    """An event without a routing key: refused in the Events API's own words, by ``ingest`` itself."""
    url = f"{patient.facts['api_url']}/v2/enqueue"
    try:
        urllib.request.urlopen(urllib.request.Request(url, b"{}"), timeout=10)  # noqa: S310 - https, from our stacks
        answered: Any = None
    except urllib.error.HTTPError as refused:
        answered = (refused.code, json.loads(refused.read() or b"null"))
    except OSError as fault:
        yield Level.ERROR, f"{url} doesn't answer ({fault}): senders' events are lost once they give up", DEPLOY
        return
    if not answered or answered[0] != 400 or "errors" not in (answered[1] or {}):
        yield Level.ERROR, f"{url} answers {answered}: senders' events are lost once they give up", DEPLOY


def recovery(patient: Patient) -> Iterator[Fault]:
    tables = patient.client("dynamodb")
    for table in (patient.facts["incidents_table"], patient.facts["directory_table"]):
        backups = tables.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        if backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
            yield Level.WARNING, f"{table} can't be restored to a point in time", DEPLOY
        if not tables.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
            remedy = "Leave deletion_protection on in settings.yaml, but for a trial."
            yield Level.WARNING, f"{table} may be deleted, and all incidents with it", remedy


# what runs


def functions(patient: Patient) -> Iterator[Fault]:
    lambdas = patient.client("lambda")
    bundles: set[str] = set()
    for verb in VERBS:
        name = f"tocsin-{verb}"
        try:
            found = lambdas.get_function_configuration(FunctionName=name)
        except lambdas.exceptions.ResourceNotFoundException:
            yield Level.ERROR, f"the function {name} is gone: nothing does its part", DEPLOY
            continue
        bundles.add(found["CodeSha256"])
        if found.get("State", "Active") not in ("Active", "Inactive"):  # Lambda lays what is idle aside, and wakes it
            yield Level.ERROR, f"{name} is {found['State']}: {found.get('StateReason', 'no reason given')}", DEPLOY
        reserved = lambdas.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        if reserved == 0:
            remedy = f"aws lambda delete-function-concurrency --function-name {name}"
            yield Level.ERROR, f"{name} may not run at all: its reserved concurrency is 0", remedy
    if len(bundles) > 1:
        yield Level.WARNING, "functions run different bundles: a deployment broke off", DEPLOY


def polling(patient: Patient) -> Iterator[Fault]:
    lambdas = patient.client("lambda")
    for verb in POLLED:
        name = f"tocsin-{verb}"
        found = lambdas.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        if not found:
            yield Level.ERROR, f"nothing feeds {name}: what is in its queue stays there", DEPLOY
        for mapping in found:
            if mapping["State"] not in ("Enabled", "Enabling", "Creating", "Updating"):
                remedy = f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"
                yield Level.ERROR, f"what feeds {name} is {mapping['State']}: its queue stays as it is", remedy


def rules(patient: Patient) -> Iterator[Fault]:
    events = patient.client("events")
    for name in (SWEEP_RULE, *patient.facts["ingest_rules"].split()):
        try:
            found = events.describe_rule(Name=name)
        except events.exceptions.ResourceNotFoundException:
            yield Level.ERROR, f"the rule {name} is gone: what it brings in isn't heard", DEPLOY
            continue
        if found["State"] == "DISABLED":
            yield Level.ERROR, f"the rule {name} is disabled: {_without(name)}", f"aws events enable-rule --name {name}"
        if not events.list_targets_by_rule(Rule=name)["Targets"]:
            yield Level.ERROR, f"the rule {name} has no target: {_without(name)}", DEPLOY


def _without(rule: str) -> str:
    return "what was lost stays lost" if rule == SWEEP_RULE else "what it brings in isn't heard"


def escalation(patient: Patient) -> Iterator[Fault]:
    states = patient.client("stepfunctions")
    consequence = "paging goes on by sweep alone, up to two minutes late"
    try:
        found = states.describe_state_machine(stateMachineArn=patient.facts["state_machine_arn"])
    except states.exceptions.StateMachineDoesNotExist:
        yield Level.ERROR, f"the state machine is gone: {consequence}", DEPLOY
        return
    if found["status"] != "ACTIVE":
        yield Level.ERROR, f"the state machine is {found['status']}: {consequence}", DEPLOY


# what is left undone


def dead_letters(patient: Patient) -> Iterator[Fault]:
    queues = patient.client("sqs")
    for name in DEAD_LETTERS:
        try:
            url = queues.get_queue_url(QueueName=name)["QueueUrl"]
        except queues.exceptions.QueueDoesNotExist:
            yield Level.ERROR, f"the queue {name} is gone: what fails for good is lost", DEPLOY
            continue
        waiting = _messages(queues, url)
        if waiting:
            remedy = f"aws sqs receive-message --queue-url {url}; then mend the cause, and redrive or purge it"
            yield Level.WARNING, f"{waiting} messages in {name} failed for good, and wait for you", remedy
    table = patient.facts["incidents_table"]
    asked = {"KeyConditionExpression": "pk = :q", "ExpressionAttributeValues": {":q": {"S": "QUARANTINE"}}}
    kept = patient.client("dynamodb").query(TableName=table, Select="COUNT", **asked)["Count"]
    if kept:
        query = """--key-condition-expression 'pk = :q' --expression-attribute-values '{":q": {"S": "QUARANTINE"}}'"""
        remedy = f"aws dynamodb query --table-name {table} {query}"
        yield Level.WARNING, f"{kept} messages are in quarantine: they could not be carried out", remedy


def backlog(patient: Patient) -> Iterator[Fault]:
    queues = patient.client("sqs")
    for name in ("events", "pages"):
        waiting = _messages(queues, patient.facts[f"{name}_queue_url"])
        if waiting > BACKLOG:
            remedy = f"Look at the errors of tocsin-{'triage' if name == 'events' else 'page'} in CloudWatch Logs."
            yield Level.ERROR, f"{waiting} {name} wait in their queue: people are told late", remedy


def sweep(patient: Patient) -> Iterator[Fault]:
    late = patient.deployment.deps().incidents.overdue(patient.now - STANDS_STILL, 10)
    if late:
        overdue = late[0][0]
        what = f"incident {overdue.incident}" if overdue.incident else f"a held alert ({overdue.held})"
        remedy = (
            "aws logs tail /aws/lambda/tocsin-sweep --since 10m, and "
            "aws lambda invoke --function-name tocsin-sweep sweep.json"
        )
        message = f"{what} was due at {format_seconds(overdue.due_at)}, and nothing was done: sweep stands still"
        yield Level.ERROR, message, remedy


def _messages(queues: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(queues.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])
