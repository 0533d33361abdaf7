"""What the deployed function looks up, and what people answer it: accounts, the caller's last hour, verdicts."""

import json
import subprocess
import time

from deployment import ACCOUNT, REGION, ROOT, STACK, credentials
from samples import attach_admin, sample

CLOCK = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": ACCOUNT,
    "region": REGION,
    "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{STACK}-clock"],
    "detail": {},
}


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def command(responder, *arguments, environment=()):
    """Runs a verb of the command line that talks to the table; gives its exit status and its JSON line."""
    own = credentials()
    done = subprocess.run(
        [
            *(ROOT / "target/debug/iam-responder", *arguments, "--format", "json"),
            *("--table", responder.outputs["TableName"]),
        ],
        env={
            "AWS_ACCESS_KEY_ID": own["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": own["aws_secret_access_key"],
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": responder.emulator.url,
            "USER": "night-watch",
            **dict(environment),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout and json.loads(done.stdout), done.stderr


def only_alert(responder):
    """The one alert that came, as programs get it."""
    (alert,) = responder.alerts()
    return json.loads(alert.message)


def in_account(event, account):
    event["account"] = event["detail"]["recipientAccountId"] = account
    return event


def test_name_and_tags_of_an_account_come_from_the_organization(responder):
    organizations = responder.client("organizations")
    organizations.describe_organization()  # makes one
    made = organizations.create_account(Email="lab@example.com", AccountName="night-lab")
    account = made["CreateAccountStatus"]["AccountId"]
    organizations.tag_resource(ResourceId=account, Tags=[{"Key": "STAGE", "Value": "Dev"}])
    responder.inject(in_account(attach_admin("in-the-lab"), account))
    known = {"id": account, "name": "night-lab", "environment": "development", "environment_known": True}
    assert only_alert(responder)["account"] == known
    assert len(responder.proxy.calls("ListTagsForResource")) == 1
    # Another copy of the function takes it from the table.
    responder.end_copies()
    responder.inject(in_account(attach_admin("in-the-lab-again"), account))
    assert only_alert(responder)["account"] == known
    assert len(responder.proxy.calls("ListTagsForResource")) == 1


def test_an_account_of_no_organization_counts_as_production(responder):
    responder.inject(in_account(attach_admin("nobody-knows"), "222233334444"))
    assert "account tags unknown, treated as production" in only_alert(responder)["reasons"]


def test_a_loud_alert_shows_the_callers_last_hour(responder):
    event = attach_admin("with-history")
    event["time"] = event["detail"]["eventTime"] = now()
    before = [sample("create-user.json")["detail"], sample("attach-role-policy-denied.json")["detail"]]
    for record in before:
        record |= {key: event["detail"][key] for key in ("eventTime", "userIdentity", "recipientAccountId")}
    stranger = sample("create-group.json")["detail"] | {"eventTime": now()}
    responder.emulator.door("POST", "/_e2e/history", [*before, stranger])
    responder.inject(event)
    hour = only_alert(responder)["last_hour"]
    assert hour[0] == "2 calls in 1 service", hour
    assert "1 denied: iam:AttachRolePolicy" in hour
    assert any(line.startswith("other IAM changes: CreateUser on ") for line in hour), hour


def test_a_history_that_does_not_answer_costs_no_alert(responder):
    responder.proxy.break_calls("LookupEvents", "500", times=None)
    responder.inject(attach_admin("without-history"))
    assert only_alert(responder)["last_hour"] == ["not known: CloudTrail did not answer"]


def test_verdicts_are_counted_and_acknowledge(responder):
    judged, open_ = attach_admin("judged"), attach_admin("open")
    responder.inject(judged, open_)
    assert len(responder.alerts()) == 2
    event_id = judged["detail"]["eventID"]
    status, line, error = command(responder, "verdict", event_id, "false-positive", "--note", "a drill")
    assert (status, line and line["verdict"]) == (0, "false-positive"), error
    status, stats, error = command(responder, "stats", "--days", "1")
    assert status == 10, error  # one is still open
    assert (stats["alerts"], stats["unacknowledged_loud"]) == (2, 1)
    assert stats["false_positive_rate"] == 1.0
    status, _, error = command(responder, "verdict", "no-such-event", "expected")
    assert status == 1
    assert "no alert about event `no-such-event`" in error


def test_what_nobody_acknowledges_is_published_once_more_a_step_louder(responder):
    # High and not critical, so that there is a step to take.
    forgotten, seen = (sample(name) for name in ("create-open-id-connect-provider.json", "deactivate-mfa-device.json"))
    responder.inject(forgotten, seen)
    published = responder.alerts()
    assert [alert.topic for alert in published] == ["high", "high"], published
    assert all("iam-responder verdict " in alert.message for alert in published)
    command(responder, "verdict", seen["detail"]["eventID"], "acknowledged")

    assert responder.invoke(CLOCK) == ({"heartbeat": True, "due": 0, "repeated": 0}, None)
    responder.let_alerts_age()
    assert responder.invoke(CLOCK) == ({"heartbeat": True, "due": 1, "repeated": 1}, None)
    (alert,) = responder.alerts()
    assert alert.topic == alert.body["severity"] == "critical"
    assert alert.subject.startswith("[CRITICAL] Not acknowledged: ")
    assert any("a step louder" in reason for reason in json.loads(alert.message)["reasons"])
    assert forgotten["detail"]["eventID"] in alert.message
    responder.let_alerts_age()
    assert responder.invoke(CLOCK) == ({"heartbeat": True, "due": 0, "repeated": 0}, None)
    assert responder.alerts() == []
