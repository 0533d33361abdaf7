"""The function on a laptop, as README.md shows it: `cargo lambda watch` and `cargo lambda invoke`.

Where the machine allows it, all runs in a network namespace that has only the loopback device: what
asked for the network would fail. AWS's endpoints are a trap, which counts who knocks.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from deployment import REGION, ROOT, SEVERITIES, command_line, credentials, free_port, wait_for

BINARY = "iam-responder-lambda"
SAMPLE = "events/attach-role-policy-admin.json"
LOOPBACK_UP = (
    "import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh', b'lo', 0x49))"
)
# Prints its port, then a dot for each connection, which it closes.
TRAP = """
import socket
trap = socket.create_server(("127.0.0.1", 0))
print(trap.getsockname()[1], flush=True)
while True:
    trap.accept()[0].close()
    print(".", flush=True)
"""


def commands():
    """The commands of README.md, by their verb."""
    section = (ROOT / "README.md").read_text().split("## Try the function on a laptop")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    found = [shlex.split(line) for block in blocks for line in block.splitlines()]
    assert [command[:2] for command in found] == [["cargo", "lambda"]] * 2
    return {command[2]: command for command in found}


def unwrapped(text):
    """What cargo-lambda prints of an error, without its line breaks."""
    return " ".join(line.strip(" │") for line in text.splitlines())


class Laptop:
    """A machine without network, and the trap in AWS's place."""

    def __init__(self, scratch):
        self.scratch = scratch
        self._enter, self._port, self._started, self.endpoint = [], [], [], ""
        if not self._cut_off():
            self._port = ["--invoke-port", str(free_port())]
        trap = scratch / "trap"
        self._start([sys.executable, "-c", TRAP], trap)
        wait_for("the trap is set", lambda: trap.read_text().endswith("\n"), 10)
        self.endpoint = f"http://127.0.0.1:{trap.read_text().split()[0]}"

    def _cut_off(self):
        """Makes a network namespace, which lives as long as its first process."""
        if not (shutil.which("unshare") and shutil.which("nsenter")):
            return False
        first = self._start(
            ["unshare", "--user", "--map-root-user", "--net", "sleep", "infinity"], self.scratch / "ns"
        )
        enter = ["nsenter", "--target", str(first.pid), "--user", "--net", "--preserve-credentials"]
        deadline = time.monotonic() + 5
        while first.poll() is None and time.monotonic() < deadline:
            if os.readlink(f"/proc/{first.pid}/ns/net") != os.readlink("/proc/self/ns/net"):
                up = subprocess.run([*enter, sys.executable, "-c", LOOPBACK_UP], capture_output=True)
                self._enter = enter if up.returncode == 0 else []
                return bool(self._enter)
            time.sleep(0.02)
        return False

    def _start(self, command, output, settings=None):
        with output.open("wb") as out:
            process = subprocess.Popen(
                [*self._enter, *command],
                cwd=ROOT,
                env=self._environment() | (settings or {}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def _environment(self):
        own = credentials()
        kept = ("PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "TMPDIR", "CARGO_TARGET_DIR")
        return {name: os.environ[name] for name in kept if name in os.environ} | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": own["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": own["aws_secret_access_key"],
            "AWS_REGION": REGION,
            "CARGO_NET_OFFLINE": "true",
        }

    def knocks(self):
        """Connections to the trap so far."""
        return (self.scratch / "trap").read_text().count(".")

    def watch(self, *options):
        """Starts the README's command in one terminal; gives what reads it."""
        terminal = self.scratch / f"watch-{len(self._started)}"
        process = self._start([*commands()["watch"], *options, *self._port], terminal)
        wait_for("the function can be invoked", lambda: "starting Runtime server" in terminal.read_text(), 20)
        return process, terminal.read_text

    def invoke(self, *arguments):
        """Runs the README's command in the other terminal, or one with other arguments."""
        command = ["cargo", "lambda", "invoke", *arguments] if arguments else commands()["invoke"]
        return subprocess.run(
            [*self._enter, *command, *self._port],
            cwd=ROOT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    @contextmanager
    def function(self, settings):
        """The function with these settings and no others, which `watch` could not give it; how to invoke it and
        its log."""
        watch, _ = self.watch("--only-lambda-apis")
        log = self.scratch / f"function-{len(self._started)}"
        port = self._port[1] if self._port else "9000"
        process = self._start(
            [ROOT / "target/debug" / BINARY],
            log,
            {
                "AWS_LAMBDA_FUNCTION_NAME": "_",
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
                "AWS_LAMBDA_RUNTIME_API": f"http://127.0.0.1:{port}/.rt/_",
            }
            | settings,
        )
        try:
            yield lambda: self.invoke("--data-file", SAMPLE), log.read_text
        finally:
            self.end(process)
            self.end(watch)

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        self._started.remove(process)

    def switch_off(self):
        for process in reversed(self._started):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def laptop(tmp_path_factory):
    # What the first event would wait for, and what may need the network.
    build = ["cargo", "build", "--locked", "--quiet", "--features", "lambda", "--bin", BINARY]
    subprocess.run(build, cwd=ROOT, stdin=subprocess.DEVNULL, check=True, timeout=540)
    laptop = Laptop(tmp_path_factory.mktemp("laptop"))
    try:
        yield laptop
    finally:
        laptop.switch_off()


def test_the_commands_of_the_readme_show_an_alert_without_aws_and_without_network(laptop):
    before = laptop.knocks()
    watch, terminal = laptop.watch()
    try:
        done = laptop.invoke()
        without_name = laptop.invoke("--data-file", SAMPLE)
        clock = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
        rung = laptop.invoke("--data-ascii", json.dumps(clock))
    finally:
        laptop.end(watch)
    log = terminal()
    assert done.returncode == 0, done.stderr + log
    answer = json.loads(done.stdout)
    assert (answer["outcome"], answer["severity"], answer["topics"]) == ("alerted", "critical", ["critical"])
    assert "IAM_RESPONDER_DRY_RUN" in answer["dry_run"]
    assert re.search(r"WARN.*IAM_RESPONDER_DRY_RUN", log), log
    assert without_name.returncode == 0, without_name.stderr + log
    # A copy of its own, by cargo-lambda's way, so it knows nothing of the first event.
    assert json.loads(without_name.stdout)["outcome"] == "alerted"
    assert json.loads(rung.stdout) | {"dry_run": ""} == {
        "dry_run": "",
        "heartbeat": False,
        "due": 0,
        "repeated": 0,
    }

    first, second = re.findall(r"^=== dry run, .*?^=== end ===$", log, re.DOTALL | re.MULTILINE)
    assert first.splitlines()[0] == "=== dry run, not published to topic iam-responder-critical ==="
    assert first.splitlines()[1].startswith(
        "Subject: [CRITICAL] Administrator policy attached to a role: deploy-payments"
    )
    full = subprocess.run(
        [command_line(), "respond", "--full", SAMPLE], cwd=ROOT, capture_output=True, text=True
    ).stdout
    printed = [line.strip() for line in first.splitlines()]
    for line in [
        each for each in full.splitlines() if "detach-role-policy" in each or "alice@example.com" in each
    ]:
        assert line.strip() in printed, f"{line}\nis not in\n{first}"
    assert second.splitlines()[1:] != [] and "ERROR" not in log, log
    assert "CloudWatchMetrics" not in log, "a dry run counts nothing"
    assert laptop.knocks() == before, "a dry run asks nobody anything"


def test_a_fault_at_the_start_answers_every_invocation(laptop):
    watch, terminal = laptop.watch(
        "--env-var", "IAM_RESPONDER_LOG_LEVEL=loud", "--env-var", "IAM_RESPONDER_TABLE=state"
    )
    try:
        started = time.monotonic()
        answers = [laptop.invoke(), laptop.invoke()]
        seconds = time.monotonic() - started
    finally:
        laptop.end(watch)
    for answer in answers:
        assert answer.returncode == 1, answer.stdout + terminal()
        assert "IAM_RESPONDER_LOG_LEVEL: `loud` is not a log level" in unwrapped(answer.stderr)
        assert "IAM_RESPONDER_DRY_RUN: `true` publishes nothing" in unwrapped(answer.stderr)
    assert seconds < 20


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, [f"IAM_RESPONDER_TOPIC_{severity.upper()}: no topic for {severity}" for severity in SEVERITIES]),
        ({}, ["on a laptop, IAM_RESPONDER_DRY_RUN set to `true` needs no topics"]),
        ({"IAM_RESPONDER_DRY_RUN": "yes"}, ["`yes` is neither true nor false", "no topic for high alerts"]),
    ],
    ids=["topics", "hint", "dry run"],
)
def test_a_function_without_topics_says_which_it_lacks(laptop, settings, says):
    with laptop.function(settings) as (invoke, _):
        failed = invoke()
    assert failed.returncode == 1, failed.stdout
    for each in says:
        assert each in unwrapped(failed.stderr)


def test_a_function_with_topics_would_knock_at_aws_and_count_at_any_level(laptop):
    """The trap works, and what the other tests find absent is there in a function that does not run dry."""
    topic = f"arn:aws:sns:{REGION}:111122223333:x"
    settings = {f"IAM_RESPONDER_TOPIC_{severity.upper()}": topic for severity in SEVERITIES}
    before = laptop.knocks()
    with laptop.function(settings | {"IAM_RESPONDER_LOG_LEVEL": "error", "AWS_LAMBDA_LOG_LEVEL": "WARN"}) as (
        invoke,
        log,
    ):
        failed = invoke()
    assert failed.returncode == 1, failed.stdout + log()
    assert "was not published" in unwrapped(failed.stderr)
    assert laptop.knocks() > before
    (metrics,) = (json.loads(line) for line in log().splitlines() if "CloudWatchMetrics" in line)
    assert (metrics["PublishFailures"], metrics["level"]) == (1, "WARN")
    levels = {json.loads(line)["level"] for line in log().splitlines()}
    assert levels == {"WARN", "ERROR"}
