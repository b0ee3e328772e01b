"""The same rules are parsed once for a theme, and each theme has its own."""

from __future__ import annotations

import pytest
from textual.css.parse import parse
from textual.css.stylesheet import Stylesheet, StylesheetParseError
from textual.widgets import Static

from tarmac.style_sheet import StyleSheet

RED, BLUE = {"signal": "#ff0000"}, {"signal": "#0000ff"}
RULES = "Static { color: $signal; }"


def colour(sheet: Stylesheet) -> str:
    """Return what a widget is coloured with."""
    widget = Static()
    sheet.apply(widget)
    return str(widget.styles.color.hex)


def of(variables: dict[str, str], *rules: str) -> StyleSheet:
    sheet = StyleSheet(variables=variables)
    for number, each in enumerate(rules):
        sheet.add_source(each, ("", str(number)))
    return sheet


def test_each_theme_has_its_own_colours_and_another_sheet_too() -> None:
    sheet, other = of(RED, RULES), of(BLUE, RULES)
    assert (colour(sheet), colour(other)) == ("#FF0000", "#0000FF")
    for variables, expected in (
        (BLUE, "#0000FF"),
        (RED, "#FF0000"),
        ({"signal": "#00ff00"}, "#00FF00"),
        (RED, "#FF0000"),
    ):
        sheet.set_variables(variables)
        sheet.reparse()
        copied = sheet.copy()
        copied.parse()
        assert colour(sheet) == colour(copied) == expected
    assert colour(other) == "#0000FF"


def test_what_was_parsed_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = ("Static { width: 11; color: $signal; }", "Static { height: 3; }")
    variables = {"signal": "#123456"}
    seen: list[str] = []

    def counted(scope: str, css: str, *arguments: object, **more: object) -> object:
        seen.append(css)
        return parse(scope, css, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("textual.css.stylesheet.parse", counted)
    sheet = of(variables, rules[0])
    sheet.parse()
    sheet.add_source(rules[1], ("", "1"))
    sheet.reparse()
    of(dict(variables), *rules).parse()
    sheet.copy().parse()
    assert seen == list(rules)


def test_rules_with_an_error_change_nothing() -> None:
    sheet = of(RED, RULES)
    assert colour(sheet) == "#FF0000"
    sheet.add_source("Static { color: nothing-of-the-kind; }", ("", "wrong"))
    with pytest.raises(StylesheetParseError):
        sheet.reparse()
    assert [rule.css for rule in sheet._rules] == [rule.css for rule in of(RED, RULES).rules]
