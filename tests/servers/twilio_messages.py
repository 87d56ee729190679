"""Twilio for tests.

With --spec every request goes to Stoplight's prism, which answers as Twilio's own OpenAPI description says and refuses
what that does not allow; what came and how it was answered is told.

Without it, the answer depends on the number, by Twilio's own test numbers: +15005550001 is invalid (21211), ...0002 cannot
be reached (21612), ...0003 is in a region that is not allowed (21408), ...0004 has opted out (21610), ...0009 takes no
texts (21614). Ours: ...0021 too many requests, ...0022 trouble (both for seven seconds), ...0023 a wrong login, ...0024 no
answer, ...0025 the connection is closed, ...0026 an endless answer of 201.

--without NAME       with --spec: this field of the form, or "authorization", is lost on the way to prism
--account, --login   the basic authentication that is expected, without --spec

Prints one JSON object a line: {"event": "listening", "port": N} first, then every request. Ends when its standard input
ends, so it never outlives the test; prism ends with it.
"""

import argparse
import base64
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode

# Twilio's errors: status, code.
ERRORS = {
    "+15005550001": (400, 21211),
    "+15005550002": (400, 21612),
    "+15005550003": (400, 21408),
    "+15005550004": (400, 21610),
    "+15005550009": (400, 21614),
    "+15005550021": (429, 20429),
    "+15005550022": (503, 20503),
    "+15005550023": (401, 20003),
}

printing = threading.Lock()


def say(event, **fields):
    with printing:
        print(json.dumps({"event": event, **fields}), flush=True)


class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if options.spec:
            kept = urlencode({name: value for name, value in form.items() if name != options.without})
            headers = {name: value for name, value in self.headers.items() if name.lower() != options.without}
            status, answer = ask_prism(self.path, headers, kept.encode() if options.without in form else body)
            say("request", path=self.path, form=form, status=status, answer=json.loads(answer))
            return self.answer(status, answer)
        say("request", path=self.path, form=form)
        to = form.get("To")
        if to == "+15005550024":
            threading.Event().wait()
        elif to == "+15005550025":
            self.close_connection = True
        elif to == "+15005550026":
            self.endless()
        else:
            status, code = ERRORS.get(to, (201, None))
            if self.headers.get("authorization") != options.login:
                status, code = 401, 20003
            fault = {"code": code, "message": f"The number {to} will not do", "more_info": "", "status": status}
            message = {"sid": "SM" + "0" * 32, "status": "queued", "to": to}
            self.answer(status, json.dumps(fault if code else message).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if status in (429, 503):
            self.send_header("retry-after", "7")
        self.end_headers()
        self.wfile.write(body)

    def endless(self):
        self.send_response(201)
        self.send_header("content-length", str(1 << 40))
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        # A client that hangs up is what some tests are about.
        pass


def ask_prism(path, headers, body):
    connection = http.client.HTTPConnection("127.0.0.1", prism_port)
    passed = {name: value for name, value in headers.items() if name.lower() in ("content-type", "authorization")}
    connection.request("POST", path, body, passed)
    response = connection.getresponse()
    return response.status, response.read()


def start_prism():
    """The running prism and its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # It must not outlive this program, however that ends.
    command = ["setpriv", "--pdeathsig", "KILL", "node", options.prism, "mock", "--errors", "-h", "127.0.0.1", "-p", str(port)]
    command.append(options.spec)
    prism = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in prism.stdout:
        if re.search(r"Prism is listening on", line):
            break
    else:
        sys.exit(f"expected prism to listen, it ended with {prism.wait()}")
    # Otherwise it would wait for somebody to read what it says.
    threading.Thread(target=prism.stdout.read, daemon=True).start()
    return prism, port


def end_with_input():
    sys.stdin.read()
    os._exit(0)


parser = argparse.ArgumentParser()
parser.add_argument("--spec")
parser.add_argument("--prism")
parser.add_argument("--without")
parser.add_argument("--account", default="")
parser.add_argument("--login", default="")
options = parser.parse_args()
options.login = "Basic " + base64.b64encode(f"{options.account}:{options.login}".encode()).decode()
prism, prism_port = start_prism() if options.spec else (None, None)
server = Server(("127.0.0.1", 0), Endpoint)
threading.Thread(target=end_with_input, daemon=True).start()
say("listening", port=server.server_address[1])
server.serve_forever()
