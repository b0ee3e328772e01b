"""What a person asks about one run while looking at it: its raw answer, and whether its storage still lets the platform in."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError
from tarmac.terms.secrets import redact


@dataclass(frozen=True)
class ConnectionTest:
    """The platform's word on a base connection; `works` None means that it does not say."""

    name: str
    works: bool | None


async def raw_run(ws: Workspace, run_id: str) -> str:
    """Return the run as the platform answers it, indented, secrets masked. Raises PlatformError."""
    platform = await ws.platform()
    return raw_text((await platform.runs.get(run_id)).raw)


async def raw_flow(ws: Workspace, flow_id: str) -> str:
    """Return the dataflow as the platform answers it, indented, secrets masked. Raises PlatformError."""
    platform = await ws.platform()
    return raw_text((await platform.flows.get(flow_id)).raw)


def raw_text(answer: object) -> str:
    """Write an answer for reading."""
    return redact(json.dumps(answer, indent=2, ensure_ascii=False, default=str))


async def check_connection(ws: Workspace, flow_id: str) -> ConnectionTest:
    """Ask the platform to try the dataflow's base connection. Raises PlatformError, UsageError where there is none."""
    platform = await ws.platform()
    flow = await platform.flows.get(flow_id)
    base = next(iter(flow.base_connection_ids), None)
    if base is None and flow.target_connection_ids:
        base = (await platform.target_connections.get(flow.target_connection_ids[0])).base_connection_id
    if base is None:
        raise UsageError(
            f"dataflow {flow_id} does not say which base connection it uses",
            next_step="Look at its raw object under 5 Flows.",
        )
    connection = await platform.connections.get(base)
    return ConnectionTest(connection.name or connection.id, await platform.connections.test(base))
