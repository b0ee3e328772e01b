"""The spec-ID table against the facts: ids that differ, rules that hold, what is refused before any call."""

from __future__ import annotations

import pytest

from tarmac.terms.destinations import (
    DATA_LAKE_SPEC_ID,
    SPEC_VERSION,
    SPECS,
    DestinationKind,
    kind_of_connection_spec,
    kind_of_flow_spec,
)

# Written out from the documents (§3.1, §3.4, §3.5): client and emulator share the table, so only this notices a slip in it.
WIRE: dict[str, tuple[str, str, dict[str, list[str]], list[str]]] = {
    "amazon-s3": (
        "4fce964d-3f37-408f-9778-e597338a21ee",
        "269ba276-16fc-47db-92b0-c1049a3c131f",
        {"Access Key": ["s3AccessKey", "s3SecretKey"], "Assumed Role": ["s3Role"]},
        ["bucketName", "path"],
    ),
    "azure-blob": (
        "6d6b59bf-fb58-4107-9064-4d246c0e5bb2",
        "95bd8965-fc8a-4119-b9c3-944c2c2df6d2",
        {"ConnectionString": ["connectionString"]},
        ["container", "path"],
    ),
    "azure-data-lake": (
        "be2c3209-53bc-47e7-ab25-145db8b873e1",
        "17be2013-2549-41ce-96e7-a70363bec293",
        {"Azure Service Principal Auth": ["url", "tenant", "servicePrincipalId", "servicePrincipalKey"]},
        ["path"],
    ),
    "data-landing-zone": (
        "10440537-2a7b-4583-ac39-ed38d4b848e8",
        "cd2fc47e-e838-4f38-a581-8fff2f99b63a",
        {},
        ["path"],
    ),
    "google-cloud-storage": (
        "c5d93acb-ea8b-4b14-8f53-02138444ae99",
        "585c15c4-6cbf-4126-8f87-e26bff78b657",
        {"Google Cloud Storage authentication credentials": ["accessKeyId", "secretAccessKey"]},
        ["bucketName", "path"],
    ),
    "sftp": (
        "36965a81-b1c6-401b-99f8-22508f1e6a26",
        "354d6aad-4754-46e4-a576-1b384561c440",
        {
            "SFTP with Password": ["domain", "port", "username", "password"],
            "SFTP with SSH Key": ["domain", "port", "username", "sshKey"],
        },
        ["remotePath"],
    ),
}
SECRETS = {
    *("s3SecretKey", "s3Role", "connectionString", "servicePrincipalKey", "secretAccessKey", "password", "sshKey"),
}


def test_the_table_says_what_the_documents_say() -> None:
    table = {
        kind.value: (
            spec.connection_spec_id,
            spec.flow_spec_id,
            {variant.spec_name: [field.wire for field in variant.fields] for variant in spec.auth},
            [field.wire for field in spec.location],
        )
        for kind, spec in SPECS.items()
    }
    assert table == WIRE
    assert (DATA_LAKE_SPEC_ID, SPEC_VERSION) == ("23598e46-f560-407b-88d5-ea6207e49db0", "1.0")
    fields = [field for spec in SPECS.values() for variant in spec.auth for field in variant.fields]
    assert {field.wire for field in fields if field.secret} == SECRETS
    assert {field.wire for field in fields if not field.required} == {"port"}


