"""What is shown of the beginning of a landed file."""

from __future__ import annotations

import pytest

from tarmac.platform.models import SchemaField
from tarmac.screens.landed_lines import peek_lines, text_of
from tarmac.services.landed.peeking import PeekedFile
from tarmac.storage.store import StoredFile

LONG = "a_really_long_column_name_for_a_feature_of_the_model"


@pytest.mark.parametrize("width", [76, 116, 196])
def test_a_name_that_is_cut_does_not_touch_its_value(width: int) -> None:
    names = (LONG, f"{LONG}_2", "id")
    fields = tuple(SchemaField(name, "double") for name in names)
    file = StoredFile("ml/churn/part-0.parquet", 100)
    seen = PeekedFile(file, fields, names, ((0.0, 1.5, 7.0), (0.0, 1.5, 8.0)), 2, 100)
    lines = [text_of(line) for line in peek_lines(seen, width)]
    below = lines[lines.index("First rows") + 2 :]
    assert [line.split()[1:] for line in below] == [["0.0", "0.0"], ["1.5", "1.5"], ["7.0", "8.0"]]
    assert below[1].split()[0].endswith("_2")  # what tells names of one kind apart
    assert (LONG in "\n".join(below)) == (width // 3 >= len(LONG))
    assert max(map(len, lines[lines.index("First rows") :])) <= width
