"""What ``tocsin doctor`` finds where only AWS has it (mail, texts, alarms, backups, the API), and how it tells.

DynamoDB is moto's; every other service answers by the script, in AWS's own shapes, and refuses what isn't in it.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber
from moto import mock_aws

from bench.account import EVENING, SET_UP
from bench.tables import DIRECTORY, INCIDENTS, make_tables
from cli.console import Failed
from cli.deployment import FACTS, Deployment
from cli.doctor import reach, stores, works
from cli.doctor.examination import CHECKS, NOT_HERE, doctor, examine
from cli.doctor.patient import Check, Level, Patient
from cli.world import Notebook
from shared.domain.contact_state import broken, unknown
from shared.domain.directory import Contact, Medium
from shared.domain.subscription import VAPID_KEY
from shared.store.dynamodb_contacts import DynamoDbContacts
from shared.store.dynamodb_directory import DynamoDbDirectory
from tests.cli.remedies import arguments
from tests.cli.test_command import tocsin

REGION = "eu-west-1"
UUID = "14e0db71-5d35-4eb5-b481-8945cf9d10c2"
MADE = {
    "incidents_table": INCIDENTS,
    "directory_table": DIRECTORY,
    "ingest_rules": "tocsin-cloudwatch-alarms tocsin-guardduty-findings tocsin-guardduty-archived",
    "mail_from": "tocsin@acme.example",
    "mail_domain": "in.acme.example",
    "alarm_topic_arn": "arn:aws:sns:eu-west-1:111122223333:tocsin-alarms",
    "state_machine_arn": "arn:aws:states:eu-west-1:111122223333:stateMachine:tocsin-escalation",
    "events_queue_url": "https://sqs.eu-west-1.amazonaws.com/111122223333/events.fifo",
    "pages_queue_url": "https://sqs.eu-west-1.amazonaws.com/111122223333/tocsin-pages",
    "raw_bucket": "tocsin-raw-111122223333-eu-west-1",
    "mail_bucket": "tocsin-mail-111122223333-eu-west-1",
}


class Account:
    """A deployment in AWS, as far as a check asks."""

    def __init__(self) -> None:
        self.scripts: dict[str, Stubber] = {}
        self.clients: dict[str, Any] = {}
        self.deployment = Deployment("production:eu-west-1", self._client)
        self.facts = dict(MADE)

    def says(self, service: str, operation: str, answer: dict[str, Any], **asked: Any) -> None:
        self._script(service).add_response(operation, answer, asked or None)

    def refuses(self, service: str, operation: str, code: str, status: int = 400) -> None:
        self._script(service).add_client_error(operation, code, f"{code}, says AWS", status)

    def found(self, check: Check) -> list[tuple[Level, str, str]]:
        found = list(check(self.patient))
        for service, script in self.scripts.items():
            if service != "ssm":
                script.assert_no_pending_responses()
        return found

    @property
    def patient(self) -> Patient:
        self.says("ssm", "get_parameter", {"Parameter": {"Value": json.dumps(self.facts)}}, Name=FACTS)
        return Patient(self.deployment, EVENING)

    def _script(self, service: str) -> Stubber:
        if service not in self.scripts:
            self.clients[service] = self._make(service)
            self.scripts[service] = Stubber(self.clients[service])
            self.scripts[service].activate()
        return self.scripts[service]

    def _client(self, service: str, config: Any = None) -> Any:
        if service == "dynamodb" and service not in self.clients:
            return self._make(service)
        self._script(service)
        return self.clients[service]

    @staticmethod
    def _make(service: str) -> Any:
        make: Any = boto3.client
        return make(service, region_name=REGION)


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        new = Account()
        tables = new.deployment.client("dynamodb")
        make_tables(tables)
        DynamoDbDirectory(tables, DIRECTORY, lambda: 0.0, Notebook()).put_version(SET_UP, 0, "test", EVENING)
        yield new


# mail


MAY_SEND = {"SendingEnabled": True, "ProductionAccessEnabled": True}


REPORTING = ("sesv2", "get_configuration_set", {"ConfigurationSetName": "tocsin"})


def test_mail_goes_out_where_the_domain_is_verified(account: Account) -> None:
    account.says("sesv2", "get_account", MAY_SEND)
    account.says(*REPORTING, ConfigurationSetName="tocsin")
    account.says("sesv2", "get_email_identity", {"VerifiedForSendingStatus": True}, EmailIdentity="acme.example")
    assert account.found(reach.mail_out) == []


def test_without_its_configuration_set_ses_takes_no_page(account: Account) -> None:
    account.says("sesv2", "get_account", MAY_SEND)
    account.refuses("sesv2", "get_configuration_set", "NotFoundException", 404)
    account.says("sesv2", "get_email_identity", {"VerifiedForSendingStatus": True})
    [(level, message, remedy)] = account.found(reach.mail_out)
    assert level is Level.ERROR
    assert "no configuration set tocsin" in message
    assert remedy == "cdk deploy --all --revert-drift"


def test_mail_goes_out_where_only_the_address_is_verified(account: Account) -> None:
    account.says("sesv2", "get_account", MAY_SEND)
    account.says(*REPORTING)
    account.refuses("sesv2", "get_email_identity", "NotFoundException", 404)
    account.says("sesv2", "get_email_identity", {"VerifiedForSendingStatus": True}, EmailIdentity="tocsin@acme.example")
    assert account.found(reach.mail_out) == []


def test_a_paused_account_a_sandbox_and_an_identity_that_waits_are_three_faults(account: Account) -> None:
    account.says("sesv2", "get_account", {"SendingEnabled": False, "ProductionAccessEnabled": False})
    account.says(*REPORTING)
    account.says("sesv2", "get_email_identity", {"VerifiedForSendingStatus": False})
    account.refuses("sesv2", "get_email_identity", "NotFoundException", 404)
    paused, sandbox, unverified = account.found(reach.mail_out)
    assert "paused" in paused[1]
    assert "sandbox" in sandbox[1]
    assert "request-production-access" in sandbox[2]
    assert "neither tocsin@acme.example nor its domain is verified" in unverified[1]
    assert "DKIM records" in unverified[2]


RULE = {"Name": "tocsin-replies", "Enabled": True}


def test_replies_come_in_where_the_active_rule_set_has_our_rule(account: Account) -> None:
    account.says("ses", "describe_active_receipt_rule_set", {"Metadata": {"Name": "theirs"}, "Rules": [RULE]})
    assert account.found(reach.mail_in) == []


def test_without_an_active_rule_set_ours_is_to_be_activated(account: Account) -> None:
    account.says("ses", "describe_active_receipt_rule_set", {})
    [(level, message, remedy)] = account.found(reach.mail_in)
    assert level is Level.ERROR
    assert "active is no rule set" in message
    assert remedy == "aws ses set-active-receipt-rule-set --rule-set-name tocsin"
    assert arguments("ses", "set-active-receipt-rule-set", remedy.split()[3:]) == {"RuleSetName": "tocsin"}


def test_another_active_rule_set_is_joined_not_replaced(account: Account) -> None:
    account.says("ses", "describe_active_receipt_rule_set", {"Metadata": {"Name": "theirs"}, "Rules": []})
    [(_, message, remedy)] = account.found(reach.mail_in)
    assert "active is theirs" in message
    assert "`ses_rule_set: theirs`" in remedy


def test_a_receipt_rule_that_is_off_is_named(account: Account) -> None:
    off = {**RULE, "Enabled": False}
    account.says("ses", "describe_active_receipt_rule_set", {"Metadata": {"Name": "tocsin"}, "Rules": [off]})
    [(_, message, _)] = account.found(reach.mail_in)
    assert "tocsin-replies is off" in message


# texts


def _texts(account: Account, *, sandbox: bool, limit: str | None, opted_out: set[str], logs: bool = True) -> None:
    account.says("sns", "get_sms_sandbox_account_status", {"IsInSandbox": sandbox})
    told = {"MonthlySpendLimit": limit} if limit is not None else {}
    logged = {"DeliveryStatusIAMRole": "arn:aws:iam::111122223333:role/SNSFeedback"} if logs else {}
    account.says("sns", "get_sms_attributes", {"attributes": told | logged})
    for number in ("+447700900001", "+447700900002", "+4915112345678"):
        account.says(
            "sns", "check_if_phone_number_is_opted_out", {"isOptedOut": number in opted_out}, phoneNumber=number
        )


def test_texts_reach_everybody_where_nothing_is_in_their_way(account: Account) -> None:
    _texts(account, sandbox=False, limit="50", opted_out=set())
    assert account.found(reach.texts) == []


def test_texts_of_which_nobody_hears_what_became_are_named(account: Account) -> None:
    _texts(account, sandbox=False, limit="50", opted_out=set(), logs=False)
    [(bad, message, _)] = account.found(reach.texts)
    assert (bad, "what becomes of texts" in message) == (Level.WARNING, True)


@pytest.mark.parametrize("limit", ["1", None])
def test_a_sandbox_a_limit_of_a_dollar_and_somebody_who_said_stop_are_named(account: Account, limit: str) -> None:
    _texts(account, sandbox=True, limit=limit, opted_out={"+447700900002"})
    sandbox, spending, stopped = account.found(reach.texts)
    assert "SMS sandbox" in sandbox[1]
    assert spending[0] is Level.WARNING
    assert "may cost $1 a month" in spending[1]
    assert "+447700900002 has said STOP" in stopped[1]
    assert "aws sns opt-in-phone-number --phone-number +447700900002" in stopped[2]


# whose methods don't work


def test_a_broken_method_is_a_warning_and_an_error_where_nothing_else_works(account: Account) -> None:
    deployed = account.patient.deployment.deps()
    assert account.found(reach.contact_methods) == []
    ada = deployed.directory.current().users["ada"]
    mail, *others = ada.contacts
    deployed.contacts.write(broken(unknown("ada", mail), "550 user unknown", EVENING))
    [(level, message, remedy)] = account.found(reach.contact_methods)
    assert (level, "550 user unknown" in message, "pages go to their other methods" in message) == (
        Level.WARNING,
        True,
        True,
    )
    assert "confirm it anew" in remedy
    for contact in others:
        deployed.contacts.write(broken(unknown("ada", contact), "opted out", EVENING))
    assert {level for level, _, _ in account.found(reach.contact_methods)} == {Level.ERROR}


def test_browsers_that_were_never_subscribed_or_are_gone_are_named(account: Account) -> None:
    """Ada's laptop was never subscribed, Grace's is gone, and Linus's is well."""
    laptops = {name: Contact(name="laptop", medium=Medium.PUSH, address="laptop") for name in ("ada", "grace", "linus")}
    people = {
        name: {"name": name, "email": f"{name}@a.example", "contacts": {"laptop": {"push": "laptop"}}}
        for name in laptops
    }
    tables = account.deployment.client("dynamodb")
    store = DynamoDbDirectory(tables, DIRECTORY, lambda: 0.0, Notebook())
    store.put_version({**SET_UP, "users": {**SET_UP["users"], **people}}, 1, "test", EVENING)
    contacts = DynamoDbContacts(tables, INCIDENTS)
    contacts.write(broken(unknown("grace", laptops["grace"]), "fcm says that it is subscribed no more", EVENING))
    contacts.write(replace(unknown("linus", laptops["linus"]), subscription={"endpoint": "https://x.example/"}))
    patient = account.patient
    assert patient.document
    account.refuses("ssm", "get_parameter", "ParameterNotFound")
    key, ada, grace = reach.push(patient)
    assert key == (Level.ERROR, f"the parameter {VAPID_KEY} is missing: nothing can be pushed", "tocsin apply DIR")
    assert "ada's laptop can't be pushed to: no browser was ever subscribed" in ada[1]
    assert "grace's laptop can't be pushed to: fcm says that it is subscribed no more" in grace[1]
    assert grace[2] == "tocsin push-link grace laptop, and give them the link"


