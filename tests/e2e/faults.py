"""A proxy between the deployed function and the emulator that breaks chosen calls.

It forwards every byte it does not break, Host header included, so signatures stay valid.
"""

import http.client
import http.server
import json
import math
import re
import socket
import struct
import sys
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

# How long a slow answer takes: longer than the function gives one attempt.
SLOW_SECONDS = 4

# The service refuses and does nothing: HTTP status and the code that it has for this itself. "" stands
# for the services that are not named; JSON protocols have 400 for nearly everything.
REFUSALS = {
    "throttle": {
        "": (400, "ThrottlingException"),
        "sns": (400, "Throttling"),
        "iam": (400, "Throttling"),
    },
    "429": {"": (429, "TooManyRequestsException"), "sns": (429, "Throttled")},
    "500": {
        "": (500, "InternalServerError"),
        "sns": (500, "InternalError"),
        "iam": (500, "ServiceFailure"),
        "organizations": (500, "ServiceException"),
        "cloudtrail": (500, "InternalFailure"),
    },
    "503": {"": (503, "ServiceUnavailable")},
    "403": {
        "": (400, "AccessDeniedException"),
        "sns": (403, "AuthorizationError"),
        "iam": (403, "AccessDenied"),
    },
    "409": {
        "": (409, "ConflictException"),
        "dynamodb": (400, "TransactionConflictException"),
        "iam": (409, "ConcurrentModification"),
        "organizations": (400, "ConcurrentModificationException"),
    },
}
# The service never hears of the call: a gateway answers, or nobody does.
LOST_CALLS = ["html", "reset", "close", "silence"]
# The service does as asked, but its answer comes late or never whole.
LOST_ANSWERS = ["lost", "truncate", "stall", "drip", "delay"]
KINDS = [*REFUSALS, *LOST_CALLS, *LOST_ANSWERS]

XML = (
    "<ErrorResponse><Error><Type>{blame}</Type><Code>{code}</Code>"
    "<Message>broken on purpose</Message></Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId>"
    "</ErrorResponse>"
)
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class Fault:
    """What is done to calls; None stands for any action, service or request, and for always."""

    action: str | None
    kind: str | tuple  # one of KINDS, or the status and code of a refusal
    times: int | None
    after: int  # calls that are let through first
    service: str | None
    having: str | None  # text of the request


@dataclass
class Call:
    """One request of the function, each attempt of the SDK its own."""

    service: str
    action: str
    fault: str | tuple | None = None  # what broke it
    status: int | None = None  # of the answer that was sent, or begun
    begun: float = field(default_factory=time.monotonic)
    ended: float = math.inf


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes


class FaultProxy:
    """Listens at `url`, on a free port, and forwards to `upstream_port`."""

    def __init__(self, upstream_port):
        self.upstream_port = upstream_port
        self._lock = threading.Lock()
        self._faults = []
        self._calls = []
        self._over = threading.Event()
        self.pause = 0  # seconds that each call waits which nothing breaks
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def break_calls(self, action, kind, times=1, after=0, service=None, having=None):
        """Breaks the next calls of this action; the parameters are those of Fault."""
        assert kind in KINDS or isinstance(kind, tuple), kind
        with self._lock:
            self._faults.append(Fault(action, kind, times, after, service, having))

    def heal(self):
        """Forgets all faults and all calls seen, and ends what hangs or is slow."""
        with self._lock:
            self.pause = 0
            self._faults.clear()
            self._calls.clear()
            self._over.set()
            self._over = threading.Event()

    def calls(self, action=None, service=None):
        """The calls so far, in order: of this action and of this service, or of any."""
        with self._lock:
            return [
                call
                for call in self._calls
                if action in (None, call.action) and service in (None, call.service)
            ]

    def stop(self):
        self.heal()
        self._server.shutdown()
        self._server.server_close()

    def arrived(self, service, action, text):
        """Notes a call; gives it with what ends all waiting."""
        call = Call(service, action)
        with self._lock:
            fault = next((fault for fault in self._faults if _hits(fault, call, text)), None)
            call.fault = fault and fault.kind
            self._calls.append(call)
            return call, self._over


def _hits(fault, call, text):
    """Whether this call is broken by this fault; counts it."""
    chosen = fault.action in (None, call.action) and fault.service in (None, call.service)
    if not chosen or (fault.having or "") not in text or fault.times == 0:
        return False
    if fault.after > 0:
        fault.after -= 1
        return False
    if fault.times is not None:
        fault.times -= 1
    return True


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy

    def shutdown_request(self, request):
        self.close_request(request)  # no farewell first, which a reset must not have

    def handle_error(self, request, client_address):
        # That the function hangs up on a call that takes too long is no news.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are sent apart, which would cost 40 ms a call

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        call, over = self.server.proxy.arrived(*self._read(body))
        kind = call.fault
        if kind is None:
            time.sleep(self.server.proxy.pause)
            answer = self._forward(body)
            call.ended = time.monotonic()
            self._send(call, answer)
        elif refusal := _refusal(kind, call.service):
            self._send(call, self._refused(*refusal))
        elif kind == "html":
            self._send(call, Answer(502, {"content-type": "text/html"}, HTML))
        else:
            self._break(call, body, over)

    do_GET = do_POST

    def _read(self, body):
        """Service, action and text. DynamoDB and others name the action in a header, SNS in the form."""
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers.get("authorization", ""))
        text = body.decode("latin-1")
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        form = urllib.parse.parse_qs(text) if not target else {}
        return scope[1] if scope else "", target or form.get("Action", [self.path])[0], text

    def _refused(self, status, code):
        """The error in the protocol of the request."""
        if "x-amz-target" in self.headers:
            error = json.dumps({"__type": f"com.amazonaws#{code}", "message": "broken on purpose"})
            return Answer(status, {"content-type": self.headers["content-type"]}, error.encode())
        blame = "Sender" if status < 500 else "Receiver"
        return Answer(status, {"content-type": "text/xml"}, XML.format(blame=blame, code=code).encode())

    def _forward(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.proxy.upstream_port, timeout=30)
        try:
            upstream.request(self.command, self.path, body, dict(self.headers.items()))
            response = upstream.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            upstream.close()

    def _break(self, call, body, over):
        """Loses the call or its answer, and with it the connection; what is only slow keeps it."""
        self.close_connection = call.fault not in ("drip", "delay")
        if call.fault == "silence":
            over.wait()
        elif call.fault == "reset":
            self._reset()
        elif call.fault in LOST_ANSWERS:
            self._spoil(call, self._forward(body), over)

    def _spoil(self, call, answer, over):
        half = answer.body[: len(answer.body) // 2]
        if call.fault == "lost":
            self._reset()
        elif call.fault == "truncate":
            self._send(call, answer, half)
        elif call.fault == "stall":
            self._send(call, answer, half)
            over.wait()
        elif call.fault == "drip":
            self._send(call, answer, b"")
            self._drip(answer.body, over)
        else:
            over.wait(SLOW_SECONDS)
            self._send(call, answer)

    def _drip(self, body, over):
        for byte in body:
            if over.wait(SLOW_SECONDS / len(body)):
                raise ConnectionError("the test is over")
            self.wfile.write(bytes([byte]))

    def _send(self, call, answer, part=None):
        """Sends an answer, or its head and this part of its body."""
        call.status = answer.status
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body if part is None else part)

    def _reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, *_):
        pass  # the function's calls are not news


def _refusal(kind, service):
    """Status and code with which this service refuses; None for what is no refusal."""
    if isinstance(kind, tuple):
        return kind
    codes = REFUSALS.get(kind, {})
    return codes.get(service, codes.get(""))
