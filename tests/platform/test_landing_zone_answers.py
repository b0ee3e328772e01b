"""Landing-zone credentials of both clouds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tarmac.platform import landing_zone_answers
from tarmac.platform.errors import BadAnswer
from tarmac.platform.models import AwsLandingZone, AzureLandingZone

AZURE = {
    "containerName": "dlz-destination",
    "SASToken": "sv=2020&si=dlz-1&sr=c&sp=racwdlm&sig=abc%3D",
    "storageAccountName": "acct",
    "SASUri": "http://127.0.0.1:10000/acct/dlz-destination?sv=2020&sig=abc%3D",
}


def test_azure_credentials() -> None:
    found = landing_zone_answers.credentials(AZURE)
    assert isinstance(found, AzureLandingZone)
    assert (found.container, found.account) == ("dlz-destination", "acct")
    assert found.uri == "http://127.0.0.1:10000/acct/dlz-destination"
    assert found.sas_token.reveal() == AZURE["SASToken"]
    assert found.expires_at is None


@pytest.mark.parametrize(
    ("change", "end"),
    [
        ({"expiryDate": "2027-02-01"}, datetime(2027, 2, 1, tzinfo=UTC)),
        (
            {"SASToken": "?sv=1&se=2026-11-30T00%3A00%3A00Z&sig=x", "expiryDate": "2027-02-01"},
            datetime(2026, 11, 30, tzinfo=UTC),
        ),
        ({"expiryDate": "soon"}, None),
    ],
)
def test_when_azure_credentials_end(change: dict[str, str], end: datetime | None) -> None:
    assert landing_zone_answers.credentials({**AZURE, **change}).expires_at == end


def test_azure_credentials_without_their_uri_or_parts() -> None:
    without_uri = {key: value for key, value in AZURE.items() if key != "SASUri"}
    found = landing_zone_answers.credentials(without_uri)
    assert isinstance(found, AzureLandingZone)
    assert found.uri == "https://acct.blob.core.windows.net/dlz-destination"
    only_uri = landing_zone_answers.credentials({"SASUri": "https://acct.blob.core.windows.net/box?sv=1&sig=x"})
    assert isinstance(only_uri, AzureLandingZone)
    assert (only_uri.account, only_uri.container, only_uri.sas_token.reveal()) == ("acct", "box", "sv=1&sig=x")


AWS = {
    "credentials": {"awsAccessKeyId": "AK", "awsSecretAccessKey": "top-secret-key", "awsSessionToken": "session-token"},
    "dlzPath": {"bucketName": "bucket", "dlzFolder": "dlz-destination"},
    "dlzProvider": "Amazon S3",
    "expiryTime": 1798000000,
}


def test_aws_credentials() -> None:
    found = landing_zone_answers.credentials(AWS)
    assert isinstance(found, AwsLandingZone)
    assert (found.bucket, found.folder, found.access_key_id) == ("bucket", "dlz-destination", "AK")
    assert (found.secret_access_key.reveal(), found.session_token.reveal()) == ("top-secret-key", "session-token")
    assert found.expires_at == datetime(2026, 12, 23, 4, 26, 40, tzinfo=UTC)
    assert "top-secret-key" not in repr(found)
    assert "session-token" not in repr(found)
    without = landing_zone_answers.credentials(
        {**AWS, "credentials": {"awsAccessKeyId": "AK", "awsSecretAccessKey": "top-secret-key"}}
    )
    assert isinstance(without, AwsLandingZone)
    assert not without.session_token


@pytest.mark.parametrize("provider", ["Amazon S3", "amazon s3", "", None])
def test_aws_keys_are_known_by_their_names_too(provider: str | None) -> None:
    assert isinstance(landing_zone_answers.credentials({**AWS, "dlzProvider": provider}), AwsLandingZone)
    with pytest.raises(BadAnswer):
        landing_zone_answers.credentials({**AWS, "dlzProvider": "Azure Blob"})


@pytest.mark.parametrize(
    "spoiled",
    [
        {"credentials": {}},
        {"dlzPath": {}},
        {"dlzProvider": "Google"},
        {"credentials": {"awsAccessKeyId": "AK", "awsSecretAccessKey": 5.5}},
    ],
)
def test_credentials_with_a_part_missing_are_a_bad_answer(spoiled: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        landing_zone_answers.credentials({**AWS, **spoiled})


def test_how_long_files_stay() -> None:
    azure = landing_zone_answers.container_info({"containerName": "c", "containerTTL": "7"})
    assert (azure.container, azure.ttl_days) == ("c", 7)
    aws = landing_zone_answers.container_info({"dlzPath": {"dlzFolder": "f"}, "dataTTL": {"timeQuantity": 7}})
    assert (aws.container, aws.ttl_days) == ("f", 7)
    assert landing_zone_answers.container_info({"containerName": "c"}).ttl_days is None
