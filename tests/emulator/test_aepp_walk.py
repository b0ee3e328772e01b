"""The export of the public `aepp` package, request by request as it was measured (§10.1): lower case, `null`, a partial PATCH.

Written out, not called: its own waits are blind, and its newest versions never return from a run that succeeded (§10.4).
"""

from __future__ import annotations

from typing import Any

import httpx

from support.chain import ADHOC, ADHOC_ACCEPT, FLOW_SERVICE, status_of, until
from support.emulated import anonymous_client, running_emulator

LANDING_ZONE = {"id": "10440537-2a7b-4583-ac39-ed38d4b848e8", "version": "1.0"}
FLOW_SPEC = {"id": "cd2fc47e-e838-4f38-a581-8fff2f99b63a", "version": "1.0"}
YEAR = 365 * 86_400


async def posted(client: httpx.AsyncClient, noun: str, body: dict[str, Any]) -> str:
    response = await client.post(f"{FLOW_SERVICE}/{noun}", json=body)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def test_its_export_is_walked_from_sign_in_to_the_disabled_flow() -> None:
    async with running_emulator(ready_after=660) as emulator, anonymous_client(emulator.base_url) as client:
        form = {"grant_type": "client_credentials", "client_id": emulator.client_id}
        form |= {"client_secret": emulator.client_secret, "scope": "openid,AdobeID,session"}
        tokens = [(await client.post("/ims/token/v3", data=form)).json()["access_token"] for _ in range(2)]
        client.headers.update(emulator.headers(authorization=f"Bearer {tokens[1]}"))
        client.headers["accept"] = "application/json"
        dataset = emulator.dataset_id()

        base = await posted(client, "connections", {"name": "E", "auth": None, "connectionSpec": LANDING_ZONE})
        specs = (await client.get(f"{FLOW_SERVICE}/connectionSpecs")).json()["items"]
        [lake] = [spec["id"] for spec in specs if spec["name"] == "activation-datalake"]
        body: dict[str, Any] = {"name": "E", "data": {"format": "parquet"}}
        body |= {"connectionSpec": {"id": lake, "version": "1.0"}, "params": {"datasets": [{"dataSetId": dataset}]}}
        source = await posted(client, "sourceConnections", body)
        params = {
            "mode": "Server-to-server",
            "compression": "gzip",
            "datasetFileType": "parquet",
            "path": "cmle/egress",
        }
        body = {"name": "E", "baseConnectionId": base, "params": params, "connectionSpec": LANDING_ZONE}
        target = await posted(client, "targetConnections", body)
        in_a_year = int(emulator.running.platform.now().timestamp()) + YEAR
        body = {"name": "E", "flowSpec": FLOW_SPEC, "sourceConnectionIds": [source], "targetConnectionIds": [target]}
        body |= {"scheduleParams": {"interval": 1, "timeUnit": "day", "startTime": in_a_year}, "transformations": []}
        flow = await posted(client, "flows", body)

        emulator.advance(600)
        info = {"activationInfo": {"destinations": [{"flowId": flow, "datasets": [{"id": dataset}]}]}}
        accept = {"accept": ADHOC_ACCEPT}
        early = await client.post(ADHOC, json=info, headers=accept)
        assert "Following order ID(s) are not ready for dataset export" in str(early.json())
        emulator.advance(60)
        fired = (await client.post(ADHOC, json=info, headers=accept)).json()
        run_id = fired["destinations"][0]["datasets"][0]["statusURL"].rsplit("/", 1)[-1]
        # Its later calls keep the vendor's Accept (§10.4, 11).
        client.headers["accept"] = ADHOC_ACCEPT
        run = await until(client, run_id)
        metrics = run["metrics"]
        assert status_of(run) == "success"
        assert metrics["durationSummary"]["completedAtUTC"] >= metrics["durationSummary"]["startedAtUTC"]
        assert metrics["sizeSummary"]["outputBytes"]
        assert metrics["recordSummary"]["outputRecordCount"] == emulator.ready["datasets"][0]["rows"]
        assert metrics["fileSummary"]["outputFileCount"]

        client.headers["accept"] = "application/json"
        etag = (await client.get(f"{FLOW_SERVICE}/flows/{flow}")).json()["items"][0]["etag"]
        change = [{"op": "Replace", "path": "/scheduleParams", "value": {"startTime": in_a_year}}]
        patch = await client.patch(f"{FLOW_SERVICE}/flows/{flow}", json=change, headers={"if-match": etag})
        assert patch.status_code == 200, patch.text
        assert (await client.post(f"{FLOW_SERVICE}/flows/{flow}/action?op=disable")).status_code == 200
        stored = (await client.get(f"{FLOW_SERVICE}/flows/{flow}")).json()["items"][0]
        assert (stored["state"], stored["scheduleParams"]["interval"]) == ("disabled", 1)
        assert [each.status for each in emulator.requests() if each.status >= 400] == [400]


async def test_its_newer_helper_mixes_units_and_writes_numbers_as_text() -> None:
    """`exportDatasetToDLZ`: `timeUnit` beside `frequency`, `interval: "1"`, another kind of format word (§10.4, 19)."""
    async with running_emulator() as emulator, emulator.client() as client:
        spec = LANDING_ZONE["id"]
        path = f"{FLOW_SERVICE}/connectionSpecs/{spec}/configs?outputType=activationDatasets&outputField=datasets"
        listed = (await client.get(path)).json()["items"]
        assert emulator.dataset_id() in {item["id"] for item in listed}
        base = await posted(client, "connections", {"name": "b", "auth": None, "connectionSpec": LANDING_ZONE})
        lake = {"id": "23598e46-f560-407b-88d5-ea6207e49db0", "version": "1.0"}
        datasets = {"datasets": [{"dataSetId": emulator.dataset_id()}]}
        body: dict[str, Any] = {
            "name": "s",
            "data": {"format": "delimited"},
            "connectionSpec": lake,
            "params": datasets,
        }
        source = await posted(client, "sourceConnections", body)
        params = {"mode": "Server-to-server", "compression": "GZIP", "datasetFileType": "JSON", "path": "/aepp"}
        body = {"name": "t", "baseConnectionId": base, "params": params, "connectionSpec": LANDING_ZONE}
        target = await posted(client, "targetConnections", body)
        schedule = {"timeUnit": "day", "frequency": "hour", "interval": "1", "startTime": "1830000000"}
        schedule["exportMode"] = "FIRST_FULL_THEN_INCREMENTAL"
        schedule["foldernameTemplate"] = "%DESTINATION%_%DATASET_ID%_%DATETIME(YYYYMMdd_HHmmss)%"
        body = {"name": "f", "flowSpec": FLOW_SPEC, "sourceConnectionIds": [source], "targetConnectionIds": [target]}
        await posted(client, "flows", {**body, "transformations": [], "scheduleParams": schedule})
