"""The whole client against the emulator, over a real socket: two programs without a line of request code in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.emulated import Emulated, running_emulator
from tarmac.emulator.options import LandingZoneCloud
from tarmac.emulator.strictness import Strictness, choices, strictness_of
from tarmac.platform.address import PlatformAddress
from tarmac.platform.client import Platform
from tarmac.platform.errors import (
    InvalidRequest,
    NotFound,
    NotReady,
    OutcomeUnknown,
    RateLimited,
    RunExists,
    ServerFault,
    SignInFailed,
    StaleEtag,
    StorageNotAllowed,
)
from tarmac.platform.models import AwsLandingZone, AzureLandingZone, Run, RunPhase
from tarmac.platform.retries import RetryPolicy
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.formats import Compression, FileFormat
from tarmac.terms.schedules import AGREED_HOUR_STEPS, KNOWN_HOUR_STEPS, ScheduleParams
from tarmac.terms.secrets import Secret

DLZ = DestinationKind.DATA_LANDING_ZONE.spec
FLOWS = "/data/foundation/flowservice/flows*"
DEADLINE_SECONDS = 30.0


@asynccontextmanager
async def connected(emulator: Emulated, **changes: Any) -> AsyncIterator[Platform]:
    settings: dict[str, Any] = {
        "base_url": emulator.base_url,
        "ims_url": emulator.base_url,
        "org_id": emulator.org_id,
        "client_id": emulator.client_id,
        "client_secrets": (Secret(emulator.client_secret),),
        "scopes": ("openid", "AdobeID", "session"),
        "sandbox": emulator.sandbox,
        "request_timeout": timedelta(seconds=5),
    }
    address = PlatformAddress(**{**settings, **changes})
    async with Platform(address, policy=RetryPolicy(first_wait=0.01, longest_retry_after=0.01)) as platform:
        yield platform


@dataclass(frozen=True)
class Chain:
    dataset_id: str
    base: str
    source: str
    target: str
    flow: str


def in_a_year(days: int = 1) -> ScheduleParams:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=365)
    return ScheduleParams("DAILY_FULL_EXPORT", "day", 0, start, start + timedelta(days=days))


def rescheduled(schedule: ScheduleParams) -> list[dict[str, object]]:
    return [{"op": "replace", "path": "/scheduleParams", "value": schedule.to_wire()}]


async def build(platform: Platform, dataset_id: str, schedule: ScheduleParams | None = None) -> Chain:
    name = "churn"
    base = await platform.connections.create(name, DLZ.connection_spec_id)
    source = await platform.source_connections.create(name, [(dataset_id, None)])
    target = await platform.target_connections.create(
        name, DLZ.connection_spec_id, base.id, {"path": "ml/churn"}, FileFormat.PARQUET, Compression.GZIP
    )
    flow = await platform.flows.create(name, DLZ.flow_spec_id, [source.id], [target.id], schedule or in_a_year())
    return Chain(dataset_id, base.id, source.id, target.id, flow.id)


async def ended(platform: Platform, run_id: str) -> Run:
    """Poll until the run has ended: another process works, its record is all there is to wait for."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            run = await platform.runs.get(run_id)
            if run.phase.is_final:
                return run
            await asyncio.sleep(0.02)


async def test_a_whole_export_and_its_end() -> None:
    async with running_emulator(ready_after=60) as emulator, connected(emulator) as platform:
        dataset = await platform.catalog.get(emulator.dataset_id())
        schedule = in_a_year()
        chain = await build(platform, dataset.id, schedule)
        with pytest.raises(NotReady):
            await platform.adhoc.trigger(chain.flow, [dataset.id])
        emulator.advance(120)
        runs = await platform.adhoc.trigger(chain.flow, [dataset.id])
        run = await ended(platform, runs[dataset.id])
        assert run.phase is RunPhase.SUCCEEDED
        assert run.flow_id == chain.flow
        assert run.output_rows == dataset.rows
        assert run.output_files
        assert run.output_bytes
        assert run.started_at is not None
        assert run.ended_at is not None
        assert [item.id for item in await platform.runs.of_flow(chain.flow)] == [run.id]

        flow = await platform.flows.get(chain.flow)
        assert (flow.name, flow.state, flow.kind) == ("churn", "enabled", DestinationKind.DATA_LANDING_ZONE)
        assert flow.schedule is not None
        assert flow.schedule == schedule
        assert (flow.source_connection_ids, flow.target_connection_ids) == ((chain.source,), (chain.target,))
        assert flow.base_connection_ids == (chain.base,)
        assert (await platform.source_connections.get(chain.source)).dataset_ids == (dataset.id,)
        target = await platform.target_connections.get(chain.target)
        assert (target.base_connection_id, target.params["path"]) == (chain.base, "ml/churn")

        with pytest.raises(InvalidRequest) as in_use:
            await platform.connections.delete(chain.base)
        assert in_use.value.next_step
        await platform.flows.delete(chain.flow)
        await platform.target_connections.delete(chain.target)
        await platform.source_connections.delete(chain.source)
        await platform.connections.delete(chain.base)
        with pytest.raises(NotFound):
            await platform.flows.get(chain.flow)
        assert await platform.flows.all() == ()


