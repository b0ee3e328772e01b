"""The Data Landing Zone of the sandbox (platform-api §6)."""

from __future__ import annotations

from tarmac.platform import landing_zone_answers
from tarmac.platform.messages import PlannedRequest, with_query
from tarmac.platform.models import LandingZoneCredentials, LandingZoneInfo
from tarmac.platform.paging import Sender
from tarmac.platform.requests import LANDING_ZONE, refresh_landing_zone_request

_TYPE = ("type", "dlz_destination")
_ACCEPT = {"Accept": "application/json"}


class LandingZone:
    """`/landingzone`, the destination container."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def credentials(self) -> LandingZoneCredentials:
        """Return credentials for reading; asking again after their end gives fresh ones."""
        path = with_query(f"{LANDING_ZONE}/credentials", _TYPE)
        return landing_zone_answers.credentials((await self._sender.send(PlannedRequest("GET", path, _ACCEPT))).json())

    async def refresh(self) -> LandingZoneCredentials:
        """Rotate the credentials; whoever uses the old ones is locked out.

        Where the answer holds no credentials (its body is not documented), the new ones are read.
        """
        answer = await self._sender.send(refresh_landing_zone_request())
        if not answer.body.strip() or (b"SASToken" not in answer.body and b"awsSecretAccessKey" not in answer.body):
            return await self.credentials()
        return landing_zone_answers.credentials(answer.json())

    async def info(self) -> LandingZoneInfo:
        """Return the container's name and how long files stay."""
        path = with_query(LANDING_ZONE, _TYPE)
        return landing_zone_answers.container_info(
            (await self._sender.send(PlannedRequest("GET", path, _ACCEPT))).json()
        )
