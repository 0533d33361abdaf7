"""The local AWS: MiniStack as a process of its own, with what it lacks for these tests.

Run as `python emulator.py`; MiniStack takes its settings (port, account) from the environment.
What is added to MiniStack, each point because AWS does it and MiniStack 1.5.33 does not:

* A bus rule that is ENABLED gets no read-only CloudTrail events; one that is
  ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS gets them too (`hears` in bus.py).
* A bus rule may call the function only where the function's resource policy names that rule, or a
  pattern of its name. Otherwise the event ends in the dead-letter queue of the target.
* The call is asynchronous: a failed one is tried again, then sent to the on-failure destination,
  with the true number of attempts. No more than LAMBDA_COPIES_MAX run at once, as under Lambda's
  reserved concurrency; what comes beyond waits, as in Lambda's own queue. A burst of a thousand
  processes at once would starve the machine instead of the function.
* What a target's `Input` says is handed to the function in place of the event.
* A setting of the function that names a folder below /var/task means the unpacked code.
* A stack is complete when the call that starts it is answered: the AWS CLI asks at once, and if it is
  to wait, not again for 30 seconds.
* CloudFormation makes trails and alarms on expressions, and sees that a condition of a resource is another than before.
* SSM has change calendars (GetCalendarState).
* SNS says when it published to the millisecond, and sends no message attributes where each protocol
  has a body of its own (`MessageStructure: json`).
* While the trail is on, each recorded change is also an event on the default bus, as CloudTrail
  sends it, and the record carries the right event name for form-encoded calls (IAM, SNS).

And for the tests themselves, below /_e2e/:

    POST /_e2e/events      one envelope, or a list: put on the default bus as it is, `source: aws.iam`
                           and all. (PutEvents refuses such a source, here as on AWS.)
    PUT  /_e2e/trail       `true` or `false`: switches the trail, which is off at first
    POST /_e2e/schedule    name of a bus rule with a schedule: it is due now. (By itself none fires, or
                           tests would be disturbed that take longer than others.)
    POST /_e2e/history     CloudTrail records that LookupEvents finds from now on
    PUT  /_e2e/calendar    {"name": …, "open_from": …, "open_to": …}: an SSM change calendar, open
                           between these ISO 8601 times and closed at all others
    GET  /_e2e/in-flight   number of events on their way to a function, waiting retries included;
                           answered as soon as it is 0, or after 5 seconds
    DELETE /_e2e/copies    ends all copies of functions, so that the next event starts a new one, which
                           remembers nothing. (They are kept and used again, as on AWS.)
"""

import asyncio
import contextvars
import fnmatch
import json
import os
import threading
import time
import uuid
from datetime import UTC, datetime

import ministack.app
from ministack.core import lambda_runtime, responses
from ministack.core.arn import parse_arn
from ministack.services import cloudtrail, eventbridge, lambda_svc, sns, ssm
from ministack.services.cloudformation import changesets, provisioners, stacks

from bus import hears

ACCOUNT = os.environ["MINISTACK_ACCOUNT_ID"]
REGION = os.environ["MINISTACK_REGION"]
RETRY_DELAY_SECONDS = float(os.environ["LAMBDA_ASYNC_RETRY_BASE_SECONDS"])
COPIES_MAX = int(os.environ["LAMBDA_COPIES_MAX"])


class InFlight:
    """Counts the deliveries under way, so that a test can wait for the last one."""

    def __init__(self):
        self._changed = threading.Condition()
        self._count = 0

    def start(self, work, *args):
        """Runs `work` in a thread of its own, in the account and Region of the caller."""
        self._add(1)
        context = contextvars.copy_context()

        def run():
            try:
                context.run(work, *args)
            finally:
                self._add(-1)

        threading.Thread(target=run, daemon=True).start()

    def _add(self, number):
        with self._changed:
            self._count += number
            self._changed.notify_all()

    def count(self):
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, timeout=5)
            return self._count


in_flight = InFlight()
room = threading.Semaphore(COPIES_MAX)
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
    payload = json.loads(target["Input"]) if "Input" in target else envelope
    function, config, _ = lambda_svc._get_func_record_for_ref(target["Arn"])
    if function and any(allows(statement, rule) for statement in function["policy"]["Statement"]):
        return invoke_async(lambda_svc._execution_record_for_config(function, config), payload)
    send_to_queue(target.get("DeadLetterConfig", {}).get("Arn"), payload)