def test_nobody_with_a_browser_is_nothing_to_look_at(account: Account) -> None:
    assert account.found(reach.push) == []


# alarms on Tocsin itself


def test_alarms_that_are_on_and_quiet_are_well(account: Account) -> None:
    account.says("cloudwatch", "describe_alarms", {"MetricAlarms": [_alarm()]}, AlarmNamePrefix="tocsin-")
    assert account.found(reach.alarms) == []


def test_no_alarm_one_that_rings_and_one_that_tells_nobody_are_named(account: Account) -> None:
    account.says("cloudwatch", "describe_alarms", {"MetricAlarms": []})
    [(_, message, remedy)] = account.found(reach.alarms)
    assert "no alarm watches Tocsin" in message
    assert remedy == "cdk deploy --all --revert-drift"
    rings = _alarm(StateValue="ALARM", StateReason="1 datapoint")
    mute = _alarm(AlarmName="tocsin-dead-letters", ActionsEnabled=False)
    account.says("cloudwatch", "describe_alarms", {"MetricAlarms": [rings, mute]})
    ringing, silent = account.found(reach.alarms)
    assert ringing == (Level.ERROR, "tocsin-errors: 1 datapoint", "Look into it.")
    assert "tocsin-dead-letters tells nobody" in silent[1]
    assert "enable-alarm-actions --alarm-names tocsin-dead-letters" in silent[2]


