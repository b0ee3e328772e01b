"""SFTP: who is believed, who may sign in, what is listed. OpenSSH for keys, asyncssh's server for passwords and odd names."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from support.reading import listed, whole
from support.sftp_servers import Sshd
from tarmac.storage.access import SftpAccess, StoreTimeouts, open_store
from tarmac.storage.errors import HostKeyChanged, HostKeyUnknown, StorageDenied, StorageUnreachable
from tarmac.terms.errors import UsageError
from tarmac.terms.secrets import Secret


@pytest.fixture
def access(sshd: Sshd) -> SftpAccess:
    return SftpAccess(sshd.host, sshd.user, sshd.port, private_key=Secret(sshd.private_key), host_key=sshd.host_key)


def fingerprint(line: str) -> str:
    return asyncssh.import_public_key(line).get_fingerprint()


async def refused(access: SftpAccess) -> Exception:
    store = open_store(access)
    with pytest.raises(StorageDenied) as caught:
        await listed(store, "")
    await store.close()
    return caught.value


async def test_an_unknown_host_key_is_shown_and_pins_itself(access: SftpAccess, sshd: Sshd) -> None:
    error = await refused(replace(access, host_key=None))
    assert isinstance(error, HostKeyUnknown)
    assert error.fingerprint == fingerprint(sshd.host_key)
    assert error.fingerprint in error.message
    pinned = open_store(replace(access, host_key=error.public_key))
    await listed(pinned, "")
    await pinned.close()


async def test_known_hosts_and_fingerprints_are_believed(access: SftpAccess, sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"# comment\nother.example.com ssh-ed25519 {sshd.host_key.split()[1]}\n{sshd.known_hosts_line}")
    for trusting in (
        replace(access, host_key=None, known_hosts=known),
        replace(access, host_key=fingerprint(sshd.host_key)),
    ):
        store = open_store(trusting)
        await listed(store, "")
        await store.close()


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
async def test_a_changed_host_key_is_refused(access: SftpAccess, sshd: Sshd, tmp_path: Path, kind: str) -> None:
    other = asyncssh.generate_private_key(kind).export_public_key("openssh").decode().strip()
    known = tmp_path / "known_hosts"
    known.write_text(f"[{sshd.host}]:{sshd.port} {other}\n")
    for suspicious in (
        replace(access, host_key=other),
        replace(access, host_key=fingerprint(other)),
        replace(access, host_key=None, known_hosts=known),
    ):
        error = await refused(suspicious)
        assert isinstance(error, HostKeyChanged)
        assert fingerprint(other) in error.message


async def test_a_missing_known_hosts_file_knows_nobody(access: SftpAccess, tmp_path: Path) -> None:
    error = await refused(replace(access, host_key=None, known_hosts=tmp_path / "absent"))
    assert isinstance(error, HostKeyUnknown)


async def test_a_key_in_base64_is_taken_as_the_platform_takes_it(access: SftpAccess, sshd: Sshd) -> None:
    encoded = base64.b64encode(sshd.private_key.encode()).decode()
    store = open_store(replace(access, private_key=Secret(encoded)))
    await listed(store, "")
    await store.close()


async def test_a_foreign_key_is_refused(access: SftpAccess) -> None:
    foreign = asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh").decode()
    error = await refused(replace(access, private_key=Secret(foreign)))
    assert "refused the user or the key" in str(error)
    assert foreign.splitlines()[1] not in f"{error!r}"


@pytest.mark.parametrize("broken", ["-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "not base64 at all", ""])
async def test_a_key_that_cannot_be_read_is_a_usage_error(access: SftpAccess, broken: str) -> None:
    store = open_store(replace(access, private_key=Secret(broken or "x")))
    with pytest.raises(UsageError, match="private key"):
        await listed(store, "")


async def test_a_key_with_a_passphrase_is_a_usage_error(access: SftpAccess) -> None:
    locked = asyncssh.generate_private_key("ssh-ed25519").export_private_key("pkcs8-pem", "passphrase").decode()
    with pytest.raises(UsageError, match="passphrase"):
        await listed(open_store(replace(access, private_key=Secret(locked))), "")


async def test_links_are_not_followed(access: SftpAccess, sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "secret.parquet").write_bytes(b"secret")
    folder = sshd.root / "links"
    folder.mkdir()
    (folder / "real.parquet").write_bytes(b"real")
    (folder / "outside").symlink_to(tmp_path)
    (folder / "file.parquet").symlink_to(tmp_path / "secret.parquet")
    (folder / "loop").symlink_to(folder)
    store = open_store(access)
    assert [file.path for file in await listed(store, "links")] == ["links/real.parquet"]
    await store.close()


async def test_the_whole_server_may_be_the_root(access: SftpAccess, sshd: Sshd) -> None:
    (sshd.root / "absolute.json").write_bytes(b"{}")
    store = open_store(replace(access, root="/"))
    path = str(sshd.root / "absolute.json").lstrip("/")
    assert await whole(store, path) == b"{}"
    below = open_store(replace(access, root=str(sshd.root)))
    assert await whole(below, "absolute.json") == b"{}"
    await store.close()
    await below.close()


async def test_ten_thousand_files_in_nested_folders(access: SftpAccess, sshd: Sshd) -> None:
    for folder in range(20):
        place = sshd.root / "many" / f"{folder:02d}"
        place.mkdir(parents=True)
        for number in range(500):
            (place / f"part-{number:03d}.parquet").touch()
    store = open_store(access)
    files = await listed(store, "many")
    assert len({file.path for file in files}) == len(files) == 10_000
    await store.close()


async def test_a_refused_connection_and_an_unknown_host(closed_port: int) -> None:
    for host, port in (("127.0.0.1", closed_port), ("sftp.invalid", 22)):
        store = open_store(SftpAccess(host, "aep", port, password=Secret("x")))
        with pytest.raises(StorageUnreachable) as caught:
            await listed(store, "")
        assert caught.value.next_step


async def test_a_silent_server_is_given_up() -> None:
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    timeouts = StoreTimeouts(connect=0.3, silence=0.3, operation=0.5)
    store = open_store(SftpAccess("127.0.0.1", "aep", port, password=Secret("x")), timeouts=timeouts)
    async with asyncio.timeout(5):
        with pytest.raises(StorageUnreachable):
            await listed(store, "")
    server.close()
    for writer in writers:
        writer.close()


class _Passwords(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("aep", "right-password")


class _OddFiles(asyncssh.SFTPServer):
    """Serves a folder, and lies in its listings; `forbidden` may not be entered."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        if path.endswith(b"forbidden"):
            raise asyncssh.SFTPPermissionDenied("not for you")
        async for entry in super().scandir(path):
            yield entry
        if path.endswith(b"odd"):
            regular = asyncssh.SFTPAttrs(permissions=0o100644, size=1)
            folder = asyncssh.SFTPAttrs(permissions=0o040755, size=1)
            for name, attrs in (
                (b"../../etc/passwd", regular),
                (b"..", folder),
                (b"a/b.parquet", regular),
                (b"\x1b[31mred.parquet", regular),
                (b"not-utf8-\xff.parquet", regular),
            ):
                yield asyncssh.SFTPName(name, attrs=attrs)


