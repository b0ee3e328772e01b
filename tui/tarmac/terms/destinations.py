"""The spec-ID table: six destinations, their connection and flow specs, credentials and location fields.

Facts: platform-api §3.1 (ids; all twelve agree in five sources), §3.4 (credentials).
The platform's live specs decide where they differ (design §6.7); this table is the fallback and the form layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tarmac.terms.destination_fields import (
    CONTAINER,
    DOMAIN,
    GCS_BUCKET,
    PLAIN_PATH,
    PORT,
    S3_BUCKET,
    S3_PATH,
    USERNAME,
    Field,
    folder_field,
)

# The source of every dataset export (EDA, DST); `activation-datalake` by name (AEPP, SEED).
DATA_LAKE_SPEC_ID = "23598e46-f560-407b-88d5-ea6207e49db0"
DATA_LAKE_SPEC_NAME = "activation-datalake"
SPEC_VERSION = "1.0"


class DestinationKind(StrEnum):
    """The six storages; the values are the `kind` of a profile's destination."""

    AMAZON_S3 = "amazon-s3"
    AZURE_BLOB = "azure-blob"
    AZURE_DATA_LAKE = "azure-data-lake"
    DATA_LANDING_ZONE = "data-landing-zone"
    GOOGLE_CLOUD_STORAGE = "google-cloud-storage"
    SFTP = "sftp"

    @property
    def spec(self) -> DestinationSpec:
        """This kind's row of the spec-ID table."""
        return SPECS[self]


@dataclass(frozen=True)
class AuthVariant:
    """One way to give the platform credentials: `auth.specName` and its parameters."""

    key: str
    spec_name: str
    title: str
    fields: tuple[Field, ...]

    @property
    def words(self) -> str:
        """The title inside a sentence: `access key`, `SSH key`."""
        return self.title if self.title[1:2].isupper() else self.title[0].lower() + self.title[1:]


@dataclass(frozen=True)
class DestinationSpec:
    """One row of the spec-ID table."""

    kind: DestinationKind
    title: str
    connection_spec_id: str
    flow_spec_id: str
    auth: tuple[AuthVariant, ...]
    location: tuple[Field, ...]

    def auth_for(self, keys: Mapping[str, object]) -> AuthVariant | None:
        """Return the variant whose required fields are all among `keys`; None if there is none or none is needed."""
        for variant in self.auth:
            if all(field.key in keys for field in variant.fields if field.required):
                return variant
        return None

    @property
    def path_field(self) -> Field:
        """The location field that holds the folder (`path`, on SFTP `remotePath`)."""
        return next(field for field in self.location if field.key == "path")


