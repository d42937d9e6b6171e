"""Everything that stable-retro's scenario files say of rewards and ends can be said as a rule.

`scenario.json` measures variables, applies an operation, and weights or combines the results; here
is what each of these is as an expression, and stable-retro itself is asked whether that is true.
"""

from __future__ import annotations

import ctypes
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from child import run_child
from compiler import NoCompilerError, build_library
from real import package_directory

from pylibretro.games.integration import OPERATIONS
from pylibretro.rules import compile_rule, watch_from

PROBE = Path(__file__).resolve().parents[1] / "batch" / "rules_probe.c"
GAME = "stable/Airstriker-Genesis-v0"

MEASUREMENTS = {"absolute": "{x}", "delta": "delta({x})"}

Specification = dict[str, Any]


def measured(name: str, variable: Specification, usual: str) -> str:
    watch = name if name.isidentifier() and name != "continue" else f"watch({name!r})"
    measure = MEASUREMENTS[variable.get("measurement", usual)].format(x=watch)
    operation = OPERATIONS[variable.get("op", "")]
    return operation.format(m=measure, r=variable.get("reference", 0))


def reward_rule(reward: Specification) -> str:
    """A variable earns `reward` times what is above 0 and `penalty` times what is below."""
    terms = [str(reward.get("time", {}).get("reward", 0))]
    for name, variable in reward.get("variables", {}).items():
        value = measured(name, variable, "delta")
        if "reward" in variable:
            terms.append(f"max({value}, 0) * {variable['reward']}")
        if "penalty" in variable:
            terms.append(f"min({value}, 0) * {variable['penalty']}")
    return " + ".join(terms)


def done_rule(done: Specification) -> str:
    """A variable is true above 0, and so is a node; `condition` joins them, "any" if not given."""
    terms = [
        f"({measured(name, variable, 'absolute')}) > 0"
        for name, variable in done.get("variables", {}).items()
    ]
    terms += [done_rule(node) for node in done.get("nodes", {}).values()]
    if done.get("condition") == "all":
        return " and ".join(f"({term})" for term in terms) or "True"
    return " or ".join(f"({term})" for term in terms) or "False"


# The watches are bytes of RAM that the game leaves alone, so that every value comes up.
INFO = {
    "small": {"address": 0xFF8000, "type": "|i1"},
    "large": {"address": 0xFF8002, "type": ">i4"},
    "count": {"address": 0xFF8008, "type": ">u2"},
}


def every_scenario() -> list[Specification]:
    """Each operation on each measurement, as an end, as a reward, and in trees."""
    scenarios: list[Specification] = []
    for op in OPERATIONS:
        for measurement in ("", *MEASUREMENTS):
            variable: Specification = {"reference": -2 if op == "negative-equal" else 2}
            variable |= {"op": op} if op else {}
            variable |= {"measurement": measurement} if measurement else {}
            rewarded = variable | {"reward": 0.5, "penalty": 3}
            scenarios.append(
                {
                    "done": {"variables": {"small": variable}},
                    "reward": {"variables": {"small": rewarded, "count": {"penalty": 0.25}}},
                }
            )
    zero, some = {"op": "zero"}, {"op": "greater-than", "reference": 1}
    pair = {"small": zero, "count": some}
    node = {"condition": "all", "variables": pair}
    scenarios += [
        {"done": {"condition": "all", "variables": pair}, "reward": {"time": {"reward": 0.125}}},
        {"done": {"variables": pair}, "reward": {"variables": {"large": {"reward": 2}}}},
        {"done": {"variables": {"large": {"op": "negative"}}, "nodes": {"a": node}}},
        {"done": {"condition": "all", "variables": {"count": some}, "nodes": {"a": {"nodes": {
            "b": node, "c": {"variables": {"large": {"op": "positive"}}}}}}}},
        {"reward": {"time": {"reward": -1}, "variables": {"count": {"reward": 1, "penalty": 1}}}},
    ]  # fmt: skip
    return scenarios


# stable-retro runs one emulator in a process, and may greet on standard error.
STABLE_RETRO = """
import contextlib, json, os, random, sys
os.environ["FARAMA_NOTIFICATIONS_DISABLE"] = "1"
with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
    import stable_retro
"""

