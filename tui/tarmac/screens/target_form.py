"""The form of one destination or kind while it is filled in: which fields matter, what is wrong, the wish that results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarmac.screens.destination_form import (
    BASE_KEY,
    Target,
    apply_live,
    base_field,
    credential_keys,
    form_fields,
    is_shown,
    together_complaint,
    wish_of,
)
from tarmac.services.plans.plan import Wish
from tarmac.widgets.form import Form
from tarmac.widgets.form_fields import TextField

if TYPE_CHECKING:
    from tarmac.services.storages.destination_facts import DestinationFacts
    from tarmac.services.values import Export


class TargetForm(Form):
    """One form for each target. `before` is the export that was wished before, `name` one for a new export."""

    def __init__(self, target: Target, before: Export | None, name: str) -> None:
        super().__init__(*form_fields(target, before, name))
        self.target = target

    def take(self, facts: DestinationFacts) -> None:
        """Go by what the sandbox says: its rules and choices, and the base connections that exist. Once is enough."""
        kind = self.target.kind
        if BASE_KEY in self.values:
            return
        apply_live(self.fields, self.target, facts.live)
        if self.target.saved is None and kind.spec.auth and facts.bases:
            first = next(each for each in self.fields if each.key in credential_keys(kind))
            self.insert(base_field(facts.bases), first.key)

    def show_what_matters(self) -> None:
        """Show the fields that have a meaning beside the other values."""
        values = self.values
        for field in self.fields:
            field.display = is_shown(field.key, values, self.target)

    def name_export(self, name: str) -> None:
        """Fill in another name for the export."""
        field = next(each for each in self.fields if each.key == "export")
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
        field = next(each for each in self.fields if each.key == key)
        field.complain(text)
        field.focus()

    def wish(self, dataset: str) -> Wish:
        """Return what is filled in, for the dataset with this ID. The fields have to be checked before."""
        return wish_of(self.target, self.values, dataset)
