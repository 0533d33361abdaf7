"""The sample events of events/, each time as a new occurrence."""

import copy
import json
import uuid

from deployment import ROOT

SAMPLES = sorted(path.name for path in (ROOT / "events").glob("*.json"))


def sample(name, **detail):
    """The envelope of events/NAME with fresh IDs, so that nobody takes it for a redelivery of an earlier one.

    `detail` replaces fields of the CloudTrail record.
    """
    envelope = copy.deepcopy(json.loads((ROOT / "events" / name).read_text()))
    envelope["id"] = str(uuid.uuid4())
    envelope["detail"] |= {"eventID": str(uuid.uuid4()), "requestID": str(uuid.uuid4())} | detail
    return envelope


def attach_admin(role, **detail):
    """AdministratorAccess is attached to `role`: an event that always deserves an alert."""
    parameters = {"roleName": role, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    return sample("attach-role-policy-admin.json", requestParameters=parameters, **detail)


def administrator(number):
    """`userIdentity` of one of many people: user, role, session and key are those of no other."""
    role, session = f"Engineer{number}", f"person-{number}@example.com"
    issuer = {
        "type": "Role",
        "principalId": f"AROAEXAMPLE{number:08}",
        "arn": f"arn:aws:iam::111122223333:role/{role}",
        "accountId": "111122223333",
        "userName": role,
    }
    times = {"creationDate": "2026-11-20T01:46:29Z", "mfaAuthenticated": "true"}
    return {
        "type": "AssumedRole",
        "principalId": f"{issuer['principalId']}:{session}",
        "arn": f"arn:aws:sts::111122223333:assumed-role/{role}/{session}",
        "accountId": "111122223333",
        "accessKeyId": f"ASIAEXAMPLE{number:08}",
        "sessionContext": {"sessionIssuer": issuer, "attributes": times},
    }


def console_sign_in_failed(number):
    """One of many wrong passwords of one user, a second after the one before."""
    envelope = sample("console-login-failed.json")
    second = envelope["detail"]["eventTime"][:-3] + f"{number % 60:02}Z"
    envelope["time"] = envelope["detail"]["eventTime"] = second
    return envelope
