"""Where the answer goes may be closed, full, gone, or of another encoding: what was to be done is done, and it is no crash."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pyte
import pytest

from tarmac.commands.output import Output

if TYPE_CHECKING:
    from cli.conftest import CommandLine

NEW = f'"{sys.executable}" -m tarmac profile new'
needs_a_full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_stops_nothing(tarmac: CommandLine, closed: str) -> None:
    # An answer that nobody can get is no success, but what was to be done is done.
    assert shell(f"{NEW} acme {closed}").returncode == (1 if ">&-" in closed.replace("2>&-", "") else 0)
    # Nothing that was said went into a file that got the closed stream's number.
    text = tarmac.places.profile_file("acme").read_text()
    assert "tarmac profile check" not in text.partition("[platform]")[2]
    assert shell(f"{NEW} acme {closed}").returncode == 64
    assert not list(tarmac.places.state.glob("crash-*"))


@pytest.mark.parametrize("arguments", ["datasets", "datasets --json", "--help", "--version", "export --help"])
async def test_an_answer_for_a_closed_stdout_is_lost_and_said_to_be(tarmac: CommandLine, arguments: str) -> None:
    async with tarmac.with_emulator():
        done = await asyncio.to_thread(shell, f'"{sys.executable}" -m tarmac {arguments} >&-')
    assert done.returncode == 1
    assert "the answer could not be written: stdout is closed" in done.stderr
    assert "tarmac runs" not in done.stderr


@needs_a_full_device
def test_a_help_that_cannot_be_written_is_no_success() -> None:
    done = shell(f'"{sys.executable}" -m tarmac --help >/dev/full')
    assert (done.returncode, "No space left" in done.stderr) == (1, True)


@pytest.mark.parametrize("into", [">&-", pytest.param(">/dev/full", marks=needs_a_full_device)])
def test_an_error_that_cannot_be_written_as_json_keeps_its_exit_code(tarmac: CommandLine, into: str) -> None:
    done = shell(f'"{sys.executable}" -m tarmac plan --json {into}')
    assert done.returncode == 64
    assert "tarmac profile new" in done.stderr or "no connection profile" in done.stderr, done.stderr


@needs_a_full_device
@pytest.mark.parametrize("as_json", ["", "--json"])
def test_an_answer_that_cannot_be_written_is_said_and_is_no_success(tarmac: CommandLine, as_json: str) -> None:
    done = shell(f"{NEW} acme {as_json} >/dev/full")
    assert done.returncode == 1
    assert "the answer could not be written: No space left on device" in done.stderr
    assert "is done all the same" in done.stderr
    assert tarmac.places.profile_file("acme").exists()
    assert not list(tarmac.places.state.glob("crash-*"))


@needs_a_full_device
def test_a_log_that_is_full_stops_nothing(tarmac: CommandLine) -> None:
    done = shell(f"{NEW} acme --json 2>/dev/full")
    assert done.returncode == 0
    assert done.stdout.startswith('{"status": "done"')


def test_a_reader_that_went_away_is_no_crash(tarmac: CommandLine) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "tarmac", "profile", "new", "acme"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
        text=True,
    )
    assert child.stdout is not None
    child.stdout.close()
    assert child.stderr is not None
    said = child.stderr.read()
    child.stderr.close()
    assert child.wait(30) == 141
    assert "Traceback" not in said
    assert "Exception" not in said
    assert not list(tarmac.places.state.glob("crash-*"))


def test_signs_that_an_encoding_does_not_have_keep_their_meaning(tarmac: CommandLine) -> None:
    """Good and bad must not become the same question mark."""
    shell(f"{NEW} acme")
    line = f'"{sys.executable}" -m tarmac doctor'
    told = shell(line, PYTHONIOENCODING="ascii", TERM="dumb", AEP_SECRET="")
    assert "\nv  files" in told.stdout
    assert "\nx  sign-in" in told.stdout or "\nx  profile" in told.stdout
    assert "✔  files" in shell(line, PYTHONIOENCODING="utf-8", TERM="dumb").stdout


def test_a_name_that_no_encoding_has_is_question_marks() -> None:
    code = (
        "from tarmac import cli; cli._prepare_streams(); from tarmac.commands.output import Output; "
        "Output().line('日本 → \\udc80')"
    )
    done = shell(f'"{sys.executable}" -c "{code}"', PYTHONIOENCODING="latin-1:strict")
    assert done.stdout == "???? > ?\n"


def test_lines_for_people_are_not_written_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(as_json=True)
    out.line("for people")
    out.document({"status": "done"})
    out.document({"status": "twice"})
    assert capsys.readouterr().out == '{"status": "done"}\n'


CHILD = """
import sys
from tarmac.commands.output import Output
out = Output()
out.progress("begun")
for second in range(1, 4):
    out.progress(f"waiting for 0:0{second}", "waiting")
out.progress("counted 1 of 2 " + "x" * 100, "counting")
out.progress("counted 2 of 2", "counting")
out.line("the answer")
out.progress("waiting again", "waiting")
out.note("the end")
"""
TOLD = ["begun", "waiting for 0:03", "counted 2 of 2", "the answer", "waiting again", "the end"]


def seen_on_a_terminal(term: str) -> tuple[str, list[str]]:
    env = {**os.environ, "TERM": term}
    child = pexpect.spawn(sys.executable, ["-c", CHILD], env=env, encoding="utf-8", timeout=20, dimensions=(24, 60))
    child.expect(pexpect.EOF)
    assert child.before is not None
    screen = pyte.Screen(60, 24)
    pyte.Stream(screen).feed(child.before)
    return child.before, [line.rstrip() for line in screen.display if line.strip()]


def test_on_a_terminal_a_wait_is_one_line_that_is_written_anew() -> None:
    _, lines = seen_on_a_terminal("xterm")
    assert lines == TOLD


def test_a_terminal_that_cannot_rewrite_gets_line_after_line() -> None:
    sent, lines = seen_on_a_terminal("dumb")
    assert "\x1b" not in sent
    assert [line for line in lines if line.startswith("waiting for")] == [
        f"waiting for 0:0{each}" for each in (1, 2, 3)
    ]


def test_a_file_gets_line_after_line() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=30, check=True)
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stderr.count("\n") == 8
    assert done.stdout == "the answer\n"
