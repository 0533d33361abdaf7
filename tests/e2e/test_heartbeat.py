"""What the clock proves every five minutes, and that metrics pass by the level of the log."""

import json
import time

import pytest

from changed import changed, log_lines
from deployment import ACCOUNT, REGION, SEVERITIES, STACK
from samples import attach_admin
from test_context import CLOCK


def heartbeats(responder):
    return sum('"Heartbeat":1' in line for line in log_lines(responder))


def ring(responder):
    """Lets the clock ring: whether the answer says that the heart beats, and how many metrics say so."""
    before = heartbeats(responder)
    answer, error = responder.invoke(CLOCK)
    assert error is None, answer
    return answer["heartbeat"], heartbeats(responder) - before


def test_the_clock_looks_at_the_table_and_at_every_topic(responder):
    further = responder.client("sns").create_topic(Name="further")["TopicArn"]
    with changed(responder, {"IAM_RESPONDER_TOPICS": further}):
        assert ring(responder) == (True, 1)
    looked_at = responder.proxy.calls("GetTopicAttributes")
    assert len(looked_at) == len(SEVERITIES) + 1
    assert len(responder.proxy.calls("GetItem")) == len(responder.proxy.calls("BatchGetItem")) == 1
    assert responder.proxy.calls("Publish") == []


@pytest.mark.parametrize(
    "off", [{"IAM_RESPONDER_REPEAT_AFTER_MINUTES": "0"}, {"IAM_RESPONDER_TABLE": None}], ids=str
)
def test_the_heart_beats_also_without_reminders(responder, off):
    with changed(responder, {"IAM_RESPONDER_REPEAT_AFTER_MINUTES": "0"} | off):
        assert ring(responder) == (True, 1)
    assert responder.proxy.calls("Query") == []


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("GetTopicAttributes", "sns:GetTopicAttributes"),
        ("GetItem", "dynamodb:GetItem"),
        ("BatchGetItem", "dynamodb:BatchGetItem"),
    ],
)
def test_no_heartbeat_where_something_cannot_be_read(responder, action, says):
    # One of the topics, or the table: for good, so that no attempt of the SDK comes through.
    having = f"{STACK}-low" if action == "GetTopicAttributes" else None
    responder.proxy.break_calls(action, "403", times=None, having=having)
    lines = len(log_lines(responder))
    assert ring(responder) == (False, 0)
    errors = [line for line in log_lines(responder)[lines:] if '"level":"ERROR"' in line]
    assert len(errors) == 1, errors
    assert says in errors[0]


def test_no_heartbeat_where_a_further_topic_is_gone(responder):
    gone = f"arn:aws:sns:{REGION}:{ACCOUNT}:gone"
    with changed(responder, {"IAM_RESPONDER_TOPICS": gone}):
        assert ring(responder) == (False, 0)


def test_all_is_read_within_the_time_of_one_call(responder):
    # An answer comes after four seconds, too late for each of the three attempts, so one topic costs eight.
    responder.proxy.break_calls("GetTopicAttributes", "delay", times=None)
    before, started = len(log_lines(responder)), time.monotonic()
    assert ring(responder) == (False, 0)
    assert time.monotonic() - started < 2 * 8
    errors = [line for line in log_lines(responder)[before:] if "a topic cannot be read" in line]
    assert len(errors) == len(SEVERITIES)


@pytest.mark.parametrize(("lambda_level", "borne"), [(None, None), ("TRACE", None), ("ERROR", "ERROR")])
def test_metrics_pass_by_the_level_of_the_log(responder, lambda_level, borne):
    lines = len(log_lines(responder))
    levels = {"IAM_RESPONDER_LOG_LEVEL": "error", "AWS_LAMBDA_LOG_LEVEL": lambda_level}
    with changed(responder, levels):
        responder.inject(attach_admin("quiet-log"))
        assert len(responder.alerts()) == 1
    written = [line for line in log_lines(responder)[lines:] if line.startswith("{")]
    (metrics,) = (json.loads(line) for line in written if "CloudWatchMetrics" in line)
    assert metrics["EventsReceived"] == 1
    assert metrics.get("level") == borne
    assert not any('"level":"INFO"' in line for line in written), written
