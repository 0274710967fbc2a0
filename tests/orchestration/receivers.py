"""Receivers of alerts: web and mail servers on the loopback address."""

import base64
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass
class Web:
    """A web server that keeps its requests.

    It answers `failures` once each, and `status` from then on.
    """

    url: str = ""
    status: int = 200
    location: str = ""
    failures: list[int] = field(default_factory=list)
    posted: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def web_server() -> Iterator[Web]:
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            web.posted.append((self.path, body))
            self.send_response(web.failures.pop(0) if web.failures else web.status)
            if web.location:
                self.send_header("Location", web.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        # A redirect of a POST that is followed arrives as a GET.
        def do_GET(self) -> None:
            web.posted.append((self.path, b""))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    web.url = f"http://{LOOPBACK}:{server.server_port}"
    with _serving(server):
        yield web


@dataclass
class Post:
    """A mail server that keeps its messages. `password` is the one that it accepts."""

    port: int = 0
    password: str = ""
    rejected: str = ""
    mails: list[Message] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


@contextmanager
def mail_server(security: str = "none", certificate: Path | None = None) -> Iterator[Post]:
    post = Post()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if certificate:
        context.load_cert_chain(certificate)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            # A client that hangs up, or distrusts the certificate.
            with suppress(OSError):
                self._talk()

        def _talk(self) -> None:
            if security == "tls":
                self._encrypt()
            self._say("220 loopback")
            while line := self.rfile.readline().decode().strip():
                if not self._answer(line):
                    return

        def _answer(self, line: str) -> bool:
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO":
                    self._say("250-loopback")
                    self._say("250-STARTTLS")
                    self._say("250 AUTH PLAIN")
                case "STARTTLS":
                    self._say("220 go ahead")
                    self._encrypt()
                case "AUTH":
                    secret = base64.b64decode(rest.split()[1]).decode().split("\0")[2]
                    post.logins.append(secret)
                    # A server may repeat the message.
                    right = secret == post.password
                    self._say("235 welcome" if right else f"535 {secret} is wrong")
                case "RCPT" if post.rejected and post.rejected in rest:
                    self._say(f"550 no {rest} here")
                case "DATA":
                    self._say("354 go on")
                    # A client doubles a point at the start of a line (RFC 5321, 4.5.2).
                    lines = [
                        line.removeprefix(b".") for line in iter(self.rfile.readline, b".\r\n")
                    ]
                    post.mails.append(message_from_bytes(b"".join(lines), policy=default))
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return False
                case _:
                    self._say("250 fine")
            return True

        def finish(self) -> None:
            super().finish()
            # The server closes the socket that it accepted, not the encrypted one around it.
            self.request.close()

        def _encrypt(self) -> None:
            self.request = context.wrap_socket(self.request, server_side=True)
            self.setup()

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    server = socketserver.ThreadingTCPServer((LOOPBACK, 0), Handler)
    post.port = server.server_address[1]
    with _serving(server):
        yield post


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_certificate(folder: Path) -> Path:
    """A certificate of the loopback address and its key, signed by itself."""
    key, certificate, both = (folder / name for name in ("key.pem", "certificate.pem", "both.pem"))
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=loopback", "-addext", f"subjectAltName=IP:{LOOPBACK}"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    both.write_text(certificate.read_text() + key.read_text())
    return both
