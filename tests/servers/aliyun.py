"""Aliyun's Short Message Service for tests: believes a question only where the official SDK would have signed it so.

The signature is computed anew by the SDK (alibabacloud_tea_openapi), from what arrived. Before it listens, the SDK's own
client asks it for a text, with the right secret and with a wrong one, and the answers are told ("sdk"): that this server
believes what it must and nothing else.

--secret S       the secret of access key "LTAI-test"
--code C         SendSms answers this code
--tamper         one parameter of every question is changed on its way
--lose-first     the first SendSms is done but not answered
--drop-first     the first SendSms is neither done nor answered
--hide-for N     what was sent is not found by the first N look-ups
--silent-query   QuerySendDetails is not answered
--failed         what was sent has failed at the carrier

Prints one JSON object a line: {"event": "sdk"} and {"event": "listening", "port": N} first, then every question. Ends when
its standard input ends, so it never outlives the test.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest, SendSmsRequest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest

KEY_ID = "LTAI-test"
ALGORITHM = "ACS3-HMAC-SHA256"
BEIJING = timezone(timedelta(hours=8))
# The SDK's models know the names of an operation's parameters.
OPERATIONS = {"SendSms": SendSmsRequest, "QuerySendDetails": QuerySendDetailsRequest}

printing = threading.Lock()
quiet = threading.Event()


def say(event, **fields):
    if quiet.is_set() and event == "question":
        return
    with printing:
        print(json.dumps({"event": event, **fields}), flush=True)


class Refusal(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


def check_signature(method, path, query, headers, body, nonces):
    """Refuses what the SDK would not have signed."""
    parts = re.fullmatch(ALGORITHM + r" Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
                         headers.get("authorization", ""))
    if not parts:
        raise Refusal(400, "IncompleteSignature")
    signed = parts[2].split(";")
    if parts[1] != KEY_ID:
        raise Refusal(404, "InvalidAccessKeyId.NotFound")
    if "host" not in signed or any(name.startswith("x-acs-") and name not in signed for name in headers):
        raise Refusal(400, "IncompleteSignature")
    request = DaraRequest()
    request.method, request.pathname, request.query = method, path, query
    request.headers = {name: headers.get(name, "") for name in signed}
    digest = hashlib.sha256(body).hexdigest()
    if headers.get("x-acs-content-sha256") != digest:
        raise Refusal(400, "SignatureDoesNotMatch")
    if Utils.get_authorization(request, ALGORITHM, digest, KEY_ID, options.secret) != headers["authorization"]:
        raise Refusal(400, "SignatureDoesNotMatch")
    date = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    if abs((datetime.now(timezone.utc) - date).total_seconds()) > 900:
        raise Refusal(400, "InvalidTimeStamp.Expired")
    with printing:
        if headers["x-acs-signature-nonce"] in nonces:
            raise Refusal(400, "SignatureNonceUsed")
        nonces.add(headers["x-acs-signature-nonce"])


def check_parameters(operation, query):
    known = {name.replace("_", "") for name in vars(OPERATIONS[operation]())}
    for name in query:
        if name.lower() not in known:
            raise Refusal(400, "InvalidParameter")
    required = {"SendSms": ["PhoneNumbers", "SignName", "TemplateCode"],
                "QuerySendDetails": ["PhoneNumber", "SendDate", "PageSize", "CurrentPage"]}
    for name in required[operation]:
        if not query.get(name):
            raise Refusal(400, "Missing" + name)


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    nonces = set()
    sent = []
    sends = 0
    looks = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=True))
        operation = headers.get("x-acs-action")
        say("question", operation=operation, parameters=query)
        if options.tamper:
            query[min(query)] += "1"
        try:
            check_signature("POST", url.path, query, headers, body, self.nonces)
            if headers.get("x-acs-version") != "2017-05-25" or operation not in OPERATIONS:
                raise Refusal(404, "InvalidAction.NotFound")
            check_parameters(operation, query)
            answer = self.send_sms(query) if operation == "SendSms" else self.query_send_details(query)
        except Refusal as refusal:
            return self.answer(refusal.status, {"Code": refusal.code, "Message": "no, " + self.path})
        if answer is None:
            self.close_connection = True
        else:
            self.answer(200, {"Code": "OK", "Message": "OK", **answer})

    def send_sms(self, query):
        if options.code:
            raise Refusal(200, options.code)
        number, parameters = query["PhoneNumbers"], json.loads(query.get("TemplateParam", "{}"))
        if not re.fullmatch(r"1[3-9]\d{9}|[2-9]\d{6,14}", number):
            raise Refusal(200, "isv.MOBILE_NUMBER_ILLEGAL")
        if not all(isinstance(value, str) for value in parameters.values()):
            raise Refusal(200, "isv.INVALID_JSON_PARAM")
        if any("://" in value for value in parameters.values()):
            raise Refusal(200, "isv.PARAM_NOT_SUPPORT_URL")
        if len(query.get("OutId", "").encode()) >= 256:
            raise Refusal(200, "isv.INVALID_PARAMETERS")
        Service.sends += 1
        if options.drop_first and Service.sends == 1:
            return None
        now = datetime.now(BEIJING)
        Service.sent.append({
            "PhoneNum": number, "OutId": query.get("OutId"), "TemplateCode": query["TemplateCode"],
            "Content": "【" + query["SignName"] + "】", "SendDate": now.strftime("%Y-%m-%d %H:%M:%S"),
            "SendStatus": 2 if options.failed else 3, "ErrCode": "UNDELIV" if options.failed else "DELIVERED",
        })
        if options.lose_first and Service.sends == 1:
            return None
        return {"BizId": "9006197469364984%02d^0" % Service.sends}

    def query_send_details(self, query):
        if options.silent_query:
            return None
        day = datetime.strptime(query["SendDate"], "%Y%m%d").strftime("%Y-%m-%d")
        size, page = int(query["PageSize"]), int(query["CurrentPage"])
        if not 1 <= size <= 50 or page < 1:
            raise Refusal(200, "isv.INVALID_PARAMETERS")
        Service.looks += 1
        found = [] if Service.looks <= options.hide_for else [
            text for text in self.sent if text["PhoneNum"] == query["PhoneNumber"] and text["SendDate"].startswith(day)]
        return {"TotalCount": len(found),
                "SmsSendDetailDTOs": {"SmsSendDetailDTO": found[(page - 1) * size:page * size]}}

    def answer(self, status, body):
        body = json.dumps({"RequestId": "R", **body}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json;charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        # A client that hangs up is what some tests are about.
        pass


def asked_by_the_sdk(port, secret):
    """What the official client gets for a text of its own."""
    config = Config(access_key_id=KEY_ID, access_key_secret=secret, endpoint=f"127.0.0.1:{port}", protocol="http")
    request = SendSmsRequest(phone_numbers="13800000009", sign_name="顺达", template_code="SMS_0",
                             template_param='{"when":"明日 14:00–18:00 *~+&"}', out_id="sdk")
    try:
        return Client(config).send_sms(request).body.code
    except AlibabaCloudException as error:
        return error.code


def compare_with_the_sdk(port):
    """Whatever behaviour the test asks for begins after this."""
    asked = dict(vars(options))
    quiet.set()
    for name in ("code", "tamper", "lose_first", "drop_first", "failed"):
        setattr(options, name, None)
    say("sdk", right=asked_by_the_sdk(port, options.secret), wrong=asked_by_the_sdk(port, options.secret + "x"))
    for name, value in asked.items():
        setattr(options, name, value)
    Service.sends = 0
    Service.sent.clear()
    quiet.clear()


def end_with_input():
    sys.stdin.read()
    os._exit(0)


parser = argparse.ArgumentParser()
parser.add_argument("--secret", required=True)
parser.add_argument("--code")
parser.add_argument("--tamper", action="store_true")
parser.add_argument("--lose-first", action="store_true")
parser.add_argument("--drop-first", action="store_true")
parser.add_argument("--hide-for", type=int, default=0)
parser.add_argument("--silent-query", action="store_true")
parser.add_argument("--failed", action="store_true")
options = parser.parse_args()
server = Server(("127.0.0.1", 0), Service)
threading.Thread(target=end_with_input, daemon=True).start()
threading.Thread(target=server.serve_forever, daemon=True).start()
compare_with_the_sdk(server.server_address[1])
say("listening", port=server.server_address[1])
threading.Event().wait()
