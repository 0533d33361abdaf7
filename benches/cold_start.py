#!/usr/bin/env python3
"""Measures cold starts of the function beside a hello-world on the same runtime.

    benches/cold_start.py [RUNS]               needs Python 3.11 and openssl; builds what is missing
    benches/cold_start.py RUNS BINARY …        compares these instead, their runs taking turns

For each run a process is spawned against a local Runtime API and a local SNS behind TLS. Reported are
medians: spawn to first poll, spawn to first publish (hello-world: to its answer), CPU time and resident
memory by then, and the size of the binary.
"""

import http.server
import json
import os
import pathlib
import resource
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EVENT = (ROOT / "events/attach-role-policy-admin.json").read_bytes()
PUBLISHED = (
    b"<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"
)
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL")


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Runtime(Quiet):
    """One event, then silence: the second poll waits until the process is killed."""

    def do_GET(self):
        run = self.server.run
        if run.polled is None:
            run.polled = time.perf_counter()
            deadline = int(time.time() * 1000) + 30_000
            self.answer(200, EVENT, [
                ("Lambda-Runtime-Aws-Request-Id", "11111111-1111-1111-1111-111111111111"),
                ("Lambda-Runtime-Deadline-Ms", str(deadline)),
                ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:f"),
            ])
        else:
            run.over.wait(10)

    def do_POST(self):
        self.body()
        self.server.run.answered = time.perf_counter()
        self.answer(202, b"{}")
        self.server.run.done.set()


class Sns(Quiet):
    def do_POST(self):
        self.body()
        self.server.run.published = time.perf_counter()
        self.answer(200, PUBLISHED, [("content-type", "text/xml")])


class Run:
    def __init__(self):
        self.polled = self.published = self.answered = None
        self.done, self.over = threading.Event(), threading.Event()


def serve(handler, context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    # A process killed in the middle of a call is what this script does all day.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def certificate(folder):
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"],
        check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


def once(binary, sns, ca_bundle):
    run = Run()
    # A server a run: the last poll of a process just killed must not take the next one's event.
    runtime = serve(Runtime)
    runtime.run = sns.run = run
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.server_port}", "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_LEVEL": "ERROR", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_CA_BUNDLE": str(ca_bundle),
        "AWS_ENDPOINT_URL": f"https://localhost:{sns.server_port}",
        "MALLOC_ARENA_MAX": "1",  # as in infra/responder.yaml
    } | {f"IAM_RESPONDER_TOPIC_{s}": f"arn:aws:sns:us-east-1:111122223333:{s}" for s in SEVERITIES}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    spawned = time.perf_counter()
    process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL)
    if not run.done.wait(10):
        process.kill()
        raise SystemExit(f"{binary} did not answer within 10 s")
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    process.kill()
    process.wait()
    run.over.set()
    runtime.shutdown()
    runtime.server_close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    answered = run.published or run.answered
    return (run.polled - spawned) * 1e3, (answered - spawned) * 1e3, cpu * 1e3, resident / 1024


def built():
    function = ROOT / "target/release/iam-responder-lambda"
    subprocess.run(["cargo", "build", "--quiet", "--release", "--no-default-features", "--features", "lambda",
                    "--bin", "iam-responder-lambda"], cwd=ROOT, check=True)
    target = ROOT / "target/hello"
    subprocess.run(["cargo", "build", "--quiet", "--release", "--manifest-path", ROOT / "benches/hello/Cargo.toml",
                    "--target-dir", target], check=True)
    return {"iam-responder": function, "hello-world": target / "release/hello"}


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    given = {path: pathlib.Path(path).resolve() for path in sys.argv[2:]}
    binaries = given or built()
    width = max(14, *map(len, binaries))
    with tempfile.TemporaryDirectory() as folder:
        context, ca_bundle = certificate(pathlib.Path(folder))
        sns = serve(Sns, context)
        print(f"{'':{width}} binary MB  first poll ms  first publish ms  CPU ms  resident MB   ({runs} runs, medians)")
        figures_of = {name: [] for name in binaries}
        for _ in range(runs):
            for name, binary in binaries.items():
                figures_of[name].append(once(binary, sns, ca_bundle))
        for name, binary in binaries.items():
            figures = figures_of[name]
            poll, answered, cpu, resident = (statistics.median(column) for column in zip(*figures))
            size = os.path.getsize(binary) / 1e6
            print(f"{name:{width}} {size:9.1f}  {poll:13.1f}  {answered:16.1f}  {cpu:6.1f}  {resident:11.1f}")


if __name__ == "__main__":
    main()
