"""What must survive: the tables and the buckets.

- On demand, encrypted, with point-in-time recovery; kept when the stack goes, unless settings say it's a trial.
- The keys and indexes are those of docs/tables.md.
"""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import names
from infra.constructs.acknowledge import acknowledge
from infra.constructs.stack import TocsinStack
from infra.settings import Settings
from infra.targets import Target

TEXT = dynamodb.AttributeType.STRING


class State(TocsinStack):
    def __init__(self, scope: Construct, name: str, *, settings: Settings, target: Target) -> None:
        super().__init__(
            scope,
            name,
            settings=settings,
            target=target,
            description="Tocsin: tables and buckets",
            keep=settings.deletion_protection,
        )
        self._removal = RemovalPolicy.RETAIN if settings.deletion_protection else RemovalPolicy.DESTROY
        self._incidents()
        self._table("Directory", names.DIRECTORY_TABLE)
        self._bucket("Raw", names.raw_bucket(self), settings.raw_retention_days)
        mail = self._bucket("Mail", names.mail_bucket(self), settings.mail_retention_days)
        if target.receives_mail:
            mail.add_to_resource_policy(self._ses_may_deliver(mail))

    def _incidents(self) -> None:
        table = self._table("Incidents", names.INCIDENTS_TABLE, stream=dynamodb.StreamViewType.NEW_IMAGE)
        # Sparse, as few items have these attributes, and narrow, as the base table is read consistently anyway.
        for index, partition, sort in (
            ("due", "due_shard", "due_at"),
            ("open", "open", "pk"),
            ("service", "service_id", "at"),
        ):
            table.add_global_secondary_index(
                index_name=index,
                partition_key=dynamodb.Attribute(name=partition, type=TEXT),
                sort_key=dynamodb.Attribute(name=sort, type=TEXT),
                projection_type=dynamodb.ProjectionType.KEYS_ONLY,
            )
        names.hand_over(self, {names.INCIDENTS_STREAM: str(table.table_stream_arn)})

    def _table(self, name: str, table_name: str, stream: dynamodb.StreamViewType | None = None) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            name,
            table_name=table_name,
            partition_key=dynamodb.Attribute(name="pk", type=TEXT),
            sort_key=dynamodb.Attribute(name="sk", type=TEXT),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="ttl",
            stream=stream,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED
            if self.customer_key
            else dynamodb.TableEncryption.DEFAULT,
            encryption_key=self.customer_key,
            deletion_protection=self.settings.deletion_protection,
            removal_policy=self._removal,
        )

    def _bucket(self, name: str, bucket_name: str, retention_days: int) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            name,
            bucket_name=bucket_name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.KMS if self.customer_key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=self.customer_key,
            bucket_key_enabled=True if self.customer_key else None,
            enforce_ssl=self.target.requires_tls,
            lifecycle_rules=[s3.LifecycleRule(id="forget", expiration=Duration.days(retention_days))],
            removal_policy=self._removal,
        )
        acknowledge(
            bucket, {"AwsSolutions-S1": "written and read by two roles only; CloudTrail's data events tell of others"}
        )
        if not self.target.requires_tls:
            acknowledge(bucket, {"AwsSolutions-S10": "the emulator speaks plain http, on loopback"})
        return bucket

    def _ses_may_deliver(self, mail: s3.Bucket) -> iam.PolicyStatement:
        rule = names.receipt_rule_arn(self, self.settings.receipt_rule_set)
        return iam.PolicyStatement(
            principals=[iam.ServicePrincipal("ses.amazonaws.com")],
            actions=["s3:PutObject"],
            resources=[mail.arn_for_objects(f"{names.INBOUND}*")],
            conditions={"StringEquals": {"aws:SourceAccount": self.account}, "ArnEquals": {"aws:SourceArn": rule}},
        )
