"""An endpoint for tests: verifies webhooks by the standardwebhooks library and answers as the path says.

/hook          200 where the signature is right, else 401
/status/N      N; with ?retry-after=V that header
/redirect      302 to /hook
/silent        no answer
/lost-once     no answer to the first request of each webhook-id, 200 to later ones
/dead          no answer before a request to /revive; like /hook afterwards
/cut           the connection is closed without an answer
/endless       200 and a body without an end

Prints one JSON object a line: {"event": "listening", "port": N} first, then every request with the
milliseconds since 1970 at which it came. Ends when its standard input ends, so it never outlives the test.
"""

import argparse
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

printing = threading.Lock()


def say(event, **fields):
    with printing:
        print(json.dumps({"event": event, **fields}), flush=True)


class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    secret = None
    seen = set()
    alive = False

    def do_POST(self):
        body, at = self.rfile.read(int(self.headers["content-length"])), int(time.time() * 1000)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path == "/revive":
            Endpoint.alive = True
            return self.answer(200, {})
        try:
            Webhook(self.secret).verify(body, headers)
            refusal = None
        except WebhookVerificationError as error:
            refusal = str(error)
        if self.path == "/dead" and not Endpoint.alive:
            say("unanswered")
            threading.Event().wait()
        seen = {"refusal": refusal, "headers": headers, "body": body.decode(), "at": at}
        say("request", path=self.path, peer=self.client_address[1], **seen)
        url = urlsplit(self.path)
        if url.path.startswith("/status/"):
            self.answer(int(url.path.split("/")[2]), {name: values[0] for name, values in parse_qs(url.query).items()})
        elif url.path == "/redirect":
            self.answer(302, {"location": "/hook"})
        elif url.path == "/silent" or url.path == "/lost-once" and self.is_first(headers.get("webhook-id")):
            threading.Event().wait()
        elif url.path == "/cut":
            self.close_connection = True
        elif url.path == "/endless":
            self.endless()
        else:
            self.answer(401 if refusal else 200, {})

    def is_first(self, webhook_id):
        with printing:
            known = webhook_id in self.seen
            self.seen.add(webhook_id)
        return not known

    def do_GET(self):
        # What a followed redirect would make of a POST.
        say("request", path=self.path, refusal="GET")
        self.answer(200, {})

    def answer(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def endless(self):
        self.send_response(200)
        self.send_header("content-length", str(1 << 40))
        self.end_headers()
        sent = 0
        try:
            while True:
                sent += self.wfile.write(b"x" * 65536)
        except OSError:
            say("hung up", sent=sent)
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        # A client that refuses our certificate or hangs up is what some tests are about.
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


parser = argparse.ArgumentParser()
parser.add_argument("--secret", required=True)
parser.add_argument("--cert")
parser.add_argument("--key")
options = parser.parse_args()
Endpoint.secret = options.secret
server = Server(("127.0.0.1", 0), Endpoint)
if options.cert:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options.cert, options.key)
    # The handshake in the connection's own thread: a client that refuses us must not stop the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=end_with_input, daemon=True).start()
say("listening", port=server.server_address[1])
server.serve_forever()
