"""Whatever bytes the ledger and the history hold: what is readable is used, and nothing raises but named errors."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from support.fake_clock import FakeClock
from tarmac.profiles.models import PlatformSettings, Profile, SecretRef, SecretSource
from tarmac.profiles.places import Places
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.history import Duration
from tarmac.services.exports.ledger_file import read_entry
from tarmac.services.exports.leftovers import in_words, leftovers
from tarmac.services.runs.following import finished_rows, unfinished_rows
from tarmac.services.workspace import Workspace

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
# Lines that are nearly right: the keys of the ledger with any value, mostly of the right kind.
ENTRY = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([*(kind.value for kind in Kind), "later"]) | JSON,
        "at": st.sampled_from(["2026-11-23T14:02:00+00:00", "2026-11-23T14:02:00", "no"]) | JSON,
        "chain": st.sampled_from(["a", "b", "../../x", ""]) | JSON,
    },
    optional={
        key: JSON | st.sampled_from(["create", "delete", "dataflow", "base connection", "x"])
        for key in (
            *("v", "step", "noun", "action", "id", "name", "marker", "export", "destination", "wish", "flow_id"),
            *("run_id", "known", "scheduled", "outcome", "error", "rows", "verified", "receipt", "about", "found"),
        )
    },
)


def workspace(folder: Path) -> Workspace:
    secret = SecretRef(SecretSource.LITERAL, "s")
    settings_ = PlatformSettings(org_id="A@AdobeOrg", client_id="c", client_secret=secret, sandbox="dev")
    return Workspace(Profile("p", settings_, {}), places=Places(folder / "c", folder / "s"), clock=FakeClock())


def read_all(data: bytes) -> tuple[int, int]:
    """Read the bytes as every reader of the ledger does; return how many chains and leftovers there are."""

    async def reading() -> tuple[int, int]:
        with tempfile.TemporaryDirectory() as folder:
            ws = workspace(Path(folder))
            ws.ledger.file.parent.mkdir(parents=True)
            ws.ledger.file.write_bytes(data)
            left = await leftovers(ws)
            assert len(in_words(left).splitlines()) <= 1
            rows = [each.row for each in await unfinished_rows(ws)]
            assert len(rows) == len(left)
            await finished_rows(ws)
            for chain in await ws.ledger.chains():
                assert set(chain.created_ids()) <= {entry.text("id") for entry in chain.entries}
            return len(await ws.ledger.chains()), len(left)

    return asyncio.run(reading())


@settings(max_examples=80, deadline=None)
@given(st.lists(ENTRY | JSON, max_size=8))
def test_any_lines_are_read(lines: list[Any]) -> None:
    read_all(b"\n".join(json.dumps(line).encode() for line in lines))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    read_all(data)
    for line in data.split(b"\n"):
        read_entry(line)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_history_gives_a_band_or_none(data: bytes, cut: int) -> None:
    async def reading() -> None:
        with tempfile.TemporaryDirectory() as folder:
            ws = workspace(Path(folder))
            await ws.history.add(Duration.RUN, "f", 20, ws.now())
            file = ws.state_dir / "history.jsonl"
            whole = file.read_bytes()
            file.write_bytes(whole[:cut] + data)
            await ws.history.add(Duration.RUN, "f", 30, ws.now())
            usual = await ws.history.usual(Duration.RUN, "f")
            assert usual is not None
            assert usual.high_s == 30

    asyncio.run(reading())


def test_every_prefix_of_a_whole_export_is_recovered() -> None:
    """Cut anywhere: every object whose result is whole is known, and an intent that is whole is never lost."""
    moment = "2026-11-23T14:02:00+00:00"
    lines: list[dict[str, Any]] = [{"kind": "begun", "export": "churn", "marker": "m", "destination": "d"}]
    for step, noun in enumerate(("source connection", "base connection", "target connection", "dataflow")):
        facts = {"step": str(step), "noun": noun, "action": "create"}
        lines += [{"kind": "intent", "name": "n", **facts}, {"kind": "result", "id": f"id-{step}", **facts}]
    lines += [{"kind": "waiting", "flow_id": "id-3", "known": []}, {"kind": "fired", "flow_id": "id-3", "run_id": "r"}]
    lines.append({"kind": "ended", "outcome": "landed"})
    whole = b"".join(json.dumps({"v": 1, "at": moment, "chain": "a", **line}).encode() + b"\n" for line in lines)

    async def cut_everywhere() -> None:
        with tempfile.TemporaryDirectory() as folder:
            ws = workspace(Path(folder))
            ws.ledger.file.parent.mkdir(parents=True)
            for end in range(0, len(whole) + 1, 7):
                ws.ledger.file.write_bytes(whole[:end])
                complete = whole[:end].count(b"\n")
                chains = await ws.ledger.chains()
                if complete == 0:
                    continue
                (chain,) = chains
                results = [line for line in lines[:complete] if line["kind"] == "result"]
                assert len(results) <= len(chain.created_ids()) <= len(results) + 1
                left = await leftovers(ws)
                assert len(left) == (0 if chain.ended else 1)
                if left and lines[complete - 1]["kind"] == "intent":
                    assert left[0].words.startswith("while creating") or len(chain.created_ids()) > len(results)

    asyncio.run(cut_everywhere())