def the_other_readings() -> Strictness:
    """The second choice of every reading at once, and 200 for what is refused."""
    others = {name: list(values)[1] for name, values in choices().items()}
    return strictness_of(f"{name}={value}" for name, value in others.items())


async def test_an_export_on_a_platform_that_reads_every_document_the_other_way() -> None:
    """What the documents contradict each other about, or leave open, must not matter to the client (§11, §12)."""
    async with (
        running_emulator(ready_after=60, strictness=the_other_readings()) as emulator,
        connected(emulator) as platform,
    ):
        exportable = [item async for page in platform.specs.exportable_pages() for item in page]
        dataset = next(item for item in exportable if item.id == emulator.dataset_id())
        assert dataset.rows is None
        steps = (await platform.specs.flow_spec(DLZ.flow_spec_id)).hour_steps
        assert set(AGREED_HOUR_STEPS) <= set(steps) < set(KNOWN_HOUR_STEPS)
        chain = await build(platform, dataset.id)
        with pytest.raises(NotReady):
            await platform.adhoc.trigger(chain.flow, [dataset.id])
        emulator.advance(120)
        emulator.add_faults(expire_tokens=True)
        runs = await platform.adhoc.trigger(chain.flow, [dataset.id])
        run = await ended(platform, runs[dataset.id])
        assert (run.phase, run.status_word) == (RunPhase.SUCCEEDED, "SUCCESS")
        assert run.ended_at is not None
        assert [item.id for item in await platform.runs.of_flow(chain.flow)] == [run.id]

        for index in range(101):
            await platform.source_connections.create(f"n{index}", [(dataset.id, None)])
        assert len({item.id for item in await platform.source_connections.all()}) == 102
        seen = await platform.flows.get(chain.flow)
        assert seen.etag is not None
        later = in_a_year(days=30)
        await platform.flows.change(chain.flow, seen.etag, rescheduled(later))
        assert (await platform.flows.get(chain.flow)).schedule == later
        assert (await platform.connections.get(chain.base)).auth_params == {}
        for collection, object_id in (
            (platform.flows, chain.flow),
            (platform.target_connections, chain.target),
            (platform.source_connections, chain.source),
            (platform.connections, chain.base),
        ):
            await collection.delete(object_id)
        assert await platform.flows.all() == ()


async def test_changes_carry_the_etag_and_meet_other_peoples() -> None:
    async with running_emulator() as emulator, connected(emulator) as platform:
        chain = await build(platform, emulator.dataset_id())
        seen = await platform.flows.get(chain.flow)
        assert seen.etag is not None
        schedule = in_a_year(days=30)
        changed = await platform.flows.change(chain.flow, seen.etag, rescheduled(schedule))
        assert changed.etag != seen.etag
        with pytest.raises(StaleEtag):
            await platform.flows.change(chain.flow, seen.etag, rescheduled(schedule))
        now = await platform.flows.get(chain.flow)
        assert (now.etag, now.schedule) == (changed.etag, schedule)
        await platform.flows.disable(chain.flow)
        assert (await platform.flows.get(chain.flow)).state == "disabled"
        with pytest.raises(InvalidRequest):
            await platform.flows.disable(chain.flow)
        await platform.flows.enable(chain.flow)
        target = await platform.target_connections.get(chain.target)
        assert target.etag is not None
        await platform.target_connections.change(chain.target, target.etag, {**target.params, "path": "ml/new"})
        assert (await platform.target_connections.get(chain.target)).params["path"] == "ml/new"