def fire_schedule(name):
    """What EventBridge does when this bus rule is due."""
    key, rule = next((key, rule) for key, rule in eventbridge._rules.items() if rule["Name"] == name)
    event = {
        "EventId": str(uuid.uuid4()),
        "Source": "aws.events",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "EventBusName": "default",
        "Time": time.time(),
        "Resources": [rule["Arn"]],
        "Account": ACCOUNT,
        "Region": REGION,
    }
    for target in eventbridge._targets.get(key, []):
        invoke_target(target, event, rule)


def allows(statement, rule):
    """Whether this statement of a function's policy lets this bus rule call the function."""
    conditions = {
        key: value for pairs in statement.get("Condition", {}).values() for key, value in pairs.items()
    }
    conditions = {key.lower(): value for key, value in conditions.items()}
    return (
        statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": "events.amazonaws.com"}
        and is_arn_like(rule["Arn"], conditions.get("aws:sourcearn", "*"))
        and "aws:sourceaccount" not in conditions  # EventBridge sends none to Lambda
    )


def is_arn_like(arn, pattern):
    """IAM's ArnLike: part by part, and the sixth part is the rest."""
    if pattern == "*":
        return True
    parts, patterns = arn.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(fnmatch.fnmatchcase, parts, patterns))


def send_to_queue(arn, body):
    if arn:
        eventbridge._dispatch_to_sqs(parse_arn(arn), json.dumps(body))


# Lambda

stock_worker_env = lambda_svc._provided_worker_env


def worker_env(config, code_dir, port):
    """The function's environment variables, with the folder that its code really lies in."""
    variables = stock_worker_env(config, code_dir, port)
    return {
        name: code_dir + value.removeprefix("/var/task") if value.startswith("/var/task") else value
        for name, value in variables.items()
    }


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
        with room:
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


def add_to_history(record):
    """Makes a CloudTrail record one that LookupEvents finds."""
    identity = record.get("userIdentity", {})
    role_session = identity.get("arn", "").rpartition("/")[2]
    cloudtrail._get_event_queue().append(
        {
            "EventId": record["eventID"],
            "EventName": record["eventName"],
            "EventSource": record["eventSource"],
            "EventTime": datetime.fromisoformat(record["eventTime"]).timestamp(),
            "Username": identity.get("userName") or role_session,
            "AccessKeyId": identity.get("accessKeyId", ""),
            "ReadOnly": json.dumps(record.get("readOnly", False)),
            "Resources": [],
            "CloudTrailEvent": json.dumps(record),
        }
    )


# SNS

stock_build_envelope = sns._build_envelope


def build_envelope(topic_arn, msg_id, message, subject, message_attributes, raw):
    envelope = stock_build_envelope(topic_arn, msg_id, message, subject, message_attributes, raw)
    return envelope if raw else json.dumps(json.loads(envelope) | {"Timestamp": responses.now_iso()})


stock_fanout = sns._fanout


def fanout(topic_arn, msg_id, message, subject, message_structure="", message_attributes=None, **more):
    kept = None if message_structure == "json" else message_attributes
    stock_fanout(topic_arn, msg_id, message, subject, message_structure, kept, **more)


# CloudFormation


stock_props_for_diff = changesets._resolve_props_for_diff


def props_for_diff(template, parameters, *where):
    """Without the resources whose condition does not hold: the next template may add them."""
    resolved = stock_props_for_diff(template, parameters, *where)
    holds = changesets._evaluate_conditions(template, parameters)
    made = {
        name: resource
        for name, resource in resolved.get("Resources", {}).items()
        if holds.get(template["Resources"][name].get("Condition"), True)
    }
    return resolved | {"Resources": made}


stock_alarm_record = provisioners._cw_metric_alarm_record


def alarm_record(name, properties):
    """An alarm on an expression, which is refused where AWS would; kept as one on its first metric."""
    queries = properties.get("Metrics")
    if not queries:
        return stock_alarm_record(name, properties)
    metrics = [query["MetricStat"] for query in queries if "MetricStat" in query]
    returned = [query for query in queries if query.get("ReturnData", True)]
    ids = {query["Id"] for query in queries}
    if "MetricName" in properties or len(returned) != 1 or len(metrics) > 10 or len(ids) != len(queries):
        raise ValueError("AWS::CloudWatch::Alarm: at most 10 metrics, one expression that returns data, and IDs of their own")
    first = metrics[0]["Metric"] | {"Statistic": metrics[0]["Stat"], "Period": metrics[0]["Period"]}
    return stock_alarm_record(name, {key: each for key, each in properties.items() if key != "Metrics"} | first)


