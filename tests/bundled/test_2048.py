"""The bundled game: its rules against an independent model, its memory, its look and its sound."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from pylibretro import Core, Joypad, StateError

DIRECTIONS = (Joypad.UP, Joypad.DOWN, Joypad.LEFT, Joypad.RIGHT)
TITLE, PLAYING, WON, OVER, ASKING = range(5)
HIGHEST = 17
SAMPLES_PER_FRAME = 735
STUCK = (1, 2, 1, 2, 2, 1, 2, 1, 1, 2, 1, 2, 2, 1, 2, 1)


class Model:
    """2048 in Python, written from docs/2048.md alone."""

    def __init__(self, seed: int) -> None:
        self.random = seed
        self.board = [0] * 16
        self.score = self.moves = self.gain = self.merges = 0
        self.spawn()
        self.spawn()

    def below(self, limit: int) -> int:
        self.random = (self.random + 0x9E3779B97F4A7C15) % 2**64
        z = self.random
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        return ((z ^ z >> 31) >> 32) * limit >> 32

    def spawn(self) -> None:
        empty = [cell for cell in range(16) if self.board[cell] == 0]
        cell = empty[self.below(len(empty))]
        self.board[cell] = 2 if self.below(10) == 0 else 1

    def slid(self, direction: int) -> tuple[list[int], int, int]:
        board, gain, merges = [0] * 16, 0, 0
        for lane in range(4):
            cells = [step * 4 + lane if direction < 2 else lane * 4 + step for step in range(4)]
            if direction % 2:
                cells.reverse()
            tiles = [self.board[cell] for cell in cells if self.board[cell]]
            line: list[int] = []
            while tiles:
                tile = tiles.pop(0)
                if tiles and tiles[0] == tile < HIGHEST:
                    tiles.pop(0)
                    tile += 1
                    gain += 2**tile
                    merges += 1
                line.append(tile)
            for cell, tile in zip(cells, line, strict=False):
                board[cell] = tile
        return board, gain, merges

    def legal(self) -> int:
        return sum(1 << d for d in range(4) if self.slid(d)[0] != self.board)

    def press(self, direction: int) -> None:
        board, gain, merges = self.slid(direction)
        if board != self.board:
            self.board, self.gain, self.merges = board, gain, merges
            self.score += gain
            self.moves += 1
            self.spawn()


class Game:
    """The bundled core, seen through system RAM."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def press(self, button: int, frames: int = 2) -> None:
        self.core.set_buttons(button)
        self.core.run()
        self.core.set_buttons(0)
        self.core.run(frames - 1)

    def put(self, board: Sequence[int], state: int = PLAYING) -> None:
        self.core.memory.system_ram[0x10:0x20] = board
        self.core.memory.system_ram[5] = state
        self.core.run()

    def word(self, address: int, kind: str = "<u4") -> int:
        return int(self.core.memory.read(address, kind))

    @property
    def board(self) -> list[int]:
        return [int(tile) for tile in self.core.memory.system_ram[0x10:0x20]]

    @property
    def state(self) -> int:
        return self.word(0x05, "u1")

    @property
    def legal(self) -> int:
        return self.word(0x06, "u1")

    @property
    def score(self) -> int:
        return self.word(0x20)

    @property
    def best(self) -> int:
        return self.word(0x24)


@pytest.fixture
def game() -> Iterator[Game]:
    """A game that has begun: two tiles lie on the board."""
    with Core("2048") as core:
        game = Game(core)
        game.press(Joypad.START)
        yield game


def picture(core: Core) -> np.ndarray:
    frame = core.frame
    assert frame is not None
    return frame


def raw_picture(core: Core) -> np.ndarray:
    frame = core.raw_frame
    assert frame is not None
    return frame


def random_inputs(frames: int, seed: int) -> np.ndarray:
    """Mostly moves, each for one frame, and now and then every other button."""
    choice = random.Random(seed)
    buttons = [*DIRECTIONS * 6, Joypad.START, Joypad.A, Joypad.B, Joypad.SELECT]
    masks = [choice.choice(buttons) if frame % 2 == 0 else 0 for frame in range(frames)]
    masks[0] = Joypad.START
    return np.array(masks, dtype=np.uint16)


