"""From a destination to how we read it: the reader's own settings first, the platform's credentials else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tarmac.platform.models import AwsLandingZone, AzureLandingZone
from tarmac.profiles.models import Destination, SecretRef, SecretSource
from tarmac.services.storages.stores import landing_zone_access, storage_access
from tarmac.storage.access import (
    Access,
    AzureConnectionStringAccess,
    AzureSasAccess,
    AzureServicePrincipalAccess,
    GcsHmacAccess,
    S3Access,
    SftpAccess,
)
from tarmac.terms.destinations import DestinationKind as Kind
from tarmac.terms.errors import UsageError
from tarmac.terms.secrets import Secret

S = Secret
GEN2 = {"url": S("https://acme.dfs.core.windows.net/ml"), "tenant": S("t"), "service_principal_id": S("i")}
GEN2_ALL = {**GEN2, "service_principal_key": S("k")}


def destination(kind: Kind, **location: str) -> Destination:
    return Destination("there", kind, location)


@pytest.mark.parametrize(
    ("kind", "given", "own", "access"),
    [
        (Kind.AMAZON_S3, {"access_key": S("A"), "secret_key": S("B")}, {}, S3Access("bu", "A", S("B"))),
        (
            Kind.AMAZON_S3,
            {"access_key": S("A"), "secret_key": S("B")},
            {"endpoint": S("http://127.0.0.1:9"), "region": S("eu"), "access_key": S("C"), "secret_key": S("D")},
            S3Access("bu", "C", S("D"), endpoint="http://127.0.0.1:9", region="eu"),
        ),
        (
            Kind.AZURE_BLOB,
            {"connection_string": S("X")},
            {"endpoint": S("http://127.0.0.1:9/a")},
            AzureConnectionStringAccess(S("X"), "co", "http://127.0.0.1:9/a"),
        ),
        (
            Kind.AZURE_BLOB,
            {"connection_string": S("X")},
            {"account": S("acct"), "sas_token": S("sv=1")},
            AzureSasAccess("https://acct.blob.core.windows.net", "acct", "co", S("sv=1")),
        ),
        (
            Kind.AZURE_DATA_LAKE,
            GEN2_ALL,
            {},
            AzureServicePrincipalAccess("https://acme.dfs.core.windows.net/ml", "t", "i", S("k")),
        ),
        (
            Kind.AZURE_DATA_LAKE,
            GEN2_ALL,
            {"authority_host": S("https://login.microsoftonline.us")},
            AzureServicePrincipalAccess(
                "https://acme.dfs.core.windows.net/ml", "t", "i", S("k"), "https://login.microsoftonline.us"
            ),
        ),
        (
            Kind.AZURE_DATA_LAKE,
            GEN2_ALL,
            {"sas_token": S("sv=1")},
            AzureSasAccess("https://acme.blob.core.windows.net", "acme", "ml", S("sv=1")),
        ),
        (
            Kind.GOOGLE_CLOUD_STORAGE,
            {"access_key_id": S("A"), "secret_access_key": S("B")},
            {},
            GcsHmacAccess("bu", "A", S("B")),
        ),
        (
            Kind.SFTP,
            {"domain": S("h"), "username": S("u"), "password": S("p"), "port": S("2222")},
            {},
            SftpAccess("h", "u", port=2222, password=S("p")),
        ),
        (
            Kind.SFTP,
            {"domain": S("h"), "username": S("u"), "password": S("p")},
            {
                "host": S("r"),
                "username": S("v"),
                "ssh_key": S("K"),
                "known_hosts": S("~nosuchuser/k"),
                "port": S("23"),
                "root": S("/d"),
            },
            SftpAccess("r", "v", port=23, private_key=S("K"), known_hosts=Path("~nosuchuser/k"), root="/d"),
        ),
    ],
)
def test_each_kind_is_read_with_what_the_profile_says(
    kind: Kind, given: dict[str, Secret], own: dict[str, Secret], access: Access
) -> None:
    assert storage_access(destination(kind, bucket="bu", container="co"), given, own) == access


def test_an_sftp_path_from_the_servers_root_is_read_from_there() -> None:
    given = {"domain": S("h"), "username": S("u"), "password": S("p")}
    access = storage_access(destination(Kind.SFTP), given, {}, rooted=True)
    assert isinstance(access, SftpAccess)
    assert access.root == "/"


def test_a_role_cannot_be_used_for_reading_and_the_way_out_is_said() -> None:
    role = {"role": SecretRef(SecretSource.LITERAL, "arn:aws:iam::123456789012:role/x")}
    where = Destination("lake", Kind.AMAZON_S3, {"bucket": "bu"}, role)
    with pytest.raises(UsageError, match="lake cannot be read: access_key is missing") as caught:
        storage_access(where, {"role": S("arn")}, {})
    assert "role" in caught.value.meaning
    assert "reader" in caught.value.next_step


def test_a_key_without_its_account_is_named() -> None:
    with pytest.raises(UsageError, match="no account"):
        storage_access(destination(Kind.AZURE_BLOB, container="co"), {}, {"account_key": S("k")})


def test_a_key_with_a_passphrase_is_refused_rather_than_tried() -> None:
    given = {"domain": S("h"), "username": S("u"), "password": S("p")}
    with pytest.raises(UsageError, match="passphrase"):
        storage_access(destination(Kind.SFTP), given, {"ssh_key_passphrase": S("x")})


@pytest.mark.parametrize("port", ["ssh", "-1", "0", "65536", "22.0", "²²"])
@pytest.mark.parametrize("is_readers", [True, False])
def test_a_port_that_is_none_is_named(port: str, is_readers: bool) -> None:
    given = {"domain": S("h"), "username": S("u"), "password": S("p")}
    with pytest.raises(UsageError, match="there cannot be read: Port must be"):
        storage_access(
            destination(Kind.SFTP),
            given | ({} if is_readers else {"port": S(port)}),
            {"port": S(port)} if is_readers else {},
        )


def test_a_folder_in_the_data_lake_url_is_never_lost() -> None:
    given = {**GEN2_ALL, "url": S("https://acme.dfs.core.windows.net/ml/deep")}
    with pytest.raises(UsageError, match="deep"):
        storage_access(destination(Kind.AZURE_DATA_LAKE), given, {"account_key": S("k")})


def test_the_landing_zone_is_reached_where_its_uri_says() -> None:
    zone = AzureLandingZone("dlz-destination", "acct", "http://127.0.0.1:4/acct/dlz-destination", S("sv=1"))
    access = landing_zone_access(zone, destination(Kind.DATA_LANDING_ZONE))
    assert access == AzureSasAccess("http://127.0.0.1:4/acct", "acct", "dlz-destination", S("sv=1"))


def test_the_aws_landing_zone_is_read_below_its_folder() -> None:
    zone = AwsLandingZone("bu", "dlz-destination", "A", S("B"), S("T"))
    access = landing_zone_access(zone, destination(Kind.DATA_LANDING_ZONE))
    assert access == S3Access("bu", "A", S("B"), session_token=S("T"), root="dlz-destination")
