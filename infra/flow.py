"""The flow from a message to a person: queues, functions, the state machine, the event bus.

- Nothing is lost in silence: each queue, each asynchronous call and the stream ends in a dead-letter queue.
- The events queue keeps the order of one key; its visibility time-out is six times triage's, as AWS advises.
"""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import calls, names
from infra.calls import On
from infra.constructs.acknowledge import acknowledge
from infra.constructs.bundle import Bundle
from infra.constructs.function import Common, Shape, make_function
from infra.constructs.stack import TocsinStack
from infra.settings import Settings
from infra.targets import Target

LONGEST = Duration.days(14)  # that SQS keeps a message: over a holiday
EVENTS_TRIES = 1000  # triage puts poison away itself; a dead letter would break the order of its key
PAGES_TRIES = 10  # within ten minutes; each also finds out whether the page is still due
VISIBILITY = 6  # times the function's time-out

ESCALATION = Path(__file__).with_name("escalation.asl.json")

SHAPES: Mapping[str, Shape] = {
    "ingest": Shape(
        seconds=10,  # two calls of a few ms each; a sender gives up after 10 to 30
        retries=2,
        environment=(
            "TOCSIN_DIRECTORY_TABLE",
            "TOCSIN_INCIDENTS_TABLE",
            "TOCSIN_EVENTS_QUEUE_URL",
            "TOCSIN_EVENTS_PER_MINUTE",
            "TOCSIN_RAW_BUCKET",
        ),
    ),
    "triage": Shape(
        seconds=20,  # ten events of a few calls each; a key whose function dies waits six times as long
        environment=(
            "TOCSIN_INCIDENTS_TABLE",
            "TOCSIN_DIRECTORY_TABLE",
            "TOCSIN_EVENTS_QUEUE_URL",
            "TOCSIN_STATE_MACHINE_ARN",
            "TOCSIN_RAW_BUCKET",
        ),
    ),
    "escalate": Shape(
        seconds=20,  # one transaction and a batch to a queue; the state machine tries again
        environment=("TOCSIN_INCIDENTS_TABLE", "TOCSIN_DIRECTORY_TABLE", "TOCSIN_PAGES_QUEUE_URL"),
    ),
    "page": Shape(
        seconds=30,  # a slow provider is given up after 10, and the failure recorded
        environment=(
            "TOCSIN_INCIDENTS_TABLE",
            "TOCSIN_DIRECTORY_TABLE",
            "TOCSIN_PAGES_QUEUE_URL",
            "TOCSIN_ALARM_TOPIC_ARN",
            "TOCSIN_MAIL_FROM",
            "TOCSIN_MAIL_CONFIGURATION_SET",
            "TOCSIN_MAIL_DOMAIN",
            "TOCSIN_REPLY_SECRET",
            "TOCSIN_PUBLIC_URL",
            "TOCSIN_TEXTS_FROM",
            "TOCSIN_TEXTS_ANSWERED",
            "TOCSIN_OWN_NETWORKS",
        ),
    ),
    "reply": Shape(
        seconds=30,  # as page: it sends an answer
        retries=2,
        environment=(
            "TOCSIN_INCIDENTS_TABLE",
            "TOCSIN_DIRECTORY_TABLE",
            "TOCSIN_PAGES_QUEUE_URL",
            "TOCSIN_STATE_MACHINE_ARN",
            "TOCSIN_MAIL_BUCKET",
            "TOCSIN_MAIL_FROM",
            "TOCSIN_MAIL_CONFIGURATION_SET",
            "TOCSIN_MAIL_DOMAIN",
            "TOCSIN_REPLY_SECRET",
            "TOCSIN_PUBLIC_URL",
            "TOCSIN_TEXTS_FROM",
            "TOCSIN_TEXTS_ANSWERED",
            "TOCSIN_OWN_NETWORKS",
            "TOCSIN_TEXTS_TOPIC_ARN",
        ),
    ),
    "track": Shape(
        seconds=30,  # as page: it tells whose method is broken
        retries=2,
        environment=(
            "TOCSIN_INCIDENTS_TABLE",
            "TOCSIN_DIRECTORY_TABLE",
            "TOCSIN_PAGES_QUEUE_URL",
            "TOCSIN_ALARM_TOPIC_ARN",
            "TOCSIN_MAIL_FROM",
            "TOCSIN_MAIL_CONFIGURATION_SET",
            "TOCSIN_TEXTS_FROM",
            "TOCSIN_TEXTS_ANSWERED",
            "TOCSIN_OWN_NETWORKS",
        ),
    ),
    "sweep": Shape(
        seconds=55,  # ends before the next one begins
        memory=256,  # 43,000 times a month, mostly to find nothing
        retries=0,  # the next one comes in a minute anyway
        keeps_trying=60,
        environment=(
            "TOCSIN_INCIDENTS_TABLE",
            "TOCSIN_DIRECTORY_TABLE",
            "TOCSIN_EVENTS_QUEUE_URL",
            "TOCSIN_PAGES_QUEUE_URL",
            "TOCSIN_STATE_MACHINE_ARN",
            "TOCSIN_ALARM_TOPIC_ARN",
            "TOCSIN_RAW_BUCKET",
            "TOCSIN_EVENT_BUS",
        ),
    ),
    "publish": Shape(seconds=30, environment=("TOCSIN_EVENT_BUS", "TOCSIN_DIRECTORY_TABLE")),
    "announce": Shape(
        seconds=60,  # a webhook has 5, Slack 20 where it asks for patience, and none is begun after 30
        memory=256,  # nobody waits for it
        retries=2,
        environment=(
            "TOCSIN_INCIDENTS_TABLE",
            "TOCSIN_DIRECTORY_TABLE",
            "TOCSIN_MAIL_DOMAIN",
            "TOCSIN_REPLY_SECRET",
            "TOCSIN_PUBLIC_URL",
            "TOCSIN_OWN_NETWORKS",
        ),
    ),
}


