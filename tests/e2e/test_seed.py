"""`ledger seed`: what the account had before the deployment is known to the deployed function."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, quote

from deployment import ACCOUNT
from samples import sample
from test_context import command

EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
LITTLE = {"Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}
BAN = {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}


def policy(name):
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


def later(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def change(name, parameters, seconds):
    """A call in the account of the stack, so many seconds from now."""
    event = sample("attach-role-policy-admin.json", eventName=name, requestParameters=parameters)
    event["account"] = event["detail"]["recipientAccountId"] = ACCOUNT
    event["time"] = event["detail"]["eventTime"] = later(seconds)
    return event


def alert_of(responder, event):
    """Its alert, as programs get it."""
    responder.inject(event)
    (alert,) = responder.alerts()
    return json.loads(alert.message)


def attach(name, seconds):
    return change("AttachRolePolicy", {"roleName": "app", "policyArn": policy(name)}, seconds)


def test_what_the_account_had_before_is_known(responder):
    iam = responder.client("iam")
    for name, document in (("wide", EVERYTHING), ("narrow", LITTLE)):
        iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
    iam.create_policy_version(
        PolicyArn=policy("narrow"), PolicyDocument=json.dumps(EVERYTHING), SetAsDefault=False
    )
    iam.create_user(UserName="held-back")
    iam.put_user_policy(UserName="held-back", PolicyName="ban", PolicyDocument=json.dumps(BAN))
    # Nobody saw any of it.
    alert = alert_of(responder, attach("wide", 0))
    # By night it is louder than its rule.
    first = alert["rules"][0]
    assert (first["severity"], first["id"]) == ("medium", "unknown-policy-attached"), alert

    status, line, error = command(responder, "ledger", "seed")
    assert status == 0, error
    assert line["users"] >= 1 and line["policies"] >= 2 and line["values"] >= 8, line

    assert alert_of(responder, attach("wide", 200))["severity"] in ("high", "critical")
    alert = alert_of(responder, attach("narrow", 201))
    assert alert["rules"][0]["severity"] == "low", alert
    deleted = change("DeleteUserPolicy", {"userName": "HELD-BACK", "policyName": "Ban"}, 202)
    assert "deny-removed" in [rule["id"] for rule in alert_of(responder, deleted)["rules"]]


def test_a_live_event_wins_over_what_was_read_before_it(responder):
    iam = responder.client("iam")
    iam.create_policy(PolicyName="changing", PolicyDocument=json.dumps(LITTLE))
    parameters = {"policyArn": policy("changing"), "policyDocument": json.dumps(EVERYTHING), "setAsDefault": True}
    version = change("CreatePolicyVersion", parameters, 300)
    version["detail"]["responseElements"] = {"policyVersion": {"versionId": "v2"}}
    assert alert_of(responder, version)["severity"] in ("high", "critical")
    # Read after the event arrived, and before it by its own time.
    status, _, error = command(responder, "ledger", "seed")
    assert status == 0, error
    assert alert_of(responder, attach("changing", 400))["severity"] in ("high", "critical")


class Pages(BaseHTTPRequestHandler):
    """IAM with a list of three pages, the second of which fails at first."""

    seen, broken = [], True

    def do_POST(self):
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        marker = asked.get("Marker", ["0"])[0]
        Pages.seen.append(marker)
        if marker == "page/1" and Pages.broken:
            self.answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")
            return
        number = int(marker.rsplit("/")[-1])
        more = f"<IsTruncated>true</IsTruncated><Marker>page/{number + 1}</Marker>" if number < 2 else (
            "<IsTruncated>false</IsTruncated>"
        )
        user = (
            f"<member><UserName>u{number}</UserName><Arn>arn:aws:iam::{ACCOUNT}:user/u{number}</Arn>"
            f"<UserPolicyList><member><PolicyName>p</PolicyName><PolicyDocument>{quote(json.dumps(BAN))}"
            "</PolicyDocument></member></UserPolicyList></member>"
        )
        self.answer(
            200,
            '<GetAccountAuthorizationDetailsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            f"<GetAccountAuthorizationDetailsResult>{more}<UserDetailList>{user}</UserDetailList>"
            "</GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>",
        )

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def test_a_seed_reads_every_page_and_goes_on_where_it_stopped(responder):
    server = HTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    iam = {"AWS_ENDPOINT_URL_IAM": f"http://127.0.0.1:{server.server_port}"}
    try:
        status, _, error = command(responder, "ledger", "seed", environment=iam)
        assert status == 1
        assert "go on with: --from=page/1" in error, error
        Pages.broken = False
        status, line, error = command(responder, "ledger", "seed", "--from=page/1", environment=iam)
        assert (status, line and line["users"]) == (0, 2), error
    finally:
        server.shutdown()
    assert Pages.seen == ["0", "page/1", "page/1", "page/2"]
    for number in range(3):
        deleted = change("DeleteUserPolicy", {"userName": f"u{number}", "policyName": "p"}, 200 + number)
        assert "deny-removed" in [rule["id"] for rule in alert_of(responder, deleted)["rules"]]
