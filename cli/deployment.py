"""Which deployment a command speaks to: ``local``, or an AWS profile and region (``production:eu-west-1``)."""

import base64
import getpass
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.console import Failed
from shared import wiring
from shared.channels.web_push import make_keys, written
from shared.domain.subscription import VAPID_KEY
from shared.flow.ports import Deps
from shared.store.dynamodb_directory import DynamoDbDirectory

FACTS = "/tocsin/deployment"  # the parameter in which the stacks say what they made
LOCAL = "local"  # the deployment on this machine
REPLY_SECRET = "/tocsin/reply-secret"
PUBLIC_URL = "/tocsin/public-url"
CONFIGURATION_SET = "tocsin"  # of SES, by which we hear what becomes of mail


class Clients(Protocol):
    """Gives a client of an AWS service there: one that is made once serves all who ask, as making it is slow."""

    def __call__(self, service: str, config: Config | None = None) -> Any: ...


@dataclass(frozen=True)
class Deployment:
    """One deployment, through ``client``; ``name`` is what people call it."""

    name: str
    client: Clients

    @cached_property
    def facts(self) -> Mapping[str, str]:
        """Names and addresses of what the stacks made."""
        parameters = self.client("ssm")
        try:
            return json.loads(parameters.get_parameter(Name=FACTS)["Parameter"]["Value"])
        except parameters.exceptions.ParameterNotFound:
            raise Failed(
                f"there is no deployment in {self.name}: the parameter {FACTS} is missing. "
                "Run `cdk deploy --all` there first, or name another one with --deployment PROFILE:REGION."
            ) from None
        except (ClientError, BotoCoreError) as fault:
            raise Failed(
                f"the deployment in {self.name} can't be read: {fault}. "
                "Sign in to its account (`aws sso login`, `aws configure`), with the right to read its parameters."
            ) from fault

    def directory(self) -> DynamoDbDirectory:
        journal = wiring.Journal("ERROR")
        return DynamoDbDirectory(self.client("dynamodb"), self.facts["directory_table"], time.monotonic, journal)

    def deps(self) -> Deps:
        """The live flow's own wiring, on this deployment: for commands that read it, or try the way to people."""
        facts = self.facts
        return wiring.Wiring(
            {
                "TOCSIN_INCIDENTS_TABLE": facts["incidents_table"],
                "TOCSIN_DIRECTORY_TABLE": facts["directory_table"],
                "TOCSIN_MAIL_DOMAIN": facts["mail_domain"],
                "TOCSIN_MAIL_FROM": facts["mail_from"],
                "TOCSIN_REPLY_SECRET": REPLY_SECRET,
                "TOCSIN_PUBLIC_URL": PUBLIC_URL,
                "TOCSIN_MAIL_CONFIGURATION_SET": CONFIGURATION_SET,
                "TOCSIN_TEXTS_FROM": facts.get("texts_from", ""),
                "TOCSIN_TEXTS_ANSWERED": facts.get("texts_answered", "no"),
            },
            self.client,
        ).deps()

    def author(self) -> str:
        """Who is calling, for the record: as AWS knows them; on this machine, who is signed in."""
        if self.name == LOCAL:
            try:
                return f"{getpass.getuser()} on this machine"
            except (KeyError, OSError):  # a user without a name, as containers have
                return "somebody on this machine"
        try:
            return str(self.client("sts").get_caller_identity()["Arn"])
        except (BotoCoreError, ClientError) as fault:
            raise Failed(f"AWS doesn't say who is calling, and nothing is applied without a name: {fault}") from fault

    def make_secrets(self) -> None:
        """Made once: reply addresses and links that were sent stay valid, and browsers subscribed. CloudFormation can't
        make a SecureString."""
        signs = base64.b64encode(secrets.token_bytes(32)).decode()
        self._make_secret(REPLY_SECRET, signs, "Signs the reply addresses and links of Tocsin's pages")
        self._make_secret(VAPID_KEY, written(make_keys()), "By which browsers' push services know Tocsin")

    def _make_secret(self, name: str, value: str, description: str) -> None:
        parameters = self.client("ssm")
        try:
            parameters.put_parameter(Name=name, Value=value, Type="SecureString", Description=description)
        except parameters.exceptions.ParameterAlreadyExists:
            return

    def name_address(self, public_url: str) -> None:
        """Where people reach it. In AWS the stacks say so; on this machine the front door is outside of them."""
        self.client("ssm").put_parameter(Name=PUBLIC_URL, Value=public_url, Type="String", Overwrite=True)

    def address(self) -> str:
        """Where senders and people reach it, without a closing ``/``."""
        return (self.deps().parameters.read(PUBLIC_URL) or self.facts["api_url"]).rstrip("/")


def in_aws(name: str) -> Deployment:
    """``PROFILE:REGION``, or a profile that says its region. Raises Failed."""
    profile, _, region = name.partition(":")
    try:
        session = boto3.Session(profile_name=profile, region_name=region or None)
    except BotoCoreError as fault:
        raise Failed(f"--deployment {name}: {fault}. Write `local`, or PROFILE:REGION.") from fault
    make: Any = session.client  # its overloads want a literal
    return Deployment(name, cache(make))