@pytest.fixture
async def odd_server(tmp_path: Path) -> AsyncIterator[SftpAccess]:
    root = tmp_path / "root"
    for folder in ("odd", "forbidden"):
        (root / folder).mkdir(parents=True)
    (root / "odd" / "good.parquet").write_bytes(b"good")
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[key],
        server_factory=_Passwords,
        sftp_factory=lambda channel: _OddFiles(channel, chroot=str(root).encode()),
    )
    line = key.export_public_key("openssh").decode().strip()
    yield SftpAccess("127.0.0.1", "aep", server.get_port(), password=Secret("right-password"), host_key=line)
    server.close()
    await server.wait_closed()


async def test_names_that_lead_elsewhere_are_ignored(odd_server: SftpAccess) -> None:
    store = open_store(odd_server)
    assert [file.path for file in await listed(store, "odd")] == ["odd/good.parquet"]
    await store.close()


async def test_a_wrong_password_is_refused_without_being_told(odd_server: SftpAccess) -> None:
    error = await refused(replace(odd_server, password=Secret("wrong-password")))
    assert "wrong-password" not in f"{error!r} {error}"


async def test_a_folder_that_may_not_be_listed_is_named(odd_server: SftpAccess) -> None:
    store = open_store(odd_server)
    with pytest.raises(StorageDenied, match="list forbidden"):
        await listed(store, "forbidden")
    await store.close()


async def test_a_lost_connection_is_made_again(odd_server: SftpAccess) -> None:
    from tarmac.storage.sftp_store import SftpStore

    store = SftpStore(odd_server, StoreTimeouts())
    assert await store.read_range("odd/good.parquet", 0, 4) == b"good"
    first = store._connection
    assert first is not None
    first.abort()
    await first.wait_closed()
    assert await store.read_range("odd/good.parquet", 1, 3) == b"ood"
    await store.close()
