"""A profile file as a value: `[platform]` and `[destinations.NAME]` (design §5.1)."""

from __future__ import annotations

import re
from pathlib import Path

from tarmac.profiles.addresses import address_complaint
from tarmac.profiles.destination_parsing import parse_destination
from tarmac.profiles.models import (
    DEFAULT_BASE_URL,
    DEFAULT_IMS_URL,
    DEFAULT_SCOPES,
    Destination,
    PlatformSettings,
    Profile,
    SecretSource,
)
from tarmac.profiles.places import name_complaint
from tarmac.profiles.secret_parsing import FORMS, secrets_at
from tarmac.profiles.toml_reading import TomlTable, parse_toml, read_toml
from tarmac.terms.text import plain

EXAMPLE_ORG = "0123456789ABCDEF01234567@AdobeOrg"
# These travel in headers and forms: visible ASCII without spaces.
_TOKEN = re.compile(r"[!-~]+")
_ORG = re.compile(r"[!-?A-~]+@[!-?A-~]+")


def read_profile(file: Path, name: str) -> Profile:
    """Read one profile file. Raises ProfileError. Blocks."""
    return _profile(read_toml(file), name)


def parse_profile(data: bytes, file: Path, name: str) -> Profile:
    """Read a profile from `data`; `file` is named in errors and is where relative secret files are looked for."""
    return _profile(parse_toml(data, file), name)


def _profile(root: TomlTable, name: str) -> Profile:
    root.only("platform", "destinations")
    platform = root.table("platform", '[platform] on a line of its own, then org_id = "…"')
    if platform is None:
        raise root.error(
            "has no [platform] table", next_step="Add [platform] with org_id, client_id, client_secret and sandbox."
        )
    return Profile(name, _platform(platform), _destinations(root))


def _platform(table: TomlTable) -> PlatformSettings:
    table.only("org_id", "client_id", "client_secret", "sandbox", "scopes", "base_url", "ims_url")
    org_id = _token(table, "org_id", EXAMPLE_ORG)
    if _ORG.fullmatch(org_id) is None:
        raise table.error(
            f"{table.name('org_id')} is not an organization ID",
            "org_id",
            meaning="The Developer Console shows it as Organization ID: 24 characters and @AdobeOrg.",
            next_step=f'Write org_id = "{EXAMPLE_ORG}"',
        )
    client_id = _token(table, "client_id", "aabbccddeeff00112233445566778899")
    if "client_secret" not in table:
        raise table.error(f"{table.name('client_secret')} is missing", next_step=f"Add client_secret = {FORMS}")
    first, *others = secrets_at(table, "client_secret")
    return PlatformSettings(
        org_id=org_id,
        client_id=client_id,
        client_secret=first,
        other_secrets=tuple(others),
        sandbox=_token(table, "sandbox", "ml-dev"),
        scopes=_scopes(table),
        base_url=_address(table, "base_url", DEFAULT_BASE_URL),
        ims_url=_address(table, "ims_url", DEFAULT_IMS_URL),
    )


def _scopes(table: TomlTable) -> tuple[str, ...]:
    example = '["openid", "AdobeID", "session"]'
    scopes = table.texts("scopes", example)
    if scopes is None:
        return DEFAULT_SCOPES
    if any(_TOKEN.fullmatch(scope) is None or "," in scope for scope in scopes):
        raise table.error(
            f"{table.name('scopes')} holds a space or comma inside a scope",
            "scopes",
            next_step=f"Write one text for each scope: scopes = {example}",
        )
    return scopes


def _token(table: TomlTable, key: str, example: str) -> str:
    value = table.need_text(key, example)
    if _TOKEN.fullmatch(value) is None:
        raise table.error(
            f"{table.name(key)} holds a space or a character outside ASCII", key, next_step=f'Write {key} = "{example}"'
        )
    return value


def _address(table: TomlTable, key: str, default: str) -> str:
    value = table.text(key, default)
    if value is None:
        return default
    if complaint := address_complaint(value):
        raise table.error(f"{table.name(key)} {complaint}", key, next_step=f'Write {key} = "{default}"')
    return value.rstrip("/")


def _destinations(root: TomlTable) -> dict[str, Destination]:
    example = "[destinations.landing] on a line of its own"
    table = root.table("destinations", example)
    found: dict[str, Destination] = {}
    if table is None:
        return found
    for name in table:
        if complaint := name_complaint(name):
            raise table.error(f"{plain(name, 64)!r} cannot be the name of a destination: {complaint}", name)
        inner = table.table(name, example)
        if inner is not None:
            found[name] = parse_destination(name, inner)
    return found


def has_literal_secret(profile: Profile) -> bool:
    """Whether a secret itself stands in the file, so that nobody else should be able to read it."""
    if any(secret.source is SecretSource.LITERAL for secret in profile.platform.client_secrets):
        return True
    for destination in profile.destinations.values():
        secret_keys = {field.key for variant in destination.kind.spec.auth for field in variant.fields if field.secret}
        given = [ref for key, ref in destination.credentials.items() if key in secret_keys]
        given += [value for value in destination.reader.values() if not isinstance(value, str)]
        if any(ref.source is SecretSource.LITERAL for ref in given):
            return True
    return False
