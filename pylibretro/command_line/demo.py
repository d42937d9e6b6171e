"""`pylibretro demo`: the bundled game, played by a simple program, and a GIF of it."""

from __future__ import annotations

import argparse
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from pylibretro.command_line.opening import number_from
from pylibretro.command_line.output import print_json
from pylibretro.command_line.pictures import GIFRecorder
from pylibretro.command_line.player import Board, best_direction
from pylibretro.command_line.progress import ProgressBar
from pylibretro.enums import Joypad

if TYPE_CHECKING:
    from pylibretro._core import Core

SUMMARY = "watch the bundled game being played, and keep a GIF of it"
DESCRIPTION = """\
Play the bundled game 2048 with a player that looks two moves ahead, until it has made the tile
2048 or is stuck. Leaves an animation: the first and the last moves at the game's own speed, and
what lies between in time-lapse."""

# Where the game publishes itself in system RAM; see docs/2048.md.
RAM_STATE, RAM_BOARD, RAM_SCORE = 0x05, 0x10, 0x20
PLAYING, WON = 1, 2

TITLE_FRAMES = 90
FRAMES_PER_MOVE = 18
ENDING_FRAMES = 150
FRAMES_PER_PICTURE = 2
OPENING_MOVES, ENDING_MOVES = 16, 8
MOVES_PER_LAPSE_PICTURE = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--gif", metavar="FILE", default="2048.gif", help="where to save it (default 2048.gif)"
    )
    parser.add_argument("--no-gif", action="store_true", help="only play")
    parser.add_argument(
        "--scale",
        metavar="N",
        type=number_from(1),
        default=1,
        help="make each pixel N pixels wide and high (default 1)",
    )
    parser.add_argument("--moves", metavar="N", type=number_from(0), help="stop after N moves")
    parser.add_argument("--seed", default="1", help="seed of the game, 1 to 32 (default 1)")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")


def execute(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from pylibretro._core import Core

    film = None if arguments.no_gif else Film(arguments.scale)
    options = {"2048_seed": arguments.seed, "2048_theme": arguments.theme}
    with Core("2048", options=options) as core:
        game = Game(core, film)
        limit = arguments.moves
        with ProgressBar("Playing 2048", 2048, quiet=arguments.json) as progress:
            shown = 0
            while game.state == PLAYING and (limit is None or game.moves < limit):
                game.move()
                total = min(sum(1 << tile for row in game.board for tile in row if tile), 2048)
                progress.advance(
                    total - shown,
                    f"score {game.score:,}, {game.frames_per_second:,.0f} frames/s",
                )
                shown = total
        game.run(ENDING_FRAMES)
        result = {
            "moves": game.moves,
            "score": game.score,
            "highest_tile": 1 << max(max(row) for row in game.board),
            "won": game.state == WON,
            "frames": core.frame_count,
            "seconds": game.seconds,
            "frames_per_second": game.frames_per_second,
            "gif": None if film is None else arguments.gif,
        }
        speed = game.frames_per_second / core.av_info.fps
    if film is not None:
        film.save(arguments.gif)
    if arguments.json:
        print_json(result)
    else:
        print_result(result, speed)


class Film:
    """The animation: real speed at both ends, time-lapse in between.

    Args:
        scale: How many pixels wide and high a pixel of the game becomes.
    """

    def __init__(self, scale: int) -> None:
        """Begin without pictures."""
        self._recorder = GIFRecorder(scale)
        self._latest: deque[NDArray[numpy.uint8]] = deque()
        self._moves = 0

    def add(self, pictures: NDArray[numpy.uint8]) -> None:
        """Append what is shown at the game's own speed."""
        for picture in pictures:
            self._recorder.add(picture, FRAMES_PER_PICTURE / 60)

    def add_move(self, pictures: NDArray[numpy.uint8]) -> None:
        """Append a move, whose place decides how much of it is shown."""
        self._moves += 1
        if self._moves <= OPENING_MOVES:
            self.add(pictures)
            return
        self._latest.append(pictures)
        if len(self._latest) > ENDING_MOVES:
            passed = self._latest.popleft()
            if self._moves % MOVES_PER_LAPSE_PICTURE == 0:
                self.add(passed[-1:])

    def end(self, pictures: NDArray[numpy.uint8]) -> None:
        """Append the last moves in full, and what follows them."""
        while self._latest:
            self.add(self._latest.popleft())
        self.add(pictures)

    def save(self, path: str) -> None:
        """Write the GIF."""
        self._recorder.save(path)


class Game:
    """The bundled game and its player.

    Args:
        core: The bundled core, just opened.
        film: Where the pictures go, if anybody wants them.
    """

    def __init__(self, core: Core, film: Film | None) -> None:
        """Show the title for a while, and press START."""
        self.core = core
        self.film = film
        self.moves = 0
        self.seconds = 0.0
        self.read()
        title = self.press(Joypad(0), TITLE_FRAMES)
        begun = self.press(Joypad.START, FRAMES_PER_MOVE)
        if film is not None:
            film.add(title)
            film.add(begun)

    @property
    def frames_per_second(self) -> float:
        """Speed of the core with its pictures, not counting the player's thinking."""
        return self.core.frame_count / self.seconds if self.seconds else 0.0

    def read(self) -> None:
        """Read the game's memory."""
        ram = self.core.memory.system_ram
        cells = [int(cell) for cell in ram[RAM_BOARD : RAM_BOARD + 16]]
        rows = [tuple(cells[start : start + 4]) for start in range(0, 16, 4)]
        self.board: Board = tuple(rows)  # type: ignore[assignment]
        self.state = int(ram[RAM_STATE])
        self.score = self.core.memory.read(RAM_SCORE, "<u4")

    def press(self, button: Joypad, frames: int) -> NDArray[numpy.uint8]:
        """Press a button for one frame and wait; return the pictures."""
        inputs = numpy.zeros(frames, numpy.uint16)
        inputs[0] = button
        started = time.perf_counter()
        if self.film is None:
            self.core.run(frames, inputs)
            pictures = numpy.empty((0, 0, 0, 3), numpy.uint8)
        else:
            pictures = self.core.capture(frames, inputs, every=FRAMES_PER_PICTURE).frames
        self.seconds += time.perf_counter() - started
        self.read()
        return pictures

    def move(self) -> None:
        """Think, and make one move."""
        direction = best_direction(self.board)
        pictures = self.press(direction or Joypad(0), FRAMES_PER_MOVE)
        self.moves += 1
        if self.film is not None:
            self.film.add_move(pictures)

    def run(self, frames: int) -> None:
        """Show the end for a while."""
        pictures = self.press(Joypad(0), frames)
        if self.film is not None:
            self.film.end(pictures)


def print_result(result: dict[str, Any], speed: float) -> None:
    """Print the result for people."""
    ending = "made the tile 2048" if result["won"] else f"best tile {result['highest_tile']}"
    print(f"score {result['score']:,} after {result['moves']:,} moves: {ending}")
    print(
        f"{result['frames']:,} frames in {result['seconds']:.2f} s: "
        f"{result['frames_per_second']:,.0f} frames/s, {speed:,.0f} times the game's own speed"
    )
    if result["gif"] is not None:
        print(f"wrote {result['gif']}")
