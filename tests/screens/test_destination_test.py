"""The test of a destination by keys: writer and reader, layer by layer, from the list and from a form being filled in."""

from __future__ import annotations

from pathlib import Path

from support.emulated import running_emulator
from support.keys import app_at, home, wait_for


async def test_a_destination_is_tested_from_the_list(tmp_path: Path) -> None:
    async with running_emulator() as emulated, app_at(home(emulated, tmp_path)).run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, "training_set_churn")
        await pilot.press("2")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press("t")
        screen = await wait_for(pilot, "no data file to read yet")
        assert "? writer" in screen
        assert all(f"✔ {layer}" in screen for layer in ("credentials", "name", "connection", "sign-in", "list", "read"))
        await pilot.press("escape")
        await wait_for(pilot, "+ new")


async def test_the_failing_layer_is_the_last_and_says_what_to_do(tmp_path: Path, closed_port: int) -> None:
    lake: dict[str, object] = {
        "kind": "amazon-s3",
        "bucket": "acme-ml",
        "path": "features",
        "credentials": {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "a" * 40},
        "reader": {"endpoint": f"http://127.0.0.1:{closed_port}"},
    }
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path, destinations={"lake": lake})
        async with app_at(places).run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "training_set_churn")
            await pilot.press("2")
            await wait_for(pilot, "lake")
            await pilot.press("enter")
            await wait_for(pilot, "files in  ")
            await pilot.press("ctrl+t")
            screen = await wait_for(pilot, "refuses connections")
            assert "✘ connection" in screen
            assert "Next: Check the port" in screen


async def test_a_base_connection_that_exists_is_offered_first(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        body = {
            "name": "ours since spring",
            "auth": {
                "specName": "Access Key",
                "params": {"s3AccessKey": "AKIAIOSFODNN7EXAMPLE", "s3SecretKey": "a" * 40},
            },
            "connectionSpec": {"id": "4fce964d-3f37-408f-9778-e597338a21ee", "version": "1.0"},
        }
        async with emulated.client() as client:
            answer = await client.post("/data/foundation/flowservice/connections", json=body)
        assert answer.status_code == 201
        async with app_at(home(emulated, tmp_path)).run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "training_set_churn")
            await pilot.press("2")
            await wait_for(pilot, "Amazon S3")
            await pilot.press("down", "enter")
            screen = await wait_for(pilot, "Base connection")
            assert "( ) ours since spring   (•) make a new one" in screen
