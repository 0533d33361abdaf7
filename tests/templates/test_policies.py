"""Who may write to topics, queues and table: each writer listed, and nobody else."""

import copy
import itertools
import json
import re

import pytest

from checks import EVERYTHING, OPERATOR, SEEDER
from evaluator import Request, allowed
from templates import ROOT, Deployment, as_list, read, resolved

TEMPLATE = read(ROOT / "infra/responder.yaml")
DEPLOYMENTS = {
    "with operators": EVERYTHING,
    "alone": Deployment(),
    "below a path": Deployment({"RolePath": "/security/"}),
}
ACCOUNT, REGION = "111122223333", "us-east-1"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/Admin"
NAMESAKE = "arn:aws:iam::999988887777:role/iam-responder-function-us-east-1"
FOREIGN_ADMIN = "arn:aws:iam::999988887777:role/Admin"
CLEAR = {"aws:SecureTransport": "false"}
SEVERITIES = ["critical", "high", "medium", "low", "informational"]
BUS_RULES = [
    f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{each['Properties']['Name']}"
    for each in resolved(TEMPLATE, EVERYTHING).values()
    if each["Type"] == "AWS::Events::Rule"
]
RULE = BUS_RULES[0]
ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:iam-responder-heartbeat"
WRITES = {
    "table": [
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "PartiQLInsert",
        "PartiQLUpdate",
        "PartiQLDelete",
    ],
    "topic": ["Publish"],
    "queue": ["SendMessage"],
}


class Place:
    """A topic, a queue or the table: its ARN and its policy."""

    def __init__(self, kind, arn, policy):
        self.kind, self.arn, self.policy = kind, arn, policy
        self.service = {"table": "dynamodb", "topic": "sns", "queue": "sqs"}[kind]

    def lets(self, action, **who):
        return allowed(self.policy, Request(f"{self.service}:{action}", self.arn, **who))

    def lets_write(self, **who):
        """Whether all ways of writing are open, or all are closed; anything between is a fault."""
        answers = {self.lets(action, **who) for action in WRITES[self.kind]}
        assert len(answers) == 1, f"{self.arn}: some ways to write are open, some are not"
        return answers.pop()


def places(deployment, template=TEMPLATE):
    made = resolved(template, deployment)

    def arn(service, rest):
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"

    def policy(name):
        return made[name]["Properties"]["PolicyDocument"]

    table = made["StateTable"]["Properties"]
    return {
        **{
            severity: Place("topic", arn("sns", f"iam-responder-{severity}"), policy("TopicPolicy"))
            for severity in SEVERITIES
        },
        "alarms": Place("topic", arn("sns", "iam-responder-alarms"), policy("AlarmTopicPolicy")),
        "on-failure": Place("queue", arn("sqs", "iam-responder-on-failure"), policy("OnFailureQueuePolicy")),
        "bus-dead-letters": Place(
            "queue", arn("sqs", "iam-responder-bus-dead-letters"), policy("BusDeadLetterQueuePolicy")
        ),
        "table": Place(
            "table", arn("dynamodb", f"table/{table['TableName']}"), table["ResourcePolicy"]["PolicyDocument"]
        ),
    }


def function_role(deployment):
    path = deployment.parameters.get("RolePath", "/")
    return f"arn:aws:iam::{ACCOUNT}:role{path}iam-responder-function-{REGION}"


def writers(deployment):
    """Who may write where; everything that is not here is refused."""
    function = {"role": function_role(deployment), "may": True}
    found = {(place, "function"): function for place in [*SEVERITIES, "on-failure", "table"]}
    found["alarms", "CloudWatch"] = {
        "service": "cloudwatch.amazonaws.com",
        "context": {"aws:SourceArn": ALARM},
    }
    found["bus-dead-letters", "EventBridge"] = {
        "service": "events.amazonaws.com",
        "context": {"aws:SourceArn": RULE},
    }
    return found


