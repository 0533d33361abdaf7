"""The deployed stack: made with the commands of the documentation, made again, its code replaced, looked at."""

import json
import math
import re
import shlex
import shutil
import zipfile

import pytest

from deployment import ACCOUNT, BUCKET, PACKAGE, REGION, SEVERITIES, STACK, START, documented
from samples import attach_admin


def function_settings(responder):
    settings = responder.aws("lambda", "get-function-configuration", "--function-name", STACK)
    names = ["Architectures", "Environment", "LoggingConfig", "MemorySize", "Role", "Runtime", "Timeout"]
    return {name: settings[name] for name in [*names, "CodeSha256"]}


def test_deploying_the_same_stack_again_changes_nothing(responder):
    said = responder.deploy("--no-fail-on-empty-changeset")
    assert "No changes to deploy" in said


def test_five_commands_lead_from_an_empty_account_to_an_alert(responder):
    commands = documented(START)
    assert len(commands) == 6, "five, and one that protects the stack"
    assert commands[1].startswith("cargo lambda build --release --output-format zip"), (
        "as tests/run builds it"
    )
    responder.trail(True)
    said = responder.run(commands[4])
    responder.trail(False)
    assert "drill-of-the-alarm" in said
    (alert,) = (alert for alert in responder.alerts() if alert.body["event"]["name"] == "CreateUser")
    assert alert.body["title"] == "IAM user created"
    # It reaches the mail address of the fourth command.
    topic = responder.outputs[f"{alert.topic.capitalize()}TopicArn"]
    subscribed = responder.aws("sns", "list-subscriptions-by-topic", "--topic-arn", topic)["Subscriptions"]
    assert "you@example.com" in [each["Endpoint"] for each in subscribed if each["Protocol"] == "email"]


def test_packaging_prints_the_next_command(responder):
    _, _, package, deploy, *_ = documented(START)
    deploy = shlex.split(deploy.replace("\\\n", " ").replace("MY-BUCKET", BUCKET))
    said = responder.run(package)
    assert "note:" not in said
    assert shlex.split(said.partition("\n\n")[2].replace("\\\n", " ")) == deploy


def test_the_clock_can_be_struck_by_hand(responder):
    strike, *_ = documented("When an alarm rings")
    said = responder.run(strike.replace("LOG-GROUP", responder.outputs["LogGroupName"]))
    assert re.search('"heartbeat": ?true', said)
    assert '"Heartbeat":1' in said, "and the log is shown"


@pytest.mark.parametrize(("queue", "kept"), [("OnFailureQueueUrl", True), ("BusDeadLetterQueueUrl", False)])
def test_a_waiting_event_is_handed_over_again_and_deleted(responder, queue, kept):
    _, take, hand_over, delete, _ = documented("When an alarm rings")
    event, url, sqs = attach_admin("waits"), responder.outputs[queue], responder.client("sqs")
    if kept:
        responder.proxy.break_calls("Publish", "500", times=None)
        responder.inject(event)
        responder.settle()
        responder.proxy.heal()
    else:  # as EventBridge would, which no fault here can make do it
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
    # For SQS this AWS CLI does not look at AWS_ENDPOINT_URL.
    here = {"QUEUE-URL": url, "aws sqs": f"aws --endpoint-url {responder.emulator.url} sqs"}
    for written, ours in here.items():
        take, delete = take.replace(written, ours), delete.replace(written, ours)
    responder.run(take)
    said = responder.run(hand_over)
    assert "FunctionError" not in said and "errorType" not in said
    (alert,) = responder.alerts()
    assert "waits" in alert.message
    responder.run(delete)
    left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessages"] == left["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_the_stack_can_be_protected_from_deletion(responder):
    responder.run(documented(START)[5])
    (stack,) = responder.aws("cloudformation", "describe-stacks", "--stack-name", STACK)["Stacks"]
    assert stack["EnableTerminationProtection"]


def test_a_filter_policy_on_the_body_lets_one_account_pass(responder):
    listed_and_subscribed, filtered = documented("Subscribe")
    _, subscribed = listed_and_subscribed.split("\n\n")
    url = responder.client("sqs").create_queue(QueueName="pager")["QueueUrl"]
    responder.run(subscribed)
    responder.run(filtered)
    own, foreign = attach_admin("at-home"), attach_admin("abroad")
    foreign["account"] = foreign["detail"]["recipientAccountId"] = "222233334444"
    responder.inject(own, foreign)
    alerts = {alert.body["entity"]["name"]: alert.topic for alert in responder.alerts()}
    heard = [json.loads(each["Message"])["entity"]["name"] for each in responder.drain(url)]
    # All critical ones, and of the high ones those of the account.
    passed = [name for name, topic in alerts.items() if topic == "critical" or name == "at-home"]
    assert sorted(heard) == sorted(passed), alerts


