"""A journey per fault: every request of the export chain × everything that can go wrong with it.

Afterwards exactly one of each object exists, or none or some and the ledger knows which; the person was told the truth; and
the same command, given again, completes it without a duplicate.

How each fault is made: statuses, lost answers of writes, resets and expired tokens by the emulator's own faults over a real
socket. A refused connection and a read that times out at the client's network layer (nothing is sent, or the answer is
thrown away), because the emulator listens and a read changes nothing. Kills are real: a forked process gets SIGKILL at the
request, before it goes out or after its answer has come (`support/killed.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from support.emulated import FLOW_SERVICE, NO_CERTIFICATES, Emulated, running_emulator
from support.killed import Killer, case_wish, case_workspace, killer
from support.workspaces import QuickClock
from tarmac.emulator.request_log import LoggedRequest
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import ExportResult, Finished, Outcome
from tarmac.services.plans.plan import Wish
from tarmac.services.workspace import Workspace

ROWS = 200
QUEUE_S = 1.0
NOUNS = {
    "sourceConnections": "source connection",
    "connections": "base connection",
    "targetConnections": "target connection",
    "flows": "dataflow",
}
LANDING_ZONE = "/data/foundation/connectors/landingzone"
BLOBS = "/dlblobstore*"


@dataclass(frozen=True)
class Request:
    """One request of the chain: the `nth` of this method and path."""

    title: str
    method: str
    path: str
    nth: int = 1

    @property
    def is_write(self) -> bool:
        return self.method == "POST" and not self.path.startswith("/ims/")

    @property
    def is_storage(self) -> bool:
        return self.path.startswith(BLOBS)

    def fits(self, method: str, path: str) -> bool:
        return method == self.method and fnmatchcase(path, self.path)


CHAIN = (
    Request("sign in", "POST", "/ims/token/v3"),
    Request("read the dataset", "GET", "/data/foundation/catalog/dataSets/*"),
    Request("is it exportable", "GET", f"{FLOW_SERVICE}/connectionSpecs/*/configs"),
    Request("read the flow spec", "GET", f"{FLOW_SERVICE}/flowSpecs/*"),
    Request("read the connection spec", "GET", f"{FLOW_SERVICE}/connectionSpecs/10440537-2a7b-4583-ac39-ed38d4b848e8"),
    Request("list sandboxes", "GET", "/data/foundation/sandbox-management/"),
    Request("landing zone in the plan", "GET", LANDING_ZONE),
    Request("landing zone key in the plan", "GET", f"{LANDING_ZONE}/credentials"),
    Request("look for flows", "GET", f"{FLOW_SERVICE}/flows"),
    Request("count flows", "GET", f"{FLOW_SERVICE}/flows", 2),
    Request("look for base connections", "GET", f"{FLOW_SERVICE}/connections"),
    Request("look for source connections", "GET", f"{FLOW_SERVICE}/sourceConnections"),
    Request("look again for the source connection", "GET", f"{FLOW_SERVICE}/sourceConnections", 2),
    Request("create the source connection", "POST", f"{FLOW_SERVICE}/sourceConnections"),
    Request("look again for the base connection", "GET", f"{FLOW_SERVICE}/connections", 2),
    Request("create the base connection", "POST", f"{FLOW_SERVICE}/connections"),
    Request("look for the target connection", "GET", f"{FLOW_SERVICE}/targetConnections"),
    Request("create the target connection", "POST", f"{FLOW_SERVICE}/targetConnections"),
    Request("look again for the flow", "GET", f"{FLOW_SERVICE}/flows", 3),
    Request("create the flow", "POST", f"{FLOW_SERVICE}/flows"),
    Request("look whether it is the only flow", "GET", f"{FLOW_SERVICE}/flows", 4),
    Request("fire the run", "POST", "/data/core/activation/disflowprovider/adhocrun"),
    Request("watch the run", "GET", f"{FLOW_SERVICE}/runs/*"),
    Request("watch the run again", "GET", f"{FLOW_SERVICE}/runs/*", 2),
    Request("list the flow's runs", "GET", f"{FLOW_SERVICE}/runs"),
    Request("landing zone key for counting", "GET", f"{LANDING_ZONE}/credentials", 2),
    Request("list the files", "GET", f"{BLOBS}/dlz-destination"),
    Request("read a file", "GET", f"{BLOBS}/dlz-destination/*"),
)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: a rule of the emulator, something at our own network layer, or a kill."""

    title: str
    rule: dict[str, Any] | None = None
    network: str = ""
    kill: str = ""
    retry_at_s: float = 0.0

    def rule_at(self, now: datetime) -> dict[str, Any] | None:
        """The rule; where the platform names a moment from which to ask again, it is that long after `now`."""
        if self.rule is None or not self.retry_at_s:
            return self.rule
        moment = format_datetime(now + timedelta(seconds=self.retry_at_s), usegmt=True)
        return {**self.rule, "headers": {"Retry-After": moment}}

    @property
    def waits_s(self) -> float:
        """How long the platform asks to wait; 0 where it asks for nothing."""
        return self.retry_at_s or float((self.rule or {}).get("headers", {}).get("Retry-After", 0))


