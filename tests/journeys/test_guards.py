"""Guards: a production sandbox and labelled data ask for a typed word, by key and by command; the receipt keeps it."""

from __future__ import annotations

import json
from pathlib import Path

from support.emulated import running_emulator
from support.emulator_process import emulator_home
from support.events import write_events
from support.keys import app_at, home, wait_for

TIMING = {"probe": "200ms", "poll": "200ms"}


async def test_labelled_data_asks_for_its_label_on_the_review_screen(tmp_path: Path) -> None:
    events = write_events(tmp_path)
    async with running_emulator(datasets=(("patients", events),), labels={"patients": ("C2", "S1")}) as emulated:
        places = home(emulated, tmp_path)
        async with app_at(places).run_test(size=(120, 36)) as pilot:
            await wait_for(pilot, "patients")
            await pilot.press("enter")
            await wait_for(pilot, "Google Cloud Storage")
            await pilot.press("enter")
            await wait_for(pilot, "exportTime=")
            await pilot.press("ctrl+s")
            await wait_for(pilot, "governance labels: C2, S1")
            await pilot.press("a")
            await wait_for(pilot, "Type C2,S1")
            await pilot.press("escape")
            await wait_for(pilot, "Nothing was sent")
            assert not emulated.requests("POST", "*/flows")
            await pilot.press("a")
            await wait_for(pilot, "Type C2,S1")
            await pilot.press(*"C2,S1", "enter")
            await wait_for(pilot, "✔ rows match")
        [receipt] = list((places.receipts("local")).glob("*.json"))
        assert [each["word"] for each in json.loads(receipt.read_text())["confirmed"]] == ["C2,S1"]


def test_a_production_sandbox_asks_for_its_name_once_for_an_export(tmp_path: Path) -> None:
    events = write_events(tmp_path)
    arguments = ["--dataset", f"events={events}", "--ready-after", "0", "--sample-flows", "1"]
    with emulator_home(tmp_path / "home", *arguments, timing=TIMING) as home:
        profile = home.config_dir / "profiles" / "local.toml"
        profile.write_text(profile.read_text().replace(f'"{home.emulator["sandbox"]}"', '"prod"'))
        wanted = ("export", "--dataset", "events", "--to", "landing", "--json")
        refused = home.run(*wanted)
        assert refused.returncode == 64, refused.stdout
        error = json.loads(refused.stdout)["error"]
        assert error["code"] == "not-confirmed"
        assert "--confirm prod" in error["next"]
        landed = home.run(*wanted, "--confirm", "prod")
        assert landed.returncode == 0, landed.stderr
        document = json.loads(landed.stdout)
        receipt = json.loads(Path(document["receipt"]).read_text())
        assert [each["word"] for each in receipt["confirmed"]] == ["prod"]
        # The same wish again, as cron gives it, is not asked a second time.
        assert home.run(*wanted, "--no-verify").returncode == 0
