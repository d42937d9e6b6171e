"""Rules over ranges of memory, against what Python makes of the same memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from observe import BuildCore

from pylibretro import (
    AddressError,
    CoreBatch,
    Game,
    Joypad,
    RuleError,
    Watch,
    compile_rule,
)

BOARD, SCORE, MODE = 0x10, 0x20, 5
WATCHES: dict[str, Watch | tuple[int, str]] = {
    "board": (BOARD, "|u1"),
    "low": Watch(BOARD, "|u1", 0b11),
    "words": (BOARD, ">u2"),
    "my board": (BOARD, "<u4"),
    "score": (SCORE, "<u4"),
}
MOVES = [0, Joypad.LEFT, Joypad.UP, Joypad.DOWN, Joypad.RIGHT]

Memory = dict[str, Any]  # "board", "low", "words", "long": what lies behind each watch; "score"
Expected = Callable[[Memory, Memory, Memory], float]

RULES: dict[str, Expected] = {
    "sum(board[0:16])": lambda now, *_: now["board"].sum(),
    "sum(low[:16])": lambda now, *_: now["low"].sum(),
    "sum(words[0:8]) / 256": lambda now, *_: now["words"].sum() / 256,
    'max(watch("my board")[1:4])': lambda now, *_: now["long"][1:4].max(),
    "min(board[2:16:3])": lambda now, *_: now["board"][2:16:3].min(),
    "board[5] * 10 + board[0]": lambda now, *_: now["board"][5] * 10 + now["board"][0],
    "count(board[0:16] == 0)": lambda now, *_: (now["board"] == 0).sum(),
    "count(board[0:16])": lambda now, *_: (now["board"] != 0).sum(),
    "any(board[0:16] > 2)": lambda now, *_: (now["board"] > 2).any(),
    "any(board[0:16])": lambda now, *_: (now["board"] != 0).any(),
    "all(board[0:4])": lambda now, *_: (now["board"][:4] != 0).all(),
    "all(0 <= board[0:16] < 3)": lambda now, *_: (now["board"] < 3).all(),
    "3 in board[0:16]": lambda now, *_: 3 in now["board"],
    "board[3] not in board[0:3]": lambda now, *_: now["board"][3] not in now["board"][:3],
    "any(board[0:16] != previous(board[0:16]))": lambda now, before, _: (
        now["board"] != before["board"]
    ).any(),
    "delta(sum(board[0:16]))": lambda now, before, _: (
        int(now["board"].sum()) - int(before["board"].sum())
    ),
    "sum(delta(board[0:16]))": lambda now, before, _: (
        int(now["board"].sum()) - int(before["board"].sum())
    ),
    "sum(initial(board[0:16])) + score": lambda now, _, first: first["board"].sum() + now["score"],
    "count(board[0:8] == board[8:16])": lambda now, *_: (
        now["board"][:8] == now["board"][8:]
    ).sum(),
    "sum(board[0:4] * board[4:8] if board[0:4] > 1 else -board[4:8])": lambda now, *_: sum(
        a * b if a > 1 else -b
        for a, b in zip(now["board"][:4].tolist(), now["board"][4:8].tolist(), strict=True)
    ),
    "count(board[0:16] == max(board[0:16]))": lambda now, *_: (
        now["board"] == now["board"].max()
    ).sum(),
    "any((board[0] == 1, score > 20))": lambda now, *_: now["board"][0] == 1 or now["score"] > 20,
}


def memory_of(core: Any) -> Memory:
    raw = bytes(core.memory.read(BOARD + i) for i in range(16))
    board = np.frombuffer(raw, "u1").astype(np.int64)
    return {
        "board": board,
        "low": board & 3,
        "words": np.frombuffer(raw, ">u2").astype(np.int64),
        "long": np.frombuffer(raw, "<u4").astype(np.int64),
        "score": core.memory.read(SCORE, "<u4"),
    }


@pytest.fixture(name="batch")
def fixture_batch() -> Iterator[CoreBatch]:
    done = "max(board[0:16]) >= 4"
    with CoreBatch("2048", count=2, watches=WATCHES, reward=list(RULES), done=done) as batch:
        batch.run(5)
        batch.run(1, np.array([Joypad.START] * 2, np.uint16))
        batch.reset_states = batch.save_states()
        batch.reset()
        yield batch


def test_ranges_are_what_python_makes_of_the_memory(batch: CoreBatch) -> None:
    random = np.random.default_rng(7)
    first = [memory_of(core) for core in batch]
    before = first
    seen = np.zeros(len(RULES))
    for _ in range(150):
        batch.run(1, random.choice(MOVES, 2).astype(np.uint16))
        now = [memory_of(core) for core in batch]
        assert batch.rewards is not None
        assert batch.done is not None
        for i in range(2):
            wanted = [expected(now[i], before[i], first[i]) for expected in RULES.values()]
            assert batch.rewards[i].tolist() == wanted
            assert batch.done[i] == (now[i]["board"].max() >= 4)
        seen += np.ptp(batch.rewards, axis=0)
        before = now
    assert (seen > 0).sum() >= len(RULES) - 3  # the rules had something to tell apart


def test_results_show_the_watches_alone(batch: CoreBatch) -> None:
    batch.run(1)
    assert batch.watch_names == tuple(WATCHES)
    assert batch.watches is not None
    assert batch.watches.shape == (2, len(WATCHES))
    board = memory_of(batch[1])
    assert batch.watches[1].tolist() == [
        board["board"][0],
        board["low"][0],
        board["words"][0],
        board["long"][0],
        board["score"],
    ]


def test_a_state_remembers_what_ranges_were(batch: CoreBatch) -> None:
    moves = np.array([Joypad.LEFT, Joypad.UP], np.uint16)
    batch.run(1, moves)
    saved = batch.save_states()
    batch.run(1, moves[::-1].copy())
    wanted = batch.rewards
    batch.run(30, moves)
    batch.load_states(saved)
    batch.run(1, moves[::-1].copy())
    np.testing.assert_array_equal(batch.rewards, wanted)


def test_run_until_a_range_that_nobody_watched(batch: CoreBatch) -> None:
    """What it watches besides is forgotten afterwards, and no state is taken amiss."""
    saved = batch.save_states()
    batch.run(1)
    wanted = batch.rewards
    batch.load_states(saved)
    moves = np.array([[Joypad.LEFT, Joypad.DOWN], [0, 0]] * 100, np.uint16)
    for rule in ("sum(score[0:3]) > 0", "delta(sum(score[1:2])) + score > 0", "score > 0"):
        batch.load_states(saved)
        for core in batch:
            core.memory.write(SCORE + 4, 0, "<u4")
        matched = batch.run_until(rule, 200, moves[:, :, np.newaxis])
        assert matched.all()
        assert [core.memory.read(SCORE, "<u4") > 0 for core in batch] == [True, True]
        assert batch.watches is not None
        assert batch.watches.shape == (2, len(WATCHES))
    batch.load_states(saved)
    batch.run(1)
    np.testing.assert_array_equal(batch.rewards, wanted)
    with pytest.raises(RuleError, match="watched from now on only"):
        batch.run_until("initial(score[3]) == 1", 5)
    assert batch.run_until("initial(board[3]) == initial(board[3])", 5).all()


def test_the_first_frame_of_run_until_knows_the_one_before(batch: CoreBatch) -> None:
    batch.run(1)
    assert not batch.run_until("any(previous(score[0:9]) != score[0:9])", 3).any()


def test_a_range_beyond_the_memory_is_an_address_error(build_core: BuildCore) -> None:
    core = build_core("plain")
    watches = {"x": (0, "|u1")}
    with CoreBatch(core, watches=watches, reward="sum(x[0:8])") as batch:
        batch.run(1)
    with (
        CoreBatch(core, watches=watches, reward="sum(x[0:0x1001])") as batch,
        pytest.raises(AddressError, match="not all of the watched addresses"),
    ):
        batch.run(1)
    with pytest.raises(AddressError, match="is no bus address"):
        CoreBatch(core, watches={"x": (0xFFFFFFFFFFFFFF00, "|u1")}, reward="x[1]")


def test_a_game_has_rules_over_ranges() -> None:
    game = Game(name="b", core="2048", watches={"board": Watch(BOARD)}, done="15 in board[0:16]")
    assert game.done == "15 in board[0:16]"
    with pytest.raises(RuleError, match="there is no watch 'bord'; did you mean 'board'"):
        Game(name="b", core="2048", watches={"board": Watch(BOARD)}, done="15 in bord[0:16]")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("board[0:16]", "a range, such as board[0:16], is many numbers"),
        ("board[0:16] > 3", "is many numbers"),
        ("max(board[0:3], 1)", "is many numbers"),
        (
            "sum(board)",
            "sum is called as sum(range); one argument is a range, such as sum(board[0:16])",
        ),
        ("sum()", "sum is called as sum(range)"),
        ("count(board[0:4], 1)", "count is called as count(range)"),
        ("sum(board[0:4] + board[0:3])", "this range has 3 numbers, and the one before 4"),
        ("sum(board[3:])", "memory has no end here"),
        ("sum(board[4:4])", "there is no number in this range"),
        ("board[-1]", "are counted with whole numbers from 0 up"),
        ("board[score]", "are counted with whole numbers from 0 up"),
        ("board[1.0]", "are counted with whole numbers from 0 up"),
        ("board[True]", "are counted with whole numbers from 0 up"),
        ("board[0:1 << 3]", ""),
        ("sum(board[0:70000])", "too far behind; 65535 is the farthest"),
        ("(board + 1)[0:2]", "only watches have numbers behind them"),
        ("frames[0:3]", "there is no watch 'frames'"),
        ("3 in board", "or a range, such as board[0:16]"),
        ("sum((board[0:3], 1))", "is many numbers"),
        ("sum(max(board[0:3]))", "sum is called as sum(range)"),
        ("previous(previous(board[1]))", "only the frame before and the last reset"),
        (
            "any(" + " and ".join(["board[0:60000] > 1"] * 9) + ")",
            "more than 262144 operations; shorter ranges",
        ),
    ],
)
def test_messages(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_rule(text, ("board", "score"))
    assert message in str(caught.value)


def test_compiled_rules_share_elements() -> None:
    first = compile_rule("sum(board[0:3])", ["board"])
    second = compile_rule("board[2] + board[7]", ["board"], elements=first.elements)
    assert first.elements == (("board", 1), ("board", 2))
    assert second.elements == (("board", 1), ("board", 2), ("board", 7))
    assert second.watches == ("board",)
