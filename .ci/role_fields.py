#!/usr/bin/env python3
"""Where calls take a role or an instance profile: writes core/src/iam/catalogue/roles.tsv.

    target/venv/bin/python .ci/role_fields.py          writes the table
    target/venv/bin/python .ci/role_fields.py --left   prints what is called a role and is left out, with the reason

Walks every input of every call of every service that `botocore`, a package on PyPI, has a model of. A field at the
top is asked for by itself, in any call, so that a call that nobody knows yet is found by its field, too. What
lies deeper is asked for by the name of the call, and of busy calls by the path. tests/templates/test_role_fields.py
holds the bus rules against the same models.

CloudTrail mostly writes a field with a small first letter, and some services as it is
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html shows the
first; recorded events show both), so both are asked for.
"""

import collections
import functools
import itertools
import pathlib
import re
import sys
from dataclasses import dataclass

import botocore
import botocore.loaders
from botocore.model import ServiceModel

PROJECT = pathlib.Path(__file__).resolve().parents[1]
TABLE = PROJECT / "core/src/iam/catalogue/roles.tsv"
# What wears a role, and which calls change or use it.
WEARERS = TABLE.with_name("wearers.tsv")
# Tables that hold what CloudTrail calls some services.
CERTAIN = [line for path in (TABLE.with_name("calls.tsv"), PROJECT / "src/review/bus/traffic.tsv")
           for line in path.read_text().splitlines()]

READS = ("Get", "List", "Describe", "BatchGet", "Search", "Lookup", "Query", "Validate", "Simulate", "Head",
         "Estimate", "Preview", "Check", "Test", "Discover")
# What these name they take away or end. What CloudFormation deletes it deletes by the role.
TAKING = ("Remove", "Disassociate", "Delete", "Detach", "Untag", "Cancel", "Deregister")
BY_ROLE = ("cloudformation", "cloudcontrol")
# A field that holds a role or an instance profile is called so at its end.
CALLED = re.compile(r"role(arn|name|override|identifier)?s?(list|update)?$|instanceprofile(arn|name)?$", re.IGNORECASE)
# These are not.
UNLIKE = {
    "apigateway": ("credentials", "authorizerCredentials"),
    "apigatewayv2": ("CredentialsArn", "AuthorizerCredentialsArn"),
    "cognito-idp": ("CallerArn", "SnsCallerArn"),
    "datazone": ("rolePrincipalArn",),
    "dms": ("KeyCacheSecretIamArn",),
    "ec2": ("DeliverLogsPermissionArn",),
    "iot": ("roleArnForLogging",),
    "marketplacecommerceanalytics": ("roleNameArn",),
    "opensearch": ("iamRoleForDataSourceArn", "iamRoleForIdentityCenterApplicationArn"),
}
# Services whose names of roles hand nothing over.
SERVICES_LEFT = {
    "accessanalyzer": "previews, and roles that are looked at",
    "iam": "delivered whole, and judged by the document or the call",
    "organizations": "names of roles that new accounts get; delivered whole",
    "securityhub": "findings that name roles",
    "sts": "roles that are worn, by reads",
}
# Fields that are called a role and are none, or are given rights: where their paths end, by service.
FIELDS_LEFT = {
    ("*", "principal|grantee|trusted"): "is given rights, and nobody the role",
    ("auditmanager", r"(roles|defaultProcessOwners|createDelegationRequests)\.roleArn"): "is given rights",
    ("budgets", r"IamActionDefinition\.Roles"): "is given a policy",
    ("datazone", "snowflakeRole"): "of Snowflake",
    ("devicefarm", "instanceProfile(Arn|Name)"): "how a phone is set up",
    ("dms", "InstanceProfile(Arn|Name)"): "how a server is set up",
    ("es", "MasterBackendRole"): "of OpenSearch",
    ("firehose", "SnowflakeRole"): "of Snowflake",
    ("grafana", "keyRole|role"): "of Grafana",
    ("iot", r"resourceIdentifier\.iamRoleArn|roleAliasArn"): "is named in an exception of an audit",
    ("mq", r"LdapServerMetadata\.(User)?RoleName"): "of a directory",
    ("opensearch", "MasterBackendRole"): "of OpenSearch",
    ("quicksight", "(DatabaseAccessControl|Geographic)Role"): "of a database or a map",
    ("redshift", "RemoveIamRoles"): "is taken away",
    ("sagemaker", r"RoleGroupAssignments\.RoleName"): "of an app",
}
# Calls that are made so often, by one service or another, that what they hold deeper is asked for by its path.
BUSY = {
    "BatchPutDocument", "CreateFleet", "PutTargets", "RespondDecisionTaskCompleted", "RunInstances", "RunTask",
    "StartBuildBatch", "StartTask", "StartTranscriptionJob", "UpdateService",
    *(f"Start{kind}" for kind in
      ("CelebrityRecognition", "ContentModeration", "DocumentAnalysis", "DocumentTextDetection", "ExpenseAnalysis",
       "FaceDetection", "FaceSearch", "LabelDetection", "LendingAnalysis", "PersonTracking", "SegmentDetection",
       "TextDetection")),
}
# Calls about what wears a role that are made so often that what they give it to do is asked for by its path.
BUSY_AT_WORK = {"CreateFleet", "ModifyInstanceAttribute", "ModifyInstanceGroups", "PutParameter", "RunTask", "StartBuild",
                "StartBuildBatch", "StartJobRun", "StartTask", "SubmitJob"}
