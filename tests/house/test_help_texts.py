"""What a help text writes in capitals stands like that on screen: the title of a column, or a state in one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tarmac.keymap import all_bindings
from tarmac.screens.base import TarmacScreen
from tarmac.services.exports.progress import FollowState

SOURCE = Path(__file__).resolve().parents[2] / "tui" / "tarmac"
ABBREVIATIONS = {"ID", "JSON", "ML", "TOML"}
STATES = {state.value for state in FollowState if state.value.isupper()}
# What is to be put in there, `env:NAME`, and variables of the environment, `$EDITOR`.
NOT_SHOWN = re.compile(r":[A-Z]+(?: [A-Z]+)*|\$[A-Z]+")
CAPITALS = re.compile(r"\b[A-Z]{2,}\b(?: [A-Z]{2,}\b)*")

all_bindings()  # imports every screen
HELPS = {each.__name__: each.HELP_TEXT for each in TarmacScreen.__subclasses__() if each.HELP_TEXT}


def titles() -> set[str]:
    """Return the title of every column of every table: the second argument of each `Column(…)`."""
    calls = [
        node
        for folder in ("screens", "widgets")
        for file in (SOURCE / folder).glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Column"
    ]
    return {
        each.value
        for call in calls
        for each in ast.walk(call.args[1])
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


@pytest.mark.parametrize("screen", HELPS)
def test_what_a_help_text_writes_in_capitals_is_a_column_or_a_state(screen: str) -> None:
    named = set(CAPITALS.findall(NOT_SHOWN.sub("", HELPS[screen])))
    assert named - ABBREVIATIONS <= titles() | STATES


def test_help_texts_name_columns_at_all() -> None:
    assert {"NOTICE", "VERIFIED", "USUAL"} <= titles()
    assert {"MISMATCH", "FAILED"} == STATES
    assert "VERIFIED" in HELPS["RunsScreen"]
