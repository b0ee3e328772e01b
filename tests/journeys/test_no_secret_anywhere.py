"""A canary in every secret field, searched for in everything that is written, shown, printed or listed."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
import tomli_w
import uvicorn

from support.certificates import loopback_certificate
from support.emulated import Emulated, running_emulator
from support.keys import app_at, shown, wait_for
from tarmac.cli import main
from tarmac.profiles.places import Places
from tarmac.services.log import stop_log
from tarmac.services.workspace import Workspace

CLIENT = "Canary-Client-Secret/with+signs="
S3_SECRET = "CanaryS3Secret/CanaryS3Secret+CanaryS3Se"
BLOB = "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=Q2FuYXJ5QmxvYktleUNhbmFyeQ=="
BLOB_KEY = "Q2FuYXJ5QmxvYktleUNhbmFyeQ=="
PRINCIPAL = "Canary~Principal.Key-123456"
GCS_ID = "GOOG1E" + "A" * 55
GCS_SECRET = "CanaryGcsSecret/CanaryGcsSecret+CanaryGc"
SFTP_PASSWORD = "Canary-Sftp-Password"
ROLE = "arn:aws:iam::123456789012:role/canary-role"
CANARIES = (CLIENT, S3_SECRET, BLOB_KEY, PRINCIPAL, GCS_SECRET, SFTP_PASSWORD, ROLE)

# Each secret comes another way: literal, variable, file, command.
DESTINATIONS = {
    "landing": {"kind": "data-landing-zone", "path": "ml/churn"},
    "s3": {
        "kind": "amazon-s3",
        "bucket": "acme-ml",
        "path": "features",
        "credentials": {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": {"env": "CANARY_S3"}},
    },
    "role": {"kind": "amazon-s3", "bucket": "acme-ml", "path": "features", "credentials": {"role": ROLE}},
    "blob": {
        "kind": "azure-blob",
        "container": "ml-exports",
        "path": "ml",
        "credentials": {"connection_string": {"file": "@blob"}},
    },
    "lake": {
        "kind": "azure-data-lake",
        "path": "ml",
        "credentials": {
            "url": "https://acme.dfs.core.windows.net/ml",
            "tenant": "0f0f0f0f-0000-4000-8000-000000000001",
            "service_principal_id": "principal",
            "service_principal_key": PRINCIPAL,
        },
    },
    "gcs": {
        "kind": "google-cloud-storage",
        "bucket": "acme-ml",
        "path": "ml",
        "credentials": {"access_key_id": GCS_ID, "secret_access_key": {"command": ["cat", "@gcs"]}},
    },
    "sftp": {
        "kind": "sftp",
        "path": "ml",
        "credentials": {"domain": "127.0.0.1", "port": 1, "username": "aep", "password": SFTP_PASSWORD},
    },
}


@dataclass
class Evidence:
    """Everything that was shown, printed or listed."""

    places: Places
    texts: list[tuple[str, str]] = field(default_factory=list)

    def add(self, where: str, text: str) -> None:
        self.texts.append((where, text))

    def found(self, secret: str) -> list[str]:
        """Where a secret is, in any spelling, in texts and in every file of the state and the exports."""
        spellings = {secret, quote(secret, safe=""), quote(secret), base64.b64encode(secret.encode()).decode()}
        written = [
            (str(file.relative_to(self.places.config.parent)), file.read_bytes().decode(errors="replace"))
            for folder in (self.places.state, self.places.config / "exports")
            for file in folder.rglob("*")
            if file.is_file()
        ]
        return [where for where, text in (*self.texts, *written) if any(each in text for each in spellings)]


def write_home(emulated: Emulated, folder: Path) -> Places:
    places = Places(folder / "config", folder / "state")
    places.profiles.mkdir(parents=True, mode=0o700)
    for name, secret in (("blob", BLOB), ("gcs", GCS_SECRET)):
        (folder / name).write_text(secret)
        (folder / name).chmod(0o600)
    text = tomli_w.dumps(
        {
            "platform": {
                "org_id": emulated.org_id,
                "client_id": emulated.client_id,
                "client_secret": CLIENT,
                "sandbox": emulated.sandbox,
                "base_url": emulated.base_url,
                "ims_url": emulated.base_url,
            },
            "destinations": DESTINATIONS,
        }
    )
    for name in ("blob", "gcs"):
        text = text.replace(f'"@{name}"', f'"{folder / name}"')
    places.profile_file("local").write_text(text)
    places.profile_file("local").chmod(0o600)
    places.config_file.write_text('[timing]\nprobe = "1s"\npoll = "200ms"\n')
    places.config_file.chmod(0o600)
    return places


@asynccontextmanager
async def canaries(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Emulated, Evidence]]:
    async with running_emulator(client_secret=CLIENT) as emulated:
        places = write_home(emulated, folder)
        monkeypatch.setenv("TARMAC_CONFIG_DIR", str(places.config))
        monkeypatch.setenv("TARMAC_STATE_DIR", str(places.state))
        monkeypatch.setenv("CANARY_S3", S3_SECRET)
        yield emulated, Evidence(places)


@pytest.fixture(autouse=True)
def closed_log() -> Iterator[None]:
    yield
    stop_log()


def tokens(emulated: Emulated) -> list[str]:
    """The access tokens and SAS signatures that the emulator gave out."""
    sign_in = emulated.running.platform.sign_in
    return [emulated.token(), *[value for value in vars(sign_in).get("_tokens", {}) if isinstance(value, str)]]


def assert_clean(evidence: Evidence, *more: str) -> None:
    assert evidence.texts
    for secret in (*CANARIES, *more):
        assert evidence.found(secret) == [], secret


async def test_no_command_prints_or_writes_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with canaries(tmp_path, monkeypatch) as (emulated, evidence):
        commands = [["doctor"], ["profile", "list"], ["profile", "check"], ["datasets"]]
        wishes = {name: ["--dataset", "loyalty_profiles", "--to", name, "--name", name] for name in DESTINATIONS}
        commands += [["plan", *wish] for wish in wishes.values()]
        ours = ("landing", "s3", "gcs", "blob", "sftp")
        commands += [["export", *wishes[name], "--timeout", "5s", "--json"] for name in ours]
        commands += [["runs"], ["flows"], ["read", "landing", "--as", "polars"], ["cleanup", "--dry-run"]]
        codes = {}
        for command in commands:
            for as_json in ([], ["--json"]):
                if as_json and "--json" in command:
                    continue
                codes[" ".join(command)] = await asyncio.to_thread(main, [*command, *as_json])
                out, err = capsys.readouterr()
                evidence.add(f"tarmac {' '.join([*command, *as_json])}", out + err)
        # The canaries were really used: the platform accepted them in bodies.
        assert codes["export --dataset loyalty_profiles --to landing --name landing --timeout 5s --json"] == 0
        assert len(emulated.requests("POST", "*/flowservice/connections")) >= 4
        assert (evidence.places.state / "tarmac.log").stat().st_size > 0
        assert_clean(evidence, *tokens(emulated))


async def test_no_screen_shows_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with canaries(tmp_path, monkeypatch) as (emulated, evidence):
        async with app_at(evidence.places).run_test(size=(160, 60)) as pilot:

            async def see(where: str, what: str) -> None:
                evidence.add(where, await wait_for(pilot, what))

            await see("datasets", "training_set_churn")
            await pilot.press("enter")
            await see("destination", "SFTP")
            for _ in range(len(DESTINATIONS)):
                evidence.add("saved destination", shown(pilot))
                await pilot.press("down")
            for key, mode in (("3", "[3 Review]"), ("4", "[4 Runs]"), ("5", "[5 Flows]"), ("2", "[2 Destination]")):
                await pilot.press(key)
                await see(mode, mode)
            await pilot.press("p")
            await see("profiles", "local")
            await pilot.press("escape", "question_mark")
            await see("help", "Help")
        assert_clean(evidence, *tokens(emulated))


async def test_no_process_list_shows_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with canaries(tmp_path, monkeypatch) as (_, evidence):
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tarmac", "plan", "--dataset", "loyalty_profiles", "--to", "gcs"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(os.environ),
        )
        process = psutil.Process(child.pid)
        ended = asyncio.create_task(child.wait())
        while not ended.done():
            try:
                for each in (process, *process.children(recursive=True)):
                    evidence.add("process list", " ".join(each.cmdline()))
            except psutil.NoSuchProcess:
                pass
            await asyncio.sleep(0.005)  # the process list can only be looked at again and again
        assert await ended in {0, 2}
        assert_clean(evidence)


async def test_a_crash_report_is_redacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with canaries(tmp_path, monkeypatch) as (_, evidence):
        original = Workspace.platform

        async def broken(self: Workspace) -> object:
            found = await original(self)
            raise ValueError(f"sent client_secret={CLIENT} Authorization: Bearer abc.def.ghi {found}")

        monkeypatch.setattr(Workspace, "platform", broken)
        assert await asyncio.to_thread(main, ["datasets"]) == 1
        out, err = capsys.readouterr()
        evidence.add("stderr", out + err)
        (report,) = evidence.places.state.glob("crash-*.txt")
        assert report.stat().st_mode & 0o777 == 0o600
        assert "ValueError" in report.read_text()
        assert "Traceback" not in err
        assert_clean(evidence, "abc.def.ghi")


async def test_an_app_that_crashes_shows_no_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with canaries(tmp_path, monkeypatch) as (_, evidence):
        app = app_at(evidence.places)

        def boom() -> None:
            secret = CLIENT
            raise ValueError(f"client_secret={secret}")

        async def crashed() -> None:
            async with app.run_test(size=(100, 30)) as pilot:
                await wait_for(pilot, "training_set_churn")
                app.call_next(boom)
                await pilot.pause()
                await pilot.pause()

        with pytest.raises(ValueError, match="client_secret"):
            await crashed()
        printed = capsys.readouterr()
        evidence.add("printed when leaving", printed.out + printed.err)
        assert "Traceback" not in printed.err
        (report,) = evidence.places.state.glob("crash-*.txt")
        assert report.name in printed.err.replace("\n", "")
        assert "ValueError" in report.read_text()
        assert_clean(evidence)


async def test_a_server_with_a_wrong_certificate_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is sent to it: neither token request nor secret."""
    certificate, key = loopback_certificate(tmp_path)
    asked: list[str] = []

    async def listening(scope: dict[str, object], receive: object, send: object) -> None:
        asked.append(str(scope["type"]))

    config = uvicorn.Config(
        listening,
        port=0,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        log_level="critical",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    async with running_emulator(client_secret=CLIENT) as emulated:
        places = write_home(emulated, tmp_path)
        task = asyncio.create_task(server.serve())
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        text = places.profile_file("local").read_text().replace(emulated.base_url, f"https://127.0.0.1:{port}")
        places.profile_file("local").write_text(text)
        monkeypatch.setenv("TARMAC_CONFIG_DIR", str(places.config))
        monkeypatch.setenv("TARMAC_STATE_DIR", str(places.state))
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        assert await asyncio.to_thread(main, ["datasets"]) == 1
        out, err = capsys.readouterr()
        assert "certificate" in out + err
        assert asked == []
        server.should_exit = True
        await task