def strangers(deployment):
    return {
        "function": {"role": function_role(deployment), "may": True},
        "admin": {"role": ADMIN, "may": True},
        "root": {"role": f"arn:aws:iam::{ACCOUNT}:root", "may": True},
        "operator": {"role": OPERATOR, "may": True},
        "seeder": {"role": SEEDER, "may": True},
        "foreign admin": {"role": FOREIGN_ADMIN, "may": True},
        "namesake elsewhere": {"role": NAMESAKE, "may": True},
        "CloudWatch": {"service": "cloudwatch.amazonaws.com", "context": {"aws:SourceArn": ALARM}},
        "another alarm": {
            "service": "cloudwatch.amazonaws.com",
            "context": {"aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:another"},
        },
        "another account's alarm": {
            "service": "cloudwatch.amazonaws.com",
            "context": {"aws:SourceArn": ALARM.replace(ACCOUNT, "999988887777")},
        },
        "EventBridge": {"service": "events.amazonaws.com", "context": {"aws:SourceArn": RULE}},
        "another bus rule": {
            "service": "events.amazonaws.com",
            "context": {"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/another"},
        },
        "another account's bus rule": {
            "service": "events.amazonaws.com",
            "context": {"aws:SourceArn": RULE.replace(ACCOUNT, "999988887777")},
        },
        "nobody's bus rule": {"service": "events.amazonaws.com"},
        "another service": {"service": "s3.amazonaws.com", "context": {"aws:SourceArn": RULE}},
    }


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_each_writer_passes_and_nobody_else(deployment):
    listed = writers(deployment)
    who = strangers(deployment)
    for (name, place), (caller, request) in itertools.product(places(deployment).items(), who.items()):
        may = (name, caller) in listed
        # They update items of the table by their keys, see below.
        if deployment == EVERYTHING and name == "table" and caller in ("operator", "seeder"):
            assert {place.lets(action, **request) for action in WRITES["table"]} == {True, False}
        else:
            assert place.lets_write(**request) == may, f"{caller} writes to {name}"


@pytest.mark.parametrize(("role", "begins"), [(OPERATOR, "event#"), (SEEDER, "register#")])
def test_operators_judge_alerts_and_seeders_fill_registers(role, begins):
    table = places(EVERYTHING)["table"]
    for kind in ("event", "register", "account", "claim", "counter", "eventual"):
        key = f"{kind}#5b7f"
        request = {"role": role, "may": True, "context": {"dynamodb:LeadingKeys": [key]}}
        assert table.lets("UpdateItem", **request) == key.startswith(begins), f"{role} writes {key}"
        for action in set(WRITES["table"]) - {"UpdateItem"}:
            assert not table.lets(action, **request), f"{role}: {action} of {key}"
    both = {"role": role, "may": True, "context": {"dynamodb:LeadingKeys": ["event#1", "register#1"]}}
    assert not table.lets("UpdateItem", **both)


def test_each_bus_rule_keeps_what_it_cannot_hand_over():
    assert len(BUS_RULES) > 5
    for arn in BUS_RULES:
        request = {"service": "events.amazonaws.com", "context": {"aws:SourceArn": arn}}
        assert places(EVERYTHING)["bus-dead-letters"].lets_write(**request), arn


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_no_writer_passes_in_clear(deployment):
    for (name, caller), request in writers(deployment).items():
        in_clear = request | {"context": request.get("context", {}) | CLEAR}
        assert not places(deployment)[name].lets_write(**in_clear), f"{caller} writes to {name} in clear"


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
@pytest.mark.parametrize(
    ("kind", "actions"),
    [
        ("topic", ["GetTopicAttributes", "SetTopicAttributes", "Subscribe", "DeleteTopic", "AddPermission"]),
        ("queue", ["ReceiveMessage", "DeleteMessage", "PurgeQueue", "SetQueueAttributes", "DeleteQueue"]),
        (
            "table",
            ["GetItem", "Scan", "UpdateTable", "DeleteTable", "PutResourcePolicy", "DeleteResourcePolicy"],
        ),
    ],
)
def test_the_owner_reads_changes_and_deletes(deployment, kind, actions):
    for name, place in places(deployment).items():
        if place.kind == kind:
            for action in actions:
                assert place.lets(action, role=ADMIN, may=True), f"the owner cannot {action} {name}"


def test_operators_need_no_policy_of_their_own():
    with_operators = places(EVERYTHING)
    for name, action in [
        ("table", "UpdateItem"),
        ("table", "Scan"),
        *itertools.product(["on-failure", "bus-dead-letters"], ["ReceiveMessage", "DeleteMessage"]),
    ]:
        assert with_operators[name].lets(action, role=OPERATOR), f"an operator cannot {action} {name}"
        assert not places(Deployment())[name].lets(action, role=OPERATOR), (
            f"{action} {name} is open to anybody"
        )


