"""Where a form is scrolled: it says how many fields are out of view, for there is no scroll bar."""

from __future__ import annotations

from dataclasses import dataclass

from textual.containers import VerticalScroll
from textual.message import Message

from tarmac.widgets.form import Form


class FormArea(VerticalScroll, can_focus=False):
    """Holds one form at a time. Sends `Moved` when other fields may be in view than before."""

    DEFAULT_CSS = "FormArea { scrollbar-size: 0 0; }"

    @dataclass
    class Moved(Message):
        """So many fields are above and below what is in view; the whole form takes `lines`."""

        above: int
        below: int
        lines: int

    def on_mount(self) -> None:
        """Look again when it is scrolled, or when the form takes other lines."""
        for what in ("scroll_y", "virtual_size"):
            self.watch(self, what, self.look, init=False)

    def on_resize(self) -> None:
        """Look again."""
        self.look()

    async def hold(self, form: Form | None) -> None:
        """Hold another form, or none."""
        await self.remove_children()
        if form is not None:
            await self.mount(form)

    def look(self) -> None:
        """Say what is in view, once the fields stand where they are to stand."""
        self.call_after_refresh(self._tell)

    def _tell(self) -> None:
        for form in self.query(Form):
            above, below = form.out_of_view(self.scroll_offset.y - form.virtual_region.y, self.size.height)
            self.post_message(self.Moved(above, below, form.size.height))
