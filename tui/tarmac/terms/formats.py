"""File formats of a dataset export and the pairs that the platform supports (platform-api §3.5, C1, C2)."""

from __future__ import annotations

from enum import StrEnum


class FileFormat(StrEnum):
    """`datasetFileType`; sent in upper case, read in any case."""

    PARQUET = "parquet"
    JSON = "json"

    @property
    def wire(self) -> str:
        """The value in `targetConnection.params.datasetFileType`."""
        return self.value.upper()


class Compression(StrEnum):
    """`compression`; sent in upper case, read in any case."""

    NONE = "none"
    GZIP = "gzip"

    @property
    def wire(self) -> str:
        """The value in `targetConnection.params.compression`."""
        return self.value.upper()


def is_supported(file_format: FileFormat, compression: Compression) -> bool:
    """Whether the platform supports the pair: JSON only with GZIP, Parquet with either."""
    return file_format is FileFormat.PARQUET or compression is Compression.GZIP


def file_extension(file_format: FileFormat, compression: Compression) -> str:
    """The ending of a landed part file (platform-api §7)."""
    if file_format is FileFormat.JSON:
        return ".json.gz" if compression is Compression.GZIP else ".json"
    return ".gz.parquet" if compression is Compression.GZIP else ".parquet"
