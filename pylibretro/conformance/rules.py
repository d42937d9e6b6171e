"""Which facts about a core are errors, warnings or notes.

Each rule takes the facts and yields (severity, name, message). What a correct core might do is not
judged: what is merely unusual is a note.
"""

from __future__ import annotations

import logging
import re
import signal
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from pylibretro.enums import Device, PixelFormat

__all__ = ["judge"]

Found = tuple[str, str, str]
Rule = Callable[[dict[str, Any]], Iterator[Found]]

EXPERIMENTAL, PRIVATE, RETROARCH = 0x10000, 0x20000, 0x800000
INPUT_BITMASK = 256
# Commands whose data may be NULL, in libretro.h or in what all known frontends take.
MAY_BE_NULL = {
    "SHUTDOWN",
    "GET_VARIABLE",
    "SET_VARIABLES",
    "SET_HW_SHARED_CONTEXT",
    "GET_LED_INTERFACE",
    "GET_AUDIO_VIDEO_ENABLE",
    "GET_MIDI_INTERFACE",
    "GET_INPUT_BITMASKS",
    "SET_CORE_OPTIONS",
    "SET_CORE_OPTIONS_INTL",
    "SET_CORE_OPTIONS_DISPLAY",
    "SET_DISK_CONTROL_INTERFACE",
    "SET_DISK_CONTROL_EXT_INTERFACE",
    "SET_AUDIO_CALLBACK",
    "SET_FRAME_TIME_CALLBACK",
    "SET_KEYBOARD_CALLBACK",
    "SET_AUDIO_BUFFER_STATUS_CALLBACK",
    "SET_MINIMUM_AUDIO_LATENCY",
    "SET_FASTFORWARDING_OVERRIDE",
    "SET_CONTENT_INFO_OVERRIDE",
    "SET_CORE_OPTIONS_V2",
    "SET_CORE_OPTIONS_V2_INTL",
    "SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK",
    "SET_VARIABLE",
    "GET_SAVESTATE_CONTEXT",
    "GET_DEVICE_POWER",
    "SET_NETPACKET_INTERFACE",
    "SET_SAVE_STATE_IN_BACKGROUND",
}
# Refused only if the core sends something impossible: all else is what a frontend need not have.
WRONG_IF_REFUSED = {
    "SET_ROTATION",
    "SET_PIXEL_FORMAT",
    "SET_GEOMETRY",
    "SET_SYSTEM_AV_INFO",
    "SET_INPUT_DESCRIPTORS",
    "SET_CONTROLLER_INFO",
    "SET_SUBSYSTEM_INFO",
    "SET_MEMORY_MAPS",
    "SET_VARIABLE",
    "SET_MESSAGE",
    "SET_MESSAGE_EXT",
}
# Where libretro.h says that a command belongs.
BELONGS_TO = {
    "SET_SUPPORT_NO_GAME": {"set_environment"},
    "SET_SUBSYSTEM_INFO": {"set_environment"},
    "SET_CONTENT_INFO_OVERRIDE": {"set_environment"},
    "SET_SYSTEM_AV_INFO": {"run"},
    "SET_HW_RENDER": {"load_game", "load_game_special", ""},
    "SET_FRAME_TIME_CALLBACK": {"set_environment", "init", "load_game", "load_game_special"},
    "SET_AUDIO_CALLBACK": {"set_environment", "init", "load_game", "load_game_special"},
}
# What the log of a Core says at its end, see pylibretro/frontend/own_*.c.
OWN_VARIABLES = re.compile(r"the core ends with environment variables of its own: (.*)")
OWN_DIRECTORY = re.compile(r"the core ends in a working directory of its own: (.*)")
LEFT_FILES = re.compile(r"the core ends and leaves (\d+) files open")
PRINTED = re.compile(r"the core has printed (\d+) lines of its log")
LEFT_THREADS = re.compile(r".* is closed, but threads of its own still run")
LEFT_HANDLER = re.compile(r"the core ends without its handler of signal (\d+)")
STILL_IGNORED = re.compile(r"the core ends and still ignores signal (\d+)")
PICTURE_FUNCTIONS = {"run", ""}
SOUND_TOLERANCE = 0.05
FRAMES_TO_SETTLE = 60
# Findings about pictures that no frontend can take.
IMPOSSIBLE = {"empty-picture", "pitch-too-small"}
# What drivers and libraries keep for themselves, by the names of their folders.
LIBRARIES = (
    "mesa_shader_cache",
    "radv_builtin_shaders",
    "nvidia",
    ".nv",
    "fontconfig",
    "pulse",
    "dconf",
    "gstreamer-",
    "matplotlib",
)
LIBRARIES_SAY = ("libEGL", "libGL", "MESA", "ALSA lib", "error: XDG_RUNTIME_DIR")
CYCLES_TO_SETTLE = 3
KILOBYTES_A_CYCLE = 256
LISTED = 6
# What the one who checks did not give, or this machine has not.
NOT_ITS_FAULT = {"ContentError"}


