"""A proxy between the deployed function and the emulator that breaks chosen calls.

It forwards every byte it does not break, Host header included, so signatures stay valid.
"""

import http.client
import http.server
import json
import threading
import urllib.parse
from dataclasses import dataclass

ERROR = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>broken on purpose</Message></Error>"
    "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
)


@dataclass
class Fault:
    """Answers the next `times` calls of `action` with this error instead of forwarding them."""

    action: str
    status: int
    code: str
    times: int


class FaultProxy:
    """Listens at `url`, on a free port, and forwards to `upstream_port`."""

    def __init__(self, upstream_port):
        self.upstream_port = upstream_port
        self._lock = threading.Lock()
        self._faults = []
        self._calls = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def break_calls(self, action, status, code, times):
        with self._lock:
            self._faults.append(Fault(action, status, code, times))

    def heal(self):
        """Forgets all faults and all calls seen."""
        with self._lock:
            self._faults.clear()
            self._calls.clear()

    def calls(self, action):
        """The answers that the calls of this action got so far: HTTP status codes, in order."""
        with self._lock:
            return [status for seen, status in self._calls if seen == action]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _fault_for(self, action):
        with self._lock:
            for fault in self._faults:
                if fault.action == action and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def _answer(self, request, body):
        """Status, headers and body of the answer to one request of the function."""
        # DynamoDB names its calls in a header, SNS in the form.
        target = request.headers.get("x-amz-target", "").rpartition(".")[2]
        action = target or urllib.parse.parse_qs(body.decode("latin-1")).get("Action", [request.path])[0]
        fault = self._fault_for(action)
        if fault and target:
            error = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{fault.code}", "message": "broken"})
            answer = fault.status, {"content-type": "application/x-amz-json-1.0"}, error.encode()
        elif fault:
            answer = fault.status, {"content-type": "text/xml"}, ERROR.format(code=fault.code).encode()
        else:
            answer = self._forward(request, body)
        with self._lock:
            self._calls.append((action, answer[0]))
        return answer

    def _forward(self, request, body):
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream_port, timeout=30)
        try:
            upstream.request(request.command, request.path, body, dict(request.headers.items()))
            response = upstream.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return response.status, headers, response.read()
        finally:
            upstream.close()

    def _handler(proxy):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status, headers, answer = proxy._answer(self, body)
                self.send_response_only(status)
                for name, value in headers.items():
                    if name not in ("connection", "content-length", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST

            def log_message(self, *_):
                pass  # the function's calls are not news

        return Handler
