"""Every check of checks.py on every template, and on one that was spoilt so that the check must find it."""

import copy
import re

import pytest

import checks
from templates import ROOT, TEMPLATES, as_list, read, resolved

OF_TEMPLATES = [
    checks.alarms_on_expressions_look_back,
    checks.alarms_ring,
    checks.alarms_ring_in_time,
    checks.bus_rules_are_whole,
    checks.dashboard_shows,
    checks.denies_leave_the_owner_alone,
    checks.every_resource_has_a_reason,
    checks.everything_is_tagged,
    checks.is_at_home_in_each_partition,
    checks.is_flat,
    checks.is_under_the_key,
    checks.metrics_pass_every_level,
    checks.names_are_free_again,
    checks.names_fit,
    checks.nobody_is_everybody,
    checks.parameters_are_checked,
    checks.patterns_fit,
    checks.permissions_let_bus_rules_in,
    checks.permissions_name_no_account,
    checks.talks_tls_only,
    checks.what_is_remembered_lasts,
]


def name_of(value):
    return getattr(value, "__name__", None) or getattr(value, "name", None) or str(value)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
@pytest.mark.parametrize("check", OF_TEMPLATES, ids=name_of)
def test_template(check, path):
    assert list(check(read(path))) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_template_can_be_deployed(path):
    readme = (ROOT / "infra/README.md").read_text()
    assert list(checks.is_deployable(path.read_text(), readme)) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_pattern_is_generated(path):
    assert list(checks.patterns_are_generated(path.read_text())) == []


def counts_of(template):
    """What infra/README.md counts: words around a number, and the number."""
    made = resolved(template, checks.EVERYTHING).values()
    rules = [each["Properties"] for each in made if each["Type"] == "AWS::Events::Rule"]
    wild = [each for each in rules if '"wildcard"' in checks.compact(each.get("EventPattern", {}))]
    alarms = [each["Properties"] for each in made if each["Type"] == "AWS::CloudWatch::Alarm"]
    topics = [each for each in made if each["Type"] == "AWS::SNS::Topic"]
    return [
        (r"\| (\d+) SNS topics, `PREFIX-critical`", len(topics) - 1),
        (r"\| (\d+) CloudWatch alarms, two more", len([each for each in alarms if "Metrics" not in each])),
        (r"wildcards on a bus \| 30; this stack has (\d+) ", len(wild)),
        (r"bus rules on a bus \| 300; this stack has (\d+) ", len(rules)),
    ]


def test_the_page_counts_what_the_template_makes():
    template, page = read(ROOT / "infra/responder.yaml"), (ROOT / "infra/README.md").read_text()
    for words, number in counts_of(template):
        (written,) = re.findall(words, page)
        assert int(written) == number, words
    before = counts_of(template)
    wild = next(name for name, each in template["Resources"].items() if '"wildcard"' in checks.compact(each))
    for name in ("ClockFailedAlarm", "LowTopic", wild):
        template["Resources"][f"Second{name}"] = template["Resources"][name]
    assert [number for _, number in counts_of(template)] == [number + 1 for _, number in before]


def properties(template, name):
    return template["Resources"][name]["Properties"]


def statement(template, name, sid):
    own = properties(template, name)
    if "ResourcePolicy" in own:
        document = own["ResourcePolicy"]["PolicyDocument"]
    else:
        document = own.get("PolicyDocument") or own.get("KeyPolicy") or own["Policies"][0]["PolicyDocument"]
    found = [each for each in document["Statement"] if each.get("Sid") == sid]
    assert len(found) == 1, f"{name} has no statement {sid}"
    return found[0]


def bus_rule(template):
    return next(
        each
        for each in template["Resources"].values()
        if each["Type"] == "AWS::Events::Rule" and "EventPattern" in each["Properties"]
    )


def without(mapping, key):
    mapping.pop(key)


