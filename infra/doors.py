"""How messages come in: the HTTP API, rules on the default event bus, mail.

- AWS's own events need no sender's key: the bus is the account's.
- CloudFormation can make a receipt rule set but not activate it: ``settings.ses_rule_set`` says what is to be done.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ses as ses
from aws_cdk import aws_ssm as ssm
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra import names
from infra.constructs.acknowledge import acknowledge
from infra.constructs.stack import TocsinStack
from infra.settings import Settings, Target
from shared.domain.left_out import OWN, THERMOSTATS

ROUTES: Mapping[str, Sequence[api.HttpMethod]] = {
    "/v2/enqueue": (api.HttpMethod.POST,),
    "/v2/change/enqueue": (api.HttpMethod.POST,),
    "/heartbeats/{key}": (api.HttpMethod.GET, api.HttpMethod.POST),
}


def _patterns(settings: Settings) -> Mapping[str, events.EventPattern]:
    """What ``ingest`` is called for. Alarms that nobody is told of (``shared/domain/left_out.py``) cost no call."""
    left_out = [OWN] if settings.target_tracking_alarms else [THERMOSTATS, OWN]
    return {
        names.ALARMS_RULE: events.EventPattern(
            source=["aws.cloudwatch"],
            detail_type=["CloudWatch Alarm State Change"],
            detail={"alarmName": [{"anything-but": {"prefix": left_out}}]},
        ),
        names.FINDINGS_RULE: events.EventPattern(source=["aws.guardduty"], detail_type=["GuardDuty Finding"]),
        names.ARCHIVED_RULE: events.EventPattern(
            source=["aws.guardduty"],
            detail_type=["AWS API Call via CloudTrail"],
            detail={"eventSource": ["guardduty.amazonaws.com"], "eventName": ["ArchiveFindings"]},
        ),
    }


class Doors(TocsinStack):
    def __init__(self, scope: Construct, name: str, *, settings: Settings, target: Target) -> None:
        super().__init__(scope, name, settings=settings, target=target, description="Tocsin: HTTP API, rules, mail")
        self._ingest = names.function_of(self, "ingest")
        self._rules()
        http = self._http_api()
        if settings.ses_identity == "create":
            self._identity()
        if target.receives_mail:
            self._mail()
        self._tell_the_command(http)

    def _rules(self) -> None:
        dead_letters = names.queue_of(self, names.DEAD_LETTERS)
        for rule_name, pattern in _patterns(self.settings).items():
            events.Rule(
                self,
                rule_name,
                rule_name=rule_name,
                event_pattern=pattern,
                targets=[
                    targets.LambdaFunction(
                        self._ingest,
                        dead_letter_queue=dead_letters,
                        max_event_age=Duration.hours(24),  # EventBridge's own limits
                        retry_attempts=185,
                    )
                ],
            )

    def _http_api(self) -> api.HttpApi:
        integration = HttpLambdaIntegration("Ingest", self._ingest, scope_permission_to_route=False)
        http = api.HttpApi(
            self,
            "Http",
            api_name="tocsin",
            description="Tocsin: events from any tool",
            create_default_stage=False,
            default_integration=integration,  # what is no route of ours is answered by ingest, too: 404
        )
        routes = [
            route
            for path, methods in ROUTES.items()
            for route in http.add_routes(path=path, methods=[*methods], integration=integration)
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
                construct, {"AwsSolutions-APIG4": "the routing key in the body authenticates, as senders expect"}
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
            "reply_function": names.function_name("reply"),
            "alarm_topic_arn": names.arn(self, "sns", names.ALARM_TOPIC),
            "mail_from": self.settings.mail_from,
            "mail_domain": self.settings.inbound_domain,
        }
        ssm.StringParameter(
            self, "Deployment", parameter_name=names.DEPLOYMENT, string_value=self.to_json_string(deployment)
        )
        CfnOutput(self, "ApiUrl", value=http.api_endpoint, description="Where senders send: + /v2/enqueue")
