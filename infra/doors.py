"""How messages come in: the HTTP API, rules on the default event bus, mail.

- AWS's own events need no sender's key: the bus is the account's.
- CloudFormation can make a receipt rule set but not activate it: ``settings.ses_rule_set`` says what is to be done.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ses as ses
from aws_cdk import aws_ssm as ssm
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra import names
from infra.constructs.acknowledge import acknowledge
from infra.constructs.stack import TocsinStack
from infra.flow import texting
from infra.patterns import DELIVERY, PATTERNS, alarms
from infra.settings import Settings
from infra.targets import Target

EVERYTHING = events.EventPattern(source=events.Match.exists())  # put in its place at once
GET, HEAD, POST = api.HttpMethod.GET, api.HttpMethod.HEAD, api.HttpMethod.POST
ROUTES: Mapping[str, Mapping[str, Sequence[api.HttpMethod]]] = {  # whose function answers, path, methods
    "ingest": {
        "/v2/enqueue": (POST,),
        "/v2/change/enqueue": (POST,),
        "/heartbeats/{key}": (GET, POST),
        "/integrations/{source}/{key}": (POST,),
    },
    "reply": {
        "/answer/{token}": (GET, HEAD, POST),
        "/open/{token}": (GET, HEAD),
        "/push/{token}": (GET, HEAD, POST),  # and its script, worker and manifest
        "/slack/{what}": (POST,),
    },
}


class Doors(TocsinStack):
    def __init__(self, scope: Construct, name: str, *, settings: Settings, target: Target) -> None:
        super().__init__(scope, name, settings=settings, target=target, description="Tocsin: HTTP API, rules, mail")
        self._ingest, self._track = names.function_of(self, "ingest"), names.function_of(self, "track")
        self._dead_letters = names.queue_of(self, names.DEAD_LETTERS)
        self._rules()
        self._let_others_send()
        self._logs_of_waf()
        self._reports_of_mail()
        if settings.sms_delivery_logs:
            self._logs_of_texts()
        http = self._http_api()
        if settings.ses_identity == "create":
            self._identity()
        if target.receives_mail:
            self._mail()
        self._tell_the_command(http)

    def _rules(self) -> None:
        chosen = self.settings.event_patterns
        rules = self._rule_names()
        ours = {**PATTERNS, names.ALARMS_RULE: alarms(thermostats=self.settings.target_tracking_alarms)}
        patterns = [*(ours[rule] for rule in rules[: len(rules) - len(chosen)]), *chosen]
        target = targets.LambdaFunction(
            self._ingest,
            dead_letter_queue=self._dead_letters,
            max_event_age=Duration.hours(24),  # EventBridge's own limits
            retry_attempts=185,
        )
        for rule_name, pattern in zip(rules, patterns, strict=True):
            rule = events.Rule(self, rule_name, rule_name=rule_name, event_pattern=EVERYTHING, targets=[target])
            narrowed: Any = rule.node.default_child
            narrowed.event_pattern = pattern  # as it stands: CDK's own type knows no $or beside the detail

    def _rule_names(self) -> list[str]:
        return names.ingest_rules(self.settings.event_sources, len(self.settings.event_patterns))

    def _let_others_send(self) -> None:
        """Other accounts forward what happens in them and in their Regions to this bus, by rules of their own."""
        bus = names.arn(self, "events", "event-bus/default")
        statement = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
        for account in self.settings.event_accounts:
            principal = {"AWS": f"arn:{self.partition}:iam::{account}:root"}
            self._bus_policy(f"tocsin-account-{account}", {**statement, "Principal": principal})
        if organization := self.settings.event_organization:
            condition = {"StringEquals": {"aws:PrincipalOrgID": organization}}
            self._bus_policy("tocsin-organization", {**statement, "Principal": "*", "Condition": condition})

    def _bus_policy(self, name: str, statement: Mapping[str, Any]) -> None:
        whole = {**statement, "Sid": name}
        events.CfnEventBusPolicy(self, name, event_bus_name="default", statement_id=name, statement=whole)

    def _logs_of_waf(self) -> None:
        """Lines of blocked requests alone, https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"""
        for number, group in enumerate(self.settings.waf_log_groups, start=1):
            self._subscribe(f"Waf{number}", self._ingest, group, names.WAF_FILTER, pattern='{ $.action = "BLOCK" }')

    def _subscribe(self, name: str, function: lambda_.IFunction, group: str, filter_name: str, *, pattern: str) -> None:
        permission = lambda_.CfnPermission(
            self,
            f"{name}MayCall",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="logs.amazonaws.com",
            source_account=self.account,
            source_arn=names.arn(self, "logs", f"log-group:{group}:*"),
        )
        subscription = logs.CfnSubscriptionFilter(
            self,
            name,
            log_group_name=group,
            filter_name=filter_name,
            filter_pattern=pattern,
            destination_arn=function.function_arn,
        )
        subscription.add_dependency(permission)

    def _reports_of_mail(self) -> None:
        """SES says by the default bus what became of each mail: that is where EventBridge may take it."""
        reporting = ses.CfnConfigurationSet(self, "Mail", name=names.CONFIGURATION_SET)
        destination = ses.CfnConfigurationSetEventDestination(
            self,
            "MailReports",
            configuration_set_name=names.CONFIGURATION_SET,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                name="track",
                enabled=True,
                matching_event_types=["bounce", "complaint", "delivery", "deliveryDelay", "reject", "renderingFailure"],
                event_bridge_destination=ses.CfnConfigurationSetEventDestination.EventBridgeDestinationProperty(
                    event_bus_arn=names.arn(self, "events", "event-bus/default")
                ),
            ),
        )
        destination.add_dependency(reporting)
        target = targets.LambdaFunction(
            self._track,
            dead_letter_queue=self._dead_letters,
            max_event_age=Duration.hours(24),
            retry_attempts=185,
        )
        rule = events.Rule(self, "Delivery", rule_name=names.DELIVERY_RULE, event_pattern=EVERYTHING, targets=[target])
        narrowed: Any = rule.node.default_child
        narrowed.event_pattern = DELIVERY

    def _logs_of_texts(self) -> None:
        """SNS says what became of a text in two log groups, which it makes with the first text that it logs."""
        delivered = f"sns/{self.region}/{self.account}/DirectPublishToPhoneNumber"
        for name, group in (("Delivered", delivered), ("Failed", f"{delivered}/Failure")):
            self._subscribe(f"Texts{name}", self._track, group, names.TEXTS_FILTER, pattern="")

    def _http_api(self) -> api.HttpApi:
        answering = {
            "ingest": HttpLambdaIntegration("Ingest", self._ingest, scope_permission_to_route=False),
            "reply": HttpLambdaIntegration("Reply", names.function_of(self, "reply"), scope_permission_to_route=False),
        }
        http = api.HttpApi(
            self,
            "Http",
            api_name="tocsin",
            description="Tocsin: events from any tool",
            create_default_stage=False,
            default_integration=answering["ingest"],  # what is no route of ours is answered by ingest, too: 404
        )
        routes = [
            route
            for verb, paths in ROUTES.items()
            for path, methods in paths.items()
            for route in http.add_routes(path=path, methods=[*methods], integration=answering[verb])
        ]
        stage = http.add_stage(
            "Stage",
            stage_name="$default",
            auto_deploy=True,
            throttle=api.ThrottleSettings(
                rate_limit=self.settings.requests_per_second, burst_limit=2 * self.settings.requests_per_second
            ),
        )
        for construct in (http, *routes):
            acknowledge(
                construct,
                {"AwsSolutions-APIG4": "senders have a key in body or path, people a signed link, chats a signature"},
            )
        acknowledge(
            stage,
            {"AwsSolutions-APIG1": "a line a request would cost more than the request; ingest counts what it refuses"},
        )
        names.hand_over(self, {names.API_ID: http.api_id})
        return http

    def _mail(self) -> None:
        rule = ses.CfnReceiptRule(
            self,
            "Replies",
            rule_set_name=self.settings.receipt_rule_set,
            rule=ses.CfnReceiptRule.RuleProperty(
                name=names.RECEIPT_RULE,
                enabled=True,
                scan_enabled=True,  # a reply counts only with SES's verdicts
                tls_policy="Optional",  # a mail server that knows no TLS may still acknowledge
                recipients=[self.settings.inbound_domain],
                actions=[self._keep_mail(), self._call_reply()],
            ),
        )
        rule.node.add_dependency(self._ses_may_call_reply())
        if not self.settings.ses_rule_set:
            rule.node.add_dependency(
                ses.CfnReceiptRuleSet(self, "ReceiptRules", rule_set_name=self.settings.receipt_rule_set)
            )
        CfnOutput(
            self, "ReplyMx", value=f"{self.settings.inbound_domain} MX 10 inbound-smtp.{self.region}.amazonaws.com"
        )

    def _keep_mail(self) -> ses.CfnReceiptRule.ActionProperty:
        return ses.CfnReceiptRule.ActionProperty(
            s3_action=ses.CfnReceiptRule.S3ActionProperty(
                bucket_name=names.mail_bucket(self), object_key_prefix=names.INBOUND
            )
        )

    def _call_reply(self) -> ses.CfnReceiptRule.ActionProperty:
        return ses.CfnReceiptRule.ActionProperty(
            lambda_action=ses.CfnReceiptRule.LambdaActionProperty(
                function_arn=names.function_arn(self, "reply"), invocation_type="Event"
            )
        )

    def _ses_may_call_reply(self) -> lambda_.CfnPermission:
        return lambda_.CfnPermission(
            self,
            "SesMayCallReply",
            action="lambda:InvokeFunction",
            function_name=names.function_arn(self, "reply"),
            principal="ses.amazonaws.com",
            source_account=self.account,
            source_arn=names.receipt_rule_arn(self, self.settings.receipt_rule_set),
        )

    def _identity(self) -> None:
        identity = ses.EmailIdentity(self, "Sender", identity=ses.Identity.domain(self.settings.sender_domain))
        if not self.target.proves_domains:
            return
        for number, record in enumerate(identity.dkim_records, start=1):
            CfnOutput(self, f"Dkim{number}", value=f"{record.name} CNAME {record.value}")

    def _tell_the_command(self, http: api.HttpApi) -> None:
        """What the ``tocsin`` command needs to know about this deployment, in one parameter."""
        texts = texting(self.settings, self.target)
        deployment = {
            "account": self.account,
            "region": self.region,
            "api_url": http.api_endpoint,
            "incidents_table": names.INCIDENTS_TABLE,
            "directory_table": names.DIRECTORY_TABLE,
            "raw_bucket": names.raw_bucket(self),
            "mail_bucket": names.mail_bucket(self),
            "events_queue_url": names.handed_over(self, names.EVENTS_QUEUE_URL),
            "pages_queue_url": names.handed_over(self, names.PAGES_QUEUE_URL),
            "state_machine_arn": names.arn(self, "states", f"stateMachine:{names.STATE_MACHINE}"),
            "event_bus": names.EVENT_BUS,
            "ingest_rules": " ".join(self._rule_names()),
            "reply_function": names.function_name("reply"),
            "alarm_topic_arn": names.arn(self, "sns", names.ALARM_TOPIC),
            "texts_topic_arn": names.arn(self, "sns", names.TEXTS_TOPIC),
            "texts_from": texts["TOCSIN_TEXTS_FROM"],
            "texts_answered": texts["TOCSIN_TEXTS_ANSWERED"],
            "mail_from": self.settings.mail_from,
            "mail_domain": self.settings.inbound_domain,
        }
        ssm.StringParameter(
            self, "Deployment", parameter_name=names.DEPLOYMENT, string_value=self.to_json_string(deployment)
        )
        if self.target.names_its_address:
            public_url = self.settings.public_url or http.api_endpoint
            ssm.StringParameter(self, "PublicUrl", parameter_name=names.PUBLIC_URL, string_value=public_url)
        CfnOutput(self, "ApiUrl", value=http.api_endpoint, description="Where senders send: + /v2/enqueue")
