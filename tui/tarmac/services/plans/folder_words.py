"""The folder that an export will write, said before anything is planned: for forms that show it while one types."""

from __future__ import annotations

from datetime import datetime

from tarmac.storage.folder_template import FolderTemplate
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError

# What the platform appends where no template is given; 14 digits as observed (platform-api §7, C5).
_DEFAULT = "%DATASET_ID%/exportTime=%EXPORT_TIME%"


def template_complaint(template: str) -> str | None:
    """Say what is wrong with a folder template, or return None."""
    try:
        FolderTemplate(template)
    except UsageError as error:
        return error.message
    return None


def folder_of(
    path: str,
    template: str | None,
    *,
    kind: DestinationKind,
    dataset_id: str,
    dataset_name: str,
    sandbox: str,
    moment: datetime,
) -> str:
    """Return the folder that a run at `moment` would write, as far as its macros are known; a wrong template stays as it is."""
    title = kind.spec.title
    known = {
        "DATASET_ID": dataset_id,
        "DATASET_NAME": dataset_name,
        "DESTINATION": title,
        "DESTINATION_NAME": title,
        "SANDBOX_NAME": sandbox,
    }
    try:
        below = FolderTemplate(template or _DEFAULT, known).render(moment)
    except UsageError:
        below = template or ""
    return "/".join(part for part in (path.strip("/"), below) if part)
