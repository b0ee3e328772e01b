"""What exists against what is wanted, field by field. A field that is not compared here cannot be changed by a wish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tarmac.platform.models import Connection, Flow, SourceConnection, TargetConnection
from tarmac.services.plans.plan import Difference
from tarmac.services.plans.wanted import Wanted
from tarmac.terms.states import ObjectState

# Sent in upper case, stored in either (C2).
_CASELESS = {"datasetFileType", "compression", "mode"}
_LABELS = {
    "datasetFileType": "format",
    "bucketName": "bucket",
    "remotePath": "folder",
    "path": "folder",
    "mode": "transfer mode",
}


def source_differences(have: SourceConnection, wanted: Wanted) -> tuple[Difference, ...]:
    """Compare the datasets; they cannot be changed, so any difference means a new source connection (§3.6)."""
    if have.dataset_ids == (wanted.dataset.id,):
        return ()
    return (Difference("dataset", ", ".join(have.dataset_ids) or "none", wanted.dataset.id),)


def base_differences(have: Connection, wanted: Wanted) -> tuple[Difference, ...]:
    """Compare kind, way of signing in and every field that is no secret; the platform masks secrets."""
    found = []
    if have.spec_id != wanted.spec.connection_spec_id:
        found.append(Difference("destination kind", _kind(have.spec_id, have.kind), wanted.spec.title))
    want_auth = "" if wanted.auth is None else wanted.auth.spec_name
    if (have.auth_spec or "") != want_auth:
        found.append(Difference("credentials", have.auth_spec or "none", want_auth or "none"))
    for key, value in wanted.public_params.items():
        stored = have.auth_params.get(key)
        # A field that is not in the answer was left out or masked: nothing is known about it.
        if isinstance(stored, str | int) and str(stored) != value and not is_masked(stored):
            found.append(Difference(key, str(stored), value))
    return tuple(found)


def target_differences(have: TargetConnection, wanted: Wanted, base_id: str | None) -> tuple[Difference, ...]:
    """Compare every parameter, the kind and the base connection (None: it will be a new one)."""
    found = []
    if have.spec_id != wanted.spec.connection_spec_id:
        found.append(Difference("destination kind", _kind(have.spec_id, None), wanted.spec.title))
    if have.base_connection_id != base_id:
        found.append(Difference("base connection", have.base_connection_id or "none", base_id or "a new one"))
    for key, value in wanted.target_params.items():
        stored = _text(have.params, key)
        if _normal(key, stored) != _normal(key, value):
            found.append(Difference(_LABELS.get(key, key), stored or "not set", value))
    return tuple(found)


def flow_differences(
    have: Flow, wanted: Wanted, source_id: str | None, target_id: str | None
) -> tuple[Difference, ...]:
    """Compare kind, state and the two connections (None: it will be a new one); the schedule has a module of its own."""
    found = []
    if have.flow_spec_id is not None and have.flow_spec_id != wanted.spec.flow_spec_id:
        found.append(Difference("flow kind", _kind(have.flow_spec_id, have.kind), wanted.spec.title))
    if have.state != ObjectState.ENABLED:
        found.append(Difference("state", have.state or "unknown", ObjectState.ENABLED))
    for field, stored, want in (
        ("source connection", have.source_connection_ids, source_id),
        ("target connection", have.target_connection_ids, target_id),
    ):
        if want is None or stored != (want,):
            found.append(Difference(field, ", ".join(stored) or "none", want or "a new one"))
    return tuple(found)


def must_be_new(differences: tuple[Difference, ...]) -> bool:
    """Whether no change can bridge them: the kind of a connection or flow is fixed (1414-400)."""
    return any(each.field in {"destination kind", "flow kind"} for each in differences)


def is_masked(value: object) -> bool:
    """Whether a stored credential field is a placeholder rather than a value."""
    text = str(value)
    return not text or set(text) <= set("*•xX.") or (text.startswith(("<", "{")) and text.endswith((">", "}")))


def _text(params: Mapping[str, Any], key: str) -> str:
    value = params.get(key)
    return "" if value is None else str(value)


def _normal(key: str, value: str) -> str:
    if key in _CASELESS:
        return value.casefold()
    if key == "path":
        return value.strip("/")
    return value.rstrip("/") if key == "remotePath" else value


def _kind(spec_id: str, kind: Any) -> str:
    return spec_id if kind is None else kind.spec.title
