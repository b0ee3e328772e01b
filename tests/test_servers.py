"""The servers of the tests: ours on a port of its own, or none."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from support import servers
from support.servers import running

SERVER = """
import socket, sys
with socket.socket() as server:
    server.bind(("127.0.0.1", int(sys.argv[1])))
    server.listen()
    while True:
        server.accept()[0].sendall(b"ours")
"""


def command(port: int) -> list[str]:
    return [sys.executable, "-c", SERVER, str(port)]


def test_a_port_that_was_taken_meanwhile_is_not_the_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = servers._free_port
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = [somebody.getsockname()[1]]
        monkeypatch.setattr(servers, "_free_port", lambda: taken.pop() if taken else free())
        with running(command, tmp_path / "server.log") as port, socket.create_connection(("127.0.0.1", port)) as client:
            assert client.recv(4) == b"ours"


def test_a_server_that_does_not_begin_is_told_with_its_words(tmp_path: Path) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match=r"broken did not start: no such option"),
        running(lambda _: [sys.executable, "-c", "raise SystemExit('no such option')"], tmp_path / "broken.log"),
    ):
        pass


def test_a_closed_port_refuses_and_cannot_be_taken(closed_port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", closed_port))
    with pytest.raises(OSError, match="in use"):
        socket.create_server(("127.0.0.1", closed_port))
