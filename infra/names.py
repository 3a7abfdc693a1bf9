"""What things are called in the account: names that one stack gives and another one, or an operator, relies on.

Only the events queue's name is CloudFormation's own: made anew with the queue, it tells the generations of sequence
numbers apart. What CloudFormation makes up is handed from stack to stack by a parameter (``handover``).
"""

from collections.abc import Iterable, Mapping

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from shared.domain.announcement import DUE, WRITTEN
from shared.domain.left_out import OWN

PREFIX = OWN  # also of our own alarms, which are never taken for the customer's

VERBS = ("ingest", "triage", "escalate", "page", "reply", "track", "sweep", "publish", "announce")

INCIDENTS_TABLE = "tocsin-incidents"
DIRECTORY_TABLE = "tocsin-directory"
PAGES_QUEUE = "tocsin-pages"
DEAD_EVENTS = "tocsin-dead-events.fifo"
DEAD_PAGES = "tocsin-dead-pages"
DEAD_LETTERS = "tocsin-dead-letters"
STATE_MACHINE = "tocsin-escalation"
EVENT_BUS = "tocsin"
ALARM_TOPIC = "tocsin-alarms"
TEXTS_TOPIC = "tocsin-texts"  # what people text to our number

ALARMS_RULE = "tocsin-cloudwatch-alarms"
FINDINGS_RULE = "tocsin-guardduty-findings"
ARCHIVED_RULE = "tocsin-guardduty-archived"
SECURITY_HUB_RULE = "tocsin-securityhub"
INSPECTOR_RULE = "tocsin-inspector"
HEALTH_RULE = "tocsin-health"
CONFIG_RULE = "tocsin-config"
CODEPIPELINE_RULE = "tocsin-codepipeline"
CODEBUILD_RULE = "tocsin-codebuild"
ECS_RULE = "tocsin-ecs"
CHOSEN_RULE = "tocsin-chosen-{number}"  # of the settings' own patterns
SWEEP_RULE = "tocsin-sweep"
ANNOUNCE_RULE = "tocsin-announce"  # on our own bus
ANNOUNCED = (WRITTEN, DUE)  # that announce hears: a batch of entries that somebody is to be told of, and what is due
DELIVERY_RULE = "tocsin-delivery"  # what SES says of our mail
RULES_OF: Mapping[str, tuple[str, ...]] = {  # of each source that speaks on the default bus
    "cloudwatch": (ALARMS_RULE,),
    "guardduty": (FINDINGS_RULE, ARCHIVED_RULE),
    "securityhub": (SECURITY_HUB_RULE,),
    "inspector": (INSPECTOR_RULE,),
    "health": (HEALTH_RULE,),
    "config": (CONFIG_RULE,),
    "codepipeline": (CODEPIPELINE_RULE,),
    "codebuild": (CODEBUILD_RULE,),
    "ecs": (ECS_RULE,),
}

HEARTS = "HEART#"  # likewise: heartbeats
RATES = "RATE#"  # begins what the door may write in the table of incidents: how much each routing key sent
WAF_FILTER = "tocsin"  # the subscription of a log group of WAF's
RECEIPT_RULE = "tocsin-replies"
CONFIGURATION_SET = "tocsin"  # of the mail that we send: SES says what became of it
TEXTS_FILTER = "tocsin"  # the subscription of a log group of SNS's
RAW = "raw/"  # where ingest puts messages that are too large to travel, in the raw bucket
INBOUND = "inbound/"  # where SES puts mail, in the mail bucket

REPLY_SECRET = "/tocsin/reply-secret"  # a SecureString, which CloudFormation can't make: the command does
PUBLIC_URL = "/tocsin/public-url"  # where people and browsers reach this deployment
PARAMETERS = "/tocsin/"  # begins whatever else is set beside the configuration: secrets of channels
DEPLOYMENT = "/tocsin/deployment"  # what the command reads to find all this

# What one stack makes up and a later one reads.
EVENTS_QUEUE_NAME = "/tocsin/handover/events-queue-name"
EVENTS_QUEUE_URL = "/tocsin/handover/events-queue-url"
PAGES_QUEUE_URL = "/tocsin/handover/pages-queue-url"
INCIDENTS_STREAM = "/tocsin/handover/incidents-stream"
API_ID = "/tocsin/handover/api-id"


def raw_bucket(stack: Stack) -> str:
    return f"tocsin-raw-{stack.account}-{stack.region}"  # bucket names are unique in the world


def mail_bucket(stack: Stack) -> str:
    return f"tocsin-mail-{stack.account}-{stack.region}"


def function_name(verb: str) -> str:
    return PREFIX + verb


def function_arn(stack: Stack, verb: str) -> str:
    return arn(stack, "lambda", f"function:{function_name(verb)}")


def log_group(verb: str) -> str:
    return f"/aws/lambda/{function_name(verb)}"


def arn(stack: Stack, service: str, resource: str) -> str:
    """The ARN of something in this account and region."""
    return f"arn:{stack.partition}:{service}:{stack.region}:{stack.account}:{resource}"


def bucket_arn(stack: Stack, bucket: str) -> str:
    return f"arn:{stack.partition}:s3:::{bucket}"


def ingest_rules(sources: Iterable[str], chosen: int) -> list[str]:
    """The rules by which ``sources`` are heard, and those of so many patterns that the settings choose."""
    rules = [rule for source in sources for rule in RULES_OF[source]]
    return rules + [CHOSEN_RULE.format(number=number) for number in range(1, chosen + 1)]


def receipt_rule_arn(stack: Stack, rule_set: str) -> str:
    return arn(stack, "ses", f"receipt-rule-set/{rule_set}:receipt-rule/{RECEIPT_RULE}")


def hand_over(scope: Construct, values: Mapping[str, str]) -> None:
    """Leaves what CloudFormation made up here where a later stack finds it.

    A parameter rather than an export: an export in use can't change, which would block an upgrade that replaces the
    queue or the stream.
    """
    for name, value in values.items():
        ssm.StringParameter(scope, "Handover" + name.rsplit("/", 1)[1], parameter_name=name, string_value=value)


def handed_over(scope: Construct, name: str) -> str:
    return ssm.StringParameter.value_for_string_parameter(scope, name)


def function_of(scope: Construct, verb: str) -> lambda_.IFunction:
    """The function of that name, made by another stack of ours in the same account and region."""
    return lambda_.Function.from_function_attributes(
        scope,
        verb.title(),
        function_arn=function_arn(Stack.of(scope), verb),
        same_environment=True,
    )


def queue_of(scope: Construct, name: str) -> sqs.IQueue:
    return sqs.Queue.from_queue_arn(scope, name, arn(Stack.of(scope), "sqs", name))