# What these give something to do with takes a role by which it is started, and is asked for by that.
BY_ITS_ROLE = {"PutTargets"}
# Services that put a version behind the names of calls.
VERSIONED = ("cloudfront", "lambda")
# Facts that are in no model.
BY_HAND = [
    ("field", "detail.responseElements.instancesSet.items.iamInstanceProfile.arn", "ec2 RunInstances, by a launch template"),
    ("call", "servicecatalog.amazonaws.com:CreateConstraint", "a launch role, in a text"),
    ("call", "servicecatalog.amazonaws.com:CreateServiceAction", "a role, by the name of a setting"),
    ("call", "servicecatalog.amazonaws.com:UpdateConstraint", "a launch role, in a text"),
    ("call", "servicecatalog.amazonaws.com:UpdateProvisionedProductProperties", "a launch role, as a property"),
    ("call", "datapipeline.amazonaws.com:PutPipelineDefinition", "a role, by the name of a setting"),
    ("call", "elasticbeanstalk.amazonaws.com:CreateEnvironment", "a role, by the name of a setting"),
    ("call", "elasticbeanstalk.amazonaws.com:UpdateEnvironment", "a role, by the name of a setting"),
    ("call", "elasticbeanstalk.amazonaws.com:CreateConfigurationTemplate", "a role, by the name of a setting"),
    ("call", "elasticbeanstalk.amazonaws.com:UpdateConfigurationTemplate", "a role, by the name of a setting"),
    ("call", "ssm.amazonaws.com:UpdateServiceSetting", "the role of all instances, as a value"),
    ("call", "config.amazonaws.com:PutRemediationConfigurations", "a role, as a parameter"),
    ("call", "ssm.amazonaws.com:UpdateAssociation", "a role, as a parameter of a document"),
    ("call", "ssm.amazonaws.com:UpdateMaintenanceWindowTask", "a role, as a parameter of a document"),
    ("call", "apigateway.amazonaws.com:UpdateAccount", "a role, as a value of a patch"),
    ("call", "apigateway.amazonaws.com:UpdateAuthorizer", "a role, as a value of a patch"),
    ("call", "apigateway.amazonaws.com:UpdateIntegration", "a role, as a value of a patch"),
    ("call", "elasticmapreduce.amazonaws.com:GetClusterSessionCredentials", "called as reads are"),
    ("call", "emr-containers.amazonaws.com:GetManagedEndpointSessionCredentials", "called as reads are"),
    ("call", "states.amazonaws.com:TestState", "called as reads are"),
]


