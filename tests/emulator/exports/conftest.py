"""The sample datasets, made once, and real servers to export to."""

from __future__ import annotations

import asyncio

import pytest

from support.servers import azurite, s3_server, sshd
from tarmac.emulator.contracts import EmulatedDataset
from tarmac.emulator.samples import load_datasets

__all__ = ["azurite", "s3_server", "sshd"]


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, EmulatedDataset]:
    """The sample datasets by name."""
    cache = tmp_path_factory.mktemp("samples")
    return {dataset.name: dataset for dataset in asyncio.run(load_datasets((), cache))}