def judge(runs: dict[str, dict[str, Any]]) -> Iterator[Found]:
    """Yield what is to be said about the runs of one core."""
    for task, run in runs.items():
        yield from ended(task, run)
    facts = runs["play"]["facts"]
    yield from nothing_run(runs["play"])
    for rule in RULES:
        yield from rule(facts)
    yield from noise(runs["play"])
    yield from files(runs["play"])
    if "repeat" in runs:
        yield from repetition(facts, runs["repeat"]["facts"])
    if "restore" in runs:
        yield from restoring(runs["restore"]["facts"])
    if "open" in runs:
        yield from leaks(runs["open"]["facts"])


def listed(words: list[str]) -> str:
    """Return some words, and how many more there are."""
    more = f" and {len(words) - LISTED} more" if len(words) > LISTED else ""
    return ", ".join(words[:LISTED]) + more


def where(entry: str) -> str:
    """Name the function of the core."""
    return f"retro_{entry}" if entry else "a callback of its own"


# ---- how it ended ----------------------------------------------------------------------------


def ended(task: str, run: dict[str, Any]) -> Iterator[Found]:
    """Crashes, hangs, and what came to its user as an exception."""
    facts = run["facts"]
    step = facts.get("step", "starting")
    again = "" if task == "play" else " in a second process"
    if run["hung"]:
        yield "error", "hang", f"it got no further in {run['hung']} while {step}{again}"
    elif run["signal"]:
        yield "error", "crash", f"it crashed with {run['signal']} while {step}{again}"
    elif "raised" in facts:
        kind, message = facts["raised"]
        if kind == "ProtocolError" and any(found[1] in IMPOSSIBLE for found in pictures(facts)):
            return  # it has already been reported what was impossible
        if task == "play" and kind in NOT_ITS_FAULT:
            return
        name = {"ContentError": "content-refused", "CoreCrashedError": "crash"}.get(kind, "broken")
        yield "error", name, f"while {step}{again}: {message}"
    elif run["status"] or not facts.get("complete"):
        last = run["stderr"].strip().splitlines()[-1:]
        yield "error", "exit", f"its process ended with status {run['status']} while {step}: {last}"


def nothing_run(run: dict[str, Any]) -> Iterator[Found]:
    """A core that had not what it needs."""
    facts = run["facts"]
    if facts.get("loaded") is False:
        yield "note", "nothing-run", "it needs content and was given none: nothing was run"
    kind, message = facts.get("raised", ("", ""))
    if kind not in NOT_ITS_FAULT:
        return
    text = f"nothing was run: {message}"
    if run["left_out"]:
        text += ". The content's folder is too large to be copied; put the game in one of its own"
    elif kind == "ContentError":
        text += ". Firmware and other files that it needs are found with --system-dir"
    yield "note", "nothing-run", text


def slowness(facts: dict[str, Any]) -> Iterator[Found]:
    """A core of which fewer frames were seen than had been asked for."""
    frames, asked = len(facts.get("digests", ())), facts.get("frames_asked", 0)
    if frames and frames < asked and not facts.get("shut_down"):
        yield (
            "note",
            "slow",
            f"it was run for {frames} of {asked} frames: each took "
            f"{facts['processor_time'] / frames:.2g} seconds of processor time (--timeout gives "
            f"it more)",
        )


def ends(facts: dict[str, Any]) -> Iterator[Found]:
    """Functions that did not come back, where nobody has heard of it."""
    if "failed_at_end" in facts:
        yield "error", "crash", facts["failed_at_end"]
        return
    for entry, calls in facts.get("calls", {}).get("entries", {}).items():
        if calls["returned"] < calls["calls"] and facts.get("step") == "closed":
            yield "error", "crash", f"it crashed, threw or ended its process in {where(entry)}"
    if facts.get("calls", {}).get("unload_failed"):
        yield "error", "crash", "it crashed, threw or ended its process while it was unloaded"


