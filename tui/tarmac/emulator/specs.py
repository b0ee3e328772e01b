"""Connection specs and flow specs, made from the spec-ID table (§3.1, §3.4, §3.5, §3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tarmac.terms.destination_fields import Field
from tarmac.terms.destinations import (
    DATA_LAKE_SPEC_ID,
    DATA_LAKE_SPEC_NAME,
    SPEC_VERSION,
    SPECS,
    AuthVariant,
    DestinationKind,
    DestinationSpec,
)
from tarmac.terms.schedules import KNOWN_HOUR_STEPS, ExportMode

PROVIDER_ID = "14e34fac-d307-11e9-bb65-2a2ae2dbcce4"
LANDING_ZONE_SOURCE_SPEC_ID = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"
PROFILE_STORE_SPEC_ID = "8a9c3494-9708-43d7-ae3f-cda01e5030e1"
# Audience flow specs on the same storages: they are listed, and datasets are refused by them (§3.1, DST).
AUDIENCE_FLOW_SPEC_IDS = {
    DestinationKind.AMAZON_S3: "1a0514a6-33d4-4c7f-aff8-594799c47549",
    DestinationKind.AZURE_BLOB: "752d422f-b16f-4f0d-b1c6-26e448e3b388",
    DestinationKind.AZURE_DATA_LAKE: "db060570-a155-418a-a6d3-b4d97698e5dc",
    DestinationKind.DATA_LANDING_ZONE: "7e635b9f-e59b-4546-8ba8-fce6496693c8",
    DestinationKind.GOOGLE_CLOUD_STORAGE: "976d663b-80b4-4193-be6b-2d0487516623",
    DestinationKind.SFTP: "fd36aaa4-bf2b-43fb-9387-43785eeeb799",
}
_AUTH_TYPES = {
    "Access Key": "KeyBased",
    "Assumed Role": "S3RoleBased",
    "ConnectionString": "ConnectionString",
    "Azure Service Principal Auth": "AzureServicePrincipal",
    "Google Cloud Storage authentication credentials": "GoogleCloudStorageAuth",
    "SFTP with Password": "SFTP",
    "SFTP with SSH Key": "SFTP",
}
_JSON_SCHEMA = "http://json-schema.org/draft-07/schema#"


def connection_specs() -> list[dict[str, Any]]:
    """All connection specs: six destinations, the data lake, and two that have nothing to do with dataset exports."""
    return [
        *(_destination_spec(spec) for spec in SPECS.values()),
        _source_spec(DATA_LAKE_SPEC_ID, DATA_LAKE_SPEC_NAME, {"isSource": True, "category": "Data Lake"}),
        _source_spec(PROFILE_STORE_SPEC_ID, "activation-profile-store", {"isSource": True, "category": "Profile"}),
        _source_spec(LANDING_ZONE_SOURCE_SPEC_ID, "landing-zone", {"isSource": True, "category": "Cloud Storage"}),
    ]


def flow_specs(hour_steps: Sequence[int] = KNOWN_HOUR_STEPS) -> list[dict[str, Any]]:
    """All flow specs: for each storage the one for datasets and the one for audiences."""
    return [
        *(_dataset_flow_spec(spec, hour_steps) for spec in SPECS.values()),
        *(_audience_flow_spec(SPECS[kind], spec_id) for kind, spec_id in AUDIENCE_FLOW_SPEC_IDS.items()),
    ]


def _destination_spec(spec: DestinationSpec) -> dict[str, Any]:
    return {
        "id": spec.connection_spec_id,
        "name": spec.title,
        "providerId": PROVIDER_ID,
        "version": SPEC_VERSION,
        "authSpec": [_auth_spec(variant) for variant in spec.auth],
        "encryptionSpecs": [],
        "targetSpec": _target_spec(spec),
        "attributes": {
            "isDestination": True,
            "category": "Cloud Storage",
            "connectionType": "Server-to-server",
            "supportedDatasetExport": True,
        },
        "permissionsInfo": {
            "manage": [{"@type": "lowLevel", "name": "EnterpriseDestination", "permissions": ["write"]}]
        },
    }


def _auth_spec(variant: AuthVariant) -> dict[str, Any]:
    return {
        "name": variant.spec_name,
        "type": _AUTH_TYPES[variant.spec_name],
        "spec": {
            "$schema": _JSON_SCHEMA,
            "type": "object",
            "description": f"Defines auth params required for {variant.words}",
            "properties": {field.wire: _property(field) for field in variant.fields},
            "required": [field.wire for field in variant.fields if field.required],
        },
    }


def _target_spec(spec: DestinationSpec) -> dict[str, Any]:
    return {
        "name": "User based target",
        "type": "UserNamespace",
        "spec": {
            "$schema": _JSON_SCHEMA,
            "type": "object",
            "properties": {
                **{field.wire: _property(field) for field in spec.location},
                "mode": {"type": "string", "const": "Server-to-server"},
                "datasetFileType": {
                    "type": "string",
                    "enum": ["JSON", "PARQUET"],
                    "conditional": {
                        "field": "flowSpec.attributes._workflow",
                        "operator": "CONTAINS",
                        "value": "DATASETS",
                    },
                },
                "compression": {"type": "string", "enum": ["NONE", "GZIP"]},
                "fileType": {
                    "type": "string",
                    "enum": ["CSV", "JSON", "PARQUET"],
                    "conditional": {
                        "field": "flowSpec.attributes._workflow",
                        "operator": "NOT_CONTAINS",
                        "value": "DATASETS",
                    },
                },
            },
            "required": [*(field.wire for field in spec.location), "fileType"],
        },
    }


def _property(field: Field) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": "string", "title": field.label, "description": field.rule or field.label}
    if field.pattern is not None:
        shown["pattern"] = f"^{field.pattern}$"
    if field.secret:
        shown["format"] = "password"
    return shown


def _source_spec(spec_id: str, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": spec_id,
        "name": name,
        "providerId": PROVIDER_ID,
        "version": SPEC_VERSION,
        "authSpec": [],
        "encryptionSpecs": [],
        "sourceSpec": {"name": name, "type": "Catalog", "spec": {"$schema": _JSON_SCHEMA, "type": "object"}},
        "attributes": attributes,
        "permissionsInfo": {},
    }


def _dataset_flow_spec(spec: DestinationSpec, hour_steps: Sequence[int]) -> dict[str, Any]:
    return {
        "id": spec.flow_spec_id,
        "name": f"{spec.title} Dataset Export",
        "providerId": PROVIDER_ID,
        "version": SPEC_VERSION,
        "sourceConnectionSpecIds": [DATA_LAKE_SPEC_ID],
        "targetConnectionSpecIds": [spec.connection_spec_id],
        "optionSpec": {"name": "OptionSpec", "spec": {}},
        "transformationSpecs": [],
        "scheduleSpec": {"name": "PeriodicSchedule", "type": "Periodic", "spec": schedule_schema(hour_steps)},
        "attributes": {"_workflow": ["DATASETS"], "isDestinationFlow": True},
        "permissionsInfo": {},
    }


def schedule_schema(hour_steps: Sequence[int]) -> dict[str, Any]:
    """The JSON schema of `scheduleParams`; the documents disagree about the hour steps (C3), 0 is the one-time export (C6)."""
    return {
        "$schema": _JSON_SCHEMA,
        "type": "object",
        "properties": {
            "exportMode": {"type": "string", "enum": list(ExportMode)},
            "timeUnit": {"type": "string", "enum": ["day", "hour"]},
            "startTime": {"type": "integer", "description": "epoch seconds"},
            "endTime": {"type": "integer", "description": "epoch seconds"},
            "foldernameTemplate": {"type": "string"},
        },
        "required": ["startTime", "interval", "timeUnit"],
        "oneOf": [
            {"properties": {"timeUnit": {"const": "hour"}, "interval": {"enum": list(hour_steps)}}},
            {"properties": {"timeUnit": {"const": "day"}, "interval": {"enum": [0, 1]}}},
        ],
    }


def _audience_flow_spec(spec: DestinationSpec, spec_id: str) -> dict[str, Any]:
    return {
        "id": spec_id,
        "name": f"{spec.title} Audience Export",
        "providerId": PROVIDER_ID,
        "version": SPEC_VERSION,
        "sourceConnectionSpecIds": [PROFILE_STORE_SPEC_ID],
        "targetConnectionSpecIds": [spec.connection_spec_id],
        "transformationSpecs": [],
        "scheduleSpec": {},
        "attributes": {"_workflow": ["SEGMENTS"], "isDestinationFlow": True},
        "permissionsInfo": {},
    }
