"""The authorities of this machine are read once, and again where others are named."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from support.certificates import loopback_certificate
from tarmac.platform.wire import Wire


async def test_the_authorities_are_read_once_for_the_same_variables_and_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str | None] = []
    create = httpx.create_ssl_context

    def counted() -> object:
        read.append(os.environ.get("SSL_CERT_FILE"))
        return create()

    monkeypatch.setattr(httpx, "create_ssl_context", counted)
    first, second = (make(tmp_path / name) for name in ("first", "second"))

    async def opened(times: int) -> None:
        for _ in range(times):
            await Wire(timedelta(seconds=5)).aclose()

    monkeypatch.setenv("SSL_CERT_FILE", str(first))
    await opened(3)
    assert read == [str(first)]
    monkeypatch.setenv("SSL_CERT_FILE", str(second))
    await opened(2)
    assert read == [str(first), str(second)]
    os.utime(second, (0, 0))
    await opened(2)
    assert read == [str(first), str(second), str(second)]
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError):
        await opened(1)


def make(folder: Path) -> Path:
    """Return the file of a new authority."""
    folder.mkdir()
    return loopback_certificate(folder)[0]
