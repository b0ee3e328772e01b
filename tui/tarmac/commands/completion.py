"""`tarmac completion`: the shell's completion, made of the parsers themselves and of the names on this machine."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context
from tarmac.commands.shell_scripts import SCRIPTS
from tarmac.terms.errors import ExitCode

NAME = "completion"
_DETAILS = """\
The script goes into the shell's own configuration. It asks tarmac at every tab: verbs, options and choices are those of this
version, and names of profiles, destinations and exports are those of this machine. Nothing is sent.

bash:  source <(tarmac completion bash)        in ~/.bashrc
zsh:   source <(tarmac completion zsh)         in ~/.zshrc, after compinit
fish:  tarmac completion fish | source         in ~/.config/fish/config.fish"""
# The verb that the scripts call; a person has no use for it.
ANSWER = "answer"


class _Shells(tuple[str, ...]):
    """The shells that are offered; the scripts' own word is taken as well."""

    def __contains__(self, word: object) -> bool:
        return word == ANSWER or super().__contains__(word)


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(verbs, NAME, "let bash, zsh or fish complete words", "tarmac completion bash", _DETAILS)
    parser.add_argument("shell", metavar="SHELL", choices=_Shells(SCRIPTS), help=", ".join(SCRIPTS))
    parser.add_argument("words", nargs="*", default=(), help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Write the script, or what could stand where the cursor is."""
    given = context.arguments
    if given.shell == ANSWER:
        # Not as argparse gives them: it takes a `--` away, which may be the very word to complete.
        _answer(context, context.given[context.given.index("--") + 1 :] if "--" in context.given else ())
        return ExitCode.DONE
    script = SCRIPTS[given.shell]
    if context.out.as_json:
        context.out.document({"shell": given.shell, "script": script})
    else:
        context.out.raw(script)
    return ExitCode.DONE


def _answer(context: Context, words: Sequence[str]) -> None:
    from tarmac.cli import build_parser
    from tarmac.commands.suggestions import suggestions

    lines = (f"{each.word}\t{each.about}" if each.about else each.word for each in suggestions(build_parser(), words))
    context.out.raw("".join(f"{line}\n" for line in lines))
