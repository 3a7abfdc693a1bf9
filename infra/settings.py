"""What a deployment may choose. A key that isn't here is an error, as is a value of another kind."""

import difflib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from infra.names import RULES_OF
from infra.patterns import ANY_OTHER
from infra.targets import AWS, LOCAL, Target

PYTHONS = ("3.12", "3.13", "3.14")  # what Lambda runs and every locked package has wheels for
LOG_LEVELS = ("DEBUG", "INFO")  # above INFO, Lambda would drop the lines that metrics are made from
LOG_RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653)  # CloudWatch's own
ADDRESS = re.compile(r"[^@\s]+@(?P<domain>[^@\s]+\.[^@\s]+)")
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
PUBLIC_URL = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")
ACCOUNT = re.compile(r"[0-9]{12}")
ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")  # https://docs.aws.amazon.com/organizations/latest/APIReference/
WAF_LOGS = re.compile(r"aws-waf-logs-[A-Za-z0-9_./#-]*")  # WAF writes to no other log group
KINDS = {tuple: "list"}  # as YAML calls it
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

    two_way_number: str = ""
    """The number that texts are sent from and answered to, ``+12125550101``: one of the account's in AWS End User
    Messaging, in this Region, whose two-way channel is the topic ``tocsin-texts`` (docs/deploy.md). Default: none;
    texts go out by SNS, and can't be answered."""

    public_url: str = ""
    """Where people reach this deployment from their phones: the https address that links in pages, Slack and browsers
    lead to, without a path. Default: the HTTP API's own; name one where a domain of yours leads to it."""

    customer_key: str = ""
    """The ARN of a KMS key for tables, buckets, queues, the topic and logs. Its policy must let dynamodb, s3, sqs, sns,
    ses, sms-voice, events, cloudwatch, logs and lambda use it in this account. Default: none, AWS's own keys, which
    cost nothing (a customer key $1 a month, and a price a call)."""

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

    event_sources: tuple[str, ...] = tuple(RULES_OF)
    """Which of AWS's sources have a rule on the default bus, and so come in at all: what no integration takes opens an
    incident of low urgency on ``unrouted``. Default: all nine, ``[cloudwatch, guardduty, securityhub, inspector,
    health, config, codepipeline, codebuild, ecs]``."""

    event_patterns: tuple[Mapping[str, Any], ...] = ()
    """What else of the default bus comes in, for integrations of the source ``eventbridge``: a list of EventBridge's
    own event patterns, ``[{source: [aws.glue], detail-type: [Glue Job State Change]}]``. Each event that matches costs
    an invocation; what no integration takes is counted, and opens nothing. Default: none; on this machine, all."""

    event_accounts: tuple[str, ...] = ()
    """Other accounts that may forward their events to this bus, by rules of their own: ``["444455556666"]``. Their
    other Regions need no more. Default: none."""

    event_organization: str = ""
    """The same for all accounts of an AWS organization, ``o-a1b2c3d4e5``. Default: none."""

    waf_log_groups: tuple[str, ...] = ()
    """Log groups of WAF in this Region, ``[aws-waf-logs-shop]``, of whose blocked requests we hear. Each must be there,
    and a log group has two subscriptions at most. Default: none."""

    sms_delivery_logs: bool = False
    """Whether we hear what became of texts. ``true`` once SNS logs their delivery status, which is an attribute of the
    account and no matter of CloudFormation (docs/deploy.md), and has made its two log groups. Default: ``false``."""

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
        nothing_costs = {"event_patterns": list(ANY_OTHER)}
        chosen = {**nothing_leaves, **nothing_costs, **chosen}
    return parse(chosen, target)


def parse(chosen: Mapping[str, Any], target: Target) -> Settings:
    known = {field.name: field for field in fields(Settings)}
    faults = [_unknown(key, known) for key in chosen if key not in known]
    values = {key: _as_declared(value, known[key].default) for key, value in chosen.items() if key in known}
    faults += [
        f"{key}: {value!r} is no {KINDS.get(type(known[key].default), type(known[key].default).__name__)}"
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
            settings.two_way_number != "" and not PHONE.fullmatch(settings.two_way_number),
            f"two_way_number: {settings.two_way_number!r} is no number: say +12125550101, in quotes",
        ),
        (
            settings.public_url != "" and not PUBLIC_URL.fullmatch(settings.public_url),
            f"public_url: {settings.public_url!r} is no https address without a path: say https://tocsin.acme.example",
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
        *_faults_of_events(settings),
        (settings.python not in PYTHONS, f"python: say one of {', '.join(PYTHONS)}, in quotes"),
        (settings.raw_retention_days < 1, "raw_retention_days: at least 1"),
        (settings.mail_retention_days < 1, "mail_retention_days: at least 1"),
        (settings.requests_per_second < 1, "requests_per_second: at least 1"),
        (settings.events_per_minute < 1, "events_per_minute: at least 1"),
    )
    return [fault for wrong, fault in checks if wrong]


def _faults_of_events(settings: Settings) -> list[tuple[bool, str]]:
    strangers = [source for source in settings.event_sources if source not in RULES_OF]
    accounts = [account for account in settings.event_accounts if not _is(ACCOUNT, account)]
    groups = [group for group in settings.waf_log_groups if not _is(WAF_LOGS, group)]
    bare = [pattern for pattern in settings.event_patterns if not isinstance(pattern, Mapping) or not pattern]
    organization = settings.event_organization
    return [
        (bool(strangers), f"event_sources: {strangers} aren't among {', '.join(RULES_OF)}"),
        (bool(accounts), f"event_accounts: {accounts} are no accounts: say 12 digits, in quotes"),
        (organization != "" and not _is(ORGANIZATION, organization), f"event_organization: {organization!r} is no id"),
        (bool(groups), f"waf_log_groups: {groups}: WAF writes to groups aws-waf-logs-… alone"),
        (bool(bare), f"event_patterns: {bare} are no patterns: say {{source: [aws.glue]}}"),
    ]


def _is(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


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
    """What ``-c`` says is text: read it as the setting's kind where it can be. YAML's lists are tuples here."""
    if isinstance(default, tuple):
        return _listed(value)
    if isinstance(value, str) and isinstance(default, bool):
        return {"true": True, "false": False}.get(value, value)
    if isinstance(value, str) and isinstance(default, int) and value.isdecimal():
        return int(value)
    return value


def _listed(value: Any) -> Any:
    """``a,b`` of the command, or JSON where it begins like that; YAML's list as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.startswith("[") else [part.strip() for part in value.split(",") if part]
        except ValueError:
            return value
    return tuple(value) if isinstance(value, list) else value


def _unknown(key: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"{key}: no such setting" + (f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}")
