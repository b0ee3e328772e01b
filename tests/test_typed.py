"""What is typed reaches the app whole, and nothing is done while nobody types."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, Queue

import pytest
from textual.events import Key
from textual.message import Message

from tarmac.typed import TypedReader

LIMIT_S = 10.0


@dataclass
class Keyboard:
    """A pipe that is typed into, and the thread that reads it."""

    reader: TypedReader
    typing: int
    heard: Queue[Message]
    thread: threading.Thread

    def type(self, data: bytes) -> None:
        os.write(self.typing, data)

    def key(self) -> Key:
        message = self.heard.get(timeout=LIMIT_S)
        assert isinstance(message, Key)
        return message


@pytest.fixture
def keyboard() -> Iterator[Keyboard]:
    reading, typing = os.pipe()
    reader, heard = TypedReader(reading), Queue[Message]()
    thread = threading.Thread(target=reader.run, args=(heard.put,), daemon=True)
    thread.start()
    keyboard = Keyboard(reader, typing, heard, thread)
    yield keyboard
    if thread.is_alive():
        reader.end()
    thread.join(LIMIT_S)
    reader.close()
    os.close(reading)
    if keyboard.typing >= 0:
        os.close(keyboard.typing)


def test_letters_and_sequences_arrive_in_order(keyboard: Keyboard) -> None:
    keyboard.type(b"a\x1b[Ab")
    assert [keyboard.key().key for _ in range(3)] == ["a", "up", "b"]


def test_a_character_that_comes_in_two_pieces_is_one_key(keyboard: Keyboard) -> None:
    first, second = "ä".encode()[:1], "ä".encode()[1:]
    keyboard.type(b"x" + first)
    assert keyboard.key().character == "x"
    keyboard.type(second)
    assert keyboard.key().character == "ä"


def test_bytes_that_are_no_text_do_not_end_the_reading(keyboard: Keyboard) -> None:
    keyboard.type(b"\xff")
    keyboard.type(b"q")
    heard = [keyboard.key().key]
    while heard[-1] != "q":
        heard.append(keyboard.key().key)


def test_an_escape_key_alone_arrives_without_another_key(keyboard: Keyboard) -> None:
    keyboard.type(b"\x1b")
    assert keyboard.key().key == "escape"


def test_a_sequence_in_two_pieces_is_one_key(keyboard: Keyboard) -> None:
    keyboard.type(b"\x1b[")
    keyboard.type(b"B")
    assert keyboard.key().key == "down"


def test_it_ends_when_it_is_told_to_while_nobody_types(keyboard: Keyboard) -> None:
    keyboard.reader.end()
    keyboard.thread.join(LIMIT_S)
    assert not keyboard.thread.is_alive()


def test_an_input_that_is_gone_is_not_looked_at_again_and_again(keyboard: Keyboard) -> None:
    keyboard.type(b"z")
    assert keyboard.key().key == "z"
    os.close(keyboard.typing)
    keyboard.typing = -1
    assert keyboard.thread.ident is not None
    of_the_reader = time.pthread_getcpuclockid(keyboard.thread.ident)
    before = time.clock_gettime(of_the_reader)
    with pytest.raises(Empty):
        keyboard.heard.get(timeout=0.5)
    assert time.clock_gettime(of_the_reader) - before < 0.05
    assert keyboard.thread.is_alive()
