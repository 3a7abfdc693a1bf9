"""Who watches the watcher: alarms on Tocsin itself reach the fallback contact by a topic that needs nothing else of it.

- At most ten alarms. A metric that an alarm looks at costs $0.10 a month, so there is none that tells nothing new.
- Each dead-letter queue counts, and every function: those on the way from a message to a person by their errors at
  once, the others by the dead letter that they end in a few minutes later.
- Silence is a finding, too: sweep must have been called.
"""

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra import names
from infra.constructs.acknowledge import acknowledge
from infra.constructs.stack import TocsinStack
from infra.settings import Settings
from infra.targets import Target

TO_A_PERSON = ("triage", "escalate", "page")
TOO_OLD = 300  # s: a message that nobody has carried out
STREAM_TOO_OLD = 600_000  # ms: nobody is paged by the stream
MINUTE, FIVE_MINUTES = Duration.minutes(1), Duration.minutes(5)

At = cloudwatch.ComparisonOperator
Missing = cloudwatch.TreatMissingData


class Watch(TocsinStack):
    def __init__(self, scope: Construct, name: str, *, settings: Settings, target: Target) -> None:
        super().__init__(
            scope, name, settings=settings, target=target, description="Tocsin: alarms on itself, and their topic"
        )
        self._topic = self._make_topic()
        if target.metric_math:
            self._alarms_on_several()
        self._alarms_on_one()

    def _alarms_on_several(self) -> None:
        dead = (names.DEAD_EVENTS, names.DEAD_PAGES, names.DEAD_LETTERS)
        self._alarm(
            "dead-letters",
            "Something was given up after every retry, and waits in a dead-letter queue to be looked at.",
            _sum(_queue(queue, "ApproximateNumberOfMessagesVisible") for queue in dead),
        )
        live = (names.handed_over(self, names.EVENTS_QUEUE_NAME), names.PAGES_QUEUE)
        self._alarm(
            "oldest-message",
            "Events or pages wait for over five minutes: somebody may not have been told.",
            _highest(_queue(queue, "ApproximateAgeOfOldestMessage") for queue in live),
            above=TOO_OLD,
        )
        self._alarm(
            "errors",
            "A function between a message and a person fails; retries and sweep are at work, and may not be enough.",
            _sum(_function(verb, "Errors") for verb in TO_A_PERSON),
        )

    def _alarms_on_one(self) -> None:
        self._alarm(
            "quarantined",
            "triage put a message away that it can't carry out: QUARANTINE in the table of incidents.",
            _metric("Tocsin", "Quarantined", {}, "Sum"),
        )
        self._alarm(
            "failed-escalations",
            "An escalation ended in Failed: sweep takes that incident's turns now.",
            _metric(
                "AWS/States",
                "ExecutionsFailed",
                {"StateMachineArn": names.arn(self, "states", f"stateMachine:{names.STATE_MACHINE}")},
                "Sum",
            ),
        )
        self._alarm(
            "sweep-silent",
            "sweep was not called for five minutes: what is lost now stays lost.",
            _function("sweep", "Invocations", period=FIVE_MINUTES),
            below=1,
        )
        self._alarm(
            "stream-late",
            "Log entries reach the event bus over ten minutes late: webhooks, tickets and reports wait.",
            _function("publish", "IteratorAge", statistic="Maximum"),
            above=STREAM_TOO_OLD,
        )
        self._alarm(
            "api-errors",
            "The API answers senders with 5xx; they try again for a while.",
            _metric("AWS/ApiGateway", "5xx", {"ApiId": names.handed_over(self, names.API_ID)}, "Sum"),
        )

    def _make_topic(self) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Topic",
            topic_name=names.ALARM_TOPIC,
            display_name="Tocsin",
            enforce_ssl=self.target.requires_tls,
            # AWS's own key for SNS doesn't let CloudWatch publish; what is said here names no person and no customer.
            master_key=self.customer_key,
        )
        topic.add_to_resource_policy(self._alarms_may_publish(topic))
        if self.settings.fallback_email:
            topic.add_subscription(subscriptions.EmailSubscription(self.settings.fallback_email))
        if self.settings.fallback_sms:
            topic.add_subscription(subscriptions.SmsSubscription(self.settings.fallback_sms))
        if not self.target.requires_tls:
            acknowledge(topic, {"AwsSolutions-SNS3": "the emulator speaks plain http, on loopback"})
        return topic

    def _alarms_may_publish(self, topic: sns.Topic) -> iam.PolicyStatement:
        ours = names.arn(self, "cloudwatch", f"alarm:{names.PREFIX}*")
        return iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": self.account}, "ArnLike": {"aws:SourceArn": ours}},
        )

    def _alarm(
        self,
        name: str,
        description: str,
        metric: cloudwatch.IMetric,
        *,
        above: float = 0,
        below: float | None = None,
    ) -> None:
        """Above ``above``, or below ``below``; then no news is bad news."""
        silence = below is not None
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=names.PREFIX + name,
            alarm_description=description,
            metric=metric,
            threshold=above if below is None else below,
            comparison_operator=At.LESS_THAN_THRESHOLD if silence else At.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=Missing.BREACHING if silence else Missing.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))


def _metric(
    namespace: str, name: str, dimensions: Mapping[str, str], statistic: str, period: Duration = MINUTE
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace, metric_name=name, dimensions_map={**dimensions}, statistic=statistic, period=period
    )


def _queue(queue: str, name: str) -> cloudwatch.Metric:
    return _metric("AWS/SQS", name, {"QueueName": queue}, "Maximum")


def _function(verb: str, name: str, statistic: str = "Sum", period: Duration = MINUTE) -> cloudwatch.Metric:
    return _metric("AWS/Lambda", name, {"FunctionName": names.function_name(verb)}, statistic, period)


def _sum(metrics: Iterable[cloudwatch.Metric]) -> cloudwatch.MathExpression:
    return _math("SUM", metrics)


def _highest(metrics: Iterable[cloudwatch.Metric]) -> cloudwatch.MathExpression:
    return _math("MAX", metrics)


def _math(function: str, metrics: Iterable[cloudwatch.Metric]) -> cloudwatch.MathExpression:
    """Several metrics in one alarm. One that says nothing, as an idle queue's, counts as 0."""
    named = {f"m{number}": metric for number, metric in enumerate(metrics, start=1)}
    filled = ", ".join(f"FILL({name}, 0)" for name in named)
    return cloudwatch.MathExpression(
        expression=f"{function}([{filled}])", using_metrics={**named}, period=MINUTE, label=function.lower()
    )
