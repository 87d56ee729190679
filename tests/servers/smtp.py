"""A mail server for tests: aiosmtpd, told by arguments how to behave.

Prints one JSON object a line: {"event": "listening", "port": N} first, then what it is asked for, then every mail
as Python's email package reads it, with the milliseconds since 1970 at which it came. Ends when its standard input
ends, so it never outlives the test.
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import os
import ssl
import sys
import time
import warnings

from aiosmtpd.smtp import SMTP, AuthResult


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def read(content):
    """The mail, as a mail program would show it."""
    mail = email.message_from_bytes(content, policy=email.policy.default)

    def part(kind):
        found = mail.get_body(preferencelist=(kind,))
        # Lines end in CR LF on the wire, whatever they ended in before.
        return found and found.get_content().replace("\r\n", "\n")

    return {
        "headers": {name.lower(): str(value) for name, value in mail.items()},
        "content_type": mail.get_content_type(),
        "parts": [one.get_content_type() for one in mail.iter_parts()],
        "text": part("plain"),
        "html": part("html"),
        "defects": [type(defect).__name__ for defect in mail.defects],
        "ascii": content.isascii(),
    }


class Server(SMTP):
    def connection_lost(self, error):
        super().connection_lost(error)
        say("closed")


def is_tls(server):
    return server.transport.get_extra_info("ssl_object") is not None


class Handler:
    def __init__(self, options):
        self.replies = dict(reply.split("=", 1) for reply in options.reply)
        self.cut = options.cut
        self.silent = options.silent
        self.slow = options.slow

    async def step(self, name, server, session, **fields):
        say(name, tls=is_tls(server), peer=session.peer[1], **fields)
        if self.cut == name:
            server.transport.abort()
        if self.silent == name:
            await asyncio.Event().wait()
        if name == "body":
            await asyncio.sleep(self.slow)
        return self.replies.get(name)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        await self.step("ehlo", server, session, hello=hostname)
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        reply = await self.step("mail", server, session)
        envelope.mail_from = address
        return reply or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = await self.step("rcpt", server, session)
        envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server, session, envelope):
        login = session.auth_data.login.decode() if session.authenticated else None
        fields = {"at": int(time.time() * 1000), "from": envelope.mail_from, "to": envelope.rcpt_tos, "login": login}
        reply = await self.step("body", server, session, **fields, **read(envelope.content))
        return reply or "250 2.0.0 Ok: queued as 4XyZ1234"


def authenticator(login):
    def check(server, session, envelope, mechanism, data):
        is_right = f"{data.login.decode()}:{data.password.decode()}" == login
        say("login", tls=is_tls(server), right=is_right)
        return AuthResult(success=is_right, handled=is_right, auth_data=data)

    return check


async def main(options):
    context = None
    if options.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
    handler = Handler(options)

    def protocol():
        return Server(
            handler,
            hostname="mail.test",
            tls_context=context if options.tls == "starttls" else None,
            require_starttls=options.tls == "starttls",
            auth_required=bool(options.login),
            # The login is offered in clear too: a client that would say it there must be seen to.
            auth_require_tls=False,
            authenticator=authenticator(options.login) if options.login else None,
            enable_SMTPUTF8=options.utf8,
            timeout=options.rest,
        )

    wrapper = context if options.tls == "tls" else None
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=wrapper)
    say("listening", port=server.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    # Whoever waits for a silent server would keep the loop.
    os._exit(0)


# Broken connections are what many tests are about; what the server thinks of them helps nobody.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
parser = argparse.ArgumentParser()
parser.add_argument("--tls", choices=["none", "starttls", "tls"], default="none")
parser.add_argument("--cert")
parser.add_argument("--key")
parser.add_argument("--login", help="user:password, demanded")
parser.add_argument("--reply", action="append", default=[], help="step=reply, with step mail, rcpt or body")
parser.add_argument("--cut", help="the step at which the connection is cut")
parser.add_argument("--silent", help="the step that is never answered")
parser.add_argument("--slow", type=float, default=0, help="seconds before the answer to a body")
parser.add_argument("--rest", type=float, default=300, help="seconds after which a resting connection is closed")
parser.add_argument("--utf8", action="store_true", help="take addresses beyond ASCII")
asyncio.run(main(parser.parse_args()))