def _alarm(**told: Any) -> dict[str, Any]:
    alarm = {"AlarmName": "tocsin-errors", "StateValue": "OK", "StateReason": "", "ActionsEnabled": True}
    return {**alarm, "AlarmDescription": "Look into it.", **told}


def _topic(account: Account, *subscriptions: str) -> None:
    found = [{"SubscriptionArn": arn, "Endpoint": "ops@acme.example", "Protocol": "email"} for arn in subscriptions]
    account.says(
        "sns", "list_subscriptions_by_topic", {"Subscriptions": found}, TopicArn=account.facts["alarm_topic_arn"]
    )


def test_a_subscription_that_waits_to_be_confirmed_is_named(account: Account) -> None:
    _topic(account, "arn:aws:sns:eu-west-1:111122223333:tocsin-alarms:1")
    assert account.found(reach.alarm_topic) == []
    _topic(account, "PendingConfirmation")
    [(_, message, remedy)] = account.found(reach.alarm_topic)
    assert "ops@acme.example hasn't confirmed" in message
    assert "to confirm" in remedy


def test_a_topic_that_is_gone_is_named(account: Account) -> None:
    account.refuses("sns", "list_subscriptions_by_topic", "NotFound", 404)
    [(_, message, _)] = account.found(reach.alarm_topic)
    assert "the alarm topic is gone" in message


