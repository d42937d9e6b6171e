"""`pylibretro search`: find where a game keeps its numbers, in a session of simple commands."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pylibretro.command_line.failure import CommandError
from pylibretro.command_line.found_game import (
    Groups,
    action_groups,
    chosen_console,
    core_as_written,
    usual_actions,
)
from pylibretro.command_line.opening import (
    add_core_arguments,
    check_can_run,
    open_core,
    parse_options,
)
from pylibretro.command_line.output import print_json
from pylibretro.command_line.script import button_mask
from pylibretro.error import LibretroError
from pylibretro.games.game import Game
from pylibretro.games.game_ids import add_game_file
from pylibretro.games.game_import import content_hash
from pylibretro.input.consoles import console_of
from pylibretro.memory.search import COMPARISONS, TYPES, Search

if TYPE_CHECKING:
    from pylibretro._core import Core

SUMMARY = "find where in memory a game keeps its numbers"
DESCRIPTION = """\
Play a game by commands, say what is known of a number, and see where it can be. Commands come from
the terminal, or from standard input: `pylibretro search CORE CONTENT < commands.txt`."""

COMMANDS = """\
commands:
  run [N]              run N frames (60)
  press BUTTONS [N]    hold buttons, such as RIGHT+A or 1:START, for N frames (5), then let go
  is N, != N, < N, ... what it is now: =, !=, <, <=, >, >=
  changed, unchanged   since what was said last
  up [N], down [N]     it has grown or fallen since then, by N if given
  look                 remember memory as it is now, for the next of the four above
  list [N]             the first N candidates (20), and what they are now
  undo                 take back what was said last
  restart [TYPES]      begin again, with types such as "|u1,<u2"
  save NAME, load NAME keep a state under a name, and go back to it
  state FILE           load a state from a file
  name WORD [NUMBER]   give a candidate (the only one, or its number in the list) a name
  names                what has been named, and its values
  forget WORD          take a name away
  reward RULE, done RULE   rules over the names, see docs/rules.md
  console NAME, actions UP|DOWN LEFT|RIGHT B|A|A+B
                       whose names buttons have, and what may be pressed: one of each group, or
                       nothing (unless given, what the core and its buttons suggest)
  export FILE.toml     write a game file of all this, and give the game an id
  picture FILE.png     save the picture
  help, quit"""

LISTED = 20
PRESSED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_core_arguments(parser)
    parser.epilog = COMMANDS
    parser.add_argument("--state", metavar="FILE", help="load this state first")
    parser.add_argument(
        "--types", metavar="LIST", help=f"ways to read a number (default {','.join(TYPES[:5])},...)"
    )
    parser.add_argument(
        "--aligned", action="store_true", help="only numbers whose address their size divides"
    )


def execute(arguments: argparse.Namespace) -> None:
    """Run the command."""
    with open_core(arguments) as core:
        check_can_run(core, arguments)
        session = Session(core, arguments)
        if arguments.state:
            session.do(f"state {shlex.quote(arguments.state)}")
        interactive = sys.stdin.isatty() and not arguments.json
        if interactive:
            print(f"{core!r}; {len(session.search):,} candidates; help lists the commands")
        while not session.ended:
            try:
                line = input("search> ") if interactive else sys.stdin.readline()
            except EOFError:
                break
            if not interactive and not line:
                break
            try:
                session.do(line)
            except (CommandError, LibretroError, ValueError, OSError) as problem:
                if not interactive:
                    raise CommandError(f"{line.strip()}: {problem}") from problem
                print(f"! {problem}")
        if arguments.json:
            print_json(session.summary())


class Session:
    """A search in progress: the core, the candidates that are left, and what has been named.

    Args:
        core: The Core.
        arguments: The arguments of the command.
    """

    def __init__(self, core: Core, arguments: argparse.Namespace) -> None:
        """Begin with every number that memory may hold."""
        self.core = core
        self.arguments = arguments
        self.types = tuple(arguments.types.split(",")) if arguments.types else TYPES
        self.search = self._begin()
        self.ended = False
        self.states: dict[str, Any] = {}
        self.named: dict[str, Any] = {}
        self.reward: str | None = None
        self.done: str | None = None
        names = (arguments.core, core.name)
        self.console = console_of(names, arguments.content)
        self.actions: Groups | None = None
        self.listed: list[Any] = []
        self.quiet = bool(arguments.json)
        self.commands: dict[str, Callable[[list[str]], str | None]] = {
            "run": self._run,
            "press": self._press,
            "changed": lambda words: self._change("!=", words, 0),
            "unchanged": lambda words: self._change("==", words, 0),
            "up": lambda words: self._grown(words, 1),
            "down": lambda words: self._grown(words, -1),
            "look": self._look,
            "list": self._list,
            "undo": lambda _: self._left(self.search.undo()),
            "restart": self._restart,
            "save": self._save,
            "load": self._load,
            "state": self._state,
            "name": self._name,
            "names": self._names,
            "forget": self._forget,
            "reward": lambda words: self._rule("reward", words),
            "done": lambda words: self._rule("done", words),
            "console": self._console,
            "actions": self._actions,
            "export": self._export,
            "picture": self._picture,
            "help": lambda _: COMMANDS,
            "quit": self._quit,
        }

    def _begin(self) -> Search:
        return Search(self.core, self.types, aligned=self.arguments.aligned)

    def do(self, line: str) -> None:
        """Do one command, and print its answer."""
        try:
            words = shlex.split(line, comments=True)
        except ValueError as problem:
            raise CommandError(f"{line.strip()!r}: {problem}") from None
        if not words:
            return
        word = {"=": "==", "is": "=="}.get(words[0], words[0])
        if word in COMPARISONS:
            answer: str | None = self._compare(word, words[1:])
        elif word in self.commands:
            answer = self.commands[word](words[1:])
        else:
            from difflib import get_close_matches

            near = get_close_matches(word, self.commands, 1)
            hint = f"did you mean {near[0]}?" if near else "help lists the commands"
            raise CommandError(f"there is no command {word!r}; {hint}")
        if answer is not None and not self.quiet:
            print(answer)

    def summary(self) -> dict[str, Any]:
        """Return what has been found, for programs."""
        return {
            "frame": self.core.frame_count,
            "count": len(self.search),
            "candidates": [
                {
                    "address": found.watch.address,
                    "type": found.watch.type,
                    "value": found.value,
                }
                for found in self.search.candidates(LISTED)
            ],
            "named": {
                name: {"address": watch.address, "type": watch.type}
                for name, watch in self.named.items()
            },
        }

    # ---- playing -----------------------------------------------------------------------------

    def _run(self, words: list[str]) -> None:
        self.core.run(_number(words, 60))

    def _press(self, words: list[str]) -> None:
        if not words:
            raise CommandError("press what? such as: press RIGHT+A 10")
        port_text, separator, names = words[0].rpartition(":")
        port = int(port_text) if separator else 0
        mask = 0
        for name in names.split("+"):
            mask |= button_mask(name)
        self.core.set_buttons(mask, port)
        self.core.run(_number(words[1:], PRESSED))
        self.core.set_buttons(0, port)

    def _save(self, words: list[str]) -> None:
        self.states[_one(words, "save")] = self.core.snapshot()

    def _load(self, words: list[str]) -> None:
        name = _one(words, "load")
        if name not in self.states:
            known = ", ".join(self.states) or "none"
            raise CommandError(f"no state was saved as {name!r}; there are: {known}")
        self.core.restore(self.states[name])

    def _state(self, words: list[str]) -> None:
        path = _one(words, "state")
        data = Path(path).read_bytes()
        game = Game(name="state", core=self.core.name, states={"state": data})
        self.core.load_state(game.state("state"))

    def _picture(self, words: list[str]) -> str:
        from pylibretro.command_line.pictures import save_png

        path = _one(words, "picture")
        picture = self.core.frame
        if picture is None:
            raise CommandError("the core has sent no picture yet")
        save_png(path, picture, 1)
        return f"wrote {path}"

    def _quit(self, _: list[str]) -> None:
        self.ended = True

    # ---- searching ---------------------------------------------------------------------------

    def _left(self, count: int) -> str:
        said = f"{count:,} candidates"
        return said if not 0 < count <= LISTED else f"{said}\n{self._list([])}"

    def _compare(self, comparison: str, words: list[str]) -> str:
        if len(words) != 1:
            raise CommandError(f"{comparison} takes one number")
        return self._left(self.search.keep(comparison, _integer(words[0])))

    def _change(self, comparison: str, words: list[str], value: int) -> str:
        if words:
            raise CommandError("this takes nothing behind it")
        return self._left(self.search.keep_change(comparison, value))

    def _grown(self, words: list[str], sign: int) -> str:
        if words:
            return self._left(self.search.keep_change("==", sign * _integer(words[0])))
        return self._left(self.search.keep_change(">" if sign > 0 else "<"))

    def _look(self, _: list[str]) -> None:
        self.search.look()

    def _restart(self, words: list[str]) -> str:
        if words:
            self.types = tuple(words[0].split(","))
        self.search = self._begin()
        return self._left(len(self.search))

    def _list(self, words: list[str]) -> str:
        self.listed = self.search.candidates(_number(words, LISTED))
        return "\n".join(
            f"{number:4}  {found.watch.address:#010x}  {found.watch.type}  {found.value}"
            + (f"  (was {found.previous})" if found.previous != found.value else "")
            for number, found in enumerate(self.listed)
        )

    # ---- results -----------------------------------------------------------------------------

    def _name(self, words: list[str]) -> str:
        if not 1 <= len(words) <= 2:
            raise CommandError("name takes a word, and perhaps the number of a candidate")
        listed = self.listed or self.search.candidates(LISTED)
        number = int(words[1]) if len(words) == 2 else 0
        if len(words) == 1 and len(self.search) != 1:
            raise CommandError(f"there are {len(self.search):,} candidates; say the number of one")
        if not 0 <= number < len(listed):
            raise CommandError(f"there is no candidate {number}; list shows them")
        watch = listed[number].watch
        self.named[words[0]] = watch
        return f"{words[0]} is at {watch.address:#x}, {watch.type}"

    def _names(self, _: list[str]) -> str:
        return "\n".join(
            f"{name} = {self.core.memory.read(watch.address, watch.type)}"
            f"  ({watch.address:#x}, {watch.type})"
            for name, watch in self.named.items()
        )

    def _forget(self, words: list[str]) -> None:
        if self.named.pop(_one(words, "forget"), None) is None:
            raise CommandError(f"nothing is called {words[0]!r}")

    def _rule(self, which: str, words: list[str]) -> None:
        from pylibretro.batch.rules import compile_rule

        text = " ".join(words)
        compile_rule(text, self.named)
        if which == "reward":
            self.reward = text
        else:
            self.done = text

    def _console(self, words: list[str]) -> str:
        if words:
            self.console = chosen_console(_one(words, "console"))
            self.actions = None  # its buttons have other names
        return f"the console is {self.console.name if self.console else 'none that is known'}"

    def _actions(self, words: list[str]) -> str:
        if words:
            self.actions = action_groups(words, self.console)
        groups = self.actions or usual_actions(self.core, self.console)
        return "\n".join(
            " | ".join("+".join(combination) or "nothing" for combination in group)
            for group in groups
        )

    def _export(self, words: list[str]) -> str:
        path = _one(words, "export")
        content = self.arguments.content
        digest = None if content is None else content_hash(content)
        game = Game(
            name=os.path.splitext(os.path.basename(path))[0],
            core=core_as_written(self.arguments.core),
            content=None if content is None else os.path.abspath(content),
            sha1=() if digest is None else (digest,),
            console=None if self.console is None else self.console.name,
            options=parse_options(self.arguments.option),
            states={name: bytes(state) for name, state in self.states.items()},
            start=next(iter(self.states), None),
            watches=self.named,
            reward=self.reward,
            done=self.done,
            actions=self.actions or usual_actions(self.core, self.console) or None,
        )
        game.save(path)
        identifier = add_game_file(path)
        return f'wrote {path}; gymnasium.make("{identifier}") plays it'


def _one(words: list[str], command: str) -> str:
    if len(words) != 1:
        raise CommandError(f"{command} takes one word")
    return words[0]


def _integer(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise CommandError(f"{text!r} is no whole number") from None


def _number(words: list[str], default: int) -> int:
    if not words:
        return default
    if len(words) > 1 or not words[0].isascii() or not words[0].isdigit():
        raise CommandError(f"{' '.join(words)!r} is no number of frames or lines")
    return int(words[0])
