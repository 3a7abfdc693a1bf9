"""What ``tocsin doctor`` checks of the works: events come in, functions run and are fed, what they need is there."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from cli.doctor.patient import Fault, Level, Patient

VERBS = ("ingest", "triage", "escalate", "page", "reply", "track", "sweep", "publish", "announce")
POLLED: Mapping[str, str] = {  # by Lambda
    "triage": "its queue",
    "page": "its queue",
    "publish": "the stream of incidents",
}
SWEEP_RULE, DELIVERY_RULE = "tocsin-sweep", "tocsin-delivery"
WITHOUT: Mapping[str, str] = {  # what comes of it where a rule brings nothing in
    SWEEP_RULE: "what was lost stays lost, and nothing that is overdue is carried out",
    DELIVERY_RULE: "a page that bounces isn't followed by the next method, and a broken address stays unknown",
    "tocsin-cloudwatch-alarms": "CloudWatch's alarms aren't heard",
    "tocsin-guardduty-findings": "GuardDuty's findings aren't heard",
    "tocsin-guardduty-archived": "findings that are archived stay open",
}

# the way in


def door(patient: Patient) -> Iterator[Fault]:
    """An event without a routing key: refused in the Events API's own words, by ``ingest`` itself."""
    url = f"{patient.facts['api_url']}/v2/enqueue"
    consequence = "senders' events are lost once they give up"
    remedy = f"aws logs tail /aws/lambda/tocsin-ingest --since 10m; where it says nothing, {patient.redeploy}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, b"{}"), timeout=10) as taken:  # noqa: S310 - our own API
            answered = taken.status, taken.read()
    except urllib.error.HTTPError as refused:
        answered = refused.code, refused.read()
    except OSError as fault:
        yield Level.ERROR, f"{url} doesn't answer ({fault}): {consequence}", remedy
        return
    if not _refuses(*answered):
        yield Level.ERROR, f"{url} answers {answered[0]} to what is no event: {consequence}", remedy


def _refuses(status: int, body: bytes) -> bool:
    try:
        told: Any = json.loads(body)
    except ValueError:
        return False
    return status == 400 and isinstance(told, dict) and "errors" in told


def rules(patient: Patient) -> Iterator[Fault]:
    events = patient.client("events")
    for name in (SWEEP_RULE, DELIVERY_RULE, *patient.facts.get("ingest_rules", "").split()):
        consequence = WITHOUT.get(name, "what it brings in isn't heard")
        try:
            found = events.describe_rule(Name=name)
        except events.exceptions.ResourceNotFoundException:
            yield Level.ERROR, f"the rule {name} is gone: {consequence}", patient.redeploy
            continue
        if found["State"] == "DISABLED":
            yield Level.ERROR, f"the rule {name} is disabled: {consequence}", f"aws events enable-rule --name {name}"
        if not events.list_targets_by_rule(Rule=name)["Targets"]:
            yield Level.ERROR, f"the rule {name} has no target: {consequence}", patient.redeploy


# what runs


def functions(patient: Patient) -> Iterator[Fault]:
    lambdas = patient.client("lambda")
    bundles: set[str] = set()
    for verb in VERBS:
        name = f"tocsin-{verb}"
        try:
            found = lambdas.get_function_configuration(FunctionName=name)
        except lambdas.exceptions.ResourceNotFoundException:
            yield Level.ERROR, f"the function {name} is gone: nothing does its part", patient.redeploy
            continue
        bundles.add(found["CodeSha256"])
        if found.get("State", "Active") not in ("Active", "Inactive"):  # Lambda lays what is idle aside, and wakes it
            message = f"{name} is {found['State']}: {found.get('StateReason', 'no reason given')}"
            yield Level.ERROR, message, patient.redeploy
        reserved = lambdas.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        if reserved == 0:
            remedy = f"aws lambda delete-function-concurrency --function-name {name}"
            yield Level.ERROR, f"{name} may not run at all: its reserved concurrency is 0", remedy
    if len(bundles) > 1:
        message = "functions run different bundles, as after a deployment that broke off: versions meet that never did"
        yield Level.WARNING, message, patient.redeploy


def polling(patient: Patient) -> Iterator[Fault]:
    lambdas = patient.client("lambda")
    for verb, source in POLLED.items():
        name = f"tocsin-{verb}"
        found = lambdas.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        if not found:
            yield Level.ERROR, f"nothing feeds {name}: what is in {source} stays there", patient.redeploy
        for mapping in found:
            if mapping["State"] not in ("Enabled", "Enabling", "Creating", "Updating"):
                remedy = f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"
                message = f"what feeds {name} is {mapping['State'].lower()}: what is in {source} stays there"
                yield Level.ERROR, message, remedy


def escalation(patient: Patient) -> Iterator[Fault]:
    states = patient.client("stepfunctions")
    consequence = "paging goes on by sweep alone, up to two minutes late"
    try:
        found = states.describe_state_machine(stateMachineArn=patient.facts["state_machine_arn"])
    except states.exceptions.StateMachineDoesNotExist:
        yield Level.ERROR, f"the state machine is gone: {consequence}", patient.redeploy
        return
    if found["status"] != "ACTIVE":
        yield Level.ERROR, f"the state machine is {found['status']}: {consequence}", patient.redeploy
