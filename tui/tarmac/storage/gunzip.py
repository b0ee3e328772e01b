"""Unpacking gzip as it comes, member after member, in steps that bound memory whatever the compression ratio."""

from __future__ import annotations

from collections.abc import Iterator

from isal import igzip_lib, isal_zlib

_STEP = 4 * 1024 * 1024
_GZIP = 31


class BrokenGzip(ValueError):
    """What came is no gzip; its text says what is wrong."""


class Gunzip:
    """One file's stream. Its `steps` are to be taken to the end, unless no further chunk is given."""

    def __init__(self) -> None:
        self._stream = isal_zlib.decompressobj(wbits=_GZIP)
        self._began = False

    @property
    def is_cut(self) -> bool:
        """Whether a member has begun and not ended."""
        return self._began and not self._stream.eof

    def steps(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what the next bytes unpack to. Raises BrokenGzip."""
        try:
            yield from self._steps(chunk)
        except igzip_lib.IsalError as error:  # type: ignore[misc]  # its stub says Exception instance
            raise BrokenGzip(str(error)) from None

    def _steps(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._stream.eof:
                chunk = chunk.lstrip(b"\0")  # padding after the last member is allowed
                if not chunk:
                    return
                self._stream = isal_zlib.decompressobj(wbits=_GZIP)
            self._began = True
            yield self._stream.decompress(chunk, _STEP)
            while self._stream.unconsumed_tail and not self._stream.eof:
                yield self._stream.decompress(self._stream.unconsumed_tail, _STEP)
            chunk = self._stream.unused_data if self._stream.eof else b""
