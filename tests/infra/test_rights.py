"""Each function may do what ``calls`` says, and nothing else; nothing may do everything."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra import calls, names
from infra.calls import CALLS, LAMBDAS_OWN
from shared.store.dynamodb_counts import RATE
from shared.store.dynamodb_items import HEART
from tests.infra.conftest import KEY, Synthesis, only, text

Statement = dict[str, Any]

# The only wildcards inside a resource, and where they stand.
ENDS = ("phone-number/*", "parameter/tocsin/*", ":log-stream:*", "/inbound/*", "/raw/*", "/stream/*")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def role_statements(synthesis: Synthesis) -> Iterator[tuple[str, Statement]]:
    for name, role in synthesis.resources("AWS::IAM::Role").items():
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def allowed(synthesis: Synthesis, verb: str) -> dict[str, set[str]]:
    """Action → resources, of one function's role."""
    rights: dict[str, set[str]] = {}
    for name, statement in role_statements(synthesis):
        if name.startswith(f"{verb.title()}Role") and statement["Effect"] == "Allow":
            for action in as_list(statement["Action"]):
                resources = {text(resource) for resource in as_list(statement.get("Resource", []))}
                rights[action] = rights.get(action, set()) | resources
    return rights


def test_rights_are_nowhere_but_in_the_roles(aws: Synthesis) -> None:
    kinds = {resource["Type"] for _, resource in aws.everything() if resource["Type"].startswith("AWS::IAM::")}
    assert kinds == {"AWS::IAM::Role"}
    assert [role for role in aws.properties("AWS::IAM::Role") if "ManagedPolicyArns" in role] == []


def test_no_statement_is_about_everything(aws: Synthesis) -> None:
    assert [s for _, s in role_statements(aws) if "*" in as_list(s.get("Resource", []))] == []


def test_texts_go_to_whatever_is_no_topic_for_a_phone_number_has_no_arn(aws: Synthesis) -> None:
    found = [(name, s) for name, s in role_statements(aws) if "Resource" not in s]
    assert sorted(name[:8] for name, _ in found) == ["PageRole", "ReplyRol", "TrackRol"]
    for _, statement in found:
        assert (statement["Effect"], statement["Action"]) == ("Allow", "sns:Publish")
        assert text(statement["NotResource"]) == "arn:<AWS::Partition>:sns:*:*:*"


def test_with_a_number_of_one_s_own_texts_go_out_from_it_and_not_by_sns(trial: Synthesis) -> None:
    for verb in ("page", "reply", "track"):
        assert all("phone-number/*" in resource for resource in allowed(trial, verb)["sms-voice:SendTextMessage"])
        assert all("tocsin-alarms" in resource for resource in allowed(trial, verb).get("sns:Publish", ()))


def test_a_wildcard_inside_a_resource_is_one_of_those_that_are_explained(aws: Synthesis) -> None:
    resources = {
        text(resource)
        for _, statement in role_statements(aws)
        if statement["Effect"] == "Allow"
        for resource in as_list(statement.get("Resource", []))
    }
    assert [resource for resource in resources if "*" in resource and not resource.endswith(ENDS)] == []


def test_no_action_is_a_wildcard(aws: Synthesis) -> None:
    actions = {action for _, statement in role_statements(aws) for action in as_list(statement["Action"])}
    assert [action for action in actions if "*" in action] == []


def test_no_function_may_delete_or_change_what_the_stacks_made(aws: Synthesis) -> None:
    actions = {action for _, statement in role_statements(aws) for action in as_list(statement["Action"])}
    made_for_change = ("Delete", "Create", "Update", "Put", "Set", "Tag", "Attach")
    changes = {action for action in actions if action.split(":")[1].startswith(made_for_change)}
    assert changes <= {
        "sqs:DeleteMessage",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "s3:PutObject",
        "events:PutEvents",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }


@pytest.mark.parametrize("verb", names.VERBS)
def test_a_role_has_what_the_table_says(aws: Synthesis, verb: str) -> None:
    asked = {action for call in calls.made_by(verb) for action in call.actions}
    assert set(allowed(aws, verb)) == asked


def test_the_table_is_of_the_functions_that_there_are() -> None:
    assert set(CALLS) == set(LAMBDAS_OWN) == set(names.VERBS)


@pytest.mark.parametrize(
    ("action", "verbs"),
    [
        ("ses:SendEmail", {"page", "reply", "track"}),
        ("states:StartExecution", {"triage", "reply", "sweep"}),
        ("ssm:GetParameter", {"page", "reply", "announce"}),
        ("events:PutEvents", {"publish", "sweep"}),
        ("s3:PutObject", {"ingest"}),
        ("dynamodb:GetRecords", {"publish"}),
        ("kms:Decrypt", set()),
    ],
)
def test_who_may(aws: Synthesis, action: str, verbs: set[str]) -> None:
    assert {verb for verb in names.VERBS if action in allowed(aws, verb)} == verbs


def test_the_door_reads_who_may_send_and_writes_no_incident(aws: Synthesis) -> None:
    """All that it writes in the tables is how much each routing key has sent, and that a job is well."""
    table = "arn:<AWS::Partition>:dynamodb:eu-west-1:111122223333:table/tocsin"
    statements = [s for name, s in role_statements(aws) if name.startswith("IngestRole") and "dynamodb" in str(s)]
    reads, counts, beats = statements
    assert (text(reads["Resource"]), reads["Action"]) == (f"{table}-directory", ["dynamodb:GetItem", "dynamodb:Query"])
    assert (text(counts["Resource"]), counts["Action"]) == (f"{table}-incidents", "dynamodb:UpdateItem")
    assert counts["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{RATE}*"]}}
    assert text(beats["Resource"]) == f"{table}-incidents"
    assert beats["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem"]
    assert beats["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{HEART}*"]}}


def test_a_function_writes_its_own_log_only(aws: Synthesis) -> None:
    for verb in names.VERBS:
        log = only([*allowed(aws, verb)["logs:PutLogEvents"]])
        assert f":log-group:/aws/lambda/tocsin-{verb}:log-stream:*" in log


def test_others_are_let_in_by_name_only(aws: Synthesis) -> None:
    """Who may call functions, send to queues, write into buckets: a service, for one thing of this account."""
    for permission in aws.properties("AWS::Lambda::Permission"):
        assert permission["Principal"].removesuffix(".amazonaws.com") in {"events", "apigateway", "ses", "sns"}
        assert "SourceArn" in permission
    for kind in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"):
        for policy in aws.properties(kind):
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Deny" or "aws:SourceArn" in str(statement["Condition"])


def test_a_customer_key_may_be_used_by_every_function_and_only_that_key(trial: Synthesis) -> None:
    for verb in names.VERBS:
        rights = allowed(trial, verb)
        assert rights["kms:Decrypt"] == rights["kms:GenerateDataKey"] == {KEY}
