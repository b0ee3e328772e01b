"""tarmac as `python no_network.py FILE ARGUMENTS…`, which may not reach out: an attempt ends it and is written to FILE."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

# The client libraries that reach a storage past Python's own sockets.
_CLIENTS = {"obstore", "asyncssh"}


def forbid(event: str, arguments: tuple[object, ...]) -> None:
    """End the process at the first name that is looked up, connection that is made, or client that is loaded."""
    reaches_out = event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
    if event == "socket.connect":
        connected = arguments[0]
        reaches_out = isinstance(connected, socket.socket) and connected.family != socket.AF_UNIX
    if event == "import" and str(arguments[0]).partition(".")[0] in _CLIENTS:
        reaches_out = True
    if reaches_out:
        Path(sys.argv[1]).write_text(f"{event} {arguments[0]} {arguments[1]!r}\n", encoding="utf-8")
        os._exit(99)


if __name__ == "__main__":
    from tarmac.cli import main

    sys.addaudithook(forbid)
    sys.exit(main(sys.argv[2:]))
