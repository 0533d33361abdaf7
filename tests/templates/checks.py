"""What must be true of every template of infra/ and of its documentation, and no tool sees.

Each check gives the faults that it finds, as sentences; test_gates.py shows that each finds something.
"""

import json
import re
from dataclasses import replace

from reasons import EVERY_RESOURCE
from templates import LONGEST, Deployment, Resolver, as_list, policies, resolved, statements

PATTERN_CHARACTERS_MAX = 2048  # EventBridge quotas page: "Event pattern size", adjustable
TEMPLATE_BYTES_MAX = 51_200  # CloudFormation quotas page: template body in a request
TEMPLATE_BYTES_IN_S3_MAX = 1_048_576  # the same page: template body in an S3 object
INLINE_POLICIES_CHARACTERS_MAX = 10_240  # IAM quotas page: all inline policies of a role, without white space

# Property that names a resource, and the form that its service takes.
NAMES = {
    "AWS::CloudTrail::Trail": ("TrailName", r"[A-Za-z0-9._-]{3,128}"),
    "AWS::CloudWatch::Alarm": ("AlarmName", r"[ -~]{1,255}"),
    "AWS::CloudWatch::Dashboard": ("DashboardName", r"[A-Za-z0-9_-]{1,255}"),
    "AWS::DynamoDB::Table": ("TableName", r"[A-Za-z0-9_.-]{3,255}"),
    "AWS::Events::Rule": ("Name", r"[A-Za-z0-9_.-]{1,64}"),
    "AWS::IAM::Role": ("RoleName", r"[A-Za-z0-9_+=,.@-]{1,64}"),
    "AWS::KMS::Alias": ("AliasName", r"alias/[A-Za-z0-9/_-]{1,250}"),
    "AWS::Lambda::Function": ("FunctionName", r"[A-Za-z0-9_-]{1,64}"),
    "AWS::Logs::LogGroup": ("LogGroupName", r"[A-Za-z0-9_/.#-]{1,512}"),
    "AWS::S3::Bucket": ("BucketName", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "AWS::SNS::Topic": ("TopicName", r"[A-Za-z0-9_-]{1,256}"),
    "AWS::SQS::Queue": ("QueueName", r"[A-Za-z0-9_-]{1,80}"),
}
NAMELESS = {  # KMS makes the ID of a key; the others belong to a resource that has a name
    *("AWS::KMS::Key", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::S3::BucketPolicy"),
    *("AWS::SNS::Subscription", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"),
}
# Where the key stands, of what holds data; the topic of the alarms has none.
KEYED = {
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
}
KEYLESS = {"AlarmTopic"}
LASTING = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}
UNDELETABLE = {"AWS::DynamoDB::Table", "AWS::S3::Bucket"}  # protected, or not empty once a file came
TAGLESS = NAMELESS - {"AWS::KMS::Key"} | {"AWS::KMS::Alias"}

# What a deny may name beside plain HTTP: writing data.
DATA_WRITES = {
    *("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert"),
    *("dynamodb:PartiQLUpdate", "dynamodb:PutItem", "dynamodb:UpdateItem", "sns:Publish", "sqs:SendMessage"),
}

# What alarms must watch: for each resource of a kind, and for the function's own metrics.
ALARMED = {
    "AWS::Events::Rule": {
        ("AWS/Events", "FailedInvocations", "RuleName"),
        ("AWS/Events", "InvocationsFailedToBeSentToDlq", "RuleName"),
    },
    "AWS::Lambda::Function": {
        *(("AWS/Lambda", metric, "FunctionName") for metric in ("Errors", "Throttles", "AsyncEventsDropped")),
        *(
            ("AWS/Lambda", metric, "FunctionName")
            for metric in ("AsyncEventAge", "DestinationDeliveryFailures")
        ),
        *(("iam-responder", metric, "FunctionName") for metric in ("StateFailures", "Heartbeat")),
    },
    "AWS::SNS::Topic": {("AWS/SNS", "NumberOfNotificationsFailed", "TopicName")},
    "AWS::SQS::Queue": {("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName")},
}
# When an alarm on a metric rings: statistic, operator, threshold, what a missing value counts as, and over how
# many seconds.
WHEN = {
    **{
        metric: ("Sum", "GreaterThanThreshold", 0, "notBreaching", 60)
        for metric in (
            *("FailedInvocations", "InvocationsFailedToBeSentToDlq", "Errors", "Throttles"),
            *("AsyncEventsDropped", "DestinationDeliveryFailures", "NumberOfNotificationsFailed"),
        )
    },
    "StateFailures": ("Sum", "GreaterThanThreshold", 0, "notBreaching", 300),
    "ApproximateNumberOfMessagesVisible": ("Maximum", "GreaterThanThreshold", 0, "notBreaching", 60),
    "AsyncEventAge": ("Maximum", "GreaterThanThreshold", 5 * 60 * 1000, "notBreaching", 60),  # milliseconds
    "Heartbeat": ("Sum", "LessThanThreshold", 1, "breaching", 15 * 60),
}
UNWATCHED = {
    ("AlarmTopic", "NumberOfNotificationsFailed"): "its alarm would go the same way",
    (
        "Clock",
        "InvocationsFailedToBeSentToDlq",
    ): "it has no dead-letter queue: the next strike comes in five minutes",
}

OPERATOR = "arn:aws:iam::111122223333:role/operator"
SEEDER = "arn:aws:iam::111122223333:role/seed"
EVERYTHING = Deployment(  # each condition is true
    {
        "KmsKey": "create",
        "OperatorRoleArns": OPERATOR,
        "SeedRoleArns": SEEDER,
        "DeploymentRoleArns": "arn:aws:iam::111122223333:role/deploy",
        "TopicArns": "arn:aws:sns:us-east-1:111122223333:security",
        "Trail": "create",
        "DeliverReadOnlyEvents": "true",
        "ReservedConcurrency": "10",
        "PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary",
        "RulesFolder": "/var/task/rules",
        **{
            f"{name}Mail": "you@example.com"
            for name in ("Critical", "High", "Medium", "Low", "Informational", "Alarm")
        },
    }
)
LONGEST_OF_ALL = replace(LONGEST, parameters=EVERYTHING.parameters | LONGEST.parameters)


def of_type(resources, *kinds):
    return {name: each for name, each in resources.items() if each["Type"] in kinds}


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def patterns_fit(template):
    for name, rule in of_type(resolved(template, LONGEST_OF_ALL), "AWS::Events::Rule").items():
        length = len(compact(rule["Properties"].get("EventPattern", {})))
        if length > PATTERN_CHARACTERS_MAX:
            yield f"{name}: the pattern has {length} characters, EventBridge takes {PATTERN_CHARACTERS_MAX}"


def bus_rules_are_whole(template):
    """Each pins its source on AWS, keeps what it cannot hand over, and comes after what lets it."""
    for name, rule in of_type(template["Resources"], "AWS::Events::Rule").items():
        properties = rule["Properties"]
        wanted = {"BusPermission"}
        if "EventPattern" in properties:
            wanted.add("BusDeadLetterQueuePolicy")
            sources = properties["EventPattern"].get("source", [])
            pinned = [each.get("prefix", "") if isinstance(each, dict) else each for each in sources]
            if not sources or not all(each.startswith("aws.") for each in pinned):
                yield f"{name}: its pattern takes events that anybody can send; pin `source` on `aws.`"
            if not all("DeadLetterConfig" in target for target in properties["Targets"]):
                yield f"{name}: an event that cannot be handed over is lost; it needs a DeadLetterConfig"
        missing = wanted - set(as_list(rule.get("DependsOn", [])))
        if missing:
            yield f"{name}: must depend on {sorted(missing)}, or its first events are lost"


def permissions_name_no_account(template):
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Permission" and "SourceAccount" in resource["Properties"]:
            yield f"{name}: EventBridge sends Lambda no SourceAccount, so this permission lets nobody in"
        if resource["Type"] == "AWS::KMS::Key" and "SourceAccount" in compact(resource["Properties"]):
            yield f"{name}: EventBridge sends KMS no aws:SourceAccount, so this policy lets nobody in"


def permissions_let_bus_rules_in(template):
    """That one permission lets in every bus rule of this prefix, and nothing else."""
    resources = resolved(template, EVERYTHING)
    where, prefix = EVERYTHING, "iam-responder"
    wanted = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": prefix,
        "Principal": "events.amazonaws.com",
        "SourceArn": f"arn:{where.partition}:events:{where.region}:{where.account}:rule/{prefix}-*",
    }
    permissions = of_type(resources, "AWS::Lambda::Permission")
    if len(permissions) != 1:
        yield f"{sorted(permissions)}: one permission for all bus rules, as the function's policy takes 20 KB"
    for name, permission in permissions.items():
        for key, value in wanted.items():
            if permission["Properties"].get(key) != value:
                yield f"{name}: {key} is {permission['Properties'].get(key)}, and should be {value}"
    for name, rule in of_type(resources, "AWS::Events::Rule").items():
        if not rule["Properties"]["Name"].startswith(f"{prefix}-"):
            yield f"{name}: its name does not begin with `{prefix}-`, so that it cannot call the function"


def is_flat(template):
    for name in of_type(template["Resources"], "AWS::CloudFormation::Stack"):
        yield f"{name}: StackSets refuse nested stacks"
    if "Transform" in template:
        yield "Transform: needs CAPABILITY_AUTO_EXPAND, which StackSets of an organization do not have"


def names_fit(template):
    for name, resource in resolved(template, LONGEST_OF_ALL).items():
        kind, properties = resource["Type"], resource["Properties"]
        if kind in NAMELESS:
            continue
        if kind not in NAMES:
            yield f"{name}: of no kind that checks.py knows the limits of: {kind}"
            continue
        key, form = NAMES[kind]
        if not re.fullmatch(form, properties.get(key, "")):
            yield f"{name}: {key} `{properties.get(key)}` is not of the form {form}"
        if "a" * 32 not in properties.get(key, ""):
            yield f"{name}: {key} `{properties.get(key)}` does not begin with the prefix"
        if kind == "AWS::IAM::Role":
            length = sum(len(compact(policy["PolicyDocument"])) for policy in properties["Policies"])
            if length > INLINE_POLICIES_CHARACTERS_MAX:
                yield f"{name}: inline policies of {length} characters, of {INLINE_POLICIES_CHARACTERS_MAX}"


def names_are_free_again(template):
    """What outlives its stack has another name in the next one; nothing else hangs on the stack's name or ID."""
    first, second = (
        resolved(template, Deployment(EVERYTHING.parameters, stack=stack, stack_id=stack_id))
        for stack, stack_id in [
            ("one", "5b7f1e20-8d0c-11ef-9a3c-0affd3b1c2e5"),
            ("StackSet-two", "6c8a2f31-8d0c-11ef-9a3c-12b0e4c2d3f6"),
        ]
    )
    for name, resource in first.items():
        kind = resource["Type"]
        if kind not in NAMES:
            continue
        key = NAMES[kind][0]
        changes = resource["Properties"].get(key) != second[name]["Properties"].get(key)
        kept = "Retain" in resource.get("DeletionPolicy", "Delete")
        if kind in LASTING and not kept:
            yield f"{name}: is deleted with the stack, and with it what people look for later"
        if kept and not changes:
            yield f"{name}: outlives the stack, so the next stack cannot be made: end {key} in the stack's ID"
        if not kept and changes:
            yield f"{name}: {key} changes with the stack, so that the prefix does not identify it"


def what_is_remembered_lasts(template):
    for name, resource in resolved(template, EVERYTHING).items():
        kind, properties = resource["Type"], resource["Properties"]
        if kind in LASTING and resource.get("UpdateReplacePolicy") != "Retain":
            yield f"{name}: an update that replaces it deletes it; it needs UpdateReplacePolicy: Retain"
        if kind in UNDELETABLE and resource.get("DeletionPolicy") != "Retain":
            yield f"{name}: a creation that fails would delete it and stop there; it needs DeletionPolicy: Retain"
        if kind == "AWS::DynamoDB::Table":
            if properties.get("DeletionProtectionEnabled") is not True:
                yield f"{name}: can be deleted by mistake; it needs DeletionProtectionEnabled"
            recovery = properties.get("PointInTimeRecoverySpecification", {})
            if recovery.get("PointInTimeRecoveryEnabled") is not True:
                yield f"{name}: what was deleted from it is lost; it needs point-in-time recovery"


def is_under_the_key(template):
    """Created, given or none: the key of each topic of a severity, queue, table and log group is that one."""
    created = Resolver(template, EVERYTHING).value({"Fn::GetAtt": ["Key", "Arn"]})
    given = "arn:aws:kms:us-east-1:111122223333:key/given"
    for parameter, key in [("create", created), (given, given), ("none", None)]:
        where = replace(EVERYTHING, parameters=EVERYTHING.parameters | {"KmsKey": parameter})
        resolver = Resolver(template, where)
        for name, resource in of_type(template["Resources"], *KEYED).items():
            if name in KEYLESS:
                continue
            has = resolver.value(resource["Properties"])
            for step in KEYED[resource["Type"]]:
                has = has.get(step, {})
            if (has or None) != key:
                yield f"{name}: with KmsKey={parameter} its key is {has or None}, and should be {key}"


def metrics_pass_every_level(template):
    """Lambda drops no line of the log, at any LogLevel: a line of metrics has no level."""
    for level in template["Parameters"]["LogLevel"]["AllowedValues"]:
        where = replace(EVERYTHING, parameters=EVERYTHING.parameters | {"LogLevel": level})
        resolver = Resolver(template, where)
        wanted = {
            "ApplicationLogLevel": "TRACE",
            "LogFormat": "JSON",
            "LogGroup": resolver.value({"Ref": "LogGroup"}),
        }
        for name, function in of_type(template["Resources"], "AWS::Lambda::Function").items():
            properties = resolver.value(function["Properties"])
            has = properties.get("LoggingConfig", {})
            for key, value in wanted.items():
                if has.get(key) != value:
                    yield f"{name}: with LogLevel={level} {key} is {has.get(key)}, and should be {value}"
            own = properties["Environment"]["Variables"].get("IAM_RESPONDER_LOG_LEVEL")
            if own != level:
                yield f"{name}: with LogLevel={level} IAM_RESPONDER_LOG_LEVEL is {own}"


def talks_tls_only(template):
    resources = resolved(template, EVERYTHING)
    refused = {}  # ARN or URL of a queue, topic or bucket: the actions that plain HTTP is refused
    for policy in of_type(
        resources, "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"
    ).values():
        properties = policy["Properties"]
        places = properties.get("Topics") or properties.get("Queues") or [properties["Bucket"]]
        for statement in statements(properties["PolicyDocument"]):
            if (
                statement["Effect"] == "Deny"
                and statement["Principal"] == "*"
                and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            ):
                for place in places:
                    refused.setdefault(place, set()).update(as_list(statement["Action"]))
    wanted = {"AWS::SNS::Topic": "sns:Publish", "AWS::SQS::Queue": "sqs:*", "AWS::S3::Bucket": "s3:*"}
    resolver = Resolver(template, EVERYTHING)
    for name in of_type(resources, *wanted):
        place, action = resolver.value({"Ref": name}), wanted[resources[name]["Type"]]
        if action not in refused.get(place, ()):
            yield f"{name}: {action} is not refused over plain HTTP"
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        document = table["Properties"].get("ResourcePolicy", {}).get("PolicyDocument", {"Statement": []})
        refused = {
            action
            for statement in statements(document)
            if (statement["Effect"], statement["Principal"], statement["Resource"]) == ("Deny", "*", "*")
            and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            for action in as_list(statement["Action"])
        }
        for action in sorted(each for each in DATA_WRITES if each.startswith("dynamodb:")):
            if action not in refused:
                yield f"{name}: {action} is not refused over plain HTTP"


def every_resource_has_a_reason(template):
    used = set()
    for name, _, policy in policies(resolved(template, EVERYTHING)):
        for statement in statements(policy):
            if "*" in as_list(statement.get("Resource", [])):
                place = (name, statement.get("Sid"))
                used.add(place)
                if place not in EVERY_RESOURCE:
                    yield f"{name} {statement.get('Sid')}: Resource `*` has no reason in EVERY_RESOURCE"
    for place in EVERY_RESOURCE.keys() - used:
        yield f"{place}: a reason for a statement that does not say Resource `*`"


def nobody_is_everybody(template):
    for name, _, policy in policies(resolved(template, EVERYTHING)):
        for statement in statements(policy):
            principal = statement.get("Principal")
            everybody = principal == "*" or (
                isinstance(principal, dict) and "*" in as_list(principal.get("AWS", []))
            )
            if everybody and statement["Effect"] == "Allow":
                yield f"{name} {statement.get('Sid')}: everybody is allowed"
            if everybody and not statement.get("Condition"):
                yield f"{name} {statement.get('Sid')}: Principal `*` without a condition"


def denies_leave_the_owner_alone(template):
    for name, kind, policy in policies(resolved(template, EVERYTHING)):
        for statement in statements(policy):
            condition = statement.get("Condition", {})
            if (
                kind != "resource"
                or statement["Effect"] != "Deny"
                or "aws:SecureTransport" in condition.get("Bool", {})
            ):
                continue
            more = set(as_list(statement["Action"])) - DATA_WRITES
            if more:
                yield f"{name} {statement['Sid']}: denies {sorted(more)}, which does not write data"
            # A service has no aws:PrincipalArn: it is never one that is named, and always one that is not.
            names_somebody = "aws:PrincipalArn" in condition.get("ArnEquals", {})
            if not names_somebody and condition.get("Bool", {}).get("aws:PrincipalIsAWSService") != "false":
                yield f"{name} {statement['Sid']}: also denies services of AWS, which have no aws:PrincipalArn"


PARTITIONS = [
    Deployment(EVERYTHING.parameters, partition, region, suffix)
    for partition, region, suffix in [
        ("aws", "us-east-1", "amazonaws.com"),
        ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
        ("aws-cn", "cn-north-1", "amazonaws.com.cn"),
        ("aws-eusc", "eusc-de-east-1", "amazonaws.eu"),
    ]
]


ALARM_METRICS_MAX = 10  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html


def is_at_home_in_each_partition(template):
    """ARNs and names of services are those of the partition. A principal of a service ends in amazonaws.com
    everywhere, but for one with a Region in it; event sources end so everywhere."""
    for where in PARTITIONS:
        for name, resource in resolved(template, where).items():
            texts = json.dumps(
                {key: each for key, each in resource["Properties"].items() if key != "EventPattern"}
            )
            given = set(json.dumps(list(where.parameters.values())).split('"'))
            foreign = {
                arn for arn in re.findall(r"arn:[^\"]+", texts) if arn.split(":")[1] != where.partition
            } - given
            for arn in foreign:
                yield f"{name}: {arn} in the partition {where.partition}"
            for host in re.findall(r"[a-z0-9-]+\.([a-z0-9-]+)\.(amazonaws\.[a-z.]+)", texts):
                if host != (where.region, where.suffix):
                    yield f"{name}: {'.'.join(host)} in the partition {where.partition}"


def metrics_of(alarm):
    """The metrics that an alarm looks at, with statistic and period: its own, or those of its expression."""
    queries = [each["MetricStat"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    if not queries:
        return [alarm]
    return [each["Metric"] | {"Statistic": each["Stat"], "Period": each["Period"]} for each in queries]


# Metrics that the dashboard must show, each with one of its statistics.
SHOWN = {
    *(
        ("EventsReceived", "Sum"),
        ("EventsSuppressed", "Sum"),
        ("EventsDeduplicated", "Sum"),
        ("Heartbeat", "Sum"),
    ),
    *((f"Alerts{severity}", "Sum") for severity in ("Critical", "High", "Medium", "Low", "Informational")),
    *(
        ("DetectionDelay", "p50"),
        ("DetectionDelay", "p99"),
        ("ApproximateNumberOfMessagesVisible", "Maximum"),
    ),
}


def dashboard_shows(template):
    for name, dashboard in of_type(resolved(template), "AWS::CloudWatch::Dashboard").items():
        shown = set()
        for widget in json.loads(dashboard["Properties"]["DashboardBody"])["widgets"]:
            properties = widget["properties"]
            if properties["region"] != Deployment().region:
                yield f"{name}: shows another Region"
            for _, metric, _, value, *more in properties["metrics"]:
                shown.add((metric, more[0]["stat"] if more else properties["stat"]))
                if not value.startswith("iam-responder"):
                    yield f"{name}: {metric} of {value}, which is not of this prefix"
        for missing in SHOWN - shown:
            yield f"{name}: does not show {missing}"


def alarms_ring(template):
    resources = resolved(template, EVERYTHING)
    topic = Resolver(template, EVERYTHING).value({"Ref": "AlarmTopic"})
    if "KmsMasterKeyId" in resources["AlarmTopic"]["Properties"]:
        yield "AlarmTopic: has a key, so no alarm reports that the key is broken"
    watched = set()
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        properties = alarm["Properties"]
        for key in ("AlarmActions", "OKActions"):
            if properties.get(key) != [topic]:
                yield f"{name}: {key} must be the alarm topic"
        watched |= {
            (metric["Namespace"], metric["MetricName"], dimension["Name"], dimension["Value"])
            for metric in metrics_of(properties)
            for dimension in metric["Dimensions"]
        }
        if len(properties.get("Metrics", [])) > ALARM_METRICS_MAX + 1:
            yield f"{name}: an alarm takes {ALARM_METRICS_MAX} metrics"
    for name, resource in of_type(resources, *ALARMED).items():
        own = resource["Properties"][NAMES[resource["Type"]][0]]
        for namespace, metric, dimension in ALARMED[resource["Type"]]:
            is_watched = (namespace, metric, dimension, own) in watched
            if is_watched == ((name, metric) in UNWATCHED):
                yield f"{name}: {'an' if is_watched else 'no'} alarm on {metric} of {dimension} {own}"


def alarms_ring_in_time(template):
    """Each alarm rings at the first bad value, and a value that is missing counts as WHEN says."""
    for name, alarm in of_type(resolved(template, EVERYTHING), "AWS::CloudWatch::Alarm").items():
        own = alarm["Properties"]
        metrics = metrics_of(own)
        names = {metric["MetricName"] for metric in metrics}
        if len(names) != 1 or not names <= WHEN.keys():
            yield f"{name}: WHEN does not say when an alarm on {sorted(names)} must ring"
            continue
        statistic, operator, threshold, missing, seconds = WHEN[names.pop()]
        for key, wanted in [
            ("ComparisonOperator", operator),
            ("Threshold", threshold),
            ("TreatMissingData", missing),
        ]:
            if own.get(key) != wanted:
                yield f"{name}: {key} is {own.get(key)}, and should be {wanted}"
        for metric in metrics:
            has = metric["Statistic"], metric["Period"]
            if has != (statistic, seconds):
                yield f"{name}: takes the {has[0]} of {has[1]} s, and should take the {statistic} of {seconds} s"
        if own.get("DatapointsToAlarm", own["EvaluationPeriods"]) != 1:
            yield f"{name}: must ring at the first bad value"
        if own.get("ActionsEnabled", True) is not True:
            yield f"{name}: ActionsEnabled is off, so that it rings for nobody"
        shown = [each for each in own.get("Metrics", []) if each.get("ReturnData", True)]
        if "Metrics" in own and [each.get("Expression") for each in shown] != ["SUM(FILL(METRICS(), 0))"]:
            yield f"{name}: must look at the sum of its metrics, with 0 for each that is missing"


def alarms_on_expressions_look_back(template):
    """An expression that fills gaps has a value before all its metrics have theirs. A figure that comes late
    counts only where the alarm looks back."""
    for name, alarm in of_type(resolved(template, EVERYTHING), "AWS::CloudWatch::Alarm").items():
        own = alarm["Properties"]
        periods = own["EvaluationPeriods"]
        if "Metrics" in own and periods <= own.get("DatapointsToAlarm", periods):
            yield f"{name}: looks at {periods} periods only, so that it misses a figure that comes late"


def parameters_are_checked(template):
    for name, spec in template.get("Parameters", {}).items():
        if len(spec.get("Description", "")) < 20:
            yield f"{name}: has no description"
        is_checked = (
            "AllowedValues" in spec
            or {"AllowedPattern", "ConstraintDescription"} <= set(spec)
            or {"MinValue", "MaxValue"} <= set(spec)
        )
        if not is_checked:
            yield (
                f"{name}: takes anything; give it AllowedValues, AllowedPattern and ConstraintDescription, "
                "or MinValue and MaxValue"
            )
        pattern = spec.get("AllowedPattern")
        if pattern and not (pattern.startswith("^") and pattern.endswith("$")):
            yield f"{name}: its pattern must begin in ^ and end in $"
        if pattern and not re.fullmatch(pattern, str(spec["Default"])):
            yield f"{name}: its default `{spec['Default']}` is not of its form"


def everything_is_tagged(template):
    tags = [{"Key": "application", "Value": "iam-responder"}]
    for name, resource in resolved(template, EVERYTHING).items():
        if resource["Type"] not in TAGLESS and resource["Properties"].get("Tags") != tags:
            yield f"{name}: does not have the tag of TagKey and TagValue"


BUS_RULES_BEGIN = "  # BEGIN bus rules: generated by `iam-responder bus-rules --into infra/responder.yaml`"
BUS_RULES_END = "  # END bus rules"


def patterns_are_generated(text):
    """That no pattern stands outside of the two marks: tests of bus_rules compare what is between them with the
    rules, and measure its complexity."""
    lines = text.splitlines()
    marks = [number for number, line in enumerate(lines) if line in (BUS_RULES_BEGIN, BUS_RULES_END)]
    if [lines[number] for number in marks] != [BUS_RULES_BEGIN, BUS_RULES_END]:
        yield f"must hold once each, in this order: `{BUS_RULES_BEGIN.strip()}`, `{BUS_RULES_END.strip()}`"
        return
    for number, line in enumerate(lines, 1):
        if "EventPattern" in line and not marks[0] < number - 1 < marks[1]:
            yield f"line {number}: a pattern outside of the marks, which nobody measures"


def is_deployable(text, readme):
    """That the template fits into the request, or the documentation deploys it through a bucket."""
    size = len(text.encode())
    commands = [each for each in commands_of(readme) if "cloudformation deploy" in each]
    if not commands:
        yield "no command deploys it"
    if size > TEMPLATE_BYTES_IN_S3_MAX:
        yield f"the template has {size} bytes, of {TEMPLATE_BYTES_IN_S3_MAX}"
    elif size > TEMPLATE_BYTES_MAX:
        yield from (
            f"the template has {size} bytes, so it needs --s3-bucket: {command}"
            for command in commands
            if "--s3-bucket" not in command
        )


def commands_of(markdown):
    """The commands in the sh blocks of a page, each on one line, and each side of a pipe or an && its own."""
    for block in re.findall(r"^```sh\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            yield from (part.strip() for part in re.split(r"&&|\|", line) if part.strip())


def commands_name_their_region(markdown):
    for command in commands_of(markdown):
        talks = re.match(r"(aws (?!configure )|cargo lambda deploy|infra/package)", command)
        if talks and not re.search(r"--region \S", command):
            yield f"has no --region: {command}"
