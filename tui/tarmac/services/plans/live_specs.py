"""What the platform itself says about a destination: its live specs decide, our table stands in, differences are said.

The spec-ID table (`terms.destinations`) is right as far as the documents are, and they disagree here and there (§11). So the
required fields, the rules of fields, the ways to sign in, file types and hour steps are taken from the sandbox's own
connection spec and flow spec where these say something (design §6.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tarmac.platform.errors import Forbidden, PlatformError, SignInFailed, Unauthorized
from tarmac.platform.models import ConnectionSpec, FlowSpec
from tarmac.services.together import together
from tarmac.terms.destination_fields import Field
from tarmac.terms.destinations import AuthVariant, DestinationKind, DestinationSpec
from tarmac.terms.errors import TarmacError
from tarmac.terms.formats import Compression, FileFormat
from tarmac.terms.schedules import KNOWN_HOUR_STEPS
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

# Sent with every target connection, or meant for audiences only (§3.5): not for a person to fill in.
_OURS = frozenset({"mode", "datasetFileType", "compression", "fileType", "csvOptions", "includeFileManifest"})
_LONGEST_PATTERN = 500


@dataclass(frozen=True)
class LiveSpec:
    """One kind as the platform has it now.

    `spec` is the table's row with the live spec's requirements and rules. Empty tuples mean that the specs do not say.
    `rules` are fields whose rule is another one on the platform: they are checked by that. `missing` are required
    fields that our form does not have, by their wire names. `problem` says why the connection
    spec could not be read; `flow` is the flow spec or why it could not be.
    """

    spec: DestinationSpec
    flow: FlowSpec | TarmacError
    file_types: tuple[str, ...] = ()
    compressions: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    auth_names: tuple[str, ...] = ()
    problem: TarmacError | None = field(default=None, compare=False)

    @property
    def hour_steps(self) -> tuple[int, ...]:
        """Hours between two scheduled runs that the platform offers; empty where it does not say."""
        return () if isinstance(self.flow, TarmacError) else self.flow.hour_steps

    def offers(self, file_format: FileFormat, compression: Compression) -> bool:
        """Whether both words are among those of the live spec, or the spec does not say."""
        fits = not self.file_types or file_format.wire in self.file_types
        return fits and (not self.compressions or compression.wire in self.compressions)

    def offers_auth(self, variant: AuthVariant) -> bool:
        """Whether this way to sign in is among the live ones, or the spec names none."""
        return not self.auth_names or variant.spec_name in self.auth_names


async def live_spec(platform: Platform, kind: DestinationKind) -> LiveSpec:
    """Read both specs of a kind. One that cannot be read is replaced by the table and said in the value.

    Raises SignInFailed, Unauthorized or Forbidden where the platform lets us do nothing at all.
    """
    async with together() as group:
        connection = group.create_task(_connection_spec(platform, kind.spec.connection_spec_id))
        flow = group.create_task(flow_spec(platform, kind.spec.flow_spec_id))
    return merged(kind, connection.result(), flow.result())


def merged(kind: DestinationKind, connection: ConnectionSpec | TarmacError, flow: FlowSpec | TarmacError) -> LiveSpec:
    """Return the table's row as the live specs have it."""
    table = kind.spec
    steps = list(_step_differences(flow))
    if isinstance(connection, TarmacError):
        return LiveSpec(table, flow, differences=tuple(steps), problem=connection)
    said, rules = list[str](), list[str]()
    auth = tuple(_variant(variant, connection, said, rules) for variant in table.auth)
    known = {variant.spec_name for variant in table.auth}
    said += [
        f'the platform also offers to sign in with "{plain(name, 60)}", which tarmac does not know'
        for name in connection.auth_spec_names
        if name not in known
    ]
    schema = _object(_object(connection.raw.get("targetSpec")).get("spec"))
    location = tuple(_field(each, schema, said, rules) for each in table.location)
    missing = list(_unknown_required(schema, table.location, said))
    said += _word_differences("file type", connection.file_types, FileFormat)
    said += _word_differences("compression", connection.compressions, Compression)
    return LiveSpec(
        replace(table, auth=auth, location=location),
        flow,
        connection.file_types,
        connection.compressions,
        tuple(dict.fromkeys(said + steps)),
        tuple(dict.fromkeys(rules)),
        tuple(missing),
        connection.auth_spec_names,
    )


