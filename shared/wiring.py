"""The only place that reads the environment, owns the clock, and makes clients.

Clients are made, and what only some functions use is imported, on first use: a cold start pays for what it calls.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config

from shared.domain.directory import Medium
from shared.domain.instants import Instant
from shared.flow import ports
from shared.flow.ports import Deps
from shared.flow.rate_limit import CountedLimit
from shared.store.dynamodb_counts import DynamoDbCounts
from shared.store.dynamodb_directory import DynamoDbDirectory
from shared.store.parameters import SsmParameters
from shared.store.services import AlarmTopic, Bucket, Bus, SqsEvents, SqsPages, StepFunctions

if TYPE_CHECKING:
    from shared.channels.outside import Outside
    from shared.channels.slack import SlackChannel
    from shared.flow import stores
    from shared.flow.channel import Channel, Listeners

T = TypeVar("T")

AWS_SERVICES = (  # whose data is bundled
    "dynamodb",
    "events",
    "pinpoint-sms-voice-v2",
    "s3",
    "sesv2",
    "sns",
    "sqs",
    "ssm",
    "stepfunctions",
)

PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=2, read_timeout=5)
HASTY = Config(  # a sender waits, and what is asked can be done without
    retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=1
)
ONCE = Config(
    retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=10
)  # who sends, decides on retries itself


def now() -> Instant:
    """UTC, in milliseconds: what is written is what was meant."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@cache
def deps() -> Deps:
    """Everything that a function's flow may touch, by the environment of that function."""
    return Wiring(os.environ).deps()


def texts_topic() -> str:
    """The ARN of the topic by which people's texts come."""
    return os.environ["TOCSIN_TEXTS_TOPIC_ARN"]


def lazy(make: Callable[[], T]) -> T:
    """Stands for what ``make`` makes, from the first use on."""
    return cast("T", _Lazy(make))


class _Lazy:
    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Any:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


class Wiring:
    """``environment`` has the ``TOCSIN_…`` of what is used; ``client`` makes a client by (service, config)."""

    def __init__(self, environment: Mapping[str, str], client: "Callable[[str, Config], Any] | None" = None) -> None:
        self._of, self._client = environment, cache(client or _client)

    def deps(self) -> Deps:
        env = self._of
        journal = Journal(env.get("TOCSIN_LOG_LEVEL", "INFO"))
        parameters = lazy(lambda: SsmParameters(self._make("ssm"), time.monotonic))
        channels = Channels(env, self._client, journal, parameters)
        return Deps(
            now=now,
            incidents=lazy(self._incidents),
            changes=lazy(self._changes),
            directory=lazy(lambda: self._directory(journal)),
            events=lazy(self._events),
            pages=lazy(lambda: SqsPages(self._make("sqs"), env["TOCSIN_PAGES_QUEUE_URL"])),
            executions=lazy(lambda: StepFunctions(self._make("stepfunctions"), env["TOCSIN_STATE_MACHINE_ARN"])),
            bus=lazy(lambda: Bus(self._make("events"), env["TOCSIN_EVENT_BUS"])),
            mail=lazy(lambda: Bucket(self._make("s3"), env["TOCSIN_MAIL_BUCKET"], "the bucket of mail")),
            raw=lazy(lambda: Bucket(self._make("s3"), env["TOCSIN_RAW_BUCKET"], "the bucket of large messages")),
            sns=lazy(_sns_web),
            journal=journal,
            alarms=lazy(lambda: AlarmTopic(self._make("sns"), env["TOCSIN_ALARM_TOPIC_ARN"])),
            replies=lazy(lambda: self._replies(parameters)),
            contacts=lazy(self._contacts),
            parameters=parameters,
            rate_limit=lazy(lambda: self._rate_limit(journal)),
            announcements=lazy(self._announcements),
            listeners=lazy(lambda: _webhooks(parameters, env["TOCSIN_OWN_NETWORKS"])),
            channels=channels,
            boards={Medium.SLACK: channels.slack},
        )

    def _make(self, service: str, config: Config = PATIENT) -> Any:
        return self._client(service, config)

    def _beside_incidents(self, store: Callable[[Any, str], T]) -> T:
        return store(self._make("dynamodb"), self._of["TOCSIN_INCIDENTS_TABLE"])

    def _incidents(self) -> "stores.IncidentStore":
        from shared.store.dynamodb import DynamoDbIncidents

        return self._beside_incidents(DynamoDbIncidents)

    def _changes(self) -> "stores.ChangeStore":
        from shared.store.dynamodb_changes import DynamoDbChanges

        return self._beside_incidents(DynamoDbChanges)

    def _announcements(self) -> "stores.AnnouncementStore":
        from shared.store.dynamodb_announcements import DynamoDbAnnouncements

        return self._beside_incidents(DynamoDbAnnouncements)

    def _contacts(self) -> "stores.ContactStore":
        from shared.store.dynamodb_contacts import DynamoDbContacts

        return self._beside_incidents(DynamoDbContacts)

    def _replies(self, parameters: ports.Parameters) -> ports.ReplyAddresses:
        from shared.channels.reply_addresses import SignedReplyAddresses

        secret, domain = self._of["TOCSIN_REPLY_SECRET"], self._of["TOCSIN_MAIL_DOMAIN"]
        return SignedReplyAddresses(parameters, secret, domain, self._of["TOCSIN_PUBLIC_URL"])

    def _directory(self, journal: "Journal") -> DynamoDbDirectory:
        return DynamoDbDirectory(self._make("dynamodb"), self._of["TOCSIN_DIRECTORY_TABLE"], time.monotonic, journal)

    def _rate_limit(self, journal: "Journal") -> CountedLimit:
        counts = DynamoDbCounts(self._make("dynamodb", HASTY), self._of["TOCSIN_INCIDENTS_TABLE"])
        return CountedLimit(counts, int(self._of["TOCSIN_EVENTS_PER_MINUTE"]), journal)

    def _events(self) -> SqsEvents:
        env = self._of
        return SqsEvents(
            self._make("sqs"), lazy(lambda: self._make("s3")), env["TOCSIN_EVENTS_QUEUE_URL"], env["TOCSIN_RAW_BUCKET"]
        )


