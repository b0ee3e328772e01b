"""Where a notice is shown, and when it has been read: one that only tells what was done goes with the next thing done."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from textual.dom import DOMNode
from textual.screen import Screen

from tarmac.widgets.message_line import MessageLine
from tarmac.widgets.messages import Notice

# What the table does to a row; its other actions only move the cursor.
_OF_A_ROW = frozenset({"choose", "mark"})


def show_notice(stack: Sequence[Screen[Any]], notice: Notice) -> None:
    """Show a notice on the screen in front; a box has no line for it, the screen below it has."""
    for screen in reversed(stack):
        if hasattr(screen, Notice.handler_name):
            screen.post_message(notice)
            return


async def read_before(action: Awaitable[bool], name: object, namespace: DOMNode | None) -> bool:
    """Do the action of a key; where it does something on its screen, what was said there before is over."""
    acts = isinstance(namespace, Screen) or name in _OF_A_ROW
    screen = namespace.screen if namespace is not None and acts and not str(name).startswith("app.") else None
    line = None if screen is None else next(iter(screen.query(MessageLine)), None)
    before = 0 if line is None else line.times_said
    done = await action
    if done and line is not None and line.times_said == before:
        line.pass_by()
    return done