SPECS: Mapping[DestinationKind, DestinationSpec] = {
    spec.kind: spec
    for spec in (
        DestinationSpec(
            DestinationKind.AMAZON_S3,
            "Amazon S3",
            "4fce964d-3f37-408f-9778-e597338a21ee",
            "269ba276-16fc-47db-92b0-c1049a3c131f",
            (
                AuthVariant(
                    "access-key",
                    "Access Key",
                    "Access key",
                    (
                        Field(
                            "access_key",
                            "s3AccessKey",
                            "Access key ID",
                            pattern=r"[A-Z2-7]{20}",
                            rule="must be 20 characters, A-Z and 2-7",
                            example="AKIAIOSFODNN7EXAMPLE",
                        ),
                        Field(
                            "secret_key",
                            "s3SecretKey",
                            "Secret access key",
                            secret=True,
                            pattern=r"[A-Za-z0-9/+]{40}",
                            rule="must be 40 characters, letters, digits, / and +",
                        ),
                    ),
                ),
                AuthVariant(
                    "assumed-role",
                    "Assumed Role",
                    "Assumed role",
                    (
                        Field(
                            "role",
                            "s3Role",
                            "Role ARN",
                            secret=True,
                            pattern=r"arn:aws[a-z\-]*:iam::\d{12}:role/.+",
                            rule="must be a role ARN such as arn:aws:iam::123456789012:role/aep-export",
                            example="arn:aws:iam::123456789012:role/aep-export",
                        ),
                    ),
                ),
            ),
            (S3_BUCKET, folder_field(S3_PATH)),
        ),
        DestinationSpec(
            DestinationKind.AZURE_BLOB,
            "Azure Blob",
            "6d6b59bf-fb58-4107-9064-4d246c0e5bb2",
            "95bd8965-fc8a-4119-b9c3-944c2c2df6d2",
            (
                AuthVariant(
                    "connection-string",
                    "ConnectionString",
                    "Connection string",
                    (
                        Field(
                            "connection_string",
                            "connectionString",
                            "Connection string",
                            secret=True,
                            pattern=r"DefaultEndpointsProtocol=https?;(?=.*AccountName=)(?=.*AccountKey=).+",
                            rule="must look like DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…",
                        ),
                    ),
                ),
            ),
            (CONTAINER, folder_field(PLAIN_PATH)),
        ),
        DestinationSpec(
            DestinationKind.AZURE_DATA_LAKE,
            "Azure Data Lake Gen2",
            "be2c3209-53bc-47e7-ab25-145db8b873e1",
            "17be2013-2549-41ce-96e7-a70363bec293",
            (
                AuthVariant(
                    "service-principal",
                    "Azure Service Principal Auth",
                    "Service principal",
                    (
                        Field(
                            "url",
                            "url",
                            "URL",
                            pattern=r"(https?|abfss)://.+",
                            rule="must be the address of the storage, such as https://acme.dfs.core.windows.net/ml",
                            example="https://acme.dfs.core.windows.net/ml",
                        ),
                        Field("tenant", "tenant", "Tenant", example="0f0f0f0f-0000-4000-8000-000000000001"),
                        Field(
                            "service_principal_id",
                            "servicePrincipalId",
                            "Service principal ID",
                            example="0f0f0f0f-0000-4000-8000-000000000002",
                        ),
                        Field("service_principal_key", "servicePrincipalKey", "Service principal key", secret=True),
                    ),
                ),
            ),
            (folder_field(),),
        ),
        DestinationSpec(
            DestinationKind.DATA_LANDING_ZONE,
            "Data Landing Zone",
            "10440537-2a7b-4583-ac39-ed38d4b848e8",
            "cd2fc47e-e838-4f38-a581-8fff2f99b63a",
            (),
            (folder_field(),),
        ),
        DestinationSpec(
            DestinationKind.GOOGLE_CLOUD_STORAGE,
            "Google Cloud Storage",
            "c5d93acb-ea8b-4b14-8f53-02138444ae99",
            "585c15c4-6cbf-4126-8f87-e26bff78b657",
            (
                AuthVariant(
                    "hmac",
                    "Google Cloud Storage authentication credentials",
                    "HMAC key",
                    (
                        Field(
                            "access_key_id",
                            "accessKeyId",
                            "Access key ID",
                            pattern=r"[A-Za-z0-9]{20,64}",
                            rule="must be the HMAC access ID (61 characters for a service account)",
                            example="GOOGTS7C7FUP3AIRVJTEEXAMPLE",
                        ),
                        Field(
                            "secret_access_key",
                            "secretAccessKey",
                            "Secret access key",
                            secret=True,
                            pattern=r"[A-Za-z0-9/+=]{40}",
                            rule="must be 40 characters, base64",
                        ),
                    ),
                ),
            ),
            (GCS_BUCKET, folder_field()),
        ),
        DestinationSpec(
            DestinationKind.SFTP,
            "SFTP",
            "36965a81-b1c6-401b-99f8-22508f1e6a26",
            "354d6aad-4754-46e4-a576-1b384561c440",
            (
                AuthVariant(
                    "password",
                    "SFTP with Password",
                    "Password",
                    (DOMAIN, PORT, USERNAME, Field("password", "password", "Password", secret=True)),
                ),
                AuthVariant(
                    "ssh-key",
                    "SFTP with SSH Key",
                    "SSH key",
                    (
                        DOMAIN,
                        PORT,
                        USERNAME,
                        Field(
                            "ssh_key",
                            "sshKey",
                            "Private key, Base64",
                            secret=True,
                            pattern=r"[A-Za-z0-9+/=\s]+",
                            rule="must be the Base64 of a private key without a passphrase",
                        ),
                    ),
                ),
            ),
            (folder_field(wire="remotePath"),),
        ),
    )
}


def kind_of_connection_spec(spec_id: str) -> DestinationKind | None:
    """Return the kind that a connection spec id stands for; None for a private or unknown one."""
    return next((kind for kind, spec in SPECS.items() if spec.connection_spec_id == spec_id), None)


def kind_of_flow_spec(spec_id: str) -> DestinationKind | None:
    """Return the kind that a dataset flow spec id stands for; None for any other flow."""
    return next((kind for kind, spec in SPECS.items() if spec.flow_spec_id == spec_id), None)