async def test_credentials_are_sent_kept_and_changed() -> None:
    s3 = DestinationKind.AMAZON_S3.spec
    keys: dict[str, str | Secret] = {"s3AccessKey": "AKIAIOSFODNN7EXAMPLE", "s3SecretKey": Secret("a" * 40)}
    async with running_emulator() as emulator, connected(emulator) as platform:
        made = await platform.connections.create("lake", s3.connection_spec_id, "Access Key", keys)
        stored = await platform.connections.get(made.id)
        assert (stored.kind, stored.auth_spec) == (DestinationKind.AMAZON_S3, "Access Key")
        assert "a" * 40 not in str(stored.raw)
        assert stored.etag is not None
        changed = await platform.connections.change_credentials(
            made.id, stored.etag, {**keys, "s3SecretKey": Secret("b" * 40)}
        )
        assert changed.etag != stored.etag
        assert [item.id for item in await platform.connections.all(spec_id=s3.connection_spec_id)] == [made.id]
        assert await platform.connections.all(spec_id=DLZ.connection_spec_id) == ()
        assert isinstance(await platform.connections.test(made.id), bool)


async def test_what_can_be_exported_and_how() -> None:
    async with running_emulator() as emulator, connected(emulator) as platform:
        exportable = [item async for page in platform.specs.exportable_pages() for item in page]
        assert {item["id"] for item in emulator.ready["datasets"]} <= {item.id for item in exportable}
        whole = [item async for page in platform.catalog.pages() for item in page]
        assert {item.id for item in exportable} <= {item.id for item in whole}
        dataset = exportable[0]
        assert [item.id for item in await platform.catalog.named(dataset.name)] == [dataset.id]
        assert await platform.catalog.preview(dataset.id)
        assert dataset.schema_id is not None
        schema = await platform.schemas.get(dataset.schema_id)
        assert schema is not None
        assert schema.fields
        spec = await platform.specs.connection_spec(DLZ.connection_spec_id)
        assert set(spec.file_types) == {"JSON", "PARQUET"}
        assert set(spec.compressions) == {"NONE", "GZIP"}
        flow_spec = await platform.specs.flow_spec(DLZ.flow_spec_id)
        assert set(AGREED_HOUR_STEPS) <= set(flow_spec.hour_steps)
        assert emulator.sandbox in {item.name for item in await platform.sandboxes.usable()}


async def test_long_lists_are_read_to_their_end() -> None:
    async with running_emulator(synthetic_datasets=230) as emulator, connected(emulator) as platform:
        exportable = [item.id async for page in platform.specs.exportable_pages() for item in page]
        assert len(exportable) == len(set(exportable)) >= 230
        for index in range(103):
            await platform.source_connections.create(f"n{index}", [(emulator.dataset_id(), None)])
        assert len({item.id for item in await platform.source_connections.all()}) == 103
        assert len(await platform.source_connections.named("n7")) == 1


async def test_the_landing_zones_credentials() -> None:
    async with running_emulator() as emulator, connected(emulator) as platform:
        before = await platform.landing_zone.credentials()
        assert isinstance(before, AzureLandingZone)
        assert before.uri.startswith(emulator.base_url)
        after = await platform.landing_zone.refresh()
        assert isinstance(after, AzureLandingZone)
        assert after.sas_token != before.sas_token
        info = await platform.landing_zone.info()
        assert (info.container, info.ttl_days) == (before.container, 7)


async def test_the_landing_zone_on_the_other_cloud() -> None:
    storages = {DestinationKind.DATA_LANDING_ZONE: "http://key:secret-key@127.0.0.1:9/bucket"}
    async with (
        running_emulator(landing_zone_cloud=LandingZoneCloud.AWS, storages=storages) as emulator,
        connected(emulator) as platform,
    ):
        found = await platform.landing_zone.credentials()
        assert isinstance(found, AwsLandingZone)
        assert (found.bucket, found.access_key_id) == ("bucket", "key")
        assert found.expires_at is not None
        assert (await platform.landing_zone.info()).ttl_days == 7


