"""A player for the bundled game: looks two moves ahead and keeps the board in order."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import pairwise
from math import sqrt
from typing import TypeAlias

from pylibretro.enums import Joypad

__all__ = ["Board", "best_direction", "slide"]

Line: TypeAlias = tuple[int, int, int, int]
Board: TypeAlias = tuple[Line, Line, Line, Line]

DIRECTIONS = (Joypad.UP, Joypad.LEFT, Joypad.RIGHT, Joypad.DOWN)
CHANCE_OF_FOUR = 0.1
LOST = -1e9
# Looking at every cell of an open board takes long and changes little.
CELLS_CONSIDERED = 8


def best_direction(board: Board) -> Joypad | None:
    """Return the button to press, or None when no move is left.

    Args:
        board: Four rows of exponents: 0 is empty, 1 is a tile of 2, 2 a tile of 4.

    Example:
        >>> best_direction(((0, 0, 0, 0),) * 4) is None
        True
    """
    best, best_value = None, float("-inf")
    for direction in DIRECTIONS:
        moved = slide(board, direction)
        if moved != board:
            value = value_after_spawn(moved)
            if value > best_value:
                best, best_value = direction, value
    return best


def slide(board: Board, direction: Joypad) -> Board:
    """Return the board after a move, before the new tile comes."""
    slid = slid_left if direction in (Joypad.UP, Joypad.LEFT) else slid_right
    if direction in (Joypad.UP, Joypad.DOWN):
        return transposed(tuple(map(slid, transposed(board))))  # type: ignore[arg-type]
    return tuple(map(slid, board))  # type: ignore[return-value]


def transposed(board: Board) -> Board:
    """Return the board with rows and columns exchanged."""
    return tuple(zip(*board, strict=True))  # type: ignore[return-value]


@cache
def slid_left(line: Line) -> Line:
    """Return a row whose tiles have been pushed to the left."""
    tiles = [tile for tile in line if tile]
    merged = []
    while tiles:
        tile = tiles.pop(0)
        if tiles and tiles[0] == tile:
            tile += 1
            del tiles[0]
        merged.append(tile)
    return tuple(merged + [0] * (4 - len(merged)))  # type: ignore[return-value]


@cache
def slid_right(line: Line) -> Line:
    """Return one line after its tiles were pushed to the right."""
    return slid_left(line[::-1])[::-1]


def value_after_spawn(board: Board) -> float:
    """Return a board's average worth after the game's next tile and the best answer to it."""
    empty = [(y, x) for y in range(4) for x in range(4) if not board[y][x]]
    step = -(-len(empty) // CELLS_CONSIDERED)
    considered = empty[::step]
    total = 0.0
    for y, x in considered:
        for tile, chance in ((1, 1 - CHANCE_OF_FOUR), (2, CHANCE_OF_FOUR)):
            row = (*board[y][:x], tile, *board[y][x + 1 :])
            total += chance * value_of_best_move((*board[:y], row, *board[y + 1 :]))
    return total / len(considered)


@lru_cache(maxsize=1 << 16)
def value_of_best_move(board: Board) -> float:
    """Return what a board is worth after the best single move."""
    best = LOST
    for lines in (board, transposed(board)):
        for slid in (slid_left, slid_right):
            moved = tuple(map(slid, lines))
            if moved != lines:
                value = sum(map(worth, moved)) + sum(map(worth, zip(*moved, strict=True)))
                best = max(best, value)
    return best


@cache
def worth(line: Line) -> float:
    """Return how good a row or column is: room, neighbours that merge, and falling order."""
    room = 600.0 * line.count(0)
    pairs = 700.0 * sum(a == b != 0 for a, b in pairwise(line))
    size = sum(tile * tile * tile * sqrt(tile) for tile in line)
    rising = sum(max(a**4 - b**4, 0) for a, b in pairwise(line))
    falling = sum(max(b**4 - a**4, 0) for a, b in pairwise(line))
    disorder: int = min(rising, falling)
    return room + pairs - 11.0 * size - 47.0 * disorder
