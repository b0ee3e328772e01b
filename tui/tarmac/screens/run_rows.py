"""The followed runs as rows of a table and, for the selected one, as lines."""

from __future__ import annotations

from datetime import datetime

from tarmac.services.exports.progress import FollowedRun, FollowState, Tempo
from tarmac.terms.quantities import count_words, size_words
from tarmac.terms.text import plain
from tarmac.terms.times import format_elapsed
from tarmac.widgets.rows import Cell, Column, Row, Tone
from tarmac.widgets.text_pane import Line

_STATE_WIDTH = 18
COLUMNS = (
    # An export is mostly called after its dataset and its destination: its name matters more than the destination's,
    # which in turn matters more than how many files there are.
    Column("export", "EXPORT", min_width=12, max_width=66, weight=1, fits=True, wanted=36, middle=True),
    Column("destination", "DESTINATION", width=12, drop=4),
    Column("state", "STATE", width=_STATE_WIDTH),
    Column("elapsed", "ELAPSED", width=7, right=True),
    Column("usual", "USUAL", width=8, min_width=5, right=True, drop=3, fits=True),
    Column("rows", "ROWS", width=13, min_width=7, right=True, fits=True),
    Column("size", "SIZE", width=9, min_width=7, right=True, drop=2, fits=True),
    Column("files", "FILES", width=5, right=True, drop=5),
    Column("verified", "VERIFIED", width=12),
)
SHORT = {
    "Data Landing Zone": "Landing Zone",
    "Google Cloud Storage": "Google Cloud",
    "Azure Data Lake Gen2": "Data Lake",
}
_TONES = {
    FollowState.LANDED: Tone.GOOD,
    FollowState.MISMATCH: Tone.BAD,
    FollowState.FAILED: Tone.BAD,
    FollowState.CANCELLED: Tone.DIM,
    FollowState.WAITING: Tone.WARN,
    FollowState.TROUBLED: Tone.BAD,
    FollowState.LATE: Tone.WARN,
    FollowState.MISSED: Tone.BAD,
}

_TEMPO_TONES = {Tempo.SLOW: Tone.WARN, Tempo.STALLED: Tone.BAD}


def run_row(run: FollowedRun, *, is_news: bool = False) -> Row:
    """Return the line of one followed run; what changed since it was last looked at is marked."""
    final = run.state in {FollowState.LANDED, FollowState.MISMATCH}
    return Row(
        run.key,
        (
            Cell(f"• {plain(run.export)}", Tone.ACCENT) if is_news else plain(run.export),
            SHORT.get(run.destination, plain(run.destination)),
            Cell(state_words(run), _TONES.get(run.state, Tone.ACCENT)),
            format_elapsed(run.elapsed_s),
            _usual(run) or "–",
            count_words(run.rows),
            size_words(run.bytes),
            count_words(run.files),
            verified_cell(run.verified) if final else "–",
        ),
    )


def state_words(run: FollowedRun) -> str:
    """Write the state: `landed · delta`, `late since 15:00`, `missed 11-23 15:00` (UTC)."""
    match run.state:
        case FollowState.LATE:
            return f"late since {run.started_at:%H:%M}"
        case FollowState.MISSED:
            return f"missed {run.started_at:%m-%d %H:%M}"
        case FollowState.COUNTING if run.is_delta:
            return "counting · delta"
        case state:
            words = f"{state.value} · delta"
            return words if run.is_delta and len(words) <= _STATE_WIDTH else state.value


def verified_cell(verified: bool | None) -> Cell:
    """Return the verdict as sign and words."""
    if verified is None:
        return Cell("? unchecked", Tone.WARN)
    return Cell("✔ rows match", Tone.GOOD) if verified else Cell("✘ mismatch", Tone.BAD)


def _usual(run: FollowedRun) -> str:
    return "" if run.usual is None else run.usual.words