# what can be restored


@pytest.mark.parametrize("protected", [True, False])
def test_tables_without_a_way_back_are_named(account: Account, protected: bool) -> None:
    tables = account.deployment.client("dynamodb")
    for table in (INCIDENTS, DIRECTORY):
        tables.update_table(TableName=table, DeletionProtectionEnabled=protected)
        if protected:
            tables.update_continuous_backups(
                TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
    told = [message for _, message, _ in account.found(stores.recovery)]
    lost = [f"{t} {how}" for t in (INCIDENTS, DIRECTORY) for how in ("can't be restored", "may be deleted")]
    assert [message.startswith(start) for message, start in zip(told, lost, strict=not protected)] == (
        [] if protected else [True] * 4
    )


def test_a_table_and_a_bucket_that_are_gone_are_named(account: Account) -> None:
    account.deployment.client("dynamodb").delete_table(TableName=INCIDENTS)
    account.says("s3", "head_bucket", {})
    account.refuses("s3", "head_bucket", "404", 404)
    table, bucket = account.found(stores.storage)
    assert "the table incidents is gone" in table[1]
    assert "restore-table-to-point-in-time" in table[2]
    assert "tocsin-mail-111122223333-eu-west-1 is gone: answers by mail are lost" in bucket[1]


# the works


def test_a_function_that_is_gone_or_broken_and_bundles_that_differ_are_named(account: Account) -> None:
    for verb in works.VERBS:
        if verb == "reply":
            account.refuses("lambda", "get_function_configuration", "ResourceNotFoundException", 404)
            continue
        failed = {"State": "Failed", "StateReason": "its key is disabled"} if verb == "page" else {"State": "Inactive"}
        bundle = {"CodeSha256": "old" if verb == "sweep" else "new", **failed}
        account.says("lambda", "get_function_configuration", bundle, FunctionName=f"tocsin-{verb}")
        account.says("lambda", "get_function_concurrency", {}, FunctionName=f"tocsin-{verb}")
    told = [(level, message) for level, message, _ in account.found(works.functions)]
    assert told[0] == (Level.ERROR, "tocsin-page is Failed: its key is disabled")
    assert told[1] == (Level.ERROR, "the function tocsin-reply is gone: nothing does its part")
    assert told[2][0] is Level.WARNING
    assert "different bundles" in told[2][1]


def test_a_function_that_nothing_feeds_is_named(account: Account) -> None:
    account.says("lambda", "list_event_source_mappings", {"EventSourceMappings": []})
    for state in ("Enabled", "Disabled"):
        mapping = {"UUID": UUID, "State": state}
        account.says("lambda", "list_event_source_mappings", {"EventSourceMappings": [mapping]})
    triage, publish = account.found(works.polling)
    assert "nothing feeds tocsin-triage: what is in its queue stays there" in triage[1]
    assert "what feeds tocsin-publish is disabled: what is in the stream of incidents" in publish[1]
    assert f"--uuid {UUID} --enabled" in publish[2]


@pytest.mark.parametrize("status", ["DELETING", None])
def test_a_state_machine_that_is_gone_or_going_is_named(account: Account, status: str | None) -> None:
    if status is None:
        account.refuses("stepfunctions", "describe_state_machine", "StateMachineDoesNotExist")
    else:
        answer = {"stateMachineArn": "a", "name": "n", "definition": "{}", "roleArn": "r", "type": "STANDARD"}
        answer |= {"status": status, "creationDate": EVENING}
        account.says("stepfunctions", "describe_state_machine", answer)
    [(_, message, _)] = account.found(works.escalation)
    assert message == f"the state machine is {status or 'gone'}: paging goes on by sweep alone, up to two minutes late"


def _waiting(account: Account, number: int) -> None:
    told = {"ApproximateNumberOfMessages": str(number), "ApproximateNumberOfMessagesNotVisible": "1"}
    account.says("sqs", "get_queue_attributes", {"Attributes": told})


def test_a_backlog_and_a_queue_that_is_gone_are_named(account: Account) -> None:
    _waiting(account, 999)
    _waiting(account, 999)
    assert account.found(stores.backlog) == []
    _waiting(account, 1_000)
    account.refuses("sqs", "get_queue_attributes", "QueueDoesNotExist")
    events, pages = account.found(stores.backlog)
    assert events[1] == "1001 events wait in their queue: people are told late"
    assert pages[1] == "the queue of pages is gone: nobody is told"


# the door, which is asked over the net


class Door:
    """Answers each request with ``status`` and ``body``."""

    def __init__(self) -> None:
        self.status, self.body = 400, b'{"status": "invalid event", "errors": ["..."]}'
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(door.status)
                self.end_headers()
                self.wfile.write(door.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, b'{"status": "invalid event", "errors": ["..."]}', None),
        (202, b"{}", "answers 202"),
        (500, b'{"message": "Internal Server Error"}', "answers 500"),
        (400, b"Bad Request", "answers 400"),
        (503, b"", "answers 503"),
    ],
)
def test_the_door_refuses_what_is_no_event_in_its_own_words_or_is_at_fault(
    account: Account, door: Door, status: int, body: bytes, said: str | None
) -> None:
    account.facts["api_url"], door.status, door.body = door.url, status, body
    told = [message for _, message, _ in account.found(works.door)]
    assert [said in message for message in told if said] == ([True] if said else [])
    assert len(told) == (1 if said else 0)


