"""Which events the bus rules of the stack hand to the function, and that nobody can forge one."""

import json

import pytest

from deployment import ACCOUNT, REGION, STACK
from samples import sample

PATTERN_CHARACTERS_MAX = 4096


def record(service, name, parameters=None, identity="IAMUser", **more):
    """An event of any service, put together from a sample."""
    return sample(
        "root-activity.json",
        eventSource=f"{service}.amazonaws.com",
        eventName=name,
        requestParameters=parameters,
        userIdentity={"type": identity, "accountId": ACCOUNT},
        readOnly=more.pop("readOnly", False),
        **more,
    ) | {"source": f"aws.{service}"}


DELIVERED = [
    record("iam", "CreateUser"),
    record("iam", "CreateUser", errorCode="AccessDenied"),
    record("iam", "CallThatNobodyKnowsYet"),
    record("signin", "ConsoleLogin"),
    record("rolesanywhere", "CreateTrustAnchor"),
    record("organizations", "LeaveOrganization"),
    record("account", "CloseAccount"),
    record("sso", "CreateAccountAssignment"),
    record("sso-directory", "AddMemberToGroup"),
    record("identitystore", "CreateGroupMembership"),
    record("access-analyzer", "DeleteAnalyzer"),
    record("cloudtrail", "StopLogging"),
    record("sts", "AssumeRoot", readOnly=True),
    record("sts", "GetFederationToken"),
    record("ec2", "RunInstances", identity="Root"),
    record("iam", "CreateUser", identity="Root"),
    record("events", "DeleteRule", {"name": "of somebody else"}),
    record("config", "StopConfigurationRecorder"),
    record("guardduty", "DeleteDetector"),
    record("securityhub", "DisableSecurityHub"),
    record("logs", "DeleteLogGroup"),
    record("monitoring", "DeleteAlarms"),
    record("kms", "ScheduleKeyDeletion"),
    record("cloudformation", "DeleteStack", {"stackName": STACK}),
    record(
        "cloudformation",
        "DeleteStack",
        {"stackName": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/5b7f"},
    ),
    record("lambda", "UpdateFunctionCode20150331v2", {"functionName": STACK}),
    record(
        "lambda",
        "PutFunctionConcurrency20171031",
        {"functionName": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}"},
    ),
    record("sns", "DeleteTopic", {"topicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-critical"}),
    record("sns", "Unsubscribe", {"subscriptionArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-high:1f"}),
    record(
        "sqs", "PurgeQueue", {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{STACK}-on-failure"}
    ),
]

LEFT_OUT = [
    record("iam", "ListUsers", readOnly=True),
    record("iam", "CreateUser") | {"source": "com.example.iam"},
    record("iam", "CreateUser") | {"detail-type": "forged"},
    record("sts", "AssumeRole", readOnly=True),
    record("ec2", "RunInstances"),
    record("ec2", "DescribeInstances", identity="Root", readOnly=True),
    record("ec2", "RunInstances", identity="Root") | {"source": "com.example"},
    record("cloudformation", "DeleteStack", {"stackName": "another"}),
    record("lambda", "UpdateFunctionCode20150331v2", {"functionName": "another"}),
    record("sns", "DeleteTopic", {"topicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:another"}),
]


def title(envelope):
    detail = envelope["detail"]
    return f"{envelope['source']}:{detail['eventName']}:{detail['userIdentity']['type']}"


@pytest.mark.parametrize("envelope", DELIVERED, ids=title)
def test_delivered_once(responder, envelope):
    before = responder.invocations()
    responder.inject(envelope)
    assert responder.invocations() - before == 1


@pytest.mark.parametrize("envelope", LEFT_OUT, ids=title)
def test_left_out(responder, envelope):
    before = responder.invocations()
    responder.inject(envelope)
    assert responder.invocations() == before


def test_the_tamper_rule_cannot_be_switched_off_unseen(responder):
    before = responder.invocations()
    responder.aws("events", "disable-rule", "--name", f"{STACK}-tamper")
    try:
        responder.inject(record("events", "DisableRule", {"name": f"{STACK}-tamper"}))
        responder.inject(record("events", "RemoveTargets", {"rule": f"{STACK}-tamper", "ids": ["responder"]}))
        assert responder.invocations() - before == 2
    finally:
        responder.aws("events", "enable-rule", "--name", f"{STACK}-tamper")


def bus_rules(responder):
    rules = responder.aws("events", "list-rules", "--name-prefix", f"{STACK}-")["Rules"]
    return {rule["Name"].removeprefix(f"{STACK}-"): rule for rule in rules}


def test_every_way_through_a_bus_rule_is_pinned_on_a_source_of_aws(responder):
    rules = bus_rules(responder)
    assert sorted(rules) == ["identity", "root", "session", "tamper", "watchdog"]
    for name, rule in rules.items():
        assert len(rule["EventPattern"]) <= PATTERN_CHARACTERS_MAX
        pattern = json.loads(rule["EventPattern"])
        for branch in pattern.get("$or", [pattern]):
            for source in branch["source"]:
                text = source["prefix"] if isinstance(source, dict) else source
                assert text.startswith("aws."), f"bus rule {name}: {source}"


def test_no_bus_rule_gives_a_field_twice(responder):
    """EventBridge keeps only the last value of a field given both beside and inside `$or`."""
    for name, rule in bus_rules(responder).items():
        pattern = json.loads(rule["EventPattern"])
        inside = {key for branch in pattern.get("$or", []) for key in branch}
        assert not inside & set(pattern), f"bus rule {name}"