def answer(status: int, body: object = None, **headers: str) -> dict[str, Any]:
    """A rule that answers instead of the platform."""
    rule: dict[str, Any] = {"status": status, "headers": {key.replace("_", "-"): text for key, text in headers.items()}}
    return rule if body is None else {**rule, "body": body}


def faults() -> tuple[Fault, ...]:
    """Every column of the table."""
    message = {"errorMessage": "no", "errorDetails": "no"}
    return (
        Fault("refused connection", network="refused"),
        Fault("401 once", answer(401, {"error_code": "401013", "message": "Oauth token is not valid"})),
        Fault("403", answer(403, {"title": "Forbidden", "detail": "2118-403", "status": 403})),
        Fault("404", answer(404, {"errorMessage": "not found with id = [x]"})),
        Fault("409", answer(409, message)),
        Fault("412", answer(412, message)),
        Fault("422", answer(422, {"message": "connectionSpec.version is required"})),
        Fault("429 with seconds", answer(429, {"error_code": "429050", "message": "Too many"}, Retry_After="30")),
        Fault("429 with a date", answer(429, message), retry_at_s=30),
        Fault("429 with an empty body", answer(429, "")),
        Fault("500", answer(500, message)),
        Fault("502 in HTML", answer(502, "<html><title>Bad Gateway</title></html>", Content_Type="text/html")),
        Fault("timeout before commit", {"when": "before", "delay": 0.5, "close": "drop"}, network="timeout-before"),
        Fault("timeout after commit", {"when": "after-commit", "delay": 0.5, "close": "drop"}, network="timeout-after"),
        Fault("reset", {"when": "before", "close": "reset"}),
        Fault("reset after commit", {"when": "after-commit", "close": "reset"}),
        Fault("killed before", kill="before"),
        Fault("killed after", kill="after"),
    )


FAULTS = faults()
TABLE: dict[tuple[str, str], str] = {}


class FaultyNetwork(httpx.AsyncBaseTransport):
    """The real network but for one request."""

    def __init__(self, request: Request, what: str) -> None:
        self._request = request
        self._what = what
        self._left = request.nth
        self._network = httpx.AsyncHTTPTransport(verify=NO_CERTIFICATES)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fits = self._request.fits(request.method, request.url.path)
        self._left -= fits
        if not fits or self._left != 0:
            return await self._network.handle_async_request(request)
        if self._what == "refused":
            raise httpx.ConnectError("Connection refused", request=request)
        if self._what == "timeout-after":
            await self._network.handle_async_request(request)
        raise httpx.ReadTimeout("no answer", request=request)

    async def aclose(self) -> None:
        await self._network.aclose()


