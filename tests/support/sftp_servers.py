"""Real SFTP servers on free loopback ports for tests: OpenSSH by key and by password.

The fixtures are for every test, as those of `support.servers`.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.servers import START_SECONDS, make_sshds_folder, missing, running


@dataclass(frozen=True)
class Sshd:
    """A private OpenSSH server that starts SFTP in `root`; it takes `private_key` (OpenSSH text) only."""

    port: int
    user: str
    root: Path
    private_key: str
    host_key: str
    host: str = "127.0.0.1"

    @property
    def known_hosts_line(self) -> str:
        """What a known_hosts file says about it."""
        return f"[{self.host}]:{self.port} {self.host_key}\n"


def sshd_command(program: str, config: Path, port: int) -> list[str]:
    """An sshd in the foreground that tells its log to stderr; `config` names addresses without ports."""
    return [program, "-D", "-e", "-f", str(config), "-p", str(port)]


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A running OpenSSH server for the present user."""
    program = shutil.which("sshd") or ("/usr/sbin/sshd" if Path("/usr/sbin/sshd").is_file() else None)
    if program is None or shutil.which("ssh-keygen") is None:
        missing("sshd", "apt-get install --no-install-recommends openssh-server")
    folder = tmp_path_factory.mktemp("sshd")
    root = folder / "files"
    root.mkdir()
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True, timeout=START_SECONDS
        )
    make_sshds_folder()
    config = folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile {folder / 'pid'}\n"
        f"AuthorizedKeysFile {folder / 'user.pub'}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        f"PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp -d {root}\n"
    )
    with running(lambda port: sshd_command(program, config, port), folder / "sshd.log") as port:
        yield Sshd(
            port,
            getpass.getuser(),
            root,
            (folder / "user").read_text(),
            " ".join((folder / "host.pub").read_text().split()[:2]),
        )


@dataclass(frozen=True)
class SftpByPassword:
    """An SFTP server that takes a user's password. `files` is where the user's paths begin, on this machine's disk."""

    port: int
    user: str
    password: str
    files: Path
    host_key: str
    host: str = "127.0.0.1"


@pytest.fixture(scope="session")
def sftp_by_password(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpByPassword]:
    """OpenSSH with a user of its own where that may be made (root), else asyncssh's server; both check the password."""
    folder = tmp_path_factory.mktemp("sftp-password")
    if os.geteuid() == 0 and shutil.which("useradd") and Path("/usr/sbin/sshd").is_file():
        with _openssh_by_password(folder) as server:
            yield server
    else:
        with _asyncssh_by_password(folder) as server:
            yield server


@contextmanager
def _openssh_by_password(folder: Path) -> Iterator[SftpByPassword]:
    user, password = f"tarmac-test-{os.getpid()}", secrets.token_urlsafe(16)
    # A chroot has to be root's all the way up, which a folder below /tmp is not.
    chroot = Path(tempfile.mkdtemp(prefix="tarmac-test-", dir="/var/lib"))
    try:
        chroot.chmod(0o755)
        files = chroot / "files"
        files.mkdir()
        _run("useradd", "--no-create-home", "--shell", "/usr/sbin/nologin", user)
        _run("chpasswd", given=f"{user}:{password}\n")
        shutil.chown(files, user)
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "host"))
        make_sshds_folder()
        config = folder / "sshd_config"
        config.write_text(
            f"ListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile {folder / 'pid'}\n"
            f"UsePAM no\nPasswordAuthentication yes\nPubkeyAuthentication no\nSubsystem sftp internal-sftp\n"
            f"AllowUsers {user}\nChrootDirectory {chroot}\nForceCommand internal-sftp -d /files\n"
        )
        with running(lambda port: sshd_command("/usr/sbin/sshd", config, port), folder / "sshd.log") as port:
            yield SftpByPassword(port, user, password, files, _public(folder / "host.pub"))
    finally:
        subprocess.run(["userdel", user], capture_output=True, check=False, timeout=START_SECONDS)
        shutil.rmtree(chroot, ignore_errors=True)


@contextmanager
def _asyncssh_by_password(folder: Path) -> Iterator[SftpByPassword]:
    import asyncssh

    user, password = "aep", secrets.token_urlsafe(16)
    files = folder / "files"
    files.mkdir()
    key = asyncssh.generate_private_key("ssh-ed25519")

    class Login(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, given: str) -> bool:
            return (username, given) == (user, password)

    async def listen() -> Any:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Login,
            server_host_keys=[key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=bytes(files)),
        )

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(START_SECONDS)
    try:
        host_key = " ".join(key.export_public_key().decode().split()[:2])
        yield SftpByPassword(server.get_port(), user, password, files, host_key)
    finally:
        server.close()
        asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result(START_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _run(*command: str, given: str | None = None) -> None:
    subprocess.run(command, input=given, text=True, check=True, capture_output=True, timeout=START_SECONDS)


def _public(file: Path) -> str:
    return " ".join(file.read_text().split()[:2])