def record(core: Core, inputs: np.ndarray) -> list[tuple[bytes, bytes, bytes]]:
    """Picture, sound and RAM of every frame."""
    frames = []
    for mask in inputs:
        core.run(1, np.array([mask], dtype=np.uint16))
        ram = core.memory.system_ram.tobytes()
        frames.append((picture(core).tobytes(), core.audio.tobytes(), ram))
    return frames


@pytest.mark.parametrize("seed", [1, 2, 32])
def test_random_games_follow_the_rules(seed: int) -> None:
    choice = random.Random(seed)
    with Core("2048", options={"2048_seed": str(seed)}) as core:
        game = Game(core)
        core.run(3)
        assert game.state == TITLE
        game.press(Joypad.START)
        model = Model(seed)
        while model.legal():
            assert game.board == model.board
            assert game.state == PLAYING
            assert game.legal == model.legal()
            direction = choice.randrange(4)
            game.press(DIRECTIONS[direction])
            model.press(direction)
            assert game.score == model.score
            assert game.word(0x07, "u1") == max(model.board)
            assert game.word(0x09, "u1") == model.merges
            assert game.word(0x0C) == model.moves
            assert game.word(0x28) == model.gain
            assert game.word(0x30, "<u8") == model.random
        assert game.board == model.board
        assert (game.state, game.legal) == (OVER, 0)


def test_moves_on_random_boards_follow_the_rules(game: Game) -> None:
    choice = random.Random(7)
    model = Model(1)
    moved = 0
    for _ in range(600):
        model.board = [choice.choice((0, 0, 1, 1, 2, 3, 9, 16, 17)) for _ in range(16)]
        game.put(model.board)
        assert game.state == (PLAYING if model.legal() else OVER)
        assert game.legal == model.legal()
        direction = choice.randrange(4)
        if not model.legal() >> direction & 1:
            continue
        expected, gain, merges = model.slid(direction)
        game.press(DIRECTIONS[direction])
        changed = [cell for cell in range(16) if game.board[cell] != expected[cell]]
        assert len(changed) == 1
        assert expected[changed[0]] == 0
        assert game.board[changed[0]] in (1, 2)
        assert (game.word(0x28), game.word(0x09, "u1")) == (gain, merges)
        moved += 1
    assert moved > 300


@pytest.mark.parametrize(
    ("row", "expected", "gain"),
    [
        ((1, 1, 1, 1), (2, 2), 8),
        ((1, 1, 2, 0), (2, 2), 4),
        ((2, 1, 1, 0), (2, 2), 4),
        ((1, 1, 1, 0), (2, 1), 4),
        ((3, 0, 0, 3), (4,), 16),
        ((0, 0, 0, 5), (5,), 0),
        ((17, 17, 0, 1), (17, 17, 1), 0),
    ],
)
def test_a_row_slides_and_merges_once(
    game: Game, row: tuple[int, ...], expected: tuple[int, ...], gain: int
) -> None:
    game.put([*row, *[0] * 12])
    game.press(Joypad.LEFT)
    assert tuple(game.board[: len(expected)]) == expected
    assert game.word(0x28) == gain


def test_new_tiles_are_twos_and_now_and_then_fours(game: Game) -> None:
    spawned = []
    for _ in range(400):
        game.put([0] * 15 + [5])
        game.press(Joypad.LEFT)
        spawned += [tile for tile in game.board if tile in (1, 2)]
    assert len(spawned) == 400
    assert 20 <= spawned.count(2) <= 65


def test_a_press_moves_once_however_long_it_is_held(game: Game) -> None:
    game.put([1, 0, 0, 0, 2] + [0] * 11)
    game.press(0)
    game.core.set_buttons(Joypad.RIGHT)
    game.core.run(30)
    assert game.word(0x0C) == 1
    game.core.set_buttons(Joypad.DOWN)
    game.core.run()
    assert game.word(0x0C) == 2, "another direction is a new press, and needs no pause"


def test_a_move_that_moves_nothing_changes_nothing(game: Game) -> None:
    game.put([1, 2, 3, 4] + [0] * 12)
    before = game.core.memory.system_ram[0x0C:0x40].tolist()
    game.press(Joypad.LEFT)
    assert game.core.memory.system_ram[0x0C:0x40].tolist() == before


