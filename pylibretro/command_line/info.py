"""`pylibretro info`: everything a core declares."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pylibretro.command_line.opening import add_core_arguments, open_core
from pylibretro.command_line.output import make_console, make_table, print_json
from pylibretro.enums import Device, Joypad, MemoryFlag

if TYPE_CHECKING:
    from pylibretro._core import Core
    from pylibretro.input.input import InputDescriptor

SUMMARY = "show everything a core declares"
DESCRIPTION = """\
Show what a core declares: its name, the content it takes, its options and the devices it offers.
With CONTENT (or for a core that needs none) also picture, sound, memory and buttons."""

BLOCKS = ("system_ram", "save_ram", "video_ram", "rtc")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_core_arguments(parser)


def execute(arguments: argparse.Namespace) -> None:
    """Run the command."""
    with open_core(arguments) as core:
        loaded = arguments.content is not None or core.supports_no_game
        description = describe(core, loaded)
    if arguments.json:
        print_json(description)
    else:
        print_description(description)


def describe(core: Core, loaded: bool) -> dict[str, Any]:
    """Return all that the core declares, as JSON data."""
    description: dict[str, Any] = {
        **core.info._asdict(),
        "path": str(core.path),
        "supports_no_game": core.supports_no_game,
        "options": [
            {**definition._asdict(), "value": core.options[definition.key]}
            for definition in core.options.definitions.values()
        ],
        "controllers": core.controllers,
        "subsystems": core.subsystems,
        "loaded": loaded,
    }
    if loaded:
        # Some cores know their geometry and their states only after a frame.
        core.run()
        picture = core.raw_frame
        av_info = core.av_info
        description |= {
            "fps": av_info.fps,
            "sample_rate": av_info.sample_rate,
            "geometry": av_info.geometry,
            "picture_size": None if picture is None else [picture.shape[1], picture.shape[0]],
            "region": core.region.name,
            "pixel_format": core.pixel_format.name,
            "memory": {block: int(getattr(core.memory, block).size) for block in BLOCKS},
            "memory_map": [
                {**descriptor._asdict(), "flags": flag_names(descriptor.flags)}
                for descriptor in core.memory.map
            ],
            "input_descriptors": [
                {**descriptor._asdict(), "name": descriptor_name(descriptor)}
                for descriptor in core.input_descriptors
            ],
            "state_size": 0 if core.shut_down else core.state_size,
        }
    return description


def flag_names(flags: MemoryFlag) -> list[str]:
    """Return the names of a memory descriptor's flags, without its alignment."""
    kinds = (MemoryFlag.CONST, MemoryFlag.BIGENDIAN, MemoryFlag.SYSTEM_RAM, MemoryFlag.SAVE_RAM)
    return [str(kind.name) for kind in (*kinds, MemoryFlag.VIDEO_RAM) if flags & kind]


def descriptor_name(descriptor: InputDescriptor) -> str:
    """Return what libretro calls the button or axis, such as `"JOYPAD B"`."""
    device = descriptor.device & 0xFF
    if device == Device.JOYPAD and 0 <= descriptor.id < 16:
        return f"JOYPAD {Joypad.from_id(descriptor.id).name}"
    if device == Device.ANALOG and descriptor.index in (0, 1) and descriptor.id in (0, 1):
        return f"ANALOG {('LEFT', 'RIGHT')[descriptor.index]} {'XY'[descriptor.id]}"
    name = Device(device).name if device in set(Device) else str(device)
    return f"{name} {descriptor.index}.{descriptor.id}"


def print_description(description: dict[str, Any]) -> None:
    """Print the description as tables."""
    console = make_console()

    def show(title: str, rows: list[tuple[str, ...]], columns: tuple[str, ...]) -> None:
        if rows:
            table = make_table(f"{title} ({len(rows)})", columns)
            for row in rows:
                table.add_row(*row)
            console.print(table)

    console.print(f"{description['name']} {description['version']}".strip(), style="bold")
    for label, text in facts(description):
        console.print(f"  {label:<12}{text}", soft_wrap=True)
    console.print()
    show(
        "Options",
        [
            (option["key"], option["description"], marked_values(option))
            for option in description["options"]
        ],
        ("Key", "Description", "Values (current first)"),
    )
    show(
        "Controllers",
        [
            (str(port), ", ".join(f"{offered.description} ({offered.id})" for offered in devices))
            for port, devices in enumerate(description["controllers"])
            if devices
        ],
        ("Port", "Devices"),
    )
    show(
        "Subsystems",
        [
            (
                subsystem.identifier,
                subsystem.description,
                ", ".join(rom.description for rom in subsystem.roms),
            )
            for subsystem in description["subsystems"]
        ],
        ("Name", "Description", "Takes"),
    )
    if not description["loaded"]:
        console.print(
            "Picture, sound, memory and buttons: pylibretro info CORE CONTENT", style="dim"
        )
        return
    show(
        "Buttons",
        [
            (str(described["port"]), described["name"], described["description"])
            for described in description["input_descriptors"]
        ],
        ("Port", "libretro", "In this game"),
    )
    show(
        "Memory map",
        [
            (
                f"{mapped['start']:08x}",
                f"{mapped['length']:x}",
                f"{mapped['select']:x}",
                mapped["address_space"],
                " ".join(mapped["flags"]),
            )
            for mapped in description["memory_map"]
        ],
        ("Start", "Length", "Select", "Space", "Flags"),
    )


def facts(description: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines above the tables."""
    extensions = " ".join(description["extensions"])
    if description["supports_no_game"]:
        extensions = f"none needed{'; takes ' + extensions if extensions else ''}"
    wishes = []
    if description["need_fullpath"]:
        wishes.append("reads files itself")
    if description["block_extract"]:
        wishes.append("takes archives unopened")
    lines = [("path", description["path"]), ("content", extensions or "anything")]
    if wishes:
        lines.append(("", ", ".join(wishes)))
    if description["loaded"]:
        geometry = description["geometry"]
        width, height = description["picture_size"] or geometry[:2]
        rate = description["sample_rate"]
        lines += [
            (
                "picture",
                f"{width}x{height}, up to {geometry.max_width}x{geometry.max_height}, "
                f"aspect {geometry.aspect_ratio:.4g}, {description['pixel_format']}",
            ),
            ("timing", f"{description['fps']:.6g} frames/s, {description['region']}"),
            ("sound", f"{rate:.6g} samples/s" if rate else "none"),
            (
                "memory",
                ", ".join(
                    f"{name} {size:,}" for name, size in description["memory"].items() if size
                )
                or "none offered",
            ),
            (
                "state",
                f"{description['state_size']:,} bytes" if description["state_size"] else "none",
            ),
        ]
    return lines


def marked_values(option: dict[str, Any]) -> str:
    """Return the current value, then the others; a default that is not current is marked."""
    current, default = option["value"], option["default"]
    others = [
        f"{value} (default)" if value == default else value
        for value in option["values"]
        if value != current
    ]
    return " | ".join([current, *others])
