"""Starts the local AWS, deploys the stack into it with the AWS CLI, and reads what comes out."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import boto3

from faults import FaultProxy

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "target/lambda/iam-responder-lambda/bootstrap.zip"
TEMPLATE = ROOT / "infra/responder.yaml"
README = ROOT / "infra/README.md"
ACCOUNT = "111122223333"
REGION = "us-east-1"
STACK = "iam-responder"  # the stack, and what the names of its resources begin with
BUCKET = "code"
SEVERITIES = ["critical", "high", "medium", "low", "informational"]
POLL_SECONDS = 0.05
COPIES_MAX = 8  # of the function at a time; what they ask at once the local AWS answers within the table's limit
MAKING_CLIENTS = threading.Lock()  # boto3 cannot make two at once


def wait_for(what, condition, seconds=60):
    """Polls `condition` until it is true and returns its value; says `what` did not happen otherwise."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(POLL_SECONDS)


@dataclass
class Alert:
    """One message that a subscriber of a topic got."""

    topic: str  # the severity that the topic stands for
    subject: str
    message: str
    attributes: dict
    published: datetime

    @property
    def body(self):
        """The message as programs get it: SNS sends them JSON."""
        return json.loads(self.message)


class Emulator:
    """The emulator's process, and its tests' door below /_e2e/.

    It tries a failed event again after `retry_seconds`, then after twice that; AWS waits a minute first.
    """

    def __init__(self, scratch, retry_seconds=0.2):
        self.scratch = scratch
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.proxy = FaultProxy(self.port)
        self.log = scratch / "emulator.log"
        (scratch / "tmp").mkdir(parents=True)
        # Deployed functions inherit this environment, so nothing of ours may leak into it.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(scratch),
            "TMPDIR": str(scratch / "tmp"),
            "PYTHONPYCACHEPREFIX": str(ROOT / "target/pycache"),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "AWS_ENDPOINT_URL": self.proxy.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CLOUDTRAIL_RECORDING": "1",
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(retry_seconds),
            "LAMBDA_COPIES_MAX": str(COPIES_MAX),
        }
        program = Path(__file__).with_name("emulator.py")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, program],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that stop() ends the functions too
            )
        wait_for(f"the emulator answers; its log is {self.log}", self._is_ready)

    def _is_ready(self):
        assert self._process.poll() is None, f"the emulator ended at its start: {self.log.read_text()}"
        try:
            return self.door("GET", "/_e2e/in-flight") == 0
        except OSError:
            return False

    def stop(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.proxy.stop()

    def door(self, method, path, value=None):
        request = urllib.request.Request(self.url + path, method=method, data=json.dumps(value).encode())
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)


