"""Which events the bus rules of the stack hand to the function, and that nobody can forge one."""

import contextlib
import json
import uuid

import pytest

import bus
from deployment import ACCOUNT, REGION, STACK
from samples import sample


BY_PIPELINE = {
    "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{ACCOUNT}:role/pipeline", "userName": "pipeline"}}
}


def record(service, name, parameters=None, identity="IAMUser", **more):
    """An event of any service, put together from a sample."""
    return sample(
        "root-activity.json",
        eventSource=f"{service}.amazonaws.com",
        eventName=name,
        requestParameters=parameters,
        userIdentity={"type": identity, "accountId": ACCOUNT} | (BY_PIPELINE if identity == "AssumedRole" else {}),
        readOnly=more.pop("readOnly", False),
        **more,
    ) | {"source": f"aws.{service}", "region": REGION}


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
    record("signin", "GetSigninToken"),
    record("sts", "AssumeRole", readOnly=True, errorCode="AccessDenied"),
    record("sts", "AssumeRole", {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/{STACK}-Role-1A"}, readOnly=True),
    record("ec2", "RunInstances", identity="Root"),
    record("ec2", "RunInstances", errorCode="Client.UnauthorizedOperation"),
    record("config", "StopConfigurationRecorder", identity="Root"),
    record("config", "StopConfigurationRecorder", errorCode="AccessDeniedException"),
    record("ec2", "DescribeInstances", readOnly=True, userAgent="Pacu"),
    record("iam", "ListUsers", readOnly=True, userAgent="Pacu"),
    record("iam", "CreateUser", userAgent="Pacu"),
    record("iam", "CreateUser", identity="Root"),
    record("events", "DeleteRule", {"name": "of somebody else"}),
    # Only the function knows which rules hand on to another account or Region.
    record("events", "PutRule", {"name": "of somebody else"}),
    record("events", "DisableRule", {"name": f"{STACK}-whole"}),
    record("events", "PutTargets", {"rule": f"{STACK}-whole", "targets": []}),
    record("config", "StopConfigurationRecorder"),
    record("guardduty", "DeleteDetector"),
    record("securityhub", "DisableSecurityHub"),
    record("logs", "DeleteLogGroup"),
    record("monitoring", "DeleteAlarms"),
    record("kms", "ScheduleKeyDeletion"),
    record("ssm", "StartSession", {"target": "i-0a1b"}),
    record("eks", "CreateAccessEntry", {"clusterName": "shop"}),
    record("lambda", "AddPermission20150331v2", {"functionName": "shop", "principal": "*"}),
    # A service may act for an account that is not yours: its source says so.
    record("lambda", "AddPermission20150331v2", {"functionName": "shop", "principal": "s3.amazonaws.com"}),
    record("lambda", "AddPermission20150331v2", {"functionName": STACK, "principal": "*"}),
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
    record("sts", "GetCallerIdentity", readOnly=True),
    record("ec2", "DescribeInstances", readOnly=True, errorCode="Client.UnauthorizedOperation"),
    record("ec2", "RunInstances"),
    record("events", "CreateArchive", {"archiveName": "of somebody else"}),
    record("ec2", "DescribeInstances", identity="Root", readOnly=True),
    record("ec2", "RunInstances", identity="Root") | {"source": "com.example"},
    record("cloudformation", "CreateStack", {"stackName": "another"}, identity="AssumedRole"),
    record("lambda", "PublishVersion20150331", {"functionName": "another"}, identity="AssumedRole"),
]


def title(envelope):
    detail = envelope["detail"]
    return f"{envelope['source']}:{detail['eventName']}:{detail['userIdentity']['type']}"


@pytest.mark.parametrize("envelope", DELIVERED, ids=title)
def test_delivered(responder, envelope):
    """Once for each bus rule that takes it, as this project's own matching says, too."""
    before = responder.invocations()
    responder.inject(envelope)
    assert responder.invocations() - before == len(bus.taken(envelope, STACK)) >= 1


@pytest.mark.parametrize("envelope", LEFT_OUT, ids=title)
def test_left_out(responder, envelope):
    assert not bus.taken(envelope, STACK)
    before = responder.invocations()
    responder.inject(envelope)
    assert responder.invocations() == before


@contextlib.contextmanager
def switched_off(responder, name):
    responder.aws("events", "disable-rule", "--name", f"{STACK}-{name}")
    try:
        yield
    finally:
        responder.aws("events", "enable-rule", "--name", f"{STACK}-{name}")


NAMES = list(bus.bus_rules(STACK, ACCOUNT, REGION))
HOLDERS = [name for name in NAMES if name in bus.taken(record("events", "PutTargets", {"rule": f"{STACK}-x"}), STACK)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("call", "field"),
    [("DisableRule", "name"), ("DeleteRule", "name"), ("PutRule", "name"), ("RemoveTargets", "rule"), ("PutTargets", "rule")],
)
def test_another_bus_rule_reports_the_end_of_each(name, call, field):
    assert set(bus.taken(record("events", call, {field: f"{STACK}-{name}"}), STACK)) - {name}


def test_bus_rules_report_each_other():
    assert len(HOLDERS) >= 2 and "watchdog" in HOLDERS


@pytest.mark.parametrize("name", HOLDERS)
def test_no_bus_rule_can_be_switched_off_unseen(responder, name):
    event = record("events", "RemoveTargets", {"rule": f"{STACK}-{name}", "ids": ["responder"]})
    before = responder.invocations()
    with switched_off(responder, name):
        responder.inject(event)
        assert responder.invocations() - before == len(set(bus.taken(event, STACK)) - {name}) >= 1


def test_an_event_of_several_bus_rules_is_one_alert_and_no_error(responder):
    """The copies arrive together; the others wait for the first. One that failed would be called again."""
    event = record("events", "RemoveTargets", {"rule": f"{STACK}-whole", "ids": ["responder"]})
    event["detail"]["eventID"] = str(uuid.uuid4())
    before = responder.invocations()
    responder.inject(event)
    assert responder.invocations() - before == len(bus.taken(event, STACK)) >= 2
    assert [alert.topic for alert in responder.alerts()] == ["critical"]
    assert responder.failed_events() == []


def deployed_bus_rules(responder):
    return {
        rule["Name"].removeprefix(f"{STACK}-"): (rule["State"], json.loads(rule["EventPattern"]))
        for rule in responder.aws("events", "list-rules", "--name-prefix", f"{STACK}-")["Rules"]
        if "EventPattern" in rule
    }


def in_template():
    rules = bus.bus_rules(STACK, ACCOUNT, REGION)
    return {name: (state, json.loads(pattern)) for name, (state, pattern) in rules.items()}


def test_deployed_are_the_bus_rules_that_are_tested_without_a_deployment(responder):
    wanted = in_template()
    del wanted["reads"]
    assert deployed_bus_rules(responder) == wanted


def test_reads_are_delivered_where_the_owner_asks_for_them(responder):
    asked = record("sts", "GetCallerIdentity", readOnly=True)
    responder.deploy(parameters=["DeliverReadOnlyEvents=true"])
    try:
        assert deployed_bus_rules(responder) == in_template()
        before = responder.invocations()
        responder.inject(asked)
        assert responder.invocations() - before == 1
    finally:
        responder.deploy(parameters=["DeliverReadOnlyEvents=false"])
    assert "reads" not in deployed_bus_rules(responder)
    responder.inject(asked)
    assert responder.invocations() - before == 1