def shutdown(facts: dict[str, Any]) -> Iterator[Found]:
    """A core that asked to shut down."""
    if facts.get("shut_down"):
        yield "note", "shutdown", f"it asked to shut down after {len(facts['digests'])} frames"


# ---- what it says of itself ------------------------------------------------------------------


def identity(facts: dict[str, Any]) -> Iterator[Found]:
    """Name, extensions, timing and geometry."""
    info = facts.get("info")
    if info and not info["version"]:
        yield "note", "no-version", "library_version is empty"
    av_info = facts.get("av_info")
    if not av_info:
        return
    geometry = av_info["geometry"]
    if not 0 < av_info["fps"] < 1000:
        yield "error", "fps", f"it says that it runs {av_info['fps']} frames a second"
    if av_info["sample_rate"] < 0:
        yield "error", "sample-rate", f"its sample rate is {av_info['sample_rate']}"
    for side in ("width", "height"):
        base, largest = geometry[f"base_{side}"], geometry[f"max_{side}"]
        if base == 0:
            yield "error", "geometry", f"its base {side} is 0"
        if base > largest:
            yield "error", "geometry", f"its base {side} {base} is more than its maximum {largest}"


def options(facts: dict[str, Any]) -> Iterator[Found]:
    """Declarations of options that contradict themselves."""
    texts = {
        "no values": ("error", "offers no values"),
        "default not offered": ("warning", "has a default that is not among its values"),
        "value twice": ("warning", "offers a value twice"),
        "key twice": ("error", "is declared twice"),
    }
    for fault, key in facts.get("calls", {}).get("option_faults", ()):
        severity, text = texts[fault]
        yield severity, "option", f"the option {key} {text}"


def descriptors(facts: dict[str, Any]) -> Iterator[Found]:
    """Buttons that it reads but does not name."""
    reads = {query["device"] & 0xFF for query in facts.get("calls", {}).get("queries", ())}
    if "descriptors" in facts and Device.JOYPAD in reads and not facts["descriptors"]:
        yield "note", "no-input-descriptors", "it reads buttons, and says not what they are called"


# ---- commands --------------------------------------------------------------------------------


def commands(facts: dict[str, Any]) -> Iterator[Found]:
    """Commands that are unknown, in the wrong place, without data, or refused."""
    unknown: dict[str, None] = {}
    private: dict[str, None] = {}
    refused: dict[str, None] = {}
    for command in facts.get("calls", {}).get("commands", ()):
        name, entry = command["name"], command["entry"]
        if name is None:
            special = command["command"] & (PRIVATE | RETROARCH)
            (private if special else unknown)[hex(command["command"])] = None
            continue
        if command["null"] and name not in MAY_BE_NULL:
            yield "error", "null-data", f"it sends {name} without data, in {where(entry)}"
        elif not command["answer"] and not command["null"] and name in WRONG_IF_REFUSED:
            refused[name] = None
        stray = entry not in BELONGS_TO.get(name, {entry}) and not command["foreign_thread"]
        if stray and not command["withdrawn"]:
            right = " or ".join(where(right) for right in sorted(BELONGS_TO[name]) if right)
            yield "warning", "wrong-place", f"it sends {name} in {where(entry)}, not in {right}"
    if unknown:
        yield (
            "warning",
            "unknown-command",
            f"it sends commands unknown to libretro.h: {listed([*unknown])}",
        )
    if private:
        yield (
            "note",
            "private-command",
            f"it sends commands of some frontend's own: {listed([*private])}",
        )
    if refused:
        yield "note", "refused-command", f"it was refused {listed([*refused])}"


def threads(facts: dict[str, Any]) -> Iterator[Found]:
    """Callbacks from the core's own threads."""
    for kind, entry, foreign, count in facts.get("calls", {}).get("callbacks", ()):
        if foreign:
            severity = "warning" if kind == "environment" else "error"
            yield (
                severity,
                "foreign-thread",
                f"it called {kind} {count} times from another thread than retro_{entry or 'run'}'s",
            )


# ---- pictures, sound, input ------------------------------------------------------------------