class Row:
    """One request of the chain with an emulator of its own."""

    def __init__(self, emulated: Emulated, folder: Path, killing: Killer) -> None:
        self.emulated = emulated
        self._folder = folder
        self._killing = killing
        self._facts = {
            "base_url": emulated.base_url,
            "org_id": emulated.org_id,
            "client_id": emulated.client_id,
            "client_secret": emulated.client_secret,
            "sandbox": emulated.sandbox,
        }

    async def journey(self, number: int, request: Request, fault: Fault) -> str:
        """Go through one fault and back; return what was seen first. Raises AssertionError."""
        name = f"case{number}"
        self.emulated.forget_objects()
        wish, folder = case_wish(name, self.emulated.dataset_id()), self._folder / name
        first = await self._first(name, wish, folder, request, fault)
        self.emulated.clear_faults()
        await self._ledger_tells_the_truth(name, wish, folder)
        if first is not None:
            told_the_truth(first)
        if first is None or first.outcome is not Outcome.LANDED:
            self.emulated.advance(60)  # folders are named by the second
            async with case_workspace(self._facts, folder, wish, None) as ws:
                again = await result_of(ws, wish)
            assert again.outcome is Outcome.LANDED, again.error
            assert again.verified is True
            assert again.rows == ROWS
        assert await self.existing(name) == dict.fromkeys(NOUNS, 1)
        # A file that was listed and is gone is a mismatch: that run is judged, and the next command fires a new one.
        assert await self._runs(name) == (2 if first is not None and first.outcome is Outcome.MISMATCH else 1)
        async with case_workspace(self._facts, folder, wish, None) as ws:
            assert await ws.ledger.unfinished() == ()
        return "killed, then landed" if first is None else words_of(first)

    async def _first(self, name: str, wish: Wish, folder: Path, request: Request, fault: Fault) -> ExportResult | None:
        if fault.kill:
            code = await self._killing.kill(
                emulator=self._facts,
                folder=str(folder),
                export=name,
                dataset=wish.export.dataset,
                method="COUNT" if request.is_storage else request.method,
                path=request.path,
                nth=request.nth,
                after=fault.kill == "after",
            )
            assert code == -9, "the request never came"
            return None
        at_network = fault.network and (fault.rule is None or not (request.is_write or request.is_storage))
        rule = fault.rule_at(self.emulated.running.platform.now())
        if rule is not None and not at_network:
            self.emulated.add_faults(
                request=[{"method": request.method, "path": request.path, "nth": request.nth, **rule}]
            )
        network = FaultyNetwork(request, fault.network) if at_network else None
        clock = QuickClock()
        async with case_workspace(self._facts, folder, wish, network, clock) as ws:
            first = await result_of(ws, wish)
        # The storage's client waits by itself, on no clock of ours. Some seconds until a date are over when it is told; half
        # of them are still longer than any wait that nobody asked for.
        if fault.waits_s and not request.is_storage:
            assert max(clock.slept, default=0) > fault.waits_s / 2, "it asked again earlier than it was told to"
        return first

    async def existing(self, name: str) -> dict[str, int]:
        return {noun: len(ids) for noun, ids in (await self._objects(name)).items()}

    async def _objects(self, name: str) -> dict[str, list[str]]:
        """The ids of this case's objects, by name, asked by another client than ours."""
        found: dict[str, list[str]] = {}
        async with self.emulated.client() as client:
            for noun in NOUNS:
                items = (await client.get(f"{FLOW_SERVICE}/{noun}?limit=100")).json()["items"]
                found[noun] = [item["id"] for item in items if re.match(rf"tarmac (landing-)?{name} \[", item["name"])]
        return found

    async def _runs(self, name: str) -> int:
        flows = (await self._objects(name))["flows"]
        async with self.emulated.client() as client:
            items = (await client.get(f"{FLOW_SERVICE}/runs?limit=100")).json()["items"]
        return sum(1 for item in items if item["flowId"] in flows)

    async def _ledger_tells_the_truth(self, name: str, wish: Wish, folder: Path) -> None:
        """Whatever exists is known by its id or as an intent without a result; whatever is known by its id exists."""
        objects = await self._objects(name)
        async with case_workspace(self._facts, folder, wish, None) as ws:
            chains = await ws.ledger.chains()
        known = {id_ for chain in chains for id_ in chain.ids().values()}
        intended = {entry.text("noun") for chain in chains for entry in chain.open_intents()}
        for noun, ids in objects.items():
            assert len(ids) <= 1, f"{noun} twice"
            assert all(id_ in known or NOUNS[noun] in intended for id_ in ids), f"{noun} is not in the ledger"
        everything = {id_ for ids in objects.values() for id_ in ids}
        assert known <= everything, "the ledger knows of things that do not exist"
        runs = {entry.text("run_id") for chain in chains for entry in chain.entries if entry.kind is Kind.FIRED}
        assert len(runs) <= 1, "two runs were fired"


