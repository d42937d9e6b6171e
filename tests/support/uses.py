"""One use of every public name of a Core; what has to hold for all is checked over all of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from ctypes import CFUNCTYPE

from pylibretro import Core

Use = Callable[[Core], object]


class Something:
    def __repr__(self) -> str:
        return "something"


SOMETHING = Something()

with Core("2048") as maker:
    A_STATE = maker.snapshot()


def enable_a_cheat(core: Core) -> None:
    core.set_cheat(0, "code")
    core.enable_cheat(0)


# One use of every public name of a Core; what has to hold for all is checked over all of them.
USES: dict[str, Use] = {
    "audio": lambda core: core.audio,
    "av_info": lambda core: core.av_info,
    "camera": lambda core: core.camera,
    "capture": lambda core: core.capture(1),
    "cheats": lambda core: core.cheats,
    "controllers": lambda core: core.controllers,
    "disk": lambda core: core.disk,
    "enable_cheat": lambda core: enable_a_cheat(core),
    "flush_save_ram": lambda core: core.flush_save_ram(),
    "frame": lambda core: core.frame,
    "frame_count": lambda core: core.frame_count,
    "geometry": lambda core: core.geometry,
    "hardware": lambda core: core.hardware,
    "info": lambda core: core.info,
    "input_descriptors": lambda core: core.input_descriptors,
    "inputs": lambda core: core.inputs,
    "leds": lambda core: core.leds,
    "load_game": lambda core: core.load_game(b"a game"),
    "load_state": lambda core: core.load_state(b"a state"),
    "location": lambda core: core.location,
    "memory": lambda core: core.memory.system_ram,
    "microphones": lambda core: core.microphones,
    "midi": lambda core: core.midi,
    "options": lambda core: dict(core.options),
    "pixel_format": lambda core: core.pixel_format,
    "proc_address": lambda core: core.proc_address("name"),
    "procedure": lambda core: core.proc_address("a") and core.procedure("a", CFUNCTYPE(None)),
    "power": lambda core: core.power,
    "raw_frame": lambda core: core.raw_frame,
    "region": lambda core: core.region,
    "reset": lambda core: core.reset(),
    "reset_cheats": lambda core: core.reset_cheats(),
    "restore": lambda core: core.restore(A_STATE),
    "rotation": lambda core: core.rotation,
    "rumble": lambda core: core.rumble,
    "rumble_peak": lambda core: core.rumble_peak,
    "run": lambda core: core.run(),
    "save_state": lambda core: core.save_state(),
    "save_state_to": lambda core: core.save_state_to(os.devnull),
    "serialization_quirks": lambda core: core.serialization_quirks,
    "sensors": lambda core: core.sensors,
    "set_analog": lambda core: core.set_analog(0, 0, 0, 0),
    "set_buttons": lambda core: core.set_buttons(0),
    "set_cheat": lambda core: core.set_cheat(0, "code"),
    "set_controller": lambda core: core.set_controller(0, 1),
    "shut_down": lambda core: core.shut_down,
    "snapshot": lambda core: core.snapshot(),
    "spec": lambda core: core.spec,
    "state_size": lambda core: core.state_size,
    "subsystems": lambda core: core.subsystems,
    "supports_achievements": lambda core: core.supports_achievements,
    "supports_no_game": lambda core: core.supports_no_game,
    "audio_buffer_occupancy": lambda core: core.audio_buffer_occupancy,
    "audio_float": lambda core: core.audio_float,
    "fast_forwarding": lambda core: core.fast_forwarding,
    "fast_forwarding_override": lambda core: core.fast_forwarding_override,
    "minimum_audio_latency": lambda core: core.minimum_audio_latency,
    "performance_counters": lambda core: core.performance_counters,
    "performance_level": lambda core: core.performance_level,
    "refresh_rate": lambda core: core.refresh_rate,
    "rewind": lambda core: core.rewind,
    "rewind_bytes": lambda core: core.rewind_bytes,
    "rewind_frames": lambda core: core.rewind_frames,
    "run_ahead": lambda core: core.run_ahead,
    "throttle": lambda core: core.throttle,
    "step_back": lambda core: core.step_back(),
    "take_file_operations": lambda core: core.take_file_operations(),
    "type_text": lambda core: core.type_text(""),
}
OF_MEMORY: dict[str, Use] = {
    "map": lambda core: core.memory.map,
    "read": lambda core: core.memory.read(0),
    "read_bytes": lambda core: core.memory.read_bytes(0, 4),
    "regions": lambda core: core.memory.regions,
    "rtc": lambda core: core.memory.rtc,
    "save_ram": lambda core: core.memory.save_ram,
    "system_ram": lambda core: core.memory.system_ram,
    "view": lambda core: core.memory.view(0),
    "video_ram": lambda core: core.memory.video_ram,
    "write": lambda core: core.memory.write(0, 0),
}
OF_OPTIONS: dict[str, Use] = {
    "categories": lambda core: core.options.categories,
    "definitions": lambda core: core.options.definitions,
    "get": lambda core: core.options.get("key"),
    "items": lambda core: list(core.options.items()),
    "keys": lambda core: list(core.options.keys()),
    "update": lambda core: core.options.update({"key": "value"}),
    "values": lambda core: list(core.options.values()),
    "__getitem__": lambda core: core.options["key"],
    "__setitem__": lambda core: core.options.__setitem__("key", "value"),
    "__len__": lambda core: len(core.options),
    "__contains__": lambda core: "key" in core.options,
}
EVERY_USE = {
    **USES,
    "inputs=": lambda core: setattr(core, "inputs", 0),
    "power=": lambda core: setattr(core, "power", None),
    "with": lambda core: core.__enter__(),
    **{f"memory.{name}": use for name, use in OF_MEMORY.items()},
    **{f"options.{name}": use for name, use in OF_OPTIONS.items()},
}
# What a Core knows of itself whatever became of it, and what ends it.
ALWAYS = {"close", "closed", "log", "messages", "name", "path", "netpacket", "recorded_calls"}
# What can be asked of a core that has no content yet: what it declares, and what Python sets.
BEFORE_CONTENT = {
    "cheats",
    "camera",
    "controllers",
    "disk",
    "frame_count",
    "info",
    "input_descriptors",
    "inputs",
    "inputs=",
    "leds",
    "location",
    "microphones",
    "midi",
    "options",
    "pixel_format",
    "proc_address",
    "procedure",
    "serialization_quirks",
    "power",
    "power=",
    "rotation",
    "rumble",
    "rumble_peak",
    "sensors",
    "set_analog",
    "set_buttons",
    "shut_down",
    "spec",
    "subsystems",
    "supports_achievements",
    "supports_no_game",
    "audio_buffer_occupancy",
    "fast_forwarding",
    "fast_forwarding_override",
    "minimum_audio_latency",
    "performance_level",
    "refresh_rate",
    "rewind",
    "rewind_bytes",
    "rewind_frames",
    "run_ahead",
    "throttle",
    "take_file_operations",
    "with",
    "memory.map",
} | {f"options.{name}" for name in OF_OPTIONS}