def pictures(facts: dict[str, Any]) -> Iterator[Found]:
    """Pictures that no frontend could show, or only by luck."""
    calls = facts.get("calls", {})
    sent = {command["name"] for command in calls.get("commands", ())}
    hardware = any(c["name"] == "SET_HW_RENDER" and c["answer"] for c in calls.get("commands", ()))
    seen = set()
    for picture in calls.get("pictures", ()):
        size = f"{picture['width']} x {picture['height']}"
        kind, entry = picture["kind"], picture["entry"]
        if entry not in PICTURE_FUNCTIONS and not picture["foreign_thread"]:
            yield "warning", "picture-outside-run", f"it shows a picture in {where(entry)}"
        if kind == "repeated":
            if "GET_CAN_DUPE" not in sent:
                seen.add(
                    (
                        "warning",
                        "repeat-without-asking",
                        "it repeats pictures (NULL) without asking GET_CAN_DUPE",
                    )
                )
            continue
        if kind == "hardware" and not hardware:
            yield "error", "hardware-picture", "it shows a hardware picture without a context"
        if kind == "data" and (not picture["width"] or not picture["height"]):
            yield "error", "empty-picture", f"it shows a picture of {size}"
        largest = picture["max_width"], picture["max_height"]
        if largest != (0, 0) and (picture["width"] > largest[0] or picture["height"] > largest[1]):
            yield (
                "error",
                "picture-too-large",
                f"it shows {size}, more than the {largest[0]} x {largest[1]} that it declared, "
                f"first at frame {picture['frame']}",
            )
        row = picture["width"] * (4 if picture["format"] == PixelFormat.XRGB8888 else 2)
        if kind == "data" and picture["height"] > 1 and picture["pitch"] < row:
            yield (
                "error",
                "pitch-too-small",
                f"it shows {size} with a pitch of {picture['pitch']}, less than the {row} bytes "
                f"of a row",
            )
    yield from seen
    if facts.get("digests") and not calls.get("pictures"):
        yield "note", "no-picture", f"it showed no picture in {len(facts['digests'])} frames"


def sound(facts: dict[str, Any]) -> Iterator[Found]:
    """Sound that does not agree with the sample rate."""
    calls = facts.get("calls", {})
    if calls.get("audio_null"):
        yield "error", "null-sound", f"it sends {calls['audio_null']} batches of sound without data"
    av_info, later = facts.get("av_info"), facts.get("av_info_later")
    counts = [digest[3] for digest in facts.get("digests", ())][FRAMES_TO_SETTLE:]
    if not av_info or not later or len(counts) < FRAMES_TO_SETTLE or not 0 < av_info["fps"] < 1000:
        return
    if any(av_info[key] != later[key] for key in ("fps", "sample_rate")):
        return  # the rate changed on the way, so that the core may be right all along
    expected = av_info["sample_rate"] / av_info["fps"] * len(counts)
    if not sum(counts):
        if expected and not calls["audio_null"]:
            yield "note", "silent", f"it sends no sound, but says {av_info['sample_rate']} Hz"
    elif not expected:
        if facts["heard"]:
            yield "error", "sound-without-rate", "it sends sound, but its sample rate is 0"
    # A large batch may wait from one frame to the next.
    elif abs(sum(counts) - expected) > SOUND_TOLERANCE * expected + calls["largest_batch"]:
        yield (
            "warning",
            "sound-rate",
            f"it sent {sum(counts)} samples in {len(counts)} frames; {av_info['sample_rate']} Hz "
            f"and {av_info['fps']:.6g} frames a second are {expected:.0f}",
        )


def inputs(facts: dict[str, Any]) -> Iterator[Found]:
    """Input that is read in a way that not every frontend answers."""
    calls = facts.get("calls", {})
    sent = {command["name"] for command in calls.get("commands", ())}
    masks = odd = False
    for query in calls.get("queries", ()):
        if query["device"] & 0xFF == Device.JOYPAD:
            masks |= query["id"] == INPUT_BITMASK
            odd |= 15 < query["id"] != INPUT_BITMASK
    if masks and "GET_INPUT_BITMASKS" not in sent:
        yield "warning", "bitmask-without-asking", "it reads bitmasks without GET_INPUT_BITMASKS"
    if odd:
        yield "warning", "no-such-button", "it reads buttons of the joypad that libretro has not"
    if calls.get("unpolled"):
        yield "note", "input-without-poll", "it reads input in frames that it has not polled in"
    for kind, entry, foreign, _ in calls.get("callbacks", ()):
        if kind in ("input_poll", "input_state") and entry not in ("run", "") and not foreign:
            yield "note", "input-outside-run", f"it calls {kind} in {where(entry)}"


