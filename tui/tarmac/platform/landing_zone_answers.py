"""Landing-zone credentials of both clouds and the container's own facts (platform-api §6)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from tarmac.platform.models import AwsLandingZone, AzureLandingZone, LandingZoneCredentials, LandingZoneInfo, Raw
from tarmac.platform.reading import (
    at,
    count,
    first_text,
    iso_moment,
    moment_any_unit,
    obj,
    require_object,
    require_text,
    text,
    unreadable,
)
from tarmac.terms.secrets import Secret

_AWS = "Amazon S3"
_SAS_END = re.compile(r"(?:^|[?&])se=([^&]+)")


def credentials(value: Any) -> LandingZoneCredentials:
    """Read credentials: `dlzProvider` "Amazon S3" means AWS, without it Azure. Raises BadAnswer if a part is missing.

    Keys of AWS are taken for what they are where the provider is not named.
    """
    raw = require_object(value, "landing-zone credentials")
    provider = (text(raw.get("dlzProvider")) or "").strip()
    if provider.lower() == _AWS.lower() or (not provider and "awsAccessKeyId" in obj(raw.get("credentials"))):
        return _aws(raw)
    if not provider or "azure" in provider.lower():
        return _azure(raw)
    raise unreadable("landing-zone credentials of Azure or Amazon S3", provider)


def container_info(value: Any) -> LandingZoneInfo:
    """Read the container's name and how many days its files stay; the number comes as text on Azure."""
    raw = require_object(value, "the landing-zone container")
    name = first_text(raw.get("containerName"), at(raw, "dlzPath", "dlzFolder"), at(raw, "dlzPath", "containerName"))
    ttl = count(raw.get("containerTTL"))
    if ttl is None:
        ttl = count(at(raw, "dataTTL", "timeQuantity"))
    return LandingZoneInfo(require_text(name, "the landing-zone container's name"), ttl)


def _azure(raw: Raw) -> AzureLandingZone:
    full = text(raw.get("SASUri")) or ""
    uri, _mark, query = full.partition("?")
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError as error:
        raise unreadable("the landing zone's SASUri", None) from error
    token = (text(raw.get("SASToken")) or query).removeprefix("?")
    account = text(raw.get("storageAccountName")) or host.partition(".")[0]
    container = text(raw.get("containerName")) or parts.path.strip("/").rpartition("/")[2]
    require_text(token, "the landing zone's SAS token")
    if not uri:
        uri = f"https://{require_text(account, 'the storage account')}.blob.core.windows.net/{container}"
    return AzureLandingZone(
        container=require_text(container, "the landing zone's container"),
        account=require_text(account, "the storage account"),
        uri=uri,
        sas_token=Secret(token),
        expires_at=_azure_end(raw, token),
    )


def _azure_end(raw: Raw, token: str) -> datetime | None:
    # The end in the signature itself is what the storage goes by; `expiryDate` is on the source page only (§6).
    signed = _SAS_END.search(token)
    return (iso_moment(unquote(signed[1])) if signed else None) or moment_any_unit(raw.get("expiryDate"))


def _aws(raw: Raw) -> AwsLandingZone:
    keys, place = obj(raw.get("credentials")), obj(raw.get("dlzPath"))
    return AwsLandingZone(
        bucket=require_text(place.get("bucketName"), "the landing zone's bucket"),
        folder=text(place.get("dlzFolder")) or "",
        access_key_id=require_text(keys.get("awsAccessKeyId"), "the landing zone's access key id"),
        secret_access_key=Secret(require_text(_quiet(keys.get("awsSecretAccessKey")), "the landing zone's secret key")),
        # Long-lived keys have none; a storage that wants one says so itself.
        session_token=Secret(text(keys.get("awsSessionToken")) or ""),
        expires_at=moment_any_unit(raw.get("expiryTime")),
        endpoint=first_text(raw.get("endpoint"), place.get("endpoint")),
    )


def _quiet(value: Any) -> str | None:
    # Whatever stands in a secret's place is not quoted in an error.
    return text(value)
