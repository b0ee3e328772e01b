"""The error atlas: what a code or a text of the platform means, and what to do about it. Data, in one place.

Sources: platform-api §1.5 (gateway), §1.1 (sign-in), §4.1 (ad-hoc runs), §5.2 (runs), §8.1 (Flow Service). Codes are compared
as text because their JSON type differs between documents (C19).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Special(StrEnum):
    """Refusals that the app acts on by itself (§4.1)."""

    NOT_READY = "not-ready"
    STORAGE_NOT_ALLOWED = "storage-not-allowed"
    RUN_EXISTS = "run-exists"


@dataclass(frozen=True)
class Explanation:
    """What it means and what to do. `passing`: it may go away by waiting."""

    meaning: str
    next_step: str
    passing: bool = False
    special: Special | None = None


_ADMIN = "Ask an administrator to add this API credential to a role in Experience Platform › Permissions."
_RIGHTS = (
    "Ask an administrator for View Destinations, View Datasets, Manage Destinations and "
    "Manage and Activate Dataset Destinations on this sandbox."
)
_REPORT = "Please report it with the request id: the request itself is not what the platform expects."
_LATER = "Try again in a few minutes."

BY_CODE: Mapping[str, Explanation] = {
    # Gateway, §1.5.
    "401013": Explanation(
        "The access token is not accepted, even after it was renewed.", "Check the credential in the profile."
    ),
    "403010": Explanation("The request came without a token.", "Sign in again: run `tarmac profile check`."),
    "403000": Explanation("The request came without a client id.", "Set client_id in the profile."),
    "403003": Explanation("The client id is not known.", "Copy client_id again from the Developer Console project."),
    "403025": Explanation(
        "This credential is not entitled for that organization.", "Compare org_id with the credential's own. " + _ADMIN
    ),
    "403027": Explanation(
        "The organization id is malformed, or the credential has no product profile.",
        "Check org_id (it ends in @AdobeOrg). " + _ADMIN,
    ),
    "400003": Explanation("The request came without an organization id.", "Set org_id in the profile."),
    "429050": Explanation(
        "Too many requests in a short time.", "Wait a minute; fewer watched runs ask less often.", passing=True
    ),
    # Sign-in, §1.1.
    "invalid_client": Explanation(
        "The client id or the client secret is wrong, or the secret was rotated away.",
        "Copy client_id and client_secret again from the Developer Console project.",
    ),
    "invalid_scope": Explanation(
        "The credential may not ask for one of these scopes.",
        "Copy the scopes from the Developer Console project into the profile.",
    ),
    "unauthorized_client": Explanation(
        "This credential may not sign in by OAuth server-to-server.",
        "Create an OAuth Server-to-Server credential in the Developer Console.",
    ),
    "invalid_request": Explanation(
        "A part of the sign-in request is missing.", "Check client_id, client_secret and scopes in the profile."
    ),
    # Flow Service, §8.1.
    "1100-400": Explanation(
        "The organization is not entitled to this.",
        "Ask your Adobe contact about the entitlement (dataset export, Data Distiller).",
    ),
    "1101-404": Explanation("There is no such object.", "It may have been deleted, or it is in another sandbox."),
    "1102-500": Explanation("The platform failed inside.", _LATER, passing=True),
    "1103-503": Explanation("The platform is not available just now.", _LATER, passing=True),
    "1104-504": Explanation("The platform took too long inside.", _LATER, passing=True),
    "1401-400": Explanation("limit and count cannot be asked for together.", _REPORT),
    "1403-400": Explanation("The change came without the object's etag.", _REPORT),
    "1404-412": Explanation(
        "Somebody else changed the object meanwhile.", "Read it again, look at the difference, then repeat the change."
    ),
    "1405-400": Explanation("The request had no body.", _REPORT),
    "1410-400": Explanation("A state cannot be given when creating.", _REPORT),
    "1413-400": Explanation(
        "The connection or flow spec id is not known there.",
        "Check that this destination kind is in the sandbox's catalog of destinations.",
    ),
    "1414-400": Explanation("The spec of a connection cannot be changed.", "Make a new connection instead."),
    "1415-400": Explanation(
        "This way to give credentials is not known for this destination kind.",
        "Use another form of credentials in the profile's destination.",
    ),
    "1416-400": Explanation(
        "The object is being changed just now and cannot be deleted.",
        "Wait until its state is enabled or disabled.",
        passing=True,
    ),
    "1418-400": Explanation(
        "The base connection is in use by a dataflow.",
        "Delete the dataflow first, then its target and source connection, then this.",
    ),
    "1422-400": Explanation(
        "This action is not possible in the object's present state.",
        "Read its state; it may be in it already, or still be changing.",
    ),
    "1432-400": Explanation("The sort order is not accepted.", _REPORT),
    "1433-400": Explanation("The sort order is not accepted.", _REPORT),
    "1434-400": Explanation("The kind of change is not accepted.", _REPORT),
    "1439-400": Explanation("There is no such dataflow.", "It may have been deleted, or it is in another sandbox."),
    "1440-400": Explanation("Flow Service cannot filter by regular expression.", _REPORT),
    "1445-400": Explanation(
        "Credentials of this connection cannot be changed.", "Make a new base connection and move the export to it."
    ),
    "1447-400": Explanation("There are active dataflows on it.", "Disable or delete these dataflows first."),
    "1455-400": Explanation("This part of the object cannot be changed.", _REPORT),
    "1456-400": Explanation(
        "The object is being changed just now.", "Wait until its state is enabled or disabled.", passing=True
    ),
    "2100-404": Explanation(
        "There is no such sandbox.", "Check `sandbox` in the profile; `tarmac doctor` lists those you may use."
    ),
    "2105-400": Explanation("The request named no sandbox.", "Set sandbox in the profile."),
    "2110-400": Explanation("A sandbox id is not allowed with this kind of token.", _REPORT),
    "2114-400": Explanation("The token cannot be read.", "Check the credential in the profile."),
    "2115-400": Explanation("The token cannot be read.", "Check the credential in the profile."),
    "2118-403": Explanation("A permission is missing.", _RIGHTS),
    "2120-403": Explanation("A permission is missing.", _RIGHTS),
    "2121-403": Explanation("A permission is missing.", _RIGHTS),
    # Runs, §5.2.
    "ACTIVATION_BATCH-0000-FAILED": Explanation(
        "The platform gave up while writing.",
        "Test the connection: the storage's credentials, rights and free space. Then trigger the export again.",
    ),
    "ACTIVATION_BATCH-0000-SKIP": Explanation(
        "Some records were left out.",
        "Compare the skipped count with what you expect; duplicates and records outside the window are skipped.",
    ),
}

# Tried in this order on the whole text of an answer: substrings, never equality (§4.1).
BY_TEXT: tuple[tuple[re.Pattern[str], str, Explanation], ...] = (
    (
        re.compile(r"not ready for dataset export", re.IGNORECASE),
        "not-ready",
        Explanation(
            "The dataflow is new; the platform's export service has not seen it yet. This usually takes about 10 minutes.",
            "Nothing to do: it is asked again until it is accepted.",
            passing=True,
            special=Special.NOT_READY,
        ),
    ),
    (
        re.compile(r"Ad-?hoc run can ?not be executed for Flow ?spec", re.IGNORECASE),
        "storage-not-allowed",
        Explanation(
            "Dataset export to this kind of storage is not switched on for your organization.",
            "Ask Adobe support to allow it, or export to another kind of storage.",
            special=Special.STORAGE_NOT_ALLOWED,
        ),
    ),
    (
        re.compile(
            r"run already (?:going on|exists|in progress|running)"
            r"|already (?:has|have) (?:a|an active|a running) run"
            r"|a run .{0,60}already exists",
            re.IGNORECASE,
        ),
        "run-exists",
        Explanation(
            "A run of this dataflow is going on already.",
            "Follow that run; a new one can be started when it has ended.",
            passing=True,
            special=Special.RUN_EXISTS,
        ),
    ),
    (
        re.compile(r"not part of this dataflow or out of schedule range", re.IGNORECASE),
        "out-of-schedule",
        Explanation(
            "The dataset is not in this dataflow, or the dataflow's schedule does not cover the present.",
            "Check the dataflow's datasets and its start and end; extend it if it has ended.",
        ),
    ),
    (
        re.compile(r"valid spec id", re.IGNORECASE),
        "bad-spec",
        Explanation(
            "The connection or flow spec id is not known there.",
            "Check that this destination kind is in the sandbox's catalog of destinations.",
        ),
    ),
    (
        re.compile(r"does not match the current version on entity", re.IGNORECASE),
        "1404-412",
        BY_CODE["1404-412"],
    ),
    (
        re.compile(r"\b(?:flows|connections|sourceConnections|targetConnections) not found with id", re.IGNORECASE),
        "404",
        Explanation("There is no such object.", "It may have been deleted, or it is in another sandbox."),
    ),
)

_WORDS = (
    "Read the platform's own words above; the Review screen and `tarmac plan --json` show the requests, "
    "and the same command with --record FILE keeps what was asked and answered."
)
BY_STATUS: Mapping[int, Explanation] = {
    400: Explanation(
        "The platform does not accept the request as it is.",
        _WORDS,
    ),
    401: BY_CODE["401013"],
    403: Explanation("The credential may not do this here.", _RIGHTS),
    404: Explanation("There is no such object, or not in this sandbox.", "Check the id and the sandbox."),
    409: Explanation("The object is in use or was changed meanwhile.", "Read it again, then repeat the change."),
    412: BY_CODE["1404-412"],
    422: Explanation(
        "A part of the request is missing or wrong.",
        _WORDS,
    ),
    429: Explanation(
        "Too many requests in a short time.", "Wait a minute; fewer watched runs ask less often.", passing=True
    ),
    500: Explanation("The platform failed inside; it may also mean too many calls at once.", _LATER, passing=True),
    502: Explanation("The platform's gateway got no proper answer from the service behind it.", _LATER, passing=True),
    503: Explanation("The platform is not available just now.", _LATER, passing=True),
    504: Explanation("The service behind the platform's gateway took too long.", _LATER, passing=True),
}

_SERVER = Explanation("The platform failed inside.", _LATER, passing=True)
_UNKNOWN = Explanation(
    "The platform refused the request.",
    "Read the platform's own words above; give the request id to Adobe support if they do not help.",
)
_FLOW_SERVICE_CODE = re.compile(r"(?<![0-9A-Za-z])(\d{4}-\d{3})(?![0-9A-Za-z])")


def explain_code(code: object) -> Explanation | None:
    """Return what a code means, whatever its JSON type; None for an unknown one."""
    return BY_CODE.get(str(code).strip())


def explain_text(text: str) -> tuple[str, Explanation] | None:
    """Return our code and what a text means, by a known phrase or a known `NNNN-HTTP` code in it; None if unknown."""
    for pattern, code, explanation in BY_TEXT:
        if pattern.search(text):
            return code, explanation
    for match in _FLOW_SERVICE_CODE.finditer(text):
        if match[1] in BY_CODE:
            return match[1], BY_CODE[match[1]]
    return None


def explain_status(status: int) -> Explanation:
    """Return what an HTTP status means when nothing better is known."""
    return BY_STATUS.get(status, _SERVER if status >= 500 else _UNKNOWN)