@pytest.mark.parametrize(("structure", "sent"), [("json", None), (None, {"severity": "high"})])
def test_message_attributes_are_sent_only_with_one_body_for_all(responder, structure, sent):
    """That the local SNS does as AWS: otherwise filter policies on attributes would pass here and fail there."""
    sqs, sns = responder.client("sqs"), responder.client("sns")
    url = sqs.create_queue(QueueName="attributes")["QueueUrl"]
    topic = sns.create_topic(Name="attributes")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:attributes")
    sns.publish(
        TopicArn=topic,
        Message=json.dumps({"default": "text"}),
        MessageAttributes={"severity": {"DataType": "String", "StringValue": "high"}},
        **({"MessageStructure": structure} if structure else {}),
    )
    (message,) = responder.drain(url)
    attributes = message.get("MessageAttributes")
    assert (attributes and {name: each["Value"] for name, each in attributes.items()}) == sent
    sns.delete_topic(TopicArn=topic)


def another_package(folder):
    """A package that differs from the deployed one, where `cargo lambda deploy --lambda-dir` looks for it."""
    package = folder / "iam-responder-lambda/bootstrap.zip"
    package.parent.mkdir()
    shutil.copy(PACKAGE, package)
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("note.txt", "another package")
    return folder


def test_new_code_is_deployed_alone_and_still_answers(responder, tmp_path):
    before = function_settings(responder)
    responder.deploy_code("--lambda-dir", another_package(tmp_path))
    after = function_settings(responder)
    assert after.pop("CodeSha256") != before.pop("CodeSha256")
    assert after == before
    responder.inject(attach_admin("after-new-code"))
    (alert,) = responder.alerts()
    assert "after-new-code" in alert.message


@pytest.mark.parametrize("queue", ["OnFailureQueueUrl", "BusDeadLetterQueueUrl"])
def test_queues_keep_what_they_get_encrypted_and_for_14_days(responder, queue):
    answer = responder.aws(
        *("sqs", "get-queue-attributes", "--queue-url", responder.outputs[queue], "--attribute-names", "All")
    )
    assert answer["Attributes"]["MessageRetentionPeriod"] == "1209600"
    assert answer["Attributes"]["SqsManagedSseEnabled"] == "true"


def test_every_alarm_notifies_the_alarm_topic_when_it_begins_and_ends(responder):
    found = responder.aws("cloudwatch", "describe-alarms", "--alarm-name-prefix", f"{STACK}-")
    rules = responder.aws("events", "list-rules", "--name-prefix", f"{STACK}-")["Rules"]
    # 14 for the function, its topics and its queues, one for the clock, and two for each ten bus rules. The clock is
    # among the rules here, and the bus rule for reads is not, which the alarms count.
    assert len(found["MetricAlarms"]) == 14 + 1 + 2 * math.ceil(len(rules) / 10)
    topic = [responder.outputs["AlarmTopicArn"]]
    for alarm in found["MetricAlarms"]:
        assert (alarm["AlarmActions"], alarm["OKActions"]) == (topic, topic), alarm["AlarmName"]


def decision(responder, action, resource):
    """What IAM says when the function's role does this to that."""
    for name in ("TableName", "LogGroupName"):
        resource = resource.replace(f"{{{name}}}", responder.outputs[name])
    answer = responder.client("iam").simulate_principal_policy(
        PolicySourceArn=responder.outputs["FunctionRoleArn"], ActionNames=[action], ResourceArns=[resource]
    )
    (result,) = answer["EvaluationResults"]
    return result["EvalDecision"]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        *(("sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-{severity}") for severity in SEVERITIES),
        ("sns:GetTopicAttributes", f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-critical"),
        ("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-on-failure"),
        ("dynamodb:UpdateItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{TableName}}"),
        ("logs:PutLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{LogGroupName}}:log-stream:1"),
    ],
)
def test_the_role_may_do_its_work(responder, action, resource):
    assert decision(responder, action, resource) == "allowed"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-other"),
        ("sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-alarms"),
        ("sns:Subscribe", f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-critical"),
        ("sns:SetTopicAttributes", f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-critical"),
        ("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-bus-dead-letters"),
        ("sqs:ReceiveMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-on-failure"),
        ("logs:PutLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/other:log-stream:1"),
        ("dynamodb:DeleteTable", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{TableName}}"),
        ("iam:DetachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/any"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/any"),
        ("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/any"),
    ],
)
def test_the_role_may_do_nothing_else(responder, action, resource):
    assert decision(responder, action, resource) == "implicitDeny"
