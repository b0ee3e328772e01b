"""Code that reads a read set elsewhere: addresses and paths are in it, credentials come from environment variables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum

from tarmac.services.reading.read_address import Protocol, ReadAddress, ReadRequest, listing
from tarmac.services.reading.reader_native import polars_lines, spark_lines
from tarmac.services.reading.reader_ways import WayIn, way_in
from tarmac.terms.errors import UsageError
from tarmac.terms.formats import FileFormat
from tarmac.terms.text import plain


class ReaderStyle(StrEnum):
    """The forms that `tarmac read --as` and the Landed screen give."""

    PATHS = "paths"
    JSON = "json"
    PANDAS = "pandas"
    POLARS = "polars"
    PYARROW = "pyarrow"
    DUCKDB = "duckdb"
    SPARK = "spark"


def reader_text(style: ReaderStyle, request: ReadRequest) -> str:
    """Return the text of one form, with a line end. Python for all but `paths` (one URL a line) and `json`.

    Raises UsageError (`no-reader`) where the library cannot read this storage.
    """
    if reason := complaint(style, request.address):
        raise UsageError(reason, code="no-reader", next_step="Give --as pandas, polars, pyarrow or duckdb.")
    match style:
        case ReaderStyle.PATHS:
            return "".join(f"{request.address.url(folder)}\n" for folder in request.folders)
        case ReaderStyle.JSON:
            return json.dumps(request_as_json(request), indent=2) + "\n"
        case ReaderStyle.POLARS if request.address.protocol is not Protocol.SFTP:
            return _python(request, "polars", polars_lines(request))
        case ReaderStyle.SPARK if request.address.protocol is not Protocol.SFTP:
            return _python(request, "pyspark", spark_lines(request))
        case _:
            way = way_in(request.address)
            packages = " ".join(dict.fromkeys(f"{_PACKAGES[style]} {way.package}".split()))
            return _python(request, packages, [*way.lines, *_through_files(style, request, way)])


def complaint(style: ReaderStyle, address: ReadAddress) -> str:
    """Say why this library cannot read this storage; empty where it can."""
    if style is ReaderStyle.SPARK and address.protocol is Protocol.AZURE and address.endpoint is not None:
        return (
            f"Spark cannot read this storage: its Azure connector reaches ACCOUNT.dfs.core.windows.net only, and this one "
            f"is at {plain(address.endpoint, 200)}"
        )
    return ""


def request_as_json(request: ReadRequest) -> dict[str, object]:
    """Return the read set as a document: folders and files as URLs, and which variables hold the credentials."""
    return {
        "format": request.format.value,
        "rows": request.rows,
        "folders": [request.address.url(folder) for folder in request.folders],
        "roles": list(request.roles),
        "files": [request.address.url(file) for file in request.files],
        "endpoint": request.address.endpoint,
        "credentials_from": list(request.address.variables),
    }


_PACKAGES = {
    ReaderStyle.PANDAS: "pandas pyarrow",
    ReaderStyle.POLARS: "polars",
    ReaderStyle.PYARROW: "pyarrow",
    ReaderStyle.DUCKDB: "duckdb pyarrow",
    ReaderStyle.SPARK: "pyspark",
}


_STANDARD = {"import os", "import tempfile"}


def _python(request: ReadRequest, packages: str, body: Sequence[str]) -> str:
    """Put the pieces together: what is needed, the imports in their usual order, the rest."""
    rows = "" if request.rows is None else f": {request.rows:,} rows"
    imports = sorted(line for line in body if line.startswith(("import ", "from ")))
    lines = [
        f"# {plain(request.title, 100)}{rows}",
        f"# needs: pip install {packages}",
        f"# credentials: set {', '.join(request.address.variables)}",
        *(line for line in imports if line in _STANDARD),
        "",
        *(line for line in imports if line not in _STANDARD),
        "",
        *(line for line in body if line and line not in imports),
    ]
    return "\n".join(lines) + "\n"


_READ = {
    (ReaderStyle.PANDAS, FileFormat.PARQUET): (
        "import pandas as pd",
        "frame = pd.concat([pd.read_parquet(file, filesystem=fs) for file in FILES], ignore_index=True)",
    ),
    (ReaderStyle.PANDAS, FileFormat.JSON): (
        "import pandas as pd",
        "frame = pd.concat([pd.read_json({opened}, lines=True) for file in FILES], ignore_index=True)",
    ),
    (ReaderStyle.POLARS, FileFormat.PARQUET): (
        "import polars as pl",
        "frame = pl.concat([pl.read_parquet(fs.open(file)) for file in FILES])",
    ),
    (ReaderStyle.POLARS, FileFormat.JSON): (
        "import polars as pl",
        "frame = pl.concat([pl.read_ndjson({opened}.read()) for file in FILES], how='diagonal_relaxed')",
    ),
    (ReaderStyle.PYARROW, FileFormat.PARQUET): (
        "import pyarrow.dataset as ds",
        "frame = ds.dataset(FILES, filesystem=fs, format='parquet').to_table()",
    ),
    (ReaderStyle.PYARROW, FileFormat.JSON): (
        "import pyarrow as pa\nimport pyarrow.json",
        "frame = pa.concat_tables([pa.json.read_json({opened}) for file in FILES], promote_options='permissive')",
    ),
    # DuckDB reads what PyArrow finds: its own clients for Azure and S3 are extensions that it would have to download.
    (ReaderStyle.DUCKDB, FileFormat.PARQUET): (
        "import duckdb\nimport pyarrow.dataset as ds",
        "frame = duckdb.from_arrow(ds.dataset(FILES, filesystem=fs, format='parquet'))",
    ),
    (ReaderStyle.DUCKDB, FileFormat.JSON): (
        "import duckdb\nimport pyarrow as pa\nimport pyarrow.json",
        "table = pa.concat_tables([pa.json.read_json({opened}) for file in FILES], promote_options='permissive')\n"
        "frame = duckdb.from_arrow(table)",
    ),
}


def _through_files(style: ReaderStyle, request: ReadRequest, way: WayIn) -> list[str]:
    """Read file by file through `fs`; its names are the container's name and the path."""
    address = request.address
    in_container = address.protocol is not Protocol.SFTP
    folders = [
        f"{address.container}/{address.below_root(folder)}" if in_container else address.below_root(folder)
        for folder in request.folders
    ]
    files = [
        *listing("FOLDERS", folders, request.notes),
        f"FILES = [file for folder in FOLDERS for file in sorted({way.found}) if file.endswith({request.ending!r})]",
    ]
    if style is ReaderStyle.SPARK:
        return [*files, *_spark_copy(request.format), "print(frame.count())"]
    imports, read = _READ[style, request.format]
    return [imports, "", *files, read.format(opened=way.opened), "print(frame.shape)"]


def _spark_copy(file_format: FileFormat) -> list[str]:
    """Spark has no reader for SFTP: the files are brought here first."""
    read = "parquet" if file_format is FileFormat.PARQUET else "json"
    return [
        "import tempfile",
        "from pyspark.sql import SparkSession",
        "LOCAL = tempfile.mkdtemp()",
        "for number, file in enumerate(FILES):",
        "    fs.get(file, f\"{LOCAL}/{number:06d}-{file.rsplit('/', 1)[-1]}\")",
        "spark = SparkSession.builder.getOrCreate()",
        f"frame = spark.read.{read}(LOCAL)",
    ]
