"""Integrations as users write them: variants of Airstriker's, read here and by stable-retro."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

SCORE, LIVES, GAMEOVER = 16712270, 16712282, 16712294
DATA = {
    "info": {
        "gameover": {"address": GAMEOVER, "type": ">u2"},
        "lives": {"address": LIVES, "type": ">u2"},
        "score": {"address": SCORE, "type": ">u4"},
    }
}
SCENARIO = {
    "done": {"variables": {"lives": {"op": "zero"}}},
    "reward": {"variables": {"score": {"reward": 1.0}}},
}
METADATA = {"default_state": "Level1"}
BOM = b"\xef\xbb\xbf"

Files = dict[str, Any]


def base() -> Files:
    """Its files: JSON values, bytes as they are, None for a file that is not there."""
    return deepcopy({"data.json": DATA, "scenario.json": SCENARIO, "metadata.json": METADATA})


def variable(**changes: Any) -> Callable[[Files], None]:
    """One more variable."""

    def change(files: Files) -> None:
        files["data.json"]["info"]["x"] = {"address": SCORE, "type": ">u2"} | changes

    return change


def reward(**terms: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files["scenario.json"]["reward"] = terms

    return change


def done(**terms: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files["scenario.json"]["done"] = terms

    return change


def scenario(**terms: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files["scenario.json"] |= terms

    return change


def metadata(**terms: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files["metadata.json"] = terms

    return change


def file(name: str, contents: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[name] = contents

    return change


def score(**terms: Any) -> dict[str, Any]:
    return {"variables": {"score": terms}}


def always(name: str, worth: int) -> dict[str, Any]:
    return {"variables": {name: {"reward": worth, "measurement": "absolute"}}}


def lives(**terms: Any) -> dict[str, Any]:
    return {"variables": {"lives": terms}}


TYPES = [
    *(f"{order}{kind}{size}" for order in "<>=" for kind in "ui" for size in (1, 2, 3, 4, 8)),
    *(
        f"{order}{kind}{size}"
        for order in ("><", "<>", ">=", "<=")
        for kind in "ud"
        for size in (2, 4)
    ),
    *(f">{kind}{size}" for kind in "dn" for size in (1, 2, 4, 6)),
    *("|u1", "|i1", "|d1", "|n1", "|u2", "|i4", "|d2"),
    *("u1", ">b4", "<f4", ">u9", ">u0", "", ">u", "int", ">U2", ">u2 ", ">x2", "u2", "i1"),
]
OPS = [
    "equal", "negative-equal", "not-equal", "less-than", "greater-than", "less-or-equal",
    "greater-or-equal", "nonzero", "zero", "negative", "positive", "sign", "", "nonsense", "ZERO",
]  # fmt: skip

VARIANTS: dict[str, Callable[[Files], None]] = {
    "as it is": metadata(default_state="Level1"),
    **{f"type {text!r}": variable(type=text) for text in TYPES},
    **{
        f"op {op!r} of {what}": change(**part)
        for op in OPS
        for what, change, part in (
            ("done", done, lives(op=op, reference=3)),
            ("reward", reward, score(op=op, reference=0, reward=2, penalty=3)),
        )
    },
    "an address below RAM": variable(address=100),
    "an address beyond RAM": variable(address=0x1000000),
    "an address at the end of RAM": variable(address=0xFFFFFF, type=">u2"),
    "the last byte of RAM": variable(address=0xFFFFFF, type="|u1"),
    "a negative address": variable(address=-5),
    "an address in hexadecimal": variable(address="0xFF024E"),
    "an address as text": variable(address=str(SCORE)),
    "an address as a float": variable(address=float(SCORE)),
    "no address": lambda files: files["data.json"]["info"].update(x={"type": ">u2"}),
    "no type": lambda files: files["data.json"]["info"].update(x={"address": SCORE}),
    "a mask": variable(mask=0x0F),
    "a mask of zero": variable(mask=0),
    "a negative mask": variable(mask=-2),
    "a mask on a signed number": variable(type=">i2", mask=0x7F),
    "a mask on decimals": variable(type=">d2", mask=0x0F),
    "an unknown key of a variable": variable(comment="hello"),
    "a variable that is null": lambda files: files["data.json"]["info"].update(x=None),
    "a strange name": lambda files: files["data.json"]["info"].update(
        {"player 1-score": {"address": SCORE, "type": ">u4"}}
    ),
    "the name of a function": lambda files: files["data.json"]["info"].update(
        {"max": {"address": SCORE, "type": ">u4"}}
    ),
    "no variables": file("data.json", {"info": {}}),
    "data without info": file("data.json", {}),
    "data with more keys": lambda files: files["data.json"].update(version=3, notes=["a"]),
    "rewards for one": lambda files: files.update(
        {"scenario.json": {"rewards": [score(reward=2)], "done": lives(op="zero")}}
    ),
    "rewards beside reward": scenario(rewards=[score(reward=2), lives(reward=1)]),
    "no rewards beside reward": scenario(rewards=[]),
    "reward beside another variable of rewards": scenario(
        rewards=[always("lives", 1)], reward=always("gameover", 100)
    ),
    "reward beside the same variable of rewards": scenario(
        rewards=[always("lives", 1)], reward=always("lives", 100)
    ),
    "reward for time beside rewards for time": scenario(
        rewards=[{"time": {"reward": 1}}], reward={"time": {"reward": 7}}
    ),
    "reward beside rewards of two": scenario(
        rewards=[{"time": {"reward": 1}}, {"time": {"reward": 3}}], reward=always("lives", 100)
    ),
    "no reward": lambda files: files["scenario.json"].pop("reward"),
    "no done": lambda files: files["scenario.json"].pop("done"),
    "an empty scenario": file("scenario.json", {}),
    "a reward that is empty": reward(),
    "a done that is empty": done(),
    "no scenario": file("scenario.json", None),
    "no metadata": file("metadata.json", None),
    "an empty metadata": metadata(),
    "metadata that is no JSON": file("metadata.json", b"{"),
    "a state with its ending": metadata(default_state="Level1.state"),
    "a state that is not there": metadata(default_state="Level9"),
    "states of players": metadata(default_state="Level9", default_player_state=["Level1"]),
    "states of no players": metadata(default_state="Level1", default_player_state=[]),
    "data with a byte order mark": file("data.json", BOM + json.dumps(DATA).encode()),
    "scenario with a byte order mark": file("scenario.json", BOM + json.dumps(SCENARIO).encode()),
    "metadata with a byte order mark": file("metadata.json", BOM + json.dumps(METADATA).encode()),
    "a trailing comma": file("scenario.json", json.dumps(SCENARIO).encode()[:-1] + b",}"),
    "a comment": file("scenario.json", b"// mine\n" + json.dumps(SCENARIO).encode()),
    "reward as text": reward(**score(reward="1")),
    "reward true": reward(**score(reward=True)),
    "reward as null": reward(**score(reward=None)),
    "a small reward": reward(**score(reward=0.1)),
    "a reward for time": reward(time={"reward": 0.5}),
    "a penalty for time": reward(time={"penalty": 1, "reward": -0.25}),
    "time with an op": reward(time={"reward": 1, "op": "zero"}),
    "an absolute reward": reward(**score(reward=1, measurement="absolute")),
    "a done by delta": done(**lives(op="negative", measurement="delta")),
    "an unknown measurement": reward(**score(reward=1, measurement="sum")),
    "a penalty": reward(**lives(penalty=5)),
    "a negative penalty": reward(**lives(penalty=-5)),
    "a reference as a float": done(**lives(op="equal", reference=3.0)),
    "a reference between": done(**lives(op="less-than", reference=2.5)),
    "a reference as text": done(**lives(op="equal", reference="3")),
    "an unknown variable of reward": reward(variables={"nobody": {"reward": 1}}),
    "an unknown variable of done": done(variables={"nobody": {"op": "zero"}}),
    "all": done(condition="all", variables={"lives": {"op": "zero"}, "gameover": {"op": "zero"}}),
    "any": done(
        condition="any", variables={"lives": {"op": "zero"}, "gameover": {"op": "nonzero"}}
    ),
    "an unknown condition": done(
        condition="most", variables={"lives": {"op": "zero"}, "gameover": {"op": "nonzero"}}
    ),
    "nodes": done(nodes={"a": lives(op="zero"), "b": {"variables": {"gameover": {"op": "zero"}}}}),
    "nodes of all": done(
        condition="all",
        variables={"gameover": {"op": "nonzero"}},
        nodes={"a": {"condition": "any", **lives(op="less-than", reference=3)}},
    ),
    "empty nodes": done(nodes={}),
    "an empty node": done(nodes={"a": {}}),
    "an empty node of all": done(condition="all", nodes={"a": {}}),
    "unknown keys": scenario(author="me", version=1),
    "a crop": scenario(crop=[10, 20, 100, 50]),
    "a crop of the rest": scenario(crop=[10, 20, 0, 0]),
    "a crop beyond the picture": scenario(crop=[10, 20, 1000, 1000]),
    "a crop beside the picture": scenario(crop=[0, 0, 321, 100]),
    "a crop of nothing": scenario(crop=[0, 0, 0, 0]),
    "an empty crop": scenario(crop=[]),
    "a crop of three": scenario(crop=[10, 20, 30]),
    "crops": scenario(crops=[[0, 0, 100, 100]]),
    "own actions": scenario(actions=[[[], ["LEFT"], ["RIGHT"]], [[], ["A"]]]),
    "actions of no group": scenario(actions=[]),
    "an empty group": scenario(actions=[[]]),
    # Values of another type than the one that is needed.
    "a mask as a float": variable(mask=15.0),
    "a negative mask as a float": variable(type=">i2", mask=-2.0),
    "a mask as text": variable(mask="15"),
    "a type as a number": variable(type=2),
    "a type in words": variable(type=">uint4"),
    "a type of sixteen": variable(type=">u16"),
    "an unknown order": variable(type="xi2"),
    "halves of three bytes": variable(type="><u3"),
    "halves of one byte": variable(type="<>u1"),
    "a variable that is a list": lambda files: files["data.json"]["info"].update(x=[1]),
    "reward as a text": scenario(reward="score"),
    "reward as a number": scenario(reward=1),
    "done as a text": scenario(done="lives"),
    "done as true": scenario(done=True),
    "rewards with null": scenario(rewards=[None]),
    "rewards as an object": scenario(rewards=score(reward=2)),
    "variables as null": reward(variables=None),
    "variables as a list": reward(variables=[]),
    "variables in a list": reward(variables=[{"reward": 1}]),
    "a variable of reward as null": reward(variables={"score": None}),
    "a variable of reward as a number": reward(variables={"score": 1}),
    "a variable of done as null": done(variables={"lives": None}),
    "a variable of done as text": done(variables={"lives": "zero"}),
    "nodes as null": done(nodes=None),
    "a node that is null": done(nodes={"a": None}),
    "nodes in a list": done(nodes=[lives(op="zero")]),
    "an op in a list": done(**lives(op=["zero"])),
    "time as a number": reward(time=1),
    "an infinite reward": reward(**score(reward=1e39)),
    "a reference too large": done(**lives(op="less-than", reference=2**70)),
    # What is there twice, and what comes after the end.
    "a variable twice": file(
        "data.json",
        b'{"info": {"score": {"address": 16712282, "type": ">u2"},'
        b' "score": {"address": 16712270, "type": ">u4"},'
        b' "lives": {"address": 16712282, "type": ">u2"}}}',
    ),
    "more after the data": file("data.json", json.dumps(DATA).encode() + b"\n x"),
    "a scenario as a list": file("scenario.json", []),
    "a scenario as null": file("scenario.json", b"null"),
    "NaN in a scenario": file("scenario.json", b'{"reward": {"variables": {"score": NaN}}}'),
    "players as null": metadata(default_state="Level1", players=None),
    "a state with a directory": metadata(default_state="./Level1"),
    "a crop of floats": scenario(crop=[10.7, 20.2, 100.5, 50.9]),
    "a crop of five": scenario(crop=[1, 2, 30, 40, 5]),
    "a crop of negative size": scenario(crop=[10, 20, -100, -50]),
    "a crop before the picture": scenario(crop=[-10, -20, 100, 50]),
    "a crop behind the picture": scenario(crop=[400, 0, 10, 10]),
    "an unknown button": scenario(actions=[[[], ["JUMP"]], [[], ["LEFT"]]]),
    "scripts as text": lambda files: files.update(
        {
            "scenario.json": {"reward": {"script": "lua:earned"}, "scripts": "own.lua"},
            "own.lua": b"function earned() return 2 end",
        }
    ),
    "a script that looks when it is read": lambda files: files.update(
        {
            "scenario.json": {"reward": {"script": "lua:earned"}, "scripts": ["own.lua"]},
            "own.lua": b"p = data.score function earned() "
            b"local d = data.score - p p = data.score return d end",
        }
    ),
    "a script": lambda files: files.update(
        {
            "scenario.json": {"reward": {"script": "lua:earned"}, "scripts": ["own.lua"]},
            "own.lua": b"function earned() return data.lives * 2 end",
        }
    ),
}


def write(directory: Path, airstriker: Path) -> dict[str, Path]:
    """Write all variants into a directory of games; name -> path."""
    written = {}
    for number, (name, change) in enumerate(VARIANTS.items()):
        files = base()
        change(files)
        path = directory / "stable" / f"Variant{number}-Genesis-v0"
        path.mkdir(parents=True)
        for other in ("rom.md", "rom.sha", "Level1.state"):
            shutil.copy(airstriker / other, path / other)
        for file_name, contents in files.items():
            if isinstance(contents, bytes):
                (path / file_name).write_bytes(contents)
            elif contents is not None:
                (path / file_name).write_text(json.dumps(contents))
        written[name] = path
    return written


# Plays each game that is named on standard input, and prints what comes of it.
PLAY = """
import contextlib, json, os, sys, warnings
warnings.simplefilter("ignore")
os.environ["FARAMA_NOTIFICATIONS_DISABLE"] = "1"
with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
    import stable_retro
import gc
import numpy as np
for name in sys.stdin.read().split():
    try:
        env = stable_retro.make(name, render_mode="rgb_array")
        draw = np.random.default_rng(2)
        observation, _ = env.reset()
        steps = [[0, False, env.data.lookup_all(), list(observation.shape)]]
        for _ in range(int(sys.argv[1])):
            observation, reward, done, _, info = env.step(draw.integers(0, 2, 12) * 1)
            steps.append([float(reward), bool(done), info, list(observation.shape)])
        env.close()
        print(json.dumps([name, None, steps]), flush=True)
    except Exception as error:
        print(json.dumps([name, repr(error), []]), flush=True)
    env = None
    gc.collect()
"""
