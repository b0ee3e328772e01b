"""Real storage servers on free loopback ports for tests: Azurite (Azure), moto with auth on (S3, GCS).

The fixtures are for every test, by tests/conftest.py: a process holds one of each server, for moto's state is global. They
live as long as the session. A server that is not on the machine skips the test by name; where CI=true it fails instead.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

START_SECONDS = 30.0
# Between looking for a free port and listening on it somebody else may take it.
_ATTEMPTS = 5


@pytest.fixture(scope="session")
def closed_port() -> Iterator[int]:
    """A loopback port that refuses connections, and that nobody else can get meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def missing(server: str, how: str) -> NoReturn:
    """Skip because `server` is not here; in CI that is a failure."""
    text = f"{server} is not on this machine: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


def make_sshds_folder() -> None:
    """Make what root's sshd wants for separating its privileges; elsewhere the system's start-up makes it."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)


@contextmanager
def running(command: Callable[[int], list[str]], log: Path, env: dict[str, str] | None = None) -> Iterator[int]:
    """Run the server of `command(port)` until the block ends; enter it with the port when it listens there itself."""
    for _ in range(_ATTEMPTS):
        port = _free_port()
        with log.open("wb") as out, subprocess.Popen(command(port), stdout=out, stderr=out, env=env) as process:
            try:
                if _has_begun(process, port, log):
                    yield port
                    return
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
    pytest.fail(f"{log.stem}: somebody else took each of {_ATTEMPTS} ports before it could")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _has_begun(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    """Wait until the server listens; False when somebody else has taken its port."""
    deadline = time.monotonic() + START_SECONDS
    while not _listens(process, port):
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-2000:]
            if process.poll() is not None and "already in use" in said:
                return False
            pytest.fail(f"{log.stem} did not start: {said}")
        time.sleep(0.02)  # a process can only be looked at again
    return True


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the process, or one that it started, listens on the port: somebody else would accept connections as well."""
    with contextlib.suppress(psutil.Error):
        started = psutil.Process(process.pid)
        return any(
            each.status == psutil.CONN_LISTEN and each.laddr.port == port
            for one in (started, *started.children(recursive=True))
            for each in one.net_connections("tcp")
        )
    return False


# --- Azure -----------------------------------------------------------------------------------------------------------


@dataclass
class Azurite:
    """A running Azurite with one account. `url` is the part before the container."""

    url: str
    account: str = "aepdlz"
    key: str = base64.b64encode(b"azurite-account-key-for-tests-only").decode()
    ca_file: Path | None = None

    @property
    def service(self) -> Any:
        """The Azure SDK's client with the account key."""
        from azure.storage.blob import BlobServiceClient

        credential = {"account_name": self.account, "account_key": self.key}
        verify = str(self.ca_file) if self.ca_file else True
        return BlobServiceClient(self.url, credential=credential, connection_verify=verify)

    def container(self, name: str, files: dict[str, bytes]) -> None:
        """Make a container with these files in it."""
        from azure.core.exceptions import ResourceExistsError

        with self.service as service:
            client = service.get_container_client(name)
            with contextlib.suppress(ResourceExistsError):  # the client asks again by itself when an answer is late
                client.create_container()
            for path, data in files.items():
                client.upload_blob(path, data)

    def policy(self, container: str, name: str, permission: str = "rl") -> str:
        """Replace the container's stored access policies by this one; return a SAS that names it, as the platform's do."""
        from azure.storage.blob import AccessPolicy, ContainerSasPermissions, generate_container_sas

        now = datetime.now(UTC)
        policy = AccessPolicy(
            permission=ContainerSasPermissions.from_string(permission),
            start=now - timedelta(hours=1),
            expiry=now + timedelta(days=1),
        )
        with self.service as service:
            service.get_container_client(container).set_container_access_policy({name: policy})
        return str(generate_container_sas(self.account, container, account_key=self.key, policy_id=name))

    def sas(self, container: str, permission: str = "rl", *, ends_in: timedelta = timedelta(days=1)) -> str:
        """A plain container SAS."""
        from azure.storage.blob import ContainerSasPermissions, generate_container_sas

        return str(
            generate_container_sas(
                self.account,
                container,
                account_key=self.key,
                permission=ContainerSasPermissions.from_string(permission),
                expiry=datetime.now(UTC) + ends_in,
            )
        )

    def connection_string(self) -> str:
        """What the Azure Blob destination takes."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={self.account};AccountKey={self.key};BlobEndpoint={self.url};"
        )


def azurite_command() -> list[str] | None:
    """Where Azurite's blob server is, if anywhere."""
    places = [os.environ.get("TARMAC_AZURITE"), shutil.which("azurite-blob"), "node_modules/.bin/azurite-blob"]
    for place in places:
        if place and Path(place).is_file():
            return [place]
    return None


