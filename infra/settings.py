"""What a deployment may choose, and what differs between AWS and the emulator on this machine: the one place of both.

- A key that isn't here is an error, as is a value of another kind.
- ``AWS`` and ``LOCAL`` are the only places where a stack is built differently; ``DIFFERENCES`` says what comes of it in
  the templates, and why. A test compares the templates with it.
"""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

PYTHONS = ("3.12", "3.13", "3.14")  # what Lambda runs and every locked package has wheels for
LOG_LEVELS = ("DEBUG", "INFO")  # above INFO, Lambda would drop the lines that metrics are made from
LOG_RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653)  # CloudWatch's own
ADDRESS = re.compile(r"[^@\s]+@(?P<domain>[^@\s]+\.[^@\s]+)")
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")
CONTEXT_PREFIX = "tocsin:"  # cdk deploy -c tocsin:mail_from=…


class SettingsError(Exception):
    """Settings that can't be used; one line a fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """From ``settings.yaml`` in the root, or the file that ``TOCSIN_SETTINGS`` names; single ones by
    ``cdk deploy -c tocsin:<key>=<value>``. On AWS ``mail_from`` and one of the two fallbacks are required."""

    mail_from: str = ""
    """The sender of pages by e-mail, ``tocsin@acme.example``. Required on AWS, no default. In SES's sandbox, which an
    account leaves by request, SES also asks for rights on each recipient, and the functions have none."""

    mail_domain: str = ""
    """Where replies go. Its MX record must name ``inbound-smtp.<region>.amazonaws.com``, the region must be one where
    SES receives mail, and it must lie in a verified domain, as it does below ``mail_from``'s. Default: ``in.`` and the
    domain of ``mail_from``."""

    ses_identity: str = "create"
    """``create``: the domain of ``mail_from`` becomes an SES identity, and the stack's outputs name the three DKIM
    records to publish. ``existing``: it is one already, and stays as it is. Default: ``create``."""

    ses_rule_set: str = ""
    """The account's active receipt rule set, which the rule for replies joins. Only one set is active in an account and
    region, so where there is one (``aws ses describe-active-receipt-rule-set``) it must be named here: a second one
    would never hear a word. Default: none; then a set ``tocsin`` is made, which CloudFormation can't activate. Once,
    after the first deployment: ``aws ses set-active-receipt-rule-set --rule-set-name tocsin``. Until then replies by
    e-mail bounce, and nothing else is missing."""

    fallback_email: str = ""
    """Who is told by e-mail when Tocsin itself is in trouble, by an SNS topic that needs nothing else of Tocsin. The
    address is asked once to confirm. One of the two fallbacks is required on AWS. Default: nobody."""

    fallback_sms: str = ""
    """The same by text, ``+4915112345678``. Default: nobody."""

    customer_key: str = ""
    """The ARN of a KMS key for tables, buckets, queues, the topic and logs. Its policy must let dynamodb, s3, sqs, sns,
    ses, events, cloudwatch, logs and lambda use it in this account. Default: none, AWS's own keys, which cost nothing
    (a customer key $1 a month, and a price a call)."""

    deletion_protection: bool = True
    """Whether tables and buckets outlive their stack, and refuse to be deleted. ``false`` for a trial, so that
    ``cdk destroy`` leaves nothing but non-empty buckets. Default: ``true``."""

    log_retention_days: int = 30
    """How long CloudWatch keeps what the functions say. Default: 30."""

    log_level: str = "INFO"
    """``INFO`` or ``DEBUG``. Default: ``INFO``, one line a batch."""

    raw_retention_days: int = 365
    """How long messages over 100 KB are kept as they arrived. Default: 365."""

    mail_retention_days: int = 30
    """How long replies are kept as they arrived. Default: 30."""

    requests_per_second: int = 1000
    """What the HTTP API lets through, in all; twice as much in a burst; more is answered 429, which senders try again.
    So a storm never takes the account's functions away from those that page. Default: 1000, ten integrations at the
    full rate that one may send at (6,000 a minute)."""

    target_tracking_alarms: bool = False
    """Whether alarms of target tracking (``TargetTracking-…``, a scaling policy's thermostats) come in at all. ``true``
    where an integration names some of them in its ``when``; the others are then left out by ``ingest``, which costs a
    call each. Default: ``false``."""

    events_per_minute: int = 6000
    """What one routing key may send a minute; what is beyond is answered 429 and not kept, and may pass for up to 5 s,
    so long as the functions at the door may know nothing of each other's counts. Default: 6000."""

    python: str = "3.13"
    """The Python that the functions run on: ``3.12``, ``3.13`` or ``3.14``. Default: ``3.13``."""

    @property
    def sender_domain(self) -> str:
        return self.mail_from.rpartition("@")[2]

    @property
    def inbound_domain(self) -> str:
        return self.mail_domain or f"in.{self.sender_domain}"

    @property
    def receipt_rule_set(self) -> str:
        return self.ses_rule_set or "tocsin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the place of the deployment decides. Read ``LOCAL`` and ``DIFFERENCES`` for what this means."""

    name: str
    account: str | None  # None: whatever the credentials say
    region: str | None
    wheels: str | None  # uv's name of the platform that packages are built for; None: this machine's, and its Python
    receives_mail: bool  # SES's receipt rule, and the permissions that go with it
    proves_domains: bool  # an identity has DNS records to publish
    names_senders: bool  # a right to send mail can name the identity
    requires_tls: bool  # queues, buckets and the topic refuse plain http
    own_credentials: bool  # deploy as oneself rather than by the bootstrap's roles
    metric_math: bool  # one alarm may look at several metrics
    queue_concurrency: int  # at most so many functions read one queue at a time


AWS = Target(
    name="aws",
    account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
    region=os.environ.get("CDK_DEFAULT_REGION"),
    wheels="aarch64-manylinux_2_28",  # Amazon Linux 2023 has glibc 2.34, and google-re2 no older wheel
    receives_mail=True,
    proves_domains=True,
    names_senders=True,
    requires_tls=True,
    own_credentials=False,
    metric_math=True,
    queue_concurrency=20,  # a new account has 10 to 1,000 in all; 20 pages at once are above SES's first rate, 14/s
)

LOCAL = Target(
    name="local",
    account="111122223333",
    region="eu-west-1",
    wheels=None,
    receives_mail=False,
    proves_domains=False,
    names_senders=False,
    requires_tls=False,
    own_credentials=True,
    metric_math=False,
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
    Difference(what="Outputs.Dkim*", reason="the emulator verifies an identity by itself, and has no records for it"),
    Difference(what="Outputs.ReplyMx", reason="there is no SES that a mail server could deliver to"),
    Difference(what="Rules.CheckBootstrapVersion", reason="as the parameter that it checks"),
)


def target() -> Target:
    """``TOCSIN_TARGET=local`` selects the emulator; otherwise AWS."""
    name = os.environ.get("TOCSIN_TARGET", AWS.name)
    for candidate in (AWS, LOCAL):
        if candidate.name == name:
            return candidate
    raise SettingsError(f"TOCSIN_TARGET: {name!r} is no target: leave it out for AWS, or say local")


def load(root: Path, context: Mapping[str, Any], target: Target) -> Settings:
    """The settings of this deployment. Raises SettingsError with every fault at once."""
    path = Path(os.environ.get("TOCSIN_SETTINGS") or root / "settings.yaml")
    chosen = {**_from_file(path), **_from_context(context)}
    if target is LOCAL:
        nothing_leaves = {"mail_from": "tocsin@tocsin.example", "fallback_email": "operators@tocsin.example"}
        chosen = {**nothing_leaves, **chosen}
    return parse(chosen, target)


def parse(chosen: Mapping[str, Any], target: Target) -> Settings:
    known = {field.name: field for field in fields(Settings)}
    faults = [_unknown(key, known) for key in chosen if key not in known]
    values = {key: _as_declared(value, known[key].default) for key, value in chosen.items() if key in known}
    faults += [
        f"{key}: {value!r} is no {type(known[key].default).__name__}"
        for key, value in values.items()
        if type(value) is not type(known[key].default)
    ]
    if not faults:
        settings = Settings(**values)
        faults = _faults(settings, target)
        if not faults:
            return settings
    raise SettingsError("\n".join(f"settings: {fault}" for fault in faults))


def _faults(settings: Settings, target: Target) -> list[str]:
    checks = (
        (
            settings.mail_from == "",
            "mail_from: missing. Pages by e-mail have no sender; copy settings.example.yaml to settings.yaml, and edit",
        ),
        (
            settings.mail_from != "" and not ADDRESS.fullmatch(settings.mail_from),
            f"mail_from: {settings.mail_from!r} is no address",
        ),
        (settings.ses_identity not in ("create", "existing"), "ses_identity: say create or existing"),
        (
            target is AWS and not (settings.fallback_email or settings.fallback_sms),
            "fallback_email, fallback_sms: both missing. Nobody would hear that Tocsin itself is in trouble; name one",
        ),
        (
            settings.fallback_email != "" and not ADDRESS.fullmatch(settings.fallback_email),
            f"fallback_email: {settings.fallback_email!r} is no address",
        ),
        (
            settings.fallback_sms != "" and not PHONE.fullmatch(settings.fallback_sms),
            f"fallback_sms: {settings.fallback_sms!r} is no number: say +4915112345678",
        ),
        (
            settings.customer_key != "" and not KEY_ARN.fullmatch(settings.customer_key),
            f"customer_key: {settings.customer_key!r} is no ARN of a KMS key",
        ),
        (
            settings.log_retention_days not in LOG_RETENTIONS,
            f"log_retention_days: CloudWatch knows {', '.join(map(str, LOG_RETENTIONS))}",
        ),
        (settings.log_level not in LOG_LEVELS, f"log_level: say {' or '.join(LOG_LEVELS)}"),
        (settings.python not in PYTHONS, f"python: say one of {', '.join(PYTHONS)}, in quotes"),
        (settings.raw_retention_days < 1, "raw_retention_days: at least 1"),
        (settings.mail_retention_days < 1, "mail_retention_days: at least 1"),
        (settings.requests_per_second < 1, "requests_per_second: at least 1"),
        (settings.events_per_minute < 1, "events_per_minute: at least 1"),
    )
    return [fault for wrong, fault in checks if wrong]


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        if "TOCSIN_SETTINGS" in os.environ:
            raise SettingsError(f"TOCSIN_SETTINGS: there is no file {path}")
        return {}
    try:
        read = YAML(typ="safe").load(path)  # JSON is YAML, too
    except YAMLError as error:
        raise SettingsError(f"{path}: {error}") from error
    if not isinstance(read, dict | None):
        raise SettingsError(f"{path}: must be a mapping of settings")
    return {str(key): value for key, value in (read or {}).items()}


def _from_context(context: Mapping[str, Any]) -> dict[str, Any]:
    return {key.removeprefix(CONTEXT_PREFIX): value for key, value in context.items() if key.startswith(CONTEXT_PREFIX)}


def _as_declared(value: Any, default: Any) -> Any:
    """What ``-c`` says is text: read it as the setting's kind where it can be."""
    if isinstance(value, str) and isinstance(default, bool):
        return {"true": True, "false": False}.get(value, value)
    if isinstance(value, str) and isinstance(default, int) and value.isdecimal():
        return int(value)
    return value


def _unknown(key: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"{key}: no such setting" + (f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}")
