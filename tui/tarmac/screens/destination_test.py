"""Test of a destination: can the platform write there, and can the training job read there; layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from tarmac.screens.modal import TarmacModal
from tarmac.terms.errors import TarmacError
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line, TextPane

if TYPE_CHECKING:
    from tarmac.services.values import Destination
    from tarmac.services.workspace import Workspace

_SIGNS = {True: ("✔", Tone.GOOD), False: ("✘", Tone.BAD), None: ("?", Tone.WARN)}
_WAITING = Cell("… under way; esc ends it", Tone.DIM)


class DestinationTest(TarmacModal[None]):
    """Opened with `t`. Each line appears when it is known; leaving ends the test."""

    WIDE = True
    CSS = "DestinationTest #box-title { padding: 0 1 1 1; }"

    def __init__(self, workspace: Workspace, destination: Destination) -> None:
        super().__init__(f"Test: {destination.name} · {destination.kind.spec.title}")
        self._workspace = workspace
        self._destination = destination
        self._writer: list[Line] = [_WAITING]
        self._reader: list[Line] = []
        self._answers: list[bool | None] = []

    def content(self) -> ComposeResult:
        """The layers found so far."""
        yield TextPane(self._lines(), id="layers")

    def on_mount(self) -> None:
        """Begin."""
        self.run_worker(self._test(), exit_on_error=False)

    async def _test(self) -> None:
        from tarmac.services.storages.base_connections import WriterTest, writer_test
        from tarmac.services.storages.reader_probe import probe_reader

        try:
            writer = await writer_test(self._workspace, self._destination)
        except TarmacError as error:
            writer = WriterTest(False, error.message, error=error, next_step=error.next_step)
        self._answers = [writer.ok]
        self._writer = _found(writer.ok, "writer", writer.words, None, writer.next_step)
        self._reader = [_WAITING]
        self._show()
        layers: list[Line] = []
        async with aclosing(probe_reader(self._workspace, self._destination)) as probing:
            async for layer in probing:
                self._answers.append(layer.ok)
                layers += _found(layer.ok, layer.name, layer.detail, layer.took_s, layer.next_step)
                self._reader = [*layers, _WAITING]
                self._show()
        self._reader = [*layers, "", _verdict(self._answers)]
        self._show()

    def _show(self) -> None:
        self.query_one("#layers", TextPane).show(self._lines())

    def _lines(self) -> list[Line]:
        reader = self._reader or [Cell("… comes after it", Tone.DIM)]
        return [
            Cell("Writer: the platform's own test of its base connection", Tone.ACCENT),
            *self._writer,
            "",
            Cell("Reader: this machine, with the credentials that the training job will use", Tone.ACCENT),
            *reader,
        ]


def _found(ok: bool | None, name: str, detail: str, took_s: float | None, next_step: str) -> list[Line]:
    sign, tone = _SIGNS[ok]
    took = "" if took_s is None or took_s < 0.005 else f" · {took_s:.2f} s"
    lines: list[Line] = [
        (Cell(f"{sign} {name:<12} ", tone), f"{detail}{took}"),
    ]
    if next_step:
        lines.append((Cell(" " * 15), Cell(f"Next: {next_step}", Tone.WARN)))
    return lines


def _verdict(answers: Sequence[bool | None]) -> Line:
    if False in answers:
        return Cell("The test has ended: what has a ✘ needs to be mended first.", Tone.BAD)
    if None in answers:
        return Cell("The test has ended: nothing is wrong as far as it could be tested.", Tone.WARN)
    return Cell("The test has ended: everything is right.", Tone.GOOD)
