"""Record what a core does with raw_limit.c, a C frontend that shares no code with pylibretro."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pylibretro import Core

HERE = Path(__file__).resolve().parent
PIXEL_FORMATS = ("0RGB1555", "XRGB8888", "RGB565")
END_OF_RUNS = 0xFFFFFFFF


def compile_command() -> list[str]:
    """Return the system's C compiler with the arguments that all C code here needs."""
    compiler = shlex.split(os.environ.get("CC", "")) or ["cc"]
    if shutil.which(compiler[0]) is None:
        raise FileNotFoundError(f"no C compiler: {compiler[0]} is not installed; set CC")
    return [*compiler, "-std=c11", "-O2", f"-I{HERE.parent / 'include'}"]


def build(directory: Path) -> Path:
    """Compile raw_limit.c with the system's compiler into ``directory``; return the program."""
    program = directory / "raw_limit"
    source = HERE / "raw_limit.c"
    subprocess.run([*compile_command(), source, "-o", program, "-ldl"], check=True)
    return program


def random_masks(runs: int, seed: int = 1) -> NDArray[np.uint16]:
    """Return the (runs, 2) joypad masks that ``raw_limit --random SEED`` gives ports 0 and 1."""
    masks = np.zeros((runs, 2), np.uint16)
    state = seed
    for run in range(0, runs, 8):
        for port in range(2):
            state ^= state << 13 & 0xFFFFFFFF
            state ^= state >> 17
            state ^= state << 5 & 0xFFFFFFFF
            masks[run : run + 8, port] = state >> 16
    return masks


def _bit_replicated(bits: int) -> NDArray[np.uint8]:
    value = np.arange(1 << bits)
    return (value << (8 - bits) | value >> (2 * bits - 8)).astype(np.uint8)


def _colour_table(green_bits: int) -> NDArray[np.uint8]:
    pixel = np.arange(1 << 16)
    five, green = _bit_replicated(5), _bit_replicated(green_bits)
    return np.stack(
        [
            five[pixel >> (5 + green_bits) & 31],
            green[pixel >> 5 & (1 << green_bits) - 1],
            five[pixel & 31],
        ],
        axis=1,
    )


_COLOUR_TABLES = {"0RGB1555": _colour_table(5), "RGB565": _colour_table(6)}


def rgb(picture: bytes, width: int, height: int, pixel_format: str) -> NDArray[np.uint8]:
    """Convert a picture without padding to (height, width, 3) RGB, full range."""
    if pixel_format == "XRGB8888":
        pixels = np.frombuffer(picture, np.uint8).reshape(height, width, 4)
        return np.ascontiguousarray(pixels[:, :, 2::-1])
    return np.take(
        _COLOUR_TABLES[pixel_format], np.frombuffer(picture, "<u2").reshape(height, width), axis=0
    )


def sha256(data: bytes | NDArray[np.uint8]) -> str:
    """Return the hexadecimal sha256 of bytes or of a contiguous array."""
    return hashlib.sha256(data if isinstance(data, bytes) else data.tobytes()).hexdigest()


@dataclass
class Recording:
    """What some runs of a core produced, comparable field by field.

    ``frames`` has the first 16 hex digits of the sha256 of each run's RGB picture: the last one
    seen, where a run brought none; of no bytes before the first.
    """

    frames: list[str] = field(default_factory=list)
    audio: bytes = field(default=b"", repr=False)
    audio_per_run: list[int] = field(default_factory=list)
    memory: dict[int, bytes] = field(default_factory=dict, repr=False)
    width: int = 0
    height: int = 0
    pixel_format: str = ""
    pitch: int = 0
    picture: bytes = field(default=b"", repr=False)
    fps: float = 0.0
    sample_rate: float = 0.0
    duplicates: int = 0
    runs_without_video: int = 0
    runs_with_more_video: int = 0

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """The last picture."""
        return rgb(self.picture, self.width, self.height, self.pixel_format)


