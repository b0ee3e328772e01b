"""Themes are TOML files: ours beside the code, a person's own in `<config>/themes`. A bad file is named, never fatal.

name = "dusk"            # what config.toml and the palette call it; default: the file's name
dark = true              # or false
ansi = false             # true: the terminal's own sixteen colours, by names such as ansi_cyan

[colors]                 # primary is needed; the rest is derived where it is missing
primary = "#7aa2d6"      # secondary accent foreground background surface panel boost success warning error

[variables]              # any of Textual's own style variables
"text-muted" = "#9aa0a6"
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

from tarmac.terms.errors import UsageError
from tarmac.terms.text import plain

USUAL = "tarmac-dark"
PLAIN = "tarmac-plain"
COLORS = (
    *("primary", "secondary", "accent", "foreground", "background"),
    *("surface", "panel", "boost", "success", "warning", "error"),
)
_ANSI_VARIABLES = {"ansi-background": "ansi_black", "ansi-foreground": "ansi_white"}
_MANY_COLORS = {"256color", "kitty", "direct", "truecolor"}


class ThemeProblem(UsageError):
    """A theme file is unreadable or wrong; names file, line and key. The app goes on with another theme."""

    default_code = "theme"

    def __init__(self, message: str, file: Path, *, line: int | None = None, next_step: str = "") -> None:
        where = f"{file}:{line}" if line else str(file)
        super().__init__(f"{where}: {message}", next_step=next_step)
        self.file = file
        self.line = line


@dataclass(frozen=True)
class Themes:
    """The themes that can be used, by name, and what is wrong with the others."""

    usable: Mapping[str, Theme] = field(default_factory=dict)
    problems: tuple[ThemeProblem, ...] = ()


def shipped_folder() -> Path:
    """Return the folder of the themes that come with the app: in the package, or at the top of a source checkout."""
    packed = Path(__file__).with_name("themes")
    return packed if packed.is_dir() else Path(__file__).resolve().parents[2] / "themes"


def load_theme(file: Path) -> Theme:
    """Read one theme file. Raises ThemeProblem. Blocks on the disk."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ThemeProblem(f"cannot be read: {cause}", file, next_step="Check the file.") from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise ThemeProblem(
            f"is not TOML: {plain(str(error), 160)}", file, line=int(found[1]) if found else None
        ) from error
    return _Reader(file, text).theme(raw)


def load_themes(user_folder: Path | None = None) -> Themes:
    """Read all theme files; a person's own takes the place of ours by the same name. Blocks on the disk."""
    usable: dict[str, Theme] = {}
    problems: list[ThemeProblem] = []
    for folder in (shipped_folder(), user_folder):
        if folder is None or not folder.is_dir():
            continue
        for file in sorted(folder.glob("*.toml")):
            try:
                theme = load_theme(file)
            except ThemeProblem as problem:
                problems.append(problem)
            else:
                usable[theme.name] = theme
    return Themes(usable, tuple(problems))


def first_theme(wanted: str | None, user_folder: Path | None) -> tuple[Theme, ThemeProblem | None]:
    """Return the theme to start with, reading as few files as can be, and what was wrong with the wanted one."""
    problem: ThemeProblem | None = None
    if wanted is not None:
        for folder in (user_folder, shipped_folder()):
            file = None if folder is None else folder / f"{wanted}.toml"
            if file is not None and "/" not in wanted and file.is_file():
                try:
                    return load_theme(file), None
                except ThemeProblem as found:
                    problem = found
        everything = load_themes(user_folder)
        if problem is None and wanted in everything.usable:
            return everything.usable[wanted], None
        known = ", ".join(sorted(everything.usable))
        problem = problem or ThemeProblem(
            f"there is no theme {plain(wanted, 40)!r}",
            user_folder or shipped_folder(),
            next_step=f"Write one of these as theme in config.toml: {known}.",
        )
    return load_theme(shipped_folder() / f"{USUAL}.toml"), problem


def wanted_theme(configured: str | None, environment: Mapping[str, str] | None = None) -> str:
    """Return the name of the theme for this terminal: without colours or with sixteen, the plain one."""
    env = os.environ if environment is None else environment
    if "NO_COLOR" in env:
        return PLAIN
    if configured is not None:
        return configured
    return USUAL if _has_many_colors(env) else PLAIN


