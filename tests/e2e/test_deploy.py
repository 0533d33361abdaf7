"""The stack itself: deployed again, its code replaced, its queues looked at."""

import pytest

from deployment import STACK
from samples import attach_admin

def function_settings(responder):
    settings = responder.aws("lambda", "get-function-configuration", "--function-name", STACK)
    return {
        name: settings[name]
        for name in ("Architectures", "Environment", "LoggingConfig", "MemorySize", "Role", "Runtime", "Timeout")
    }


def test_deploying_the_same_stack_again_changes_nothing(responder):
    said = responder.deploy("--no-fail-on-empty-changeset")
    assert "No changes to deploy" in said


def test_new_code_is_deployed_alone_and_still_answers(responder):
    before = responder.aws("lambda", "get-function-configuration", "--function-name", STACK)
    settings = function_settings(responder)
    responder.deploy_code("--include", "infra/responder.yaml")  # any extra file: the package then differs
    after = responder.aws("lambda", "get-function-configuration", "--function-name", STACK)
    assert after["CodeSha256"] != before["CodeSha256"]
    assert function_settings(responder) == settings
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