def in_dashboard(template, old, new):
    dashboard = properties(template, "Dashboard")
    text = dashboard["DashboardBody"]["Fn::Sub"]
    assert old in text
    dashboard["DashboardBody"]["Fn::Sub"] = text.replace(old, new)


def on_expression(template):
    """An alarm on the sum of several metrics."""
    return next(
        each["Properties"] for each in template["Resources"].values() if "Metrics" in each.get("Properties", {})
    )


def without_alarms_on(template, metric):
    for name, resource in list(template["Resources"].items()):
        if any(each.get("MetricName") == metric for each in checks.metrics_of(resource["Properties"])):
            without(template["Resources"], name)


# Each spoils a template so that the check beside it must find a fault; the text must stand in what it says.
SPOILS = [
    (
        checks.dashboard_shows,
        "another Region",
        lambda t: in_dashboard(t, "${AWS::Region}", "us-east-2"),
    ),
    (checks.dashboard_shows, "p99", lambda t: in_dashboard(t, '"p99"', '"p90"')),
    (checks.dashboard_shows, "not of this prefix", lambda t: in_dashboard(t, "${NamePrefix}", "another")),
    (checks.alarms_ring, "alarm topic", lambda t: without(properties(t, "FunctionErrorsAlarm"), "OKActions")),
    (
        checks.alarms_ring,
        "has a key",
        lambda t: properties(t, "AlarmTopic").update(KmsMasterKeyId="alias/aws/sns"),
    ),
    (checks.alarms_ring, "no alarm on", lambda t: without(t["Resources"], "EventsDroppedAlarm")),
    (
        checks.alarms_ring,
        "no alarm on ApproximateNumberOfMessagesVisible",
        lambda t: without(t["Resources"], "OnFailureQueueAlarm"),
    ),
    (
        checks.alarms_ring,
        "no alarm on FailedInvocations",
        lambda t: without_alarms_on(t, "FailedInvocations"),
    ),
    *(
        (checks.alarms_ring_in_time, says, lambda t, name=name, to=to: properties(t, name).update(to))
        for name, says, to in [
            ("ClockFailedAlarm", "Threshold is 5", {"Threshold": 5}),
            ("EventsDroppedAlarm", "TreatMissingData is missing", {"TreatMissingData": "missing"}),
            ("EventsLateAlarm", "Threshold is 1000000000", {"Threshold": 10**9}),
            ("EventsLateAlarm", "Average of 60 s", {"Statistic": "Average"}),
            ("FunctionErrorsAlarm", "TreatMissingData is ignore", {"TreatMissingData": "ignore"}),
            ("FunctionErrorsAlarm", "Threshold is 1000000000", {"Threshold": 10**9}),
            ("FunctionThrottlesAlarm", "first bad value", {"EvaluationPeriods": 3}),
            ("HeartbeatAlarm", "TreatMissingData is missing", {"TreatMissingData": "missing"}),
            ("HeartbeatAlarm", "Threshold is -1", {"Threshold": -1}),
            ("HeartbeatAlarm", "of 3600 s", {"Period": 3600}),
            ("HighTopicAlarm", "rings for nobody", {"ActionsEnabled": False}),
            ("OnFailureQueueAlarm", "Sum of 60 s", {"Statistic": "Sum"}),
            ("StateFailuresAlarm", "is LessThanThreshold", {"ComparisonOperator": "LessThanThreshold"}),
            ("StateFailuresAlarm", "WHEN does not say", {"MetricName": "Duration"}),
        ]
    ),
    (
        checks.alarms_ring_in_time,
        "Average of 60 s",
        lambda t: on_expression(t)["Metrics"][1]["MetricStat"].update(Stat="Average"),
    ),
    (
        checks.alarms_ring_in_time,
        "sum of its metrics",
        lambda t: on_expression(t)["Metrics"][0].update(Expression="SUM(METRICS())"),
    ),
    (
        checks.alarms_ring_in_time,
        "first bad value",
        lambda t: on_expression(t).update(EvaluationPeriods=5, DatapointsToAlarm=5),
    ),
    (
        checks.bus_rules_are_whole,
        "BusPermission",
        lambda t: bus_rule(t).update(DependsOn="BusDeadLetterQueuePolicy"),
    ),
    (checks.bus_rules_are_whole, "QueuePolicy", lambda t: bus_rule(t).update(DependsOn=["BusPermission"])),
    (checks.bus_rules_are_whole, "BusPermission", lambda t: without(t["Resources"]["Clock"], "DependsOn")),
    (
        checks.bus_rules_are_whole,
        "pin",
        lambda t: without(bus_rule(t)["Properties"]["EventPattern"], "source"),
    ),
    (
        checks.bus_rules_are_whole,
        "pin",
        lambda t: bus_rule(t)["Properties"]["EventPattern"].update(source=[{"prefix": "aws"}]),
    ),
    (
        checks.bus_rules_are_whole,
        "lost",
        lambda t: without(bus_rule(t)["Properties"]["Targets"][0], "DeadLetterConfig"),
    ),
    (
        checks.denies_leave_the_owner_alone,
        "sns:Subscribe",
        lambda t: statement(t, "TopicPolicy", "NobodyElsePublishes").update(
            Action=["sns:Publish", "sns:Subscribe"]
        ),
    ),
    (
        checks.denies_leave_the_owner_alone,
        "services",
        lambda t: without(statement(t, "StateTable", "NobodyElseWrites")["Condition"], "Bool"),
    ),
    (
        checks.every_resource_has_a_reason,
        "KeepFailedEvents",
        lambda t: statement(t, "FunctionRole", "KeepFailedEvents").update(Resource="*"),
    ),
    (
        checks.every_resource_has_a_reason,
        "a reason for",
        lambda t: statement(t, "Key", "OwnerManages").update(
            Resource="arn:aws:kms:us-east-1:111122223333:key/1"
        ),
    ),
    (
        checks.everything_is_tagged,
        "OnFailureQueue",
        lambda t: without(properties(t, "OnFailureQueue"), "Tags"),
    ),
    (
        checks.is_at_home_in_each_partition,
        "arn:aws:iam",
        lambda t: statement(t, "Key", "OwnerManages").update(
            Principal={"AWS": "arn:aws:iam::111122223333:root"}
        ),
    ),
    (
        checks.is_at_home_in_each_partition,
        "eusc-de-east-1.amazonaws.com",
        lambda t: statement(t, "Key", "LogsEncrypt").update(
            Principal={"Service": {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}}
        ),
    ),
    (
        checks.is_flat,
        "nested",
        lambda t: t["Resources"].update(Nested={"Type": "AWS::CloudFormation::Stack", "Properties": {}}),
    ),
    (checks.is_flat, "Transform", lambda t: t.update(Transform="AWS::LanguageExtensions")),
    (
        checks.is_under_the_key,
        "KmsKey=create its key is None",
        lambda t: without(properties(t, "LogGroup"), "KmsKeyId"),
    ),
    (
        checks.is_under_the_key,
        "KmsKey=none its key is alias/aws/sns",
        lambda t: properties(t, "HighTopic").update(KmsMasterKeyId="alias/aws/sns"),
    ),
    (
        checks.is_under_the_key,
        "KmsKey=arn:aws:kms:us-east-1:111122223333:key/given its key is None",
        lambda t: properties(t, "StateTable").update(
            SSESpecification={
                "Fn::If": [
                    "CreatesKey",
                    {"SSEEnabled": True, "KMSMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
                    {"Ref": "AWS::NoValue"},
                ]
            }
        ),
    ),
    *(
        (
            checks.metrics_pass_every_level,
            f"{key} is {value}",
            lambda t, key=key, value=value: properties(t, "Function")["LoggingConfig"].update({key: value}),
        )
        for key, value in [("ApplicationLogLevel", "WARN"), ("LogFormat", "Text"), ("LogGroup", "another")]
    ),
    (
        checks.metrics_pass_every_level,
        "with LogLevel=ERROR ApplicationLogLevel is ERROR",
        lambda t: properties(t, "Function")["LoggingConfig"].update(ApplicationLogLevel={"Ref": "LogLevel"}),
    ),
    (
        checks.metrics_pass_every_level,
        "IAM_RESPONDER_LOG_LEVEL is None",
        lambda t: without(properties(t, "Function")["Environment"]["Variables"], "IAM_RESPONDER_LOG_LEVEL"),
    ),
    (
        checks.names_are_free_again,
        "outlives",
        lambda t: properties(t, "StateTable").update(TableName={"Fn::Sub": "${NamePrefix}-state"}),
    ),
    (
        checks.names_are_free_again,
        "changes",
        lambda t: properties(t, "CriticalTopic").update(TopicName={"Fn::Sub": "${AWS::StackName}-critical"}),
    ),
    (
        checks.names_are_free_again,
        "deleted",
        lambda t: t["Resources"]["LogGroup"].update(DeletionPolicy="Delete"),
    ),
    (
        checks.names_fit,
        "is not of the form",
        lambda t: properties(t, "FunctionRole").update(
            RoleName={"Fn::Sub": "${NamePrefix}-role-of-the-function-${AWS::Region}"}
        ),
    ),
    (checks.names_fit, "prefix", lambda t: properties(t, "Function").update(FunctionName="iam-responder")),
    (checks.names_fit, "is not of the form", lambda t: without(properties(t, "Dashboard"), "DashboardName")),
    (
        checks.names_fit,
        "no kind",
        lambda t: t["Resources"].update(New={"Type": "AWS::SSM::Parameter", "Properties": {}}),
    ),
    (
        checks.names_fit,
        "inline",
        lambda t: statement(t, "FunctionRole", "KeepFailedEvents").update(
            Resource=[f"arn:aws:sqs:us-east-1:111122223333:queue-{number}" for number in range(200)]
        ),
    ),
    (
        checks.nobody_is_everybody,
        "everybody is allowed",
        lambda t: statement(t, "TopicPolicy", "FunctionPublishes").update(Principal={"AWS": "*"}),
    ),
    (
        checks.nobody_is_everybody,
        "without a condition",
        lambda t: without(statement(t, "OnFailureQueuePolicy", "NobodyElseSends"), "Condition"),
    ),
    (
        checks.parameters_are_checked,
        "description",
        lambda t: without(t["Parameters"]["KmsKey"], "Description"),
    ),
    (
        checks.parameters_are_checked,
        "takes anything",
        lambda t: without(t["Parameters"]["TagKey"], "AllowedPattern"),
    ),
    (
        checks.parameters_are_checked,
        "takes anything",
        lambda t: without(t["Parameters"]["MemorySize"], "MinValue"),
    ),
    (
        checks.parameters_are_checked,
        "begin in ^",
        lambda t: t["Parameters"]["RolePath"].update(AllowedPattern="/.*"),
    ),
    (
        checks.parameters_are_checked,
        "default",
        lambda t: t["Parameters"]["NamePrefix"].update(Default="Too-Big"),
    ),
    (
        checks.patterns_fit,
        "EventBridge takes",
        lambda t: bus_rule(t)["Properties"]["EventPattern"].update(detail={"eventName": ["x" * 2048]}),
    ),
    (  # fits with a stack's name of 50 characters, and not with one of 128
        checks.patterns_fit,
        "EventBridge takes",
        lambda t: bus_rule(t)["Properties"]["EventPattern"].update(
            detail={"eventName": [{"Fn::Sub": "${AWS::StackName}"}] * 16}
        ),
    ),
    (
        checks.permissions_let_bus_rules_in,
        "SourceArn is None",
        lambda t: without(properties(t, "BusPermission"), "SourceArn"),
    ),
    (
        checks.permissions_let_bus_rules_in,
        "SourceArn is arn:aws:events:us-east-1:111122223333:rule/*",
        lambda t: properties(t, "BusPermission").update(
            SourceArn={"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/*"}
        ),
    ),
    (
        checks.permissions_let_bus_rules_in,
        "Principal is *",
        lambda t: properties(t, "BusPermission").update(Principal="*"),
    ),
    (
        checks.permissions_let_bus_rules_in,
        "one permission",
        lambda t: t["Resources"].update(Second=copy.deepcopy(t["Resources"]["BusPermission"])),
    ),
    (
        checks.permissions_let_bus_rules_in,
        "cannot call the function",
        lambda t: bus_rule(t)["Properties"].update(Name={"Fn::Sub": "${NamePrefix}"}),
    ),
    (
        checks.permissions_name_no_account,
        "Lambda",
        lambda t: properties(t, "BusPermission").update(SourceAccount={"Ref": "AWS::AccountId"}),
    ),
    (
        checks.permissions_name_no_account,
        "KMS",
        lambda t: statement(t, "Key", "BusRulesWriteDeadLetters").update(
            Condition={"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        ),
    ),
    (checks.talks_tls_only, "AlarmTopic", lambda t: without(t["Resources"], "AlarmTopicPolicy")),
    (
        checks.talks_tls_only,
        "LowTopic",
        lambda t: properties(t, "TopicPolicy")["Topics"].remove({"Ref": "LowTopic"}),
    ),
    (
        checks.talks_tls_only,
        "OnFailureQueue",
        lambda t: statement(t, "OnFailureQueuePolicy", "NobodyTalksInClear").update(Action="sqs:SendMessage"),
    ),
    (
        checks.talks_tls_only,
        "BusDeadLetterQueue",
        lambda t: statement(t, "BusDeadLetterQueuePolicy", "NobodyTalksInClear")["Condition"].update(
            ArnLike={"aws:SourceArn": "*"}
        ),
    ),
    (
        checks.talks_tls_only,
        "StateTable: dynamodb:PutItem",
        lambda t: statement(t, "StateTable", "NobodyWritesInClear")["Action"].remove("dynamodb:PutItem"),
    ),
    (
        checks.talks_tls_only,
        "StateTable: dynamodb:UpdateItem",
        lambda t: without(properties(t, "StateTable"), "ResourcePolicy"),
    ),
    (
        checks.what_is_remembered_lasts,
        "TrailBucket: a creation that fails",
        lambda t: t["Resources"]["TrailBucket"].update(DeletionPolicy="RetainExceptOnCreate"),
    ),
    (
        checks.what_is_remembered_lasts,
        "DeletionProtectionEnabled",
        lambda t: properties(t, "StateTable").update(DeletionProtectionEnabled=False),
    ),
    (
        checks.what_is_remembered_lasts,
        "point-in-time",
        lambda t: without(properties(t, "StateTable"), "PointInTimeRecoverySpecification"),
    ),
    (
        checks.what_is_remembered_lasts,
        "LogGroup: an update",
        lambda t: without(t["Resources"]["LogGroup"], "UpdateReplacePolicy"),
    ),
]


@pytest.mark.parametrize(("check", "says", "spoil"), SPOILS)
def test_spoilt_template_is_found(check, says, spoil):
    template = copy.deepcopy(read(ROOT / "infra/responder.yaml"))
    before = set(check(template))
    spoil(template)
    found = set(check(template)) - before
    assert any(says in fault for fault in found), found


@pytest.mark.parametrize(
    ("periods", "found"),
    [
        ({"EvaluationPeriods": 5, "DatapointsToAlarm": 1}, False),
        ({"EvaluationPeriods": 1}, True),
        ({"EvaluationPeriods": 5}, True),
        ({"EvaluationPeriods": 3, "DatapointsToAlarm": 3}, True),
    ],
)
def test_an_alarm_on_an_expression_that_looks_at_too_little_is_found(periods, found):
    template = copy.deepcopy(read(ROOT / "infra/responder.yaml"))
    for resource in template["Resources"].values():
        if "Metrics" in resource.get("Properties", {}):
            resource["Properties"].pop("DatapointsToAlarm", None)
            resource["Properties"].update(periods)
    assert any(checks.alarms_on_expressions_look_back(template)) == found


def test_a_pattern_outside_of_the_marks_is_found():
    text = (ROOT / "infra/responder.yaml").read_text()
    begin, end = f"{checks.BUS_RULES_BEGIN}\n", f"{checks.BUS_RULES_END}\n"
    for spoilt in [
        text.replace(begin, f"      EventPattern: {{source: [aws.iam]}}\n{begin}"),
        text.replace(end, f'{end}      "EventPattern": {{"source": ["aws.iam"]}}\n'),
        text.replace(begin, ""),
        text.replace(end, begin),
        text.replace(end, f"{end}{begin}{end}"),
    ]:
        assert spoilt != text
        assert any(checks.patterns_are_generated(spoilt))


def actions_of_the_role(template):
    """What the function's role may do, each action once."""
    (policy,) = resolved(template, checks.EVERYTHING)["FunctionRole"]["Properties"]["Policies"]
    return {action for each in policy["PolicyDocument"]["Statement"] for action in as_list(each["Action"])}


def test_the_page_says_what_a_boundary_must_allow():
    template, page = copy.deepcopy(read(ROOT / "infra/responder.yaml")), (ROOT / "infra/README.md").read_text()
    _, _, text = page.partition("\n**A boundary** must allow ")
    written = set(re.findall(r"`([a-z]+:[A-Za-z]+)`", text.partition("\n\n")[0]))
    assert written == actions_of_the_role(template)
    statement(template, "FunctionRole", "KeepFailedEvents")["Action"] = "sqs:SendMessageBatch"
    assert written != actions_of_the_role(template)


WHAT_TO_DO = 'What to do: "When an alarm rings" in infra/README.md.'


def without_advice(template):
    """Alarms outside of the marks whose mail does not say where to look."""
    alarms = [each["Properties"] for each in template["Resources"].values() if "AlarmDescription" in str(each)]
    written = [each for each in alarms if "Metrics" not in each]
    assert len(written) > 10
    return [each["AlarmName"] for each in written if not each["AlarmDescription"].endswith(WHAT_TO_DO)]


def test_every_alarm_says_where_to_look():
    template, page = copy.deepcopy(read(ROOT / "infra/responder.yaml")), (ROOT / "infra/README.md").read_text()
    assert "\n## When an alarm rings\n" in page
    assert without_advice(template) == []
    properties(template, "HeartbeatAlarm")["AlarmDescription"] = "It rings."
    assert len(without_advice(template)) == 1


def test_only_a_key_of_the_stack_is_an_output():
    """A key that its owner brought must not be deleted with what the stack leaves."""
    output = read(ROOT / "infra/responder.yaml")["Outputs"]["KeyArn"]
    assert (output["Condition"], output["Value"]) == ("CreatesKey", {"Fn::GetAtt": ["Key", "Arn"]})


def test_the_role_keeps_within_its_boundary():
    role = resolved(read(ROOT / "infra/responder.yaml"), checks.EVERYTHING)["FunctionRole"]["Properties"]
    assert role["PermissionsBoundary"] == checks.EVERYTHING.parameters["PermissionsBoundary"]


def test_every_check_is_shown_to_find_something():
    shown = {check for check, _, _ in SPOILS} | {checks.alarms_on_expressions_look_back}
    assert {getattr(check, "values", [check])[0] for check in OF_TEMPLATES} == shown


def test_too_large_a_template_is_found():
    deploy = "```sh\naws cloudformation deploy --region us-east-1{}\n```\n"
    large, huge = "x" * 51_201, "x" * 1_048_577
    assert any(checks.is_deployable(large, deploy.format("")))
    assert not any(checks.is_deployable(large, deploy.format(" --s3-bucket B")))
    assert any(checks.is_deployable(huge, deploy.format(" --s3-bucket B")))
    assert any(checks.is_deployable("x", "nothing"))
