"""The local AWS: MiniStack as a process of its own, with what it lacks for these tests.

Run as `python emulator.py`; MiniStack takes its settings (port, account) from the environment.
What is added to MiniStack, each point because AWS does it and MiniStack 1.5.33 does not:

* A bus rule that is ENABLED gets no read-only CloudTrail events; one that is
  ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS gets them too (`hears` in bus.py).
* A bus rule may call the function only where the function's resource policy names that rule.
  Otherwise the event ends in the dead-letter queue of the target.
* The call is asynchronous: a failed one is tried again, then sent to the on-failure destination,
  with the true number of attempts.
* While the trail is on, each recorded change is also an event on the default bus, as CloudTrail
  sends it, and the record carries the right event name for form-encoded calls (IAM, SNS).

And for the tests themselves, below /_e2e/:

    POST /_e2e/events      one envelope, or a list: put on the default bus as it is, `source: aws.iam`
                           and all. (PutEvents refuses such a source, here as on AWS.)
    PUT  /_e2e/trail       `true` or `false`: switches the trail, which is off at first
    GET  /_e2e/in-flight   number of events on their way to a function, waiting retries included
"""

import asyncio
import contextvars
import json
import os
import threading
import time
import uuid

import ministack.app
from ministack.core import responses
from ministack.core.arn import parse_arn
from ministack.services import cloudtrail, eventbridge, lambda_svc

from bus import hears

ACCOUNT = os.environ["MINISTACK_ACCOUNT_ID"]
REGION = os.environ["MINISTACK_REGION"]
RETRY_DELAY_SECONDS = float(os.environ["LAMBDA_ASYNC_RETRY_BASE_SECONDS"])


class InFlight:
    """Counts the deliveries under way, so that a test can wait for the last one."""

    def __init__(self):
        self._lock = threading.Lock()
        self.count = 0

    def start(self, work, *args):
        """Runs `work` in a thread of its own, in the account and Region of the caller."""
        with self._lock:
            self.count += 1
        context = contextvars.copy_context()

        def run():
            try:
                context.run(work, *args)
            finally:
                with self._lock:
                    self.count -= 1

        threading.Thread(target=run, daemon=True).start()


in_flight = InFlight()
trail_is_on = threading.Event()


# EventBridge


def put_on_default_bus(envelope):
    event = eventbridge._event_from_test_payload(envelope)
    event["EventBusName"] = "default"
    dispatch_event(event)


def dispatch_event(event, view=None):
    view = view or eventbridge._pattern_event_view(event)
    envelope = view.event_with_detail()
    for key, rule in list(eventbridge._rules.items()):
        if (
            rule["EventBusName"] == event.get("EventBusName", "default")
            and hears(rule["State"], envelope)
            and rule.get("EventPattern")
            and eventbridge._matches_pattern_view(rule["EventPattern"], view, f"rule {key}")
        ):
            for target in eventbridge._targets.get(key, []):
                invoke_target(target, event, rule, view)


stock_invoke_target = eventbridge._invoke_target


def invoke_target(target, event, rule, view=None):
    if parse_arn(target["Arn"]).service != "lambda":
        return stock_invoke_target(target, event, rule, view)
    envelope = (view or eventbridge._pattern_event_view(event)).event_with_detail()
    function, config, _ = lambda_svc._get_func_record_for_ref(target["Arn"])
    if function and any(allows(statement, rule) for statement in function["policy"]["Statement"]):
        return invoke_async(lambda_svc._execution_record_for_config(function, config), envelope)
    send_to_queue(target.get("DeadLetterConfig", {}).get("Arn"), envelope)


def allows(statement, rule):
    """Whether this statement of a function's policy lets this bus rule call the function."""
    conditions = {
        key: value for pairs in statement.get("Condition", {}).values() for key, value in pairs.items()
    }
    conditions = {key.lower(): value for key, value in conditions.items()}
    return (
        statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": "events.amazonaws.com"}
        and conditions.get("aws:sourcearn", rule["Arn"]) == rule["Arn"]
        and conditions.get("aws:sourceaccount", ACCOUNT) == ACCOUNT
    )


