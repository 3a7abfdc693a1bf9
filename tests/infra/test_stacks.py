"""What the stacks promise: nothing in the clear, nothing lost, nothing delivered into the void, nobody left unaware."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import names
from infra.patterns import DELIVERY, PATTERNS
from tests.infra.conftest import KEY, ROOT, Synthesis, only, text

DAY = 86_400
ANNOUNCED = {"source": ["tocsin"], "detail-type": ["entries.written", "webhook.due"]}
EVENT_RULES = names.ingest_rules(names.RULES_OF, 0)


def by_name(synthesis: Synthesis, kind: str, name: str, wanted: str) -> dict[str, Any]:
    return only([found for found in synthesis.properties(kind) if found.get(name) == wanted])


def queue(synthesis: Synthesis, logical: str) -> dict[str, Any]:
    return only([r["Properties"] for n, r in synthesis.resources("AWS::SQS::Queue").items() if n[:-8] == logical])


def index(synthesis: Synthesis, name: str) -> dict[str, Any]:
    table = by_name(synthesis, "AWS::DynamoDB::Table", "TableName", "tocsin-incidents")
    return only([found for found in table["GlobalSecondaryIndexes"] if found["IndexName"] == name])


# What survives


def test_tables_are_on_demand_can_be_restored_and_forget_by_ttl(aws: Synthesis) -> None:
    for table in aws.properties("AWS::DynamoDB::Table"):
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]


def test_tables_and_buckets_outlive_their_stack(aws: Synthesis) -> None:
    kept = {**aws.resources("AWS::DynamoDB::Table"), **aws.resources("AWS::S3::Bucket")}
    assert {resource["DeletionPolicy"] for resource in kept.values()} == {"Retain"}
    assert {table["DeletionProtectionEnabled"] for table in aws.properties("AWS::DynamoDB::Table")} == {True}
    assert json.loads((aws.folder / "manifest.json").read_text())["artifacts"]["tocsin-state"]["properties"][
        "terminationProtection"
    ]


def test_a_trial_leaves_nothing_behind(trial: Synthesis) -> None:
    kept = {**trial.resources("AWS::DynamoDB::Table"), **trial.resources("AWS::S3::Bucket")}
    assert {resource["DeletionPolicy"] for resource in kept.values()} == {"Delete"}
    assert {table["DeletionProtectionEnabled"] for table in trial.properties("AWS::DynamoDB::Table")} == {False}


def test_only_incidents_have_a_stream_and_it_carries_the_new_item(aws: Synthesis) -> None:
    streams = {table["TableName"]: table.get("StreamSpecification") for table in aws.properties("AWS::DynamoDB::Table")}
    assert streams == {"tocsin-incidents": {"StreamViewType": "NEW_IMAGE"}, "tocsin-directory": None}


@pytest.mark.parametrize(
    ("name", "partition", "sort"),
    [("due", "due_shard", "due_at"), ("open", "open", "pk"), ("service", "service_id", "at")],
)
def test_an_index_is_narrow(aws: Synthesis, name: str, partition: str, sort: str) -> None:
    found = index(aws, name)
    assert [key["AttributeName"] for key in found["KeySchema"]] == [partition, sort]
    assert found["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_the_documentation_names_every_index_with_its_keys(aws: Synthesis) -> None:
    told = (ROOT / "docs" / "tables.md").read_text()
    rows = set(re.findall(r"^\| `(\w+)` \| `(\w+)`[^|]* \| `(\w+)` \|", told, re.MULTILINE))
    table = by_name(aws, "AWS::DynamoDB::Table", "TableName", "tocsin-incidents")
    assert rows == {
        (found["IndexName"], *(key["AttributeName"] for key in found["KeySchema"]))
        for found in table["GlobalSecondaryIndexes"]
    }


def test_no_table_has_an_index_that_nobody_asked_for(aws: Synthesis) -> None:
    counts = {
        table["TableName"]: len(table.get("GlobalSecondaryIndexes", []))
        for table in aws.properties("AWS::DynamoDB::Table")
    }
    assert counts == {"tocsin-incidents": 3, "tocsin-directory": 0}


def test_buckets_are_private_encrypted_and_forget(aws: Synthesis) -> None:
    assert len(aws.properties("AWS::S3::Bucket")) == 2
    for bucket in aws.properties("AWS::S3::Bucket"):
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        rule = only(bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"])
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        assert only(bucket["LifecycleConfiguration"]["Rules"])["ExpirationInDays"] in {30, 365}


def test_plain_http_is_refused_by_buckets_queues_and_the_topic(aws: Synthesis) -> None:
    for kind, guarded in (
        ("AWS::S3::BucketPolicy", "AWS::S3::Bucket"),
        ("AWS::SQS::QueuePolicy", "AWS::SQS::Queue"),
        ("AWS::SNS::TopicPolicy", "AWS::SNS::Topic"),
    ):
        refusing = [policy for policy in aws.properties(kind) if "'aws:SecureTransport': 'false'" in str(policy)]
        assert len(refusing) == len(aws.properties(guarded))


def test_aws_own_keys_encrypt_unless_a_customer_brings_one(aws: Synthesis, trial: Synthesis) -> None:
    assert KEY not in str([*aws.everything()])
    assert aws.properties("AWS::KMS::Key") == trial.properties("AWS::KMS::Key") == []
    for kind in (
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::SNS::Topic",
        "AWS::Logs::LogGroup",
    ):
        assert [found for found in trial.properties(kind) if KEY not in str(found)] == []


# Queues


def test_queues_are_encrypted_and_keep_for_two_weeks(aws: Synthesis) -> None:
    assert len(aws.properties("AWS::SQS::Queue")) == 5
    for found in aws.properties("AWS::SQS::Queue"):
        assert found["SqsManagedSseEnabled"] is True
        assert found["MessageRetentionPeriod"] == 14 * DAY


def test_the_events_queue_keeps_order_by_key_and_nearly_never_gives_up(aws: Synthesis) -> None:
    events = queue(aws, "Events")
    assert (events["FifoQueue"], events["ContentBasedDeduplication"]) == (True, False)
    assert events["RedrivePolicy"]["maxReceiveCount"] == 1000
    assert text(events["RedrivePolicy"]["deadLetterTargetArn"]).startswith("<DeadEvents")
    assert queue(aws, "DeadEvents")["FifoQueue"] is True


def test_the_events_queue_is_named_by_cloudformation_for_its_name_is_its_generation(aws: Synthesis) -> None:
    assert "QueueName" not in queue(aws, "Events")


@pytest.mark.parametrize(("logical", "verb"), [("Events", "triage"), ("Pages", "page")])
def test_a_message_is_hidden_six_times_as_long_as_its_function_may_take(
    aws: Synthesis, logical: str, verb: str
) -> None:
    assert queue(aws, logical)["VisibilityTimeout"] == 6 * aws.function(verb)["Timeout"]


@pytest.mark.parametrize(("verb", "logical"), [("Triage", "Events"), ("Page", "Pages")])
def test_a_failed_message_is_named_and_the_others_of_its_batch_are_done(
    aws: Synthesis, verb: str, logical: str
) -> None:
    mapping = mapping_of(aws, verb)
    assert text(mapping["EventSourceArn"]).startswith(f"<{logical}")
    assert mapping["BatchSize"] == 10
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def mapping_of(synthesis: Synthesis, verb: str) -> dict[str, Any]:
    mappings = synthesis.properties("AWS::Lambda::EventSourceMapping")
    return only([mapping for mapping in mappings if mapping["FunctionName"]["Ref"].startswith(verb)])


# Functions


@pytest.mark.parametrize("verb", names.VERBS)
def test_a_function_is_small_modern_and_logs_for_a_while(aws: Synthesis, verb: str) -> None:
    function = aws.function(verb)
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Handler"] == f"functions.{verb}.handler.handler"
    assert function["Timeout"] <= 60
    log = function["LoggingConfig"]
    assert (log["LogFormat"], log["SystemLogLevel"]) == ("JSON", "WARN")
    group = aws.resources("AWS::Logs::LogGroup")[log["LogGroup"]["Ref"]]["Properties"]
    assert (group["LogGroupName"], group["RetentionInDays"]) == (f"/aws/lambda/tocsin-{verb}", 30)


def test_all_functions_run_one_bundle_and_no_layers(aws: Synthesis) -> None:
    functions = aws.properties("AWS::Lambda::Function")
    assert len(functions) == len(names.VERBS)
    assert len({function["Code"]["S3Key"] for function in functions}) == 1
    assert [function for function in functions if "Layers" in function] == []


@pytest.mark.parametrize("verb", names.VERBS)
def test_a_function_reads_of_the_environment_what_is_ours_only(aws: Synthesis, verb: str) -> None:
    variables = aws.function(verb)["Environment"]["Variables"]
    assert [name for name in variables if not name.startswith("TOCSIN_")] == []
    assert "TOCSIN_LOG_LEVEL" in variables


def rule_targets(synthesis: Synthesis) -> Iterator[dict[str, Any]]:
    for rule in synthesis.properties("AWS::Events::Rule"):
        yield from rule["Targets"]


def called_asynchronously(synthesis: Synthesis) -> set[str]:
    verbs = {verb for target in rule_targets(synthesis) for verb in names.VERBS if is_function(target["Arn"], verb)}
    for rule in synthesis.properties("AWS::SES::ReceiptRule"):
        for action in rule["Rule"]["Actions"]:
            if action.get("LambdaAction", {}).get("InvocationType") == "Event":
                verbs |= {verb for verb in names.VERBS if is_function(action["LambdaAction"]["FunctionArn"], verb)}
    return verbs


def is_function(arn: Any, verb: str) -> bool:
    return text(arn).endswith(f":function:tocsin-{verb}") or text(arn).startswith(f"<{verb.title()}")


def test_every_function_that_is_called_asynchronously_has_a_place_for_what_it_fails_at(aws: Synthesis) -> None:
    configured = {
        verb
        for config in aws.properties("AWS::Lambda::EventInvokeConfig")
        for verb in names.VERBS
        if config["FunctionName"]["Ref"].startswith(verb.title())
        and text(config["DestinationConfig"]["OnFailure"]["Destination"]).startswith("<DeadLetters")
    }
    assert called_asynchronously(aws) == configured == {"announce", "ingest", "reply", "sweep", "track"}


def test_every_rule_has_a_place_for_what_it_cannot_deliver(aws: Synthesis) -> None:
    places = [text(target["DeadLetterConfig"]["Arn"]) for target in rule_targets(aws)]
    assert len(places) == len([*EVENT_RULES, names.DELIVERY_RULE, names.SWEEP_RULE, names.ANNOUNCE_RULE])
    assert all(place.startswith("<DeadLetters") or place.endswith(":tocsin-dead-letters") for place in places)


def test_the_dead_letter_queue_takes_from_our_rules_and_from_no_others(aws: Synthesis) -> None:
    statements = [
        statement
        for policy in aws.properties("AWS::SQS::QueuePolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    doors, sweep, texts, announce = (statement["Condition"]["ArnEquals"]["aws:SourceArn"] for statement in statements)
    assert aws.resources("AWS::SNS::Topic")[texts["Ref"]]["Properties"]["TopicName"] == names.TEXTS_TOPIC
    assert [text(arn).rpartition("/")[2] for arn in doors] == [*EVENT_RULES, names.DELIVERY_RULE]
    assert aws.resources("AWS::Events::Rule")[sweep["Fn::GetAtt"][0]]["Properties"]["Name"] == names.SWEEP_RULE
    assert aws.resources("AWS::Events::Rule")[announce["Fn::GetAtt"][0]]["Properties"]["Name"] == names.ANNOUNCE_RULE


def test_the_stream_gives_publish_new_log_entries_only_and_what_fails_goes_aside(aws: Synthesis) -> None:
    mapping = mapping_of(aws, "Publish")
    pattern = json.loads(only(mapping["FilterCriteria"]["Filters"])["Pattern"])
    assert pattern == {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "LOG#"}]}}}}
    assert mapping["BisectBatchOnFunctionError"] is True
    assert 0 < mapping["MaximumRetryAttempts"] <= 10
    assert text(mapping["DestinationConfig"]["OnFailure"]["Destination"]).startswith("<DeadLetters")
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_sweep_comes_each_minute(aws: Synthesis) -> None:
    assert by_name(aws, "AWS::Events::Rule", "Name", names.SWEEP_RULE)["ScheduleExpression"] == "rate(1 minute)"
    assert aws.function("sweep")["Timeout"] < 60


def test_there_is_a_bus_of_our_own_and_announce_hears_what_is_meant_for_it_alone(aws: Synthesis) -> None:
    assert only(aws.properties("AWS::Events::EventBus"))["Name"] == "tocsin"
    rule = by_name(aws, "AWS::Events::Rule", "Name", names.ANNOUNCE_RULE)
    assert text(rule["EventBusName"]).startswith("<Bus")
    assert rule["EventPattern"] == ANNOUNCED
    assert is_function(only(rule["Targets"])["Arn"], "announce")


def test_a_webhook_is_never_an_address_inside_on_aws(aws: Synthesis, local: Synthesis) -> None:
    assert aws.function("announce")["Environment"]["Variables"]["TOCSIN_OWN_NETWORKS"] == ""
    assert local.function("announce")["Environment"]["Variables"]["TOCSIN_OWN_NETWORKS"] == "127.0.0.0/8"


# Doors


def test_the_api_has_the_routes_of_senders_and_of_people_and_ingest_answers_whatever_else_comes(aws: Synthesis) -> None:
    routes = aws.properties("AWS::ApiGatewayV2::Route")
    assert {route["RouteKey"] for route in routes} == {
        "POST /v2/enqueue",
        "POST /v2/change/enqueue",
        "GET /heartbeats/{key}",
        "POST /heartbeats/{key}",
        "POST /integrations/{source}/{key}",
        "POST /slack/{what}",
        "$default",
        *(f"{method} /answer/{{token}}" for method in ("GET", "HEAD", "POST")),
        *(f"{method} /open/{{token}}" for method in ("GET", "HEAD")),
        *(f"{method} /push/{{token}}" for method in ("GET", "HEAD", "POST")),
    }
    integrations = aws.properties("AWS::ApiGatewayV2::Integration")
    assert sorted(text(each["IntegrationUri"]).rpartition(":")[2] for each in integrations) == [
        "tocsin-ingest",
        "tocsin-reply",
    ]
    assert {each["PayloadFormatVersion"] for each in integrations} == {"2.0"}
    targets = {route["RouteKey"]: text(route["Target"]) for route in routes}
    peoples = {key for key in targets if "{token}" in key or "/slack/" in key}
    for_people = {targets[key] for key in peoples}
    assert len(for_people) == 1
    assert for_people.isdisjoint(target for key, target in targets.items() if key not in peoples)


def test_alarms_come_in_but_for_target_trackings_and_our_own(aws: Synthesis) -> None:
    pattern = by_name(aws, "AWS::Events::Rule", "Name", names.ALARMS_RULE)["EventPattern"]
    assert pattern["source"] == ["aws.cloudwatch"]
    assert pattern["detail-type"] == ["CloudWatch Alarm State Change"]
    left_out = only(pattern["detail"]["alarmName"])["anything-but"]["prefix"]
    assert left_out == ["TargetTracking-", "tocsin-"]
    assert [a for a in aws.properties("AWS::CloudWatch::Alarm") if not a["AlarmName"].startswith("tocsin-")] == []


def test_thermostats_come_in_where_an_integration_names_them_and_our_own_never(trial: Synthesis) -> None:
    pattern = by_name(trial, "AWS::Events::Rule", "Name", names.ALARMS_RULE)["EventPattern"]
    assert only(pattern["detail"]["alarmName"])["anything-but"]["prefix"] == ["tocsin-"]


def test_findings_come_in_and_so_does_their_archiving(aws: Synthesis) -> None:
    finding = by_name(aws, "AWS::Events::Rule", "Name", names.FINDINGS_RULE)["EventPattern"]
    assert (finding["source"], finding["detail-type"]) == (["aws.guardduty"], ["GuardDuty Finding"])
    archived = by_name(aws, "AWS::Events::Rule", "Name", names.ARCHIVED_RULE)["EventPattern"]
    assert archived["detail-type"] == ["AWS API Call via CloudTrail"]
    assert archived["detail"]["eventName"] == ["ArchiveFindings"]


def test_each_source_of_aws_has_its_rule_and_what_settings_choose_another(aws: Synthesis, trial: Synthesis) -> None:
    ours = {
        rule["Name"]: rule["EventPattern"] for rule in aws.properties("AWS::Events::Rule") if "EventPattern" in rule
    }
    assert ours == {**PATTERNS, names.DELIVERY_RULE: DELIVERY, names.ANNOUNCE_RULE: ANNOUNCED}
    heard = [rule for rule in trial.properties("AWS::Events::Rule") if "EventPattern" in rule]
    theirs = [rule for rule in heard if rule["Name"] not in (names.DELIVERY_RULE, names.ANNOUNCE_RULE)]
    assert [rule["Name"] for rule in theirs] == ["tocsin-cloudwatch-alarms", "tocsin-health", "tocsin-chosen-1"]
    assert theirs[-1]["EventPattern"] == {"source": ["aws.glue"]}


def test_other_accounts_forward_their_events_only_where_settings_name_them(aws: Synthesis, trial: Synthesis) -> None:
    assert aws.properties("AWS::Events::EventBusPolicy") == []
    account, organization = trial.properties("AWS::Events::EventBusPolicy")
    for policy in (account, organization):
        assert policy["EventBusName"] == "default"
        assert policy["Statement"]["Action"] == "events:PutEvents"
        assert text(policy["Statement"]["Resource"]).endswith(":eu-west-1:111122223333:event-bus/default")
    assert text(account["Statement"]["Principal"]["AWS"]).endswith(":iam::444455556666:root")
    assert organization["Statement"]["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def test_of_waf_s_logs_only_what_it_blocked_is_heard(aws: Synthesis, trial: Synthesis) -> None:
    assert aws.properties("AWS::Logs::SubscriptionFilter") == []
    subscription = by_name(trial, "AWS::Logs::SubscriptionFilter", "LogGroupName", "aws-waf-logs-shop")
    assert subscription["FilterPattern"] == '{ $.action = "BLOCK" }'
    assert is_function(subscription["DestinationArn"], "ingest")
    callers = [
        each for each in trial.properties("AWS::Lambda::Permission") if each["Principal"] == "logs.amazonaws.com"
    ]
    [caller] = [each for each in callers if is_function(each["FunctionName"], "ingest")]
    assert text(caller["SourceArn"]).endswith(":log-group:aws-waf-logs-shop:*")


def test_ses_says_by_the_default_bus_what_becomes_of_our_mail_and_track_hears_it(aws: Synthesis) -> None:
    assert only(aws.properties("AWS::SES::ConfigurationSet"))["Name"] == "tocsin"
    reports = only(aws.properties("AWS::SES::ConfigurationSetEventDestination"))
    told = reports["EventDestination"]
    assert (reports["ConfigurationSetName"], told["Enabled"]) == ("tocsin", True)
    assert {"bounce", "complaint", "delivery", "deliveryDelay", "reject"} < set(told["MatchingEventTypes"])
    assert text(told["EventBridgeDestination"]["EventBusArn"]).endswith(":event-bus/default")
    for verb in ("page", "reply", "track"):
        assert aws.function(verb)["Environment"]["Variables"]["TOCSIN_MAIL_CONFIGURATION_SET"] == "tocsin"
    rule = by_name(aws, "AWS::Events::Rule", "Name", names.DELIVERY_RULE)
    assert is_function(only(rule["Targets"])["Arn"], "track")
    assert rule["EventPattern"]["source"] == ["aws.ses"]


def test_what_becomes_of_texts_is_heard_where_the_settings_say_that_it_is_logged(trial: Synthesis) -> None:
    groups = {
        text(each["LogGroupName"])
        for each in trial.properties("AWS::Logs::SubscriptionFilter")
        if is_function(each["DestinationArn"], "track")
    }
    sns = "sns/eu-west-1/111122223333/DirectPublishToPhoneNumber"
    assert groups == {sns, f"{sns}/Failure"}


def test_mail_is_scanned_kept_and_given_to_reply(aws: Synthesis) -> None:
    receipt = only(aws.properties("AWS::SES::ReceiptRule"))
    rule = receipt["Rule"]
    assert (rule["Enabled"], rule["ScanEnabled"], rule["TlsPolicy"]) == (True, True, "Optional")
    assert rule["Recipients"] == ["in.acme.example"]
    keep, call = rule["Actions"]
    assert keep["S3Action"]["ObjectKeyPrefix"] == "inbound/"
    assert is_function(call["LambdaAction"]["FunctionArn"], "reply")


def test_a_rule_set_is_made_only_where_none_is_named(aws: Synthesis, trial: Synthesis) -> None:
    assert only(aws.properties("AWS::SES::ReceiptRuleSet")) == {"RuleSetName": "tocsin"}
    assert trial.properties("AWS::SES::ReceiptRuleSet") == []
    assert only(trial.properties("AWS::SES::ReceiptRule"))["RuleSetName"] == "inbound-mail"


def test_an_identity_is_made_only_where_none_is_there(aws: Synthesis, trial: Synthesis) -> None:
    assert only(aws.properties("AWS::SES::EmailIdentity"))["EmailIdentity"] == "acme.example"
    assert trial.properties("AWS::SES::EmailIdentity") == []


def test_the_command_finds_everything_in_one_parameter(aws: Synthesis) -> None:
    parameter = by_name(aws, "AWS::SSM::Parameter", "Name", names.DEPLOYMENT)
    told = json.loads(text(parameter["Value"]))
    assert set(told) == {
        "account", "region", "api_url", "incidents_table", "directory_table", "raw_bucket", "mail_bucket",
        "events_queue_url", "pages_queue_url", "state_machine_arn", "event_bus", "ingest_rules", "reply_function",
        "alarm_topic_arn", "mail_from", "mail_domain", "texts_topic_arn", "texts_from", "texts_answered",
    }  # fmt: skip


# Texts


def test_texts_to_our_number_come_by_a_topic_that_only_aws_s_texting_publishes_to(aws: Synthesis) -> None:
    topics = aws.resources("AWS::SNS::Topic")
    (texts,) = [name for name, topic in topics.items() if topic["Properties"]["TopicName"] == names.TEXTS_TOPIC]
    (policy,) = [p for p in aws.properties("AWS::SNS::TopicPolicy") if p["Topics"] == [{"Ref": texts}]]
    (allowed,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "sms-voice.amazonaws.com"}
    assert text(allowed["Condition"]["StringEquals"]["aws:SourceAccount"]) == "111122223333"
    (subscription,) = [s for s in aws.properties("AWS::SNS::Subscription") if s["TopicArn"] == {"Ref": texts}]
    assert (subscription["Protocol"], is_function(subscription["Endpoint"], "reply")) == ("lambda", True)
    assert "tocsin-dead-letters" in str(subscription["RedrivePolicy"]) or "DeadLetters" in str(
        subscription["RedrivePolicy"]
    )


def test_texts_go_out_from_the_number_of_the_settings_or_by_sns(aws: Synthesis, trial: Synthesis) -> None:
    for verb in ("page", "reply"):
        one_way, two_way = (found.function(verb)["Environment"]["Variables"] for found in (aws, trial))
        assert (one_way["TOCSIN_TEXTS_FROM"], one_way["TOCSIN_TEXTS_ANSWERED"]) == ("", "no")
        assert (two_way["TOCSIN_TEXTS_FROM"], two_way["TOCSIN_TEXTS_ANSWERED"]) == ("+12125550101", "yes")


# Watch


def dead_letter_queues(synthesis: Synthesis) -> set[str]:
    """Names of all queues where something ends."""
    ends = [
        found["RedrivePolicy"]["deadLetterTargetArn"]
        for found in synthesis.properties("AWS::SQS::Queue")
        if "RedrivePolicy" in found
    ]
    ends += [target["DeadLetterConfig"]["Arn"] for target in rule_targets(synthesis)]
    for kind in ("AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping"):
        ends += [
            p["DestinationConfig"]["OnFailure"]["Destination"]
            for p in synthesis.properties(kind)
            if "DestinationConfig" in p
        ]
    queues = synthesis.resources("AWS::SQS::Queue")
    return {
        queues[end["Fn::GetAtt"][0]]["Properties"]["QueueName"] if "Fn::GetAtt" in end else text(end).rpartition(":")[2]
        for end in ends
    }


def looked_at(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of an alarm: one, or those of its expression."""
    if "Metrics" not in alarm:
        return [{"MetricName": alarm["MetricName"], "Dimensions": alarm.get("Dimensions", [])}]
    return [metric["MetricStat"]["Metric"] for metric in alarm["Metrics"] if "MetricStat" in metric]


