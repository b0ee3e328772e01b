"""Start the app: settings of the framework are read when it is imported, so they are set before that."""

from __future__ import annotations

import os


def run_app(profile: str | None = None, *, read_only: bool = False) -> int:
    """Run the app until it is quit; return the exit code of the process."""
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if "SSH_CONNECTION" in os.environ:
        os.environ.setdefault("TEXTUAL_FPS", "15")
    from tarmac.app import TarmacApp
    from tarmac.session import Session

    app = TarmacApp(Session(profile, read_only=read_only))
    result = app.run(mouse=False)
    return result if result is not None else app.return_code or 0
