"""The sample datasets, made once, and real servers to export to."""

from __future__ import annotations

import asyncio

import pytest

from tarmac.emulator.contracts import EmulatedDataset
from tarmac.emulator.samples import load_datasets


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, EmulatedDataset]:
    """The sample datasets by name."""
    cache = tmp_path_factory.mktemp("samples")
    return {dataset.name: dataset for dataset in asyncio.run(load_datasets((), cache))}