def test_2048_wins_once_and_the_game_goes_on(game: Game) -> None:
    game.put([10, 10, 1, 2] + [0] * 12)
    game.press(Joypad.LEFT)
    assert (game.state, game.board[0], game.legal) == (WON, 11, 0)
    game.press(Joypad.RIGHT)
    assert (game.state, game.board[0]) == (WON, 11)
    game.press(Joypad.A)
    assert game.state == PLAYING
    game.put([11, 10, 10, 2] + [0] * 12)
    game.press(Joypad.LEFT)
    assert game.state == PLAYING, "the second 2048 is no news"


def test_a_full_board_without_a_pair_is_the_end(game: Game) -> None:
    game.put(STUCK)
    assert (game.state, game.legal) == (OVER, 0)
    game.press(Joypad.LEFT)
    assert game.board == list(STUCK)
    game.press(Joypad.START)
    assert game.state == PLAYING
    assert (game.score, game.word(0x0C), game.word(0x2C)) == (0, 0, 2)
    assert sum(tile > 0 for tile in game.board) == 2


def test_select_asks_before_a_new_game(game: Game) -> None:
    game.put([3, 0, 0, 0] + [0] * 12)
    board = game.board
    game.press(Joypad.SELECT)
    assert (game.state, game.legal) == (ASKING, 0)
    game.press(Joypad.DOWN)
    assert (game.state, game.board) == (ASKING, board)
    game.press(Joypad.B)
    assert (game.state, game.board) == (PLAYING, board)
    game.press(Joypad.SELECT)
    game.press(Joypad.A)
    assert (game.state, game.word(0x2C)) == (PLAYING, 2)
    assert game.board != board


def test_what_is_written_into_ram_is_brought_into_range(game: Game) -> None:
    game.core.memory.system_ram[:] = 0xFF
    game.core.run()
    assert game.core.memory.system_ram[:5].tobytes() == b"2048\x01"
    assert game.board == [HIGHEST] * 16
    assert (game.state, game.score) == (OVER, 999_999_999)


def test_reset_is_the_title_with_the_same_game_behind_it(game: Game) -> None:
    first = game.board
    game.press(Joypad.LEFT)
    game.core.reset()
    game.core.run()
    assert (game.state, game.board, game.score) == (TITLE, [0] * 16, 0)
    game.press(Joypad.START)
    assert game.board == first


def test_the_seed_decides_the_game_from_the_next_reset_on(game: Game) -> None:
    games = []
    for seed in ("1", "2", "3", "1"):
        game.core.options["2048_seed"] = seed
        game.core.reset()
        game.press(Joypad.START)
        for direction in DIRECTIONS * 3:
            game.press(direction)
        games.append(game.board)
    assert games[0] == games[3]
    assert len({tuple(board) for board in games}) == 3


def test_the_same_inputs_give_the_same_bytes() -> None:
    inputs = random_inputs(400, 3)
    with Core("2048") as one, Core("2048") as two:
        assert record(one, inputs) == record(two, inputs)


def test_frames_that_nobody_sees_change_nothing() -> None:
    inputs = random_inputs(500, 4)
    with Core("2048") as one, Core("2048") as many:
        for place in range(0, 500, 50):
            batch = inputs[place : place + 50]
            seen = record(one, batch)
            many.run(50, batch)
            assert picture(many).tobytes() == seen[-1][0]
            assert many.memory.system_ram.tobytes() == seen[-1][2]
            assert many.audio.tobytes() == b"".join(sound for _, sound, _ in seen)


@pytest.mark.parametrize(
    "option",
    [
        {"2048_animation": "disabled"},
        {"2048_sound": "disabled"},
        {"2048_theme": "dark"},
        {"2048_pixel_format": "RGB565"},
    ],
    ids=lambda option: next(iter(option)),
)
def test_no_other_option_changes_the_game(option: dict[str, str]) -> None:
    inputs = random_inputs(500, 5)
    with Core("2048") as plain, Core("2048", options=option) as other:
        plain.run(500, inputs)
        other.run(500, inputs)
        assert plain.memory.system_ram.tobytes() == other.memory.system_ram.tobytes()


