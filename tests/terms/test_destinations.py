"""The spec-ID table against the facts: ids that differ, rules that hold, what is refused before any call."""

from __future__ import annotations

import pytest

from tarmac.terms.destinations import SPECS, DestinationKind, kind_of_connection_spec, kind_of_flow_spec


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
