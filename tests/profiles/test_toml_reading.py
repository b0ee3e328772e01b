"""Every complaint about TOML names file, line and key, and no value."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.toml_reading import MAX_BYTES, parse_toml, read_toml

FILE = Path("acme.toml")


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"a = 1\nb = oops\n", 2, "not valid TOML"),
        (b"a = 1\r\n\r\nb = \r\n", 3, "not valid TOML"),
        (b'a = 1\nb = "open', 2, "not valid TOML"),
        (b"a = 1\na = 2\n", 2, "not valid TOML"),
        (b"a = 1\n\nb = '\xff'\n", 3, "not UTF-8"),
        (b"a = " + b"[" * 20_000, None, "nested too deeply"),
        (b"a = " + b"9" * 5_000, None, "number that is too long"),
        (b"#" * (MAX_BYTES + 1), None, "larger than 1 MiB"),
    ],
)
def test_what_is_not_toml(data: bytes, line: int | None, words: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_toml(data, FILE)
    assert caught.value.line == line
    assert words in caught.value.message
    assert str(FILE) in caught.value.message
    assert caught.value.next_step


def test_byte_order_mark_is_no_reason_to_refuse() -> None:
    assert parse_toml(b"\xef\xbb\xbfa = 1\n", FILE).raw("a") == 1


def test_unknown_key_with_the_one_that_was_meant() -> None:
    table = parse_toml(b'[platform]\nx = 1\n\nclient_secert = "CANARY-1234"\n', FILE).table("platform", "")
    assert table is not None
    with pytest.raises(ProfileError) as caught:
        table.only("x", "client_secret", "client_id")
    assert (caught.value.line, caught.value.key) == (4, "platform.client_secert")
    assert caught.value.next_step == "Did you mean client_secret?"
    assert "CANARY" not in repr(caught.value.as_json())


def test_missing_key_points_at_its_table() -> None:
    table = parse_toml(b"\n\n[a.b]\nx = 1\n", FILE).table("a", "")
    assert table is not None
    inner = table.table("b", "")
    assert inner is not None
    with pytest.raises(ProfileError, match=r"a\.b\.sandbox is missing") as caught:
        inner.need_text("sandbox", "ml-dev")
    assert caught.value.line == 3
    assert 'sandbox = "ml-dev"' in caught.value.next_step


@pytest.mark.parametrize("value", ["1", "true", "[]", "{}", "2026-01-01", '""', '"  "', '"a\\u001bb"'])
def test_wrong_text(value: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_toml(f"\nname = {value}\n".encode(), FILE).text("name", "acme")
    assert caught.value.line == 2
    assert 'name = "acme"' in caught.value.next_step


@pytest.mark.parametrize("value", ['"0s"', '"5"', '"-1s"', '"1 week"', '"99999999999999999999d"', "5"])
def test_wrong_duration(value: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_toml(f"poll = {value}".encode(), FILE).duration("poll", "5s")
    assert 'poll = "5s"' in caught.value.next_step


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="does not exist"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(ProfileError, match="not a file"):
        read_toml(tmp_path)
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(ProfileError, match="not a file"):
        read_toml(tmp_path / "pipe.toml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("")
    file.chmod(0)
    with pytest.raises(ProfileError, match="cannot be read: Permission denied"):
        read_toml(file)
