"""How an export can end other than well. The whole tree is drawn in `tarmac.platform.errors`."""

from __future__ import annotations

from tarmac.terms.errors import ExitCode, TarmacError, UsageError


class PlanRefused(UsageError):
    """A check of the plan says no; nothing was sent."""

    default_code = "plan-refused"


class ReadOnly(UsageError):
    """A write was asked for while `--read-only` is on."""

    default_code = "read-only"


class NotConfirmed(UsageError):
    """A guard asks for a typed word (production sandbox, labelled data), and it was not given; nothing was sent."""

    default_code = "not-confirmed"


class RunFailed(TarmacError):
    """The platform reports the run as failed."""

    default_code = "run-failed"


class StillRunning(TarmacError):
    """The deadline was reached while the export was still going on; it goes on without us."""

    exit_code = ExitCode.STILL_RUNNING
    default_code = "still-running"


class Mismatch(TarmacError):
    """It landed, but rows or files do not agree."""

    exit_code = ExitCode.MISMATCH
    default_code = "mismatch"


class NothingLanded(TarmacError):
    """The run is over, but no folder of it can be found, and none will come."""

    default_code = "nothing-landed"


class FolderUnclear(TarmacError):
    """Several folders could be the run's; the candidates are named and none is chosen."""

    default_code = "folder-unclear"


class ReceiptUnreadable(UsageError):
    """A receipt file is missing, damaged, changed by hand or of a later version."""

    default_code = "receipt"


class ReceiptUnwritten(TarmacError):
    """The rows were counted, but the disk does not take the receipt: what landed is proved to nobody later."""

    default_code = "receipt-unwritten"


class MadeTwice(TarmacError):
    """Another machine made the dataflow of the same export at the same moment; ours was taken away again."""

    default_code = "made-twice"


class PlanOutdated(TarmacError):
    """An object was changed by somebody else since the plan was made; the change was not sent."""

    default_code = "plan-outdated"
