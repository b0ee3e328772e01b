"""Answers of Flow Service become values: connections, flows, specs, what a create answered.

Any JSON gives a value or BadAnswer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tarmac.platform.models import (
    Connection,
    ConnectionSpec,
    Created,
    Flow,
    FlowSpec,
    Raw,
    SourceConnection,
    TargetConnection,
)
from tarmac.platform.reading import (
    array,
    at,
    etag_of,
    first_text,
    moment,
    obj,
    require_object,
    require_text,
    text,
    texts,
    whole,
)
from tarmac.terms.schedules import ScheduleParams


def created(value: Any, header_etag: str | None = None, known_id: str | None = None) -> Created:
    """Read the answer to a create or a change: `{"id", "etag"}` (§3.2); `known_id` for changes whose answer is empty."""
    raw = obj(value)
    if isinstance(value, list) and len(value) == 1:
        raw = obj(value[0])
    identity = text(raw.get("id")) or known_id
    return Created(require_text(identity, "the id of the created object"), etag_of(raw) or header_etag)


def connection(value: Any) -> Connection:
    """Read a base connection (§3.4)."""
    raw = require_object(value, "a connection")
    return Connection(
        id=require_text(raw.get("id"), "a connection's id"),
        name=text(raw.get("name")) or "",
        spec_id=text(at(raw, "connectionSpec", "id")) or "",
        etag=etag_of(raw),
        state=_lower(raw.get("state")),
        auth_spec=text(at(raw, "auth", "specName")),
        auth_params=obj(at(raw, "auth", "params")),
        created_at=moment(raw.get("createdAt")),
        raw=raw,
    )


def source_connection(value: Any) -> SourceConnection:
    """Read a source connection (§3.6); the dataset id has two spellings."""
    raw = require_object(value, "a source connection")
    datasets = (obj(item) for item in array(at(raw, "params", "datasets")))
    ids = (first_text(item.get("dataSetId"), item.get("datasetId"), item.get("id")) for item in datasets)
    return SourceConnection(
        id=require_text(raw.get("id"), "a source connection's id"),
        name=text(raw.get("name")) or "",
        spec_id=text(at(raw, "connectionSpec", "id")) or "",
        dataset_ids=tuple(found for found in ids if found is not None),
        etag=etag_of(raw),
        state=_lower(raw.get("state")),
        raw=raw,
    )


def target_connection(value: Any) -> TargetConnection:
    """Read a target connection (§3.5)."""
    raw = require_object(value, "a target connection")
    return TargetConnection(
        id=require_text(raw.get("id"), "a target connection's id"),
        name=text(raw.get("name")) or "",
        spec_id=text(at(raw, "connectionSpec", "id")) or "",
        base_connection_id=first_text(
            raw.get("baseConnectionId"), at(raw, "inheritedAttributes", "baseConnection", "id")
        ),
        params=obj(raw.get("params")),
        etag=etag_of(raw),
        state=_lower(raw.get("state")),
        raw=raw,
    )


def flow(value: Any) -> Flow:
    """Read a dataflow (§3.7)."""
    raw = require_object(value, "a dataflow")
    inherited = obj(raw.get("inheritedAttributes"))
    targets = [obj(item) for item in array(inherited.get("targetConnections"))]
    sources = [obj(item) for item in array(inherited.get("sourceConnections"))]
    schedule = raw.get("scheduleParams")
    return Flow(
        id=require_text(raw.get("id"), "a dataflow's id"),
        name=text(raw.get("name")) or "",
        state=_lower(raw.get("state")) or "",
        flow_spec_id=text(at(raw, "flowSpec", "id")),
        etag=etag_of(raw),
        source_connection_ids=texts(raw.get("sourceConnectionIds")) or _ids(sources),
        target_connection_ids=texts(raw.get("targetConnectionIds")) or _ids(targets),
        base_connection_ids=_ids([obj(item.get("baseConnection")) for item in targets]),
        schedule=ScheduleParams.from_wire(schedule) if isinstance(schedule, Mapping) and schedule else None,
        created_at=moment(raw.get("createdAt")),
        updated_at=moment(raw.get("updatedAt")),
        created_by=text(raw.get("createdBy")),
        description=text(raw.get("description")) or "",
        raw=raw,
    )


def connection_spec(value: Any) -> ConnectionSpec:
    """Read a connection spec: file types and compressions stand as enums in its `targetSpec` (EDA)."""
    raw = require_object(value, "a connection spec")
    target = raw.get("targetSpec")
    return ConnectionSpec(
        id=require_text(raw.get("id"), "a connection spec's id"),
        name=text(raw.get("name")) or "",
        auth_spec_names=tuple(
            found for item in array(raw.get("authSpec")) if (found := text(obj(item).get("name"))) is not None
        ),
        file_types=_upper_enum(target, "datasetFileType"),
        compressions=_upper_enum(target, "compression"),
        raw=raw,
    )


def flow_spec(value: Any) -> FlowSpec:
    """Read a flow spec: hour steps are the enums of `interval` in its `scheduleSpec`, wherever they stand in it.

    0 (once) and 1 (daily) are steps of other units and are left out.
    """
    raw = require_object(value, "a flow spec")
    schedule = raw.get("scheduleSpec")
    steps = {whole(item) for values in _enums(schedule, "interval") for item in values}
    return FlowSpec(
        id=require_text(raw.get("id"), "a flow spec's id"),
        name=text(raw.get("name")) or "",
        hour_steps=tuple(sorted(step for step in steps if step is not None and 1 < step <= 24)),
        raw=raw,
    )


def tested(value: Any) -> bool | None:
    """Read `{"result": true}` of a connection test; None where it does not say."""
    found = single_or_self(value).get("result")
    return found if isinstance(found, bool) else None


def single_or_self(value: Any) -> Raw:
    """Return the object itself or the only one in its `items`; an empty one otherwise."""
    items = array(value if isinstance(value, list) else obj(value).get("items"))
    return obj(items[0]) if len(items) == 1 else obj(value)


def _lower(value: Any) -> str | None:
    found = text(value)
    return None if found is None else found.strip().lower()


def _ids(objects: list[Raw]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found for item in objects if (found := text(item.get("id"))) is not None))


def _upper_enum(schema: Any, name: str) -> tuple[str, ...]:
    words = [word.upper() for values in _enums(schema, name) for word in texts(list(values))]
    return tuple(dict.fromkeys(words))


def _enums(schema: Any, name: str) -> Iterator[list[Any]]:
    """Every `enum` (or `const`) of a property called `name`, at any depth of a JSON schema."""
    pending: list[Any] = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, Mapping):
            found = node.get(name)
            if isinstance(found, Mapping):
                if isinstance(found.get("enum"), list):
                    yield found["enum"]
                if "const" in found:
                    yield [found["const"]]
            pending.extend(node.values())
