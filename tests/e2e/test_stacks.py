"""Stacks are made, changed, deleted and made again, under other prefixes and names; bad input makes none."""

import json
import os
import subprocess
import sys
import zipfile

import pytest
from botocore.exceptions import ClientError, WaiterError

from deployment import (
    ACCOUNT,
    BUCKET,
    PACKAGE,
    REGION,
    ROOT,
    TEMPLATE,
    documented,
    make_stack,
    outputs_of,
    wait_for,
)
from samples import attach_admin

EVERYTHING = {
    "NamePrefix": "night-watch",
    "RolePath": "/security/",
    "PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
    "TagKey": "cost-center",
    "TagValue": "security",
    "CriticalMail": "pager@example.com",
    "AlarmMail": "ops@example.com",
    "TopicArns": f"arn:aws:sns:{REGION}:{ACCOUNT}:security,arn:aws:sns:{REGION}:{ACCOUNT}:audit",
    "OperatorRoleArns": f"arn:aws:iam::{ACCOUNT}:role/operator",
    "DeploymentRoleArns": f"arn:aws:iam::{ACCOUNT}:role/ci/deploy,arn:aws:iam::{ACCOUNT}:role/admin",
    "ReservedConcurrency": "10",
    "KmsKey": "create",
    "DeliverReadOnlyEvents": "true",
    "LogLevel": "WARN",
}
# What the commands that remove a stack call its outputs.
NAMES_IN_COMMANDS = {
    "TABLE": "TableName",
    "LOG-GROUP": "LogGroupName",
    "KEY-ARN": "KeyArn",
    "TRAIL-BUCKET": "TrailBucketName",
}
LONGEST = {"NamePrefix": "l" + "o" * 30 + "g"}


def delete(responder, name):
    """Deletes a stack and waits until it is gone."""
    cloudformation = responder.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    cloudformation.delete_stack(StackName=name)

    def status():
        return cloudformation.describe_stacks(StackName=stack["StackId"])["Stacks"][0]["StackStatus"]

    wait_for(f"{name} is deleted", lambda: status() == "DELETE_COMPLETE")


def names_of(responder, prefix):
    """What there is of this prefix, by kind."""
    tables = responder.client("dynamodb").list_tables()["TableNames"]
    groups = responder.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{prefix}-")[
        "logGroups"
    ]
    topics = responder.client("sns").list_topics()["Topics"]
    rules = responder.client("events").list_rules(NamePrefix=f"{prefix}-")["Rules"]
    functions = responder.client("lambda").list_functions()["Functions"]
    return {
        "tables": {name for name in tables if name.startswith(f"{prefix}-state-")},
        "log groups": {group["logGroupName"] for group in groups},
        "topics": {topic["TopicArn"] for topic in topics if f":{prefix}-" in topic["TopicArn"]},
        "bus rules": {rule["Name"] for rule in rules},
        "functions": {each["FunctionName"] for each in functions if each["FunctionName"] == prefix},
    }