def alarm_named(synthesis: Synthesis, name: str) -> dict[str, Any]:
    return by_name(synthesis, "AWS::CloudWatch::Alarm", "AlarmName", f"tocsin-{name}")


def test_every_dead_letter_queue_is_watched(aws: Synthesis) -> None:
    watched = {text(only(metric["Dimensions"])["Value"]) for metric in looked_at(alarm_named(aws, "dead-letters"))}
    assert watched == dead_letter_queues(aws) == {names.DEAD_EVENTS, names.DEAD_PAGES, names.DEAD_LETTERS}


def test_there_are_at_most_ten_alarms_over_thirteen_metrics(aws: Synthesis) -> None:
    alarms = aws.properties("AWS::CloudWatch::Alarm")
    assert len(alarms) <= 10
    assert sum(len(looked_at(alarm)) for alarm in alarms) <= 13  # $0.10 each, of an idle month's $2


def test_every_alarm_reaches_the_fallback_contact(aws: Synthesis) -> None:
    topics = aws.resources("AWS::SNS::Topic").items()
    topic = only([name for name, made in topics if made["Properties"]["TopicName"] == names.ALARM_TOPIC])
    assert {text(only(alarm["AlarmActions"])) for alarm in aws.properties("AWS::CloudWatch::Alarm")} == {f"<{topic}>"}
    subscriptions = [s for s in aws.properties("AWS::SNS::Subscription") if s["TopicArn"] == {"Ref": topic}]
    subscribed = {(s["Protocol"], s["Endpoint"]) for s in subscriptions}
    assert subscribed == {("email", "ops@acme.example"), ("sms", "+4915112345678")}


