"""What it costs at list price, us-east-1, without any free tier: counted calls times AWS's prices.

What people are sent (mail, texts) is not in it, as that depends on the people. Each price names its page: look there
first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.counting import Call
from bench.incidents import A_BATCH, Life
from bench.stacks import Deployed


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for one of a thing."""

    dollars: float
    of: str
    page: str


MILLION = 1_000_000
HTTP_API = Price(1.00 / MILLION, "request up to 512 KB", "https://aws.amazon.com/api-gateway/pricing/")
INVOCATION = Price(0.20 / MILLION, "invocation", "https://aws.amazon.com/lambda/pricing/")
GB_SECOND = Price(0.0000133334, "GB second on arm64", "https://aws.amazon.com/lambda/pricing/")
FIFO = Price(0.50 / MILLION, "request up to 64 KB of a FIFO queue", "https://aws.amazon.com/sqs/pricing/")
STANDARD = Price(0.40 / MILLION, "request up to 64 KB of a standard queue", "https://aws.amazon.com/sqs/pricing/")
WRITE_UNIT = Price(0.625 / MILLION, "write request unit", "https://aws.amazon.com/dynamodb/pricing/on-demand/")
READ_UNIT = Price(0.125 / MILLION, "read request unit", "https://aws.amazon.com/dynamodb/pricing/on-demand/")
TRANSITION = Price(25.0 / MILLION, "state transition", "https://aws.amazon.com/step-functions/pricing/")
BUS_EVENT = Price(1.00 / MILLION, "custom event up to 64 KB", "https://aws.amazon.com/eventbridge/pricing/")
LOG_BYTE = Price(0.50 / 1e9, "byte of logs taken in", "https://aws.amazon.com/cloudwatch/pricing/")
ALARM_METRIC = Price(0.10, "metric that an alarm looks at, a month", "https://aws.amazon.com/cloudwatch/pricing/")

A_CALL = 0.005  # seconds: our assumption for a call to AWS within a region
OWN_WORK = 0.002  # seconds: our assumption for an invocation besides its calls
MEMORY = 0.5  # GB of a function
LIFE = 200  # events of an alert: it opens, repeats 198 times, recovers
MINUTES = 43_200  # of a month of 30 days
POLLS = 5 * 3 * MINUTES  # of a queue that Lambda polls: five pollers, each of whose calls lasts 20 s
FREE_REQUESTS = MILLION  # a month, of all queues together: https://aws.amazon.com/sqs/pricing/
FREE_ALARM_METRICS = 10  # https://aws.amazon.com/cloudwatch/pricing/; Lambda: https://aws.amazon.com/lambda/pricing/
SWEEPS = 0.06  # seconds: our assumption for five queries that find nothing

Bill = Mapping[str, float]


def million_events(life: Life, batch: Sequence[Call], log_bytes: float) -> Bill:
    """Of a million events that senders post, 99 of 100 repeats of an open alert; ten of them are a batch."""
    lives, batches = MILLION / LIFE, (1 - 2 / LIFE) * MILLION / A_BATCH
    once, each = _data(life.calls), _data(batch)
    invocations = MILLION + batches + lives * (_invocations(life.calls) - 2)  # both of ingest are of the million
    calls = MILLION + batches * len(batch) + lives * (len(life.calls) - 2)
    return {
        "HTTP API": MILLION * HTTP_API.dollars,
        "Lambda, invocations": invocations * INVOCATION.dollars,
        "Lambda, time": (calls * A_CALL + invocations * OWN_WORK) * MEMORY * GB_SECOND.dollars,
        "SQS": (MILLION + 2 * (batches + 2 * lives)) * FIFO.dollars + lives * 3 * STANDARD.dollars,
        "DynamoDB": batches * each + lives * once,
        "Step Functions": lives * life.transitions * TRANSITION.dollars,
        "event bus": lives * _entries(life.calls) * BUS_EVENT.dollars,
        "logs": MILLION * log_bytes * LOG_BYTE.dollars,
    }


def idle_month(deployed: Deployed, sweep: Iterable[Call]) -> Bill:
    """Nobody sends anything: queues are polled, alarms look on, each minute something might be overdue."""
    time = SWEEPS * deployed.sweep_memory / 1024
    return {
        "queues": POLLS * (deployed.queues["fifo"] * FIFO.dollars + deployed.queues["standard"] * STANDARD.dollars),
        "alarms": deployed.alarm_metrics * ALARM_METRIC.dollars,
        "sweep": MINUTES * (INVOCATION.dollars + time * GB_SECOND.dollars + _data(sweep)),
    }


def idle_month_within_free(deployed: Deployed, sweep: Iterable[Call]) -> Bill:
    """The same with what AWS never charges for: so many requests to queues, metrics of alarms, and all of Lambda."""
    requests = max(POLLS * sum(deployed.queues.values()) - FREE_REQUESTS, 0)
    return {
        "queues": requests * FIFO.dollars,  # the dearer, where it isn't said which are free
        "alarms": max(deployed.alarm_metrics - FREE_ALARM_METRICS, 0) * ALARM_METRIC.dollars,
        "sweep": MINUTES * _data(sweep),
    }


def total(bill: Bill) -> float:
    return sum(bill.values())


def _data(calls: Iterable[Call]) -> float:
    return sum(call.write_units * WRITE_UNIT.dollars + call.read_units * READ_UNIT.dollars for call in calls)


def _entries(calls: Iterable[Call]) -> int:
    return sum(len(call.arguments["Entries"]) for call in calls if call.operation == "PutEvents")


def _invocations(calls: Iterable[Call]) -> int:
    """How often a function was called: its calls follow each other without another function's between them."""
    names = [call.by for call in calls]
    return sum(name != before for name, before in zip(names, [None, *names], strict=False))
