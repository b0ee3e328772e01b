"""The six destinations on real servers: what a profile says about each, and how an independent client reads what landed."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from support.entra import PRINCIPAL, PRINCIPAL_KEY, TENANT
from support.servers import Azurite, S3Keys, S3Server
from support.sftp_servers import SftpByPassword, Sshd

Files = Mapping[str, bytes]
Read = Callable[[str], Files]


@dataclass(frozen=True)
class RealDestination:
    """One destination: its table in the profile, what the emulator's `--storage` names, secrets as variables, a reader.

    `read(folder)` returns the files of a folder as somebody else's client finds them.
    """

    name: str
    table: dict[str, Any]
    read: Read
    storage: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()


def _from(name: str) -> dict[str, str]:
    return {"env": name}


def amazon_s3(server: S3Server, bucket: str = "acme-ml", *missing: str) -> RealDestination:
    """A bucket, by an access key with the rights that the platform asks for, there and in buckets that are `missing`."""
    return _bucket(server, "s3", "amazon-s3", bucket, ("access_key", "secret_key"), *missing)


def google_cloud_storage(server: S3Server, bucket: str = "acme_ml.exports", *missing: str) -> RealDestination:
    """A Google bucket by HMAC key: the same protocol, with the names that only Google allows."""
    return _bucket(server, "gcs", "google-cloud-storage", bucket, ("access_key_id", "secret_access_key"), *missing)


def _bucket(
    server: S3Server, name: str, kind: str, bucket: str, fields: tuple[str, str], *missing: str
) -> RealDestination:
    """`fields` are what the platform calls the key's id and its secret."""
    keys, secret = _bucket_for(server, bucket, *missing), f"T_{name.upper()}_SECRET"
    return RealDestination(
        name,
        {
            "kind": kind,
            "bucket": bucket,
            "path": "ml/churn",
            "credentials": {fields[0]: keys.access_key_id, fields[1]: _from(secret)},
            "reader": {"endpoint": server.url},
        },
        lambda folder: in_bucket(server, bucket, folder),
        f"{kind}={server.url}",
        {secret: keys.secret_access_key},
    )


def azure_blob(server: Azurite, container: str = "ml-exports") -> RealDestination:
    """A container, by connection string."""
    server.container(container, {})
    return RealDestination(
        "blob",
        {
            "kind": "azure-blob",
            "container": container,
            "path": "ml/churn",
            "credentials": {"connection_string": _from("T_BLOB")},
        },
        lambda folder: in_container(server, container, folder),
        f"azure-blob={server.url}",
        {"T_BLOB": server.connection_string()},
    )


def azure_data_lake(server: Azurite, authority: str, container: str = "lake") -> RealDestination:
    """A file system by service principal, over TLS with a private authority."""
    server.container(container, {})
    return RealDestination(
        "lake",
        {
            "kind": "azure-data-lake",
            "path": "ml/churn",
            "credentials": {
                "url": f"{server.url}/{container}",
                "tenant": TENANT,
                "service_principal_id": PRINCIPAL,
                "service_principal_key": _from("T_PRINCIPAL_KEY"),
            },
            "reader": {"authority_host": authority},
        },
        lambda folder: in_container(server, container, folder),
        f"azure-data-lake={server.url}?authority={authority}",
        {"T_PRINCIPAL_KEY": PRINCIPAL_KEY, "SSL_CERT_FILE": str(server.ca_file)},
    )


def sftp_by_key(server: Sshd, folder: Path) -> RealDestination:
    """OpenSSH by private key; the reader believes the server by its public key."""
    key = server.private_key
    return _sftp(
        server,
        "sftp-key",
        ("ssh_key", "T_SSH_KEY", base64.b64encode(key.encode()).decode()),
        lambda path: by_openssh(folder, server.host, server.port, server.user, path, key=key),
    )


