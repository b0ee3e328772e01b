"""JSON Patch as Flow Service takes it: add, replace, remove in any case, on the fields a noun allows (§3.8)."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tarmac.emulator.answers import flow_error

_OPS = frozenset({"add", "replace", "remove"})


@dataclass(frozen=True)
class PatchOp:
    """One operation; `path` holds the steps without the leading slash."""

    op: str
    path: tuple[str, ...]
    value: Any = None


def parse_patch(body: Any) -> tuple[PatchOp, ...]:
    """Read the body of a PATCH. Raises ApiError 400."""
    if not isinstance(body, list) or not body:
        raise flow_error("1405-400", "The request body must be a non-empty array of patch operations.")
    operations = []
    for raw in body:
        if not isinstance(raw, Mapping):
            raise flow_error("1434-400", "Every patch operation must be an object.")
        op, path = str(raw.get("op", "")).lower(), str(raw.get("path", ""))
        if op not in _OPS:
            raise flow_error("1434-400", f"The patch operation [{raw.get('op')}] is not supported.")
        if not path.startswith("/") or path == "/":
            raise flow_error("1455-400", f"The patch path [{path}] is not valid.")
        if op != "remove" and "value" not in raw:
            raise flow_error("1434-400", f"The patch operation [{op}] on [{path}] has no value.")
        operations.append(PatchOp(op, tuple(path[1:].split("/")), copy.deepcopy(raw.get("value"))))
    return tuple(operations)


def apply_patch(
    document: Mapping[str, Any], operations: tuple[PatchOp, ...], allowed: Collection[str], *, replaces: bool
) -> dict[str, Any]:
    """Return a patched copy of `document`; only the top-level fields in `allowed` may change.

    With `replaces` false an object given as a value is merged into the one that is there (§12.4 leaves it open).
    """
    changed = copy.deepcopy(dict(document))
    for operation in operations:
        if operation.path[0] not in allowed:
            raise flow_error("1455-400", f"The patch path [/{'/'.join(operation.path)}] cannot be changed.")
        _apply(changed, operation, replaces)
    return changed


def _apply(document: dict[str, Any], operation: PatchOp, replaces: bool) -> None:
    node: Any = document
    for step in operation.path[:-1]:
        if not isinstance(node, dict) or not isinstance(node.get(step), dict):
            raise flow_error("1455-400", f"The patch path [/{'/'.join(operation.path)}] does not exist.")
        node = node[step]
    last = operation.path[-1]
    if operation.op == "remove":
        if last not in node:
            raise flow_error("1455-400", f"The patch path [/{'/'.join(operation.path)}] does not exist.")
        del node[last]
    elif not replaces and isinstance(operation.value, dict) and isinstance(node.get(last), dict):
        node[last] = {**node[last], **operation.value}
    else:
        node[last] = operation.value
