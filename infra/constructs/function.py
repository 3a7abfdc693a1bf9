"""What all functions have in common: arm64, Python, one bundle, logs that end, a role of their own.

- A function that is called asynchronously has a destination for what it failed at.
- Its rights are those of ``calls`` and no others: constructs of CDK that grant more are given a role that takes none.
- Logs are JSON lines; Lambda's own are kept from WARN up, so that a request that succeeds costs none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import calls, names
from infra.constructs.acknowledge import acknowledge
from infra.constructs.bundle import Bundle
from infra.settings import Settings

MEMORY = 512  # MB: the processor comes with it, and below this the imports of a cold start take over a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What sets one function apart from the others."""

    seconds: int  # the time-out
    environment: tuple[str, ...]  # the variables it reads, all of ``TOCSIN_…``
    memory: int = MEMORY
    retries: int | None = None  # of asynchronous calls; None: it is never called asynchronously
    keeps_trying: int = 21_600  # seconds for asynchronous calls: Lambda's longest


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What the functions of one deployment share."""

    settings: Settings
    bundle: Bundle
    environment: Mapping[str, str]
    where: Mapping[calls.On, tuple[str, ...]]
    dead_letters: sqs.IQueue


def make_function(scope: Construct, verb: str, shape: Shape, common: Common) -> lambda_.Function:
    name = names.function_name(verb)
    function = lambda_.Function(
        scope,
        verb.title(),
        function_name=name,
        description=f"Tocsin: {verb}",
        handler=f"functions.{verb}.handler.handler",
        code=lambda_.Code.from_asset(str(common.bundle.path), asset_hash=common.bundle.digest),
        runtime=lambda_.Runtime(f"python{common.settings.python}", lambda_.RuntimeFamily.PYTHON),
        architecture=lambda_.Architecture.ARM_64,
        memory_size=shape.memory,
        timeout=Duration.seconds(shape.seconds),
        environment={variable: common.environment[variable] for variable in (*shape.environment, "TOCSIN_LOG_LEVEL")},
        role=calls.role(scope, verb, common.where, common.settings).without_policy_updates(),
        log_group=_log_group(scope, verb, common.settings),
        logging_format=lambda_.LoggingFormat.JSON,
        application_log_level_v2=lambda_.ApplicationLogLevel[common.settings.log_level],
        system_log_level_v2=lambda_.SystemLogLevel.WARN,
    )
    acknowledge(function, {"AwsSolutions-L1": "the newest Python is a setting; every package must have wheels for it"})
    if shape.retries is not None:
        function.configure_async_invoke(
            retry_attempts=shape.retries,
            max_event_age=Duration.seconds(shape.keeps_trying),
            on_failure=destinations.SqsDestination(common.dead_letters),
        )
    return function


def _log_group(scope: Construct, verb: str, settings: Settings) -> logs.LogGroup:
    name = verb.title()
    key = kms.Key.from_key_arn(scope, f"{name}LogsKey", settings.customer_key) if settings.customer_key else None
    group = logs.LogGroup(
        scope,
        f"{name}Logs",
        log_group_name=names.log_group(verb),
        removal_policy=RemovalPolicy.DESTROY,  # its name is given again: a group left over would be in the way
        encryption_key=key,
    )
    cast(logs.CfnLogGroup, group.node.default_child).retention_in_days = settings.log_retention_days
    return group