async def result_of(ws: Workspace, wish: Wish) -> ExportResult:
    events = [event async for event in export(ws, wish, timeout_s=30)]
    last = events[-1]
    assert isinstance(last, Finished)
    return last.result


def told_the_truth(result: ExportResult) -> None:
    """An end that is no success names what, why and what to do, with the exit code of its kind."""
    if result.outcome is Outcome.LANDED:
        assert (result.exit_code, result.rows, result.verified) == (0, ROWS, True)
        return
    error = result.error
    assert error is not None, result
    assert result.exit_code in {1, 3, 4, 64}
    assert error.message
    assert error.meaning
    assert error.next_step
    assert error.code not in {"", "error"}
    # Refused means that nothing was sent.
    assert result.outcome is not Outcome.REFUSED or not result.created


def words_of(result: ExportResult) -> str:
    if result.outcome is Outcome.LANDED:
        return "landed"
    return f"{result.outcome.value} ({'' if result.error is None else result.error.code}), then landed"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred rows: what is tested is the way, not the load."""
    file = tmp_path_factory.mktemp("faults") / "small.parquet"
    pl.DataFrame({"id": range(ROWS), "name": [f"n{number}" for number in range(ROWS)]}).write_parquet(file)
    return file


@pytest.fixture
async def row(tmp_path: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Row]:
    async with (
        running_emulator(datasets=(("small", dataset),), speed=0.0, queue_seconds=QUEUE_S) as emulated,
        killer() as killing,
    ):
        log = emulated.running.platform.log

        def noted(request: LoggedRequest, add: Callable[[LoggedRequest], None] = log.add) -> None:
            """Let a run leave the queue when it was looked at, so that there is something to watch again on any machine."""
            add(request)
            if fnmatchcase(request.path, f"{FLOW_SERVICE}/runs/*"):
                emulated.advance(QUEUE_S)

        monkeypatch.setattr(log, "add", noted)
        yield Row(emulated, tmp_path, killing)


@pytest.mark.parametrize("request_", CHAIN, ids=lambda request: request.title.replace(" ", "-"))
async def test_every_fault_of_a_request_ends_well(row: Row, request_: Request) -> None:
    wrong = []
    for number, fault in enumerate(FAULTS):
        try:
            TABLE[request_.title, fault.title] = await row.journey(number, request_, fault)
        except (AssertionError, TimeoutError) as error:
            row.emulated.clear_faults()
            TABLE[request_.title, fault.title] = "WRONG"
            wrong.append(f"{fault.title}: {type(error).__name__} {error}")
    assert wrong == []


async def test_the_table_names_every_request_of_the_chain(row: Row) -> None:
    wish = case_wish("whole", row.emulated.dataset_id())
    async with case_workspace(row._facts, row._folder / "whole", wish, None) as ws:
        assert (await result_of(ws, wish)).outcome is Outcome.LANDED
    seen: Counter[tuple[str, str]] = Counter()
    unknown = []
    for logged in row.emulated.requests():
        path = next((each.path for each in CHAIN if each.fits(logged.method, logged.path)), None)
        if path is None:
            unknown.append(f"{logged.method} {logged.path}")
        else:
            seen[logged.method, path] += 1
    assert unknown == []
    often = {f"{FLOW_SERVICE}/runs/*", f"{BLOBS}/dlz-destination/*", f"{BLOBS}/dlz-destination"}
    for (method, path), times in seen.items():
        listed = sum(1 for each in CHAIN if (each.method, each.path) == (method, path))
        assert listed == times or path in often, (method, path, times)


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Print the size and the result of what ran in this process."""
    if not TABLE:
        pytest.skip("the rows ran in other processes")
    ends = Counter(re.sub(r" \(.*\)", "", end) for end in TABLE.values())
    requests = len({request for request, _ in TABLE})
    with capsys.disabled():
        print(f"\nfaults: {requests} requests x {len(FAULTS)} faults = {len(TABLE)} journeys: {dict(ends)}")
    assert "WRONG" not in ends
