"""A stored target connection read back: its place, which destinations of a profile are the same place, its format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from tarmac.platform.models import TargetConnection
from tarmac.profiles.models import Destination
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.formats import Compression, FileFormat

Word = TypeVar("Word", FileFormat, Compression)


def place_of(kind: DestinationKind, target: TargetConnection) -> dict[str, str]:
    """Return the fields that say in which storage a target connection writes, without the folder."""
    return {field.key: str(target.params.get(field.wire) or "") for field in kind.spec.location if field.key != "path"}


def folder_of(kind: DestinationKind, target: TargetConnection) -> str:
    """Return the folder of a target connection."""
    return str(target.params.get(kind.spec.path_field.wire) or "")


def same_place(
    destinations: Iterable[Destination], kind: DestinationKind, place: Mapping[str, str]
) -> tuple[Destination, ...]:
    """Return those of a kind that are in this storage, whatever their folder."""
    return tuple(
        each
        for each in destinations
        if each.kind is kind and all(each.location.get(key, "") == value for key, value in place.items())
    )


def format_of(target: TargetConnection) -> FileFormat:
    """Return the file type of a target connection; Parquet where it says none that is known."""
    return _word(FileFormat, target, "datasetFileType", FileFormat.PARQUET)


def compression_of(target: TargetConnection) -> Compression:
    """Return the compression of a target connection; gzip where it says none that is known."""
    return _word(Compression, target, "compression", Compression.GZIP)


def _word(kind: type[Word], target: TargetConnection, key: str, default: Word) -> Word:
    try:
        return kind(str(target.params.get(key, "")).lower())
    except ValueError:
        return default
