"""From a change in the account to the message in a subscriber's queue."""

import json
import uuid

import pytest

from deployment import ACCOUNT, REGION, STACK, respond
from samples import SAMPLES, attach_admin, sample

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def recorded(responder, event_name):
    """The newest call of this name, as `aws cloudtrail lookup-events` prints it."""
    name = f"AttributeKey=EventName,AttributeValue={event_name}"
    return responder.aws("cloudtrail", "lookup-events", "--max-items", "1", "--lookup-attributes", name)


def check(alerts, expected, account):
    """That the deployed function did what the command line says of the same event: one alert, or none."""
    if expected["outcome"] != "alerted":
        assert alerts == [], f"the command line says: {expected}"
        return
    assert len(alerts) == 1, f"{expected['rules']} should alert once, not {len(alerts)} times"
    assert [alerts[0].topic] == expected["topics"]
    body = alerts[0].body
    assert body["severity"] == expected["severity"] == alerts[0].topic
    assert body["rules"][0]["id"] == expected["rules"][0]
    assert body["account"]["id"] == account
    assert alerts[0].attributes == {}, "SNS sends none where each protocol has a body of its own"


def test_making_a_role_administrator_alerts(responder, tmp_path):
    role = f"night-shift-{uuid.uuid4().hex[:8]}"
    responder.trail(True)
    responder.aws(
        *("iam", "create-role", "--role-name", role, "--assume-role-policy-document", json.dumps(TRUST))
    )
    responder.aws(
        *("iam", "attach-role-policy", "--role-name", role),
        *("--policy-arn", "arn:aws:iam::aws:policy/AdministratorAccess"),
    )
    responder.trail(False)

    attached = [
        alert for alert in responder.alerts() if alert.body["event"]["name"] == "AttachRolePolicy"
    ]
    expected = respond(recorded(responder, "AttachRolePolicy"), tmp_path)
    assert expected["severity"] in ("critical", "high")
    # The command line sees this call alone; the function knows that the role is new.
    check(attached, expected | {"rules": ["new-role-made-administrator"]}, ACCOUNT)
    assert set(expected["rules"]) < {rule["id"] for rule in attached[0].body["rules"]}
    assert role in attached[0].message


@pytest.mark.parametrize("name", SAMPLES)
def test_deployed_function_agrees_with_the_command_line(responder, tmp_path, name):
    envelope = sample(name)
    # A bus hears of its own Region's resources alone.
    envelope = json.loads(json.dumps(envelope).replace(envelope["region"], REGION))
    expected = respond(envelope, tmp_path)
    responder.inject(envelope)
    check(responder.alerts(), expected, envelope["account"])
    assert responder.failed_events() == []


def test_forged_source_handed_to_the_function_is_refused_and_reported(responder):
    answer, error = responder.invoke(attach_admin("forged") | {"source": "com.example.iam"})
    assert error is None, answer
    alerts = responder.alerts()
    assert len(alerts) == 1
    assert "com.example.iam" in alerts[0].message


@pytest.mark.parametrize(
    "payload",
    [None, [], "attach", 7, {}, {"Records": 1}, {"source": "aws.iam", "detail-type": "x", "detail": "text"}],
    ids=json.dumps,
)
def test_unreadable_payload_is_an_alert(responder, payload):
    answer, error = responder.invoke(payload)
    assert error is None, answer
    assert len(responder.alerts()) == 1


def test_switching_a_bus_rule_off_does_not_hide_that_call(responder, tmp_path):
    responder.trail(True)
    try:
        responder.aws("events", "disable-rule", "--name", f"{STACK}-whole")
        alerts = responder.alerts()
    finally:
        responder.trail(False)
        responder.aws("events", "enable-rule", "--name", f"{STACK}-whole")
    check(alerts, respond(recorded(responder, "DisableRule"), tmp_path), ACCOUNT)
