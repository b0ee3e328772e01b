"""`tarmac emulate` as a child process, with a profile pointing at it: what a person has in a second pane."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w


@dataclass(frozen=True)
class Home:
    """A configuration and a state folder of their own, and the emulator that the profile `local` names."""

    config_dir: Path
    state_dir: Path
    emulator: dict[str, Any]
    more_env: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """The variables that make tarmac use this home."""
        places = {"TARMAC_CONFIG_DIR": str(self.config_dir), "TARMAC_STATE_DIR": str(self.state_dir)}
        return {**self.more_env, **places}

    def run(self, *arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run one headless command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "tarmac", *arguments],
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


@contextmanager
def emulator_home(
    folder: Path,
    *arguments: str,
    timing: dict[str, str] | None = None,
    destinations: dict[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Home]:
    """Start the emulator with `arguments`, write the profile `local`, and end the emulator afterwards.

    `destinations` are tables for the profile besides the landing zone; `env` holds more variables for emulator and verbs.
    """
    with running_emulate(arguments, env) as ready:
        config_dir, state_dir = folder / "config", folder / "state"
        (config_dir / "profiles").mkdir(parents=True, mode=0o700)
        profile = {
            "platform": {
                key: ready[key] for key in ("org_id", "client_id", "client_secret", "sandbox", "base_url", "ims_url")
            },
            "destinations": {"landing": {"kind": "data-landing-zone", "path": "ml/churn"}, **(destinations or {})},
        }
        files = {"profiles/local.toml": profile, "config.toml": {"timing": timing or {"probe": "2s", "poll": "1s"}}}
        for name, content in files.items():
            path = config_dir / name
            path.write_text(tomli_w.dumps(content), encoding="utf-8")
            path.chmod(0o600)
        yield Home(config_dir, state_dir, ready, dict(env or {}))


@contextmanager
def running_emulate(arguments: Sequence[str], env: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """Start `tarmac emulate` on a free port; yield its first line; end it with SIGTERM."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tarmac", "emulate", *arguments],
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line:
            assert child.stderr is not None
            raise AssertionError(f"the emulator did not start: {child.stderr.read()}")
        yield json.loads(line)
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(10)
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                stream.close()
