"""The folder of blobs when several hands are in it at once: clients, the engine and the seven-day deletion."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tarmac.emulator.blob_folder import BlobFolder

OLD = datetime(2026, 11, 1, tzinfo=UTC)
NEW = OLD + timedelta(days=8)
FILES = 400
HANDS = 4


def put(folder: BlobFolder, name: str, moment: datetime) -> None:
    staged = folder.new_staging()
    staged.write_bytes(b"x")
    folder.put(staged, name, moment)


def test_each_file_is_deleted_once_however_many_delete(tmp_path: Path) -> None:
    folder = BlobFolder(tmp_path)
    for number in range(FILES):
        put(folder, f"ml/{number % 20}/{number}", OLD)
    with ThreadPoolExecutor(HANDS + 1) as hands:
        by_client = hands.submit(lambda: sum(folder.delete(f"ml/{number % 20}/{number}") for number in range(FILES)))
        by_age = [hands.submit(folder.delete_older_than, NEW) for _ in range(HANDS)]
        assert by_client.result() + sum(each.result() for each in by_age) == FILES
    assert folder.page("ml/", "", "", FILES).blobs == ()
    assert not (tmp_path / "ml").exists()


def test_a_file_lands_in_a_folder_that_is_being_emptied(tmp_path: Path) -> None:
    folder = BlobFolder(tmp_path)
    written = threading.Event()

    def delete_it() -> int:
        deleted = 0
        while not written.is_set():
            deleted += folder.delete("ml/churn/it")
        return deleted

    with ThreadPoolExecutor(1) as hand:
        deleting = hand.submit(delete_it)
        try:
            # The folder goes with its only file, whenever the hand is quick enough, and is made again for the next.
            for _ in range(FILES):
                put(folder, "ml/churn/it", NEW)
        finally:
            written.set()
        assert deleting.result() > 0
    put(folder, "ml/churn/it", NEW)
    assert folder.find("ml/churn/it") is not None
