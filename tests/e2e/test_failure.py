"""What happens to an alert when SNS, or the way to the function, is broken: it comes late, never not."""

import shutil
import zipfile

import pytest

from changed import changed
from deployment import PACKAGE, STACK
from samples import attach_admin
from test_context import CLOCK


def test_an_alert_that_cannot_be_published_waits_in_the_on_failure_queue(responder):
    before = responder.invocations()
    responder.proxy.break_calls("Publish", "500", times=None)
    event = attach_admin("sns-is-down")
    responder.inject(event)

    failed = responder.failed_events()
    assert len(failed) == 1
    assert failed[0]["requestContext"]["condition"] == "RetriesExhausted"
    assert failed[0]["requestContext"]["approximateInvokeCount"] == 3
    assert failed[0]["responsePayload"]["errorType"] == "PublishFailed"
    assert failed[0]["requestPayload"] == event
    assert responder.invocations() - before == 3
    assert len(responder.proxy.calls("Publish")) >= 3
    assert responder.alerts() == []

    # The way out that infra/README.md describes: once SNS is back, hand the kept event to the function.
    responder.proxy.heal()
    answer, error = responder.invoke(failed[0]["requestPayload"])
    assert error is None, answer
    (alert,) = responder.alerts()
    assert "sns-is-down" in alert.message


def test_lambdas_second_attempt_delivers_what_the_first_could_not(responder):
    before = responder.invocations()
    # The function itself tries twice, after any fault.
    responder.proxy.break_calls("Publish", "403", times=2)
    responder.inject(attach_admin("refused-once"))
    (alert,) = responder.alerts()
    assert "refused-once" in alert.message
    assert responder.invocations() - before == 2
    assert responder.failed_events() == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "Throttling"), (429, "Throttled"), (500, "InternalError"), (503, "ServiceUnavailable")],
)
def test_a_passing_fault_of_sns_costs_no_alert_and_doubles_none(responder, status, code):
    before = responder.invocations()
    responder.proxy.break_calls("Publish", (status, code))
    responder.inject(attach_admin(f"after-{code}"))
    (alert,) = responder.alerts()
    assert f"after-{code}" in alert.message
    assert [call.status for call in responder.proxy.calls("Publish")] == [status, 200]
    assert responder.invocations() - before == 1, "the function itself should try again"
    assert responder.failed_events() == []


def test_an_event_that_cannot_reach_the_function_waits_in_the_dead_letter_queue(responder):
    (statement,) = responder.policy_of_function()["Statement"]
    event = attach_admin("no-way-in")
    responder.aws("lambda", "remove-permission", "--function-name", STACK, "--statement-id", statement["Sid"])
    try:
        responder.inject(event)
        assert responder.dead_letters() == [event]
        assert responder.alerts() == []
    finally:
        responder.allow_bus_rules(statement["Sid"])
    responder.inject(event)
    (alert,) = responder.alerts()
    assert "no-way-in" in alert.message


def test_a_function_that_cannot_start_fails_each_event_and_says_why(responder):
    before = responder.invocations()
    event = attach_admin("cannot-start")
    faulty = {
        "IAM_RESPONDER_TOPIC_HIGH": "high",
        "IAM_RESPONDER_TOPIC_LOW": None,
        "IAM_RESPONDER_LOG_LEVEL": "loud",
    }
    with changed(responder, faulty):
        responder.inject(event)
        (failed,) = responder.failed_events()
    assert failed["requestContext"]["condition"] == "RetriesExhausted"
    assert failed["requestPayload"] == event
    assert responder.invocations() - before == 3
    answer = failed["responsePayload"]
    assert answer["errorType"] == "StartFailed"
    for fault in [
        "TOPIC_HIGH: `high` is not the ARN of an SNS topic",
        "LOG_LEVEL: `loud` is not a log level",
    ]:
        assert f"- IAM_RESPONDER_{fault}" in answer["errorMessage"]
    assert responder.alerts() == []

    # The clock fails too, so that the alarm rings before the first event.
    with changed(responder, faulty):
        answer, error = responder.invoke(CLOCK)
    assert (error, answer["errorType"]) == ("Unhandled", "StartFailed")
    assert "- IAM_RESPONDER_TOPIC_LOW: no topic for low alerts" in answer["errorMessage"]
    assert "high alerts" not in answer["errorMessage"], "a faulty topic is not a missing one too"

    # Mended, it takes what was kept.
    answer, error = responder.invoke(failed["requestPayload"])
    assert error is None, answer
    (alert,) = responder.alerts()
    assert "cannot-start" in alert.message


def broken(folder):
    """The function with rules and a site file of the owner beside it, which have a fault each."""
    path = folder / "with-broken-files.zip"
    shutil.copy(PACKAGE, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mine/one.yaml", "id: one\ntitle: One\nseverity: hihg\n")
        archive.writestr("mine/site.yaml", "accounts: {}\nsuppresions: []\n")
    return path


def test_broken_files_of_the_owner_leave_the_function_running_and_are_reported_once(responder, tmp_path):
    for folder, faults in [
        ("/var/task/no-rules", ["IAM_RESPONDER_RULES: failed to read", "no-rules"]),
        ("/var/task/mine", ["mine/one.yaml:", "did you mean 'high'"]),
    ]:
        responder.forget()
        with changed(responder, {"IAM_RESPONDER_RULES": folder}, broken(tmp_path)):
            responder.inject(attach_admin("still-seen"))
            first, second = sorted(responder.alerts(), key=lambda alert: "still-seen" in alert.message)
            responder.end_copies()
            responder.inject(attach_admin("seen-again"))
            (third,) = responder.alerts()
        assert first.topic == "high"
        assert "Rules or site file of this tool are broken" in first.message
        for fault in faults:
            assert fault in first.message
        assert "still-seen" in second.message and "seen-again" in third.message


def test_a_dry_run_is_refused_where_there_are_topics(responder):
    with changed(responder, {"IAM_RESPONDER_DRY_RUN": "true"}):
        answer, error = responder.invoke(attach_admin("dry"))
    assert (error, answer["errorType"]) == ("Unhandled", "StartFailed")
    assert "IAM_RESPONDER_TOPIC_CRITICAL" in answer["errorMessage"]
    assert "IAM_RESPONDER_TABLE" in answer["errorMessage"]
    assert responder.alerts() == []
