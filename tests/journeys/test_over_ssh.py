"""Over OpenSSH's sshd on a slow line (150 ms there and back, 64 kbit/s): start, move, be cut off, come back, go on."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.emulator_process import Home, emulator_home
from support.in_time import LONG_S, in_time
from support.servers import make_sshds_folder, missing, running
from support.sftp_servers import sshd_command
from support.slow_line import SlowLine, slow_line
from support.terminal import Terminal

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
DELAY_S, BYTES_PER_S = 0.150, 8_000


@dataclass(frozen=True)
class Server:
    """A running sshd, and what a client needs."""

    port: int
    folder: Path

    def command(self, port: int, remote: str) -> list[str]:
        """The ssh command that runs `remote` in a terminal there."""
        options = {
            "UserKnownHostsFile": self.folder / "known_hosts",
            "IdentityFile": self.folder / "client",
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "accept-new",
            "HostKeyAlias": "tarmac-test",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        chosen = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        return ["ssh", "-F", "none", *chosen, "-tt", "-p", str(port), f"{getpass.getuser()}@127.0.0.1", remote]


@contextmanager
def sshd(folder: Path) -> Iterator[Server]:
    """Run an sshd of our own that lets in one key."""
    if SSHD is None or shutil.which("ssh") is None:
        missing("OpenSSH (sshd, ssh)", "install openssh-server and openssh-client")
    program = SSHD
    folder.mkdir(mode=0o700)
    for name in ("host", "client"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)],
            check=True,
            stdin=subprocess.DEVNULL,
        )
    shutil.copy(folder / "client.pub", folder / "authorized_keys")
    config = {
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "prohibit-password",
    }
    file = folder / "config"
    make_sshds_folder()
    file.write_text("".join(f"{key} {value}\n" for key, value in config.items()), encoding="ascii")
    with running(lambda port: sshd_command(program, file, port), folder / "sshd.log") as port:
        yield Server(port, folder)


@contextmanager
def session(server: Server, line: SlowLine, home: Home) -> Iterator[tuple[Terminal, Path]]:
    """The app in a terminal at the other end; the file holds its process id once it has begun."""
    pid_file = server.folder / "pid"
    pid_file.unlink(missing_ok=True)
    settings = {**home.env, "LANG": "C.UTF-8"}
    words = " ".join(f"{key}={shlex.quote(value)}" for key, value in settings.items())
    inner = f"echo $$ >{shlex.quote(str(pid_file))}; exec env {words} {shlex.quote(sys.executable)} -m tarmac"
    with Terminal(server.command(line.port, f"sh -c {shlex.quote(inner)}"), 100, 30) as terminal:
        yield terminal, pid_file


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"


def test_cut_off_in_the_middle_and_back(tmp_path: Path) -> None:
    with (
        emulator_home(
            tmp_path / "home", "--ready-after", "8", "--speed", "1", timing={"probe": "1s", "poll": "500ms"}
        ) as home,
        sshd(tmp_path / "ssh") as server,
        slow_line(server.port, delay_s=DELAY_S, bytes_per_s=BYTES_PER_S) as line,
    ):
        with session(server, line, home) as (terminal, pid_file):
            terminal.wait_for("datasets can be exported", 30)
            # There and back once: what was still on its way before is here then, and both datasets are known.
            for key, name in (("down", "web_events"), ("up", "training_set_churn")):
                terminal.press(key)
                terminal.wait_for(f"▸  {name}")
                terminal.settle(1.0)
            painted = line.down_bytes
            with in_time(1):
                terminal.type("down")
                terminal.wait_for("▸  web_events")
            terminal.settle(1.0)
            assert line.down_bytes - painted < 600
            terminal.press("up", "enter")
            terminal.wait_for("Google Cloud Storage")
            terminal.press("enter")
            terminal.wait_for("exportTime=")
            terminal.press("ctrl+s")
            terminal.wait_for("> ad-hoc run")
            terminal.press("a")
            terminal.wait_for("waiting: not ready")
            pid = int(pid_file.read_text(encoding="ascii"))
            assert is_alive(pid)
            line.cut()
            terminal.stop_showing()
            with in_time(1):
                cut_at = time.monotonic()
                while is_alive(pid):
                    assert time.monotonic() - cut_at < LONG_S, "it is still there although the line was cut"
                    time.sleep(0.02)  # the process is a child of sshd's: nobody tells us
            assert terminal.wait_exit(LONG_S) == 255

        with session(server, line, home) as (terminal, _):
            # The place it was left at, and the export that was under way.
            terminal.wait_for("[4 Runs]", 30)
            terminal.wait_for("training_set_churn")
            terminal.settle(1.0)
            terminal.press("4", "t")
            terminal.wait_for("✔ rows match", 60)
            terminal.press("ctrl+q")
            assert terminal.wait_exit(5) == 0
        made = home.run("flows", "--json")
        assert made.stdout.count("training_set_churn-landing") >= 1
        assert len(json.loads(made.stdout)["flows"]) == 1, "nothing was made twice"
