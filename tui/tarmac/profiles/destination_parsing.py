"""`[destinations.NAME]`: exactly the fields of its kind, each checked by the rule of the spec-ID table."""

from __future__ import annotations

from tarmac.profiles.addresses import address_complaint
from tarmac.profiles.models import Destination, SecretRef, SecretSource
from tarmac.profiles.reader_keys import READER_KEYS, ReaderValue
from tarmac.profiles.secret_parsing import local_path, secret_at
from tarmac.profiles.toml_reading import TomlTable, suggestion
from tarmac.terms.destination_fields import Field
from tarmac.terms.destinations import AuthVariant, DestinationKind

_KINDS = [kind.value for kind in DestinationKind]


def parse_destination(name: str, table: TomlTable) -> Destination:
    """Read one destination. Raises ProfileError."""
    written_kind = table.need_text("kind", DestinationKind.DATA_LANDING_ZONE.value)
    if written_kind not in _KINDS:
        raise table.error(
            f"{table.name('kind')} is not a destination kind", "kind", next_step=suggestion(written_kind, _KINDS)
        )
    kind = DestinationKind(written_kind)
    location_fields = kind.spec.location
    table.only("kind", *(field.key for field in location_fields), "credentials", "reader", "base_connection")
    base_connection = table.text("base_connection", "b0000000-0000-4000-8000-000000000001")
    return Destination(
        name=name,
        kind=kind,
        location={field.key: _location(table, field) for field in location_fields},
        credentials=_credentials(table, kind, has_connection=base_connection is not None),
        reader=_reader(table, kind),
        base_connection=base_connection,
    )


def folder_complaint(path: str) -> str | None:
    """Say why `path` cannot be a folder below a container, or return None: no way up, no backslash."""
    if any(part in {".", ".."} for part in path.split("/")) or "\\" in path:
        return "must not hold . or .. as a folder, or a backslash"
    return None


def _location(table: TomlTable, field: Field) -> str:
    value = table.need_text(field.key, field.example)
    complaint = field.complaint(value)
    if complaint is None and field.key == "path" and (why := folder_complaint(value)):
        complaint = f"{field.label} {why}"
    if complaint is not None:
        raise table.error(
            f"{table.name(field.key)}: {complaint}", field.key, next_step=f'Write {field.key} = "{field.example}"'
        )
    return value


def _credentials(table: TomlTable, kind: DestinationKind, *, has_connection: bool) -> dict[str, SecretRef]:
    variants = kind.spec.auth
    if not variants:
        if "credentials" in table:
            raise table.error(
                f"{table.name('credentials')} is not needed: the platform hands out the landing zone's credentials itself",
                "credentials",
                next_step="Remove this line.",
            )
        return {}
    example = _example(variants[0])
    given = table.table("credentials", example)
    if given is None:
        if has_connection:
            return {}
        raise table.error(
            f"{table.name('credentials')} is missing",
            next_step=f"Add {example}, or name an existing connection with base_connection.",
        )
    fields = {field.key: field for variant in variants for field in variant.fields}
    given.only(*fields)
    _check_variant(given, variants)
    return {key: _credential(given, fields[key]) for key in given}


def _check_variant(given: TomlTable, variants: tuple[AuthVariant, ...]) -> None:
    """Raise ProfileError unless the keys are those of one way to sign in, whole."""
    keys = set(given)
    possible = [variant for variant in variants if keys <= {field.key for field in variant.fields}]
    ways = " or ".join(_example(variant) for variant in variants)
    if not possible:
        raise given.error(f"{given.name()} mixes two ways to sign in", next_step=f"Keep one: {ways}")
    lacking = [[field.key for field in v.fields if field.required and field.key not in keys] for v in possible]
    if all(lacking):
        missing = " or ".join(dict.fromkeys(", ".join(names) for names in lacking))
        raise given.error(f"{given.name()} is incomplete: it lacks {missing}", next_step=f"Write {ways}")


def _credential(table: TomlTable, field: Field) -> SecretRef:
    if field.key == "port":
        return SecretRef(SecretSource.LITERAL, _port(table, "port"))
    reference = secret_at(table, field.key, whole=field.key == "ssh_key")
    if reference.source is SecretSource.LITERAL and (complaint := field.complaint(reference.value)):
        raise table.error(
            f"{table.name(field.key)}: {complaint}",
            field.key,
            next_step=f"Correct it, for example: {_example_line(field)}",
        )
    return reference


def _reader(table: TomlTable, kind: DestinationKind) -> dict[str, str | SecretRef]:
    keys = READER_KEYS[kind]
    given = table.table("reader", f'reader = {{ {keys[0].key} = "{keys[0].example}" }}')
    if given is None:
        return {}
    given.only(*(key.key for key in keys))
    reader: dict[str, str | SecretRef] = {}
    for key in keys:
        if key.key not in given:
            continue
        match key.value:
            case ReaderValue.CREDENTIAL:
                reader[key.key] = secret_at(given, key.key, whole=key.whole)
            case ReaderValue.PORT:
                reader[key.key] = _port(given, key.key)
            case ReaderValue.ADDRESS:
                reader[key.key] = _address(given, key.key, key.example)
            case ReaderValue.PATH:
                reader[key.key] = local_path(given.need_text(key.key, key.example), given.source.file.parent)
            case ReaderValue.TEXT:
                reader[key.key] = given.need_text(key.key, key.example)
    return reader


def _address(table: TomlTable, key: str, example: str) -> str:
    value = table.need_text(key, example)
    if complaint := address_complaint(value):
        raise table.error(f"{table.name(key)} {complaint}", key, next_step=f'Write {key} = "{example}"')
    return value.rstrip("/")


def _port(table: TomlTable, key: str) -> str:
    """A port as a number or as text; as text inside, like every other field."""
    value = table.raw(key)
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 5:
        number = int(value)
    else:
        raise table.wrong_type(key, value, "a port number", f"{key} = 22")
    if not 0 < number < 65536:
        raise table.error(f"{table.name(key)} is not between 1 and 65535", key, next_step=f"Write {key} = 22")
    return str(number)


def _example(variant: AuthVariant) -> str:
    return f"credentials = {{ {', '.join(_example_line(field) for field in variant.fields if field.required)} }}"


def _example_line(field: Field) -> str:
    return f'{field.key} = {{ env = "{field.key.upper()}" }}'
