"""Sweeping up by commands: what ends soon extended in one plan, orphans cleaned up, nothing in use touched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.emulator_process import Home, emulator_home
from support.events import write_events


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("sweep")
    arguments = ["--dataset", f"events={write_events(folder)}", "--ready-after", "0", "--sample-flows", "30"]
    with emulator_home(folder / "home", *arguments) as home:
        yield home


def answer(home: Home, *arguments: str, code: int = 0) -> Any:
    done = home.run(*arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_thirty_flows_of_which_five_end_soon_are_extended_in_one_plan(home: Home) -> None:
    ending = answer(home, "flows", "--ending", "30d")["flows"]
    assert len(ending) == 6
    answer(home, "flow", "disable", ending[0]["id"])
    assert len(answer(home, "flows", "--ending", "30d")["flows"]) == 5
    plan = answer(home, "flow", "extend", "--ending", "30d", "--dry-run", code=2)
    assert len([item for item in plan["items"] if item["steps"]]) == 5
    done = answer(home, "flow", "extend", "--ending", "30d")
    assert [each["outcome"] for each in done["results"]] == ["done"] * 5
    assert answer(home, "flows", "--ending", "30d")["flows"] == []
    assert answer(home, "flow", "extend", "--ending", "30d")["results"] == []
    answer(home, "flow", "enable", ending[0]["id"])


def test_a_production_sandbox_is_extended_only_with_its_word(home: Home) -> None:
    every = ("flow", "extend", "--ending", "30d", "--all-sandboxes")
    refused = home.run(*every, "--json")
    assert refused.returncode == 64
    assert json.loads(refused.stdout)["error"]["code"] == "not-confirmed"
    done = answer(home, *every, "--confirm", "prod")
    assert {each["sandbox"] for each in done["results"]} >= {"prod"}
    assert all(each["outcome"] == "done" for each in done["results"])


def test_orphans_are_cleaned_up_while_a_flow_in_use_keeps_its_connections(home: Home) -> None:
    landed = answer(home, "export", "--dataset", "events", "--to", "landing", "--name", "events")
    before = answer(home, "flows", "--orphans")["orphans"]
    assert len(before) == 8
    assert not any(each["ours"] for each in before)
    # Nobody is there to ask, and others' connections are not touched without being asked for.
    assert answer(home, "cleanup")["results"] == []
    refused = home.run("cleanup", "--others", "--json")
    assert refused.returncode == 64
    plan = answer(home, "cleanup", "--others", "--dry-run", code=2)
    nouns = [step["noun"] for item in plan["items"] for step in item["steps"]]
    assert nouns == sorted(nouns, key=["target connection", "source connection", "base connection"].index)
    done = answer(home, "cleanup", "--others", "--yes")
    assert {each["outcome"] for each in done["results"]} == {"done"}
    assert answer(home, "flows", "--orphans")["orphans"] == []
    again = answer(home, "export", "--dataset", "events", "--to", "landing", "--name", "events", "--no-verify")
    assert (again["flow_id"], again["created"]) == (landed["flow_id"], [])
    assert len(answer(home, "flows")["flows"]) == 31


def test_a_deleted_export_leaves_nothing_of_ours_behind(home: Home) -> None:
    flow = answer(home, "export", "--dataset", "events", "--to", "landing", "--name", "short-lived")["flow_id"]
    asked = home.run("flow", "delete", "short-lived", "--json")
    assert asked.returncode == 64
    done = answer(home, "flow", "delete", "short-lived", "--yes")
    assert done["results"][0]["deleted"][0] == flow
    assert len(done["results"][0]["deleted"]) == 3
    assert answer(home, "flows", "--orphans")["orphans"] == []


def test_read_only_refuses(home: Home) -> None:
    [flow] = answer(home, "flows", "--find", "six-hourly 01")["flows"]
    refused = home.run("flow", "disable", flow["id"], "--read-only", "--json")
    assert refused.returncode == 64
    assert json.loads(refused.stdout)["error"]["code"] == "read-only"