class Deployment:
    """The stack of infra/responder.yaml in the emulator, and a queue subscribed to each of its topics.

    Deployed with the commands of infra/README.md, or, where a package of one's own is given, directly: the
    commands cost two seconds of a processor.
    """

    def __init__(self, emulator, package=None, **parameters):
        self.emulator = emulator
        self.proxy = emulator.proxy
        if package:
            self.client("s3").create_bucket(Bucket=BUCKET)
            make_stack(self.client, STACK, package, **parameters)
        else:
            self.run(documented(START)[0])
            self.deploy()
        self.outputs = outputs_of(self.client, STACK)
        self._sqs = self.client("sqs")
        self._logs = self.client("logs")
        self._table = self.client("dynamodb")
        self._queues = {severity: self._subscribe(severity) for severity in SEVERITIES}

    def client(self, service):
        """The same in Python, where the command line would only cost time."""
        with MAKING_CLIENTS:
            return boto3.client(service, endpoint_url=self.emulator.url, **credentials())

    def aws(self, *arguments):
        """Runs the AWS CLI; gives its answer parsed, or as text where it is not JSON."""
        done = run(
            [tool("aws"), "--endpoint-url", self.emulator.url, "--output", "json", *arguments],
            self.environment(),
        )
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def deploy(self, *options, parameters=()):
        """Packages and deploys as infra/README.md shows; returns the output of the second command."""
        _, _, package, deploy, *_ = documented(START)
        self.run(package)
        words = " --parameter-overrides "
        assert deploy.count(words) == 1, deploy
        command = deploy.replace(words, f" {shlex.join(options)}{words}") + " " + shlex.join(parameters)
        return self.run(command)

    def run(self, command):
        """Runs a command of infra/README.md; gives what it prints."""
        for written, ours in [("MY-BUCKET", BUCKET), ("--region us-east-1", f"--region {REGION}")]:
            command = command.replace(written, ours)
        return run(["bash", "-e", "-o", "pipefail", "-c", command], self.environment()).stdout

    def deploy_code(self, *options):
        """The command of infra/README.md that changes nothing but the code."""
        return run(
            [
                *(tool("cargo-lambda"), "lambda", "deploy", "--endpoint-url", self.emulator.url),
                *("--binary-name", "iam-responder-lambda", *options, STACK),
            ],
            self.environment(),
        )

    def environment(self):
        return {
            **{
                name: os.environ[name] for name in ("CARGO_HOME", "RUSTUP_HOME", "HOME") if name in os.environ
            },
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "AWS_ACCESS_KEY_ID": credentials()["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": credentials()["aws_secret_access_key"],
            "AWS_ENDPOINT_URL": self.emulator.url,  # package uploads by it, not by --endpoint-url
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TMPDIR": str(self.emulator.scratch / "tmp"),
        }

    def _subscribe(self, severity):
        url = self._sqs.create_queue(QueueName=f"reader-of-{severity}")["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:reader-of-{severity}"
        topic = self.outputs[f"{severity.capitalize()}TopicArn"]
        self.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return url

    def inject(self, *envelopes):
        """Puts whole events on the default bus, as AWS itself would."""
        self.emulator.door("POST", "/_e2e/events", list(envelopes))

    def trail(self, is_on):
        """While the trail is on, each change made in the emulator is an event on its default bus."""
        self.emulator.door("PUT", "/_e2e/trail", is_on)

    def end_copies(self):
        """Ends the function's processes: the next event meets one that remembers nothing."""
        self.emulator.door("DELETE", "/_e2e/copies")

    def settle(self, seconds=60):
        """Waits until every event has been answered or given up."""
        wait_for("all events are handled", lambda: self.emulator.door("GET", "/_e2e/in-flight") == 0, seconds)

    def alerts(self):
        """What the subscribers got since the last call, after all events have been handled."""
        self.settle()
        alerts = []
        for severity, url in self._queues.items():
            for notification in self.drain(url):
                attributes = notification.get("MessageAttributes", {})
                alerts.append(
                    Alert(
                        topic=severity,
                        subject=notification.get("Subject"),
                        message=notification["Message"],
                        attributes={name: each["Value"] for name, each in attributes.items()},
                        published=datetime.fromisoformat(notification["Timestamp"]),
                    )
                )
        return alerts

    def forget(self):
        """Empties the function's table: what one test leaves there must not hold back another's alerts."""
        table = self.outputs["TableName"]
        pages = self._table.get_paginator("scan").paginate(TableName=table)
        wanted = [{"DeleteRequest": {"Key": {"id": item["id"]}}} for page in pages for item in page["Items"]]
        for start in range(0, len(wanted), 25):
            self._table.batch_write_item(RequestItems={table: wanted[start : start + 25]})

    def let_alerts_age(self):
        """Makes every alert that nobody acknowledged due to be published again."""
        table = self.outputs["TableName"]
        pages = self._table.get_paginator("scan").paginate(TableName=table)
        for item in [item for page in pages for item in page["Items"] if "open" in item]:
            self._table.update_item(
                TableName=table,
                Key={"id": item["id"]},
                UpdateExpression="SET due = :past",
                ExpressionAttributeValues={":past": {"N": "1"}},
            )

    def failed_events(self):
        """Records in the on-failure queue since the last call."""
        self.settle()
        return self.drain(self.outputs["OnFailureQueueUrl"])

    def dead_letters(self):
        """Events in the dead-letter queue of the bus rules since the last call."""
        self.settle()
        return self.drain(self.outputs["BusDeadLetterQueueUrl"])

    def drain(self, url):
        bodies = []
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [json.loads(message["Body"]) for message in messages]
            taken = [{"Id": each["MessageId"], "ReceiptHandle": each["ReceiptHandle"]} for each in messages]
            self._sqs.delete_message_batch(QueueUrl=url, Entries=taken)
        return bodies

    def invocations(self):
        """How often the function has been called so far, by its log."""
        self.settle()
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self.outputs["LogGroupName"]
        )
        messages = [event["message"] for page in pages for event in page["events"]]
        return sum(message.startswith("START RequestId:") for message in messages)

    def policy_of_function(self):
        return json.loads(self.aws("lambda", "get-policy", "--function-name", STACK)["Policy"])

    def allow_bus_rules(self, statement_id):
        """Gives the function's policy back the statement that lets the bus rules call it."""
        self.aws(
            *("lambda", "add-permission", "--function-name", STACK, "--statement-id", statement_id),
            *("--action", "lambda:InvokeFunction", "--principal", "events.amazonaws.com"),
            *("--source-arn", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{STACK}-*"),
        )

    def invoke(self, payload):
        """Calls the function directly and waits for its answer: the answer and FunctionError, if any."""
        answer = self.emulator.scratch / "answer.json"
        called = self.aws(
            *("lambda", "invoke", "--function-name", STACK, "--payload", json.dumps(payload), str(answer))
        )
        return json.loads(answer.read_text()), called.get("FunctionError")


START = "From an empty account to an alert"


def documented(heading):
    """The commands in one section of infra/README.md, in order."""
    _, _, section = README.read_text().partition(f"\n## {heading}\n")
    assert section, f"infra/README.md has no section: {heading}"
    return re.findall(r"^```sh\n(.*?)\n```$", section.partition("\n## ")[0], re.MULTILINE | re.DOTALL)


def make_stack(client, name, package, **parameters):
    """Makes the stack from a package, and waits until it is made."""
    place = f"Code: {os.path.relpath(PACKAGE, TEMPLATE.parent)} "
    text = TEMPLATE.read_text()
    assert text.count(place) == 1, f"{TEMPLATE.name} should say once: {place}"
    client("s3").upload_file(str(package), BUCKET, "code.zip")
    text = text.replace(place, f"Code: {{S3Bucket: {BUCKET}, S3Key: code.zip}} ")
    client("s3").put_object(Bucket=BUCKET, Key="template.yaml", Body=text.encode())
    cloudformation = client("cloudformation")
    wanted = {"Architecture": architecture()} | parameters
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{cloudformation.meta.endpoint_url}/{BUCKET}/template.yaml",
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in wanted.items()],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name)


