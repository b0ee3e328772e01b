"""The landing zone's address as any client would ask for it, without tarmac's own code."""

from __future__ import annotations

import httpx

from support.emulator_process import Home


def sas_of(home: Home) -> str:
    """Sign in and return the `SASUri` that the emulator hands out."""
    ready = home.emulator
    form = {key: ready[key] for key in ("client_id", "client_secret")} | {
        "grant_type": "client_credentials",
        "scope": "openid",
    }
    token = httpx.post(f"{ready['ims_url']}/ims/token/v3", data=form).json()["access_token"]
    answer = httpx.get(
        f"{ready['base_url']}/data/foundation/connectors/landingzone/credentials",
        params={"type": "dlz_destination"},
        headers={
            "Authorization": f"Bearer {token}",
            "x-api-key": ready["client_id"],
            "x-gw-ims-org-id": ready["org_id"],
            "x-sandbox-name": ready["sandbox"],
        },
    )
    return str(answer.json()["SASUri"])
