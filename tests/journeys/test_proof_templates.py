"""What other clients export is found too, whatever folder template they chose; what cannot be told apart is said."""

from __future__ import annotations

import shutil
from datetime import timedelta

import httpx
import pytest

from cli.conftest import CommandLine, tarmac
from support.chain import Chain, build_chain, trigger, until
from support.emulated import Emulated
from support.landed_files import on_disk, root_of, rows_of
from tarmac.terms.times import to_seconds

__all__ = ["tarmac"]

ROWS = 25_000
TEMPLATES = (
    None,
    "%DESTINATION%_%DATASET_ID%_%DATETIME(YYYYMMdd_HHmmss)%",
    "in/%SANDBOX_NAME%/%DATETIME(YYYY/MM/dd)%/%EXPORT_TIME%",
    "%DATASET_NAME%/%DESTINATION_INSTANCE_NAME%-%DESTINATION_INSTANCE_ID%/%DATETIME(YYYYMMdd_HHmm)%",
    "%ORGANIZATION_NAME%/%DESTINATION_NAME%/at %DATETIME(HH)%",
    "always/%DATASET_ID%",
)


async def exported(client: httpx.AsyncClient, emulated: Emulated, template: str | None, path: str) -> tuple[Chain, str]:
    """Export as another client does; return the chain and the run's id."""
    start = emulated.running.platform.now() + timedelta(days=365)
    schedule = {
        "interval": 1,
        "timeUnit": "day",
        "startTime": to_seconds(start),
        "endTime": to_seconds(start + timedelta(days=1)),
        "exportMode": "FIRST_FULL_THEN_INCREMENTAL",
    }
    if template is not None:
        schedule["foldernameTemplate"] = template
    dataset = next(each["id"] for each in emulated.ready["datasets"] if each["name"] == "loyalty_profiles")
    chain = await build_chain(client, dataset, schedule, path=path)
    run = await trigger(client, chain)
    await until(client, run)
    return chain, run


async def test_every_folder_template_is_found_by_its_run_and_by_its_dataflow(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated, emulated.client() as client:
        for number, template in enumerate(TEMPLATES):
            path = "/" if number == 0 else f"other/{number}"
            chain, run = await exported(client, emulated, template, path)
            verified = await tarmac("verify", run, "--json")
            assert verified.code == 0, (template, verified.err, verified.out)
            read = await tarmac("read", chain.flow_id, "--json")
            assert read.code == 0, (template, read.err)
            files = on_disk(emulated, read.document["files"])
            assert rows_of(files).height == read.document["rows"] == ROWS
            assert {file.parent for file in files} == {root_of(emulated) / verified.document["folder"]}
        by_name = await tarmac("read", "flow", "--json")
        assert (by_name.code, by_name.document["error"]["code"]) == (64, "ambiguous-flow")


@pytest.mark.parametrize("name", ["_SUCCESS", "manifest-1-2.json", "_temporary/0/part-0.parquet", ".part.crc"])
async def test_a_marker_is_no_data(tarmac: CommandLine, name: str) -> None:
    async with tarmac.with_emulator() as emulated, emulated.client() as client:
        _, run = await exported(client, emulated, None, "marked")
        found = await tarmac("verify", run, "--json")
        marker = root_of(emulated) / found.document["folder"] / name
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.write_bytes(b"{}")
        again = await tarmac("verify", run, "--json")
        assert (again.code, again.document["files"]) == (0, found.document["files"])


async def test_two_folders_that_fit_equally_are_named_and_none_is_taken(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated, emulated.client() as client:
        _, run = await exported(client, emulated, "%DESTINATION_INSTANCE_NAME%_%DATETIME(YYYYMMdd_HHmmss)%", "twins")
        (folder,) = (root_of(emulated) / "twins").iterdir()
        twin = folder.with_name(folder.name.replace("target", "other"))
        shutil.copytree(folder, twin)  # with the files' times, which would tell them apart
        emulated.advance(60)  # of a run that ended a while ago nothing more is waited for
        answer = await tarmac("verify", run, "--json")
        assert (answer.code, answer.document["error"]["code"]) == (1, "folder-unclear")
        assert folder.name in answer.document["error"]["message"]
        assert twin.name in answer.document["error"]["message"]
