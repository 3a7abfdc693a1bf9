"""What ``tocsin doctor`` checks of tables, buckets and queues: they are there, and nothing is left undone in them."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from cli.doctor.patient import Fault, Level, Patient
from shared.domain.instants import format_seconds
from shared.flow.stores import Overdue
from shared.store.dynamodb_calls import code_of

BUCKETS: Mapping[str, str] = {  # and what comes of it where one is gone
    "raw_bucket": "events over 100 KB are refused",
    "mail_bucket": "answers by mail are lost",
}
LIVE: Mapping[str, tuple[str, str]] = {  # the function that empties it, and what comes of it where it is gone
    "events": ("triage", "no event is taken, and nobody is paged"),
    "pages": ("page", "nobody is told"),
}
DEAD_LETTERS = ("tocsin-dead-events.fifo", "tocsin-dead-pages", "tocsin-dead-letters")
STANDS_STILL = timedelta(minutes=3)  # what is due is taken within two
KEPT_LONG = "520w"  # what is in quarantine stays there until somebody deletes it
BACKLOG = 1_000  # messages waiting; triage does 50 a second and more


def storage(patient: Patient) -> Iterator[Fault]:
    tables, buckets = patient.client("dynamodb"), patient.client("s3")
    for name in ("incidents_table", "directory_table"):
        table = patient.facts[name]
        try:
            tables.describe_table(TableName=table)
        except tables.exceptions.ResourceNotFoundException:
            remedy = f"Restore it: aws dynamodb restore-table-to-point-in-time --help; or {patient.redeploy}, empty"
            yield Level.ERROR, f"the table {table} is gone: no event is carried out", remedy
    for name, consequence in BUCKETS.items():
        bucket = patient.facts[name]
        try:
            buckets.head_bucket(Bucket=bucket)
        except ClientError as fault:
            if code_of(fault) not in ("404", "NoSuchBucket"):
                raise
            yield Level.ERROR, f"the bucket {bucket} is gone: {consequence}", patient.redeploy


def recovery(patient: Patient) -> Iterator[Fault]:
    tables = patient.client("dynamodb")
    for table in (patient.facts["incidents_table"], patient.facts["directory_table"]):
        backups = tables.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        if backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
            yield Level.WARNING, f"{table} can't be restored to a point in time", patient.redeploy
        if not tables.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
            remedy = "Leave deletion_protection on in settings.yaml, but for a trial."
            yield Level.WARNING, f"{table} may be deleted, and all incidents with it", remedy


def dead_letters(patient: Patient) -> Iterator[Fault]:
    queues = patient.client("sqs")
    for name in DEAD_LETTERS:
        try:
            url = queues.get_queue_url(QueueName=name)["QueueUrl"]
            waiting = _messages(queues, url)
        except queues.exceptions.QueueDoesNotExist:
            yield Level.ERROR, f"the queue {name} is gone: what fails for good is lost", patient.redeploy
            continue
        if waiting:
            remedy = (
                f"aws sqs receive-message --queue-url {url} --attribute-names All shows them; mend the cause; then "
                f"redrive them from the console, or drop them: aws sqs purge-queue --queue-url {url}"
            )
            yield Level.ERROR, f"{waiting} in {name} failed for good: they were not carried out", remedy


def quarantine(patient: Patient) -> Iterator[Fault]:
    table = patient.facts["incidents_table"]
    asked = {"KeyConditionExpression": "pk = :q", "ExpressionAttributeValues": {":q": {"S": "QUARANTINE"}}}
    kept = patient.client("dynamodb").query(TableName=table, Select="COUNT", **asked)["Count"]
    if kept:
        remedy = (
            f"tocsin drops --kind quarantine --since {KEPT_LONG} shows each with its reason; "
            f'aws dynamodb delete-item --table-name {table} --key \'{{"pk": …, "sk": …}}\' when it is dealt with'
        )
        yield Level.ERROR, f"{kept} in quarantine: events that triage couldn't carry out", remedy


def backlog(patient: Patient) -> Iterator[Fault]:
    queues = patient.client("sqs")
    for name, (verb, consequence) in LIVE.items():
        try:
            waiting = _messages(queues, patient.facts[f"{name}_queue_url"])
        except queues.exceptions.QueueDoesNotExist:
            yield Level.ERROR, f"the queue of {name} is gone: {consequence}", patient.redeploy
            continue
        if waiting > BACKLOG:
            remedy = f"aws logs tail /aws/lambda/tocsin-{verb} --since 10m says what keeps it"
            yield Level.ERROR, f"{waiting} {name} wait in their queue: people are told late", remedy


def sweep(patient: Patient) -> Iterator[Fault]:
    late = patient.deployment.deps().incidents.overdue(patient.now - STANDS_STILL, 10)
    if late:
        overdue = late[0][0]
        what = _what(overdue)
        remedy = (
            "aws logs tail /aws/lambda/tocsin-sweep --since 10m says why; "
            "aws lambda invoke --function-name tocsin-sweep sweep.json carries it out now"
        )
        message = f"{what} was due at {format_seconds(overdue.due_at)}, and nothing was done: sweep stands still"
        yield Level.ERROR, message, remedy


def _what(overdue: Overdue) -> str:
    if overdue.heart is not None:
        return f"the heartbeat {overdue.heart}"
    return f"incident {overdue.incident}" if overdue.incident else f"a held alert ({overdue.held})"


def _messages(queues: Any, url: str) -> int:
    """That wait, or are being looked at."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)