async def test_a_create_whose_answer_is_lost_happened_once() -> None:
    async with running_emulator() as emulator, connected(emulator) as platform:
        emulator.add_faults(
            request=[{"method": "POST", "path": "*/connections", "when": "after-commit", "close": "drop"}]
        )
        with pytest.raises(OutcomeUnknown) as caught:
            await platform.connections.create("lost [t:1]", DLZ.connection_spec_id)
        assert caught.value.maybe_done
        assert len(emulator.requests("POST", "*/connections")) == 1
        assert len(await platform.connections.named("lost [t:1]")) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 503, "headers": {"Retry-After": "1"}}, ServerFault),
        ({"status": 500, "body": "<html>oops</html>"}, ServerFault),
        ({"close": "reset"}, OutcomeUnknown),
        ({"close": "drop"}, OutcomeUnknown),
    ],
)
async def test_a_write_is_sent_once_whatever_happens(fault: dict[str, Any], error: type[Exception]) -> None:
    async with running_emulator() as emulator, connected(emulator) as platform:
        emulator.add_faults(request=[{"method": "POST", "path": FLOWS, "times": 0, **fault}])
        with pytest.raises(error):
            await build(platform, emulator.dataset_id())
        assert len(emulator.requests("POST", FLOWS)) == 1


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"close": "reset"}, {"close": "drop"}])
async def test_a_read_gets_through(fault: dict[str, Any]) -> None:
    async with running_emulator() as emulator, connected(emulator) as platform:
        emulator.add_faults(request=[{"method": "GET", "path": FLOWS, "times": 2, **fault}])
        assert await platform.flows.all() == ()
        assert len(emulator.requests("GET", FLOWS)) == 3


async def test_a_throttled_create_is_sent_once() -> None:
    throttle = {"method": "POST", "path": "*/connections", "status": 429, "headers": {"Retry-After": "1"}}
    async with running_emulator() as emulator, connected(emulator) as platform:
        emulator.add_faults(request=[throttle])
        with pytest.raises(RateLimited) as caught:
            await platform.connections.create("m", DLZ.connection_spec_id)
        assert caught.value.maybe_done
        assert len(emulator.requests("POST", "*/connections")) == 1
        assert await platform.connections.named("m") == ()


async def test_expired_tokens_are_renewed_unseen() -> None:
    async with running_emulator() as emulator, connected(emulator) as platform:
        await platform.flows.all()
        emulator.add_faults(expire_tokens=True)
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(platform.flows.all())
        assert len(emulator.requests("POST", "/ims/token/v3")) == 2


async def test_wrong_credentials() -> None:
    async with running_emulator() as emulator:
        async with connected(emulator, client_secrets=(Secret("wrong-secret"),)) as platform:
            with pytest.raises(SignInFailed) as caught:
                await platform.flows.all()
            assert "client_secret" in caught.value.message + caught.value.next_step
        async with connected(emulator, client_secrets=(Secret("wrong"), Secret(emulator.client_secret))) as platform:
            assert await platform.flows.all() == ()


async def test_the_ad_hoc_refusals() -> None:
    async with running_emulator(not_allow_listed=frozenset({DLZ.kind})) as emulator, connected(emulator) as platform:
        chain = await build(platform, emulator.dataset_id())
        with pytest.raises(StorageNotAllowed):
            await platform.adhoc.trigger(chain.flow, [chain.dataset_id])
    async with running_emulator(queue_seconds=3600) as emulator, connected(emulator) as platform:
        chain = await build(platform, emulator.dataset_id())
        runs = await platform.adhoc.trigger(chain.flow, [chain.dataset_id])
        with pytest.raises(RunExists) as caught:
            await platform.adhoc.trigger(chain.flow, [chain.dataset_id])
        assert caught.value.run_id in {None, runs[chain.dataset_id]}
        assert not (await platform.runs.get(runs[chain.dataset_id])).phase.is_final


async def test_a_failed_run_says_why() -> None:
    fault = {"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}
    async with running_emulator() as emulator, connected(emulator) as platform:
        emulator.add_faults(run=[fault])
        chain = await build(platform, emulator.dataset_id())
        runs = await platform.adhoc.trigger(chain.flow, [chain.dataset_id])
        run = await ended(platform, runs[chain.dataset_id])
        assert run.phase is RunPhase.FAILED
        assert ("ACTIVATION_BATCH-0000-FAILED", "Job aborted.") in {(item.code, item.message) for item in run.errors}
        assert (run.output_bytes, run.output_files) == (None, None)


async def test_the_emulators_own_time_is_seen() -> None:
    async with running_emulator() as emulator, connected(emulator) as platform:
        emulator.advance(86_400)
        await platform.flows.all()
        assert timedelta(hours=23) < platform.server_now() - datetime.now(UTC) < timedelta(hours=25)
