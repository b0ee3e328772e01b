"""The reader code is run: every Python snippet, on real servers and the emulator's landing zone, gives the receipt's rows."""

from __future__ import annotations

import base64
from pathlib import Path

import polars as pl

from support.emulated import running_emulator
from support.servers import S3Server
from support.sftp_servers import Sshd
from support.snippets import run_snippets
from support.workspaces import LANDING, HastyClock, literal, opened
from tarmac.platform.models import AzureLandingZone
from tarmac.profiles.models import Destination, Export
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import Finished
from tarmac.services.landed.receipts import read_receipt
from tarmac.services.plans.plan import Wish
from tarmac.services.reading.read_address import ReadRequest
from tarmac.services.reading.reader_code import ReaderStyle, reader_text
from tarmac.services.storages.stores import opened_store
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.formats import FileFormat

ROWS, COLUMNS, FILES = 2_500, 4, 3
PYTHON = (ReaderStyle.PANDAS, ReaderStyle.POLARS, ReaderStyle.PYARROW, ReaderStyle.DUCKDB)


def source(folder: Path) -> Path:
    """A dataset with a nested field, a time and missing values."""
    frame = pl.DataFrame(
        {
            "id": range(ROWS),
            "name": [None if row % 3 == 0 else f"customer {row}" for row in range(ROWS)],
            "consents": [{"email": row % 2 == 0, "sms": None} for row in range(ROWS)],
        },
        schema_overrides={"consents": pl.Struct({"email": pl.Boolean, "sms": pl.Boolean})},
    ).with_columns(at=pl.datetime(2026, 11, 23, time_zone="UTC"))
    path = folder / "tiny.parquet"
    frame.write_parquet(path)
    return path


def destinations(s3: S3Server, sftp: Sshd) -> dict[str, Destination]:
    s3.bucket("acme-readers", {})
    keys = {"access_key": literal(s3.admin.access_key_id), "secret_key": literal(s3.admin.secret_access_key)}
    hmac = {"access_key_id": keys["access_key"], "secret_access_key": keys["secret_key"]}
    place = {"bucket": "acme-readers", "path": "s3"}
    signing = {
        "domain": literal(sftp.host),
        "port": literal(str(sftp.port)),
        "username": literal(sftp.user),
        "ssh_key": literal(base64.b64encode(sftp.private_key.encode()).decode()),
    }
    reader = {"endpoint": s3.url}
    return {
        "landing": LANDING,
        "s3": Destination("s3", DestinationKind.AMAZON_S3, place, keys, reader),
        "gcs": Destination("gcs", DestinationKind.GOOGLE_CLOUD_STORAGE, {**place, "path": "gcs"}, hmac, reader),
        "sftp": Destination("sftp", DestinationKind.SFTP, {"path": "readers"}, signing, {"host_key": sftp.host_key}),
    }


async def landed(ws: Workspace, wish: Wish) -> ReadRequest:
    """Export and return what is to be read, by the receipt."""
    result = None
    async for event in export(ws, wish):
        if isinstance(event, Finished):
            result = event.result
    assert result is not None
    assert result.error is None, result.error
    assert result.receipt is not None
    receipt = read_receipt(result.receipt)
    assert (receipt.rows, len(receipt.files)) == (ROWS, FILES)
    async with opened_store(ws, wish) as storage:
        return ReadRequest("test", storage.address, receipt.read_set, wish.export.format, rows=receipt.rows)


async def test_every_python_reader_gives_the_rows_of_the_receipt(
    tmp_path: Path, s3_server: S3Server, sshd: Sshd
) -> None:
    storages = {
        DestinationKind.AMAZON_S3: s3_server.url,
        DestinationKind.GOOGLE_CLOUD_STORAGE: s3_server.url,
        DestinationKind.SFTP: f"sftp://{sshd.host}:{sshd.port}",
    }
    datasets = (("tiny", source(tmp_path)),)
    snippets: dict[str, str] = {}
    async with (
        running_emulator(datasets=datasets, rows_per_file=1_000, storages=storages) as emulated,
        opened(emulated, tmp_path, clock=HastyClock(), destinations=destinations(s3_server, sshd)) as ws,
    ):
        dataset = next(each["id"] for each in emulated.ready["datasets"] if each["name"] == "tiny")
        for destination in ws.profile.destinations.values():
            for file_format in FileFormat:
                name = f"{destination.name}-{file_format.value}"
                wished = Wish(
                    Export(name, dataset, destination.name, format=file_format, path=f"readers/{name}"), destination
                )
                request = await landed(ws, wished)
                snippets |= {f"{name}-{style.value}": reader_text(style, request) for style in PYTHON}
        credentials = await (await ws.platform()).landing_zone.credentials()
        assert isinstance(credentials, AzureLandingZone)
        key_file = tmp_path / "key"
        key_file.write_text(sshd.private_key)
        key_file.chmod(0o600)
        (tmp_path / ".ssh").mkdir()
        (tmp_path / ".ssh" / "known_hosts").write_text(sshd.known_hosts_line)
        keys = s3_server.admin
        env = {
            "AZURE_STORAGE_SAS_TOKEN": credentials.sas_token.reveal(),
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "GCS_HMAC_ACCESS_ID": keys.access_key_id,
            "GCS_HMAC_SECRET": keys.secret_access_key,
            "SFTP_KEY_FILE": str(key_file),
        }
        printed = await run_snippets(snippets, env, tmp_path)
    assert printed == dict.fromkeys(snippets, f"({ROWS}, {COLUMNS})")
