"""Where a deployment goes, AWS or the emulator on this machine, and what differs between the two: the one place of it.

``AWS`` and ``LOCAL`` are the only places where a stack is built differently; ``DIFFERENCES`` says what comes of it in
the templates, and why. A test compares the templates with it.
"""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the place of the deployment decides. Read ``LOCAL`` and ``DIFFERENCES`` for what this means."""

    name: str
    account: str | None  # None: whatever the credentials say
    region: str | None
    wheels: str | None  # uv's name of the platform that packages are built for; None: this machine's, and its Python
    receives_mail: bool  # SES's receipt rule, and the permissions that go with it
    sends_from_numbers: bool  # texts go out from a number of the account's, by End User Messaging
    proves_domains: bool  # an identity has DNS records to publish
    names_senders: bool  # a right to send mail can name the identity
    requires_tls: bool  # queues, buckets and the topic refuse plain http
    own_credentials: bool  # deploy as oneself rather than by the bootstrap's roles
    names_its_address: bool  # the stacks know where people reach it
    metric_math: bool  # one alarm may look at several metrics
    own_networks: str  # of this machine, where webhooks and Teams' workflows are called all the same
    queue_concurrency: int  # at most so many functions read one queue at a time


AWS = Target(
    name="aws",
    account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
    region=os.environ.get("CDK_DEFAULT_REGION"),
    wheels="aarch64-manylinux_2_28",  # Amazon Linux 2023 has glibc 2.34, and google-re2 no older wheel
    receives_mail=True,
    sends_from_numbers=True,
    proves_domains=True,
    names_senders=True,
    requires_tls=True,
    own_credentials=False,
    names_its_address=True,
    metric_math=True,
    own_networks="",
    queue_concurrency=20,  # a new account has 10 to 1,000 in all; 20 pages at once are above SES's first rate, 14/s
)

LOCAL = Target(
    name="local",
    account="111122223333",
    region="eu-west-1",
    wheels=None,
    receives_mail=False,
    sends_from_numbers=False,
    proves_domains=False,
    names_senders=False,
    requires_tls=False,
    own_credentials=True,
    names_its_address=False,
    metric_math=False,
    own_networks="127.0.0.0/8",
    queue_concurrency=2,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """``what`` differs in the local templates: a type that is absent, or a type's property that has another value."""

    what: str
    reason: str


DIFFERENCES = (
    Difference(what="AWS::SES::ReceiptRuleSet", reason="the emulator's CloudFormation has no such type"),
    Difference(
        what="AWS::SES::ReceiptRule",
        reason="the emulator's CloudFormation has no such type; local/ takes mail by SMTP and calls the same function",
    ),
    Difference(
        what="AWS::IAM::Role.Policies",
        reason="where the emulator enforces rights, mail is sent on *, not as the identity that page and reply may use",
    ),
    Difference(what="AWS::Lambda::Permission", reason="SES's, to call reply: there is no SES rule that would"),
    Difference(
        what="AWS::S3::BucketPolicy",
        reason="no SES that would deliver; the emulator speaks plain http, and would refuse everybody",
    ),
    Difference(what="AWS::SQS::QueuePolicy", reason="the emulator speaks plain http, and would refuse everybody"),
    Difference(what="AWS::SNS::TopicPolicy", reason="the emulator speaks plain http, and would refuse everybody"),
    Difference(
        what="AWS::Lambda::Function.Code",
        reason="the emulator runs functions on this machine's Python and processor, so the bundle is built for them",
    ),
    Difference(
        what="AWS::Lambda::Function.Environment",
        reason="the mailbox of this machine answers texts as a phone does, though SNS sends them; "
        "and a webhook may be a receiver on this machine, to try it out",
    ),
    Difference(
        what="AWS::Lambda::EventSourceMapping.ScalingConfig",
        reason="a warm function is a process of 60–130 MB here: 2 a queue rather than 20",
    ),
    Difference(
        what="AWS::CloudWatch::Alarm",
        reason="the emulator's CloudFormation refuses metric math, and it has no metrics of queues to look at",
    ),
    Difference(
        what="Parameters.BootstrapVersion",
        reason="deployed with one's own credentials: with IAM enforced the emulator knows no bootstrap roles",
    ),
    Difference(
        what="Parameters.SsmParameterValuetocsinhandovereventsqueuename*",
        reason="asked for by an alarm over several metrics, of which there are none",
    ),
    Difference(
        what="AWS::SSM::Parameter",
        reason="people reach it by this machine's own front door, which `tocsin up` names; the stacks don't know it",
    ),
    Difference(what="Outputs.Dkim*", reason="the emulator verifies an identity by itself, and has no records for it"),
    Difference(what="Outputs.ReplyMx", reason="there is no SES that a mail server could deliver to"),
    Difference(what="Rules.CheckBootstrapVersion", reason="as the parameter that it checks"),
)
