"""A session is recorded, and shown again when the platform, the storage and the profile are gone. No secret is in the file."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from support.emulator_process import emulator_home
from support.terminal import Terminal

OFFLINE = Path(__file__).resolve().parents[1] / "support" / "no_network.py"
PROBED = ("there is no base connection yet", "✔ credentials", "✔ connection", "✔ sign-in", "✔ list", "✔ read")
FAST = ("--ready-after", "4", "--speed", "4")


def canaries(emulator: dict[str, object]) -> list[str]:
    return [str(emulator["client_secret"]), "sig=", "eyJ"]


def test_a_session_is_shown_again_without_a_network(tmp_path: Path) -> None:
    tape = tmp_path / "session.jsonl"
    with emulator_home(tmp_path / "home", *FAST, timing={"probe": "1s", "poll": "500ms"}) as home:
        with Terminal([sys.executable, "-m", "tarmac", "--record", str(tape)], 100, 30, env=home.env) as terminal:
            terminal.wait_for("datasets can be exported")
            terminal.settle(0.5)
            terminal.press("i")
            terminal.wait_for("flight_id" if "flight_id" in terminal.text else "Details")
            terminal.press("i", "enter")
            terminal.wait_for("Google Cloud Storage")
            terminal.press("ctrl+t")
            terminal.wait_for("no data file to read yet")
            terminal.settle(0.5)
            tested = lines_with(terminal.text, *PROBED)
            terminal.press("escape")
            terminal.settle(0.3)
            terminal.press("enter")
            terminal.wait_for("exportTime=")
            terminal.press("ctrl+s")
            terminal.wait_for("> ad-hoc run")
            terminal.press("a")
            terminal.wait_for("✔ rows match", 60)
            terminal.settle(1.0)
            terminal.press("enter")
            terminal.wait_for("part-00000-")
            terminal.settle(0.5)
            landed = terminal.text
            terminal.press("p")
            terminal.wait_for("Schema and first row")
            terminal.wait_for("C00000001")
            terminal.settle(0.3)
            schema = types_of(terminal.text)
            assert len(schema) > 8
            terminal.press("escape")
            terminal.wait_for(lambda screen: "First rows" not in screen)
            terminal.press("right", "right")
            terminal.wait_for("[paths]")
            terminal.settle(0.3)
            paths = lines_with(terminal.text, "/dlz-destination/")
            terminal.press("left", "left")
            terminal.wait_for("[files]")
            terminal.settle(1.0)  # so that the replay shows it for a while
            terminal.press("ctrl+q")
            assert terminal.wait_exit(5) == 0
        secrets = canaries(home.emulator)
    assert stat.S_IMODE(tape.stat().st_mode) == 0o600
    text = tape.read_text(encoding="utf-8")
    for secret in secrets:
        assert secret not in text.replace("sig=••••", "")
    kinds = {json.loads(line)["kind"] for line in text.splitlines()}
    storage = {"storage", "listing", "counted", "footer", "peek", "probe"}
    assert kinds == {"start", "app", "profile", "exchange", "key"} | storage
    assert "C00000001" not in text, "no value of a dataset is recorded"
    assert tested
    assert paths

    elsewhere = {
        "TARMAC_CONFIG_DIR": str(tmp_path / "other" / "config"),
        "TARMAC_STATE_DIR": str(tmp_path / "other" / "state"),
    }
    reached = tmp_path / "reached"
    command = [sys.executable, str(OFFLINE), str(reached), "replay", str(tape)]
    with Terminal(command, 100, 30, env=elsewhere) as terminal:
        screens: list[str] = []

        def is_over(screen: str) -> bool:
            if screen not in screens[-1:]:
                screens.append(screen)
            return "The recording ends here" in screen

        terminal.wait_for(is_over, 120)
        terminal.settle(0.3)
        assert body(terminal.text) == body(landed)
        terminal.press("q")
        assert terminal.wait_exit(5) == 0
    assert not reached.exists(), f"a replay reached out: {reached.read_text()}"
    assert not (tmp_path / "other").exists(), "nothing is written"
    assert any("> ad-hoc run" in screen for screen in screens)
    assert any("✔ rows match" in screen for screen in screens)
    assert tested in [lines_with(screen, *PROBED) for screen in screens]
    assert paths in [lines_with(screen, "/dlz-destination/") for screen in screens]
    looked_into = [screen for screen in screens if "20 rows were shown here. Values are not recorded." in screen]
    assert schema in [types_of(screen) for screen in looked_into]
    assert not any("C00000001" in screen for screen in screens)


def lines_with(screen: str, *words: str) -> list[str]:
    """The lines of a screen that hold one of `words`."""
    return [line.strip() for line in screen.splitlines() if any(word in line for word in words)]


def types_of(screen: str) -> list[str]:
    """The schema in the box that shows a file's beginning, without values."""
    return re.findall(r"│ (\w+: (?:string|int64|double|boolean|timestamp\(us, UTC\)))(?= )", screen)


