"""Secret references: each source, each failure, and that no value shows anywhere."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from tarmac.profiles.errors import SecretUnavailable
from tarmac.profiles.keyring_secrets import from_keyring
from tarmac.profiles.models import SecretRef, SecretSource
from tarmac.profiles.profile_parsing import parse_profile
from tarmac.profiles.secret_commands import from_command
from tarmac.profiles.secrets import SecretBox, resolve

CANARY = "CANARY-s3cr3t"


def python(code: str, *arguments: str, whole: bool = False) -> SecretRef:
    return SecretRef(SecretSource.COMMAND, command=(sys.executable, "-c", code, *arguments), whole=whole)


async def refuse(ref: SecretRef) -> SecretUnavailable:
    with pytest.raises(SecretUnavailable) as caught:
        await resolve(ref)
    error = caught.value
    assert CANARY not in repr(error.as_json()) + repr(error.__cause__) + repr(ref)
    assert ref.describe() in error.message
    assert error.next_step
    return error


async def test_literal() -> None:
    ref = SecretRef(SecretSource.LITERAL, CANARY)
    secret = await resolve(ref)
    assert secret.reveal() == CANARY
    assert CANARY not in repr(ref) + ref.describe() + repr(secret) + str(secret)


async def test_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    ref = SecretRef(SecretSource.ENV, "TARMAC_TEST_SECRET")
    monkeypatch.delenv("TARMAC_TEST_SECRET", raising=False)
    assert "not set" in (await refuse(ref)).message
    monkeypatch.setenv("TARMAC_TEST_SECRET", "")
    assert "is empty" in (await refuse(ref)).message
    monkeypatch.setenv("TARMAC_TEST_SECRET", CANARY)
    assert (await resolve(ref)).reveal() == CANARY


async def test_command_gives_its_first_line() -> None:
    assert (await resolve(python(f"print('{CANARY}\\r\\nuser: me')"))).reveal() == CANARY
    assert (await resolve(python("print('a\\nb\\n')", whole=True))).reveal() == "a\nb"


async def test_command_has_no_input_and_no_shell() -> None:
    assert (await resolve(python("import sys; print(repr(sys.stdin.read()))"))).reveal() == "''"
    assert (await resolve(python("import sys; print(sys.argv[1])", "$HOME; *"))).reveal() == "$HOME; *"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (f"import sys; print('{CANARY}', file=sys.stderr); sys.exit(3)", "status 3"),
        (f"print('{CANARY}'); raise SystemExit(2)", "status 2"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "signal 15"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe')", "not text"),
        ("print('x' * 70000)", "more than 64 KiB"),
        ("print()", "is empty"),
    ],
)
async def test_commands_that_fail(code: str, words: str) -> None:
    assert words in (await refuse(python(code))).message


async def test_command_that_is_not_there() -> None:
    ref = SecretRef(SecretSource.COMMAND, command=("tarmac-no-such-program", CANARY))
    assert "No such file" in (await refuse(ref)).message


def gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has reaped yet counts."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(10):
        while not gone(pid):  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.01)


SLOW = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); os.replace(*sys.argv[1:]); time.sleep(60)"


async def test_command_that_never_answers_is_ended(tmp_path: Path) -> None:
    ref = python(SLOW, str(tmp_path / "a"), str(tmp_path / "pid"))
    with pytest.raises(SecretUnavailable, match="no answer within 2 s"):
        await from_command(ref, timeout_seconds=2)
    await until_gone(int((tmp_path / "pid").read_text()))


async def test_cancelling_ends_the_command(tmp_path: Path) -> None:
    task = asyncio.create_task(resolve(python(SLOW, str(tmp_path / "a"), str(tmp_path / "pid"))))
    async with asyncio.timeout(10):
        while not (tmp_path / "pid").exists():  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until_gone(int((tmp_path / "pid").read_text()))


async def test_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "secret"
    ref = SecretRef(SecretSource.FILE, "~/secret")
    assert "No such file" in (await refuse(ref)).message
    file.write_text(f"{CANARY}\n")
    file.chmod(0o600)
    assert (await resolve(ref)).reveal() == CANARY
    file.chmod(0o604)
    error = await refuse(ref)
    assert "everybody" in error.message
    assert error.next_step == f"Run chmod 600 {file}"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff", "not text"), (b"x" * 70_000, "larger than 64 KiB"), (b"\n", "is empty")],
)
async def test_files_without_a_secret(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "secret"
    file.touch(0o600)
    file.write_bytes(content)
    assert words in (await refuse(SecretRef(SecretSource.FILE, str(file)))).message


async def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not a file" in (await refuse(SecretRef(SecretSource.FILE, str(tmp_path / "pipe")))).message
    assert "Is a directory" in (await refuse(SecretRef(SecretSource.FILE, str(tmp_path)))).message
    assert "not available" in (await refuse(SecretRef(SecretSource.FILE, "x\0y"))).message


async def test_secret_on_a_read_only_mount_may_be_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text(CANARY)
    file.chmod(0o444)
    ref = SecretRef(SecretSource.FILE, str(file))
    await refuse(ref)
    numbers = list(os.statvfs(file))
    numbers[8] |= os.ST_RDONLY
    monkeypatch.setattr(os, "fstatvfs", lambda descriptor: os.statvfs_result(numbers))
    assert (await resolve(ref)).reveal() == CANARY


class Entries:
    """A keyring with one entry."""

    def get_password(self, service: str, user: str) -> str | None:
        return CANARY if (service, user) in {("tarmac", "aep"), ("adobe/eu", "me")} else None


def install(monkeypatch: pytest.MonkeyPatch, backend: object) -> None:
    module = ModuleType("keyring")
    module.get_keyring = lambda: backend  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)


def backend_of(module: str, base: type = Entries, **fields: object) -> object:
    return type("Keyring", (base,), {"__module__": module, **fields})()


def keyring(entry: str) -> SecretRef:
    return SecretRef(SecretSource.KEYRING, entry)


async def test_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, backend_of("keyring.backends.SecretService"))
    assert (await resolve(keyring("aep"))).reveal() == CANARY
    assert (await resolve(keyring("adobe/eu/me"))).reveal() == CANARY
    assert "keyring set tarmac other" in (await refuse(keyring("other"))).next_step


@pytest.mark.parametrize("module", ["keyring.backends.fail", "keyring.backends.null", "keyrings.alt.file"])
async def test_a_plain_file_is_no_keyring(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    install(monkeypatch, backend_of(module))
    assert "no keyring" in (await refuse(keyring("aep"))).message
    install(monkeypatch, backend_of("keyring.backends.chainer", backends=[backend_of(module)]))
    assert "no keyring" in (await refuse(keyring("aep"))).message


async def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "tarmac[keyring]" in (await refuse(keyring("aep"))).next_step


async def test_keyring_that_fails_or_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    class Locked(Entries):
        def get_password(self, service: str, user: str) -> str | None:
            if user == "wait":
                released.wait(30)
            raise RuntimeError(CANARY)

    install(monkeypatch, backend_of("keyring.backends.kwallet", Locked))
    assert "RuntimeError" in (await refuse(keyring("aep"))).message
    with pytest.raises(SecretUnavailable, match="no answer"):
        await from_keyring(keyring("wait"), timeout_seconds=0.05)
    released.set()


async def test_box_asks_once_and_keeps_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "calls"
    ref = python("import sys; open(sys.argv[1], 'a').write('x'); print('CANARY-s3cr3t')", str(log))
    box = SecretBox()
    first, second = await asyncio.gather(box.get(ref), box.get(ref))
    assert first == second
    assert log.read_text() == "x"
    assert [secret.reveal() for secret in box.known] == [CANARY]
    variable = SecretRef(SecretSource.ENV, "TARMAC_TEST_SECRET")
    with pytest.raises(SecretUnavailable):
        await box.get(variable)
    monkeypatch.setenv("TARMAC_TEST_SECRET", "now")
    assert (await box.get(variable)).reveal() == "now"
    assert CANARY not in repr(vars(box))


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        ('{ env = "TARMAC_NO_SUCH" }', "the variable is not set"),
        ('{ command = ["tarmac-no-such-program"] }', "No such file"),
        ('{ command = ["false"] }', "status 1"),
        ('{ file = "/tarmac/no/such" }', "No such file"),
        ('{ keyring = "tarmac-no-such" }', "keyring"),
    ],
)
async def test_a_missing_secret_names_file_line_and_key(written: str, cause: str, tmp_path: Path) -> None:
    file = tmp_path / "acme.toml"
    text = f"""\
[platform]
org_id = "0123456789ABCDEF01234567@AdobeOrg"
client_id = "aabb"
client_secret = "{CANARY}"
sandbox = "ml-dev"

[destinations.lake]
kind = "amazon-s3"
bucket = "acme-ml"
path = "ml"
credentials = {{ access_key = "AKIAIOSFODNN7EXAMPLE", secret_key = {written} }}
"""
    profile = parse_profile(text.encode(), file, "acme")
    error = await refuse(profile.destinations["lake"].credentials["secret_key"])
    assert error.message.startswith(f"{file}:11: destinations.lake.credentials.secret_key: ")
    assert cause in error.message