def outputs_of(client, stack):
    (found,) = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def architecture():
    """The processor that the function was built for, by byte 18 of its ELF head."""
    with zipfile.ZipFile(PACKAGE) as archive, archive.open("bootstrap") as program:
        return {62: "x86_64", 183: "arm64"}[program.read(19)[18]]


def respond(envelope, scratch):
    """What the command line says about this event: the outcome that the deployed function must reach too."""
    path = scratch / "event.json"
    path.write_text(json.dumps(envelope))
    done = subprocess.run(
        [command_line(), "respond", "--format", "json", str(path)], capture_output=True, text=True
    )
    assert done.returncode in (0, 10), f"respond ended with {done.returncode}: {done.stderr}"
    (line,) = done.stdout.splitlines()
    return json.loads(line)


def command_line():
    for profile in ("release", "debug"):
        program = ROOT / "target" / profile / "iam-responder"
        if program.exists():
            return program
    raise AssertionError("no target/release/iam-responder; build it with: cargo build --release")


def run(command, environment):
    done = subprocess.run(
        command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, (
        f"{' '.join(map(str, command))}\nended with {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done


def tool(name):
    """A program of the virtual environment that these tests run in."""
    return str(Path(sys.executable).with_name(name))


def credentials():
    return {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "local", "region_name": REGION}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