def texting(settings: Settings, target: Target) -> Mapping[str, str]:
    """By which number texts go out, and whether people can answer them: on this machine they can in any case."""
    number = settings.two_way_number if target.sends_from_numbers else ""
    return {
        "TOCSIN_TEXTS_FROM": number,
        "TOCSIN_TEXTS_ANSWERED": "yes" if number or not target.sends_from_numbers else "no",
    }


class Flow(TocsinStack):
    def __init__(self, scope: Construct, name: str, *, settings: Settings, target: Target, bundle: Bundle) -> None:
        super().__init__(
            scope, name, settings=settings, target=target, description="Tocsin: queues, functions, escalation"
        )
        self._stream = names.handed_over(self, names.INCIDENTS_STREAM)
        self._events, self._pages = self._queues()
        self._dead_letters = self._dead_letter_queue()
        self._functions = self._make_functions(bundle)
        self._feed("triage", self._events)
        self._feed("page", self._pages)
        self._feed_publish()
        self._sweep_each_minute()
        self._escalation()
        self._take_texts()
        self._bus()
        names.hand_over(
            self,
            {
                names.EVENTS_QUEUE_NAME: self._events.queue_name,
                names.EVENTS_QUEUE_URL: self._events.queue_url,
                names.PAGES_QUEUE_URL: self._pages.queue_url,
            },
        )

    def _queues(self) -> tuple[sqs.Queue, sqs.Queue]:
        dead_events = self._queue("DeadEvents", queue_name=names.DEAD_EVENTS, fifo=True)
        dead_pages = self._queue("DeadPages", queue_name=names.DEAD_PAGES)
        events_queue = self._queue(
            "Events",  # nameless: CloudFormation's name is the generation of sequence numbers
            fifo=True,
            content_based_deduplication=False,
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP,
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
            visibility_timeout=Duration.seconds(VISIBILITY * SHAPES["triage"].seconds),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_events, max_receive_count=EVENTS_TRIES),
        )
        pages = self._queue(
            "Pages",
            queue_name=names.PAGES_QUEUE,
            visibility_timeout=Duration.seconds(VISIBILITY * SHAPES["page"].seconds),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_pages, max_receive_count=PAGES_TRIES),
        )
        return events_queue, pages

    def _dead_letter_queue(self) -> sqs.Queue:
        """What a rule couldn't deliver and what an asynchronous function failed at: each says where it came from.

        CDK lets in sweep's rule by itself; those of the doors belong to a later stack, and are let in here.
        """
        queue = self._queue("DeadLetters", queue_name=names.DEAD_LETTERS)
        acknowledge(queue, {"AwsSolutions-SQS3": "it is the dead-letter queue of functions and rules"})
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": self._rules_of_doors()}},
            )
        )
        return queue

    def _rules_of_doors(self) -> list[str]:
        heard = names.ingest_rules(self.settings.event_sources, len(self.settings.event_patterns))
        rules = [*heard, names.DELIVERY_RULE]
        return [names.arn(self, "events", f"rule/{rule}") for rule in rules]

    def _queue(self, name: str, **properties: object) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            name,
            retention_period=LONGEST,
            encryption=sqs.QueueEncryption.KMS if self.customer_key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=self.customer_key,
            enforce_ssl=self.target.requires_tls,
            **properties,  # type: ignore[arg-type]
        )
        if not self.target.requires_tls:
            acknowledge(queue, {"AwsSolutions-SQS4": "the emulator speaks plain http, on loopback"})
        return queue

    def _make_functions(self, bundle: Bundle) -> Mapping[str, lambda_.Function]:
        handed = {On.EVENTS: self._events.queue_arn, On.STREAM: self._stream}
        common = Common(
            settings=self.settings,
            bundle=bundle,
            environment=self._environment(),
            where=calls.arns(self, self.settings, self.target, handed),
            dead_letters=self._dead_letters,
        )
        return {verb: make_function(self, verb, SHAPES[verb], common) for verb in names.VERBS}

    def _environment(self) -> Mapping[str, str]:
        return {
            "TOCSIN_INCIDENTS_TABLE": names.INCIDENTS_TABLE,
            "TOCSIN_DIRECTORY_TABLE": names.DIRECTORY_TABLE,
            "TOCSIN_EVENTS_QUEUE_URL": self._events.queue_url,
            "TOCSIN_PAGES_QUEUE_URL": self._pages.queue_url,
            "TOCSIN_STATE_MACHINE_ARN": names.arn(self, "states", f"stateMachine:{names.STATE_MACHINE}"),
            "TOCSIN_RAW_BUCKET": names.raw_bucket(self),
            "TOCSIN_MAIL_BUCKET": names.mail_bucket(self),
            "TOCSIN_EVENT_BUS": names.EVENT_BUS,
            "TOCSIN_ALARM_TOPIC_ARN": names.arn(self, "sns", names.ALARM_TOPIC),
            "TOCSIN_MAIL_FROM": self.settings.mail_from,
            "TOCSIN_MAIL_CONFIGURATION_SET": names.CONFIGURATION_SET,
            "TOCSIN_MAIL_DOMAIN": self.settings.inbound_domain,
            "TOCSIN_REPLY_SECRET": names.REPLY_SECRET,
            "TOCSIN_PUBLIC_URL": names.PUBLIC_URL,
            **texting(self.settings, self.target),
            "TOCSIN_TEXTS_TOPIC_ARN": names.arn(self, "sns", names.TEXTS_TOPIC),
            "TOCSIN_EVENTS_PER_MINUTE": str(self.settings.events_per_minute),
            "TOCSIN_OWN_NETWORKS": self.target.own_networks,
            "TOCSIN_LOG_LEVEL": self.settings.log_level,
        }

    def _feed(self, verb: str, queue: sqs.Queue) -> None:
        self._functions[verb].add_event_source_mapping(
            "Queue",
            event_source_arn=queue.queue_arn,
            batch_size=10,  # the most that a FIFO queue gives
            report_batch_item_failures=True,
            max_concurrency=self.target.queue_concurrency,
        )

    def _feed_publish(self) -> None:
        log_entries = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "LOG#"}]}}}}
        self._functions["publish"].add_event_source_mapping(
            "Stream",
            event_source_arn=self._stream,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,  # nothing written before it began is missed
            batch_size=100,
            bisect_batch_on_error=True,
            retry_attempts=5,
            max_record_age=Duration.hours(6),
            report_batch_item_failures=True,
            filters=[lambda_.FilterCriteria.filter(log_entries)],
            on_failure=sources.SqsDlq(self._dead_letters),
        )

    def _sweep_each_minute(self) -> None:
        events.Rule(
            self,
            "EachMinute",
            rule_name=names.SWEEP_RULE,
            description="Tocsin: looks each minute for what is overdue",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[
                targets.LambdaFunction(
                    self._functions["sweep"],
                    dead_letter_queue=self._dead_letters,
                    max_event_age=Duration.minutes(1),
                    retry_attempts=1,
                )
            ],
        )

    def _bus(self) -> None:
        bus = events.EventBus(
            self, "Bus", event_bus_name=names.EVENT_BUS, description="What happens to Tocsin's incidents"
        )
        events.Rule(
            self,
            "Announcements",
            rule_name=names.ANNOUNCE_RULE,
            description="Tocsin: tells webhooks and chats what happens to incidents",
            event_bus=bus,
            event_pattern=events.EventPattern(source=["tocsin"], detail_type=[*names.ANNOUNCED]),
            targets=[
                targets.LambdaFunction(
                    self._functions["announce"],
                    dead_letter_queue=self._dead_letters,
                    max_event_age=Duration.hours(24),
                    retry_attempts=185,
                )
            ],
        )

    def _take_texts(self) -> None:
        """What people text to our number. There before a number is, since a number is told where to go."""
        topic = sns.Topic(
            self,
            "Texts",
            topic_name=names.TEXTS_TOPIC,
            enforce_ssl=self.target.requires_tls,
            master_key=self.customer_key,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("sms-voice.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": self.account},
                    "ArnLike": {"aws:SourceArn": names.arn(self, "sms-voice", "*")},
                },
            )
        )
        topic.add_subscription(
            subscriptions.LambdaSubscription(self._functions["reply"], dead_letter_queue=self._dead_letters)
        )
        if not self.target.requires_tls:
            acknowledge(topic, {"AwsSolutions-SNS3": "the emulator speaks plain http, on loopback"})

    def _escalation(self) -> None:
        escalate = names.function_arn(self, "escalate")
        role = iam.Role(
            self,
            "EscalationRole",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            inline_policies={
                "calls": iam.PolicyDocument(
                    statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[escalate])]
                )
            },
        )
        machine = sfn.StateMachine(
            self,
            "Escalation",
            state_machine_name=names.STATE_MACHINE,
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_string(ESCALATION.read_text(encoding="utf-8")),
            definition_substitutions={"Escalate": escalate},
            role=role.without_policy_updates(),
        )
        acknowledge(
            machine,
            {
                "AwsSolutions-SF1": "an execution keeps its own history for 90 days; the story is in the timeline",
                "AwsSolutions-SF2": "no X-Ray: its library costs 230 ms at import, and the timeline tells the same",
            },
        )
