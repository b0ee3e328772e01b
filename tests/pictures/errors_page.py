"""Write docs/errors.md from the error atlas: `python tests/pictures/errors_page.py`."""

from __future__ import annotations

from pathlib import Path

from tarmac.platform.atlas import BY_CODE

FILE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"


def page() -> str:
    """Return the whole page."""
    rows = [f"| `{code}` | {each.meaning} | {each.next_step} |" for code, each in sorted(BY_CODE.items())]
    head = [
        "# What the platform's codes mean",
        "",
        "Made from tarmac's own table by `python tests/pictures/errors_page.py`. The same words are shown where a code is met.",
        "",
        "| code | what it means | what to do |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
