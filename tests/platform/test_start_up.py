from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_client_is_imported_without_httpx() -> None:
    code = "import sys, tarmac.platform.client as c; assert c.Platform; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_a_request_looks_for_no_module() -> None:
    """What is not installed is looked for through the whole path each time; httpcore does so at every lock."""
    code = """
import asyncio, sys
from datetime import timedelta
from tarmac.platform.errors import NoAnswer
from tarmac.platform.wire import Wire

looked_for = []

class Ear:
    def find_spec(self, name, path=None, target=None):
        looked_for.append(name)

async def ask():
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    wire = Wire(timedelta(seconds=5))
    for _ in range(2):
        looked_for.clear()
        try:
            await wire.exchange("GET", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x", {}, None, is_write=False)
        except NoAnswer:
            pass
    await wire.aclose()
    server.close()
    await server.wait_closed()

sys.meta_path.insert(0, Ear())
asyncio.run(ask())
sys.exit(str(looked_for) if looked_for else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_sniffio_that_is_installed_stays_usable(tmp_path: Path) -> None:
    (tmp_path / "sniffio.py").write_text("here = True\n", encoding="utf-8")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import tarmac.platform.wire, sniffio; assert sniffio.here"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