@dataclass(frozen=True)
class Field:
    """An input of a call that is called a role or an instance profile."""

    service: str
    source: str
    call: str
    path: tuple  # of a map its values are "*"
    values: tuple  # where there are certain ones only

    @property
    def name(self):
        return next(step for step in reversed(self.path) if step != "*")

    @property
    def left(self):
        """Why it is left out, if it is."""
        if reason := SERVICES_LEFT.get(self.service):
            return reason
        if self.call.startswith(READS):
            return "a read"
        if self.call.startswith(TAKING) and self.service not in BY_ROLE:
            return "the call takes away or ends"
        if self.name in UNLIKE.get(self.service, ()):
            return None
        if self.values:
            return f"one of {', '.join(sorted(self.values)[:3])}"
        text = ".".join(step for step in self.path if step != "*")
        for (service, words), reason in FIELDS_LEFT.items():
            inside = service == "*" and re.search(words, text, re.IGNORECASE)
            if inside or service == self.service and re.search(f"(^|[.])({words})$", text, re.IGNORECASE):
                return reason
        return None

    @property
    def is_none(self):
        """Is what stands there no role that is handed over, in any call?"""
        of_call = self.service in SERVICES_LEFT or self.call.startswith((*READS, *TAKING))
        return bool(self.left) and not of_call

    @property
    def spellings(self):
        """The path as CloudTrail may write it."""
        steps = [step for step in self.path if step != "*"]
        small_ones = [small(step) for step in steps]
        # Newer calls of EC2 wrap what they take.
        wrapped = [[f"{self.call}Request", *steps]] if self.service == "ec2" else []
        return {".".join(each) for each in (steps, small_ones, *wrapped)}

    @property
    def is_bare(self):
        """Is it a text that the call has at its top, and not wrapped?"""
        return len(self.path) == 1 and self.service != "ec2"


def small(name):
    """A name as CloudTrail mostly writes it."""
    return name[0].lower() + name[1:]


def leaves(shape, path, above):
    """Paths of all texts below a shape, with the values that they may have."""
    if shape.type_name == "string":
        yield path, tuple(getattr(shape, "enum", ()) or ())
    elif shape.type_name == "list":
        yield from leaves(shape.member, path, above)
    elif shape.type_name == "map":
        yield from leaves(shape.value, (*path, "*"), above)
    elif shape.type_name == "structure" and shape.name not in above:
        for name, member in shape.members.items():
            yield from leaves(member, (*path, name), above | {shape.name})


def is_called_so(service, path):
    name = next((step for step in reversed(path) if step != "*"), "")
    profile = len(path) > 1 and path[-2].lower() == "iaminstanceprofile" and path[-1].lower() in ("arn", "name")
    return bool(profile or CALLED.search(name) or name in UNLIKE.get(service, ()))


def fields():
    """Every input of every call that is called a role or an instance profile, and those that are so unlike it."""
    found = [(model.service_name, prefix, model) for prefix, each in models().items() for model in each]
    for service, prefix, model in sorted(found, key=lambda each: each[0]):
        for call in model.operation_names:
            shape = model.operation_model(call).input_shape
            for path, values in leaves(shape, (), frozenset()) if shape else ():
                if is_called_so(service, path):
                    yield Field(service, f"{prefix}.amazonaws.com", call, path, values)


def wearers():
    """The rows of the table of what wears a role: source, call, work, kind, names, and what must be given."""
    lines = WEARERS.read_text().splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@functools.cache
def models():
    """All services, by what they are called in events."""
    loader, found = botocore.loaders.Loader(), collections.defaultdict(list)
    for each in loader.list_available_services("service-2"):
        model = ServiceModel(loader.load_service_model(each, "service-2"), each)
        found[model.metadata["endpointPrefix"].removeprefix("api.")].append(model)
    return found


def shape_at(source, call, path):
    """The shape that stands at a path of a call's input, ignoring case; none where no model has it."""
    for model in models()[source.removesuffix(".amazonaws.com")]:
        shape = model.operation_model(call).input_shape if call in model.operation_names else None
        for step in path.split("."):
            while shape is not None and shape.type_name == "list":
                shape = shape.member
            members = {name.lower(): member for name, member in getattr(shape, "members", {}).items()}
            shape = members.get(step.lower())
        if shape is not None:
            return shape
    return None


def texts(shape, path, above=frozenset()):
    """Paths below a path of which one is there wherever anything is given, as EventBridge sees only what is no object.
    None where that may have any name."""
    while shape is not None and shape.type_name == "list":
        shape = shape.member
    if shape is None or shape.type_name not in ("structure", "map"):
        return [path]
    if shape.type_name == "map" or shape.name in above:
        return None
    members = shape.members.items()
    required = [each for each in members if each[0] in shape.required_members]
    below = [texts(member, f"{path}.{small(name)}", above | {shape.name})
             for name, member in required or members]
    if required:
        return next((each for each in below if each), None)
    return [each for found in below for each in found or ()] if all(below) else None


