"""The data lake: the exportable datasets, a system dataset that is not, and made-up entries for long lists."""

from __future__ import annotations

from collections.abc import Iterable

from tarmac.emulator.contracts import Column, EmulatedDataset
from tarmac.emulator.ids import stable_hex

_SNAPSHOT_PREFIX = "Profile-Snapshot-Export"
_WORDS = ("churn", "orders", "sessions", "clicks", "loyalty", "returns", "offers", "stores", "payments", "support")
_STAGES = ("raw", "clean", "features", "labels", "training_set", "holdout", "daily", "scored")
_SYNTHETIC_COLUMNS = (Column("id", "int64"), Column("value", "double"), Column("label", "int32"))


def is_exportable(dataset: EmulatedDataset) -> bool:
    """Whether the platform offers the dataset for export; the system's profile snapshot needs another licence (§2.4)."""
    return not dataset.name.startswith(_SNAPSHOT_PREFIX)


def build_lake(real: Iterable[EmulatedDataset], synthetic: int) -> dict[str, EmulatedDataset]:
    """Return all datasets of the lake by id, real ones first; synthetic ones are catalogue entries without files."""
    lake = {dataset.id: dataset for dataset in real}
    for dataset in (_snapshot(), *(_synthetic(number) for number in range(synthetic))):
        lake[dataset.id] = dataset
    return lake


def _snapshot() -> EmulatedDataset:
    name = f"{_SNAPSHOT_PREFIX}-{stable_hex('merge policy', 8)}"
    return EmulatedDataset(
        id=stable_hex(f"dataset {name}"),
        name=name,
        description="System dataset: the merged profiles",
        files=(),
        rows=0,
        size_bytes=0,
        columns=(Column("identityMap", "string"), Column("segmentMembership", "string")),
    )


def _synthetic(number: int) -> EmulatedDataset:
    name = f"{_WORDS[number % len(_WORDS)]}_{_STAGES[number // len(_WORDS) % len(_STAGES)]}_{number:05d}"
    rows = 1_000 + number * 7_919 % 5_000_000
    return EmulatedDataset(
        id=stable_hex(f"dataset {name}"),
        name=name,
        description=f"Made-up entry {number} without data",
        files=(),
        rows=rows,
        size_bytes=rows * 17,
        columns=_SYNTHETIC_COLUMNS,
    )
