"""Runs pieces of Python one after the other in a process of their own, as a person would who pastes them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

_RUNNER = """
import contextlib, io, json, sys
answers = {}
for name, code in json.load(sys.stdin).items():
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, name, "exec"), {"__name__": "__main__"})
        answers[name] = printed.getvalue().strip()
    except BaseException as error:
        answers[name] = f"{type(error).__name__}: {error}"
print(json.dumps(answers))
"""


async def run_snippets(snippets: Mapping[str, str], env: Mapping[str, str], home: Path) -> dict[str, str]:
    """Run each and return what it printed, or its error. Of the environment they see `env`, PATH and `home` only."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _RUNNER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **env},
    )
    out, err = await asyncio.wait_for(child.communicate(json.dumps(dict(snippets)).encode()), 120)
    assert child.returncode == 0, err.decode()[-2000:]
    answers = json.loads(out)
    assert isinstance(answers, dict)
    return answers
