"""How a secret is written in TOML: a reference to where it is, or, unwisely, the secret itself."""

from __future__ import annotations

import re
from pathlib import Path

from tarmac.profiles.models import SecretRef, SecretSource
from tarmac.profiles.toml_reading import TomlTable
from tarmac.terms.own_path import own_path

FORMS = '{ env = "NAME" }, { command = ["pass", "show", "aep"] }, { file = "~/.secrets/aep" } or { keyring = "aep" }'
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_variable_name(text: str) -> bool:
    """Whether a variable of the environment can be called so: the bare name, without `$`."""
    return _VARIABLE.fullmatch(text) is not None


def secret_at(table: TomlTable, key: str, *, whole: bool = False) -> SecretRef:
    """Read the secret at `key`, which is there. Raises ProfileError; no message holds the value."""
    return _secret(table, key, table.raw(key), whole)


def secrets_at(table: TomlTable, key: str) -> tuple[SecretRef, ...]:
    """Read one secret or a list of them."""
    value = table.raw(key)
    if not isinstance(value, list):
        return (secret_at(table, key),)
    if not value:
        raise table.error(f"{table.name(key)} is an empty list", key, next_step=f"Write {FORMS}")
    # A list stands for one table of its elements, so that an error names the element and its line.
    elements = table.inner(key, values={})
    return tuple(_secret(elements, position, item, False) for position, item in enumerate(value))


def _secret(table: TomlTable, key: str | int, value: object, whole: bool) -> SecretRef:
    name, place = table.name(key), table.place(key)
    if isinstance(value, str):
        if not value.strip() or "\0" in value:
            raise table.error(f"{name} is empty", key, next_step=f"Write {FORMS}")
        return SecretRef(SecretSource.LITERAL, value, whole=whole, place=place)
    if not isinstance(value, dict):
        raise table.wrong_type(key, value, "a secret or a reference to one", FORMS)
    reference = table.inner(key, values=value)
    reference.only("env", "command", "file", "keyring")
    if len(value) != 1:
        raise table.error(f"{name} needs exactly one of env, command, file, keyring", key, next_step=f"Write {FORMS}")
    if "command" in reference:
        command = reference.texts("command", '["pass", "show", "aep"]') or ()
        return SecretRef(SecretSource.COMMAND, command=command, whole=whole, place=place)
    source = SecretSource(next(iter(reference)))
    text = reference.need_text(source.value, {"env": "AEP_SECRET", "file": "~/.secrets/aep", "keyring": "aep"}[source])
    if source is SecretSource.ENV and not is_variable_name(text):
        # People write the secret itself or $NAME here; the text is not repeated.
        raise reference.error(
            f"{reference.name('env')} is not the name of a variable",
            "env",
            next_step='Write the bare name, without $, for example { env = "AEP_SECRET" }',
        )
    if source is SecretSource.FILE:
        text = local_path(text, table.source.file.parent)
    return SecretRef(source, text, whole=whole, place=place)


def local_path(path: str, folder: Path) -> str:
    """Return `path` with ~ expanded; a relative one is meant from the profile's own `folder`, wherever tarmac runs."""
    return str(folder / own_path(path))
