"""The line of a key: right for every form TOML has."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from tarmac.profiles.toml_lines import KeyPath, key_lines

TEXT = '''\
# [not.a.table]
top = "a = b"  # x = 1
multi = """
[fake]
inner = 1 \\"""
"""""
literal = \'\'\'
fake = "2"\'\'\'\'\'
[platform]
a.b . "c.d" = 1
'quoted key' = [ # comment ]
  1, "two, ]", [3,
  4],
]
inline = { x = { y = 1 }, z.w = [
  {k = 1}, {k = "}"}
]}
[[list]]
name = "first"
[list.sub]
deep = 2026-01-01 01:00:00
[[list]]
name = "second"
[list.sub]
deep = 07:00:00
["wei.rd".x]
"\\u00e9" = true
'''

EXPECTED: dict[KeyPath, int] = {
    ("top",): 2,
    ("multi",): 3,
    ("literal",): 7,
    ("platform",): 9,
    ("platform", "a"): 10,
    ("platform", "a", "b", "c.d"): 10,
    ("platform", "quoted key"): 11,
    ("platform", "quoted key", 0): 12,
    ("platform", "quoted key", 1): 12,
    ("platform", "quoted key", 2, 0): 12,
    ("platform", "quoted key", 2, 1): 13,
    ("platform", "inline"): 15,
    ("platform", "inline", "x", "y"): 15,
    ("platform", "inline", "z", "w", 0, "k"): 16,
    ("platform", "inline", "z", "w", 1, "k"): 16,
    ("list", 0, "name"): 19,
    ("list", 0, "sub", "deep"): 21,
    ("list", 1): 22,
    ("list", 1, "name"): 23,
    ("list", 1, "sub", "deep"): 25,
    ("wei.rd", "x", "é"): 27,
}


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    if isinstance(value, list):
        for position, inner in enumerate(value):
            yield from paths(inner, (*path, position))


def test_lines_of_every_form() -> None:
    lines = key_lines(TEXT)
    assert {path: lines.get(path) for path in EXPECTED} == EXPECTED


def test_nothing_is_missed_and_nothing_invented() -> None:
    assert set(key_lines(TEXT)) == set(paths(tomllib.loads(TEXT)))


keys = st.text(max_size=6)
scalars = st.one_of(
    st.text(max_size=12),
    st.integers(-(2**60), 2**60),
    st.booleans(),
    st.floats(),
    st.datetimes(),
    st.dates(),
    st.times(),
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


@given(st.dictionaries(keys, values, max_size=4), st.booleans())
def test_every_key_of_any_document_has_a_line(document: dict[str, object], multiline: bool) -> None:
    text = tomli_w.dumps(document, multiline_strings=multiline).replace("\r\n", "\n")
    lines = key_lines(text)
    assert set(lines) == set(paths(tomllib.loads(text)))
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    key_lines(text)
