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


def test_a_field_is_enough_whatever_the_call(rules):
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


def test_what_is_left_out_says_why(fields):
    reasons = {field.left for field in fields if field.left is not None}
    assert all(reasons)
    left = {(field.service, field.name) for field in fields if field.left}
    assert {("redshift", "RemoveIamRoles"), ("grafana", "keyRole"), ("chime", "Role")} < left
    assert ("transfer", "Role") not in left