def test_the_key_serves_the_services_that_write_by_themselves():
    made = resolved(TEMPLATE, EVERYTHING)
    policy, key = made["Key"]["Properties"]["KeyPolicy"], f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    context = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{made['LogGroup']['Properties']['LogGroupName']}"

    def lets(action, service, **context):
        return allowed(policy, Request(action, key, service=service, context=context))

    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert lets(action, "events.amazonaws.com", **{"aws:SourceArn": RULE})
        assert not lets(action, "s3.amazonaws.com")
    logs = f"logs.{REGION}.amazonaws.com"
    assert lets(
        "kms:GenerateDataKeyWithoutPlaintext", logs, **{"kms:EncryptionContext:aws:logs:arn": context}
    )
    assert not lets(
        "kms:Encrypt", logs, **{"kms:EncryptionContext:aws:logs:arn": context.replace("iam-", "my-")}
    )
    assert not lets("kms:Encrypt", logs)


def rights_of_services(policy):
    """What a policy gives services of AWS: service, action, resource, condition. No Sid, and no order, counts."""
    return {
        (service, action, json.dumps(each["Resource"]), json.dumps(each.get("Condition"), sort_keys=True))
        for each in policy
        if each["Effect"] == "Allow"
        for service in as_list(each["Principal"].get("Service", []))
        for action in as_list(each["Action"])
    }


def documented_statements():
    """What infra/README.md wants in the policy of a key that the owner made."""
    (block,) = re.findall(
        r"\n\*\*A key of yours\*\* .*?\n```json\n(.*?)\n```\n",
        (ROOT / "infra/README.md").read_text(),
        re.DOTALL,
    )
    return json.loads(block)


def test_a_key_of_ones_own_is_documented_with_what_the_created_key_gives():
    created = resolved(TEMPLATE, EVERYTHING)["Key"]["Properties"]["KeyPolicy"]["Statement"]
    documented = documented_statements()
    assert rights_of_services(documented) == rights_of_services(created)
    for spoil in (
        lambda found: found[0]["Principal"]["Service"].pop(),
        lambda found: found[0]["Action"].append("kms:Encrypt"),
        lambda found: found[1].pop("Condition"),
    ):
        spoilt = copy.deepcopy(documented)
        spoil(spoilt)
        assert rights_of_services(spoilt) != rights_of_services(created)


def test_the_function_needs_the_account_or_its_role_in_the_policy_of_a_key_of_ones_own():
    role, key = function_role(EVERYTHING), f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    own = {"Effect": "Allow", "Principal": account, "Action": "kms:*", "Resource": "*"}
    by_name = own | {"Principal": {"AWS": role}, "Action": ["kms:Decrypt", "kms:GenerateDataKey"]}
    for more, may in [([], False), ([own], True), ([by_name], True)]:
        policy = {"Statement": documented_statements() + more}
        for action in ("kms:Decrypt", "kms:GenerateDataKey"):
            assert allowed(policy, Request(action, key, role=role, may=True)) == may, more


def spoilt(name, sid, change):
    """The places of a template in which one statement is changed."""
    template = copy.deepcopy(TEMPLATE)
    own = template["Resources"][name]["Properties"]
    document = own.get("PolicyDocument") or own["ResourcePolicy"]["PolicyDocument"]
    (index,) = (number for number, each in enumerate(document["Statement"]) if each.get("Sid") == sid)
    change(document["Statement"], index)
    return places(Deployment(), template)


def test_the_evaluator_sees_a_deny_that_is_missing():
    for place, name, sid in [
        ("high", "TopicPolicy", "NobodyElsePublishes"),
        ("alarms", "AlarmTopicPolicy", "NobodyElsePublishes"),
        ("on-failure", "OnFailureQueuePolicy", "NobodyElseSends"),
        ("bus-dead-letters", "BusDeadLetterQueuePolicy", "NobodyElseSends"),
    ]:
        assert spoilt(name, sid, lambda found, at: found.pop(at))[place].lets_write(role=ADMIN, may=True)


    for sid, actions in [
        ("NobodyElseWrites", set(WRITES["table"]) - {"UpdateItem"}),
        ("NobodyElseUpdates", {"UpdateItem"}),
    ]:
        table = spoilt("StateTable", sid, lambda found, at: found.pop(at))["table"]
        assert {each for each in WRITES["table"] if table.lets(each, role=ADMIN, may=True)} == actions


