"""Credentials of the Data Landing Zone, in the shapes of both clouds (§6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator.answers import ApiError
from tarmac.emulator.options import LandingZoneCloud
from tarmac.emulator.platform import Platform
from tarmac.emulator.sink_choice import LANDING_FOLDER
from tarmac.emulator.wire import answer
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.times import to_seconds

LANDING_ZONE = "/data/foundation/connectors/landingzone"
RETENTION_DAYS = 7
_AWS_SESSION = timedelta(hours=12)
_TYPES = frozenset({"dlz_destination", "user_drop_zone"})


class LandingCredentials:
    """`/connectors/landingzone`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the service."""
        return [
            Route(f"{LANDING_ZONE}/credentials", self.read, methods=["GET"]),
            Route(f"{LANDING_ZONE}/credentials", self.refresh, methods=["POST"]),
            Route(LANDING_ZONE, self.container, methods=["GET"]),
        ]

    async def read(self, request: Request) -> Response:
        """GET the credentials."""
        _check_type(request)
        return answer(self._outside() or self._platform.landing_zone.credentials())

    async def refresh(self, request: Request) -> Response:
        """POST …&action=refresh: new credentials; on Azure the old ones end."""
        _check_type(request)
        if request.query_params.get("action") != "refresh":
            raise ApiError(400, {"message": "The action must be refresh"})
        return answer(self._outside() or self._platform.landing_zone.refresh())

    async def container(self, request: Request) -> Response:
        """GET the container and how long files stay; a number on AWS, a string on Azure."""
        _check_type(request)
        outside = self._outside()
        if outside is not None and "dlzPath" in outside:
            return answer(
                {"dlzPath": outside["dlzPath"], "dataTTL": {"timeUnit": "days", "timeQuantity": RETENTION_DAYS}}
            )
        name = self._platform.landing_zone.container_name if outside is None else outside["containerName"]
        return answer({"containerName": name, "containerTTL": str(RETENTION_DAYS)})

    def _outside(self) -> dict[str, Any] | None:
        """Return the credentials of a real server that stands for the landing zone, or None for the built-in one."""
        url = self._platform.options.storages.get(DestinationKind.DATA_LANDING_ZONE)
        if url is None:
            return None
        parts = urlsplit(url)
        if self._platform.options.landing_zone_cloud is LandingZoneCloud.AWS:
            return {
                "credentials": {
                    "awsAccessKeyId": unquote(parts.username or ""),
                    "awsSecretAccessKey": unquote(parts.password or ""),
                    "awsSessionToken": "",
                },
                "dlzPath": {"bucketName": parts.path.strip("/"), "dlzFolder": LANDING_FOLDER},
                "dlzProvider": "Amazon S3",
                "expiryTime": to_seconds(self._platform.now() + _AWS_SESSION),
            }
        account, _, container = parts.path.strip("/").rpartition("/")
        return {
            "containerName": container,
            "SASToken": parts.query,
            "storageAccountName": account,
            "SASUri": url,
            "expiryDate": (self._platform.now() + timedelta(days=30)).date().isoformat(),
        }


def _check_type(request: Request) -> None:
    if request.query_params.get("type") not in _TYPES:
        raise ApiError(400, {"message": f"The type [{request.query_params.get('type')}] is not supported"})
