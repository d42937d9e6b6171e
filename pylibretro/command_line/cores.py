"""`pylibretro cores`: what is installed, and where."""

from __future__ import annotations

import argparse
from collections import Counter

from pylibretro.command_line.output import make_console, make_table, print_json
from pylibretro.content.lookup import InstalledCore, installed_cores

SUMMARY = "list the installed cores"
DESCRIPTION = """\
List every core that can be opened by name, in the order of the search: pylibretro's own, the
directories in PYLIBRETRO_CORE_PATH, RetroArch's, the distribution's, and stable-retro's.
Nothing is loaded. Names of systems come from RetroArch's .info files, or those of Debian's
libretro-core-info, where they are installed."""

EXTENSIONS_SHOWN = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("text", metavar="TEXT", nargs="?", help="only cores that mention TEXT")


def execute(arguments: argparse.Namespace) -> None:
    """Run the command."""
    cores = [core for core in installed_cores() if mentions(core, arguments.text or "")]
    first_paths: dict[str, object] = {}
    for core in installed_cores():
        first_paths.setdefault(core.name, core.path)
    if arguments.json:
        found_by_name = [first_paths[core.name] == core.path for core in cores]
        print_json(
            [
                {**core._asdict(), "found_by_name": found}
                for core, found in zip(cores, found_by_name, strict=True)
            ]
        )
        return
    console = make_console()
    table = make_table("", ("Name", "System", "Content", "Source"))
    for core in cores:
        name = core.name if first_paths[core.name] == core.path else f"({core.name})"
        extensions = " ".join(core.extensions[:EXTENSIONS_SHOWN])
        if len(core.extensions) > EXTENSIONS_SHOWN:
            extensions += " ..."
        table.add_row(name, core.system_name, extensions, core.source)
    console.print(table)
    directories = Counter((core.source, str(core.path.parent)) for core in cores)
    for (source, directory), count in directories.items():
        console.print(f"{count:>3} {source}: {directory}", soft_wrap=True, style="dim")
    if any(first_paths[core.name] != core.path for core in cores):
        console.print(
            "A name in brackets belongs to a core found earlier; open this one by its path.",
            style="dim",
        )


def mentions(core: InstalledCore, text: str) -> bool:
    """Whether a core has to do with a text, such as the name of a system or an extension."""
    words = (core.name, core.display_name, core.system_name, core.source, *core.extensions)
    return any(text.casefold() in word.casefold() for word in words)
