"""Plays of real cores that a new process can repeat: it finds them in a module of their own."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from oracle import Recording, observe, random_masks, sha256
from real import Play

SLOW_CORES = ("distribution:bsnes_mercury_accuracy", "stable_retro:parallel_n64")


def frames_to_repeat(play: Play) -> int:
    return 40 if play.core_id in SLOW_CORES else 150


def digest(play: Play, games: Path) -> dict[str, Any]:
    with play.open(games) as core:
        seen = observe(core, random_masks(frames_to_repeat(play)))
    return {
        "frames": seen.frames,
        "audio": sha256(seen.audio),
        **{f"memory {i}": sha256(data) for i, data in seen.memory.items()},
    }


def replay(play: Play, games: Path) -> tuple[Recording, Recording]:
    """Play, save, play on, load, and play the same again."""
    length = frames_to_repeat(play)
    masks = random_masks(2 * length)
    with play.open(games) as core:
        core.run(length, masks[:length])
        state = core.save_state()
        original = observe(core, masks[length:])
        core.load_state(state)
        return original, observe(core, masks[length:])


def in_another_process(function: Callable[..., Any], *arguments: Any, timeout: float = 120) -> Any:
    """Call a function in a new process and return its result; TimeoutError if it hangs."""
    context = get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    named = function.__code__.co_filename, function.__name__
    process = context.Process(target=send_result, args=(sending, *named, arguments))
    process.start()
    sending.close()
    try:
        if not receiving.poll(timeout):
            raise TimeoutError(f"{function.__name__} took more than {timeout} seconds")
        return receiving.recv()
    finally:
        process.kill()
        process.join()
        receiving.close()


def send_result(sending: Connection, file: str, name: str, arguments: tuple[Any, ...]) -> None:
    """Call a function of a module that may be a test's, which nobody can import by its name."""
    sending.send(runpy.run_path(file)[name](*arguments))
