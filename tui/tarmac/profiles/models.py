"""Connection profiles, destinations, saved exports and configuration as values (design §5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from tarmac.profiles.toml_reading import TomlPlace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError
from tarmac.terms.formats import Compression, FileFormat
from tarmac.terms.schedules import Schedule

DEFAULT_BASE_URL = "https://platform.adobe.io"
DEFAULT_IMS_URL = "https://ims-na1.adobelogin.com"
DEFAULT_SCOPES = ("openid", "AdobeID", "session", "read_organizations", "additional_info.projectedProductContext")


class SecretSource(StrEnum):
    """Where a secret comes from."""

    LITERAL = "literal"
    ENV = "env"
    COMMAND = "command"
    FILE = "file"
    KEYRING = "keyring"


@dataclass(frozen=True)
class SecretRef:
    """A reference to a secret; resolved at the last moment by `profiles.secrets.resolve`.

    `value` is the variable, the file, the keyring entry or the literal; `command` the argument list. A literal is kept out
    of `repr`, and so are a command's arguments. Of what a command prints or a file holds the first line is the secret
    (as `pass show` has it), except where `whole` says that it has several, such as a wrapped Base64 key. `place` is where a
    file has it, if one does; the same secret at two places is one.
    """

    source: SecretSource
    value: str = field(default="", repr=False)
    command: tuple[str, ...] = field(default=(), repr=False)
    whole: bool = False
    place: TomlPlace | None = field(default=None, compare=False, repr=False)

    def describe(self) -> str:
        """Say where it comes from, never what it is."""
        match self.source:
            case SecretSource.LITERAL:
                return "written in the profile"
            case SecretSource.COMMAND:
                return f"command {self.command[0]}" if self.command else "command"
            case _:
                return f"{self.source.value} {self.value}"


@dataclass(frozen=True)
class PlatformSettings:
    """`[platform]`: one set of credentials and where to use it.

    `other_secrets` are further secrets of the same client: while one is being rotated, either may be the valid one.
    """

    org_id: str
    client_id: str
    client_secret: SecretRef
    sandbox: str
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    base_url: str = DEFAULT_BASE_URL
    ims_url: str = DEFAULT_IMS_URL
    other_secrets: tuple[SecretRef, ...] = ()

    @property
    def client_secrets(self) -> tuple[SecretRef, ...]:
        """All secrets in the order to try them."""
        return (self.client_secret, *self.other_secrets)


@dataclass(frozen=True)
class Destination:
    """`[destinations.NAME]`: location and credentials by the keys of the spec-ID table, and how *we* read it.

    `credentials` go to the platform; plain fields are literals there. `reader` holds overrides such as `endpoint`,
    `region` or other credentials for reading. `base_connection` names an existing connection to use instead of making one.
    """

    name: str
    kind: DestinationKind
    location: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, SecretRef] = field(default_factory=dict)
    reader: Mapping[str, str | SecretRef] = field(default_factory=dict)
    base_connection: str | None = None

    @property
    def path(self) -> str:
        """The folder below the container or bucket, without leading or trailing slash."""
        return self.location.get("path", "").strip("/")

    @property
    def place(self) -> str:
        """Where files go, in words: bucket or container, then folder."""
        top = (self.location.get("bucket") or self.location.get("container") or "").strip("/")
        return "/".join(part for part in (top, self.path) if part) or "top folder"


@dataclass(frozen=True)
class Profile:
    """One profile file."""

    name: str
    platform: PlatformSettings
    destinations: Mapping[str, Destination] = field(default_factory=dict)


@dataclass(frozen=True)
class Export:
    """A named wish: this dataset (id or unique name) to that destination, in this format, on that schedule.

    `places` says where the file of a saved one has each of its keys, for errors that come up later than its reading.
    """

    name: str
    dataset: str
    destination: str
    format: FileFormat = FileFormat.PARQUET
    compression: Compression = Compression.GZIP
    schedule: Schedule = field(default_factory=Schedule)
    path: str | None = None
    folder_template: str | None = None
    places: Mapping[str, TomlPlace] = field(default_factory=dict, compare=False, repr=False)

    def blamed(self, key: str, error: UsageError) -> UsageError:
        """Return `error` with file, line and key before it, if a file says what is wrong."""
        place = self.places.get(key)
        return error if place is None else place.blamed(error)

    def written_at(self, *keys: str) -> str:
        """Say where the first of `keys` that is in the file stands; the empty text for one that no file has."""
        place = next((self.places[key] for key in keys if key in self.places), None)
        return "" if place is None else f"It is written in {place}."


@dataclass(frozen=True)
class Timing:
    """`[timing]` of config.toml: how often we ask, how long we wait for one answer."""

    probe: timedelta = timedelta(seconds=20)
    poll: timedelta = timedelta(seconds=5)
    request_timeout: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class Notify:
    """`[notify]` of config.toml: who is told when a run ends, stalls or recovers. `command` is an argument list.

    `webhook` is an https address, which may hold a key: it may be a reference to where it is kept. The app itself calls with
    the terminal's `bell`, with a notification of the desktop (`osc`: OSC 9 or 777), and with the terminal's `title`.
    """

    bell: bool = False
    command: tuple[str, ...] = ()
    webhook: SecretRef | None = None
    timeout: timedelta = timedelta(seconds=30)
    osc: bool = False
    title: bool = True

    @property
    def has_hooks(self) -> bool:
        """Whether anybody is to be told besides the terminal."""
        return bool(self.command) or self.webhook is not None


@dataclass(frozen=True)
class Config:
    """config.toml. `keys` maps a binding id to the keys a person wants for it; `profile` is the one used unless told."""

    theme: str | None = None
    low_bandwidth: bool = False
    mouse: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    timing: Timing = field(default_factory=Timing)
    profile: str | None = None
    notify: Notify = field(default_factory=Notify)
