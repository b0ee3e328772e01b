"""The style sheet of an app, in which the same rules are parsed once for a theme.

Textual parses every rule again for each screen that brings some of its own, and again for each app of a process.
"""

from __future__ import annotations

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

Parsed = LRUCache[tuple[object, ...], list[RuleSet]]
# The theme in use, and the one before it, which a look at others comes back to.
_THEMES = 2
_SOURCES = 256
_parsed: LRUCache[frozenset[tuple[str, str]], Parsed] = LRUCache(_THEMES)


class StyleSheet(Stylesheet):
    """Textual's, which keeps what it has parsed by the variables of the theme; rules do not change after that."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parse_cache = _parsed_with(self._variables)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take the variables of a theme."""
        self._parse_cache = LRUCache(1)  # it is cleared, and what was parsed with the others is still good
        super().set_variables(variables)
        self._parse_cache = _parsed_with(variables)

    def copy(self) -> StyleSheet:
        """Return another one with the same sources."""
        made = StyleSheet(variables=self._variables.copy())
        made.source = self.source.copy()
        return made

    def reparse(self) -> None:
        """Parse what is new. Where there is an error in it, the rules stay as they were."""
        self.parse()


def _parsed_with(variables: dict[str, str]) -> Parsed:
    key = frozenset(variables.items())
    found = _parsed.get(key)
    if found is None:
        found = _parsed[key] = LRUCache(_SOURCES)
    return found