# ---- states ----------------------------------------------------------------------------------


def states(facts: dict[str, Any]) -> Iterator[Found]:
    """States that grow, fail, or do not bring the machine back."""
    if facts.get("state_size") == 0:
        yield "note", "no-states", "it has no states"
    for fact, name in (("save_failed", "saving"), ("load_failed", "loading")):
        if fact in facts:
            yield "error", f"state-{name}", f"{name} a state failed: {facts[fact][1]}"
    sizes = [size["size"] for size in facts.get("calls", {}).get("state_sizes", ())]
    for earlier, later in pairwise(sizes):
        if later > earlier and earlier:
            yield "warning", "state-grows", f"the size of its state grew from {earlier} to {later}"
    if facts.get("ram_is_back") is False:
        yield (
            "warning",
            "state-without-ram",
            "a state that was loaded did not bring system RAM back",
        )
    if "replayed" not in facts:
        return
    original, again = facts["replayed"]
    yield from differences("replay", "after a state was loaded", original, again, sound="note")


def differences(
    name: str, when: str, original: list[Any], again: list[Any], *, sound: str
) -> Iterator[Found]:
    """Say from which frame on two runs differ."""
    for index, (part, verb) in enumerate(
        (("pictures", "differ"), ("sound", "differs"), ("RAM", "differs"))
    ):
        pairs = list(zip(original, again, strict=False))
        wrong = [n for n, (a, b) in enumerate(pairs) if a[index] != b[index]]
        if wrong:
            severity = sound if part == "sound" else "warning"
            yield (
                severity,
                name,
                f"{part} {verb} {when}, in {len(wrong)} of {len(pairs)} frames, the first "
                f"frame {wrong[0] + 1}, with the same input",
            )


def restoring(facts: dict[str, Any]) -> Iterator[Found]:
    """Whether a state means the same in a machine that has been played on and in a new one."""
    waited = facts.get("frames_before_state")
    if waited:
        frames = "frame" if waited == 1 else f"{waited} frames"
        yield "note", "state-needs-frames", f"it takes no state before its first {frames}"
    if "restored" in facts:
        fresh, used = facts["restored"]
        when = "between a state restored in a machine that has run and in a fresh one"
        yield from differences("restore", when, fresh, used, sound="note")


def repetition(facts: dict[str, Any], repeated: dict[str, Any]) -> Iterator[Found]:
    """Compare two runs from the start."""
    if "digests" in facts and "digests" in repeated:
        yield from differences(
            "not-repeatable",
            "in a second process",
            facts["digests"],
            repeated["digests"],
            sound="warning",
        )


# ---- surroundings ----------------------------------------------------------------------------


def surroundings(facts: dict[str, Any]) -> Iterator[Found]:
    """What belongs to the process and was changed."""
    before, after = facts.get("surroundings"), facts.get("surroundings_after")
    for name, value in (before or {}).items():
        if after and after[name] != value:
            what = name
            if isinstance(value, dict):
                changed = sorted(
                    key
                    for key in value.keys() | after[name].keys()
                    if value.get(key) != after[name].get(key)
                )
                what = f"{name} {listed(changed)}"
            yield "warning", "process-changed", f"it changed the {what} of its process"
    for text in facts.get("log_after", ()):
        if changed_variables := OWN_VARIABLES.match(text):
            what = f"it changed the environment variables {changed_variables[1]} of its process"
            yield "warning", "process-changed", what
        elif OWN_DIRECTORY.match(text):
            what = "it changed the working directory (cwd) of its process"
            yield "warning", "process-changed", what
    for entry, calls in facts.get("calls", {}).get("entries", {}).items():
        if calls["float_modes_changed"]:
            yield (
                "warning",
                "process-changed",
                f"it left another floating-point mode behind in {where(entry)}, "
                f"{calls['float_modes_changed']} of {calls['calls']} times",
            )


