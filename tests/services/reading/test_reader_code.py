"""Reader code: valid Python for every storage, form and format; no secret in it; odd paths stay inside their quotes."""

from __future__ import annotations

import ast
import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tarmac.services.reading.read_address import ReadRequest, address_of
from tarmac.services.reading.reader_code import ReaderStyle, complaint, reader_text
from tarmac.storage.access import (
    Access,
    AzureConnectionStringAccess,
    AzureSasAccess,
    AzureServicePrincipalAccess,
    GcsHmacAccess,
    S3Access,
    SftpAccess,
)
from tarmac.terms.errors import UsageError
from tarmac.terms.formats import FileFormat
from tarmac.terms.secrets import Secret

SECRET = Secret("s3cr3t-value")
ACCESSES: dict[str, Access] = {
    "landing zone": AzureSasAccess("https://acct.blob.core.windows.net", "acct", "dlz-destination", SECRET),
    "emulator": AzureSasAccess("http://127.0.0.1:4/devacct", "devacct", "dlz-destination", SECRET),
    "aws landing zone": S3Access("dlz", "AKIA", SECRET, session_token=SECRET, root="dlz-destination"),
    "s3": S3Access("acme-ml", "AKIA", SECRET, endpoint="http://127.0.0.1:9000", region="eu-west-1"),
    "blob": AzureConnectionStringAccess(
        Secret("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=s3cr3t-value"), "ml"
    ),
    "gen2": AzureServicePrincipalAccess("https://acme.dfs.core.windows.net/ml/sub", "t", "i", SECRET),
    "google": GcsHmacAccess("acme-ml", "GOOG1", SECRET),
    "sftp": SftpAccess("sftp.acme.com", "aep", port=2222, password=SECRET),
    "sftp by key": SftpAccess("sftp.acme.com", "aep", private_key=SECRET, root="/"),
}
PYTHON = [style for style in ReaderStyle if style not in {ReaderStyle.PATHS, ReaderStyle.JSON}]


def request_for(name: str, *folders: str, file_format: FileFormat = FileFormat.PARQUET) -> ReadRequest:
    return ReadRequest(
        "churn", address_of(ACCESSES[name]), folders or ("ml/churn/d1/exportTime=20261123010000",), file_format
    )


READABLE = [
    (name, style, file_format)
    for name, style, file_format in itertools.product(ACCESSES, PYTHON, FileFormat)
    if not complaint(style, address_of(ACCESSES[name]))
]


def test_only_what_a_library_cannot_reach_is_left_out_and_the_reason_is_said() -> None:
    left_out = {
        (name, style) for name in ACCESSES for style in ReaderStyle if complaint(style, address_of(ACCESSES[name]))
    }
    assert left_out == {("emulator", ReaderStyle.SPARK)}
    with pytest.raises(UsageError, match="Spark cannot read this storage"):
        reader_text(ReaderStyle.SPARK, request_for("emulator"))


@pytest.mark.parametrize("style", PYTHON)
def test_a_delta_is_called_one_beside_its_folder(style: ReaderStyle) -> None:
    request = replace(request_for("s3", "a/one", "a/two"), roles=("full", "delta"))
    lines = reader_text(style, request).splitlines()
    assert next(line for line in lines if "a/one" in line).endswith("# full")
    assert next(line for line in lines if "a/two" in line).endswith("# delta")


@pytest.mark.parametrize(("name", "style", "file_format"), READABLE)
def test_it_is_python_and_holds_no_secret(name: str, style: ReaderStyle, file_format: FileFormat) -> None:
    request = request_for(name, file_format=file_format)
    code = reader_text(style, request)
    tree = ast.parse(code)
    read = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert set(request.address.variables) <= {*read, *code.replace("'", " ").split()}
    assert SECRET.reveal() not in code
    assert "exportTime=20261123010000" in code


@given(
    st.text(min_size=1, max_size=40), st.text(max_size=40), st.sampled_from(PYTHON), st.sampled_from(sorted(ACCESSES))
)
def test_no_path_and_no_title_breaks_out_of_the_code(folder: str, title: str, style: ReaderStyle, name: str) -> None:
    request = ReadRequest(title, address_of(ACCESSES[name]), (folder,))
    assume(not complaint(style, request.address))
    tree = ast.parse(reader_text(style, request))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert imported <= {"os", "polars", "pandas", "pyarrow", "duckdb", "adlfs", "tempfile", "gzip"}


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("landing zone", "abfss://dlz-destination@acct.dfs.core.windows.net/a/b"),
        ("emulator", "http://127.0.0.1:4/devacct/dlz-destination/a/b"),
        ("aws landing zone", "s3://dlz/dlz-destination/a/b"),
        ("s3", "s3://acme-ml/a/b"),
        ("blob", "abfss://ml@acct.dfs.core.windows.net/a/b"),
        ("gen2", "abfss://ml@acme.dfs.core.windows.net/sub/a/b"),
        ("google", "gs://acme-ml/a/b"),
        ("sftp", "sftp://aep@sftp.acme.com:2222/a/b"),
        ("sftp by key", "sftp://aep@sftp.acme.com/a/b"),
    ],
)
def test_paths_are_whole_addresses(name: str, url: str) -> None:
    assert reader_text(ReaderStyle.PATHS, request_for(name, "a/b")) == url + "\n"


def test_a_path_is_one_line_whatever_is_in_it() -> None:
    text = reader_text(ReaderStyle.PATHS, request_for("s3", "a\nb\x1b[31m", "c"))
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text


def test_json_names_folders_files_and_the_variables_for_the_credentials() -> None:
    request = ReadRequest("churn", address_of(ACCESSES["landing zone"]), ("a",), files=("a/p.parquet",), rows=7)
    document = json.loads(reader_text(ReaderStyle.JSON, request))
    assert document["folders"] == ["abfss://dlz-destination@acct.dfs.core.windows.net/a"]
    assert document["files"] == ["abfss://dlz-destination@acct.dfs.core.windows.net/a/p.parquet"]
    assert document["rows"] == 7
    assert document["credentials_from"] == ["AZURE_STORAGE_SAS_TOKEN"]
