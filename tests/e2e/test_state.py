"""What is remembered across events and environments: the table, and what it saves people from."""

import os
import subprocess

from deployment import ROOT
from samples import attach_admin, console_sign_in_failed


def test_the_table_passes_the_suite_that_memory_passes(responder):
    done = subprocess.run(
        ["cargo", "test", "--locked", "--quiet", "--all-features", "--test", "it", "state::"],
        cwd=ROOT,
        env=os.environ | {"IAM_RESPONDER_TEST_ENDPOINT": responder.emulator.url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=540,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_an_event_delivered_five_times_at_once_is_one_alert(responder):
    event = attach_admin("five-times")
    responder.inject(*[event] * 5)
    (alert,) = responder.alerts()
    assert "five-times" in alert.message
    assert responder.failed_events() == []


def test_an_event_delivered_again_later_is_no_second_alert(responder):
    event = attach_admin("once-more")
    responder.inject(event)
    assert len(responder.alerts()) == 1
    responder.inject(event)
    assert responder.alerts() == []


def test_a_threshold_is_reached_across_environments(responder):
    # At once they are handled by several copies of the function, so only the table can add them up.
    responder.inject(*[console_sign_in_failed(number) for number in range(20)])
    rules = [alert.body["rules"][0]["id"] for alert in responder.alerts()]
    assert "console-sign-in-failed-often-user" in rules, rules


def test_a_table_that_is_down_silences_nothing(responder):
    for call in ("PutItem", "UpdateItem", "GetItem", "BatchGetItem", "DeleteItem"):
        responder.proxy.break_calls(call, "500", times=None)
    responder.inject(attach_admin("table-is-down"))
    (alert,) = responder.alerts()
    assert "table-is-down" in alert.message
