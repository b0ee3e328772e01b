"""The datasets of one emulator over its restarts: what was given once is opened again where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from tarmac.emulator.contracts import EmulatedDataset
from tarmac.emulator.options import EmulatorOptions
from tarmac.emulator.samples import load_datasets
from tarmac.emulator.state import State
from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain

_SETTING = "datasets"


async def reopened_datasets(options: EmulatorOptions, state: State, files_dir: Path) -> tuple[EmulatedDataset, ...]:
    """Return the datasets that are given now and those that the state remembers, and remember them all.

    What is given now takes the place of what had its name. The samples are there where none was given at the first start.
    Raises UsageError as `load_datasets` does, and for a remembered path that is gone.
    """
    kept = state.setting(_SETTING) or {}
    now = {name for name, _ in options.datasets}
    before = [(name, Path(path)) for name, path in kept.get("given", {}).items() if name not in now]
    await asyncio.to_thread(_refuse_gone, before)
    given = (*before, *options.datasets)
    cache = options.cache_dir or platformdirs.user_cache_path("tarmac")
    has_samples = bool(kept.get("samples")) or not given
    samples = await load_datasets((), cache, spare_dir=files_dir) if has_samples else ()
    read = await load_datasets(given, cache, spare_dir=files_dir) if given else ()
    paths = {name: str(path.expanduser().absolute()) for name, path in given}
    state.remember(_SETTING, {"given": paths, "samples": has_samples})
    return (*(sample for sample in samples if sample.name not in paths), *read)


def _refuse_gone(before: Sequence[tuple[str, Path]]) -> None:
    for name, path in before:
        if not path.exists():
            raise UsageError(
                f"Dataset {plain(name, 64)}: {path} is gone since the emulator was last started with this state.",
                code="emulator-state",
                meaning="Its dataflows are in the state, and would have nothing to export.",
                next_step=f"Put it back, or say where it is now with --dataset {plain(name, 64)}=PATH.",
            )