def test_a_door_that_does_not_answer_is_named(account: Account) -> None:
    account.facts["api_url"] = "http://127.0.0.1:1"
    [(_, message, _)] = account.found(works.door)
    assert "http://127.0.0.1:1/v2/enqueue doesn't answer" in message


# how it tells


def test_one_look_that_fails_is_told_and_the_others_go_on(account: Account) -> None:
    """Nothing but the configuration and the tables may be read: each check says so by itself, and none is skipped."""
    account.facts["api_url"] = "http://127.0.0.1:1"
    for service, operation in [
        ("ssm", "get_parameter"),
        ("s3", "head_bucket"),
        ("lambda", "get_function_configuration"),
        ("lambda", "list_event_source_mappings"),
        ("events", "describe_rule"),
        ("stepfunctions", "describe_state_machine"),
        ("sqs", "get_queue_url"),
        ("sqs", "get_queue_attributes"),
        ("sns", "list_subscriptions_by_topic"),
        ("sns", "get_sms_sandbox_account_status"),
        ("cloudwatch", "describe_alarms"),
        ("sesv2", "get_account"),
        ("ses", "describe_active_receipt_rule_set"),
    ]:
        if service == "ssm":
            account.says("ssm", "get_parameter", {"Parameter": {"Value": json.dumps(account.facts)}}, Name=FACTS)
        account.refuses(service, operation, "AccessDenied", 403)
    found = [*doctor(account.deployment, EVENING)]
    assert list(dict.fromkeys(each.check for each in found)) == list(CHECKS)
    denied = [each for each in found if "AccessDenied" in each.message]
    assert len(denied) == 13
    assert all(each.level is Level.ERROR and "nobody knows" in each.message for each in denied)
    assert next(each for each in found if each.check == "configuration").level is Level.OK


