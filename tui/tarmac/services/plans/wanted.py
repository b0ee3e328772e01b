"""A wish in the platform's words: names, specs and parameters of the four objects that carry it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tarmac.platform.models import Dataset
from tarmac.profiles.models import PlatformSettings, SecretRef, SecretSource
from tarmac.services.plans.marker import destination_marker, export_marker, marked_name
from tarmac.services.plans.plan import Wish
from tarmac.terms.destinations import AuthVariant, DestinationKind, DestinationSpec

TRANSFER_MODE = "Server-to-server"


@dataclass(frozen=True)
class Wanted:
    """What should exist for one wish. Secrets are still references here.

    `location` is where the files go, `public_params` are the credentials' fields that are no secrets, both by wire names.
    """

    wish: Wish
    dataset: Dataset
    marker: str
    name: str
    base_name: str
    spec: DestinationSpec
    auth: AuthVariant | None
    location: Mapping[str, str]
    secret_refs: Mapping[str, SecretRef] = field(default_factory=dict, repr=False)
    public_params: Mapping[str, str] = field(default_factory=dict)

    @property
    def target_params(self) -> dict[str, str]:
        """The whole `params` of the target connection (§3.5), also of a format pair that will be refused."""
        export = self.wish.export
        return {
            "mode": TRANSFER_MODE,
            **self.location,
            "datasetFileType": export.format.wire,
            "compression": export.compression.wire,
        }


def wanted_for(wish: Wish, dataset: Dataset, settings: PlatformSettings) -> Wanted:
    """Return what should exist for `wish` in the sandbox of `settings`."""
    destination = wish.destination
    spec = destination.kind.spec
    auth = spec.auth_for(destination.credentials)
    marker = export_marker(settings.org_id, settings.sandbox, wish.export.name)
    base_marker = destination_marker(settings.org_id, settings.sandbox, destination.name)
    given = destination.credentials
    fields = [] if auth is None else [each for each in auth.fields if each.key in given]
    return Wanted(
        wish=wish,
        dataset=dataset,
        marker=marker,
        name=marked_name(wish.export.name, marker),
        base_name=marked_name(destination.name, base_marker),
        spec=spec,
        auth=auth,
        location=_location(wish, spec),
        secret_refs={each.wire: given[each.key] for each in fields},
        public_params={
            each.wire: given[each.key].value
            for each in fields
            if not each.secret and given[each.key].source is SecretSource.LITERAL
        },
    )


def _location(wish: Wish, spec: DestinationSpec) -> dict[str, str]:
    found = {}
    for each in spec.location:
        value = sent_path(wish) if each.key == "path" else wish.destination.location.get(each.key, "")
        if value or each.required:
            found[each.wire] = value
    return found


def sent_path(wish: Wish) -> str:
    """Return the folder as sent: an SFTP path keeps the slash that makes it start at the server's root."""
    given = wish.export.path if wish.export.path is not None else wish.destination.location.get("path", "")
    is_rooted = wish.destination.kind is DestinationKind.SFTP and given.startswith("/")
    return f"/{wish.folder}" if is_rooted else wish.folder
