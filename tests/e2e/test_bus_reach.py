"""That the bus rules hand over what the rules of the pack can see, by the emulator's own matching, and leave
the daily work of services out.

tests/it/bus_rules.rs proves the same, and the limits, by the project's own matching; the two know nothing of each
other.
"""

import copy
import json

import pytest

import bus
import pack
from deployment import STACK

# Enabled rules of which some or all events come only with DeliverReadOnlyEvents=true: reads of everyday work.
NEED_READS = {
    "access-denied-burst",
    "all-identities-read",
    "caller-identity-read",
    "identity-recon-burst",
    "role-chaining-burst",
}

ENABLED = [rule for rule in pack.rules() if rule.enabled]


def taken(event, reads=False):
    return bus.taken(event, STACK, reads)


def as_call(event, service, name):
    event = copy.deepcopy(event)
    event["source"] = "aws." + service.removesuffix(".amazonaws.com")
    event["detail"] |= {"eventSource": service, "eventName": name}
    return event


@pytest.mark.parametrize("rule", ENABLED, ids=lambda rule: rule.id)
def test_an_enabled_rule_gets_the_events_of_its_tests(rule):
    assert rule.tests, "no test that matches"
    reads = rule.id in NEED_READS
    missed = [event["detail"]["eventName"] for event in rule.events() if not taken(event, reads)]
    assert missed == []


def test_reads_are_delivered_on_demand_only():
    (listed,) = (
        test
        for rule in ENABLED
        if rule.id == "identity-recon-burst"
        for test in rule.tests
        if test["name"] == "fifteenth read"
    )
    read = pack.changed(listed)
    refused = copy.deepcopy(read)
    refused["detail"] |= {"errorCode": "AccessDenied", "errorMessage": "not authorized"}
    elsewhere = as_call(refused, "ec2.amazonaws.com", "DescribeInstances")
    for event in (read, refused, elsewhere):
        assert taken(event) == []
        assert taken(event, reads=True) == ["reads"]


BY_SERVICE = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
LINKED_ROLE = "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForX"
BY_LINKED_ROLE = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": LINKED_ROLE}}}
OWN_ROLE = f"{STACK}-function-eu-west-1"  # as the event's Region
OWN_SESSION = {
    "type": "AssumedRole",
    "principalId": f"AROAEXAMPLE:{STACK}",
    "arn": f"arn:aws:sts::111122223333:assumed-role/{OWN_ROLE}/{STACK}",
    "sessionContext": {
        "sessionIssuer": {"arn": f"arn:aws:iam::111122223333:role/{OWN_ROLE}", "userName": OWN_ROLE}
    },
}


@pytest.mark.parametrize(
    ("service", "name", "parameters", "more"),
    [
        ("sts", "AssumeRole", None, {"userIdentity": BY_SERVICE, "readOnly": True}),
        ("kms", "CreateGrant", None, {"userIdentity": BY_SERVICE}),
        ("kms", "RetireGrant", None, {"userIdentity": BY_LINKED_ROLE}),
        ("monitoring", "DeleteAlarms", {"alarmNames": ["x"]}, {"userIdentity": BY_LINKED_ROLE}),
        ("ssm", "SendCommand", None, {"userIdentity": BY_LINKED_ROLE}),
        ("iam", "ListRoles", None, {"userIdentity": BY_LINKED_ROLE, "readOnly": True}),
        ("config", "PutEvaluations", None, {}),
        ("logs", "CreateLogStream", {"logGroupName": f"/aws/lambda/{STACK}"}, {}),
        ("sns", "GetTopicAttributes", {"topicArn": "x"}, {"userIdentity": OWN_SESSION, "readOnly": True}),
        ("lambda", "PublishVersion20150331", {"functionName": "shop"}, {}),
        ("ecs", "RunTask", {"overrides": {"containerOverrides": [{"name": "x"}]}}, {}),
    ],
)
def test_the_daily_work_of_services_and_pipelines_is_left_out(service, name, parameters, more):
    event = as_call(pack.changed({"event": "disable-rule.json"}), f"{service}.amazonaws.com", name)
    event["detail"] |= {"requestParameters": parameters, "responseElements": None, **more}
    assert taken(event, reads=True) == []


PATTERNS = bus.bus_rules(STACK, "111122223333", "us-east-1")


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_one_that_eventbridge_takes(name):
    assert bus.fault_of(PATTERNS[name][1]) is None


def paths(pattern, at=()):
    """Every path of the pattern with the values wanted there, those inside `$or` included."""
    for key, value in pattern.items():
        if key == "$or":
            for branch in value:
                yield from paths(branch, at)
        elif isinstance(value, dict):
            yield from paths(value, (*at, key))
        else:
            yield (*at, key), value


def given_twice(pattern, at=()):
    """Paths given twice, beside and inside an `$or` or in two mappings: only the last value would count."""
    found, beside = [], {}
    for key, value in pattern.items():
        if key == "$or":
            found += [path for branch in value for path in given_twice(branch, at)]
            inside = [pair for branch in value for pair in paths(branch, at)]
        else:
            deeper = isinstance(value, dict)
            found += given_twice(value, (*at, key)) if deeper else []
            inside = list(paths(value, (*at, key))) if deeper else [((*at, key), value)]
        found += [path for path, wanted in inside if beside.get(path, wanted) != wanted]
        beside |= dict(inside)
    return found


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_gives_a_field_twice(name):
    """EventBridge keeps only the last value of a field given both beside and inside `$or`."""
    assert given_twice(json.loads(PATTERNS[name][1])) == []


def test_a_field_given_twice_is_found():
    assert given_twice({"a": [1], "$or": [{"a": [2]}, {"b": [3]}]}) == [("a",)]
    assert given_twice({"d": {"a": [1]}, "$or": [{"d": {"a": [2]}}]}) == [("d", "a")]
    assert given_twice({"d": {"a": [1], "$or": [{"b": [1]}, {"b": [2]}]}}) == []
