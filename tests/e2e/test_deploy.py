"""The stack itself: deployed again, its code replaced, its queues looked at."""

import shutil
import zipfile

import pytest

from deployment import ACCOUNT, PACKAGE, REGION, SEVERITIES, STACK
from samples import attach_admin


def function_settings(responder):
    settings = responder.aws("lambda", "get-function-configuration", "--function-name", STACK)
    names = ["Architectures", "Environment", "LoggingConfig", "MemorySize", "Role", "Runtime", "Timeout"]
    return {name: settings[name] for name in [*names, "CodeSha256"]}


def test_deploying_the_same_stack_again_changes_nothing(responder):
    said = responder.deploy("--no-fail-on-empty-changeset")
    assert "No changes to deploy" in said


def another_package(folder):
    """A package that differs from the deployed one, where `cargo lambda deploy --lambda-dir` looks for it."""
    package = folder / "iam-responder-lambda/bootstrap.zip"
    package.parent.mkdir()
    shutil.copy(PACKAGE, package)
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("note.txt", "another package")
    return folder


def test_new_code_is_deployed_alone_and_still_answers(responder, tmp_path):
    before = function_settings(responder)
    responder.deploy_code("--lambda-dir", another_package(tmp_path))
    after = function_settings(responder)
    assert after.pop("CodeSha256") != before.pop("CodeSha256")
    assert after == before
    responder.inject(attach_admin("after-new-code"))
    (alert,) = responder.alerts()
    assert "after-new-code" in alert.message


@pytest.mark.parametrize("queue", ["OnFailureQueueUrl", "BusDeadLetterQueueUrl"])
def test_queues_keep_what_they_get_encrypted_and_for_14_days(responder, queue):
    answer = responder.aws(
        *("sqs", "get-queue-attributes", "--queue-url", responder.outputs[queue], "--attribute-names", "All")
    )
    assert answer["Attributes"]["MessageRetentionPeriod"] == "1209600"
    assert answer["Attributes"]["SqsManagedSseEnabled"] == "true"


def decision(responder, action, resource):
    """What IAM says when the function's role does this to that."""
    answer = responder.client("iam").simulate_principal_policy(
        PolicySourceArn=responder.outputs["FunctionRoleArn"], ActionNames=[action], ResourceArns=[resource]
    )
    (result,) = answer["EvaluationResults"]
    return result["EvalDecision"]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        *(("sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-{severity}") for severity in SEVERITIES),
        ("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-on-failure"),
        ("dynamodb:UpdateItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{STACK}-state"),
        ("logs:PutLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{STACK}:log-stream:1"),
    ],
)
def test_the_role_may_do_its_work(responder, action, resource):
    assert decision(responder, action, resource) == "allowed"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-other"),
        ("sns:Subscribe", f"arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-critical"),
        ("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-bus-dead-letters"),
        ("sqs:ReceiveMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-on-failure"),
        ("logs:PutLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/other:log-stream:1"),
        ("dynamodb:DeleteTable", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{STACK}-state"),
        ("iam:DetachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/any"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/any"),
        ("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/any"),
    ],
)
def test_the_role_may_do_nothing_else(responder, action, resource):
    assert decision(responder, action, resource) == "implicitDeny"