def test_a_replay_begins_where_the_session_began_with_its_keys_and_says_what_it_is(tmp_path: Path) -> None:
    tape = tmp_path / "session.jsonl"
    with emulator_home(tmp_path / "home", "--sample-flows", "5") as home:
        config = home.config_dir / "config.toml"
        config.write_text(f'{config.read_text()}\n[keys]\n"app.help" = "f2"\n')
        home.state_dir.mkdir(exist_ok=True)
        (home.state_dir / "session.json").write_text(json.dumps({"profile": "local", "mode": "flows"}))
        with Terminal([sys.executable, "-m", "tarmac", "--record", str(tape)], 100, 30, env=home.env) as terminal:
            terminal.wait_for("5 dataset flows")
            terminal.settle(1.0)
            terminal.type("\x1bOQ")
            terminal.wait_for("Help: Flows")
            terminal.settle(1.0)
            terminal.press("ctrl+q")
            assert terminal.wait_exit(5) == 0
    with Terminal([sys.executable, "-m", "tarmac", "replay", str(tape)], 100, 30) as terminal:
        terminal.wait_for("5 dataset flows")
        assert "replay: signed in" in terminal.text
        terminal.type("x")
        terminal.wait_for("A recording is shown, with the keys that were pressed then; q leaves.")
        terminal.wait_for("Help: Flows")
        # The session was left from a box: the end is told below it.
        terminal.wait_for("The recording ends here")
        terminal.press("q")
        assert terminal.wait_exit(5) == 0


def body(screen: str) -> list[str]:
    """The lines that show what landed, without clocks and paths of this machine.

    When it was verified is a clock too: a replay counts anew, at the moment when it is shown.
    """
    found = [line for line in screen.splitlines() if line.strip().startswith(("folder", "total", "✔", "▸", "part-"))]
    assert len(found) > 6
    return [re.sub(r"(✔ verified) \d{4}-\d\d-\d\d \d\d:\d\d UTC", r"\1", line) for line in found]


def test_a_command_is_run_again_from_its_recording(tmp_path: Path) -> None:
    tape = tmp_path / "export.jsonl"
    with emulator_home(tmp_path / "home", *FAST) as home:
        done = home.run("export", "--dataset", "training_set_churn", "--to", "landing", "--json", "--record", str(tape))
        assert done.returncode == 0, done.stderr
        secrets = canaries(home.emulator)
        again = home.run("datasets", "--record", str(tape))
        assert again.returncode == 64
        assert "exists already" in again.stderr
    text = tape.read_text(encoding="utf-8")
    for secret in secrets:
        assert secret not in text.replace("sig=••••", "")
    shown = subprocess.run(
        [sys.executable, str(OFFLINE), str(tmp_path / "reached"), "replay", str(tape), "--speed", "20"],
        env={**os.environ, "TARMAC_STATE_DIR": str(tmp_path / "none"), "TARMAC_CONFIG_DIR": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    first, second = json.loads(done.stdout), json.loads(shown.stdout)
    assert {**first, "receipt": ""} == {**second, "receipt": ""}
    assert not (tmp_path / "none").exists()


def test_a_replay_of_a_copy_copies_nothing(tmp_path: Path) -> None:
    tape, target = tmp_path / "copy.jsonl", tmp_path / "copied"
    with emulator_home(tmp_path / "home", *FAST) as home:
        done = home.run("export", "--dataset", "training_set_churn", "--to", "landing", "--name", "churn")
        assert done.returncode == 0, done.stderr
        done = home.run("copy", "churn", "--to", str(target), "--record", str(tape))
        assert done.returncode == 0, done.stderr
    shutil.rmtree(target)
    shown = subprocess.run(
        [sys.executable, str(OFFLINE), str(tmp_path / "reached"), "replay", str(tape), "--speed", "20"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert shown.returncode == 64, shown.stderr
    assert "a replay copies nothing" in shown.stderr
    assert not target.exists()


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    for content in ("", "no", '{"kind": "start", "t": 0, "version": 99}\n', '{"t": 1}\n'):
        file = tmp_path / "file"
        file.write_text(content, encoding="utf-8")
        shown = subprocess.run(
            [sys.executable, "-m", "tarmac", "replay", str(file)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert shown.returncode == 64
        assert "Next:" in shown.stderr
