"""A terminal that nobody reads holds up nobody, costs little, and gets what is newest when it is read again."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator

import pytest

from support.in_time import in_time
from tarmac.terminal_writer import FRAMES_UNTIL_BYTES, MOST_BYTES, TerminalWriter

PIPE_HOLDS = 1 << 16  # bytes that were written, and that nobody has read


class Pipe:
    """A pipe in place of a terminal, and whether the writer said that it has caught up."""

    def __init__(self) -> None:
        self.reader, self.descriptor = os.pipe()
        self.caught_up = threading.Event()
        self.writer = TerminalWriter(self.descriptor, "utf-8", self.caught_up.set)
        self.writer.start()

    def read(self, enough: int) -> bytes:
        """Read until there are `enough` bytes."""
        data = b""
        while len(data) < enough:
            data += os.read(self.reader, 1 << 16)
        return data


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    os.close(made.reader)
    made.writer.stop()
    os.close(made.descriptor)


def test_everything_arrives_in_order(pipe: Pipe) -> None:
    sent = [f"{number}: é漢 \udcff\n" for number in range(5_000)]
    expected = "".join(sent).encode("utf-8", "backslashreplace")
    for text in sent:
        pipe.writer.write(text)
    assert pipe.read(len(expected)) == expected
    assert not pipe.caught_up.is_set(), "nothing was refused"


def test_what_nobody_reads_is_not_kept_for_ever(pipe: Pipe) -> None:
    assert pipe.writer.takes_frame()
    taken = 0
    with in_time(5):  # nobody waited
        for _ in range(10_000):
            if pipe.writer.takes_frame():
                pipe.writer.write("x" * 10_000)
                taken += 1
        assert taken < 30
        for _ in range(10_000):  # what is no frame is taken longer, but not for ever
            pipe.writer.write("t" * 1_000)
        pipe.writer.write("the end", must=True)
    assert not pipe.caught_up.is_set()
    data = b""
    while not data.endswith(b"the end"):
        data += os.read(pipe.reader, 1 << 16)
    assert len(data) <= MOST_BYTES + PIPE_HOLDS + len(b"the end")
    assert pipe.caught_up.wait(5)
    assert pipe.writer.takes_frame()


def test_a_little_that_waits_refuses_no_frame(pipe: Pipe) -> None:
    pipe.writer.write("x" * FRAMES_UNTIL_BYTES)
    assert pipe.writer.takes_frame()


def test_the_end_waits_for_a_slow_reader_and_not_for_none(pipe: Pipe) -> None:
    pipe.writer.write("x" * 400_000)
    received = bytearray()

    def read_slowly() -> None:
        while len(received) < 400_000:
            time.sleep(0.01)
            received.extend(os.read(pipe.reader, 1 << 13))

    reading = threading.Thread(target=read_slowly)
    reading.start()
    pipe.writer.stop()
    reading.join(5)
    assert len(received) == 400_000

    blocked = Pipe()
    blocked.writer.write("x" * 400_000)
    with in_time(6):
        blocked.writer.stop()
    blocked.writer.write("never", must=True)  # after the end it is dropped
    os.close(blocked.reader)


def test_a_terminal_that_another_program_left_non_blocking(pipe: Pipe) -> None:
    flags = fcntl.fcntl(pipe.descriptor, fcntl.F_GETFL)
    fcntl.fcntl(pipe.descriptor, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    pipe.writer.write("x" * 300_000)
    assert pipe.read(300_000) == b"x" * 300_000


def test_a_terminal_that_is_gone_takes_nothing_more() -> None:
    gone = Pipe()
    os.close(gone.reader)
    gone.writer.write("x")
    gone.writer.stop()
    assert not gone.writer.is_alive()
    os.close(gone.descriptor)