def test_silence_of_sweep_is_a_finding_and_silence_elsewhere_is_peace(aws: Synthesis) -> None:
    missing = {alarm["AlarmName"]: alarm["TreatMissingData"] for alarm in aws.properties("AWS::CloudWatch::Alarm")}
    assert missing.pop("tocsin-sweep-silent") == "breaching"
    assert set(missing.values()) == {"notBreaching"}
    silent = alarm_named(aws, "sweep-silent")
    assert (silent["Threshold"], silent["ComparisonOperator"]) == (1, "LessThanThreshold")


def test_quarantine_is_watched_by_the_metric_that_triage_counts(aws: Synthesis) -> None:
    alarm = alarm_named(aws, "quarantined")
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == ("Tocsin", "Quarantined", 0)


def test_nothing_waits_long_unnoticed(aws: Synthesis) -> None:
    waiting = [metric["MetricName"] for metric in looked_at(alarm_named(aws, "oldest-message"))]
    assert waiting == ["ApproximateAgeOfOldestMessage"] * 2
    assert alarm_named(aws, "oldest-message")["Threshold"] == 300


# The templates as such


@pytest.mark.parametrize("target", ["aws", "local", "trial"])
def test_cfn_lint_finds_nothing(target: str, request: pytest.FixtureRequest) -> None:
    synthesis: Synthesis = request.getfixturevalue(target)
    # W3005: CDK repeats a dependency that the reference implies.
    command = [
        Path(sys.executable).with_name("cfn-lint"),
        "--regions",
        "eu-west-1",
        "--ignore-checks",
        "W3005",
        "--template",
    ]
    done = subprocess.run([*command, *synthesis.paths()], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_no_template_holds_a_secret_or_calls_home(aws: Synthesis) -> None:
    kinds = {resource["Type"] for _, resource in aws.everything()}
    assert kinds.isdisjoint({"AWS::SecretsManager::Secret", "AWS::CDK::Metadata", "AWS::EC2::NatGateway"})
