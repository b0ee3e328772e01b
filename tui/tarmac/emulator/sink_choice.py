"""Where a flow's files go: a real server named with `--storage`, the built-in landing zone, or a local folder."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from tarmac.emulator.contracts import SinkTarget
from tarmac.emulator.options import LandingZoneCloud
from tarmac.emulator.platform import Platform
from tarmac.emulator.state import Entity
from tarmac.terms.destinations import DestinationKind

LANDING_FOLDER = "dlz-destination"


def sink_for(platform: Platform, base: Entity, params: dict[str, Any]) -> SinkTarget:
    """Return the sink for a base connection and the params of a target connection."""
    kind = next(kind for kind in DestinationKind if kind.spec.connection_spec_id == base.wire["connectionSpec"]["id"])
    if kind is DestinationKind.DATA_LANDING_ZONE:
        return landing_sink(platform)
    container = params.get("bucketName") or params.get("container")
    credentials = dict(base.hidden.get("params", {}))
    if container is None and "url" in credentials:
        # A Gen2 address ends in its file system.
        container = urlsplit(credentials["url"]).path.strip("/").partition("/")[0] or None
    endpoint = platform.options.storages.get(kind)
    if endpoint is None:
        return SinkTarget(kind, local_root=platform.files_dir / "storages" / kind.value / (container or "root"))
    return SinkTarget(
        kind, endpoint=endpoint, container=container, auth=base.hidden.get("specName"), credentials=credentials
    )


def landing_sink(platform: Platform) -> SinkTarget:
    """Return the sink of the landing zone."""
    url = platform.options.storages.get(DestinationKind.DATA_LANDING_ZONE)
    if url is None:
        return platform.landing_zone.sink()
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    if platform.options.landing_zone_cloud is LandingZoneCloud.AWS:
        return SinkTarget(
            DestinationKind.AMAZON_S3,
            endpoint=origin,
            container=parts.path.strip("/"),
            auth="Access Key",
            credentials={"s3AccessKey": unquote(parts.username or ""), "s3SecretKey": unquote(parts.password or "")},
        )
    account, _, container = parts.path.strip("/").rpartition("/")
    return SinkTarget(
        DestinationKind.DATA_LANDING_ZONE,
        endpoint=f"{origin}/{account}",
        container=container,
        auth="SAS",
        credentials={"SASToken": parts.query},
    )


def landing_prefix(platform: Platform) -> str:
    """Return the folder inside the bucket that is the landing zone; on Azure the container itself is (§6)."""
    return LANDING_FOLDER if platform.options.landing_zone_cloud is LandingZoneCloud.AWS else ""
