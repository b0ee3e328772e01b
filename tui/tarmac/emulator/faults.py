"""Faults as data: what goes wrong, at which request or run, and how often.

A TOML file (`--faults`) and `POST /_emulator/faults` hold the same document::

    never_ready = false          # every ad-hoc run is answered "not ready"
    expire_tokens = true         # all tokens issued so far become invalid, once

    [[request]]                  # rules for requests, the first that fits is applied
    method = "POST"              # default: any
    path = "/data/foundation/flowservice/flows*"    # glob over the path
    nth = 2                      # from the second fitting request on, default 1
    times = 1                    # for so many requests, 0 = for ever, default 1
    when = "after-commit"        # "before" (default): nothing happens on the platform; "after-commit": it happens
    delay = 1.5                  # real seconds until the answer
    status = 500                 # this answer instead of the real one …
    body = { message = "no" }    # … with this body (object: JSON, text: as it is) …
    headers = { Retry-After = "3" }
    close = "drop"               # or no answer at all: "drop" ends the connection, "reset" resets it

    [[run]]                      # rules for runs, in the order in which they start
    flow = "*"                   # glob over flow id or flow name
    nth = 1
    times = 1
    code = "ACTIVATION_BATCH-0000-FAILED"           # with code or message the run fails …
    message = "Job aborted."
    status = "Partial_Success"   # the status word to show at the end instead of the right one
    omit = ["sizeSummary", "recordSummary.outputRecordCount"]     # metrics that never appear
    metrics_delay = 30.0         # virtual seconds between the final status and the metrics
    row_offset = -3              # the metrics lie by so many records
    stuck = true                 # the run never ends …
    stuck_files = 2              # … after it has written so many files, default none
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tarmac.terms.errors import UsageError


class FaultMoment(StrEnum):
    """Whether the platform does what was asked before it misbehaves."""

    BEFORE = "before"
    AFTER_COMMIT = "after-commit"


class FaultClose(StrEnum):
    """How a connection ends without an answer."""

    DROP = "drop"
    RESET = "reset"


class InvalidFault(UsageError):
    """A fault document that cannot be read; the message names the rule and the key."""

    default_code = "emulator-faults"


@dataclass(frozen=True)
class RequestFault:
    """One `[[request]]` rule; see the module's docstring."""

    method: str = "*"
    path: str = "*"
    nth: int = 1
    times: int = 1
    when: FaultMoment = FaultMoment.BEFORE
    delay: float = 0.0
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    close: FaultClose | None = None

    def fits(self, method: str, path: str) -> bool:
        """Whether the rule speaks of such a request."""
        return fnmatchcase(method, self.method.upper()) and fnmatchcase(path, self.path)

    @property
    def answers(self) -> bool:
        """Whether the real answer is kept from the client."""
        return self.status is not None or self.close is not None


@dataclass(frozen=True)
class RunFault:
    """One `[[run]]` rule; see the module's docstring."""

    flow: str = "*"
    nth: int = 1
    times: int = 1
    code: str | None = None
    message: str | None = None
    status: str | None = None
    omit: tuple[str, ...] = ()
    metrics_delay: float = 0.0
    row_offset: int = 0
    stuck: bool = False
    stuck_files: int = 0

    def fits(self, flow_id: str, flow_name: str) -> bool:
        """Whether the rule speaks of a run of this flow."""
        return fnmatchcase(flow_id, self.flow) or fnmatchcase(flow_name, self.flow)

    @property
    def fails(self) -> bool:
        """Whether the run fails."""
        return self.code is not None or self.message is not None


@dataclass
class _Armed:
    """A rule with its count of fitting events."""

    rule: RequestFault | RunFault
    seen: int = 0
    applied: int = 0

    def take(self) -> bool:
        """Count one fitting event and say whether the rule applies to it."""
        self.seen += 1
        due = self.seen >= self.rule.nth and (self.rule.times == 0 or self.applied < self.rule.times)
        self.applied += due
        return due


@dataclass(frozen=True)
class FaultDocument:
    """A checked fault document."""

    request: tuple[RequestFault, ...] = ()
    run: tuple[RunFault, ...] = ()
    never_ready: bool | None = None
    expire_tokens: bool = False

    @classmethod
    def parse(cls, raw: object, origin: str = "faults") -> FaultDocument:
        """Check a document. Raises InvalidFault naming rule and key."""
        if not isinstance(raw, Mapping):
            raise _invalid(origin, "must be a table with the keys request, run, never_ready, expire_tokens")
        _known_keys(raw, {item.name for item in fields(cls)}, origin)
        never_ready = None if "never_ready" not in raw else _typed(raw, "never_ready", bool, origin)
        return cls(
            request=tuple(_request_rule(rule, where) for rule, where in _rules(raw, "request", origin)),
            run=tuple(_run_rule(rule, where) for rule, where in _rules(raw, "run", origin)),
            never_ready=never_ready,
            expire_tokens=bool(_typed(raw, "expire_tokens", bool, origin)) if "expire_tokens" in raw else False,
        )

    @classmethod
    def read(cls, path: Path) -> FaultDocument:
        """Read a TOML file. Raises InvalidFault."""
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _invalid(str(path), f"cannot be read: {error}") from error
        return cls.parse(raw, str(path))


