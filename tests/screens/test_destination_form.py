"""The form of each kind holds exactly that kind's fields, and what is filled in is what the profile would read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.app import App

from tarmac.platform.models import Connection, FlowSpec
from tarmac.profiles.models import Destination, Export, SecretRef, SecretSource
from tarmac.profiles.profile_parsing import parse_profile
from tarmac.profiles.profile_template import destination_text
from tarmac.screens.destination_form import (
    Target,
    apply_live,
    base_choices,
    form_fields,
    is_shown,
    together_complaint,
    wish_of,
)
from tarmac.services.plans.live_specs import LiveSpec
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.formats import Compression, FileFormat
from tarmac.terms.schedules import Schedule, ScheduleKind
from tarmac.widgets.form import Form
from tarmac.widgets.form_fields import ChoiceField
from tarmac.widgets.secret_field import parse_reference, reference_complaint

EXPORT_KEYS = {"format", "schedule", "every", "start", "end", "template", "export"}
USUAL = {"format": "parquet gzip", "schedule": "ad-hoc", "template": "", "export": "churn", "start": "", "end": ""}


@pytest.mark.parametrize("kind", list(DestinationKind))
async def test_a_new_destination_asks_for_exactly_the_fields_of_its_kind(kind: DestinationKind) -> None:
    spec = kind.spec
    wanted = {"name"} | EXPORT_KEYS | {field.key for field in spec.location}
    wanted |= {field.key for variant in spec.auth for field in variant.fields}
    wanted |= {"base"} if spec.auth else set()
    if len(spec.auth) > 1:
        wanted.add("auth")
    async with App[None]().run_test():
        keys = [field.key for field in form_fields(Target(kind), None, "churn")]
    assert set(keys) == wanted
    assert len(keys) == len(set(keys))


async def test_a_destination_of_the_profile_asks_for_the_export_only() -> None:
    saved = Destination("lake", DestinationKind.AMAZON_S3, {"bucket": "acme-ml", "path": "features"})
    async with App[None]().run_test():
        fields = form_fields(Target(saved.kind, saved), None, "churn")
    assert {field.key for field in fields} == EXPORT_KEYS | {"path"}


@pytest.mark.parametrize(
    ("auth", "shown", "hidden"), [("password", "password", "ssh_key"), ("ssh-key", "ssh_key", "password")]
)
def test_only_the_fields_of_the_chosen_way_to_sign_in_are_shown(auth: str, shown: str, hidden: str) -> None:
    target, values = Target(DestinationKind.SFTP), {**USUAL, "auth": auth}
    assert is_shown(shown, values, target)
    assert is_shown("username", values, target)
    assert not is_shown(hidden, values, target)


def test_times_are_asked_for_only_where_they_mean_something() -> None:
    target = Target(DestinationKind.DATA_LANDING_ZONE)
    assert not is_shown("start", USUAL, target)
    assert is_shown("start", {**USUAL, "schedule": "once"}, target)
    assert not is_shown("every", {**USUAL, "schedule": "once"}, target)
    assert is_shown("every", {**USUAL, "schedule": "incremental"}, target)


def test_what_is_typed_for_s3_is_what_the_profile_reads_from_the_copied_table() -> None:
    values = {
        **USUAL,
        "name": "lake",
        "bucket": "acme-ml",
        "path": "features",
        "auth": "access-key",
        "access_key": "AKIAIOSFODNN7EXAMPLE",
        "secret_key": "command:pass show 'aep s3'",
    }
    wish = wish_of(Target(DestinationKind.AMAZON_S3), values, "66c0ffee0000000000000001")
    assert wish.export == Export("churn", "66c0ffee0000000000000001", "lake")
    assert wish.destination.credentials["secret_key"] == SecretRef(
        SecretSource.COMMAND, command=("pass", "show", "aep s3")
    )
    platform = '[platform]\norg_id = "A@AdobeOrg"\nclient_id = "c"\nclient_secret = { env = "S" }\nsandbox = "dev"\n\n'
    text = platform + destination_text(wish.destination)
    profile = parse_profile(text.encode(), Path("/profiles/acme.toml"), "acme")
    assert profile.destinations["lake"] == wish.destination


def test_the_export_carries_format_schedule_and_template() -> None:
    saved = Destination("landing", DestinationKind.DATA_LANDING_ZONE, {"path": "ml/churn"})
    values = {
        "path": "ml/other",
        "format": "json gzip",
        "schedule": "incremental",
        "every": "6h",
        "start": "2026-12-01 01:00",
        "end": "2027-12-01T02:00+01:00",
        "template": "%DATASET_ID%/x",
        "export": "daily",
    }
    export = wish_of(Target(saved.kind, saved), values, "d").export
    assert (export.format, export.compression) == (FileFormat.JSON, Compression.GZIP)
    assert export.schedule == Schedule(
        ScheduleKind.INCREMENTAL,
        timedelta(hours=6),
        datetime(2026, 12, 1, 1, tzinfo=UTC),
        datetime(2027, 12, 1, 1, tzinfo=UTC),
    )
    assert (export.path, export.folder_template, export.name) == ("ml/other", "%DATASET_ID%/x", "daily")


def test_the_destinations_own_folder_is_not_repeated_in_the_export() -> None:
    saved = Destination("landing", DestinationKind.DATA_LANDING_ZONE, {"path": "ml/churn"})
    assert wish_of(Target(saved.kind, saved), {**USUAL, "path": "ml/churn/"}, "d").export.path is None


def test_an_end_before_the_start_is_named() -> None:
    values = {**USUAL, "schedule": "once", "start": "2026-12-02", "end": "2026-12-01"}
    assert together_complaint(values) == ("end", "The end is not after the first run")
    assert together_complaint({**values, "end": "2026-12-03"}) is None
    assert together_complaint({**values, "schedule": "ad-hoc"}) is None


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "1", "0001-01-01T00:00+01:00", "9999-12-31"])
async def test_what_is_no_time_is_said_below_its_field(text: str) -> None:
    async with App[None]().run_test() as pilot:
        form = Form(*form_fields(Target(DestinationKind.DATA_LANDING_ZONE), None, "churn"))
        await pilot.app.mount(form)
        start = next(field for field in form.fields if field.key == "start")
        assert start.check()
        start.value = text  # type: ignore[misc]  # every field that is typed in has a setter
        assert not start.check()


def test_a_time_that_is_not_shown_is_not_read() -> None:
    assert together_complaint({**USUAL, "start": "tomorrow", "end": "0001-01-01T00:00+01:00"}) is None


@pytest.mark.parametrize("text", ["hunter2", "env:", "env:$NAME", "file:", "command:'unclosed", ""])
def test_a_secret_itself_is_refused_and_not_repeated(text: str) -> None:
    complaint = reference_complaint("Password", text)
    assert complaint is not None
    assert "hunter2" not in complaint


def test_references_are_read_by_their_source() -> None:
    assert parse_reference("env:AEP_SECRET") == SecretRef(SecretSource.ENV, "AEP_SECRET")
    assert parse_reference("file:~/.key", whole=True) == SecretRef(SecretSource.FILE, "~/.key", whole=True)
    assert parse_reference("keyring:aep") == SecretRef(SecretSource.KEYRING, "aep")


def test_with_a_base_connection_that_exists_what_is_typed_is_used_to_read() -> None:
    values = {
        **USUAL,
        "name": "files",
        "path": "ml",
        "base": "b0000000-0000-4000-8000-000000000001",
        "auth": "password",
        "domain": "sftp.acme.com",
        "port": "2222",
        "username": "aep",
        "password": "env:SFTP_PASSWORD",
    }
    destination = wish_of(Target(DestinationKind.SFTP), values, "d").destination
    assert destination.base_connection == values["base"]
    assert destination.credentials == {}
    assert set(destination.reader) == {"host", "port", "username", "password"}
    platform = '[platform]\norg_id = "A@AdobeOrg"\nclient_id = "c"\nclient_secret = { env = "S" }\nsandbox = "dev"\n\n'
    profile = parse_profile((platform + destination_text(destination)).encode(), Path("/profiles/acme.toml"), "acme")
    read = profile.destinations["files"]
    assert (read.base_connection, read.location) == (destination.base_connection, destination.location)
    assert set(read.reader) == set(destination.reader)


async def test_the_platforms_own_rules_and_steps_come_into_the_form() -> None:
    kind = DestinationKind.AMAZON_S3
    bucket = replace(kind.spec.location[0], pattern="ml-.*", rule="must begin with ml-")
    spec = replace(kind.spec, location=(bucket, *kind.spec.location[1:]))
    flow = FlowSpec(kind.spec.flow_spec_id, "S3", hour_steps=(4, 12))
    live = LiveSpec(spec, flow, file_types=("PARQUET",), compressions=("NONE", "GZIP"))
    target = Target(kind)
    async with App[None]().run_test() as pilot:
        form = Form(*form_fields(target, None, "churn"))
        await pilot.app.mount(form)
        fields = {field.key: field for field in form.fields}
        apply_live(form.fields, target, live)
        fields["bucket"].value = "acme"  # type: ignore[misc]  # every field that is typed in has a setter
        assert not fields["bucket"].check()
        fields["bucket"].value = "ml-data"  # type: ignore[misc]
        assert fields["bucket"].check()
        base = fields["base"]
        assert isinstance(base, ChoiceField)
        assert [choice.words for choice in base.choices] == ["reading…"]
        base.offer(base_choices([Connection("b1", "tarmac lake [x]", kind.spec.connection_spec_id)]))
        assert (form.values["base"], [choice.value for choice in base.choices]) == ("", ["b1", ""])
        every, pair = fields["every"], fields["format"]
        assert isinstance(every, ChoiceField)
        assert isinstance(pair, ChoiceField)
        assert [choice.value for choice in every.choices] == ["4h", "12h", "1d"]
        assert [choice.value for choice in pair.choices] == ["parquet gzip", "parquet none"]