def sftp_by_password(server: SftpByPassword, folder: Path) -> RealDestination:
    """SFTP by password."""
    password = server.password
    return _sftp(
        server,
        "sftp-password",
        ("password", "T_SFTP_PASSWORD", password),
        lambda path: by_openssh(folder, server.host, server.port, server.user, path, password=password),
    )


def _sftp(server: Sshd | SftpByPassword, name: str, secret: tuple[str, str, str], read: Read) -> RealDestination:
    """`secret` is its field, the variable that holds it, and itself."""
    key, variable, value = secret
    return RealDestination(
        name,
        {
            "kind": "sftp",
            "path": "ml/churn",
            "credentials": {
                "domain": server.host,
                "port": server.port,
                "username": server.user,
                key: _from(variable),
            },
            "reader": {"host_key": server.host_key},
        },
        read,
        f"sftp=sftp://{server.host}:{server.port}",
        {variable: value},
    )


def landing_zone_on_azure(server: Azurite, container: str = "dlz-destination") -> RealDestination:
    """A landing zone on Microsoft's emulator, by a SAS that names a stored policy as the platform's does."""
    server.container(container, {})
    sas = server.policy(container, "dlz-1", "racwdl")
    return RealDestination(
        "dlz",
        {"kind": "data-landing-zone", "path": "ml/churn"},
        lambda folder: in_container(server, container, folder),
        f"data-landing-zone={server.url}/{container}?{sas}",
    )


def landing_zone_on_aws(server: S3Server, bucket: str = "acme-dlz") -> RealDestination:
    """A landing zone in a bucket of Amazon's, below a folder of its own (§6)."""
    keys = _bucket_for(server, bucket)
    host, secret = server.url.removeprefix("http://"), quote(keys.secret_access_key, safe="")
    return RealDestination(
        "dlz",
        {"kind": "data-landing-zone", "path": "ml/churn", "reader": {"endpoint": server.url}},
        lambda folder: in_bucket(server, bucket, f"dlz-destination/{folder}"),
        f"data-landing-zone=http://{keys.access_key_id}:{secret}@{host}/{bucket}",
        options=("--landing-zone", "aws"),
    )


def _bucket_for(server: S3Server, bucket: str, *missing: str) -> S3Keys:
    server.bucket(bucket, {})
    return server.writer(bucket, *missing)


def in_bucket(server: S3Server, bucket: str, folder: str) -> Files:
    """Read a folder with boto3."""
    client = server.client("s3")
    found = client.list_objects_v2(Bucket=bucket, Prefix=f"{folder}/").get("Contents", [])
    return {each["Key"]: client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found}


def in_container(server: Azurite, container: str, folder: str) -> Files:
    """Read a folder with Microsoft's client."""
    with server.service as service:
        client = service.get_container_client(container)
        names = [blob.name for blob in client.list_blobs(name_starts_with=f"{folder}/")]
        return {name: client.download_blob(name).readall() for name in names}


def by_openssh(
    work: Path, host: str, port: int, user: str, path: str, *, key: str | None = None, password: str | None = None
) -> Files:
    """Read a folder with OpenSSH's own sftp."""
    target = work / "sftp-download"
    target.mkdir(exist_ok=True)
    env, options = dict(os.environ), ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={work / 'hosts'}"]
    if key is not None:
        file = work / "key"
        file.write_text(key)
        file.chmod(0o600)
        options += ["-i", str(file), "-o", "IdentitiesOnly=yes"]
    else:
        asker = work / "askpass"
        asker.write_text('#!/bin/sh\nprintf "%s\\n" "$T_ASKED"\n')
        asker.chmod(0o700)
        env |= {"SSH_ASKPASS": str(asker), "SSH_ASKPASS_REQUIRE": "force", "T_ASKED": password or ""}
    command = ["sftp", "-q", "-r", "-P", str(port), *options, f"{user}@{host}:{path}", str(target)]
    subprocess.run(command, env=env, check=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    fetched = target / path.rpartition("/")[2]
    return {f"{path}/{each.name}": each.read_bytes() for each in fetched.iterdir()}
