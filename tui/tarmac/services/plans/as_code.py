"""A plan as a program: the same requests in Python (httpx) or as a shell script (curl), for people who write their own.

Secrets come from environment variables, named like those that the profile refers to where it does. What only the platform
can give (the ids of new objects) is taken from its answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from tarmac.platform.sign_in import TOKEN_PATH
from tarmac.profiles.models import Destination, PlatformSettings, Profile, SecretRef, SecretSource
from tarmac.services.plans.plan import Action, Noun, Plan, PlannedCall, PlanStep
from tarmac.services.plans.steps import NEW_BASE, NEW_FLOW, NEW_SOURCE, NEW_TARGET
from tarmac.terms.secrets import MASK
from tarmac.terms.text import plain

_NAMES = {NEW_SOURCE: "source_id", NEW_BASE: "base_id", NEW_TARGET: "target_id", NEW_FLOW: "flow_id"}
_MADE = {Noun.SOURCE: "source_id", Noun.BASE: "base_id", Noun.TARGET: "target_id", Noun.FLOW: "flow_id"}
_OURS = {"authorization", "x-api-key", "x-gw-ims-org-id", "x-sandbox-name"}
_PROBE_S, _PATIENCE_S = 20, 3600
_NOT_READY = "not ready for dataset export"


class Language(StrEnum):
    """What it can be written in."""

    PYTHON = "python"
    CURL = "curl"


def plan_as_code(plan: Plan, profile: Profile, language: Language) -> str:
    """Return the program. It holds no secret: `variables` says what it reads from the environment."""
    return _Python(plan, profile).text() if language is Language.PYTHON else _Curl(plan, profile).text()


def variables(plan: Plan, profile: Profile) -> dict[str, SecretRef]:
    """Return the environment variables that the program needs, with what the profile takes each from."""
    found = {_variable("AEP_CLIENT_SECRET", profile.platform.client_secret): profile.platform.client_secret}
    destination = plan.wish.destination
    for wire, reference in _references(destination).items():
        if any(_holds_secret(call.body, wire) for step in plan.steps for call in step.calls):
            found[_variable(_upper(wire), reference)] = reference
    return found


class _Writer:
    def __init__(self, plan: Plan, profile: Profile) -> None:
        self.plan = plan
        self.platform: PlatformSettings = profile.platform
        self.references = _references(plan.wish.destination)
        self.secret = _variable("AEP_CLIENT_SECRET", profile.platform.client_secret)
        self.needed = list(variables(plan, profile))

    def calls(self) -> Iterator[tuple[PlanStep, PlannedCall]]:
        for step in self.plan.steps:
            for call in step.calls:
                yield step, call

    def title(self) -> str:
        return f"{plain(self.plan.dataset.name, 80)} to {plain(self.plan.wish.destination.name, 80)}"

    def variable_of(self, wire: str) -> str:
        return _variable(_upper(wire), self.references.get(wire))


class _Python(_Writer):
    def text(self) -> str:
        needed = ", ".join(self.needed)
        lines = [
            f'"""{self._safe(self.title())}: as tarmac planned it. Needs httpx, and in the environment: {needed}."""',
            "",
            "import os",
            "import time",
            "",
            "import httpx",
            "",
            f"SECRETS = {{name: os.environ[name] for name in {self.needed!r}}}",
            f"BASE_URL = {self.platform.base_url!r}",
            f"IMS_URL = {self.platform.ims_url!r}",
            "",
            "signed_in = httpx.post(",
            f'    IMS_URL + "{TOKEN_PATH}",',
            "    data={",
            '        "grant_type": "client_credentials",',
            f'        "client_id": {self.platform.client_id!r},',
            f'        "client_secret": SECRETS["{self.secret}"],',
            f'        "scope": {",".join(self.platform.scopes)!r},',
            "    },",
            ")",
            "signed_in.raise_for_status()",
            "platform = httpx.Client(",
            "    base_url=BASE_URL,",
            "    timeout=30,",
            "    headers={",
            """        "Authorization": "Bearer " + signed_in.json()["access_token"],""",
            f'        "x-api-key": {self.platform.client_id!r},',
            f'        "x-gw-ims-org-id": {self.platform.org_id!r},',
            f'        "x-sandbox-name": {self.platform.sandbox!r},',
            "    },",
            ")",
            "",
            "",
            "def send(method, path, headers, body=None):",
            "    answer = platform.request(method, path, headers=headers, json=body)",
            "    answer.raise_for_status()",
            "    return answer.json() if answer.content else {}",
            "",
        ]
        for step, call in self.calls():
            lines += ["", f"# {step.noun.value}: {step.action.value}"]
            arguments = (repr(call.method), repr(call.path), repr(_own_headers(call)), self._body(call.body))
            request = ",\n    ".join(arguments) + ","
            if step.action is Action.FIRE:
                lines += self._fire(request)
            elif step.action is Action.CREATE:
                lines.append(f'{_MADE[step.noun]} = send(\n    {request}\n)["id"]')
            else:
                lines.append(f"send(\n    {request}\n)")
        return "\n".join(lines) + "\n"

    def _fire(self, request: str) -> list[str]:
        return [
            "# A new dataflow is refused until the platform is ready for it: usually some ten minutes.",
            f"deadline = time.monotonic() + {_PATIENCE_S}",
            "while True:",
            "    try:",
            "        fired = send(",
            *(f"        {line}" for line in f"    {request}".split("\n")),
            "        )",
            "        break",
            "    except httpx.HTTPStatusError as refused:",
            f'        if "{_NOT_READY}" not in refused.response.text or time.monotonic() > deadline:',
            "            raise",
            f"        time.sleep({_PROBE_S})",
            "print(fired)",
        ]

    def _body(self, body: Any) -> str:
        if body is None:
            return "None"
        return _rendered(body, self._leaf, {"true": "True", "false": "False", "null": "None"})

    def _leaf(self, key: str, value: str) -> str:
        if value in _NAMES:
            return _NAMES[value]
        if value == MASK:
            return f'SECRETS["{self.variable_of(key)}"]'
        return json.dumps(value, ensure_ascii=True)

    @staticmethod
    def _safe(text: str) -> str:
        return text.replace("\\", "").replace('"', "'")


class _Curl(_Writer):
    def text(self) -> str:
        platform = self.platform
        lines = [
            "#!/usr/bin/env bash",
            f"# {self.title()}: as tarmac planned it.",
            f"# Needs curl and python3, and in the environment: {', '.join(self.needed)}.",
            "set -euo pipefail",
            ": " + " ".join(f'"${{{name}:?}}"' for name in self.needed),
            *self._in_json(),
            "",
            f"BASE_URL={_quoted(platform.base_url)}",
            f"IMS_URL={_quoted(platform.ims_url)}",
            "field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' \"$1\"; }",
            "# Secrets are never arguments of a program: others could read them in the list of processes.",
            f'TOKEN=$(printf %s "${self.secret}" | curl -fsS "$IMS_URL{TOKEN_PATH}" \\',
            f"  -d grant_type=client_credentials -d client_id={_quoted(platform.client_id)} \\",
            f"  --data-urlencode scope={_quoted(','.join(platform.scopes))} \\",
            "  --data-urlencode client_secret@- | field access_token)",
            "send() {  # METHOD PATH [HEADER…], the body on stdin; a refusal comes out, too, and is an error",
            "  local method=$1 path=$2 answer status; shift 2",
            '  local headers=(); for each in "$@"; do headers+=(-H "$each"); done',
            '  answer=$(curl -sS -w \'\\n%{http_code}\' -X "$method" "$BASE_URL$path" \\',
            '    -H @<(printf "Authorization: Bearer %s" "$TOKEN") \\',
            f"    -H {_quoted('x-api-key: ' + platform.client_id)} \\",
            f"    -H {_quoted('x-gw-ims-org-id: ' + platform.org_id)} \\",
            f"    -H {_quoted('x-sandbox-name: ' + platform.sandbox)} \\",
            '    "${headers[@]}" --data-binary @-) || return',
            "  status=${answer##*$'\\n'}; printf '%s\\n' \"${answer%$'\\n'*}\"",
            '  [[ $status == 2* ]] || { echo "$method $path: HTTP $status" >&2; return 22; }',
            "}",
        ]
        for step, call in self.calls():
            lines += ["", f"# {step.noun.value}: {step.action.value}"]
            headers = " ".join(_quoted(f"{name}: {value}") for name, value in _own_headers(call).items())
            body = "" if call.body is None else self._body(call.body)
            sent = f"send {call.method} {_quoted(call.path)} {headers}".rstrip()
            if step.action is Action.FIRE:
                lines += [
                    "# A new dataflow is refused until the platform is ready for it: usually some ten minutes.",
                    f"deadline=$((SECONDS + {_PATIENCE_S}))",
                    f"until fired=$({sent} <<END",
                    body,
                    "END",
                    ")",
                    "do",
                    f"  if [[ $fired != *{_quoted(_NOT_READY)}* ]] || (( SECONDS > deadline )); then",
                    "    printf '%s\\n' \"$fired\" >&2; exit 1",
                    "  fi",
                    f"  sleep {_PROBE_S}",
                    "done",
                    "printf '%s\\n' \"$fired\"",
                ]
            elif step.action is Action.CREATE:
                made = _MADE[step.noun]
                lines += [f"{made}=$({sent} <<END", body, "END", ")", f'{made}=$(field id <<<"${made}")']
            else:
                lines += [f"{sent} >/dev/null <<END", body, "END"]
        return "\n".join(lines) + "\n"

    def _in_json(self) -> list[str]:
        """Write secrets as the JSON strings that stand in the bodies: quotes, backslashes and lines would break them."""
        sent = [wire for wire in self.references if any(_holds_secret(call.body, wire) for _, call in self.calls())]
        if not sent:
            return []
        return [
            "in_json() { python3 -c 'import json, sys; print(json.dumps(sys.stdin.buffer.read().decode()))'; }",
            *(f'json_{each}=$(printf %s "${each}" | in_json)' for each in dict.fromkeys(map(self.variable_of, sent))),
        ]

    def _body(self, body: Any) -> str:
        return _rendered(body, self._leaf, {})

    def _leaf(self, key: str, value: str) -> str:
        if value in _NAMES:
            return f'"${{{_NAMES[value]}}}"'
        if value == MASK:
            return f"${{json_{self.variable_of(key)}}}"
        # The body is a here-document in which variables are filled in: nothing else may be.
        return re.sub(r"([\\$`])", r"\\\1", json.dumps(value, ensure_ascii=True))


def _rendered(
    value: Any, leaf: Callable[[str, str], str], words: Mapping[str, str], key: str = "", depth: int = 1
) -> str:
    """Write JSON over several lines; strings by `leaf`, which gets the key they belong to."""
    inner, outer = "    " * (depth + 1), "    " * depth
    if isinstance(value, dict) and value:
        items = [
            f"{leaf('', str(name))}: {_rendered(each, leaf, words, str(name), depth + 1)}"
            for name, each in value.items()
        ]
        return "{\n" + ",\n".join(inner + item for item in items) + f"\n{outer}}}"
    if isinstance(value, list | tuple) and value:
        items = [_rendered(each, leaf, words, key, depth + 1) for each in value]
        return "[\n" + ",\n".join(inner + item for item in items) + f"\n{outer}]"
    if isinstance(value, str):
        return leaf(key, value)
    text = json.dumps(value)
    return words.get(text, text)


def _own_headers(call: PlannedCall) -> dict[str, str]:
    return {name: value for name, value in call.headers if name.lower() not in _OURS}


def _references(destination: Destination) -> dict[str, SecretRef]:
    """Return the destination's credentials by the names that they have on the wire."""
    wires = {each.key: each.wire for auth in destination.kind.spec.auth for each in auth.fields}
    return {wires.get(key, key): reference for key, reference in destination.credentials.items()}


def _holds_secret(value: Any, wire: str) -> bool:
    if isinstance(value, dict):
        return value.get(wire) == MASK or any(_holds_secret(each, wire) for each in value.values())
    return isinstance(value, list | tuple) and any(_holds_secret(each, wire) for each in value)


def _variable(usual: str, reference: SecretRef | None) -> str:
    if reference is not None and reference.source is SecretSource.ENV:
        return reference.value
    return usual


def _upper(wire: str) -> str:
    """`s3SecretKey` -> `S3_SECRET_KEY`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", wire).upper()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