def read_dump(stream: IO[bytes]) -> Recording:
    """Read what ``raw_limit --dump`` writes."""
    recording = Recording()
    audio: list[bytes] = []
    frame = sha256(b"")[:16]
    while True:
        (video_calls,) = struct.unpack("<I", _exactly(stream, 4))
        if video_calls == END_OF_RUNS:
            break
        duplicates, width, height, pixel_format, pitch, size, audio_frames = struct.unpack(
            "<7I", _exactly(stream, 28)
        )
        recording.duplicates += duplicates
        recording.runs_without_video += video_calls == 0
        recording.runs_with_more_video += video_calls > 1
        if size:
            recording.width, recording.height, recording.pitch = width, height, pitch
            recording.pixel_format = PIXEL_FORMATS[pixel_format]
            recording.picture = _exactly(stream, size)
            frame = sha256(recording.rgb)[:16]
        recording.frames.append(frame)
        recording.audio_per_run.append(audio_frames)
        audio.append(_exactly(stream, audio_frames * 4))
    recording.audio = b"".join(audio)
    recording.fps, recording.sample_rate = struct.unpack("<2d", _exactly(stream, 16))
    for memory_id in (0, 2):
        (size,) = struct.unpack("<I", _exactly(stream, 4))
        recording.memory[memory_id] = _exactly(stream, size)
    return recording


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError(f"the recording ends early: {len(data)} bytes where {size} were expected")
    return data


def arguments(
    core: Path,
    content: Path | None,
    masks_file: Path | None = None,
    options: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Yield the command-line arguments of raw_limit."""
    yield str(core)
    if content is not None:
        yield str(content)
    if masks_file is not None:
        yield f"--masks={masks_file}"
    for key, value in (options or {}).items():
        yield f"--option={key}={value}"


def record(
    program: Path,
    core: Path,
    content: Path | None,
    masks: NDArray[np.uint16],
    options: Mapping[str, str] | None = None,
    *,
    replay: int | None = None,
    load_state: Path | None = None,
    save_state: Path | None = None,
    timeout: float = 300,
) -> Recording:
    """Run ``core`` once for every row of ``masks`` in a fresh process and empty directories.

    Args:
        program: The compiled raw_limit.c.
        core: The core's file.
        content: The game's file, or None.
        masks: (runs, 2) uint16, joypad buttons of ports 0 and 1.
        options: Core options that differ from their defaults.
        replay: Save the state after this many runs, load it at the end, and play on from there
            once more; the recording has all these runs.
        load_state: A file with the state to start from.
        save_state: A file to write the state after the last run to.
        timeout: Seconds until a core that hangs is given up.

    Raises:
        RuntimeError: The core could not be loaded, refused the content, or died.
        TimeoutError: The core hangs.
    """
    with tempfile.TemporaryDirectory() as directory:
        masks_file = Path(directory) / "masks"
        masks_file.write_bytes(masks.astype("<u2").tobytes())
        command = [
            str(program),
            *arguments(core, content, masks_file, options),
            f"--frames={len(masks)}",
            "--dump=-",
            *([] if replay is None else [f"--replay={replay}"]),
            *([] if load_state is None else [f"--load-state={load_state}"]),
            *([] if save_state is None else [f"--save-state={save_state}"]),
        ]
        errors = Path(directory) / "errors"
        with (
            errors.open("wb") as stderr,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr) as process,
        ):
            assert process.stdout is not None
            watchdog = threading.Timer(timeout, process.kill)
            watchdog.start()
            try:
                return read_dump(process.stdout)
            except EOFError as error:
                status = process.wait()
                if status == -signal.SIGKILL:
                    raise TimeoutError(f"{' '.join(command)} took {timeout} seconds") from error
                raise RuntimeError(
                    f"{' '.join(command)} ended with status {status}: "
                    f"{errors.read_text(errors='replace')[-500:]}"
                ) from error
            finally:
                watchdog.cancel()


def observe(core: Core, masks: NDArray[np.uint16]) -> Recording:
    """Run a pylibretro Core once for every row of ``masks``, looking at every picture.

    What pylibretro does not tell (pitch, duplicates, video calls) stays 0 in the result.
    """
    recording = Recording()
    audio: list[bytes] = []
    for mask in masks:
        for port, buttons in enumerate(mask):
            core.set_buttons(int(buttons), port)
        if core.run() == 0:
            break
        frame = core.frame
        recording.frames.append(sha256(b"" if frame is None else frame)[:16])
        recording.audio_per_run.append(len(core.audio))
        audio.append(core.audio.tobytes())
    recording.audio = b"".join(audio)
    complete(recording, core)
    return recording


def complete(recording: Recording, core: Core) -> None:
    """Fill in what is seen at the end: the last picture, memory, and timing."""
    raw = core.raw_frame
    if raw is not None:
        recording.height, recording.width = raw.shape
        recording.picture = raw.tobytes()
        recording.pixel_format = PIXEL_FORMATS[core.pixel_format]
    recording.memory = {0: core.memory.save_ram.tobytes(), 2: core.memory.system_ram.tobytes()}
    recording.fps, recording.sample_rate = core.av_info.fps, core.av_info.sample_rate
