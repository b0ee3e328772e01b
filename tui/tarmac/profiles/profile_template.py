"""The text of a new profile file: right TOML with comments, written once and then a person's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.models import (
    DEFAULT_BASE_URL,
    DEFAULT_IMS_URL,
    DEFAULT_SCOPES,
    Destination,
    SecretRef,
    SecretSource,
)
from tarmac.profiles.profile_parsing import EXAMPLE_ORG
from tarmac.profiles.toml_reading import read_toml
from tarmac.terms.text import plain

EXAMPLE_CLIENT = "aabbccddeeff00112233445566778899"
# Not the name of any: a profile that nobody filled in must not lead into production.
EXAMPLE_SANDBOX = "your-sandbox"
EXAMPLE_SECRET = SecretRef(SecretSource.ENV, "AEP_SECRET")

_REFERENCES = """\
# Where the secret is, not the secret itself. Other ways:
#   { command = ["pass", "show", "aep"] }   the first line that a command prints
#   { file = "~/.secrets/aep" }             the first line of a file that only you can read
#   { keyring = "aep" }                     the desktop's keyring, with tarmac[keyring] installed
# While a secret is being rotated, give both: [{ env = "NEW" }, { env = "OLD" }]
"""

EXAMPLE_DESTINATIONS = """\
[destinations.landing]
kind = "data-landing-zone"
path = "ml/churn"

[destinations.lake]
kind = "amazon-s3"
bucket = "acme-ml"
path = "features"
credentials = { access_key = { env = "AEP_S3_KEY" }, secret_key = { env = "AEP_S3_SECRET" } }
reader = { region = "eu-west-1" }

[destinations.lake-by-role]
kind = "amazon-s3"
bucket = "acme-ml"
path = "features"
credentials = { role = "arn:aws:iam::123456789012:role/aep-export" }

[destinations.blob]
kind = "azure-blob"
container = "ml-exports"
path = "churn"
credentials = { connection_string = { env = "AEP_BLOB" } }

[destinations.gen2]
kind = "azure-data-lake"
path = "churn"
[destinations.gen2.credentials]
url = "https://acme.dfs.core.windows.net/ml"
tenant = "0f0f0f0f-0000-4000-8000-000000000001"
service_principal_id = "0f0f0f0f-0000-4000-8000-000000000002"
service_principal_key = { env = "AEP_GEN2_KEY" }

[destinations.google]
kind = "google-cloud-storage"
bucket = "acme-ml"
path = "churn"
credentials = { access_key_id = { env = "AEP_GCS_ID" }, secret_access_key = { env = "AEP_GCS_SECRET" } }

[destinations.sftp]
kind = "sftp"
path = "upload/churn"
credentials = { domain = "sftp.acme.com", username = "aep", password = { env = "AEP_SFTP" } }
reader = { known_hosts = "~/.ssh/known_hosts" }
"""


@dataclass(frozen=True)
class ProfileDraft:
    """What is known when a profile is made; the rest is filled with examples for the person to replace."""

    name: str
    org_id: str = EXAMPLE_ORG
    client_id: str = EXAMPLE_CLIENT
    client_secret: SecretRef = EXAMPLE_SECRET
    sandbox: str = EXAMPLE_SANDBOX
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    base_url: str = DEFAULT_BASE_URL
    ims_url: str = DEFAULT_IMS_URL
    destinations: tuple[Destination, ...] = ()
    other_secrets: tuple[SecretRef, ...] = ()


def profile_text(draft: ProfileDraft) -> str:
    """Return the TOML of a new profile. Give it to `ProfileStore.create`, which checks it before writing.

    A literal secret is written as it is: only the demo has one, and it is worth nothing outside of it.
    """
    sections = [
        f"# Connection profile {plain(draft.name, 64)}. This file is yours: tarmac wrote it once and only reads it now.\n"
        "# Check it with: tarmac profile check\n",
        "# From the project in the Adobe Developer Console (OAuth server-to-server).\n[platform]\n"
        + _pair("org_id", draft.org_id)
        + _pair("client_id", draft.client_id)
        + _REFERENCES
        + f"client_secret = {_secrets_text(draft)}\n"
        + _pair("sandbox", draft.sandbox)
        + f"scopes = [{', '.join(_quoted(scope) for scope in draft.scopes)}]\n"
        + _unless_usual("base_url", draft.base_url, DEFAULT_BASE_URL)
        + _unless_usual("ims_url", draft.ims_url, DEFAULT_IMS_URL),
        *(destination_text(destination) for destination in draft.destinations),
        "# Where datasets go, one table for each place. `credentials` are given to the platform, `reader` is how tarmac\n"
        "# itself reads what landed, where that differs. Remove the # in front of what you need.\n"
        + _commented(EXAMPLE_DESTINATIONS),
    ]
    return "\n".join(sections)


def untouched_samples(file: Path) -> tuple[ProfileError, ...]:
    """Return what of a profile still is the example that it was made with. Blocks."""
    samples = {"org_id": EXAMPLE_ORG, "client_id": EXAMPLE_CLIENT, "sandbox": EXAMPLE_SANDBOX}
    try:
        platform = read_toml(file).table("platform", "[platform]")
    except ProfileError:
        return ()  # whoever reads the profile says it
    if platform is None:
        return ()
    return tuple(
        platform.error(f"{platform.name(key)} is still the example", key, next_step=f"Write your own {key} there.")
        for key, sample in samples.items()
        if platform.raw(key) == sample
    )


def _secrets_text(draft: ProfileDraft) -> str:
    """One secret as it is, several of a rotation as a list."""
    texts = [secret_text(each) for each in (draft.client_secret, *draft.other_secrets)]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def secret_text(ref: SecretRef) -> str:
    """Write a secret reference as TOML."""
    match ref.source:
        case SecretSource.LITERAL:
            return _quoted(ref.value)
        case SecretSource.COMMAND:
            return f"{{ command = [{', '.join(_quoted(part) for part in ref.command)}] }}"
        case _:
            return f"{{ {ref.source.value} = {_quoted(ref.value)} }}"


def destination_text(destination: Destination) -> str:
    """Return the TOML of one destination, to be pasted into a profile."""
    lines = [f"[destinations.{_key(destination.name)}]\n", _pair("kind", destination.kind.value)]
    lines += [_pair(key, value) for key, value in destination.location.items()]
    if destination.base_connection is not None:
        lines.append(_pair("base_connection", destination.base_connection))
    lines += _inline("credentials", destination.credentials)
    lines += _inline("reader", destination.reader)
    return "".join(lines)


def _inline(key: str, values: Mapping[str, str | SecretRef] | Mapping[str, SecretRef]) -> Iterable[str]:
    if values:
        pairs = (f"{k} = {_quoted(v) if isinstance(v, str) else secret_text(v)}" for k, v in values.items())
        yield f"{key} = {{ {', '.join(pairs)} }}\n"


def _unless_usual(key: str, value: str, usual: str) -> str:
    """The default stands as a comment, so that people see what can be set."""
    return ("# " if value == usual else "") + _pair(key, value)


def _commented(text: str) -> str:
    return "".join(f"# {line}\n" if line else "#\n" for line in text.splitlines())


def _pair(key: str, value: str) -> str:
    return tomli_w.dumps({key: value})


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(value: str) -> str:
    """`value` as a TOML string on one line."""
    return tomli_w.dumps({"k": value}).removeprefix("k = ").rstrip("\n")
