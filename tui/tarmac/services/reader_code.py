"""Code that reads a read set elsewhere: addresses and paths are in it, credentials come from environment variables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum

from tarmac.services.read_address import Protocol, ReadAddress, ReadRequest, Signing, environ, listing
from tarmac.services.reader_native import polars_lines, spark_lines
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
    """Return the text of one form, with a line end. Python for all but `paths` (one URL a line) and `json`."""
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
            filesystem, package = _filesystem(request.address)
            return _python(request, f"{_PACKAGES[style]} {package}", [*filesystem, *_through_files(style, request)])


def request_as_json(request: ReadRequest) -> dict[str, object]:
    """Return the read set as a document: folders and files as URLs, and which variables hold the credentials."""
    return {
        "format": request.format.value,
        "rows": request.rows,
        "folders": [request.address.url(folder) for folder in request.folders],
        "files": [request.address.url(file) for file in request.files],
        "endpoint": request.address.endpoint,
        "credentials_from": list(request.address.variables),
    }


_PACKAGES = {
    ReaderStyle.PANDAS: "pandas pyarrow",
    ReaderStyle.POLARS: "polars",
    ReaderStyle.PYARROW: "pyarrow",
    ReaderStyle.DUCKDB: "duckdb",
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


def _filesystem(address: ReadAddress) -> tuple[list[str], str]:
    """Return the lines that make `fs`, an fsspec file system, and the package it is in."""
    match address.protocol:
        case Protocol.AZURE:
            return ["import os", "import adlfs", f"fs = adlfs.AzureBlobFileSystem({_adlfs(address)})"], "adlfs"
        case Protocol.SFTP:
            secret = "password" if address.signing is Signing.PASSWORD else "client_keys"
            value = environ(address.variables[0])
            given = value if address.signing is Signing.PASSWORD else f"[{value}]"
            made = f"SSHFileSystem({address.container!r}, port={address.port}, username={address.user!r}, {secret}={given})"
            return ["import os", "from sshfs import SSHFileSystem", f"fs = {made}"], "sshfs"
        case _:
            return ["import os", "import s3fs", f"fs = s3fs.S3FileSystem({_s3fs(address)})"], "s3fs"


def _adlfs(address: ReadAddress) -> str:
    account = f"account_name={address.account!r}"
    match address.signing:
        case Signing.SERVICE_PRINCIPAL:
            names = zip(("tenant_id", "client_id", "client_secret"), address.variables, strict=True)
            return ", ".join((account, *(f"{key}={environ(name)}" for key, name in names)))
        case Signing.SAS if address.endpoint is None:
            return f"{account}, sas_token={environ(address.variables[0])}"
        case _ if address.endpoint is None:
            return f"{account}, account_key={environ(address.variables[0])}"
        case _:
            # An address of its own is taken from a connection string only.
            key = "SharedAccessSignature" if address.signing is Signing.SAS else "AccountKey"
            start = f"BlobEndpoint={address.endpoint};AccountName={address.account};{key}="
            return f"connection_string={start!r} + {environ(address.variables[0])}"


def _s3fs(address: ReadAddress) -> str:
    key, secret, *session = address.variables
    parts = [f"key={environ(key)}", f"secret={environ(secret)}"]
    if session:
        parts.append(f"token={environ(session[0])}")
    if address.endpoint is not None:
        parts.append(f"endpoint_url={address.endpoint!r}")
    if address.region is not None:
        parts.append(f"client_kwargs={{'region_name': {address.region!r}}}")
    return ", ".join(parts)


_READ: dict[tuple[ReaderStyle, FileFormat], tuple[str, ...]] = {
    (ReaderStyle.PANDAS, FileFormat.PARQUET): (
        "import pandas as pd",
        "frame = pd.concat([pd.read_parquet(file, filesystem=fs) for file in FILES], ignore_index=True)",
    ),
    (ReaderStyle.PANDAS, FileFormat.JSON): (
        "import pandas as pd",
        "frame = pd.concat([pd.read_json(fs.open(file, compression='gzip'), lines=True) for file in FILES], ignore_index=True)",
    ),
    (ReaderStyle.POLARS, FileFormat.PARQUET): (
        "import polars as pl",
        "frame = pl.concat([pl.read_parquet(fs.open(file)) for file in FILES])",
    ),
    (ReaderStyle.POLARS, FileFormat.JSON): (
        "import polars as pl",
        "frame = pl.concat([pl.read_ndjson(fs.open(file, compression='gzip').read()) for file in FILES])",
    ),
    (ReaderStyle.PYARROW, FileFormat.PARQUET): (
        "import pyarrow.dataset as ds",
        "frame = ds.dataset(FILES, filesystem=fs, format='parquet').to_table()",
    ),
    (ReaderStyle.PYARROW, FileFormat.JSON): (
        "import pyarrow as pa",
        "from pyarrow import json as pj",
        "frame = pa.concat_tables([pj.read_json(fs.open(file, compression='gzip')) for file in FILES])",
    ),
}


def _through_files(style: ReaderStyle, request: ReadRequest) -> list[str]:
    """Read file by file through `fs`; its names are the container's name and the path."""
    address = request.address
    in_container = address.protocol is not Protocol.SFTP
    folders = [
        f"{address.container}/{address.below_root(folder)}" if in_container else address.below_root(folder)
        for folder in request.folders
    ]
    files = [
        *listing("FOLDERS", folders),
        f"FILES = [file for folder in FOLDERS for file in sorted(fs.find(folder)) if file.endswith({request.ending!r})]",
    ]
    if style is ReaderStyle.DUCKDB:
        return ["import duckdb", *files, *_duckdb(address, request.format), "print(frame.shape)"]
    if style is ReaderStyle.SPARK:
        return [*files, *_spark_copy(request.format), "print(frame.count())"]
    *imports, read = _READ[style, request.format]
    return [*imports, *files, read, "print(frame.shape)"]


def _duckdb(address: ReadAddress, file_format: FileFormat) -> list[str]:
    scheme = {Protocol.AZURE: "abfs", Protocol.SFTP: "ssh"}.get(address.protocol, "s3")
    read = "read_parquet(URLS)" if file_format is FileFormat.PARQUET else "read_json(URLS, format='newline_delimited')"
    return [
        f"URLS = [{scheme + '://'!r} + fs._strip_protocol(file) for file in FILES]",
        "connection = duckdb.connect()",
        "connection.register_filesystem(fs)",
        f"frame = connection.{read}",
    ]


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