def test_both_pixel_formats_show_the_same_picture() -> None:
    inputs = random_inputs(300, 6)
    with Core("2048") as wide, Core("2048", options={"2048_pixel_format": "RGB565"}) as narrow:
        for mask in inputs:
            for core in (wide, narrow):
                core.run(1, np.array([mask], dtype=np.uint16))
            pixels, small_pixels = raw_picture(wide), raw_picture(narrow)
            assert (pixels.dtype.itemsize, small_pixels.dtype.itemsize) == (4, 2)
            rounded = pixels >> 8 & 0xF800 | pixels >> 5 & 0x07E0 | pixels >> 3 & 0x001F
            np.testing.assert_array_equal(small_pixels, rounded)


def test_the_picture_shows_each_screen(game: Game) -> None:
    core = game.core
    pictures = []
    for state in (TITLE, PLAYING, WON, OVER, ASKING):
        game.put([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0], state)
        core.run(120)
        assert picture(core).shape == (240, 320, 3)
        pictures.append(picture(core))
    assert len({seen.tobytes() for seen in pictures}) == 5
    tiles = pictures[PLAYING][17 : 17 + 4 * 54 : 54, 20 : 20 + 4 * 54 : 54].reshape(16, 3)
    assert len({tuple(colour) for colour in tiles.tolist()}) == 16, "each tile has its colour"


def test_dark_is_darker() -> None:
    with Core("2048") as core:
        core.run(2)
        light = picture(core).mean()
        core.options["2048_theme"] = "dark"
        core.run()
        assert picture(core).mean() < light / 3


def test_tiles_slide_unless_animation_is_disabled() -> None:
    def pictures(animation: str) -> list[bytes]:
        with Core("2048", options={"2048_animation": animation}) as core:
            game = Game(core)
            game.press(Joypad.START, 60)
            game.put([1, 1] + [0] * 14)
            game.press(0, 60)
            game.press(Joypad.RIGHT, 1)
            core.set_buttons(0)
            core.run()
            seen = []
            for _ in range(60):
                core.run()
                seen.append(picture(core).tobytes())
            return seen

    moving, still = pictures("enabled"), pictures("disabled")
    assert len(set(moving)) > 10
    assert len(set(still)) == 1
    assert moving[-1] == still[-1]


def test_every_frame_has_its_samples(game: Game) -> None:
    core = game.core
    assert (core.av_info.fps, core.av_info.sample_rate) == (60.0, 44100.0)
    core.run(200)
    assert core.audio.shape == (200 * SAMPLES_PER_FRAME, 2)
    assert not core.audio[-SAMPLES_PER_FRAME:].any(), "notes end"
    game.put([4, 4] + [0] * 14)
    core.set_buttons(Joypad.LEFT)
    core.run()
    assert core.audio.shape == (SAMPLES_PER_FRAME, 2)
    assert core.audio.any()


def test_higher_merges_sound_higher() -> None:
    def crossings(tile: int) -> int:
        with Core("2048") as core:
            game = Game(core)
            game.press(Joypad.START, 100)
            game.put([tile, tile] + [0] * 14)
            core.set_buttons(Joypad.LEFT)
            core.run(6)
            return int(np.count_nonzero(np.diff(np.sign(core.audio[:, 0].astype(int)))))

    pitches = [crossings(tile) for tile in (1, 3, 6, 9)]
    assert pitches == sorted(set(pitches))


def test_sound_can_be_disabled() -> None:
    with Core("2048", options={"2048_sound": "disabled"}) as core:
        core.run(200, random_inputs(200, 8))
        assert core.audio.shape == (200 * SAMPLES_PER_FRAME, 2)
        assert not core.audio.any()


def test_a_state_replays_exactly_here_and_in_another_core() -> None:
    inputs = random_inputs(600, 9)
    with Core("2048") as core, Core("2048") as other:
        core.run(437, inputs[:437])
        state = core.save_state()
        expected = record(core, inputs[437:])
        core.load_state(state)
        assert core.save_state() == state
        assert record(core, inputs[437:]) == expected
        other.load_state(state)
        assert record(other, inputs[437:]) == expected


