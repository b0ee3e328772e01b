from __future__ import annotations

import subprocess
import sys


def test_the_client_is_imported_without_httpx() -> None:
    code = "import sys, tarmac.platform.client as c; assert c.Platform; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