@contextmanager
def running_azurite(folder: Path, *options: str, certificate: tuple[Path, Path] | None = None) -> Iterator[Azurite]:
    """Start Azurite in memory; with a certificate and its key, over TLS."""
    command = azurite_command()
    if command is None:
        missing("Azurite", "npm install azurite@3.37.0, and set TARMAC_AZURITE to node_modules/.bin/azurite-blob")
    scheme = "https" if certificate else "http"
    command += ["--inMemoryPersistence", "--disableTelemetry", "--silent", *options]
    # Without it, SDKs newer than this Azurite are refused with 400.
    command += ["--skipApiVersionCheck"]
    if certificate:
        command += ["--cert", str(certificate[0]), "--key", str(certificate[1])]
    env = os.environ | {"AZURITE_ACCOUNTS": f"{Azurite.account}:{Azurite.key}"}
    with running(lambda port: [*command, "--blobPort", str(port)], folder / "azurite.log", env) as port:
        address = f"{scheme}://127.0.0.1:{port}/{Azurite.account}"
        yield Azurite(address, ca_file=certificate[0] if certificate else None)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """A running Azurite."""
    with running_azurite(tmp_path_factory.mktemp("azurite")) as server:
        yield server


# --- S3 --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class S3Keys:
    """One access key."""

    access_key_id: str
    secret_access_key: str


@dataclass
class S3Server:
    """moto with authentication and authorization switched on. `admin` may do everything."""

    url: str
    admin: S3Keys
    _users: list[str] = field(default_factory=list)

    def client(self, service: str, keys: S3Keys | None = None) -> Any:
        """A boto3 client, as the administrator unless said otherwise."""
        import boto3  # type: ignore[import-untyped]  # it has no types

        keys = keys or self.admin
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
        )

    def bucket(self, name: str, files: dict[str, bytes]) -> None:
        """Make a bucket with these files in it."""
        client = self.client("s3")
        client.create_bucket(Bucket=name)
        for path, data in files.items():
            client.put_object(Bucket=name, Key=path, Body=data)

    def bucket_of_many(self, name: str, paths: list[str]) -> None:
        """Make a bucket with very many one-byte files, put there without HTTP: a request each would take minutes."""
        self.client("s3").create_bucket(Bucket=name)
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.s3.models import s3_backends

        backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        for path in paths:
            backend.put_object(name, path, b"x")

    def reader(self, *buckets: str, actions: tuple[str, ...] = ("s3:ListBucket", "s3:GetObject")) -> S3Keys:
        """Make a user who may do `actions` in `buckets` only; return the key."""
        iam = self.client("iam")
        user = f"reader-{len(self._users)}"
        self._users.append(user)
        iam.create_user(UserName=user)
        resources = [arn for bucket in buckets for arn in (f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*")]
        _allow(iam, user, list(actions), resources)
        return _new_key(iam, user)

    def writer(self, *buckets: str) -> S3Keys:
        """Make a user with the rights that the platform asks for; the key has the form that the platform takes (§3.4)."""
        actions = (
            "ListBucket",
            "GetObject",
            "PutObject",
            "DeleteObject",
            "GetBucketLocation",
            "ListMultipartUploadParts",
        )
        while True:
            keys = self.reader(*buckets, actions=tuple(f"s3:{action}" for action in actions))
            # Amazon's key ids are Base32; moto's are any capitals and digits.
            if re.fullmatch("[A-Z2-7]{20}", keys.access_key_id):
                return keys

    def revoke(self, keys: S3Keys) -> None:
        """End an access key at once."""
        iam = self.client("iam")
        for user in self._users:
            for held in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
                if held["AccessKeyId"] == keys.access_key_id:
                    iam.delete_access_key(UserName=user, AccessKeyId=keys.access_key_id)


def _allow(iam: Any, user: str, actions: list[str], resources: list[str]) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]}
    iam.put_user_policy(UserName=user, PolicyName="storage", PolicyDocument=json.dumps(policy))


def _new_key(iam: Any, user: str) -> S3Keys:
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return S3Keys(key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A running S3 server that checks signatures and policies."""
    try:
        from moto.server import ThreadedMotoServer
    except ImportError:
        missing("moto", "pip install 'moto[server]'")
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        s3 = S3Server(url, S3Keys("AKIAFIRSTUSERWITHOUTKEY", "before-authentication-is-on"))
        iam = s3.client("iam")
        iam.create_user(UserName="admin")
        _allow(iam, "admin", ["*"], ["*"])
        s3.admin = _new_key(iam, "admin")
        # From the request after this one on, signatures and policies are checked.
        on = urllib.request.Request(
            f"{url}/moto-api/reset-auth", data=b"0", method="POST", headers={"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(on) as answer:
            answer.read()
        yield s3
    finally:
        server.stop()
