"""`tarmac profile check` says all that is wrong at once, and sends nothing while the profile is not filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from cli.conftest import CommandLine


async def test_a_fresh_profile_is_told_of_each_example(tarmac: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AEP_SECRET", raising=False)
    assert (await tarmac("profile", "new", "acme")).code == 0
    answer = await tarmac("profile", "check", "acme", "--json")
    assert (answer.code, answer.document["status"]) == (64, "refused")
    messages = [each["message"] for each in answer.document["problems"]]
    assert [message.partition(": ")[2] for message in messages[:3]] == [
        "platform.org_id is still the example",
        "platform.client_id is still the example",
        "platform.sandbox is still the example",
    ]
    assert "AEP_SECRET" in messages[3]
    assert answer.document["error"] == answer.document["problems"][0]
    for message in messages:
        assert str(tarmac.places.profile_file("acme")) in message
        assert message in answer.err


async def test_what_works_is_told_with_what_is_unwise(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        file = tarmac.places.profile_file("local")
        file.chmod(0o644)
        answer = await tarmac("profile", "check", "local", "--json")
        assert (answer.code, answer.document["status"]) == (0, "done")
        (warning,) = answer.document["warnings"]
        assert f"chmod 600 {file}" in warning
        assert f"warning: {warning}" in answer.err
        assert emulated.client_secret not in answer.out + answer.err


async def test_a_refused_sign_in_hides_no_missing_secret_of_a_destination(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        file = tarmac.places.profile_file("local")
        file.write_text(
            file.read_text().replace(emulated.client_secret, "wrong")
            + '\n[destinations.google]\nkind = "google-cloud-storage"\nbucket = "acme-ml"\npath = "churn"\n'
            'credentials = { access_key_id = { env = "TARMAC_NO_ID" }, secret_access_key = { env = "TARMAC_NO_KEY" } }\n'
        )
        answer = await tarmac("profile", "check", "local", "--json")
        assert (answer.code, answer.document["status"]) == (1, "failed")
        assert answer.document["error"]["code"].startswith("sign-in")
        rest = " ".join(each["message"] for each in answer.document["problems"][1:])
        assert "destinations.google.credentials.access_key_id" in rest
        assert "destinations.google.credentials.secret_access_key" in rest
