"""The error tree. Every error a person can meet is a `TarmacError` (terms/errors.py) and knows its exit code.

TarmacError
├── UsageError                    wish or configuration wrong; nothing was changed       exit 64
│   ├── ProfileError              profiles/errors.py: names file, key and line
│   │   └── NoProfile             there is none yet: the first start
│   ├── SecretUnavailable         profiles/errors.py: a reference to a secret leads nowhere
│   ├── PlanRefused               services/errors.py: a check of the plan says no
│   ├── NotConfirmed              services/errors.py: a guard asks for a typed word
│   ├── ReadOnly                  services/errors.py: a write while --read-only is on
│   ├── ReceiptUnreadable         services/errors.py: missing, damaged, changed by hand or of a later version
│   ├── ThemeProblem              themes.py: names file, line and key
│   └── InvalidFault              emulator/faults.py: names the rule and the key
├── PlatformError                 what the platform or the way to it said               exit 1
│   ├── SignInFailed              the sign-in service refused the credentials
│   ├── Unreachable               no connection was made: nothing can have happened there
│   │   ├── TlsRefused            the certificate was not accepted
│   │   └── NoAnswer              a read got no whole answer: nothing was changed, ask again
│   ├── OutcomeUnknown            sent, but no whole answer came back: look before sending again
│   ├── BadAnswer                 an answer that cannot be read as what it should be
│   └── Refused                   an HTTP error status with one of the five known bodies
│       ├── InvalidRequest        400, 422
│       │   ├── NotReady          ad-hoc run: the flow is too new, probe again
│       │   ├── StorageNotAllowed ad-hoc run: this storage is not allow-listed for the organization
│       │   └── RunExists         ad-hoc run: a run is already going on
│       ├── Unauthorized          401, after one renewal
│       ├── Forbidden             403
│       ├── NotFound              404
│       ├── Conflict              409
│       ├── StaleEtag             412
│       ├── RateLimited           429
│       └── ServerFault           5xx
├── StorageError                  storage/errors.py: reading what landed                 exit 1
│   ├── StorageUnreachable, StorageMissing, StorageCorrupt
│   └── StorageDenied             credentials refused, or they may not do this
│       └── HostKeyUnknown, HostKeyChanged   SFTP: for a person to decide
├── RunFailed                     services/errors.py: the platform reports the run as failed
├── StillRunning                  services/errors.py: the deadline came first            exit 3
├── Mismatch                      services/errors.py: landed, but rows or files differ   exit 4
├── NothingLanded, FolderUnclear  services/errors.py: the run's folder, not there or not certain
├── MadeTwice                     services/errors.py: another machine made the same dataflow; it is used instead of ours
├── PlanOutdated                  services/errors.py: somebody else changed an object since the plan
├── ReceiptUnwritten              services/errors.py: counted, but the disk does not take the receipt
├── AnswerLost                    commands/output.py: what was to be said could not be written to stdout
├── LedgerError                   services/exports/ledger_file.py: nothing is sent that could not be found again
│   └── LedgerUnusable            … and nothing was sent yet (a UsageError, too)        exit 64
└── DemoFailed                    services/demo.py: the emulator did not start, or another demo runs
"""

from __future__ import annotations

from datetime import timedelta

from tarmac.terms.errors import TarmacError


class PlatformError(TarmacError):
    """Anything that the platform, the sign-in service or the way to them said no with.

    `maybe_done` is True when the request was a write and may have been carried out all the same: look before sending it
    again. `is_passing` is True when the same request may well work later without anybody changing anything.
    """

    default_code = "platform"
    maybe_done: bool = False
    is_passing: bool = False


class SignInFailed(PlatformError):
    """The sign-in service refused the credentials (IMS)."""

    default_code = "sign-in"


class Unreachable(PlatformError):
    """No connection was made; nothing can have happened on the other side."""

    default_code = "unreachable"
    is_passing = True


class TlsRefused(Unreachable):
    """The server's certificate was not accepted."""

    default_code = "tls"
    is_passing = False


class NoAnswer(Unreachable):
    """A read (GET, sign-in) got no whole answer in time; nothing was changed by it."""

    default_code = "no-answer"


class OutcomeUnknown(PlatformError):
    """The request went out but no whole answer came back: it may have been carried out."""

    default_code = "outcome-unknown"
    maybe_done = True


class BadAnswer(PlatformError):
    """The answer cannot be read as what it should be."""

    default_code = "bad-answer"


class Refused(PlatformError):
    """An HTTP error status. `status` is the number, `raw` the answer's body, redacted and shortened."""

    default_code = "refused"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        raw: str = "",
        code: str | None = None,
        meaning: str = "",
        next_step: str = "",
        request_id: str | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message, code=code, meaning=meaning, next_step=next_step, request_id=request_id)
        self.status = status
        self.raw = raw
        self.retry_after = retry_after


class InvalidRequest(Refused):
    """400 or 422: the platform does not accept the request as it is."""

    default_code = "invalid"


class NotReady(InvalidRequest):
    """The flow is too new for an ad-hoc run (platform-api §4.1): probe again."""

    default_code = "not-ready"
    is_passing = True


class StorageNotAllowed(InvalidRequest):
    """This storage is not allow-listed for dataset export in the organization (§4.1)."""

    default_code = "storage-not-allowed"


class RunExists(InvalidRequest):
    """A scheduled or earlier ad-hoc run is going on (§4.1): follow that one. `run_id` where the text names it."""

    default_code = "run-exists"
    run_id: str | None = None


class Unauthorized(Refused):
    """401 even with a fresh token."""

    default_code = "401"


class Forbidden(Refused):
    """403: the credential may not do this here."""

    default_code = "403"


class NotFound(Refused):
    """404."""

    default_code = "404"


class Conflict(Refused):
    """409."""

    default_code = "409"


class StaleEtag(Refused):
    """412: somebody else changed the object meanwhile."""

    default_code = "412"


class RateLimited(Refused):
    """429, with or without `Retry-After`."""

    default_code = "429"
    is_passing = True


class ServerFault(Refused):
    """5xx."""

    default_code = "5xx"
    is_passing = True
