"""Names that this machine knows, for the shell's completion: quick, from the disk alone, and silent about what is wrong."""

from __future__ import annotations

from pathlib import Path

from tarmac.profiles.export_store import ExportStore
from tarmac.profiles.places import Places
from tarmac.profiles.profile_store import ProfileStore
from tarmac.profiles.start_settings import load_start_settings
from tarmac.services.exports.chain import Kind
from tarmac.services.exports.ledger_file import read_entry
from tarmac.terms.errors import TarmacError

# The end of a ledger of years says enough, and a key is answered at once.
_LEDGER_BYTES = 2_000_000


def destination_names(places: Places, profile: str | None) -> tuple[str, ...]:
    """Return the destinations of a profile, or of the one to use when none is named. Blocks."""
    chosen = _chosen(places, profile)
    if chosen is None:
        return ()
    try:
        return tuple(sorted(ProfileStore(places).load(chosen).destinations))
    except TarmacError:
        return ()


def saved_export_names(places: Places, profile: str | None) -> tuple[str, ...]:
    """Return the saved exports of a profile, or of the one to use when none is named. Blocks."""
    chosen = _chosen(places, profile)
    if chosen is None:
        return ()
    try:
        return ExportStore(places, chosen).names()
    except TarmacError:
        return ()


def export_names(places: Places, profile: str | None) -> tuple[str, ...]:
    """Return the exports of a profile that are saved or were begun here. Blocks."""
    chosen = _chosen(places, profile)
    if chosen is None:
        return ()
    return tuple(sorted({*saved_export_names(places, chosen), *_begun(places.ledger_file(chosen))}))


def _chosen(places: Places, profile: str | None) -> str | None:
    try:
        return ProfileStore(places).choose(profile, load_start_settings(places.config_file).profile)
    except TarmacError:
        return None


def _begun(ledger: Path) -> set[str]:
    try:
        with ledger.open("rb") as stream:
            stream.seek(max(0, ledger.stat().st_size - _LEDGER_BYTES))
            lines = stream.read().split(b"\n")
    except OSError:
        return set()
    entries = (read_entry(line) for line in lines if b'"begun"' in line)
    names = (entry.text("export") for entry in entries if entry is not None and entry.kind is Kind.BEGUN)
    return {name for name in names if name is not None}