def test_a_state_may_be_saved_in_any_frame_of_an_animation(game: Game) -> None:
    core = game.core
    game.put([1, 1, 2, 2, 1, 0, 1, 3] + [0] * 8)
    core.run(1, np.array([Joypad.LEFT], dtype=np.uint16))
    nothing = np.zeros(40, dtype=np.uint16)
    for _ in range(16):
        state = core.save_state()
        expected = record(core, nothing)
        core.load_state(state)
        assert record(core, nothing) == expected
        core.load_state(state)
        core.run()


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, 0), (8, 2), (16, 0), (16 + 5, 5), (16 + 6, 0xFF), (16 + 0x10, 18), (80, 18), (127, 1)],
    ids=["magic", "version", "RAM", "state", "legal moves", "tile", "sliding tile", "end"],
)
def test_impossible_states_are_refused_and_change_nothing(
    game: Game, place: int, value: int
) -> None:
    before = game.core.save_state()
    damaged = bytearray(before)
    damaged[place] = value
    with pytest.raises(StateError):
        game.core.load_state(bytes(damaged))
    assert game.core.save_state() == before


def test_no_damaged_state_does_harm(game: Game) -> None:
    choice = random.Random(10)
    good = game.core.save_state()
    for _ in range(500):
        damaged = bytearray(good)
        for _ in range(choice.choice((1, 2, 8))):
            damaged[choice.randrange(len(damaged))] = choice.choice((0, 1, 5, 17, 18, 255))
        try:
            game.core.load_state(bytes(damaged))
        except StateError:
            continue
        game.press(choice.choice(DIRECTIONS))
        assert max(game.board) <= HIGHEST
    game.core.load_state(good)
    assert game.core.save_state() == good


def test_the_best_score_lives_in_save_ram(tmp_path: Path) -> None:
    with Core("2048", save_dir=tmp_path) as core:
        game = Game(core)
        assert not core.memory.save_ram.any(), "nothing to keep yet"
        game.press(Joypad.START)
        game.put([5, 5] + [0] * 14)
        game.press(Joypad.LEFT)
        assert (game.score, game.best) == (64, 64)
        kept = core.memory.save_ram.tobytes()
        assert kept == b"2048" + bytes([1, 0, 0, 0, 64, 0, 0, 0, 1, 0, 0, 0])
    with Core("2048", save_dir=tmp_path) as core:
        game = Game(core)
        core.run()
        assert (game.score, game.best, game.word(0x2C)) == (0, 64, 1)


def test_foreign_save_ram_is_ignored_until_there_is_something_to_keep() -> None:
    with Core("2048") as core:
        game = Game(core)
        core.memory.save_ram[:] = 0xEE
        core.run(5)
        assert game.best == 0
        assert core.memory.save_ram.tobytes() == b"\xee" * 16
        game.press(Joypad.START)
        assert core.memory.save_ram.tobytes() == b"2048" + bytes([1, *[0] * 7, 1, 0, 0, 0])


def test_a_cheat_holds_a_byte_of_ram(game: Game) -> None:
    game.core.set_cheat(0, "1f:0b")
    game.core.run()
    assert game.board[15] == 11
    game.core.memory.system_ram[0x1F] = 0
    game.core.run()
    assert game.board[15] == 11
    for number, senseless in enumerate(["", "no", "10", "10:", "40:01", "10:100", "10:01 "], 1):
        game.core.set_cheat(number, senseless)
    game.core.set_cheat(0, "1f:0b", enabled=False)
    game.core.memory.system_ram[0x1F] = 0
    game.core.run()
    assert game.board[15] == 0


def test_what_the_core_declares() -> None:
    with Core("2048") as core:
        assert core.info.name == "2048"
        buttons = {descriptor.id: descriptor.description for descriptor in core.input_descriptors}
        assert len(buttons) == 8
        assert buttons[4] == "Slide up"
        assert list(core.options) == [
            "2048_seed",
            "2048_theme",
            "2048_animation",
            "2048_sound",
            "2048_pixel_format",
        ]
        assert [(entry.start, entry.length) for entry in core.memory.map] == [(0, 64)]
        assert core.memory.save_ram.size == 16
        assert core.state_size == 128


def test_the_picture_comes_back_with_a_state() -> None:
    """What is on the screen is sent again after a state was loaded, though nothing has changed."""
    with Core("2048") as core:
        core.run(2)
        title = core.snapshot()
        core.run(2, [Joypad.START, 0])
        core.run(60)
        playing = core.snapshot()
        board = core.frame
        core.restore(title)
        core.load_state(bytes(playing))
        core.run(1)
        np.testing.assert_array_equal(core.frame, board)
