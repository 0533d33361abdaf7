"""That the bus rules deliver every call of AWS that takes a role or an instance profile."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benches"), str(ROOT / ".ci")]

import bus_volume  # noqa: E402
import role_fields  # noqa: E402

ROLE = "arn:aws:iam::111122223333:role/ops"
CALLER = {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/dev/kim"}


@pytest.fixture(scope="module")
def fields():
    return list(role_fields.fields())


@pytest.fixture(scope="module")
def rules():
    return bus_volume.BusRules(bus_volume.TEMPLATE)


class OfRoles(bus_volume.BusRules):
    """Those alone that are made for what takes a role: asked first, as they take most."""

    def of(self, account, region):
        return [each for each in super().of(account, region) if each[0].startswith("roles")]


def envelope(source, call, path, reads=False):
    """A call with a role under this path."""
    parameters = ROLE
    for step in reversed(path.split(".")):
        parameters = {step: parameters}
    return bus_volume.wrapped(
        {
            "eventSource": source,
            "eventName": call,
            "readOnly": reads,
            "requestParameters": parameters,
            "userIdentity": CALLER,
            "eventTime": "2026-11-17T10:10:22Z",
            "awsRegion": "us-east-1",
            "recipientAccountId": "111122223333",
        }
    )


def events(fields):
    """Every call and field that hands a role over, in each spelling, once."""
    taken = [field for field in fields if field.left is None]
    return sorted({(field.source, field.call, path) for field in taken for path in field.spellings})


def missed(rules, events):
    for each in (OfRoles(rules.path), rules):
        events = [event for event in events if not each.taking(envelope(*event), by_name=False)]
    return events


def test_the_table_is_what_the_models_say(fields):
    assert role_fields.TABLE.read_text() == role_fields.table(fields), "stale: run .ci/role_fields.py"


def test_every_call_that_takes_a_role_is_delivered(fields, rules):
    found = events(fields)
    assert len(found) > 2_000
    assert missed(rules, found) == []


def test_a_field_is_enough_in_any_call(rules):
    young = [("quarry.amazonaws.com", "CreateDig", path) for path in ("roleArn", "ExecutionRoleArn", "iamRole")]
    assert missed(rules, young) == []


@pytest.mark.parametrize(
    ("source", "call", "path", "reads"),
    [
        ("sts.amazonaws.com", "AssumeRole", "roleArn", True),
        ("lakeformation.amazonaws.com", "GrantPermissions", "principal.dataLakePrincipalIdentifier", False),
        ("eks.amazonaws.com", "DescribeNodegroup", "roleArn", True),
        ("ecs.amazonaws.com", "UpdateService", "service", False),
        ("quarry.amazonaws.com", "CreateDig", "digName", False),
    ],
)
def test_what_hands_nothing_over_is_not_delivered(rules, source, call, path, reads):
    taken = rules.taking(envelope(source, call, path, reads), by_name=False)
    assert [name for name in taken if not name.startswith("reads")] == []


def test_what_is_delivered_whole_is_not_delivered_twice(rules):
    calls = [("AttachRolePolicy", "roleName"), ("CreateRole", "roleName"), ("AddRoleToInstanceProfile", "roleName")]
    for call, path in calls:
        assert rules.taking(envelope("iam.amazonaws.com", call, path), by_name=False) == ["whole"], call


def test_what_is_left_out_says_why(fields):
    reasons = {field.left for field in fields if field.left is not None}
    assert all(reasons)
    left = {(field.service, field.name) for field in fields if field.left}
    assert {("redshift", "RemoveIamRoles"), ("grafana", "keyRole"), ("chime", "Role")} < left
    assert ("transfer", "Role") not in left


# Whose names CloudTrail writes otherwise than the models, and services under another name.
OTHERWISE = {"appstream": ("appstream2",), "bedrock-agentcore": ("bedrock-agentcore-control",)}


def has(shape, steps):
    """Whether a shape has this path, through lists and maps, ignoring case."""
    if not steps or shape is None:
        return shape is not None
    if shape.type_name == "list":
        return has(shape.member, steps)
    if shape.type_name == "map":
        return has(shape.value, steps[1:])
    members = getattr(shape, "members", {})
    called = {name.lower(): member for name, member in members.items()}
    called |= {(member.serialization.get("name") or name).lower(): member for name, member in members.items()}
    return steps[0].lower() in called and has(called[steps[0].lower()], steps[1:])


def operations(source, call):
    """The calls of this name, with the services of this name."""
    service = source.removesuffix(".amazonaws.com").rstrip("*")
    of_name = [model for name in (service, *OTHERWISE.get(service, ())) for model in role_fields.models()[name]]
    name = call.rstrip("*2")
    return [model.operation_model(name) for model in of_name if name in model.operation_names]


def samples(shape, above=frozenset()):
    """Values of a shape with as little in them as AWS takes: with each member alone where none is asked for."""
    if shape is None or shape.type_name == "string":
        return ["x"]
    if shape.type_name == "list":
        return [[each] for each in samples(shape.member, above)]
    if shape.type_name == "map":
        return [{"--any": each} for each in samples(shape.value, above)]
    if shape.type_name == "structure":
        if shape.name in above:
            return []
        members, above = shape.members, above | {shape.name}
        if shape.required_members:
            return [{role_fields.small(name): next(iter(samples(members[name], above)), {}) for name in shape.required_members}]
        return [{role_fields.small(name): each} for name in members if members[name].type_name != "structure"
                for each in samples(members[name], above)]
    return [True if shape.type_name == "boolean" else 1]


def given_to_work():
    """Every call that is delivered where it gives what wears a role something to do, with each of these alone."""
    for source, call, work, _, _, when in role_fields.wearers():
        for given in when.split(", ") if work not in ("made", "added") and not source.endswith("*") else ():
            if given[0] in "!-" or call in role_fields.BY_ITS_ROLE:
                continue
            path, (_, _, value) = role_fields.path_of(given), given.partition("=")
            shape = role_fields.shape_at(source, call, path)
            for sample in [value] if value and value != "true" else samples(shape):
                yield source, call, path, sample


def test_all_that_is_given_to_a_wearer_of_a_role_is_delivered(rules):
    missed = []
    for source, call, path, sample in given_to_work():
        event = envelope(source, call, path)
        at = event["detail"]["requestParameters"]
        *above, last = path.split(".")
        for step in above:
            at = at[step]
        at[last] = sample
        if not rules.taking(event, by_name=False):
            missed.append((call, path, sample))
    assert missed == []


def test_what_wears_a_role_is_named_as_the_models_name_it():
    unknown = []
    for source, call, _, _, names, when in role_fields.wearers():
        found = operations(source, call)
        named = [name.removeprefix("any by ") for name in names.split(", ") if name != "any"]
        parts = [part for name in named for part in name.split("+")]
        given = [role_fields.path_of(each) for each in when.split(", ") if each != "-"]
        for part in parts + given:
            shapes = [each.output_shape if part.startswith("answer.") else each.input_shape for each in found]
            steps = part.removeprefix("answer.").split(".")
            # Newer calls of EC2 wrap what they take and what they answer, and its lists have items.
            if source == "ec2.amazonaws.com":
                steps = [step for step in steps if step not in (f"{call}Request", f"{call}Response", "items")]
                steps = ["Instances" if step == "instancesSet" else step for step in steps]
            if not any(has(shape, steps) for shape in shapes):
                unknown.append((source, call, part))
    assert unknown == []


def test_new_work_of_what_wears_a_role_is_delivered(rules):
    missing = []
    for source, call, work, _, _, when in role_fields.wearers():
        given = [each for each in when.split(", ") if "=" not in each and each[0] not in "!-"]
        name = call.replace("*", "20150331")
        for path in given or ["name"]:
            event = envelope(source.replace("*", ".amazonaws.com"), name, path)
            if work not in ("made", "added") and not rules.taking(event, by_name=False):
                missing.append((source, call, path))
    assert missing == []