def subscribe(responder, outputs):
    sqs, sns = responder.client("sqs"), responder.client("sns")
    url = sqs.create_queue(QueueName=f"reader-of-{outputs['NamePrefix']}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for name in ("CriticalTopicArn", "HighTopicArn"):
        sns.subscribe(TopicArn=outputs[name], Protocol="sqs", Endpoint=arn)
    return url


def update(responder, name, parameters):
    """Changes parameters as `aws cloudformation deploy` does, by the template that is there."""
    cloudformation = responder.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    cloudformation.update_stack(
        StackName=name,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": each["ParameterKey"], "ParameterValue": parameters[each["ParameterKey"]]}
            if each["ParameterKey"] in parameters
            else {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
            for each in stack["Parameters"]
        ],
    )
    cloudformation.get_waiter("stack_update_complete").wait(StackName=name)


@pytest.mark.parametrize(
    ("stack", "parameters"),
    [("StackSet-security-5b7f1e20", EVERYTHING), ("another-name", LONGEST)],
    ids=["everything", "longest"],
)
def test_a_stack_is_made_changed_deleted_and_made_again(responder, stack, parameters):
    prefix = parameters["NamePrefix"]
    kept = {"tables": set(), "log groups": set()}
    for _ in range(2):
        make_stack(responder.client, stack, PACKAGE, **parameters)
        try:
            outputs = outputs_of(responder.client, stack)
            assert outputs["NamePrefix"] == prefix
            url = subscribe(responder, outputs)
            responder.inject(attach_admin(f"of-{prefix}"))
            responder.settle()
            assert any(f"of-{prefix}" in json.dumps(each) for each in responder.drain(url))

            update(responder, stack, {"MemorySize": "512"})
            settings = responder.client("lambda").get_function_configuration(FunctionName=prefix)
            assert settings["MemorySize"] == 512
            assert outputs_of(responder.client, stack) == outputs, "an update should rename nothing"
            there = names_of(responder, prefix)
            assert there["tables"] - kept["tables"] == {outputs["TableName"]}
            assert len(there["topics"]) == 6
        finally:
            delete(responder, stack)
        after = names_of(responder, prefix)
        kept["tables"].add(outputs["TableName"])
        kept["log groups"].add(outputs["LogGroupName"])
        assert after == kept | {"topics": set(), "bus rules": set(), "functions": set()}
    assert len(kept["tables"]) == len(kept["log groups"]) == 2
    responder.alerts()


def test_the_function_gets_what_the_parameters_say(responder):
    make_stack(responder.client, "whole", PACKAGE, **EVERYTHING)
    try:
        settings = responder.client("lambda").get_function_configuration(FunctionName="night-watch")
        (stack,) = responder.client("cloudformation").describe_stacks(StackName="whole")["Stacks"]
        variables = settings["Environment"]["Variables"]
        assert variables["IAM_RESPONDER_NAME"] == "night-watch"
        assert variables["IAM_RESPONDER_STACK"] == stack["StackId"]
        assert variables["IAM_RESPONDER_TOPICS"] == EVERYTHING["TopicArns"]
        assert variables["IAM_RESPONDER_DEPLOYMENT_ROLES"] == EVERYTHING["DeploymentRoleArns"]
        (key,) = [one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == "KeyArn"]
        assert variables["IAM_RESPONDER_KEY"] == key
        assert variables["IAM_RESPONDER_BOUNDARY"] == EVERYTHING["PermissionsBoundary"]
        assert variables["IAM_RESPONDER_LOG_LEVEL"] == "WARN"
        assert settings["LoggingConfig"]["ApplicationLogLevel"] == "TRACE", "or Lambda drops lines of metrics"
        role = responder.client("iam").get_role(RoleName=f"night-watch-function-{REGION}")["Role"]
        assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/security/night-watch-function-{REGION}"
        aliases = responder.client("kms").list_aliases()["Aliases"]
        assert "alias/night-watch" in [each["AliasName"] for each in aliases]
    finally:
        delete(responder, "whole")


def test_what_a_deleted_stack_leaves_is_deleted_by_the_documented_commands(responder):
    parameters = {"NamePrefix": "removed", "KmsKey": "create", "Trail": "create"}
    make_stack(responder.client, "removed", PACKAGE, **parameters)
    outputs = outputs_of(responder.client, "removed")
    read, remove, clean, key, bucket = documented("Remove, and make again")
    responder.run(read.replace("iam-responder", "removed"))
    listed = dict(line.split("\t") for line in (ROOT / "target/outputs.txt").read_text().splitlines())
    assert listed == outputs
    responder.client("s3").put_object(Bucket=outputs["TrailBucketName"], Key="AWSLogs/1", Body=b"one")
    responder.client("s3").put_object(Bucket=outputs["TrailBucketName"], Key="AWSLogs/1", Body=b"two")
    responder.client("s3").delete_object(Bucket=outputs["TrailBucketName"], Key="AWSLogs/1")
    responder.run(remove.replace("iam-responder", "removed"))
    assert not names_of(responder, "removed")["functions"], "the last command waits"
    assert names_of(responder, "removed")["tables"] == {outputs["TableName"]}
    for command in (clean, key, bucket):
        for name, output in NAMES_IN_COMMANDS.items():
            command = command.replace(name, outputs[output])
        responder.run(command)
    assert not any(names_of(responder, "removed").values())
    key = responder.client("kms").describe_key(KeyId=outputs["KeyArn"])["KeyMetadata"]
    assert key["KeyState"] == "PendingDeletion"
    buckets = [each["Name"] for each in responder.client("s3").list_buckets()["Buckets"]]
    assert outputs["TrailBucketName"] not in buckets


def test_a_creation_that_fails_half_way_leaves_room_for_the_next(responder):
    cloudtrail = responder.client("cloudtrail")
    cloudtrail.create_trail(Name="half-way-trail", S3BucketName="in-the-way")
    parameters = {"NamePrefix": "half-way", "Trail": "create"}
    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        make_stack(responder.client, "half-way", PACKAGE, **parameters)
    left = names_of(responder, "half-way")
    assert len(left.pop("tables")) == 1, "its deletion protection keeps it"
    assert not any(left.values()), left
    delete(responder, "half-way")
    cloudtrail.delete_trail(Name="half-way-trail")
    make_stack(responder.client, "half-way", PACKAGE, **parameters)
    trails = {each["Name"]: each for each in cloudtrail.describe_trails()["trailList"]}
    assert trails["half-way-trail"]["IsMultiRegionTrail"]
    assert len(names_of(responder, "half-way")["tables"]) == 2
    delete(responder, "half-way")


@pytest.mark.parametrize(
    ("parameter", "value", "says"),
    [
        ("NamePrefix", "p" * 33, "NamePrefix"),
        ("NamePrefix", "Prefix", "begin with a letter"),
        ("NamePrefix", "prefix-", "not end in -"),
        ("NamePrefix", "1prefix", "begin with a letter"),
        ("NamePrefix", "my prefix", "begin with a letter"),
        ("NamePrefix", "", "begin with a letter"),
        ("CriticalMail", "nobody", "you@example.com"),
        ("AlarmMail", "a@b.example,c@d.example", "you@example.com"),
        ("TopicArns", "security", "ARNs of standard topics"),
        ("TopicArns", f"arn:aws:sns:{REGION}:{ACCOUNT}:fifo.fifo", "ARNs of standard topics"),
        ("KmsKey", "alias/mine", "ARN of a key"),
        ("KmsKey", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/mine", "ARN of a key"),
        ("PermissionsBoundary", "boundary", "ARN of a policy"),
        ("RolePath", "security", "must begin and end in /"),
        ("OperatorRoleArns", f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/me", "ARNs of roles"),
        ("DeploymentRoleArns", "deploy", "ARNs of roles"),
        ("ReservedConcurrency", "1", "from 2 to 9999"),
        ("MemorySize", "128", "256"),
        ("Architecture", "i386", "Architecture"),
        ("TagKey", "aws:mine", "not begin with aws:"),
        ("LogRetentionDays", "2", "LogRetentionDays"),
    ],
)
def test_bad_input_is_refused_before_anything_is_made(responder, parameter, value, says):
    before = names_of(responder, "bad")
    with pytest.raises(ClientError, match="ValidationError") as refused:
        make_stack(responder.client, "bad", PACKAGE, **{"NamePrefix": "bad", parameter: value})
    assert says in str(refused.value)
    with pytest.raises(ClientError, match="does not exist"):
        responder.client("cloudformation").describe_stacks(StackName="bad")
    assert names_of(responder, "bad") == before


@pytest.mark.parametrize(
    ("parameter", "says"),
    [
        ("TopicArns=arn:aws:sns:eu-west-1:111122223333:security", "TopicArns"),
        ("KmsKey=arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "KmsKey"),
        (
            "Architecture=" + ("x86_64" if os.uname().machine in ("aarch64", "arm64") else "arm64"),
            "Architecture",
        ),
    ],
)
def test_a_packaged_template_refuses_what_is_not_of_its_region_or_processor(responder, parameter, says):
    before = function_of(responder)
    with pytest.raises(AssertionError, match=says):
        responder.deploy(parameters=[parameter])
    assert function_of(responder) == before


def function_of(responder):
    return responder.client("lambda").get_function_configuration(FunctionName="iam-responder")["LastModified"]


def package(responder, *arguments, root=ROOT):
    """Runs infra/package; gives its status and what it says on stderr."""
    done = subprocess.run(
        [sys.executable, root / "infra/package", "--region", REGION, "--bucket", BUCKET, *arguments],
        env=responder.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Colour=blue"], "no parameter `Colour`"),
        (["CriticalMail"], "write it like `CriticalMail=you@example.com`"),
        (
            ["TopicArns=arn:aws:sns:eu-west-1:111122223333:security"],
            f"not the ARN of a standard topic in {REGION}",
        ),
        (["KmsKey=mine"], "must be none, create, or the ARN of a key"),
        (
            ["KmsKey=arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
            f"not the ARN of a key in {REGION}",
        ),
        ([f"KmsKey={KEY}1234abcd-12ab-34cd-56ef-1234567890ab"], "kms describe-key did not work"),
        (["--bucket", "not-there"], "s3api get-bucket-location did not work"),
    ],
)
def test_packaging_refuses(responder, arguments, says):
    status, said = package(responder, *arguments)
    assert status == 1
    assert says in said


def test_packaging_refuses_a_key_that_is_disabled(responder):
    kms = responder.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    assert package(responder, f"KmsKey={key}")[0] == 0
    kms.disable_key(KeyId=key)
    status, said = package(responder, f"KmsKey={key}")
    assert status == 1
    assert "must be Enabled" in said


def test_packaging_refuses_a_bucket_of_another_region(responder):
    place = {"LocationConstraint": "eu-west-1"}
    responder.client("s3").create_bucket(Bucket="far-away", CreateBucketConfiguration=place)
    status, said = package(responder, "--bucket", "far-away")
    assert status == 1
    assert "aws s3 mb s3://ANOTHER-BUCKET --region us-east-1" in said


ELF = b"\x7fELF\x02\x01\x01" + bytes(11)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (
            None,
            "there is no target/lambda/iam-responder-lambda/bootstrap.zip; build it with: cargo lambda build",
        ),
        (b"#!/bin/sh\n" + bytes(20), "not a program for Linux"),
        (b"\x7fELF", "not a program for Linux"),
        (ELF + b"\xf3\x00", "no processor of ELF machine 243"),
        ("stale", "src/lib.rs is newer than"),
    ],
)
def test_packaging_refuses_a_package(responder, tmp_path, program, says):
    for path, text in [("Cargo.toml", ""), ("Cargo.lock", ""), ("src/lib.rs", ""), ("rules/site.yaml", "")]:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    for path in (ROOT / "infra/package", TEMPLATE):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    if program is not None:
        archive = tmp_path / PACKAGE.relative_to(ROOT)
        archive.parent.mkdir(parents=True)
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr("bootstrap", ELF + b"\x3e\x00" if program == "stale" else program)
    if program == "stale":
        for path in [*tmp_path.rglob("*")]:
            os.utime(path, (1, 2 if path.name == "lib.rs" else 1))
    status, said = package(responder, root=tmp_path)
    assert status == 1
    assert says in said
