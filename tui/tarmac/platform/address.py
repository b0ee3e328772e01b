"""Where the platform is and who we are there; checked when made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tarmac.platform.hosts import checked_base
from tarmac.terms.errors import UsageError
from tarmac.terms.secrets import Secret
from tarmac.terms.text import plain

_HEADER_VALUE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class PlatformAddress:
    """One organization's platform as one credential sees it (platform-api §1).

    Several `client_secrets` are tried in turn, as during a rotation. Raises UsageError for hosts that a token must not
    reach and for values that cannot stand in a header.
    """

    base_url: str
    ims_url: str
    org_id: str
    client_id: str
    client_secrets: tuple[Secret, ...] = field(repr=False)
    scopes: tuple[str, ...]
    sandbox: str
    request_timeout: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", checked_base(self.base_url, "base_url"))
        object.__setattr__(self, "ims_url", checked_base(self.ims_url, "ims_url"))
        for key in ("org_id", "client_id", "sandbox"):
            value = getattr(self, key)
            if _HEADER_VALUE.fullmatch(value) is None:
                raise UsageError(
                    f"{key} = {plain(value, 80)!r} cannot be used: it is empty or holds blanks or special characters.",
                    code="bad-setting",
                    next_step=f"Copy {key} again from the Developer Console project.",
                )
        if not any(self.client_secrets):
            raise UsageError(
                "client_secret is empty.",
                code="bad-setting",
                next_step="Set client_secret in the profile, or the variable, file or command that it names.",
            )
        if self.request_timeout <= timedelta(0):
            raise UsageError("request_timeout must be longer than nothing.", code="bad-setting")

    def in_sandbox(self, sandbox: str) -> PlatformAddress:
        """Return the same address in another sandbox."""
        return replace(self, sandbox=sandbox)
