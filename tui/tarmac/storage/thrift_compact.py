"""The Thrift compact protocol, as far as a Parquet footer needs it; every read is checked against the end of the bytes."""

from __future__ import annotations

from collections.abc import Iterator

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)

_MAX_DEPTH = 64


class ThriftError(ValueError):
    """The bytes are not what they should be."""


class CompactReader:
    """Reads values one after the other from `data`, beginning at `position`."""

    __slots__ = ("_data", "position")

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self.position = position

    def varint(self) -> int:
        """Read an unsigned number of at most 64 bits."""
        data, position = self._data, self.position
        result = shift = 0
        try:
            while True:
                byte = data[position]
                position += 1
                result |= (byte & 0x7F) << shift
                if byte < 0x80:
                    break
                shift += 7
                if shift > 63:
                    raise ThriftError("a number is longer than 64 bits")
        except IndexError:
            raise ThriftError("it ends inside a number") from None
        self.position = position
        return result

    def integer(self) -> int:
        """Read a signed number (i16, i32, i64)."""
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def binary(self) -> bytes:
        """Read bytes with their length in front."""
        length = self.varint()
        start = self.position
        if length > len(self._data) - start:
            raise ThriftError("it ends inside a text")
        self.position = start + length
        return self._data[start : self.position]

    def text(self) -> str:
        """Read a string; what is not UTF-8 becomes replacement characters."""
        return self.binary().decode("utf-8", "replace")

    def fields(self) -> Iterator[tuple[int, int]]:
        """Yield (id, type) for each field of a struct; the caller reads or skips each value before going on."""
        field_id = 0
        while True:
            header = self.byte()
            if header == 0:
                return
            delta = header >> 4
            field_id = field_id + delta if delta else self.integer()
            yield field_id, header & 0x0F

    def list_header(self) -> tuple[int, int]:
        """Read (element type, size) of a list or set; a size that cannot fit into the rest is refused."""
        header = self.byte()
        size = header >> 4
        if size == 15:
            size = self.varint()
        if size > len(self._data) - self.position:
            raise ThriftError("a list is longer than the rest of it")
        return header & 0x0F, size

    def structs(self, kind: int) -> Iterator[int]:
        """Yield the index of each struct in a list field of type `kind`; the caller reads each before going on."""
        if kind != LIST:
            raise ThriftError("a list is not a list")
        element, size = self.list_header()
        if size and element != STRUCT:
            raise ThriftError("a list holds something else than structures")
        yield from range(size)

    def skip(self, kind: int, depth: int = 0) -> None:
        """Pass over one value of type `kind`."""
        if depth > _MAX_DEPTH:
            raise ThriftError("it is nested too deeply")
        if kind in (TRUE, FALSE):
            return  # a field's boolean is in its type
        if kind in (I16, I32, I64):
            self.varint()
        elif kind == BINARY:
            self._advance(self.varint())
        elif kind == STRUCT:
            for _, inner in self.fields():
                self.skip(inner, depth + 1)
        elif kind in (LIST, SET):
            element, size = self.list_header()
            for _ in range(size):
                self._skip_element(element, depth + 1)
        elif kind == MAP:
            self._skip_map(depth + 1)
        elif kind in (BYTE, DOUBLE):
            self._advance(1 if kind == BYTE else 8)
        else:
            raise ThriftError(f"type {kind} does not exist")

    def _skip_element(self, kind: int, depth: int) -> None:
        if kind in (TRUE, FALSE):
            self._advance(1)  # in a list it takes a byte
        else:
            self.skip(kind, depth)

    def _skip_map(self, depth: int) -> None:
        size = self.varint()
        if size == 0:
            return
        if size > len(self._data) - self.position:
            raise ThriftError("a map is longer than the rest of it")
        kinds = self.byte()
        for _ in range(size):
            self._skip_element(kinds >> 4, depth)
            self._skip_element(kinds & 0x0F, depth)

    def _advance(self, count: int) -> None:
        if count > len(self._data) - self.position:
            raise ThriftError("it ends inside a value")
        self.position += count

    def byte(self) -> int:
        """Read one byte."""
        if self.position >= len(self._data):
            raise ThriftError("it ends too early")
        byte = self._data[self.position]
        self.position += 1
        return byte
