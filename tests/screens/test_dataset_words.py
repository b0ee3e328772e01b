"""The details of a dataset: its governance labels before anything is planned, and names in the width there is."""

from __future__ import annotations

import pytest

from tarmac.platform.models import Dataset, DatasetSchema, SchemaField
from tarmac.screens.dataset_words import detail_lines
from tarmac.services.catalogue.dataset_detail import DatasetDetail
from tarmac.widgets.text_pane import TextPane

LONG = "a_feature_of_the_model_with_a_name_that_says_everything_that_there_is_to_say_of_it_and_then_more"


def details(dataset: Dataset, width: int) -> list[str]:
    fields = (SchemaField("id", "string", "Customer"), SchemaField(LONG, "double", "Feature"))
    schema = DatasetSchema("s", "Churn", fields)
    detail = DatasetDetail(dataset, "updated today", (), schema, ({LONG: 0.5, "id": "a"},))
    return TextPane(detail_lines(detail, width)).text.splitlines()


def test_governance_labels_stand_above_all_that_can_be_done() -> None:
    lines = details(Dataset("d1", "churn", raw={"dule": {"contract": ["C2"], "identity": ["I1"]}}), 78)
    assert lines[2] == "Labels  C2, I1: they restrict its use, and have to be typed before an export"
    assert "Labels" not in "\n".join(details(Dataset("d1", "churn"), 78))


@pytest.mark.parametrize(("width", "is_whole"), [(78, False), (198, True)])
def test_names_take_the_width_there_is(width: int, is_whole: bool) -> None:
    lines = details(Dataset("d1", "churn"), width)
    named, row = lines[lines.index("Schema") + 2], lines[lines.index("Some rows") + 1]
    assert (f"{LONG} double" in named) == is_whole
    assert (f"{LONG}=0.5  id=a" in row) == is_whole
    assert lines[lines.index("Schema") + 1].index("string") == (len(LONG) + 1 if is_whole else 40)
