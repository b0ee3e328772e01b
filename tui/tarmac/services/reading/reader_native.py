"""Reader code for the tools that bring their own clients for Azure and S3: polars and Spark."""

from __future__ import annotations

from tarmac.services.reading.read_address import (
    Protocol,
    ReadAddress,
    ReadRequest,
    Signing,
    environ,
    is_plain_http,
    listing,
)
from tarmac.terms.formats import FileFormat


def polars_lines(request: ReadRequest) -> list[str]:
    """Return the code for polars; it reads Azure and S3 by itself."""
    scheme = {Protocol.AZURE: "az", Protocol.S3: "s3", Protocol.GCS: "s3"}[request.address.protocol]
    address = request.address
    paths = [
        f"{scheme}://{address.container}/{_no_wildcards(address.below_root(folder))}/*{request.ending}"
        for folder in request.folders
    ]
    read = "pl.scan_parquet" if request.format is FileFormat.PARQUET else "pl.scan_ndjson"
    return [
        "import os",
        "import polars as pl",
        *listing("PATHS", paths, request.notes),
        "OPTIONS = {",
        *(f"    {key!r}: {value}," for key, value in _object_store_options(address)),
        "}",
        f"frame = {read}(PATHS, storage_options=OPTIONS).collect()",
        "print(frame.shape)",
    ]


def _object_store_options(address: ReadAddress) -> list[tuple[str, str]]:
    """The option names of the Rust object store, which polars passes on; values are Python expressions."""
    options = [
        (key, f"os.environ[{name!r}]") for key, name in zip(_option_keys(address), address.variables, strict=True)
    ]
    if address.protocol is Protocol.AZURE:
        options.insert(0, ("account_name", repr(address.account)))
    if address.endpoint is not None:
        key = "azure_storage_endpoint" if address.protocol is Protocol.AZURE else "aws_endpoint_url"
        options.append((key, repr(address.endpoint)))
    if is_plain_http(address):
        options.append(("allow_http", repr("true")))
    if address.protocol is Protocol.S3 and address.region is not None:
        options.append(("aws_region", repr(address.region)))
    if address.protocol is Protocol.GCS:
        options.append(("aws_region", repr("auto")))
    return options


def _option_keys(address: ReadAddress) -> tuple[str, ...]:
    match address.signing:
        case Signing.SAS:
            return ("azure_storage_sas_token",)
        case Signing.ACCOUNT_KEY:
            return ("azure_storage_account_key",)
        case Signing.SERVICE_PRINCIPAL:
            return ("azure_tenant_id", "azure_client_id", "azure_client_secret")
        case _:
            keys = ("aws_access_key_id", "aws_secret_access_key")
            return (*keys, "aws_session_token") if address.has_session else keys


def _no_wildcards(path: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def spark_lines(request: ReadRequest) -> list[str]:
    """Return the code for Spark with Hadoop's own connectors (`abfss`, `s3a`)."""
    address = request.address
    read = "spark.read.parquet(*PATHS)" if request.format is FileFormat.PARQUET else "spark.read.json(PATHS)"
    if address.protocol is Protocol.AZURE:
        host = f"{address.account}.dfs.core.windows.net"
        paths = [f"abfss://{address.container}@{host}/{address.below_root(folder)}" for folder in request.folders]
        settings = _spark_azure(address, host)
    else:
        paths = [f"s3a://{address.container}/{address.below_root(folder)}" for folder in request.folders]
        settings = _spark_s3(address)
    return [
        "import os",
        "from pyspark.sql import SparkSession",
        *listing("PATHS", paths, request.notes),
        "spark = SparkSession.builder.getOrCreate()",
        *(f"spark.conf.set({key!r}, {value})" for key, value in settings),
        f"frame = {read}",
        "print(frame.count())",
    ]


def _spark_azure(address: ReadAddress, host: str) -> list[tuple[str, str]]:
    if address.signing is Signing.SAS:
        return [
            (f"fs.azure.account.auth.type.{host}", repr("SAS")),
            (f"fs.azure.sas.fixed.token.{address.container}.{host}", environ("AZURE_STORAGE_SAS_TOKEN")),
        ]
    if address.signing is Signing.ACCOUNT_KEY:
        return [(f"fs.azure.account.key.{host}", environ("AZURE_STORAGE_ACCOUNT_KEY"))]
    provider = "org.apache.hadoop.fs.azurebfs.oauth2.ClientCredsTokenProvider"
    sign_in = "f\"https://login.microsoftonline.com/{os.environ['AZURE_TENANT_ID']}/oauth2/token\""
    return [
        (f"fs.azure.account.auth.type.{host}", repr("OAuth")),
        (f"fs.azure.account.oauth.provider.type.{host}", repr(provider)),
        (f"fs.azure.account.oauth2.client.id.{host}", environ("AZURE_CLIENT_ID")),
        (f"fs.azure.account.oauth2.client.secret.{host}", environ("AZURE_CLIENT_SECRET")),
        (f"fs.azure.account.oauth2.client.endpoint.{host}", sign_in),
    ]


def _spark_s3(address: ReadAddress) -> list[tuple[str, str]]:
    key, secret, *session = address.variables
    settings = [("fs.s3a.access.key", environ(key)), ("fs.s3a.secret.key", environ(secret))]
    if session:
        provider = "org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider"
        settings += [
            ("fs.s3a.session.token", environ(session[0])),
            ("fs.s3a.aws.credentials.provider", repr(provider)),
        ]
    if address.endpoint is not None:
        settings += [("fs.s3a.endpoint", repr(address.endpoint)), ("fs.s3a.path.style.access", repr("true"))]
    if address.region is not None:
        settings.append(("fs.s3a.endpoint.region", repr(address.region)))
    return settings
