"""What a notebook left behind, taken over: its configuration imported, its flow adopted, the next export verified."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.chain import Chain, build_chain
from support.emulator_process import Home, emulator_home
from support.events import write_events

TIMING = {"probe": "200ms", "poll": "200ms"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    events = write_events(tmp_path)
    arguments = ["--dataset", f"training={events}", "--ready-after", "0"]
    with emulator_home(tmp_path / "home", *arguments, timing=TIMING) as home:
        yield home


def headers(home: Home) -> dict[str, str]:
    ready = home.emulator
    form = {
        "grant_type": "client_credentials",
        "scope": "openid",
        **{key: ready[key] for key in ("client_id", "client_secret")},
    }
    token = httpx.post(f"{ready['ims_url']}/ims/token/v3", data=form).json()["access_token"]
    return {
        "Authorization": f"Bearer {token}",
        "x-api-key": ready["client_id"],
        "x-gw-ims-org-id": ready["org_id"],
        "x-sandbox-name": ready["sandbox"],
    }


def made_by_the_notebook(home: Home) -> Chain:
    """Create what the notebook's helper creates: an on-demand flow that begins in a year and has no end of its own."""

    async def made() -> Chain:
        async with httpx.AsyncClient(base_url=home.emulator["base_url"], headers=headers(home)) as client:
            start = int(time.time()) + 365 * 86_400
            dataset = home.emulator["datasets"][0]["id"]
            schedule = {"interval": 1, "timeUnit": "day", "startTime": start}
            return await build_chain(client, dataset, schedule, path="cmle/egress")

    return asyncio.run(made())


def notebook_config(home: Home, chain: Chain, folder: Path) -> Path:
    ready = home.emulator
    file = folder / "config.ini"
    file.write_text(
        f"""\
[Platform]
ims_org_id={ready["org_id"]}
sandbox_name={ready["sandbox"]}
featurized_dataset_id={chain.dataset_id}
dataflow_id={chain.flow_id}

[Authentication]
client_id={ready["client_id"]}
client_secret={ready["client_secret"]}
scopes=openid, AdobeID

[Cloud]
export_path=cmle/egress
data_format=parquet
compression_type=gzip
""",
        encoding="utf-8",
    )
    return file


def answer(home: Home, *arguments: str) -> Any:
    done = home.run(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_an_imported_notebook_flow_is_adopted_and_its_next_export_verified(home: Home, tmp_path: Path) -> None:
    chain = made_by_the_notebook(home)
    config = notebook_config(home, chain, tmp_path)
    before = config.read_bytes()
    imported = answer(home, "profile", "import", str(config), "--name", "notebook", "--no-look")
    assert imported["missing"] == []
    assert imported["flow"]["id"] == chain.flow_id
    profile, secret = Path(imported["file"]), Path(imported["secret_files"][0])
    assert config.read_bytes() == before
    assert home.emulator["client_secret"] not in profile.read_text()
    assert (secret.stat().st_mode & 0o777, secret.read_text().strip()) == (0o600, home.emulator["client_secret"])
    again = home.run("profile", "import", str(config), "--name", "notebook")
    assert again.returncode == 64
    assert "already a profile" in again.stderr

    # The person points it at the emulator: the notebook's file knows only Adobe's own addresses.
    address = home.emulator["base_url"]
    lines = [line for line in profile.read_text().splitlines() if "base_url =" not in line and "ims_url =" not in line]
    lines.insert(lines.index("[platform]") + 1, f'base_url = "{address}"\nims_url = "{address}"')
    profile.write_text("\n".join(lines) + "\n")

    notebook = ("--profile", "notebook")
    adopted = answer(home, "flow", "adopt", chain.flow_id, "--name", "training", *notebook)
    assert any("ends" in sentence and "extend it past its start" in sentence for sentence in adopted["wrong"])
    assert adopted["paste"] is None

    landed = answer(home, "export", "training", *notebook)
    assert (landed["status"], landed["verified"], landed["flow_id"]) == ("landed", True, chain.flow_id)
    assert landed["folder"].startswith("cmle/egress/")
    assert landed["created"] == []
    assert [run["export"] for run in answer(home, "runs", *notebook)["runs"]] == ["training"]
    # What was wrong with the flow has been put right on the way.
    [flow] = answer(home, "flows", *notebook)["flows"]
    assert (flow["export"], flow["owner"], flow["warnings"]) == ("training", "adopted", [])
