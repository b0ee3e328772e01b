"""What was filled in in a form of the Destination screen when it was left: there again when the form is opened again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tarmac.screens.destination_form import Target
    from tarmac.screens.target_form import TargetForm
    from tarmac.services.values import Export
    from tarmac.session import Session

_DATASET = "dataset"  # what it was filled in for; no field has this key


def keep_draft(session: Session, form: TargetForm) -> None:
    """Keep what was changed in a form until the app ends; of a secret its reference only."""
    if form.is_changed:
        session.drafts[_key(session, form.target)] = {**form.draft, _DATASET: _dataset(session)}


def draft_of(session: Session, target: Target, before: Export | None) -> Mapping[str, str]:
    """Return what was kept of the form of `target`; empty if nothing was.

    For another dataset the name of the export is another one, and an export of it that there is already counts for more.
    """
    draft = dict(session.drafts.get(_key(session, target), {}))
    if draft.pop(_DATASET, "") == _dataset(session):
        return draft
    draft.pop("export", None)
    return draft if before is None else {}


def _key(session: Session, target: Target) -> str:
    return f"{session.profile} {target.key}"


def _dataset(session: Session) -> str:
    return session.choices.datasets[0].id if session.choices.datasets else ""