def make_trail(logical_id, properties, stack_name):
    status, _, body = cloudtrail._create_trail(
        {("Name" if name == "TrailName" else name): value for name, value in properties.items()}
    )
    if status != 200:
        raise ValueError(f"AWS::CloudTrail::Trail: {body!r}")
    cloudtrail._start_logging({"Name": properties["TrailName"]})
    return properties["TrailName"], {"Arn": cloudtrail._trail_arn(properties["TrailName"])}


def delete_trail(physical_id, properties):
    cloudtrail._delete_trail({"Name": physical_id})


# Change calendars of SSM

stock_ssm = ssm.handle_request
calendars = {}  # name of the document: the moments from which and up to which it is open


async def handle_ssm(method, path, headers, body, query_params):
    if headers.get("x-amz-target") != "AmazonSSM.GetCalendarState":
        return await stock_ssm(method, path, headers, body, query_params)
    request = json.loads(body)
    names = [name.rpartition("document/")[2] for name in request["CalendarNames"]]
    if any(name not in calendars for name in names):
        return responses.error_response_json("InvalidDocument", f"no calendar {names}", 400)
    at = datetime.fromisoformat(request["AtTime"]) if "AtTime" in request else datetime.now(UTC)
    state = calendar_state([calendars[name] for name in names], at)
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(state).encode()


def calendar_state(spans, at):
    """OPEN where all are open, and when that changes next, where it does."""

    def is_open(moment):
        return all(start <= moment < end for start, end in spans)

    changes = sorted(moment for span in spans for moment in span if moment > at)
    change = next((moment for moment in changes if is_open(moment) != is_open(at)), None)
    state = {"State": "OPEN" if is_open(at) else "CLOSED", "AtTime": iso(at)}
    return state | ({"NextTransitionTime": iso(change)} if change else {})


def set_calendar(calendar):
    span = [datetime.fromisoformat(calendar[edge]) for edge in ("open_from", "open_to")]
    calendars[calendar["name"]] = span


def iso(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# The tests' own door

stock_app = ministack.app.app


def in_stack_scope(work, *args):
    responses._request_account_id.set(ACCOUNT)
    responses._request_region.set(REGION)
    return work(*args)


def switch_trail(is_on):
    trail_is_on.set() if is_on else trail_is_on.clear()


def for_each(work):
    """The same work for one value or for a list of them."""
    return lambda values: [work(value) for value in (values if isinstance(values, list) else [values])]


DOORS = {
    ("GET", "/_e2e/in-flight"): lambda _: in_flight.count(),
    ("PUT", "/_e2e/trail"): switch_trail,
    ("POST", "/_e2e/events"): for_each(put_on_default_bus),
    ("POST", "/_e2e/schedule"): fire_schedule,
    ("POST", "/_e2e/history"): for_each(add_to_history),
    ("PUT", "/_e2e/calendar"): set_calendar,
    ("DELETE", "/_e2e/copies"): lambda _: lambda_runtime.reset(),
}


def answer(method, path, body):
    """What a request below /_e2e/ gets: status and JSON value."""
    door = DOORS.get((method, path))
    if door is None:
        return 404, f"no {method} {path}"
    return 200, contextvars.copy_context().run(in_stack_scope, door, json.loads(body))


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
    eventbridge.start_scheduler = lambda: None
    lambda_svc.invoke_async_with_retry = invoke_async
    lambda_svc._provided_worker_env = worker_env
    stacks._runs_on_worker_thread = lambda resource_type: False
    sns._build_envelope = build_envelope
    sns._fanout = fanout
    changesets._resolve_props_for_diff = props_for_diff
    provisioners._RESOURCE_HANDLERS["AWS::CloudTrail::Trail"] = {"create": make_trail, "delete": delete_trail}
    provisioners._cw_metric_alarm_record = alarm_record
    ssm.handle_request = handle_ssm
    cloudtrail.record_event = record_event
    ministack.app.app = app
    ministack.app.main()