def title_of(run: FollowedRun) -> str:
    """Return the title of the details."""
    what = f"run {run.run_id}" if run.run_id else f"dataflow {run.flow_id}" if run.flow_id else run.destination
    delta = " · delta: only what is new" if run.is_delta else ""
    return f"{plain(run.export)} · {plain(what)}{delta}"


def detail_lines(run: FollowedRun, *, can_again: bool = True) -> list[Line]:
    """Return what is worth knowing of the selected run now, and the keys that help; no `t` where its wish is not known."""
    lines = _lines(run)
    return lines if can_again else [_without_again(line) for line in lines]


def _without_again(line: Line) -> Line:
    if not isinstance(line, tuple) or not _is_keys(line):
        return line
    texts = [cell.text if isinstance(cell, Cell) else cell for cell in line]
    if "[t]" not in texts:
        return line
    at = texts.index("[t]")
    return (*line[:at], *line[at + 2 :])


def _lines(run: FollowedRun) -> list[Line]:
    match run.state:
        case FollowState.WAITING | FollowState.TROUBLED:
            return _waiting(run)
        case FollowState.FAILED | FollowState.MISMATCH:
            return _wrong(run)
        case FollowState.LANDED:
            return _landed(run)
        case FollowState.CANCELLED:
            return _cancelled(run)
        case FollowState.LATE | FollowState.MISSED:
            return _overdue(run)
        case FollowState.ELSEWHERE:
            return _elsewhere(run)
        case _:
            return _going_on(run)


def all_lines(run: FollowedRun) -> list[Line]:
    """Return everything about a run that has not landed yet, or never will: to be read in a box of its own."""
    about = [line for line in detail_lines(run) if not _is_keys(line)]
    while about and not about[-1]:
        del about[-1]
    facts = [
        ("state", state_words(run)),
        ("destination", plain(run.destination)),
        ("dataflow", run.flow_id or "not made yet"),
        ("run", run.run_id or "not fired yet"),
        (
            "due" if run.state in {FollowState.LATE, FollowState.MISSED} else "begun",
            _second(run.begun_at or run.started_at),
        ),
        ("elapsed", f"{format_elapsed(run.elapsed_s)}, as of {_second(run.as_of)}"),
        ("usually", _usual(run) or "not known here yet"),
    ]
    return [*about, "", *((Cell(f"{name:<13}", Tone.DIM), value) for name, value in facts)]


def countdown_words(run: FollowedRun) -> str:
    """Write `next look in 4 s · usually 9-11 min`, as of the last look."""
    parts = []
    if run.countdown_s is not None:
        parts.append(f"next look in {_seconds(run.countdown_s)}")
    usual = _usual(run)
    parts.append(f"usually {usual}" if usual else "how long it usually takes here is not known yet")
    return " · ".join(parts)


def _waiting(run: FollowedRun) -> list[Line]:
    words: Line = (
        "The platform is not ready to run this dataflow yet. A new one is usually accepted after about ten minutes."
    )
    if run.state is FollowState.TROUBLED:
        words = Cell("The platform gives no usable answer when the run is asked for. It is asked again.", Tone.BAD)
    return [
        words,
        Cell(countdown_words(run), Tone.WARN),
        Cell(_with_age(run), Tone.DIM),
        "",
        _keys(("x", "stop waiting (the dataflow stays)"), ("o", "raw answer")),
    ]


def _going_on(run: FollowedRun) -> list[Line]:
    words = {
        FollowState.APPLYING: "The objects of the plan are made, one after the other.",
        FollowState.QUEUED: "The platform has accepted the run; it has not begun.",
        FollowState.RUNNING: "The platform is writing the files.",
        FollowState.COUNTING: "The run is over. Its files are listed and their rows counted.",
    }
    lines: list[Line] = [Cell(words.get(run.state, run.state.value))]
    if run.going.words:
        lines.append(Cell(run.going.words, _TEMPO_TONES.get(run.going.tempo, Tone.ACCENT)))
    elif run.usual is not None:
        lines.append(Cell(f"usually {run.usual.words}, so far {run.usual.measured(run.elapsed_s)}", Tone.ACCENT))
    keys = [("x", "stop waiting")]
    if run.run_id is not None or run.flow_id is not None:
        keys.append(("o", "raw answer"))
    return [*lines, Cell(_with_age(run), Tone.DIM), "", _keys(*keys)]