def _has_many_colors(env: Mapping[str, str]) -> bool:
    if env.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return True
    return env.get("TERM", "").strip().lower().rpartition("-")[2] in _MANY_COLORS


class _Reader:
    """One file: its keys checked one by one, so that an error can name the line."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()

    def theme(self, raw: Mapping[str, Any]) -> Theme:
        for key in raw.keys() - {"name", "dark", "ansi", "colors", "variables"}:
            raise self.problem(key, "is not known here", "Known: name, dark, ansi, [colors], [variables].")
        name = raw.get("name", self.file.stem)
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
            raise self.problem("name", "must be a short name without spaces", f'Write name = "{self.file.stem}"')
        dark, ansi = self.flag(raw, "dark", True), self.flag(raw, "ansi", False)
        colors = self.table(raw, "colors")
        variables = self.table(raw, "variables")
        for key, value in colors.items():
            if key not in COLORS:
                raise self.problem(key, "is not a colour of a theme", f"Known: {', '.join(COLORS)}.")
            self.color(key, value, ansi)
        if "primary" not in colors:
            raise self.problem("colors", "needs primary", 'Write primary = "#7aa2d6" below [colors]')
        if ansi:
            variables = {**_ANSI_VARIABLES, **variables}
        theme = Theme(name, colors["primary"], dark=dark, ansi=ansi, variables=variables)
        for key, value in colors.items():
            setattr(theme, key, value)
        if self.file.parent != shipped_folder():
            self.prove(theme)
        return theme

    def prove(self, theme: Theme) -> None:
        """A variable that the style sheets cannot use would end the app when the theme is put on."""
        from textual.app import App
        from textual.css.errors import StylesheetError
        from textual.css.stylesheet import Stylesheet
        from textual.screen import Screen
        from textual.widgets import Input

        ours = Path(__file__).with_name("tarmac.tcss").read_text(encoding="utf-8")
        usual = {**theme.to_color_system().generate(), **_ANSI_VARIABLES}
        for key, value in theme.variables.items():
            sheet = Stylesheet(variables={**usual, key: value})
            for source in (App.DEFAULT_CSS, Screen.DEFAULT_CSS, Input.DEFAULT_CSS, ours):
                sheet.add_source(source)
            try:
                sheet.parse()
            except StylesheetError:
                raise self.problem(
                    key, f"cannot be {plain(value, 40)!r}", 'Write a colour such as "#9aa0a6".'
                ) from None

    def color(self, key: str, value: str, ansi: bool) -> None:
        try:
            parsed = Color.parse(value)
        except ColorParseError:
            parsed = None
        if parsed is None:
            raise self.problem(key, f"is not a colour: {plain(value, 40)!r}", 'Write a colour such as "#7aa2d6"')
        if (parsed.ansi is not None) != ansi:
            rule = "one of the terminal's colours, such as ansi_cyan" if ansi else 'a colour such as "#7aa2d6"'
            raise self.problem(key, f"must be {rule} while ansi = {str(ansi).lower()}", "Change it, or change ansi.")

    def flag(self, raw: Mapping[str, Any], key: str, default: bool) -> bool:
        value = raw.get(key, default)
        if not isinstance(value, bool):
            raise self.problem(key, "must be true or false", f"Write {key} = {str(default).lower()}")
        return value

    def table(self, raw: Mapping[str, Any], key: str) -> dict[str, str]:
        value = raw.get(key, {})
        if not isinstance(value, dict):
            raise self.problem(key, "must be a table", f"Write [{key}] on a line of its own")
        for inner, text in value.items():
            if not isinstance(text, str):
                raise self.problem(inner, "must be a text in quotes", f'Write {inner} = "…"')
        return value

    def problem(self, key: str, message: str, next_step: str) -> ThemeProblem:
        pattern = re.compile(rf"""^\s*\[?\s*["']?{re.escape(key)}["']?\s*[\]=]""")
        line = next((number for number, text in enumerate(self.lines, start=1) if pattern.match(text)), None)
        return ThemeProblem(f"{plain(key, 40)} {message}", self.file, line=line, next_step=next_step)