@pytest.mark.parametrize(
    ("kind", "wire", "value", "fine"),
    [
        ("amazon-s3", "s3AccessKey", "AKIAIOSFODNN7EXAMPLE", True),
        ("amazon-s3", "s3AccessKey", "akiaiosfodnn7example", False),
        ("amazon-s3", "s3AccessKey", "AKIAIOSFODNN7EXAMPL1", False),
        ("amazon-s3", "s3SecretKey", "aZ09/+" + "x" * 34, True),
        ("amazon-s3", "s3SecretKey", "x" * 39, False),
        ("azure-blob", "connectionString", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b==", True),
        ("azure-blob", "connectionString", "https://a.blob.core.windows.net/c?sv=1&sig=x", False),
        ("google-cloud-storage", "accessKeyId", "GOOG1E" + "A" * 55, True),
        ("google-cloud-storage", "secretAccessKey", "x" * 40, True),
        ("google-cloud-storage", "secretAccessKey", "x" * 41, False),
        ("sftp", "domain", "sftp_1.acme.com", True),
        ("sftp", "domain", "sftp://acme.com", False),
        ("sftp", "sshKey", "LS0tLS1CRUdJTg==", True),
        ("sftp", "sshKey", "-----BEGIN OPENSSH PRIVATE KEY-----", False),
    ],
)
def test_credentials_keep_the_documented_rules(kind: str, wire: str, value: str, fine: bool) -> None:
    fields = {field.wire: field for variant in DestinationKind(kind).spec.auth for field in variant.fields}
    assert (fields[wire].complaint(value) is None) is fine


def test_the_twelve_ids_are_twelve() -> None:
    ids = [each for spec in SPECS.values() for each in (spec.connection_spec_id, spec.flow_spec_id)]
    assert len(set(ids)) == 12


@pytest.mark.parametrize("kind", DestinationKind)
def test_an_id_leads_back_to_its_kind(kind: DestinationKind) -> None:
    assert kind_of_connection_spec(kind.spec.connection_spec_id) is kind
    assert kind_of_flow_spec(kind.spec.flow_spec_id) is kind
    assert kind_of_flow_spec(kind.spec.connection_spec_id) is None


@pytest.mark.parametrize(
    ("kind", "key", "value", "fine"),
    [
        ("amazon-s3", "bucket", "acme-ml", True),
        ("amazon-s3", "bucket", "Acme-ML", False),
        ("amazon-s3", "bucket", "192.168.0.1", False),
        ("amazon-s3", "bucket", "ab", False),
        ("amazon-s3", "path", "features/2026", True),
        ("amazon-s3", "path", "feat ures", False),
        ("amazon-s3", "path", "year=2026/churn", False),
        ("amazon-s3", "path", "ml/%SEGMENT_ID%", True),
        ("amazon-s3", "path", "ml/%DATASET_ID%", False),
        ("azure-blob", "path", "ml/churn_(1)*", True),
        ("azure-blob", "path", "ml/%SEGMENT_ID%", False),
        ("azure-data-lake", "path", "year=2026/churn", True),
        ("azure-blob", "container", "ml-exports", True),
        ("azure-blob", "container", "a--b", False),
        ("azure-blob", "container", "-ab", False),
        ("google-cloud-storage", "bucket", "goog-ml", False),
        ("google-cloud-storage", "bucket", "my-google-ml", False),
        ("google-cloud-storage", "bucket", "acme_ml.prod", True),
        ("data-landing-zone", "path", "ml/Churn 2026/é", True),
        ("data-landing-zone", "path", "ml/a?b", False),
        ("data-landing-zone", "path", "ml/a#b", False),
        ("data-landing-zone", "path", "ml\\churn", False),
        ("data-landing-zone", "path", "ml/../secret", False),
        ("data-landing-zone", "path", "..", False),
        ("data-landing-zone", "path", "ml//churn", False),
        ("data-landing-zone", "path", "ml/\x1b[2J", False),
        ("data-landing-zone", "path", "ml/..hidden", True),
        ("data-landing-zone", "path", "x" * 1025, False),
        ("data-landing-zone", "path", "x" * 1000, True),
        ("sftp", "path", "/upload/ml", True),
    ],
)
def test_rules(kind: str, key: str, value: str, fine: bool) -> None:
    field = next(field for field in DestinationKind(kind).spec.location if field.key == key)
    assert (field.complaint(value) is None) is fine


def test_a_complaint_names_the_field() -> None:
    for spec in SPECS.values():
        for field in (*spec.location, *(field for variant in spec.auth for field in variant.fields)):
            if field.required:
                assert field.complaint("") == f"{field.label} is missing"


def test_credentials_choose_their_variant() -> None:
    sftp = DestinationKind.SFTP.spec
    password = sftp.auth_for({"domain": 1, "username": 1, "password": 1})
    key = sftp.auth_for({"domain": 1, "username": 1, "ssh_key": 1})
    assert password is not None
    assert key is not None
    assert (password.key, key.key) == ("password", "ssh-key")
    assert sftp.auth_for({"domain": 1}) is None


def test_a_way_to_sign_in_keeps_its_capitals_inside_a_sentence() -> None:
    said = {variant.words for spec in SPECS.values() for variant in spec.auth}
    assert {"access key", "HMAC key", "SSH key", "service principal"} <= said


def test_every_field_that_is_typed_has_an_example_that_keeps_its_rules() -> None:
    for spec in SPECS.values():
        for field in (*spec.location, *(each for variant in spec.auth for each in variant.fields)):
            assert field.secret or field.example, (spec.kind, field.label)
            assert field.complaint(field.example) is None or field.secret, (spec.kind, field.label)
