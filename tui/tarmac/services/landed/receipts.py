"""Receipts on disk: one JSON file a run, written atomically for its owner only, read back strictly (design §5.3)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tarmac.profiles.files import write_atomic
from tarmac.services.errors import ReceiptUnreadable
from tarmac.services.landed.receipt import SCHEMA_VERSION, ConfirmedWord, LandedFile, Receipt, RowVerdict
from tarmac.terms.times import iso_z

# Run ids come from the platform; only such as are surely a file name of their own are used as one.
# Behind this key stands what makes a receipt long. As it is written, and nowhere else: a text holds no bare line feed.
_LONG_PART = '\n  "files": ['
_HEAD_CHARACTERS = 8_192
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,119}")


def files_hash(files: Iterable[LandedFile]) -> str:
    """Return the SHA-256 (hex) over the files sorted by path, one line `path TAB bytes TAB rows` each; unknown rows are `-`."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda each: each.path):
        rows = "-" if file.rows is None else str(file.rows)
        digest.update(f"{file.path}\t{file.bytes}\t{rows}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def schema_hash(columns: Sequence[str]) -> str | None:
    """Return the SHA-256 (hex) over the columns in their order, one a line; None when there is no schema (JSON, no file)."""
    if not columns:
        return None
    return hashlib.sha256("".join(f"{column}\n" for column in columns).encode("utf-8", "surrogatepass")).hexdigest()


def receipt_path(folder: Path, run_id: str) -> Path:
    """Return where the receipt of `run_id` is kept in the receipts folder; an odd id is replaced by its hash."""
    name = run_id if _SAFE_NAME.fullmatch(run_id) else "run-" + hashlib.sha256(run_id.encode()).hexdigest()[:40]
    return folder / f"{name}.json"


def write_receipt(folder: Path, receipt: Receipt) -> Path:
    """Write the receipt into the receipts folder and return its path. Raises ProfileError when the disk refuses.

    A receipt of the same run is replaced: the newest check counts. Blocking; call it in a thread from the UI.
    """
    target = receipt_path(folder, receipt.run_id)
    text = json.dumps(receipt_as_json(receipt), indent=2, ensure_ascii=True) + "\n"
    write_atomic(target, text.encode())
    return target


def read_receipt(path: Path) -> Receipt:
    """Read one receipt. Raises ReceiptUnreadable naming the file and what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReceiptUnreadable(
            f"there is no receipt {path}",
            meaning="A receipt is written when a run has landed and its rows were counted.",
            next_step="Give a run id or the path of a receipt; `tarmac runs` lists the runs.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, f"it cannot be read ({type(error).__name__})") from error
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _unreadable(path, "it is not JSON") from error
    return receipt_from_json(document, path)


def may_be_of(path: Path, dataset_id: str, folders: Collection[str] | None) -> bool:
    """Whether a receipt may be of this dataset and one of these folders (None: of any), by its beginning.

    Only such ones need be read.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            head, is_found, _ = stream.read(_HEAD_CHARACTERS).partition(_LONG_PART)
        document = json.loads(head.rstrip().removesuffix(",") + "}") if is_found else None
        is_of_folder = folders is None or document is None or document["folder"] in folders
        return document is None or (document["dataset"]["id"] == dataset_id and is_of_folder)
    except (OSError, ValueError, LookupError, TypeError):
        return True  # reading it says what is wrong with it


def list_receipts(folder: Path) -> list[Path]:
    """Return the receipt files of the folder, the newest first; none where the folder cannot be read."""
    try:
        found = [entry for entry in folder.iterdir() if entry.suffix == ".json"]
    except OSError:
        return []  # what cannot be read proves nothing
    return sorted(found, key=_written_ns, reverse=True)


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # it has just been taken away
        return 0


def receipt_as_json(receipt: Receipt) -> dict[str, Any]:
    """Return the receipt as the document of design §5.3; times are ISO 8601 in UTC."""
    return {
        "schema_version": SCHEMA_VERSION,
        "export": receipt.export,
        "dataset": {"id": receipt.dataset_id, "name": receipt.dataset_name, "catalog_rows": receipt.catalog_rows},
        "flow": {"id": receipt.flow_id},
        "run": {
            "id": receipt.run_id,
            "status": receipt.run_status,
            "started_at": iso_z(receipt.run_started_at),
            "ended_at": iso_z(receipt.run_ended_at),
            "output_rows": receipt.run_output_rows,
            "output_bytes": receipt.run_output_bytes,
            "output_files": receipt.run_output_files,
        },
        "destination": {
            "name": receipt.destination,
            "kind": receipt.destination_kind,
            "location": receipt.store_location,
        },
        "folder": receipt.folder,
        "files": [{"path": file.path, "bytes": file.bytes, "rows": file.rows} for file in receipt.files],
        "totals": {"files": len(receipt.files), "bytes": receipt.bytes, "rows": receipt.rows},
        "parquet_schema": {"columns": list(receipt.parquet_schema), "sha256": receipt.schema_hash},
        "files_sha256": receipt.files_hash,
        "read_set": list(receipt.read_set),
        "verdicts": [
            {
                "title": verdict.title,
                "left": verdict.left,
                "right": verdict.right,
                "agrees": verdict.agrees,
                "explanation": verdict.explanation,
            }
            for verdict in receipt.verdicts
        ],
        "verified": receipt.verified,
        "checked_at": iso_z(receipt.checked_at),
        "confirmed": [{"word": each.word, "subject": each.subject, "at": iso_z(each.at)} for each in receipt.confirmed],
    }


def receipt_from_json(document: object, source: Path) -> Receipt:
    """Read a document strictly: every field with its type, the version, and hashes that still fit. Raises ReceiptUnreadable."""
    top = _Reader(document, source, "")
    version = top.number("schema_version")
    if version != SCHEMA_VERSION:
        raise _unreadable(source, f"its schema version is {version}; this tarmac reads version {SCHEMA_VERSION}")
    dataset, flow, run = top.part("dataset"), top.part("flow"), top.part("run")
    destination, schema = top.part("destination"), top.part("parquet_schema")
    receipt = Receipt(
        export=top.text("export"),
        dataset_id=dataset.text("id"),
        dataset_name=dataset.text("name"),
        catalog_rows=dataset.maybe_number("catalog_rows"),
        flow_id=flow.text("id"),
        run_id=run.text("id"),
        run_status=run.text("status"),
        run_started_at=run.maybe_moment("started_at"),
        run_ended_at=run.maybe_moment("ended_at"),
        run_output_rows=run.maybe_number("output_rows"),
        run_output_bytes=run.maybe_number("output_bytes"),
        run_output_files=run.maybe_number("output_files"),
        destination=destination.text("name"),
        destination_kind=destination.text("kind"),
        store_location=destination.text("location"),
        folder=top.maybe_text("folder"),
        files=tuple(
            LandedFile(each.text("path"), each.number("bytes"), each.maybe_number("rows"))
            for each in top.parts("files")
        ),
        parquet_schema=schema.texts("columns"),
        schema_hash=schema.maybe_text("sha256"),
        files_hash=top.text("files_sha256"),
        read_set=top.texts("read_set"),
        verdicts=tuple(
            RowVerdict(
                each.text("title"),
                each.maybe_number("left"),
                each.maybe_number("right"),
                each.maybe_flag("agrees"),
                each.text("explanation"),
            )
            for each in top.parts("verdicts")
        ),
        verified=top.flag("verified"),
        checked_at=top.moment("checked_at"),
        # Receipts written before there were guards have none.
        confirmed=tuple(
            ConfirmedWord(each.text("word"), each.text("subject"), each.moment("at"))
            for each in (top.parts("confirmed") if top.has("confirmed") else [])
        ),
    )
    _check_consistency(receipt, top.part("totals"), source)
    return receipt


def _check_consistency(receipt: Receipt, totals: _Reader, source: Path) -> None:
    """A receipt whose own numbers do not fit was changed after it was written, and proves nothing."""
    stated = (totals.number("files"), totals.number("bytes"), totals.maybe_number("rows"))
    if stated != (len(receipt.files), receipt.bytes, receipt.rows):
        raise _unreadable(source, "its totals do not fit its list of files")
    if files_hash(receipt.files) != receipt.files_hash:
        raise _unreadable(source, "its list of files was changed: the SHA-256 does not fit")
    if schema_hash(receipt.parquet_schema) != receipt.schema_hash:
        raise _unreadable(source, "its Parquet schema was changed: the SHA-256 does not fit")


def _unreadable(path: Path, what: str) -> ReceiptUnreadable:
    return ReceiptUnreadable(
        f"the receipt {path} is of no use: {what}",
        meaning="A receipt proves something only as it was written.",
        next_step="Check the run again with `tarmac verify RUN`; that writes a new receipt.",
    )


class _Reader:
    """One JSON object of a receipt, read key by key; the first wrong one is named by its dotted path."""

    def __init__(self, value: object, source: Path, path: str) -> None:
        self._source, self._path = source, path
        if not isinstance(value, dict):
            raise _unreadable(source, f"{path.rstrip('.') or 'the document'} is not an object")
        self._value: Mapping[str, Any] = value

    def _get(self, key: str) -> Any:
        if key not in self._value:
            raise _unreadable(self._source, f"{self._path}{key} is missing")
        return self._value[key]

    def _wrong(self, key: str, wanted: str) -> ReceiptUnreadable:
        return _unreadable(self._source, f"{self._path}{key} is not {wanted}")

    def has(self, key: str) -> bool:
        return key in self._value

    def part(self, key: str) -> _Reader:
        return _Reader(self._get(key), self._source, f"{self._path}{key}.")

    def parts(self, key: str) -> list[_Reader]:
        value = self._get(key)
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        return [_Reader(each, self._source, f"{self._path}{key}[{index}].") for index, each in enumerate(value)]

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str):
            raise self._wrong(key, "text")
        return value

    def maybe_text(self, key: str) -> str | None:
        return None if self._get(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._wrong(key, "a list of texts")
        return tuple(value)

    def number(self, key: str) -> int:
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._wrong(key, "a whole number from 0")
        return value

    def maybe_number(self, key: str) -> int | None:
        return None if self._get(key) is None else self.number(key)

    def flag(self, key: str) -> bool:
        value = self._get(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def maybe_flag(self, key: str) -> bool | None:
        return None if self._get(key) is None else self.flag(key)

    def moment(self, key: str) -> datetime:
        try:
            value = datetime.fromisoformat(self.text(key))
        except ValueError:
            raise self._wrong(key, "a time") from None
        if value.tzinfo is None:
            raise self._wrong(key, "a time with its zone")
        return value.astimezone(UTC)

    def maybe_moment(self, key: str) -> datetime | None:
        return None if self._get(key) is None else self.moment(key)