def send_to_queue(arn, body):
    if arn:
        eventbridge._dispatch_to_sqs(parse_arn(arn), json.dumps(body))


# Lambda's asynchronous calls


def invoke_async(function, event):
    in_flight.start(call_until_done, function, event)


def call_until_done(function, event):
    settings = (
        function.get("event_invoke_config")
        or (function.get("event_invoke_configs") or {}).get("$LATEST")
        or {}
    )
    attempts = settings.get("MaximumRetryAttempts", 2) + 1
    for attempt in range(1, attempts + 1):
        result = lambda_svc._execute_function_with_config_scope(function, event)
        if not result.get("error"):
            return
        if attempt < attempts:
            time.sleep(RETRY_DELAY_SECONDS * attempt)
    destination = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    send_to_queue(destination, failure_record(function, event, result, attempts))


def failure_record(function, event, result, attempts):
    return {
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": function["config"]["FunctionArn"] + ":$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": result.get("body"),
    }


# CloudTrail

stock_record_event = cloudtrail.record_event


def record_event(**call):
    parameters = call["request_params"]
    if isinstance(parameters, dict) and "Action" in parameters:
        call["event_name"] = parameters["Action"]
    stock_record_event(**call)
    recorded = cloudtrail._get_event_queue()[-1]
    record = json.loads(recorded["CloudTrailEvent"])
    record["readOnly"] = record["readOnly"] == "true"
    record["managementEvent"] = True
    record["eventCategory"] = "Management"
    record["requestParameters"] = trail_parameters(record["requestParameters"])
    recorded["CloudTrailEvent"] = json.dumps(record)
    if trail_is_on.is_set() and not record["readOnly"]:
        in_flight.start(put_on_default_bus, envelope_of(record))


def trail_parameters(parameters):
    """CloudTrail's spelling: first letter small. Nested ones (Tags.member.1.Key) are left out."""
    kept = {
        key: value
        for key, value in (parameters or {}).items()
        if key not in ("Action", "Version") and "." not in key
    }
    return {key[:1].lower() + key[1:]: value for key, value in kept.items()}


def envelope_of(record):
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws." + record["eventSource"].removesuffix(".amazonaws.com"),
        "account": record["recipientAccountId"],
        "time": record["eventTime"],
        "region": record["awsRegion"],
        "resources": [],
        "detail": record,
    }


# The tests' own door

stock_app = ministack.app.app


def in_stack_scope(work, *args):
    responses._request_account_id.set(ACCOUNT)
    responses._request_region.set(REGION)
    return work(*args)


def answer(method, path, body):
    """What a request below /_e2e/ gets: status and JSON value."""
    if (method, path) == ("GET", "/_e2e/in-flight"):
        return 200, in_flight.count
    if (method, path) == ("PUT", "/_e2e/trail"):
        trail_is_on.set() if json.loads(body) else trail_is_on.clear()
        return 200, trail_is_on.is_set()
    if (method, path) == ("POST", "/_e2e/events"):
        envelopes = json.loads(body)
        envelopes = envelopes if isinstance(envelopes, list) else [envelopes]
        for envelope in envelopes:
            contextvars.copy_context().run(in_stack_scope, put_on_default_bus, envelope)
        return 200, len(envelopes)
    return 404, f"no {method} {path}"


async def app(scope, receive, send):
    if scope["type"] != "http" or not scope["path"].startswith("/_e2e/"):
        return await stock_app(scope, receive, send)
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    status, value = await asyncio.to_thread(answer, scope["method"], scope["path"], body)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})


if __name__ == "__main__":
    eventbridge._dispatch_event = dispatch_event
    eventbridge._invoke_target = invoke_target
    lambda_svc.invoke_async_with_retry = invoke_async
    cloudtrail.record_event = record_event
    ministack.app.app = app
    ministack.app.main()