def test_the_evaluator_sees_a_deny_that_hits_services():
    def deny_all_but_admin(found, at):
        found[at]["Condition"] = {"ArnNotEquals": {"aws:PrincipalArn": ADMIN}}

    alarm = {"service": "cloudwatch.amazonaws.com", "context": {"aws:SourceArn": ALARM}}
    assert not spoilt("AlarmTopicPolicy", "NobodyElsePublishes", deny_all_but_admin)["alarms"].lets_write(
        **alarm
    )


def test_the_evaluator_sees_an_allow_that_is_too_wide():
    def widen(found, at):
        found[at].pop("Condition")

    bus_rule = {
        "service": "events.amazonaws.com",
        "context": {"aws:SourceArn": RULE.replace(ACCOUNT, "999988887777")},
    }
    places = spoilt("BusDeadLetterQueuePolicy", "BusRulesOfThisPrefixSend", widen)
    assert places["bus-dead-letters"].lets_write(**bus_rule)


def request(**parts):
    return Request(
        **{"action": "sns:Publish", "resource": "arn:aws:sns:us-east-1:111122223333:t", "role": ADMIN} | parts
    )


def policy(**parts):
    return {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sns:*", "Resource": "*"} | parts}


@pytest.mark.parametrize(
    ("parts", "who", "may"),
    [
        ({"Principal": {"AWS": ADMIN}}, {}, True),  # a role named in its own account
        ({"Principal": {"AWS": ADMIN}}, {"role": NAMESAKE}, False),
        ({"Principal": {"AWS": FOREIGN_ADMIN}}, {"role": FOREIGN_ADMIN}, True),
        (
            {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}},
            {},
            False,
        ),  # leaves it to the caller's policies
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}, {"may": True}, True),
        (
            {"Principal": {"AWS": "arn:aws:iam::999988887777:root"}},
            {"role": FOREIGN_ADMIN, "may": True},
            True,
        ),
        ({"Principal": {"AWS": "arn:aws:iam::999988887777:root"}}, {"role": FOREIGN_ADMIN}, False),
        ({"Action": "sns:Subscribe"}, {"may": True}, True),  # the caller's own policies suffice at home
        ({"Action": "sns:Subscribe"}, {"role": FOREIGN_ADMIN, "may": True}, False),
        ({"Action": "kms:Decrypt"}, {"action": "kms:Encrypt", "may": True}, False),  # not so for keys
        ({"Action": "kms:*"}, {"action": "kms:Encrypt", "may": True}, True),
        ({"Effect": "Deny"}, {"may": True}, False),
        ({"Effect": "Deny", "Action": "SNS:publish"}, {"may": True}, False),  # actions ignore case
        ({"Effect": "Deny", "Resource": "*:another"}, {"may": True}, True),
        (
            {"Effect": "Deny", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [ADMIN, NAMESAKE]}}},
            {"may": True},
            True,
        ),
        (
            {"Effect": "Deny", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": NAMESAKE}}},
            {"may": True},
            False,
        ),
        (
            {"Effect": "Deny", "Condition": {"ArnLike": {"aws:SourceArn": "*"}}},
            {"may": True},
            True,
        ),  # no such key
        (
            {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": False}}},
            {"may": True, "context": CLEAR},
            False,
        ),
    ],
)
def test_evaluation(parts, who, may):
    assert allowed(policy(**parts), request(**who)) == may


@pytest.mark.parametrize(
    "parts",
    [
        {"Condition": {"StringLike": {"aws:PrincipalArn": "*"}}},
        {"Condition": {"ForAllValues:StringEquals": {"aws:PrincipalArn": "*"}}},
        {"NotPrincipal": {"AWS": ADMIN}},
        {"NotAction": "sns:Publish"},
        {"Principal": {"Federated": "accounts.google.com"}},
    ],
)
def test_what_the_evaluator_does_not_know_it_refuses(parts):
    with pytest.raises(ValueError, match="unknown"):
        allowed(policy(**parts), request())
