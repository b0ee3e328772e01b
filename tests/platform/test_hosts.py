from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.platform.hosts import checked_base, last_segment, next_query, path_segment
from tarmac.terms.errors import UsageError
from tarmac.terms.hosts import is_loopback


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://platform.adobe.io", "https://platform.adobe.io"),
        ("https://platform.adobe.io/", "https://platform.adobe.io"),
        (" https://gateway.acme.com:8443/aep/ ", "https://gateway.acme.com:8443/aep"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_hosts_that_a_token_may_reach(url: str, kept: str) -> None:
    assert checked_base(url, "base_url") == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://platform.adobe.io",
        "http://127.0.0.1.evil.com",
        "http://localhost.evil.com",
        "http://10.0.0.1",
        "http://0.0.0.0:80",
        "http://user:pass@127.0.0.1",
        "https://user@platform.adobe.io",
        "https://platform.adobe.io?x=1",
        "https://platform.adobe.io#x",
        "https://platform.adobe.io/a b",
        "https://",
        "https://host:notaport",
        "https://[::1",
        "ftp://platform.adobe.io",
        "platform.adobe.io",
        "",
    ],
)
def test_hosts_that_it_may_not(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_base(url, "base_url")
    assert "base_url" in caught.value.message
    assert caught.value.next_step


def test_a_password_in_a_url_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        checked_base("https://me:hunter2@platform.adobe.io", "base_url")
    assert "hunter2" not in str(caught.value.as_json())


@given(st.text())
def test_any_text_is_a_base_or_a_usage_error(text: str) -> None:
    try:
        base = checked_base(text, "base_url")
    except UsageError:
        return
    assert base.startswith(("https://", "http://"))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1", "[::1]"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["app.localhost", "localhost.acme.com", "128.0.0.1", "127.0.0.1.acme.com", "", None])
def test_what_may_be_another_machine_is_no_loopback(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("link", "segment"),
    [
        ("https://platform.adobe.io/data/foundation/flowservice/runs/run-1", "run-1"),
        ("https://platform-va7.adobe.io/runs/run-1/?x=/y#z", "run-1"),
        ("/runs/run%2D1", "run-1"),
        ("run-1", "run-1"),
        ("", None),
        ("///", None),
        ("/runs/..%2Fetc", None),
    ],
)
def test_the_run_id_is_the_last_segment(link: str, segment: str | None) -> None:
    assert last_segment(link) == segment


@pytest.mark.parametrize(
    ("href", "query"),
    [
        ("/flows?continuationToken=abc", "continuationToken=abc"),
        ("https://evil.example/flows?continuationToken=abc", "continuationToken=abc"),
        ("/flows?continuationToken=a==&limit=5", "continuationToken=a==&limit=5"),
        ("/flows?continuationToken=a%3D%2B+b", "continuationToken=a%3D%2B+b"),
        ('/flows?t=#?\u00e9 "%zz', "t=%23?%C3%A9%20%22%25zz"),
        ("/flows", ""),
        ("", ""),
    ],
)
def test_a_next_link_gives_only_its_query_as_it_came(href: str, query: str) -> None:
    assert next_query(href) == query


@pytest.mark.parametrize("bad", ["", ".", "..", "a\nb", "a\x00"])
def test_ids_cannot_leave_their_path(bad: str) -> None:
    with pytest.raises(UsageError):
        path_segment(bad)


def test_ids_with_slashes_are_one_segment() -> None:
    assert path_segment("https://ns.adobe.com/x?y") == "https%3A%2F%2Fns.adobe.com%2Fx%3Fy"
