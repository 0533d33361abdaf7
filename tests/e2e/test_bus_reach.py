"""That the bus rules hand over what the rules of the pack can see, each event once, and no reads unasked."""

import copy
import json

import pytest

import bus
import pack
from deployment import STACK

PATTERN_CHARACTERS_MAX = 4096  # as EventBridge allows, where nobody has raised it

# Enabled rules whose events only a stack with DeliverReadOnlyEvents=true delivers: every one of them is
# a read that goes on all day in a sound account.
NEED_READS = {
    "all-identities-read",  # inventory tools ask for it daily; it counts only, and never sends
    "caller-identity-read",  # the first call of nearly every tool; it counts only, and never sends
    "identity-recon-burst",  # reads of IAM by the console, and by every audit tool
    "role-chaining-burst",  # AssumeRole is among the most frequent calls of an account
}

# Rules that are off, and of whose calls some are not delivered: each is too frequent in an ordinary account.
# Who switches one on adds its calls to the bus rule `services`.
OFF_AND_NOT_DELIVERED = {
    "agent-code-interpreter-used",
    "command-sent-to-instance",
    "function-trigger-created",
    "instance-launched-with-role",
    "launch-template-changed",
    "role-assumed-by-service",
    "sagemaker-notebook-opened",
    "task-definition-with-role",
}

# The same, but a stack with DeliverReadOnlyEvents=true delivers them.
OFF_AND_NEED_READS = {
    "admin-role-assumed-by-user",
    "all-iam-calls",
    "role-assumed-by-user",
    "role-assumed-from-other-account",
    "role-chained",
    "saml-session-outside-identity-center",
    "web-identity-session",
}

DENIED = {"errorCode": "AccessDenied", "errorMessage": "not authorized"}
ROOT_USER = {"type": "Root", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:root"}

ENABLED = [rule for rule in pack.rules() if rule.enabled]
OFF = [rule for rule in pack.rules() if not rule.enabled]
EVENTS = [event for rule in ENABLED for event in rule.events()]


def rule_id(rule):
    return rule.id


def taken(event, reads=False):
    return bus.taken(event, STACK, reads)


def named_calls(pattern):
    """Service and name of every call that a pattern names; of a name's beginning, that."""
    for alternative in bus.alternatives_of(pattern):
        detail = alternative.get("detail", {})
        services = [each for each in detail.get("eventSource", []) if isinstance(each, str)]
        names = [each if isinstance(each, str) else each.get("prefix") for each in detail.get("eventName", [])]
        yield from ((service, name) for service in services for name in names if isinstance(name, str))


def as_call(event, service, name):
    event = copy.deepcopy(event)
    event["source"] = "aws." + service.removesuffix(".amazonaws.com")
    event["detail"] |= {"eventSource": service, "eventName": name}
    return event


def missed(rule, reads=False):
    """What the rule needs and does not get: events of its own tests, and calls that its patterns name.

    The tests show some of these calls only; so each is tried in each of the tests' events.
    """
    events = rule.events()
    calls = {call for pattern in [*rule.before, rule.pattern] for call in named_calls(pattern)}
    return [event["detail"]["eventName"] for event in events if not taken(event, reads)] + [
        f"{service}:{name}"
        for service, name in sorted(calls)
        if not any(taken(as_call(event, service, name), reads) for event in events)
    ]


@pytest.mark.parametrize("rule", ENABLED, ids=rule_id)
def test_an_enabled_rule_gets_what_it_can_see(rule):
    assert rule.tests, "no test that matches"
    assert missed(rule, reads=rule.id in NEED_READS) == []
    assert rule.id not in NEED_READS or missed(rule), "needs no reads"


def test_the_lists_of_what_is_not_delivered_are_true():
    assert NEED_READS <= {rule.id for rule in ENABLED}
    need_more = {rule.id for rule in OFF if missed(rule)}
    assert need_more == OFF_AND_NOT_DELIVERED | OFF_AND_NEED_READS
    assert {rule.id for rule in OFF if missed(rule, reads=True)} == OFF_AND_NOT_DELIVERED


def test_an_event_takes_one_bus_rule_unless_its_caller_is_suspect():
    for event in EVENTS:
        ways = set(taken(event, reads=True)) - {"suspect", "watchdog"}
        if event["detail"]["eventName"] == "DeleteAlarms":
            continue  # one call may name alarms of this stack and others
        assert len(ways) <= 1, f"{event['source']}:{event['detail']['eventName']} takes {ways}"


@pytest.mark.parametrize("more", [DENIED, {"userIdentity": ROOT_USER}], ids=["refused", "by root"])
def test_refused_changes_and_those_of_root_take_one_bus_rule_too(more):
    for event in EVENTS:
        changed = copy.deepcopy(event)
        changed["detail"] |= more
        ways = set(taken(changed)) - {"suspect", "watchdog"}
        is_read = changed["detail"].get("readOnly") is True
        assert len(ways) == 1 or is_read, f"{changed['source']}:{changed['detail']['eventName']} takes {ways}"


def test_reads_are_delivered_on_demand_only():
    (listed,) = (test for rule in ENABLED if rule.id == "identity-recon-burst" for test in rule.tests)
    read = pack.changed(listed)
    refused = copy.deepcopy(read)
    refused["detail"] |= DENIED
    elsewhere = as_call(refused, "ec2.amazonaws.com", "DescribeInstances")
    for event in (read, refused, elsewhere):
        assert taken(event) == []
        assert taken(event, reads=True) == ["reads"]


BY_SERVICE = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
LINKED_ROLE = "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForX"
BY_LINKED_ROLE = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": LINKED_ROLE}}}


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
        ("securityhub", "BatchImportFindings", None, {}),
        ("logs", "CreateLogStream", {"logGroupName": f"/aws/lambda/{STACK}"}, {}),
        ("lambda", "UpdateFunctionCode20150331v2", {"functionName": "shop"}, {}),
        ("ecs", "RunTask", {"overrides": {"containerOverrides": [{"name": "x"}]}}, {}),
    ],
)
def test_the_daily_work_of_services_and_pipelines_is_left_out(service, name, parameters, more):
    event = as_call(pack.changed({"event": "disable-rule.json"}), f"{service}.amazonaws.com", name)
    event["detail"] |= {"requestParameters": parameters, **more}
    assert taken(event, reads=True) == []


PATTERNS = bus.bus_rules(STACK, "111122223333", "us-east-1")


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_one_that_eventbridge_takes(name):
    _, pattern = PATTERNS[name]
    assert bus.fault_of(pattern) is None
    longest_name = "n" * 55
    for stack in (STACK, longest_name):
        _, pattern = bus.bus_rules(stack, "111122223333", "ap-southeast-2")[name]
        assert len(pattern) <= PATTERN_CHARACTERS_MAX


@pytest.mark.parametrize("name", PATTERNS)
def test_every_way_through_a_pattern_is_pinned_on_a_source_of_aws(name):
    for alternative in bus.alternatives_of(json.loads(PATTERNS[name][1])):
        assert alternative["source"], name
        for source in alternative["source"]:
            text = source["prefix"] if isinstance(source, dict) else source
            assert text.startswith("aws."), f"bus rule {name}: {source}"


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
