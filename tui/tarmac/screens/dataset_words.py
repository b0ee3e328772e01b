"""The details of a dataset as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from tarmac.terms.errors import TarmacError
from tarmac.terms.quantities import count_words, size_words
from tarmac.terms.text import plain
from tarmac.widgets.lines import width_of
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line

if TYPE_CHECKING:
    from tarmac.services.catalogue.dataset_detail import DatasetDetail
    from tarmac.services.values import Dataset, SchemaField

_VERDICT_TONES = {"ok": Tone.GOOD, "warning": Tone.WARN, "blocker": Tone.BAD, "unchecked": Tone.DIM}
_SAMPLE_ROWS = 5
_SCHEMA_FIELDS = 400
# Cells: of a name on a narrow screen, of the column of names at least, of a type, of a name in a row on a narrow screen.
_NAME, _NAMES, _TYPE, _KEY = 60, 32, 16, 40


def detail_lines(detail: DatasetDetail, width: int) -> list[Line]:
    """Return everything worth reading about a dataset, for lines of `width` cells; names are cut where they fill one."""
    from tarmac.services.plans.guards import labels_of

    dataset, labels = detail.dataset, labels_of(detail.dataset)
    lines: list[Line] = [
        (Cell(plain(dataset.name), Tone.ACCENT), Cell(f"  {dataset.id}", Tone.DIM)),
        f"{count_words(dataset.rows)} rows · {size_words(dataset.size_bytes)} · {detail.freshness}",
    ]
    if labels:
        asked = ": they restrict its use, and have to be typed before an export"
        lines.append((Cell("Labels  ", Tone.DIM), Cell(", ".join(labels), Tone.WARN), asked))
    if dataset.description:
        lines.append(plain(dataset.description))
    if dataset.tags:
        tags = "; ".join(
            f"{plain(key)}: {', '.join(plain(value) for value in values)}" for key, values in _tags(dataset)
        )
        lines.append((Cell("Tags    ", Tone.DIM), tags))
    schema = detail.schema
    if schema is not None and not isinstance(schema, TarmacError) and schema.labels:
        of_schema = ", ".join(plain(label) for label in schema.labels)
        lines.append((Cell("Labels  ", Tone.DIM), f"{of_schema}, of the schema"))
    lines += ["", Cell("What the platform's limits mean for it", Tone.ACCENT)]
    for check in detail.verdicts:
        lines.append((Cell(f"{check.verdict.sign} ", _VERDICT_TONES[check.verdict.value]), plain(check.title)))
        lines += [f"  {plain(text)}" for text in (check.detail, check.next_step) if text]
    lines += ["", Cell("Schema", Tone.ACCENT)]
    if isinstance(schema, TarmacError):
        lines += _problem(schema)
    elif schema is None:
        lines.append(Cell("The dataset names no schema that the registry knows.", Tone.DIM))
    else:
        lines += _fields(schema.fields, width) or [Cell("The schema has no fields.", Tone.DIM)]
    lines += ["", Cell("Some rows", Tone.ACCENT)]
    if isinstance(detail.sample, TarmacError):
        lines += _problem(detail.sample)
    elif not detail.sample:
        lines.append(Cell("The platform shows no rows of it.", Tone.DIM))
    else:
        lines += [_row(number, row, width) for number, row in enumerate(detail.sample[:_SAMPLE_ROWS], start=1)]
    return lines


def _tags(dataset: Dataset) -> list[tuple[str, tuple[str, ...]]]:
    return sorted(dataset.tags.items())


def _problem(error: TarmacError) -> list[Line]:
    return [Cell(text, Tone.WARN) for text in (error.message, error.next_step) if text]


def _fields(fields: tuple[SchemaField, ...], width: int) -> list[Line]:
    """Return a line a field: name, type, title below each other; names take up to half of the line before they push on."""
    longest = max(_NAME, width - _TYPE - 4)
    flat = list(islice(_flat(fields), _SCHEMA_FIELDS))
    named = [("  " * depth + plain(field.name, longest), field) for depth, field in flat]
    column = max(_NAMES, min(max((width_of(name) for name, _ in named), default=0), width // 2))
    lines: list[Line] = []
    for name, field in named:
        title = plain(field.title, _NAME) if field.title and field.title != field.name else ""
        gap = " " * (max(0, column - width_of(name)) + 1)
        lines.append((f"{name}{gap}", Cell(f"{plain(field.type, 30):<{_TYPE}} ", Tone.DIM), Cell(title, Tone.DIM)))
    return lines


def _flat(fields: tuple[SchemaField, ...], depth: int = 0) -> Iterator[tuple[int, SchemaField]]:
    for field in fields:
        yield depth, field
        yield from _flat(field.children, depth + 1)


def _row(number: int, row: Mapping[str, Any], width: int) -> Line:
    longest = max(_KEY, width - _KEY)
    words = "  ".join(f"{plain(str(key), longest)}={_value(value)}" for key, value in row.items())
    return (Cell(f"{number}  ", Tone.DIM), words)


def _value(value: Any) -> str:
    return plain(str(value), 48) if value is not None else "–"
