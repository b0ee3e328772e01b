"""What is filled in for a destination: a field with its name on the wire and the rules it keeps; those of places, by name.

Facts: platform-api §3.4 (credentials), §3.5 (locations and their patterns).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One thing to fill in: its key in our TOML, its name on the wire, and the rules it keeps.

    `pattern` is the platform's rule; `own_pattern` is ours, for what the platform takes but nobody could read afterwards.
    """

    key: str
    wire: str
    label: str
    required: bool = True
    secret: bool = False
    pattern: str | None = None
    rule: str = ""
    example: str = ""
    own_pattern: str | None = None
    own_rule: str = ""

    def complaint(self, value: str) -> str | None:
        """Say in one sentence what is wrong with `value` by the platform's rules or ours, or return None."""
        said = self.platform_complaint(value)
        if said is None and value and self.own_pattern is not None and re.fullmatch(self.own_pattern, value) is None:
            return f"{self.label} {self.own_rule}"
        return said

    def platform_complaint(self, value: str) -> str | None:
        """Say in one sentence what is wrong with `value` by the platform's rules alone, or return None."""
        if not value:
            return f"{self.label} is missing" if self.required else None
        if len(value) > 1024 and not self.secret:
            return f"{self.label} is longer than 1,024 characters"
        if self.pattern is not None and re.fullmatch(self.pattern, value) is None:
            return f"{self.label} {self.rule}"
        return None


PLAIN_PATH = r"[A-Za-z0-9/!\-_.*'()]*"
# Audience exports may put a macro behind it; the platform takes it in a dataset's folder, too.
S3_PATH = PLAIN_PATH + r"(?:%SEGMENT_(?:NAME|ID)%/?)*"
_PATH_RULE = "may hold letters, digits and / ! - _ . * ' ( ) only"
# Where no source gives a pattern, such a folder could still be written and not be read: a URL ends at ? and #, a backslash
# separates folders in some clients, `..` leads elsewhere, and control characters have no place in a name.
_READABLE_PATH = r"(?!(?:.*/)?\.{1,2}(?:/|$))(?!.*//)[^\x00-\x1f\x7f\\?#]*"
_READABLE_PATH_RULE = "may not hold ? # \\ // or control characters, nor . and .. as folders"


def folder_field(pattern: str | None = None, wire: str = "path") -> Field:
    """Return the field of the folder; `pattern` where the platform has a rule for it."""
    return Field(
        "path",
        wire,
        "Folder",
        pattern=pattern,
        rule=_PATH_RULE if pattern else "",
        example="ml/churn",
        own_pattern=_READABLE_PATH,
        own_rule=_READABLE_PATH_RULE,
    )


S3_BUCKET = Field(
    "bucket",
    "bucketName",
    "Bucket",
    pattern=r"(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)(?!.*\.-)(?!.*-\.)[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]",
    rule="must be 3-63 lower-case letters, digits, dots and hyphens, and not an IP address",
    example="acme-ml",
)
CONTAINER = Field(
    "container",
    "container",
    "Container",
    pattern=r"(?!.*--)[a-z0-9][a-z0-9\-]{1,61}[a-z0-9]",
    rule="must be 3-63 lower-case letters, digits and single hyphens, starting and ending with a letter or digit",
    example="ml-exports",
)
GCS_BUCKET = Field(
    "bucket",
    "bucketName",
    "Bucket",
    pattern=r"(?!goog)(?!.*(?:google|g00gle))[a-z0-9][a-z0-9._\-]{1,220}[a-z0-9]",
    rule="must be 3-63 lower-case letters, digits, dots, hyphens and underscores, without the word google",
    example="acme-ml",
)
DOMAIN = Field(
    "domain", "domain", "Host", pattern=r"[A-Za-z0-9._\-:\[\]]+", rule="must be a host name", example="sftp.acme.com"
)
PORT = Field(
    *("port", "port", "Port"),
    required=False,
    pattern=r"[0-9]{1,5}",
    rule="must be a number",
    example="22",
    own_pattern=r"[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]",
    own_rule="must be from 1 to 65535",
)
USERNAME = Field("username", "username", "User", example="aep")
