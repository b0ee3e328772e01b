"""Forms by keyboard: moving between fields, choosing, what is wrong, secrets."""

from __future__ import annotations

from textual.pilot import Pilot

from support.stage import Stage, lines, on_stage
from tarmac.widgets.choice_line import Choice
from tarmac.widgets.form import Form
from tarmac.widgets.form_fields import ChoiceField, FormField, TextField
from tarmac.widgets.jump import letters_for

FORMATS = (Choice("parquet", "Parquet"), Choice("json", "JSON"), Choice("csv", "CSV"))


def form() -> Form:
    return Form(
        TextField("bucket", "Bucket", example="acme-ml", complaint=lambda text: None if text else "Bucket is missing"),
        TextField("key", "Secret key", secret=True),
        ChoiceField("format", "Format", FORMATS),
    )


async def begin(pilot: Pilot[None], first: FormField) -> None:
    first.focus()
    await pilot.pause()


async def test_enter_checks_and_goes_on_and_the_last_one_is_done() -> None:
    made = form()
    done: list[dict[str, str]] = []

    class Listening(Stage):
        def on_form_done(self, message: Form.Done) -> None:
            done.append(message.form.values)

    async with Listening(made).run_test(size=(80, 12)) as pilot:
        await begin(pilot, made.fields[0])
        await pilot.press("enter")
        assert "! Bucket is missing" in "\n".join(lines(pilot))
        await pilot.press(*"acme", "enter", *"s3cr3t", "enter", "right", "enter")
        assert done == [{"bucket": "acme", "key": "s3cr3t", "format": "json"}]
        screen = "\n".join(lines(pilot))
        assert "Bucket is missing" not in screen
        assert "s3cr3t" not in screen
        assert "••••••" in screen


async def test_up_down_and_tab_move_between_fields() -> None:
    made = form()
    async with on_stage(made) as pilot:
        await begin(pilot, made.fields[0])
        where = []
        for key in ("down", "tab", "up", "shift+tab"):
            await pilot.press(key)
            where.append(next(field.key for field in made.fields if field.has_focus_within))
        assert where == ["key", "format", "key", "bucket"]


async def test_submitting_with_something_wrong_goes_there() -> None:
    made = form()
    async with on_stage(made) as pilot:
        await begin(pilot, made.fields[2])
        await pilot.press("enter")
        assert made.fields[0].has_focus_within
        assert "! Bucket is missing" in lines(pilot)[1]


async def test_a_choice_shows_all_where_there_is_room_and_one_where_not() -> None:
    field = ChoiceField("format", "Format", FORMATS, "json")
    async with on_stage(field) as pilot:
        await begin(pilot, field)
        assert "( ) Parquet   (•) JSON   ( ) CSV" in lines(pilot)[0]
        await pilot.press("right", "right", "right")
        assert field.value == "csv"
        await pilot.resize_terminal(44, 12)
        await pilot.pause()
        assert "‹ CSV ›  3/3" in lines(pilot)[0]
        await pilot.press("left")
        assert field.value == "json"


async def test_the_field_with_the_keys_is_set_off() -> None:
    made = form()
    async with on_stage(made) as pilot:
        await begin(pilot, made.fields[0])
        assert [field.has_class("-active") for field in made.fields] == [True, False, False]
        await pilot.press("down")
        assert [field.has_class("-active") for field in made.fields] == [False, True, False]


async def test_the_cursor_of_an_input_does_not_blink() -> None:
    made = form()
    async with on_stage(made) as pilot:
        await begin(pilot, made.fields[0])
        assert not any(each.cursor_blink for each in pilot.app.query("FieldInput").results())  # type: ignore[attr-defined]


async def test_the_jump_key_gives_letters_and_the_next_key_goes_there() -> None:
    made = form()
    async with on_stage(made) as pilot:
        await begin(pilot, made.fields[0])
        await pilot.press("ctrl+g")
        screen = "\n".join(lines(pilot))
        assert "[b] Bucket" in screen
        assert "[s] Secret key" in screen
        assert "[f] Format" in screen
        await pilot.press("f")
        assert made.fields[2].has_focus_within
        assert "[b]" not in "\n".join(lines(pilot))
        await pilot.press("ctrl+g", "b", "x")
        assert made.fields[0].value == "x", "the letter itself is not typed"


async def test_any_other_key_ends_the_jump_where_it_began() -> None:
    made = form()
    async with on_stage(made) as pilot:
        await begin(pilot, made.fields[1])
        for key in ("escape", "1", "ctrl+g"):
            await pilot.press("ctrl+g", key)
            assert made.fields[1].has_focus_within, key
            assert "[b]" not in "\n".join(lines(pilot))
        assert made.values["key"] == ""


def test_every_label_gets_a_letter_of_its_own() -> None:
    labels = ["Folder", "Format", "Folder template", "", "123", *["x"] * 21]
    letters = letters_for(labels)
    assert letters[:3] == ("f", "o", "l")
    assert len(set(letters)) == len(labels)
    assert letters_for(["x"] * 27)[-1] == ""