class Channels(Mapping[Medium, "Channel"]):
    """The channels that are built; a medium without one fails, and the next method is used.

    They are imported when they are first used: they bring Jinja2, which only who sends pays for.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        client: Callable[[str, Config], Any],
        journal: ports.Journal,
        parameters: ports.Parameters,
    ) -> None:
        self._env, self._client, self._journal, self._parameters = env, client, journal, parameters
        self.slack = lazy(self._slack)
        self._made: dict[Medium, Channel] = {
            Medium.EMAIL: lazy(self._mail),
            Medium.SMS: lazy(self._sms),
            Medium.PUSH: lazy(self._push),
            Medium.SLACK: self.slack,
            Medium.TEAMS: lazy(self._teams),
        }

    def _mail(self) -> "Channel":
        from shared.channels.mail import MailChannel

        return MailChannel(
            self._client("sesv2", ONCE),
            self._env["TOCSIN_MAIL_FROM"],
            self._template_failed,
            self._env["TOCSIN_MAIL_CONFIGURATION_SET"],
        )

    def _sms(self) -> "Channel":
        """From the number that people answer to, where there is one; else from any of SNS's."""
        from shared.channels.sms import SmsChannel, TwoWaySmsChannel

        if number := self._env.get("TOCSIN_TEXTS_FROM"):
            return TwoWaySmsChannel(self._client("pinpoint-sms-voice-v2", ONCE), number, self._template_failed)
        answers = self._env.get("TOCSIN_TEXTS_ANSWERED") == "yes"
        return SmsChannel(self._client("sns", ONCE), self._template_failed, answers=answers)

    def _slack(self) -> "SlackChannel":
        from shared.channels.slack import SlackChannel, client_by

        return SlackChannel(client_by(self._parameters), time.sleep, self._template_failed)

    def _teams(self) -> "Channel":
        from shared.channels.teams import TeamsChannel

        outside = _outside(self._env.get("TOCSIN_OWN_NETWORKS", ""))
        return TeamsChannel(self._parameters, outside, time.sleep, self._template_failed)

    def _push(self) -> "Channel":
        from shared.channels.outside import Outside
        from shared.channels.push import PATIENCE, PushChannel

        outside, sender = Outside(monotonic=time.monotonic, deadline=PATIENCE), self._env["TOCSIN_MAIL_FROM"]
        return PushChannel(self._parameters, sender, outside, now, self._template_failed)

    def _template_failed(self, fault: str) -> None:
        self._journal.fault("page", fault)
        self._journal.count("Degraded")  # our own text serves

    def __getitem__(self, medium: Medium) -> "Channel":
        return self._made[medium]

    def __iter__(self) -> Iterator[Medium]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


class Journal:
    """Log lines in JSON, and counts as CloudWatch metrics in the embedded format; never a body."""

    def __init__(self, level: str) -> None:
        self._log = Logger(service="tocsin", level=level, location=None)

    def summary(self, flow: str, **facts: str | int) -> None:
        self._log.info(flow, extra=dict(facts))

    def fault(self, flow: str, message: str, **facts: str | int) -> None:
        self._log.error(message, extra={"flow": flow, **{f"of_{name}": fact for name, fact in facts.items()}})

    def count(self, metric: str, number: int = 1) -> None:
        with single_metric(name=metric, unit=MetricUnit.Count, value=number, namespace="Tocsin"):
            pass


def _webhooks(parameters: ports.Parameters, own_networks: str) -> "Listeners":
    from shared.channels.webhook import Webhooks

    return Webhooks(parameters, _outside(own_networks))


def _outside(own_networks: str) -> "Outside":
    from shared.channels.outside import Outside
    from shared.channels.vetted import read_networks

    return Outside(monotonic=time.monotonic, networks=read_networks(own_networks))


def _sns_web() -> Any:
    from shared.store.sns_web import SnsWeb

    return SnsWeb()


def _client(service: str, config: Config) -> Any:
    make: Any = boto3.client  # its overloads want a literal; the ports give the types
    return make(service, config=config)
