"""A place that signs service principals in, as Microsoft Entra ID does: real HTTP, tokens whose claims Azurite accepts."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TENANT = "0f0f0f0f-0000-4000-8000-000000000001"
PRINCIPAL = "0f0f0f0f-0000-4000-8000-00000000000a"
PRINCIPAL_KEY = "service-principal-key-for-tests"


def _token() -> str:
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "aud": "https://storage.azure.com",
        "iss": f"https://sts.windows.net/{TENANT}/",
        "nbf": now - 60,
        "iat": now - 60,
        "exp": now + 3_600,
    }
    parts: tuple[dict[str, Any], ...] = ({"alg": "RS256", "typ": "JWT"}, claims, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


class _Entra(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        given = (form.get("client_id"), form.get("client_secret"))
        allowed = given == ([PRINCIPAL], [PRINCIPAL_KEY]) and self.path.startswith(f"/{TENANT}/")
        answer: dict[str, Any] = {"access_token": _token(), "expires_in": 3_600, "token_type": "Bearer"}
        if not allowed:
            answer = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret"}
        body = json.dumps(answer).encode()
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running_authority() -> Iterator[str]:
    """Serve until the block ends; yield the address to sign in at."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Entra) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
