"""Any JSON gives a value or a BadAnswer, and the documented shapes give what they say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.platform import answers, catalog_answers, landing_zone_answers, run_answers
from tarmac.platform.errors import BadAnswer
from tarmac.platform.models import Created, SchemaField
from tarmac.platform.reading import envelope, single
from tarmac.terms.destinations import DestinationKind

PARSERS: list[Callable[[Any], object]] = [
    answers.created,
    answers.connection,
    answers.source_connection,
    answers.target_connection,
    answers.flow,
    answers.connection_spec,
    answers.flow_spec,
    answers.tested,
    catalog_answers.keyed_datasets,
    catalog_answers.listed_datasets,
    catalog_answers.preview_rows,
    catalog_answers.sandboxes,
    catalog_answers.schema,
    landing_zone_answers.credentials,
    landing_zone_answers.container_info,
    run_answers.run,
    run_answers.ad_hoc_runs,
    lambda value: envelope(value, "things"),
    lambda value: single(value, "thing"),
]

# Keys that the parsers look at, so that the random objects go deep into them.
WORDS = """
id name items state etag version createdAt connectionSpec auth params datasets dataSetId baseConnectionId
flowSpec inheritedAttributes targetConnections sourceConnections baseConnection sourceConnectionIds
scheduleParams startTime interval timeUnit endTime targetSpec scheduleSpec enum const attributes _workflow
authSpec datasetFileType extensions adobe_lakeHouse metrics rowCount storageSize tags unifiedProfile schemaRef
classification created properties type meta:xdmType meta:extends sandboxes dlzProvider credentials dlzPath
bucketName awsAccessKeyId awsSecretAccessKey awsSessionToken expiryTime SASToken SASUri storageAccountName
containerName containerTTL dataTTL expiryDate statusSummary status errors durationSummary startedAtUTC
completedAtUTC recordSummary outputRecordCount targetSummaries skippedInfo failedInfo activities fileSummary
sizeSummary outputBytes code message count destinations statusURL data labels
"""
KEYS = st.sampled_from(WORDS.split())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text("-0123456789.")
    | st.integers(10**15, 10**40)
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "Amazon S3", "https://[", "2026-13-45", "1", "-1", "sv=1&se=x", "success", "9" * 30])
    | st.sampled_from(["--5", "9" * 5000])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=6),
    max_leaves=40,
)


@given(JSON)
def test_any_json_gives_a_value_or_a_bad_answer(value: Any) -> None:
    for parse in PARSERS:
        with suppress(BadAnswer):
            parse(value)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@given(JSON)
def test_a_wrong_word_deep_inside_a_right_answer_breaks_nothing(value: Any) -> None:
    """Random JSON seldom gets past the first look; here only one place of a real answer is random."""
    for parse, answer in WHOLE:
        for path in places(answer):
            with suppress(BadAnswer):
                parse(replaced(answer, path, value))


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = node.copy()
    copy[path[0]] = replaced(node[path[0]], path[1:], value)
    return copy


WHOLE: list[tuple[Callable[[Any], object], dict[str, Any]]] = [
    (
        answers.flow,
        {
            "id": "f",
            "state": "enabled",
            "flowSpec": {"id": "s"},
            "sourceConnectionIds": ["s1"],
            "inheritedAttributes": {"targetConnections": [{"id": "t", "baseConnection": {"id": "b"}}]},
            "scheduleParams": {"timeUnit": "day", "interval": 1, "startTime": 1, "endTime": 2},
            "createdAt": 1,
        },
    ),
    (answers.connection, {"id": "c", "connectionSpec": {"id": "s"}, "auth": {"specName": "n", "params": {"a": 1}}}),
    (answers.source_connection, {"id": "s", "params": {"datasets": [{"dataSetId": "d"}]}}),
    (answers.flow_spec, {"id": "f", "scheduleSpec": {"interval": {"enum": [3]}}, "attributes": {"_workflow": ["x"]}}),
    (answers.connection_spec, {"id": "c", "authSpec": [{"name": "n"}], "targetSpec": {"compression": {"enum": ["x"]}}}),
    (
        run_answers.run,
        {
            "id": "r",
            "createdAt": 1,
            "metrics": {
                "durationSummary": {"startedAtUTC": 1, "completedAtUTC": 2},
                "recordSummary": {"targetSummaries": [{"outputRecordCount": 1}], "failedInfo": [{"code": "c"}]},
                "statusSummary": {"status": "success", "errors": [{"code": "c", "message": "m", "count": 1}]},
            },
            "activities": [{"fileSummary": {"outputFileCount": 1}}],
        },
    ),
    (run_answers.ad_hoc_runs, {"destinations": [{"datasets": [{"id": "d", "statusURL": "https://h/runs/r"}]}]}),
    (
        catalog_answers.keyed_datasets,
        {"d": {"name": "n", "created": 1, "tags": {"t": ["v"]}, "extensions": {"adobe_lakeHouse": {"metrics": {}}}}},
    ),
    (catalog_answers.sandboxes, {"sandboxes": [{"name": "n", "title": "t"}]}),
    (catalog_answers.schema, {"properties": {"a": {"type": "array", "items": {"properties": {"b": {"type": "x"}}}}}}),
    (
        landing_zone_answers.credentials,
        {"containerName": "c", "SASToken": "sv=1&se=x", "SASUri": "https://h/c?sv=1", "expiryDate": "2027-02-01"},
    ),
    (
        landing_zone_answers.credentials,
        {
            "dlzProvider": "Amazon S3",
            "credentials": {"awsAccessKeyId": "k", "awsSecretAccessKey": "s", "awsSessionToken": "t"},
            "dlzPath": {"bucketName": "b", "dlzFolder": "f"},
            "expiryTime": 1,
        },
    ),
    (landing_zone_answers.container_info, {"containerName": "c", "dataTTL": {"timeQuantity": 7}}),
]

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def test_a_stored_flow() -> None:
    flow = answers.flow(
        {
            "id": "f1",
            "name": "churn",
            "state": "Enabled",
            "flowSpec": {"id": DestinationKind.DATA_LANDING_ZONE.spec.flow_spec_id, "version": "1.0"},
            "version": '"v1"',
            "createdAt": ms(START),
            "sourceConnectionIds": ["s1"],
            "targetConnectionIds": ["t1"],
            "inheritedAttributes": {"targetConnections": [{"id": "t1", "baseConnection": {"id": "b1"}}]},
            "scheduleParams": {"timeUnit": "DAY", "interval": "1", "startTime": int(START.timestamp())},
        }
    )
    assert (flow.state, flow.etag, flow.kind) == ("enabled", '"v1"', DestinationKind.DATA_LANDING_ZONE)
    assert (flow.source_connection_ids, flow.target_connection_ids) == (("s1",), ("t1",))
    assert flow.base_connection_ids == ("b1",)
    assert flow.schedule is not None
    assert (flow.schedule.start, flow.schedule.interval, flow.schedule.time_unit) == (START, 1, "day")
    assert answers.flow({"id": "f2", "scheduleParams": {}}).schedule is None


def test_a_version_number_is_no_etag() -> None:
    assert answers.connection({"id": "c", "version": "1.0"}).etag is None
    assert answers.connection({"id": "c", "eTag": '"e"'}).etag == '"e"'


def test_connections_of_each_kind() -> None:
    base = answers.connection(
        {"id": "b", "name": "n", "connectionSpec": {"id": "s"}, "auth": {"specName": "Access Key", "params": {"a": 1}}}
    )
    assert (base.spec_id, base.auth_spec, base.auth_params) == ("s", "Access Key", {"a": 1})
    assert answers.connection({"id": "b", "auth": None}).auth_spec is None
    source = answers.source_connection(
        {"id": "s", "params": {"datasets": [{"dataSetId": "d1"}, {"datasetId": "d2"}, 7]}}
    )
    assert source.dataset_ids == ("d1", "d2")
    target = answers.target_connection({"id": "t", "inheritedAttributes": {"baseConnection": {"id": "b"}}})
    assert target.base_connection_id == "b"


def test_what_a_create_answers() -> None:
    assert answers.created({"id": "x", "etag": '"e"'}) == Created("x", '"e"')
    assert answers.created({"id": "x"}, header_etag='"h"') == Created("x", '"h"')
    assert answers.created(None, known_id="x") == Created("x", None)


def test_live_specs_say_file_types_and_hour_steps() -> None:
    spec = answers.connection_spec(
        {
            "id": "c",
            "authSpec": [{"name": "Access Key"}],
            "targetSpec": {
                "spec": {
                    "properties": {"datasetFileType": {"enum": ["json", "PARQUET"]}, "compression": {"enum": ["NONE"]}}
                }
            },
        }
    )
    assert (spec.auth_spec_names, spec.file_types, spec.compressions) == (
        ("Access Key",),
        ("JSON", "PARQUET"),
        ("NONE",),
    )
    branches = [
        {"properties": {"timeUnit": {"const": "day"}, "interval": {"enum": [0, 1]}}},
        {"properties": {"timeUnit": {"const": "hour"}, "interval": {"enum": [12, 3, "8"]}}},
    ]
    flow = answers.flow_spec({"id": "f", "scheduleSpec": {"spec": {"oneOf": branches}}})
    assert flow.hour_steps == (3, 8, 12)
    assert answers.flow_spec({"id": "f"}).hour_steps == ()


DATASET: dict[str, Any] = {
    "name": "training_set_churn",
    "created": ms(START),
    "schemaRef": {"id": "https://ns.adobe.com/acme/schemas/1"},
    "tags": {"adobe/pqs/table": ["training_set_churn"], "unifiedProfile": ["enabled: true"]},
    "classification": {"dataBehavior": "record"},
    "lastBatchStatus": "success",
    "extensions": {"adobe_lakeHouse": {"metrics": {"rowCount": 120000, "storageSize": 8123456}}},
}


def test_both_listings_of_datasets() -> None:
    (keyed,) = catalog_answers.keyed_datasets({"d1": DATASET})
    (listed,) = catalog_answers.listed_datasets({"items": [{**DATASET, "id": "d1"}]})
    assert keyed == listed
    assert (keyed.id, keyed.rows, keyed.size_bytes, keyed.created_at) == ("d1", 120000, 8123456, START)
    assert (keyed.table, keyed.profile_enabled, keyed.behavior) == ("training_set_churn", True, "record")
    assert catalog_answers.keyed_datasets({}) == ()
    assert catalog_answers.keyed_datasets({"d2": {}})[0].rows is None


@pytest.mark.parametrize("body", [{"items": []}, {"message": "no"}, [], None, {"d1": None}])
def test_something_else_is_not_an_empty_catalogue(body: Any) -> None:
    with pytest.raises(BadAnswer):
        catalog_answers.keyed_datasets(body)


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": {}}, None, "x", {"datasets": []}])
def test_a_missing_list_is_not_an_empty_one(body: Any) -> None:
    with pytest.raises(BadAnswer):
        catalog_answers.listed_datasets(body)


@pytest.mark.parametrize("body", [{"items": []}, {"items": [{"id": "a"}, {"id": "b"}]}, {}, []])
def test_by_id_is_exactly_one(body: Any) -> None:
    with pytest.raises(BadAnswer):
        single(body, "run")


@pytest.mark.parametrize("body", [{"items": [{"id": "a"}]}, [{"id": "a"}], {"id": "a"}])
def test_by_id_in_all_its_envelopes(body: Any) -> None:
    assert single(body, "run")["id"] == "a"


def test_sandboxes() -> None:
    body = {"sandboxes": [{"name": "prod", "title": "Prod", "type": "production", "state": "active"}]}
    (sandbox,) = catalog_answers.sandboxes(body)
    assert (sandbox.name, sandbox.kind, sandbox.state) == ("prod", "production", "active")


def test_a_schema_is_a_tree_of_fields() -> None:
    schema = catalog_answers.schema(
        {
            "$id": "s",
            "title": "Churn",
            "meta:extends": ["https://ns.adobe.com/xdm/data/record"],
            "properties": {
                "id": {"type": "string", "title": "Id"},
                "_acme": {"type": "object", "properties": {"n": {"type": "integer", "meta:xdmType": "long"}}},
                "tags": {"type": "array", "items": {"type": "object", "properties": {"t": {"type": "string"}}}},
            },
        }
    )
    assert (schema.title, schema.behavior) == ("Churn", "record")
    assert schema.fields == (
        SchemaField("id", "string", "Id"),
        SchemaField("_acme", "object", children=(SchemaField("n", "long"),)),
        SchemaField("tags", "array of object", children=(SchemaField("t", "string"),)),
    )


def test_a_schema_without_a_bottom_is_cut() -> None:
    node: dict[str, Any] = {"type": "object"}
    node["properties"] = {"again": node}
    schema = catalog_answers.schema(node)
    depth, field = 0, schema.fields[0]
    while field.children:
        depth, field = depth + 1, field.children[0]
    assert depth < 50
