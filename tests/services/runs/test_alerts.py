from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from support.emulated import running_emulator
from support.hooks import hooked, told
from support.workspaces import literal, opened, wish
from tarmac.profiles.config_store import load_config
from tarmac.profiles.models import Notify
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import ExportEvent
from tarmac.services.runs.alert import Alert, Change
from tarmac.services.runs.alerts import tell, with_alerts
from tarmac.services.runs.hooks import run_command, send_hooks


async def drained(events: AsyncGenerator[ExportEvent, None]) -> None:
    async for _ in events:
        pass


async def test_landing_failing_and_recovering_are_told_once_each(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        hooked(ws, tmp_path / "told")
        wanted = wish(emulated.dataset_id())
        await drained(with_alerts(ws, "churn", export(ws, wanted)))
        emulated.advance(60)
        emulated.add_faults(run=[{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}])
        await drained(with_alerts(ws, "churn", export(ws, wanted)))
        emulated.clear_faults()
        emulated.advance(60)
        await drained(with_alerts(ws, "churn", export(ws, wanted)))
        alerts = told(tmp_path / "told")
        assert [(each["change"], each["was"]) for each in alerts] == [
            ("landed", None),
            ("failed", None),
            ("recovered", "failed"),
        ]
        assert alerts[1]["error"]["code"] == "ACTIVATION_BATCH-0000-FAILED"
        assert alerts[0]["rows"] == emulated.ready["datasets"][0]["rows"]
        assert emulated.client_secret not in (tmp_path / "told").read_text()


async def test_two_processes_that_see_the_same_end_tell_it_once(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as one, opened(emulated, tmp_path) as two:
        for ws in (one, two):
            hooked(ws, tmp_path / "told")
        alert = Alert(Change.FAILED, "churn", one.now(), run_id="r1")
        await asyncio.gather(tell(one, alert), tell(two, alert))
        assert len(told(tmp_path / "told")) == 1


async def test_a_hook_that_hangs_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "still here"
    script = f"sleep 2 && touch '{mark}' & wait"
    problem = await run_command(("sh", "-c", script), b"{}", 0.3)
    assert "did not end within 0.3 s" in problem
    await asyncio.sleep(
        2.2
    )  # the child would have left its mark by then: there is nothing to wait on that does not come
    assert not mark.exists()


async def test_what_a_hook_does_wrong_is_a_sentence_without_the_address(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        key = f"{emulated.base_url}/services/T000/SECRETKEY"
        notify = Notify(command=("/no/such/program",), webhook=literal(key), timeout=timedelta(seconds=5))
        problems = await send_hooks(ws, notify, {"change": "failed"})
        assert len(problems) == 2
        assert "SECRETKEY" not in " ".join(problems)
        plain_http = Notify(webhook=literal("http://example.com/hook"))
        [problem] = await send_hooks(ws, plain_http, {})
        assert "write https" in problem


async def test_a_webhook_gets_the_document(tmp_path: Path) -> None:
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        got.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?key=1"
    async with server, running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        ws.config = replace(ws.config, notify=Notify(webhook=literal(address)))
        assert await tell(ws, Alert(Change.STALLED, "churn", ws.now(), run_id="r1")) == ()
    assert json.loads(got[0])["change"] == "stalled"


def test_notify_is_read_from_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b'[notify]\ncommand = ["tell"]\nwebhook = { env = "HOOK" }\ntimeout = "5s"\n')
    notify = load_config(file).notify
    assert (notify.command, notify.timeout, notify.has_hooks) == (("tell",), timedelta(seconds=5), True)
    assert notify.webhook is not None
    assert notify.webhook.describe() == "env HOOK"