class Faults:
    """The armed rules of one emulator."""

    def __init__(self) -> None:
        self._requests: list[_Armed] = []
        self._runs: list[_Armed] = []
        self.never_ready = False

    def add(self, document: FaultDocument) -> None:
        """Arm more rules. Expiring tokens is the caller's part."""
        self._requests += [_Armed(rule) for rule in document.request]
        self._runs += [_Armed(rule) for rule in document.run]
        if document.never_ready is not None:
            self.never_ready = document.never_ready

    def clear(self) -> None:
        """Disarm everything."""
        self._requests.clear()
        self._runs.clear()
        self.never_ready = False

    def for_request(self, method: str, path: str) -> RequestFault | None:
        """Count a request against every rule and return the first that applies."""
        due = [
            armed.rule
            for armed in self._requests
            if isinstance(armed.rule, RequestFault) and armed.rule.fits(method, path) and armed.take()
        ]
        return due[0] if due else None

    def for_run(self, flow_id: str, flow_name: str) -> RunFault:
        """Count a run against every rule and return the first that applies, or a rule without effect."""
        due = [
            armed.rule
            for armed in self._runs
            if isinstance(armed.rule, RunFault) and armed.rule.fits(flow_id, flow_name) and armed.take()
        ]
        return due[0] if due else RunFault()

    def as_wire(self) -> dict[str, Any]:
        """Answer `GET /_emulator/faults`: the rules with how often each fitted and was applied."""
        return {
            "never_ready": self.never_ready,
            "request": [_as_wire(armed) for armed in self._requests],
            "run": [_as_wire(armed) for armed in self._runs],
        }


def _as_wire(armed: _Armed) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for item in fields(armed.rule):
        value = getattr(armed.rule, item.name)
        if value not in (None, {}, ()):
            shown[item.name] = list(value) if isinstance(value, tuple) else value
    return {**shown, "seen": armed.seen, "applied": armed.applied}


def _request_rule(raw: Mapping[str, Any], where: str) -> RequestFault:
    _known_keys(raw, {item.name for item in fields(RequestFault)}, where)
    values = _common(raw, where)
    for key in ("method", "path"):
        if key in raw:
            values[key] = _typed(raw, key, str, where)
    if "when" in raw:
        values["when"] = _member(raw, "when", FaultMoment, where)
    if "close" in raw:
        values["close"] = _member(raw, "close", FaultClose, where)
    if "delay" in raw:
        values["delay"] = _at_least(_typed(raw, "delay", float, where), 0, "delay", where)
    if "status" in raw:
        values["status"] = _at_least(_typed(raw, "status", int, where), 200, "status", where)
        if values["status"] > 599:
            raise _invalid(where, "key 'status' must be from 200 to 599")
    if "headers" in raw:
        headers = _typed(raw, "headers", Mapping, where)
        values["headers"] = {str(name): str(value) for name, value in headers.items()}
    if "body" in raw:
        values["body"] = raw["body"]
    rule = RequestFault(**values)
    if not rule.answers and not rule.delay:
        raise _invalid(where, "has no effect: give one of the keys 'status', 'close', 'delay'")
    if (rule.body is not None or rule.headers) and rule.status is None:
        raise _invalid(where, "keys 'body' and 'headers' need the key 'status'")
    return rule


def _run_rule(raw: Mapping[str, Any], where: str) -> RunFault:
    _known_keys(raw, {item.name for item in fields(RunFault)}, where)
    values = _common(raw, where)
    types: dict[str, type[Any]] = {
        "flow": str,
        "code": str,
        "message": str,
        "status": str,
        "metrics_delay": float,
        "row_offset": int,
        "stuck": bool,
        "stuck_files": int,
    }
    values.update({key: _typed(raw, key, kind, where) for key, kind in types.items() if key in raw})
    if "omit" in raw:
        values["omit"] = tuple(str(name) for name in _typed(raw, "omit", list, where))
    _at_least(values.get("stuck_files", 0), 0, "stuck_files", where)
    if values.get("stuck_files") and not values.get("stuck"):
        raise _invalid(where, "key 'stuck_files' needs stuck = true")
    return RunFault(**values)


def _common(raw: Mapping[str, Any], where: str) -> dict[str, Any]:
    lowest = {"nth": 1, "times": 0}
    return {
        key: _at_least(_typed(raw, key, int, where), least, key, where) for key, least in lowest.items() if key in raw
    }


def _rules(raw: Mapping[str, Any], key: str, origin: str) -> list[tuple[Mapping[str, Any], str]]:
    rules = raw.get(key, [])
    if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
        raise _invalid(origin, f"key '{key}' must be a list of tables")
    return [(rule, f"{origin}, {key} rule {number}") for number, rule in enumerate(rules, 1)]


def _known_keys(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in raw:
        if key not in known:
            raise _invalid(where, f"key '{key}' is not known; known are {', '.join(sorted(known))}")


def _typed(raw: Mapping[str, Any], key: str, kind: type[Any], where: str) -> Any:
    value = raw[key]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _invalid(where, f"key '{key}' must be of type {kind.__name__.lower()}, not {type(value).__name__}")
    return value


def _member(raw: Mapping[str, Any], key: str, kind: type[StrEnum], where: str) -> StrEnum:
    try:
        return kind(_typed(raw, key, str, where))
    except ValueError as error:
        raise _invalid(where, f"key '{key}' must be one of {', '.join(kind)}") from error


def _at_least(value: Any, least: float, key: str, where: str) -> Any:
    if value < least:
        raise _invalid(where, f"key '{key}' must be at least {least}")
    return value


def _invalid(where: str, what: str) -> InvalidFault:
    return InvalidFault(
        f"{where}: {what}.",
        meaning="Faults are rules that tell the emulator when to misbehave and how.",
        next_step="Correct the rule; docs/emulator.md lists every key under “Faults”.",
    )