def signal_name(number: int) -> str:
    """Return libc's name of a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def handlers(facts: dict[str, Any]) -> Iterator[Found]:
    """Signal handlers that a closed core left behind.

    On Linux they belong to the Core, and its log says which it had at its end; elsewhere the
    process shows it.
    """
    for text in facts.get("log_after", ()):
        if left := LEFT_HANDLER.match(text):
            what = f"it left a handler of {signal_name(int(left[1]))} in code that is gone"
            yield "error", "handler-left-behind", f"{what}: the signal crashes in other frontends"
        elif ignored := STILL_IGNORED.match(text):
            what = f"it went on ignoring {signal_name(int(ignored[1]))} behind its end"
            yield "warning", "process-changed", what
    before, after = facts.get("handlers"), facts.get("handlers_after")
    if before is None or after is None:
        return
    for name in sorted(before.keys() | after.keys()):
        found, left = before.get(name), after.get(name)
        if found == left:
            continue
        if left is None:
            yield "warning", "process-changed", f"it removed the handler of {name}"
        elif left[1] == "":
            text = f"it left a handler of {name} in code that is gone: the signal crashes"
            yield "error", "handler-left-behind", text
        else:
            place = f", in {left[1]}" if left[1] else ""
            yield "warning", "process-changed", f"it left another handler of {name} behind{place}"


def log(facts: dict[str, Any]) -> Iterator[Found]:
    """Errors in the core's own log."""
    errors = [text for level, text in facts.get("log", ()) if level >= logging.ERROR]
    if errors:
        yield "note", "logged-errors", f"it logged {len(errors)} errors, the first: {errors[0]}"


def noise(run: dict[str, Any]) -> Iterator[Found]:
    """Output that belongs in the log."""
    for text in run["facts"].get("log_after", ()):
        if printed := PRINTED.match(text):
            yield "note", "output", f"it prints lines instead of logging them: {printed[1]}"
    for stream in ("stdout", "stderr"):
        lines = [
            line
            for line in run[stream].strip().splitlines()
            if not line.lstrip().startswith(LIBRARIES_SAY)
        ]
        if lines and not run["status"]:
            yield "note", "output", f"it writes to {stream}: {lines[0][:200]}"


def files(run: dict[str, Any]) -> Iterator[Found]:
    """Files where none belong."""
    for kind, verb in (("written", "wrote in"), ("removed", "removed from")):
        yield from files_outside(run[kind], verb)
    refused = {entry["path"] for entry in run["facts"].get("files", ()) if entry["refused"]}
    if refused:
        yield (
            "warning",
            "writes-outside",
            f"it was refused to write or read {listed(sorted(refused))}",
        )


def files_outside(paths: list[str], verb: str) -> Iterator[Found]:
    """Files in each place where a core has none of its own."""
    outside = {
        path
        for path in paths
        if not path.startswith(("work/saves/", "tmp/pylibretro"))
        and not any(part.startswith(LIBRARIES) for part in path.split("/"))
    }
    for place, text in (
        ("work", "its working directory"),
        ("home", "the home directory"),
        ("tmp", "the directory for temporary files"),
        ("cache", "the directory for caches"),
        ("content", "the content's directory"),
        ("system", "the system directory"),
    ):
        found = sorted(path.partition("/")[2] for path in outside if path.startswith(f"{place}/"))
        if found:
            severity = "note" if place in ("tmp", "cache") else "warning"
            yield severity, "writes-outside", f"it {verb} {text}: {listed(found)}"


def left_behind(facts: dict[str, Any]) -> Iterator[Found]:
    """What a closed core had not given back."""
    for text in facts.get("log_after", ()):
        if files_left := LEFT_FILES.match(text):
            yield "warning", "leak", f"it leaves {files_left[1]} files open when it is closed"
        elif LEFT_THREADS.match(text):
            yield "warning", "leak", "threads of its own still run when it has been closed"


def leaks(facts: dict[str, Any]) -> Iterator[Found]:
    """What grew each time the core was opened and closed."""
    counts = facts.get("resources", [])[CYCLES_TO_SETTLE - 1 :]
    if len(counts) < 3 or not counts[0]:
        return
    for name, least in (
        ("threads", 1),
        ("files", 1),
        ("mappings", 1),
        ("kilobytes", KILOBYTES_A_CYCLE),
    ):
        steps = [b[name] - a[name] for a, b in pairwise(counts)]
        if min(steps) >= least:
            yield (
                "warning",
                "leak",
                f"{min(steps)} or more {name} stay each time that it is opened and closed",
            )


RULES: tuple[Rule, ...] = (
    ends,
    slowness,
    shutdown,
    identity,
    options,
    descriptors,
    commands,
    threads,
    pictures,
    sound,
    inputs,
    states,
    surroundings,
    handlers,
    left_behind,
    log,
)
