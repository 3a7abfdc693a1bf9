"""What all stacks have in common: where they go, how they are deployed, the customer's key where there is one."""

from aws_cdk import CliCredentialsStackSynthesizer, Environment, Stack
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.settings import Settings
from infra.targets import Target


class TocsinStack(Stack):
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: Settings,
        target: Target,
        description: str,
        keep: bool = False,
    ) -> None:
        super().__init__(
            scope,
            name,
            description=description,
            env=Environment(account=target.account, region=target.region),
            synthesizer=CliCredentialsStackSynthesizer() if target.own_credentials else None,
            termination_protection=keep,
        )
        self.settings = settings
        self.target = target
        self.customer_key = kms.Key.from_key_arn(self, "Key", settings.customer_key) if settings.customer_key else None
