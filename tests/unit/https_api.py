"""An API at HTTPS, with a certificate of a name that DNS does not know."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAME = "orders.invalid"  # never in DNS


class Api(ThreadingHTTPServer):
    """An API that answers each order with a status, and calls `accepted` before."""

    status = 202
    asked = ""
    sni: str | None = None
    body: Any = None
    accepted: Callable[[], None] = staticmethod(lambda: None)


class ApiHandler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        self.server.asked = f"{self.headers['Host']}{self.path}"
        self.server.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.accepted()
        answer = json.dumps({"order_id": "o-1"}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Discard the message."""


def certificate(directory: Path, *names: x509.GeneralName) -> Path:
    """Write a certificate of NAME and of other names with its key, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    signed = (
        builder.not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME), *names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@contextlib.contextmanager
def serve(file: Path) -> Iterator[Api]:
    """Serve the API at HTTPS with a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    with Api(("127.0.0.1", 0), ApiHandler) as server:
        context.sni_callback = lambda _socket, name, _context: setattr(server, "sni", name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