def _variant(variant: AuthVariant, connection: ConnectionSpec, said: list[str], rules: list[str]) -> AuthVariant:
    specs = [_object(each) for each in _list(connection.raw.get("authSpec"))]
    found = next((each for each in specs if each.get("name") == variant.spec_name), None)
    if found is None:
        if specs:
            said.append(f"the platform does not offer to sign in with {variant.words} ({variant.spec_name})")
        return variant
    schema = _object(found.get("spec"))
    fields = tuple(_field(each, schema, said, rules) for each in variant.fields)
    known = {each.wire for each in variant.fields}
    said.extend(
        f'{variant.title} needs "{plain(name, 60)}" on the platform, which tarmac does not know'
        for name in _required(schema)
        if name not in known
    )
    return replace(variant, fields=fields)


def _field(each: Field, schema: Mapping[str, Any], said: list[str], rules: list[str]) -> Field:
    """Return the field with the live requirement and rule; a spec without properties says nothing."""
    properties = _object(schema.get("properties"))
    if not properties:
        return each
    required = each.wire in _required(schema)
    if each.wire not in properties:
        # An optional field that the spec does not name is one of the known contradictions (`port`, §3.4).
        if each.required:
            said.append(f"{each.label} ({each.wire}) is not in the platform's form")
        return each
    if required != each.required:
        said.append(f"{each.label} is {'required' if required else 'optional'} on the platform")
    found = replace(each, required=required)
    live = _object(properties[each.wire]).get("pattern")
    if not isinstance(live, str) or _bare(live) == (each.pattern or ""):
        return found
    pattern = _usable(live)
    if pattern is None:
        return found
    rules.append(f"{each.label}: {plain(live, 120)}")
    described = _object(properties[each.wire]).get("description")
    words = plain(described, 160) if isinstance(described, str) and described else plain(live, 120)
    return replace(found, pattern=pattern, rule=f"does not keep the platform's rule: {words}")


def _bare(pattern: str) -> str:
    return pattern.removeprefix("^").removesuffix("$")


def _usable(pattern: str) -> str | None:
    """Return a JSON schema's pattern, which may match anywhere, for `re.fullmatch`; None for one that Python cannot read."""
    if len(pattern) > _LONGEST_PATTERN:
        return None
    is_whole = pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith("\\$")
    text = f"(?:{_bare(pattern)})" if is_whole else rf"[\s\S]*(?:{pattern})[\s\S]*"
    try:
        re.compile(text)
    except re.error:
        return None
    return text


def _unknown_required(schema: Mapping[str, Any], known: tuple[Field, ...], said: list[str]) -> Iterator[str]:
    wires = {each.wire for each in known} | _OURS
    for name in _required(schema):
        if name not in wires:
            said.append(f'the platform needs "{plain(name, 60)}" for the location, which tarmac does not know')
            yield name


def _word_differences(what: str, live: tuple[str, ...], ours: type[FileFormat] | type[Compression]) -> Iterator[str]:
    known = [each.wire for each in ours]
    for word in known:
        if live and word not in live:
            yield f"the platform does not offer the {what} {word}"
    for word in live:
        if word not in known:
            yield f"the platform also offers the {what} {plain(word, 40)}, which tarmac does not know"


def _step_differences(flow: FlowSpec | TarmacError) -> Iterator[str]:
    if isinstance(flow, TarmacError) or not flow.hour_steps or set(flow.hour_steps) == set(KNOWN_HOUR_STEPS):
        return
    yield (
        f"runs are offered every {', '.join(map(str, flow.hour_steps))} hours; "
        f"tarmac knows {', '.join(map(str, KNOWN_HOUR_STEPS))}"
    )


async def _connection_spec(platform: Platform, spec_id: str) -> ConnectionSpec | TarmacError:
    try:
        return await platform.specs.connection_spec(spec_id)
    except PlatformError as error:
        return tolerated(error)


async def flow_spec(platform: Platform, spec_id: str) -> FlowSpec | TarmacError:
    """Return the live flow spec, or why it cannot be read. Raises what `tolerated` raises."""
    try:
        return await platform.specs.flow_spec(spec_id)
    except PlatformError as error:
        return tolerated(error)


def tolerated(error: PlatformError) -> TarmacError:
    """Return an error that leaves one thing unchecked; raise it where the platform lets us do nothing at all."""
    if isinstance(error, SignInFailed | Unauthorized) or (
        isinstance(error, Forbidden) and error.code.startswith("403")
    ):
        raise error
    return error


def _required(schema: Mapping[str, Any]) -> list[str]:
    return [each for each in _list(schema.get("required")) if isinstance(each, str)]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