def _wrong(run: FollowedRun) -> list[Line]:
    error = run.error
    if error is None:
        return [Cell(run.detail or run.state.value, Tone.BAD), "", _keys(("t", "trigger again"), ("o", "raw answer"))]
    # What landed was written: its connection works.
    keys = [("t", "trigger again"), ("o", "raw answer")]
    if run.receipt is None:
        keys.insert(1, ("c", "test the connection"))
    else:
        keys.insert(0, ("enter", "what landed"))
    lines: list[Line] = [Cell(f"{error.code}  {error.message}", Tone.BAD)]
    if error.meaning:
        lines.append(Cell(f"What it means: {error.meaning}"))
    if error.next_step:
        lines.append(Cell(f"Next: {error.next_step}"))
    lines.append(_keys(*keys))
    if error.request_id:
        lines.append(Cell(f"Request id for Adobe support: {error.request_id}", Tone.DIM))
    return lines


def _landed(run: FollowedRun) -> list[Line]:
    files = f"{count_words(run.files)} file{'' if run.files == 1 else 's'}"
    enter = ("enter", "details" if run.receipt is None else "files, proof and code")
    return [
        Cell(f"{count_words(run.rows)} rows · {size_words(run.bytes)} · {files}", Tone.GOOD),
        verified_cell(run.verified),
        *([] if run.receipt is not None else [Cell("no receipt: the rows were not counted", Tone.WARN)]),
        "",
        _keys(enter, ("t", "trigger again"), ("o", "raw answer")),
    ]


def _cancelled(run: FollowedRun) -> list[Line]:
    if run.error is not None:
        return [
            Cell(run.error.message, Tone.WARN),
            run.error.meaning,
            f"Next: {run.error.next_step}",
            "",
            _keys(_AGAIN),
        ]
    words = run.detail or "tarmac does not follow this any more; what goes on at the platform goes on."
    return [Cell(words), "", _keys(_AGAIN)]


def _elsewhere(run: FollowedRun) -> list[Line]:
    """Nothing is offered that would do the same twice."""
    lines: list[Line] = [
        Cell(f"{run.detail[:1].upper()}{run.detail[1:]}.", Tone.ACCENT),
        "Its run is followed here, too, as soon as it is fired. If that tarmac ends before, t goes on with it.",
    ]
    return lines if run.flow_id is None else [*lines, "", _keys(("o", "raw answer"))]


def _overdue(run: FollowedRun) -> list[Line]:
    is_late = run.state is FollowState.LATE
    next_step = (
        "Its row gives way to the run as soon as that begins."
        if is_late
        else f"Look at the dataflow on 5 Flows; `tarmac export {plain(run.export)}` runs it now."
    )
    keys = [("x", "stop waiting"), ("o", "raw answer")] if is_late else [("o", "raw answer")]
    return [
        Cell("By its schedule a run should have begun, and the platform has none.", _TONES[run.state]),
        Cell(_with_age(run), Tone.DIM),
        next_step,
        "",
        _keys(*keys),
    ]


_AGAIN = ("t", "go on with it")


def _is_keys(line: Line) -> bool:
    first = line[0] if isinstance(line, tuple) and line else ""
    return isinstance(first, Cell) and first.text.startswith("[")


def _second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _with_age(run: FollowedRun) -> str:
    return f"{run.detail} · as of {run.as_of:%H:%M:%S} UTC" if run.detail else f"as of {run.as_of:%H:%M:%S} UTC"


def _keys(*pairs: tuple[str, str]) -> Line:
    cells: list[Cell | str] = []
    for key, words in pairs:
        cells += [Cell(f"[{key}]", Tone.ACCENT), f" {words}   "]
    return tuple(cells)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 1 else "a moment"