def test_it_exits_1_and_says_each_fault_with_its_remedy(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.deployment.client("dynamodb").delete_table(TableName=DIRECTORY)
    account.says("ssm", "get_parameter", {"Parameter": {"Value": json.dumps(MADE)}})
    local = Deployment("local", account.deployment.client)  # what isn't in the script is a look that fails
    assert examine(local, EVENING, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert next(set(each) for each in told if each["check"] == "storage") == {"check", "level", "message", "remedy"}
    gone = next(each for each in told if "the table directory is gone" in each["message"])
    assert (gone["level"], "tocsin up" in gone["remedy"]) == ("error", True)
    assert {each["check"] for each in told if each["message"].startswith("not on this machine")} == set(NOT_HERE)


def test_without_a_deployment_it_says_how_to_get_one(account: Account) -> None:
    account.refuses("ssm", "get_parameter", "ParameterNotFound")
    with pytest.raises(Failed, match=r"there is no deployment in production:eu-west-1: .* Run `cdk deploy --all`"):
        [*doctor(account.deployment, EVENING)]


def test_without_credentials_it_says_how_to_sign_in(account: Account) -> None:
    account.refuses("ssm", "get_parameter", "ExpiredTokenException")
    with pytest.raises(Failed, match=r"can't be read: .*ExpiredToken.* Sign in"):
        [*doctor(account.deployment, EVENING)]

    def nobody(service: str, config: Any = None) -> Any:
        client = Account._make(service)
        client.meta.events.register("before-sign", _nobody)
        return client

    with pytest.raises(Failed, match=r"Unable to locate credentials\. Sign in"):
        [*doctor(Deployment("production", nobody), EVENING)]


def _nobody(**_: Any) -> None:
    raise NoCredentialsError


def test_an_unknown_profile_is_1_with_a_remedy() -> None:
    said = tocsin("doctor", "--deployment", "nobody-s:eu-west-1")
    assert said.code == 1
    assert "Write `local`, or PROFILE:REGION" in said.err
