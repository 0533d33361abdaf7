"""How many calls the deployed function makes for one event, and how many of them one after the other."""

import pytest

from samples import attach_admin, sample
from test_context import in_account

PAUSE_SECONDS = 0.2  # of each call: what is sent at the same time overlaps by this
CALLS_MAX = 30
IN_A_ROW_MAX = 4


def in_a_row(calls):
    """The most calls of which each was begun after the one before had its answer."""
    row, answered = 0, float("-inf")
    for call in sorted(calls, key=lambda call: call.ended):
        if call.begun > answered:
            row, answered = row + 1, call.ended
    return row


def calls_of(responder, event):
    """The calls for one event by a function that remembers nothing: those before the alert is published, and all."""
    responder.end_copies()
    responder.proxy.heal()
    responder.proxy.pause = PAUSE_SECONDS
    responder.inject(event)
    responder.settle()
    responder.proxy.pause = 0
    calls = responder.proxy.calls()
    names = [call.action for call in calls]
    before = calls[: names.index("Publish")] if "Publish" in names else calls
    return before, calls


@pytest.mark.parametrize("account", ["111122223333", "222233334444"])
def test_people_are_alerted_after_few_calls_in_a_row(responder, account):
    before, calls = calls_of(responder, in_account(attach_admin("deploy"), account))
    assert len(before) < len(calls), "nothing is published"
    assert in_a_row(before) <= IN_A_ROW_MAX, [call.action for call in before]
    assert len(calls) <= CALLS_MAX, [call.action for call in calls]


def test_what_no_rule_can_want_is_asked_of_nobody(responder):
    read = in_account(sample("attach-role-policy-admin.json"), "222233334444")
    read["detail"] |= {"eventName": "GetRole", "readOnly": True, "requestParameters": {"roleName": "deploy"}}
    _, calls = calls_of(responder, read)
    assert calls == []
