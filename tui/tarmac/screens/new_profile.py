"""A small form for a new connection profile. The file it writes is the person's own from then on."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tarmac.screens.base import TarmacScreen
from tarmac.terms.errors import TarmacError
from tarmac.widgets.choice_line import Choice
from tarmac.widgets.form import Form
from tarmac.widgets.form_fields import ChoiceField, FormField, TextField
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.secret_field import parse_reference, reference_complaint
from tarmac.widgets.text_pane import TextPane

_WAYS = (
    Choice("env", "environment"),
    Choice("command", "command"),
    Choice("file", "file"),
    Choice("keyring", "keyring"),
)
_DRAFT = "new profile"
# What the field below asks for, and an example of it.
_WHERE = {
    "env": ("Variable", "AEP_SECRET"),
    "command": ("Command", "pass show aep"),
    "file": ("File", "~/.secrets/aep"),
    "keyring": ("Keyring entry", "aep"),
}


class NewProfileScreen(TarmacScreen):
    """Asks for the least that is needed; the rest is in the file, with examples."""

    MODE: ClassVar[str] = "profiles"
    TITLE_TEXT: ClassVar[str] = "New profile"
    HELP_TEXT: ClassVar[str] = """\
A profile is one set of platform credentials. The secret itself is not asked for: say where it is, and tarmac fetches it
when it is needed. Organization, client and scopes are on the credential's page in the Adobe Developer Console
(OAuth server-to-server). Destinations can be added in the file: it has an example of each kind."""

    KEY_WORDS: ClassVar[dict[str, str]] = {
        "profile.save": "save",
        "profile.leave": "leave",
        "form.jump": "jump to a field",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", id="profile.save"),
        Binding("escape", "back", "leave", id="profile.leave"),
    ]

    def body(self) -> ComposeResult:
        """The form."""
        head = TextPane([Cell("New connection profile: where your datasets are", Tone.ACCENT), ""], id="form-head")
        head.can_focus = False
        yield head
        yield Form(
            TextField("name", "Name", example="acme", complaint=_name_complaint),
            TextField(
                "org_id",
                "Organization",
                example="0123456789ABCDEF01234567@AdobeOrg",
                complaint=lambda text: None if text.endswith("@AdobeOrg") else "an organization id ends with @AdobeOrg",
            ),
            TextField(
                "client_id",
                "Client id",
                example="aabbccddeeff00112233445566778899",
                complaint=lambda text: None if text else "the client id is missing",
            ),
            ChoiceField("way", "Secret is in", _WAYS),
            TextField(
                "secret",
                _WHERE["env"][0],
                example=_WHERE["env"][1],
                complaint=self._secret_complaint,
            ),
            TextField("sandbox", "Sandbox", "prod", complaint=lambda text: None if text else "the sandbox is missing"),
        )

    def on_mount(self) -> None:
        """Begin with the name."""
        super().on_mount()
        form = self.query_one(Form)
        form.fill(self.session.drafts.get(_DRAFT, {}))
        form.fields[0].focus()

    def action_back(self) -> None:
        """Leave; what is filled in is there again, but for where the secret is: that may have been the secret itself."""
        draft = self.query_one(Form).draft
        self.session.drafts[_DRAFT] = {key: value for key, value in draft.items() if key != "secret"}
        super().action_back()

    def on_form_field_changed(self, message: FormField.Changed) -> None:
        """Another way to keep the secret asks for another thing."""
        message.stop()
        if message.field.key == "way":
            field = self.query_one("#field-secret", TextField)
            label, field.example = _WHERE[message.value]
            field.rename(label)

    def _secret_complaint(self, text: str) -> str | None:
        if not text:
            return "say where the secret is"
        way = self.query_one("#field-way", ChoiceField).value
        return reference_complaint("The secret", f"{way}:{text}")

    def action_save(self) -> None:
        """Save if everything is right."""
        self.query_one(Form).submit()

    def on_form_done(self, message: Form.Done) -> None:
        """Write the file and open the profile."""
        message.stop()
        self.tarmac.work_on(self._save(message.form.values), "new profile")

    async def _save(self, values: dict[str, str]) -> None:
        from tarmac.services.setup.local_files import new_profile
        from tarmac.services.values import ProfileDraft

        draft = ProfileDraft(
            values["name"],
            org_id=values["org_id"],
            client_id=values["client_id"],
            client_secret=parse_reference(f"{values['way']}:{values['secret']}"),
            sandbox=values["sandbox"],
        )
        places = self.session.places
        if places is None:
            return
        try:
            file = await new_profile(places, draft)
        except TarmacError as error:
            if not self.is_attached:
                raise  # the app says it where the person is by now
            self.report(error)
            return
        self.session.drafts.pop(_DRAFT, None)
        if not self.close():
            self.tarmac.say(f"Profile written: {file}. p shows the profiles, r reads them again.", Tone.GOOD)
            return
        self.tarmac.open_profile(values["name"])
        self.tarmac.show_mode("datasets")
        self.tarmac.say(f"Profile written: {file}. p then e opens it in your editor, to add destinations.", Tone.GOOD)


def _name_complaint(text: str) -> str | None:
    from tarmac.services.setup.local_files import name_complaint

    return name_complaint(text)
