"""The way of reading code into a storage: the lines that make `fs`, and how files are found and opened through it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from tarmac.services.reading.read_address import Protocol, ReadAddress, Signing, environ


@dataclass(frozen=True)
class WayIn:
    """`lines` make `fs`; `found` are the paths below `folder`, `opened` is the unpacked `file`, both as Python expressions."""

    lines: tuple[str, ...]
    package: str
    found: str
    opened: str


def way_in(address: ReadAddress) -> WayIn:
    """Return the way into the storage: PyArrow's own for S3 and Google, fsspec's adlfs for Azure and sshfs for SFTP."""
    match address.protocol:
        case Protocol.AZURE:
            made = f"fs = adlfs.AzureBlobFileSystem({_adlfs(address)})"
            return WayIn(
                ("import os", "", "import adlfs", "", made),
                "adlfs",
                "fs.find(folder)",
                "fs.open(file, compression='gzip')",
            )
        case Protocol.SFTP:
            made = f"fs = SSHFileSystem({_sshfs(address)})"
            # Its files cannot be unpacked by fsspec: they lack `readinto`.
            return WayIn(
                ("import gzip", "import os", "", "from sshfs import SSHFileSystem", "", made),
                "sshfs",
                "fs.find(folder)",
                "gzip.open(fs.open(file))",
            )
        case _:
            imported = "FileSelector, S3FileSystem"
            if address.endpoint is None and address.region is None:
                imported += ", resolve_s3_region"
            return WayIn(
                ("import os", "", f"from pyarrow.fs import {imported}", "", f"fs = S3FileSystem({_s3(address)})"),
                "pyarrow",
                "info.path for info in fs.get_file_info(FileSelector(folder))",
                "fs.open_input_stream(file)",
            )


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


def _sshfs(address: ReadAddress) -> str:
    value = environ(address.variables[0])
    secret = f"password={value}" if address.signing is Signing.PASSWORD else f"client_keys=[{value}]"
    return f"{address.container!r}, port={address.port}, username={address.user!r}, {secret}"


def _s3(address: ReadAddress) -> str:
    key, secret, *session = address.variables
    parts = [f"access_key={environ(key)}", f"secret_key={environ(secret)}"]
    if session:
        parts.append(f"session_token={environ(session[0])}")
    if address.endpoint is not None:
        place = urlsplit(address.endpoint)
        parts.append(f"endpoint_override={place.netloc + place.path.rstrip('/')!r}")
        if place.scheme == "http":
            parts.append("scheme='http'")
    if address.region is not None:
        parts.append(f"region={address.region!r}")
    elif address.protocol is Protocol.GCS:
        parts.append("region='auto'")
    elif address.endpoint is None:
        parts.append(f"region=resolve_s3_region({address.container!r})")
    return ", ".join(parts)
