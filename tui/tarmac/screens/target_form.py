"""The form of one destination or kind while it is filled in: which fields matter, what is wrong, the wish that results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tarmac.screens.destination_form import (
    BASE_KEY,
    Target,
    apply_live,
    base_choices,
    base_hint,
    form_fields,
    is_shown,
    together_complaint,
    wish_of,
)
from tarmac.services.plans.plan import Wish
from tarmac.widgets.form import Form
from tarmac.widgets.form_fields import ChoiceField, FormField, TextField

if TYPE_CHECKING:
    from tarmac.services.storages.destination_facts import DestinationFacts
    from tarmac.services.values import Export


class TargetForm(Form):
    """One form for each target. `before` is the export that was wished before, `name` one for a new export."""

    def __init__(self, target: Target, before: Export | None, name: str) -> None:
        super().__init__(*form_fields(target, before, name))
        self.target = target
        self._given = self.draft
        self._later: dict[str, str] = {}

    @property
    def is_changed(self) -> bool:
        """Whether something else is filled in than at first."""
        return self.draft != self._given

    def fill(self, draft: Mapping[str, str]) -> dict[str, str]:
        """Fill in what was kept; what can only be chosen once the sandbox has answered is chosen then."""
        self._later = super().fill(draft)
        return self._later

    def take(self, facts: DestinationFacts | None) -> None:
        """Go by what the sandbox says: its rules and choices, and the base connections that exist. None: it says nothing."""
        base = self._field(BASE_KEY)
        if isinstance(base, ChoiceField):
            base.offer(base_choices(() if facts is None else facts.bases))
        if facts is not None:
            apply_live(self.fields, self.target, facts.live)
        self._later = super().fill(self._later)

    def show_what_matters(self) -> None:
        """Show the fields that have a meaning beside the other values."""
        values = self.values
        for field in self.fields:
            field.display = is_shown(field.key, values, self.target)
            if field.key == BASE_KEY:
                field.advise(base_hint(values))

    def name_export(self, name: str) -> None:
        """Fill in another name for the export."""
        field = self._field("export")
        if isinstance(field, TextField):
            field.value = name

    def check_together(self) -> bool:
        """Look whether a field is wrong beside another one; if so it says why and gets the cursor."""
        said = together_complaint(self.values)
        if said is not None:
            self.complain(*said)
        return said is None

    def complain(self, key: str, text: str) -> None:
        """Say what is wrong with the field `key` and put the cursor there."""
        field = self._field(key)
        if field is not None:
            field.complain(text)
            field.focus()

    def wish(self, dataset: str) -> Wish:
        """Return what is filled in, for the dataset with this ID. The fields have to be checked before."""
        return wish_of(self.target, self.values, dataset)

    def _field(self, key: str) -> FormField | None:
        return next((each for each in self.fields if each.key == key), None)