def path_of(given):
    """The path of what must be given, or must not."""
    return given.lstrip("!").split("=")[0].rstrip("^")


def at_work():
    """What is to be delivered of calls that change or use what wears a role: kind, what is asked for, and why."""
    for source, call, work, kind, _, when in wearers():
        given = [path_of(each) for each in when.split(", ") if each[0] not in "!-"]
        words = {"changed": "new work for", "as": "other work of"}
        reason = f"{words.get(work.split(' ')[0], 'use of')} what wears a role: {kind}"
        if work in ("made", "added") or call in BY_ITS_ROLE:
            continue
        found = [texts(shape_at(source, call, path), path) for path in given] if call in BUSY_AT_WORK else [None]
        if all(found):
            # CloudTrail may hide the whole behind one text.
            asked = {path for paths in (given, *found) for path in paths}
            yield from (("field", f"detail.requestParameters.{path}", reason) for path in sorted(asked))
        else:
            yield "call", call if source.endswith("*") else f"{source}:{call}", reason


def rows(found):
    """The rows of the table: kind, what is asked for, and one call that has it."""
    certain = {cell for line in CERTAIN for cell in line.split("\t")[:2] if cell.endswith(".amazonaws.com")}
    chosen = collections.defaultdict(dict)
    for kind, what, seen in (*BY_HAND, *at_work()):
        chosen[kind].setdefault(what, seen)
    taken = {(field.source, field.name.lower()) for field in found if not field.left}
    for field in found:
        seen = f"{field.service} {field.call}"
        if field.left:
            if field.is_none and (field.source, field.name.lower()) not in taken:
                chosen["none"].setdefault(f"{field.source}:{field.name.lower()}", f"{field.call}: {field.left}")
        elif field.is_bare or field.call in BUSY:
            for path in field.spellings:
                chosen["field"].setdefault(f"detail.requestParameters.{path}", seen)
        else:
            name = f"{field.call}*" if field.service in VERSIONED else field.call
            # Of others it is not certain what CloudTrail calls the service.
            name = f"{field.source}:{name}" if field.source in certain else name
            chosen["call"].setdefault(name, f"{field.service}: {'.'.join(field.path)}")
    return [(kind, what, seen) for kind in ("field", "call", "none") for what, seen in sorted(chosen[kind].items())]


def table(found):
    """The table as text."""
    lines = [
        "# Where calls take a role or an instance profile: what EventBridge must deliver, so that one that is handed over is seen.",
        "# Three columns, separated by tabs. field: a path, of any call. call: the name of a call that takes one",
        "# deeper, of one service or of any; a name that ends in * stands for all that begin so. none: what a service calls a role and is none, or is given",
        f"# rights: nothing under it is looked at. Written by .ci/role_fields.py from the models of botocore {botocore.__version__}.",
        "# kind\twhat\tseen",
    ]
    return "\n".join([*lines, *("\t".join(row) for row in rows(found))]) + "\n"


def print_left(found):
    """What is left out, with the reason: one line a service, field and reason."""
    reason = {field: field.left for field in found}
    counted = [field for field in found if reason[field] not in (None, "a read")]

    def key(field):
        return reason[field], field.service, ".".join(field.path)

    for (why, service, path), group in itertools.groupby(sorted(counted, key=key), key):
        calls = sorted({field.call for field in group})
        more = f" and {len(calls) - 2} more" if len(calls) > 2 else ""
        print(f"{why}\t{service}\t{path}\t{', '.join(calls[:2])}{more}")
    print(f"a read\t{sum(why == 'a read' for why in reason.values())} fields")


def main():
    found = list(fields())
    if sys.argv[1:] == ["--left"]:
        print_left(found)
    elif sys.argv[1:]:
        raise SystemExit(__doc__)
    else:
        TABLE.write_text(table(found))
        print(f"{TABLE.name}: {dict(collections.Counter(kind for kind, _, _ in rows(found)))}")


if __name__ == "__main__":
    main()
