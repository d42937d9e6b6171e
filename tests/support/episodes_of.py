"""What an episode shows, as text that can be compared anywhere; and a look at all cores:

    python tests/support/episodes_of.py [STEPS]

plays an episode of every core here with its content after 0, 1 and 500 steps of other play, in
another slot, among others and in another process, and says where they differ.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from pylibretro import EnvSpec, LibretroEnv, LibretroVectorEnv
from pylibretro.actions import ButtonActions

SEED = 5


def spec_of(core: str, content: str | None, options: dict[str, str], state: str | None) -> EnvSpec:
    states = None if state is None else {"start": state}
    return EnvSpec(
        core=core,
        content=content,
        options=options,
        states=states,
        actions=ButtonActions(["B", "A", "START", "UP", "DOWN", "LEFT", "RIGHT"]),
        noop_max=3,
        repeat_action_probability=0.25,
    )


def actions_of(env: Any, steps: int, seed: int) -> list[Any]:
    env.action_space.seed(seed)
    return [env.action_space.sample() for _ in range(steps)]


def shown(observation: Any, reward: Any, core: Any) -> str:
    digest = hashlib.sha1(np.ascontiguousarray(observation).tobytes())
    digest.update(str(float(reward)).encode())
    memory = core.memory.system_ram
    if memory is not None:
        digest.update(np.ascontiguousarray(memory).tobytes())
    return digest.hexdigest()[:12]


def played(env: LibretroEnv, steps: int, seed: int = SEED) -> list[str]:
    observation, _ = env.reset(seed=seed)
    digests = [shown(observation, 0, env.core)]
    for action in actions_of(env, steps, seed):
        observation, reward, terminated, *_ = env.step(action)
        digests.append(shown(observation, reward, env.core))
        if terminated:
            break
    return digests


def after(spec: tuple[Any, ...], steps: int, before: tuple[int, ...]) -> list[list[str]]:
    """An episode in one env, each time after so many steps of another."""
    env = LibretroEnv(spec_of(*spec))
    episodes = []
    for number, play in enumerate(before):
        if play:
            played(env, play, seed=100 + number)
        episodes.append(played(env, steps))
    env.close()
    return episodes


def in_slot(spec: tuple[Any, ...], steps: int, slot: int, count: int) -> list[str]:
    """The episode in one slot of several, after other play in all of them."""
    single = LibretroEnv(spec_of(*spec))
    wanted = actions_of(single, steps, SEED)
    single.close()
    envs = LibretroVectorEnv(spec_of(*spec), num_envs=count, threads=2)
    envs.reset(seed=40)
    for actions in actions_of(envs, 7, 3):
        envs.step(actions)
    seeds = [SEED if i == slot else 50 + i for i in range(count)]
    observations, _ = envs.reset(seed=seeds)
    digests = [shown(observations[slot], 0, envs.batch[slot])]
    others = actions_of(envs, steps, 4)
    for action, actions in zip(wanted, others, strict=True):
        actions[slot] = action
        observations, rewards, ends, *_ = envs.step(actions)
        digests.append(shown(observations[slot], rewards[slot], envs.batch[slot]))
        if ends[slot]:
            break
    envs.close()
    return digests


def differing(spec: tuple[Any, ...], steps: int, before: tuple[int, ...]) -> list[str]:
    """Where the episode is not the same; empty if it is everywhere."""
    from playing import in_another_process

    first, *later = after(spec, steps, (0, *before))
    others = {f"after {play} steps": one for play, one in zip(before, later, strict=True)}
    others["in slot 1 of 3"] = in_slot(spec, steps, 1, 3)
    elsewhere = in_another_process(after, spec, steps, before[:1], timeout=600)
    others["in another process"] = elsewhere[0]
    differences = []
    for where, digests in others.items():
        if digests != first:
            pairs = enumerate(zip(first, digests, strict=False))
            step = next((i for i, (one, two) in pairs if one != two), -1)
            differences.append(f"{where}: at step {step}")
    return differences


def main() -> int:
    from real import PLAYS

    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    wrong = 0
    with tempfile.TemporaryDirectory() as directory:
        for play in PLAYS:
            spec = (str(play.core), str(play.content(Path(directory))), play.options, None)
            try:
                differences = differing(spec, steps, (1, 500))
            except Exception as error:  # each core is looked at, whatever became of those before
                differences = [repr(error)]
            wrong += bool(differences)
            print(f"{play.id:52}", "; ".join(differences) or "the same everywhere", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
