"""config.toml: read, never written by the app. A missing file means the defaults."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tarmac.profiles.addresses import webhook_complaint
from tarmac.profiles.files import is_there
from tarmac.profiles.models import Config, Notify, SecretRef, SecretSource, Timing
from tarmac.profiles.places import name_complaint
from tarmac.profiles.secret_parsing import secret_at
from tarmac.profiles.toml_reading import TomlTable, quoted, read_toml

LONGEST = timedelta(hours=1)


def load_config(file: Path) -> Config:
    """Read the configuration, or return the defaults when there is no file. Raises ProfileError. Blocks."""
    if not is_there(file):
        return Config()
    return _config(read_toml(file))


def _config(root: TomlTable) -> Config:
    root.only("theme", "profile", "low_bandwidth", "mouse", "keys", "timing", "notify")
    profile = root.text("profile", "acme")
    if profile is not None and (complaint := name_complaint(profile)):
        raise root.error(
            f"profile cannot be the name of one: {complaint}", "profile", next_step='Write profile = "acme"'
        )
    return Config(
        theme=root.text("theme", "tarmac-dark"),
        profile=profile,
        low_bandwidth=root.flag("low_bandwidth", False),
        mouse=root.flag("mouse", False),
        keys=_keys(root),
        timing=_timing(root),
        notify=_notify(root),
    )


def _keys(root: TomlTable) -> dict[str, str]:
    """Binding id to keys, both as Textual names them; whether they exist is for the app to say, which knows them."""
    table = root.table("keys", '[keys] on a line of its own, then "app.quit" = "Q"')
    return {} if table is None else {key: _key(table, key) for key in table}


def _key(table: TomlTable, action: str) -> str:
    value = table.raw(action)
    if isinstance(value, dict):
        inner = next(iter(value), "action")
        raise table.error(
            f"{table.name(action)} is a table: the name of an action needs quotes, because of its dot",
            action,
            next_step=f"Write {quoted(f'{action}.{inner}')} = … in [keys]",
        )
    if not isinstance(value, str):
        raise table.wrong_type(
            action,
            value,
            "a key in quotes",
            f'{quoted(action)} = "…" with a key such as ctrl+f, or remove the line: the action has its own key then.',
        )
    return table.need_text(action, "ctrl+f")


def _timing(root: TomlTable) -> Timing:
    table = root.table("timing", '[timing] on a line of its own, then poll = "5s"')
    if table is None:
        return Timing()
    table.only("probe", "poll", "request_timeout")
    usual = Timing()
    return Timing(
        _interval(table, "probe", "20s", usual.probe),
        _interval(table, "poll", "5s", usual.poll),
        _interval(table, "request_timeout", "30s", usual.request_timeout),
    )


def _interval(table: TomlTable, key: str, example: str, default: timedelta) -> timedelta:
    value = table.duration(key, example)
    if value is not None and value > LONGEST:
        raise table.error(f"{table.name(key)} is longer than an hour", key, next_step=f'Write {key} = "{example}"')
    return default if value is None else value


def _notify(root: TomlTable) -> Notify:
    table = root.table("notify", "[notify] on a line of its own, then bell = true")
    if table is None:
        return Notify()
    table.only("bell", "osc", "title", "command", "webhook", "timeout")
    usual = Notify()
    return Notify(
        table.flag("bell", False),
        table.texts("command", '["/usr/local/bin/tell-us"]') or (),
        _webhook(table),
        _interval(table, "timeout", "30s", usual.timeout),
        table.flag("osc", usual.osc),
        table.flag("title", usual.title),
    )


def _webhook(table: TomlTable) -> SecretRef | None:
    """An address that is written here is looked at here; one that is elsewhere, when it is needed."""
    if "webhook" not in table:
        return None
    found = secret_at(table, "webhook")
    if found.source is SecretSource.LITERAL and (complaint := webhook_complaint(found.value)):
        raise table.error(
            f"{table.name('webhook')} {complaint}",
            "webhook",
            next_step='Write webhook = "https://…", or where it is kept: webhook = { env = "ACME_HOOK" }',
        )
    return found