PLAY = """
from pathlib import Path
directory, count = Path(sys.argv[1]), int(sys.argv[2])
emulator = stable_retro.RetroEmulator(sys.argv[3])
emulator.step()
draw = random.Random(0)
results = []
for number in range(count):
    data = stable_retro.data.GameData()  # one that loads again keeps nodes of what it had before
    emulator.configure_data(data)
    assert data.load(str(directory / "data.json"), str(directory / f"{number}.json"))
    data.update_ram()
    frames = [[data.lookup_all(), 0, False]]
    for _ in range(40):
        data.set_value("small", draw.randint(-3, 3))
        data.set_value("large", draw.randint(-2, 2))
        data.set_value("count", draw.randint(0, 3))
        emulator.step()
        data.update_ram()
        frames.append([data.lookup_all(), data.current_reward(), data.is_done()])
    results.append(frames)
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> ctypes.CDLL:
    try:
        file = build_library(
            PROBE, "rules_probe", build_cache, "-O2", "-lm", units=["batch/rules.c"]
        )
        library = ctypes.CDLL(str(file))
    except NoCompilerError as error:
        pytest.skip(str(error))
    size, pointer, number = ctypes.c_size_t, ctypes.c_void_p, ctypes.c_double
    library.probe_evaluate.argtypes = [
        pointer, size, pointer, size, pointer, pointer, pointer, number,
    ]  # fmt: skip
    library.probe_evaluate.restype = number
    return library


@pytest.fixture(scope="module")
def integrations() -> Path:
    package = package_directory("stable_retro")
    if package is None:
        pytest.skip("stable-retro is not installed")
    return package / "data"


def evaluated(probe: ctypes.CDLL, text: str, frames: list[list[Any]]) -> list[float]:
    rule = compile_rule(text, INFO)
    values = [np.array([frame[0][name] for name in INFO], dtype=np.float64) for frame in frames]
    code, constants = rule.code, rule.constants
    return [
        probe.probe_evaluate(
            code.ctypes.data, len(code), constants.ctypes.data, len(constants),
            now.ctypes.data, before.ctypes.data, values[0].ctypes.data, 0.0,
        )
        for before, now in pairwise(values)
    ]  # fmt: skip


def test_rules_reward_and_end_as_scenarios_do(
    probe: ctypes.CDLL, integrations: Path, tmp_path: Path
) -> None:
    scenarios = every_scenario()
    (tmp_path / "data.json").write_text(json.dumps({"info": INFO}))
    for number, scenario in enumerate(scenarios):
        (tmp_path / f"{number}.json").write_text(json.dumps(scenario))
    printed = run_child(
        PLAY, tmp_path, len(scenarios), integrations / GAME / "rom.md", prelude=STABLE_RETRO
    )
    earned = ended = 0
    for scenario, frames in zip(scenarios, json.loads(printed), strict=True):
        rewards = evaluated(probe, reward_rule(scenario.get("reward", {})), frames)
        assert rewards == [frame[1] for frame in frames[1:]], scenario
        ends = evaluated(probe, done_rule(scenario.get("done", {})), frames)
        assert [end != 0 for end in ends] == [frame[2] for frame in frames[1:]], scenario
        earned += len(set(rewards)) > 1
        ended += len(set(ends)) > 1
    assert earned >= 35
    assert ended >= 35


def test_every_shipped_scenario_is_a_rule(integrations: Path) -> None:
    """All that need no Lua script; and all their variables are watches, but for one byte order."""
    compiled, unwatched = 0, set()
    for file in sorted(integrations.glob("*/*/scenario.json")):
        scenario = json.loads(file.read_text(encoding="utf-8"))
        variables = json.loads((file.parent / "data.json").read_text(encoding="utf-8"))["info"]
        for variable in variables.values():
            if variable["type"].startswith("><"):
                unwatched.add(variable["type"])
            else:
                watch_from((variable["address"], variable["type"], variable.get("mask")))
        for part, translate in (("reward", reward_rule), ("done", done_rule)):
            specification = scenario.get(part, {})
            if "script" not in specification:
                compile_rule(translate(specification), variables)
                compiled += 1
    assert compiled > 1900
    assert unwatched == {"><d4"}
