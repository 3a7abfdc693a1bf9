"""Which AWS calls each function may make, and on what: the whole of every function's rights.

- A function has a role of its own with exactly its lines, its own log streams, and nothing else.
- Recorded calls of a full run are compared with this table: a call that is missing here is a fault, and so is a line
  that is never used.
- Transactions need the rights of the writes that they are made of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import names
from infra.constructs.acknowledge import acknowledge
from infra.settings import Settings
from infra.targets import Target


class On(StrEnum):
    """What a call is made on."""

    INCIDENTS = "incidents"
    HEARTS = "heartbeats, in the table of incidents"
    RATES = "the counts of routing keys, in the table of incidents"
    DUE_INDEX = "the index of what is due"
    OPEN_INDEX = "the index of open incidents"
    DIRECTORY = "directory"
    STREAM = "the stream of incidents"
    STREAMS = "all streams of incidents"  # ListStreams takes no single one
    RAW = "raw messages"
    MAIL = "received mail"
    EVENTS = "the queue of events"
    PAGES = "the queue of pages"
    DEAD_LETTERS = "dead letters"
    ESCALATION = "the state machine"
    BUS = "the event bus"
    SENDER = "the identity that mail is sent as, and the set that says what becomes of it"
    ALARM_TOPIC = "the alarm topic"
    PARAMETERS = "parameters: where this deployment is reached, and the secrets of its channels"
    PHONES = "any phone number"
    OWN_LOGS = "the function's own log streams"


@dataclass(frozen=True, slots=True)
class Call:
    on: On
    actions: tuple[str, ...]


CHANGE_INCIDENT = Call(On.INCIDENTS, ("dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:PutItem"))
KNOW_CONTACTS = Call(On.INCIDENTS, ("dynamodb:GetItem", "dynamodb:PutItem"))  # and how many texts a number was sent
COUNT = Call(On.INCIDENTS, ("dynamodb:GetItem", "dynamodb:UpdateItem"))
CLAIM = Call(On.INCIDENTS, ("dynamodb:ConditionCheckItem", "dynamodb:UpdateItem"))
READ_LARGE = Call(On.RAW, ("s3:GetObject",))  # where a rule asks for more than could travel
READ_DIRECTORY = Call(On.DIRECTORY, ("dynamodb:GetItem", "dynamodb:Query"))
QUEUE_EVENTS = Call(On.EVENTS, ("sqs:SendMessage",))
QUEUE_PAGES = Call(On.PAGES, ("sqs:SendMessage",))
HAND_BACK = ("sqs:ChangeMessageVisibility",)  # what can't be carried out now comes again in seconds
START_ESCALATION = Call(On.ESCALATION, ("states:StartExecution",))
SEND_MAIL = Call(On.SENDER, ("ses:SendEmail",))
SEND_TEXTS = Call(On.PHONES, ("sns:Publish",))  # or from a number of the account's: see ``_statement``
SEND_FROM_NUMBER = ("sms-voice:SendTextMessage",)
TELL_FALLBACK = Call(On.ALARM_TOPIC, ("sns:Publish",))
SAY = Call(On.BUS, ("events:PutEvents",))
READ_PARAMETERS = Call(On.PARAMETERS, ("ssm:GetParameter",))

CALLS: Mapping[str, tuple[Call, ...]] = {
    "ingest": (
        READ_DIRECTORY,
        QUEUE_EVENTS,
        Call(On.RAW, ("s3:PutObject",)),
        Call(On.RATES, ("dynamodb:UpdateItem",)),
        Call(On.HEARTS, ("dynamodb:GetItem", "dynamodb:PutItem")),
    ),
    "triage": (
        CHANGE_INCIDENT,
        COUNT,
        READ_DIRECTORY,
        QUEUE_EVENTS,  # word of a message that it quarantined
        Call(On.EVENTS, HAND_BACK),
        READ_LARGE,
        START_ESCALATION,
    ),
    "escalate": (
        CHANGE_INCIDENT,
        READ_DIRECTORY,
        QUEUE_PAGES,
    ),
    "page": (
        CHANGE_INCIDENT,
        CLAIM,
        KNOW_CONTACTS,
        READ_DIRECTORY,
        QUEUE_PAGES,
        Call(On.PAGES, HAND_BACK),
        SEND_MAIL,
        SEND_TEXTS,
        TELL_FALLBACK,
        READ_PARAMETERS,
    ),
    "reply": (
        CHANGE_INCIDENT,
        Call(On.OPEN_INDEX, ("dynamodb:Query",)),
        KNOW_CONTACTS,
        READ_DIRECTORY,
        Call(On.MAIL, ("s3:GetObject",)),
        QUEUE_PAGES,  # the next method, after a bounce that came to a reply address
        START_ESCALATION,
        SEND_MAIL,
        SEND_TEXTS,
        READ_PARAMETERS,
    ),
    "track": (
        CHANGE_INCIDENT,
        KNOW_CONTACTS,
        READ_DIRECTORY,
        QUEUE_PAGES,
        SEND_MAIL,
        SEND_TEXTS,
        TELL_FALLBACK,
    ),
    "sweep": (
        CHANGE_INCIDENT,
        COUNT,
        QUEUE_EVENTS,  # word of a heartbeat that fell silent
        READ_LARGE,
        Call(On.DUE_INDEX, ("dynamodb:Query",)),
        READ_DIRECTORY,
        QUEUE_PAGES,
        START_ESCALATION,
        TELL_FALLBACK,
        SAY,  # that a webhook is due
    ),
    "publish": (
        SAY,
        READ_DIRECTORY,  # whether anybody is to be told
    ),
    "announce": (
        Call(On.INCIDENTS, ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")),
        READ_DIRECTORY,
        READ_PARAMETERS,
    ),
}

# What Lambda does with the function's role on its behalf: poll, and put away what failed for good.
_POLL = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes")
_LOG = Call(On.OWN_LOGS, ("logs:CreateLogStream", "logs:PutLogEvents"))
_PUT_AWAY = Call(On.DEAD_LETTERS, ("sqs:SendMessage",))
LAMBDAS_OWN: Mapping[str, tuple[Call, ...]] = {
    "ingest": (_PUT_AWAY,),
    "triage": (Call(On.EVENTS, _POLL),),
    "escalate": (),
    "page": (Call(On.PAGES, _POLL),),
    "reply": (_PUT_AWAY,),
    "track": (_PUT_AWAY,),
    "sweep": (_PUT_AWAY,),
    "publish": (
        Call(On.STREAM, ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")),
        Call(On.STREAMS, ("dynamodb:ListStreams",)),
        _PUT_AWAY,
    ),
    "announce": (_PUT_AWAY,),
}

# What narrows a resource further. The door answers anybody, so it writes nothing in the table but what is its own.
CONDITIONS: Mapping[On, Mapping[str, Mapping[str, list[str]]]] = {
    On.HEARTS: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{names.HEARTS}*"]}},
    On.RATES: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{names.RATES}*"]}},
}

# Every wildcard there is, and why a narrower one can't be had.
WILDCARDS: Mapping[On, str] = {
    On.STREAMS: "ListStreams takes no single stream, and a stream's name is the moment it was made",
    On.RAW: "an object a message, in a bucket that holds nothing else",
    On.MAIL: "an object a mail, in a bucket that holds nothing else",
    On.SENDER: "on this machine only: there SendEmail is called on nothing in particular",
    On.PHONES: "settings name a number as people call it, and its ARN says AWS's id of it",
    On.PARAMETERS: "the configuration names them: the token of a chat, the address of a webhook",
    On.OWN_LOGS: "a log stream a running copy of the function, named by Lambda; the group is its own",
}


def made_by(verb: str) -> tuple[Call, ...]:
    return (*CALLS[verb], *LAMBDAS_OWN[verb], _LOG)


def arns(stack: Stack, settings: Settings, target: Target, handed: Mapping[On, str]) -> Mapping[On, tuple[str, ...]]:
    """Where each thing is; ``handed`` has what CloudFormation named."""
    identities = (settings.sender_domain, settings.mail_from)  # whichever of them is verified
    incidents = names.arn(stack, "dynamodb", f"table/{names.INCIDENTS_TABLE}")
    raw, mail = (names.bucket_arn(stack, bucket(stack)) for bucket in (names.raw_bucket, names.mail_bucket))
    return {
        On.INCIDENTS: (incidents,),
        On.HEARTS: (incidents,),
        On.RATES: (incidents,),
        On.DUE_INDEX: (f"{incidents}/index/due",),
        On.OPEN_INDEX: (f"{incidents}/index/open",),
        On.STREAMS: (f"{incidents}/stream/*",),
        On.DIRECTORY: (names.arn(stack, "dynamodb", f"table/{names.DIRECTORY_TABLE}"),),
        On.RAW: (f"{raw}/{names.RAW}*",),
        On.MAIL: (f"{mail}/{names.INBOUND}*",),
        On.PAGES: (names.arn(stack, "sqs", names.PAGES_QUEUE),),
        On.DEAD_LETTERS: (names.arn(stack, "sqs", names.DEAD_LETTERS),),
        On.ESCALATION: (names.arn(stack, "states", f"stateMachine:{names.STATE_MACHINE}"),),
        On.BUS: (names.arn(stack, "events", f"event-bus/{names.EVENT_BUS}"),),
        On.SENDER: (
            *(names.arn(stack, "ses", f"identity/{identity}") for identity in identities),
            names.arn(stack, "ses", f"configuration-set/{names.CONFIGURATION_SET}"),
        )
        if target.names_senders
        else ("*",),
        On.ALARM_TOPIC: (names.arn(stack, "sns", names.ALARM_TOPIC),),
        On.PARAMETERS: (names.arn(stack, "ssm", f"parameter{names.PARAMETERS}*"),),
        On.PHONES: (names.arn(stack, "sms-voice", "phone-number/*"),)
        if settings.two_way_number and target.sends_from_numbers
        else (),  # no resource to IAM
        **{on: (arn,) for on, arn in handed.items()},
    }


def role(scope: Construct, verb: str, where: Mapping[On, tuple[str, ...]], settings: Settings) -> iam.Role:
    """The role of one function."""
    stack = Stack.of(scope)
    where = {**where, On.OWN_LOGS: (names.arn(stack, "logs", f"log-group:{names.log_group(verb)}:log-stream:*"),)}
    made = iam.Role(
        scope,
        f"{verb.title()}Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"calls": _document(stack, verb, where, settings)},
    )
    for call in made_by(verb):
        if call.on in WILDCARDS:
            for arn in (arn for arn in where[call.on] if "*" in arn):
                acknowledge(made, {f"AwsSolutions-IAM5[Resource::{_in_words(stack, arn)}]": WILDCARDS[call.on]})
    return made


def _in_words(stack: Stack, arn: str) -> str:
    """``arn`` as cdk-nag writes it: what only CloudFormation knows is in angle brackets."""
    parts = stack.resolve(arn)
    if isinstance(parts, str):
        return parts
    return "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in parts["Fn::Join"][1])


def _document(stack: Stack, verb: str, where: Mapping[On, tuple[str, ...]], settings: Settings) -> iam.PolicyDocument:
    statements = [_statement(stack, call, where) for call in made_by(verb)]
    if settings.customer_key:
        statements.append(_key(settings))
    return iam.PolicyDocument(statements=statements)


def _statement(stack: Stack, call: Call, where: Mapping[On, tuple[str, ...]]) -> iam.PolicyStatement:
    if call.on is On.PHONES and where[call.on]:
        return iam.PolicyStatement(actions=[*SEND_FROM_NUMBER], resources=[*where[call.on]])
    if call.on is On.PHONES:  # a phone number has no ARN: it is whatever is no topic, as no topic may be meant
        return iam.PolicyStatement(actions=[*call.actions], not_resources=[f"arn:{stack.partition}:sns:*:*:*"])
    return iam.PolicyStatement(actions=[*call.actions], resources=[*where[call.on]], conditions=CONDITIONS.get(call.on))


def _key(settings: Settings) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[settings.customer_key])
