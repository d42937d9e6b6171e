"""Many copies of a game as a `VecEnv` of Stable-Baselines3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from pylibretro.envs.vector import LibretroVectorEnv

__all__ = ["LibretroVecEnv"]


class LibretroVecEnv(VecEnv):
    """A `LibretroVectorEnv` as Stable-Baselines3 wants it.

    Args:
        core: As for `LibretroVectorEnv`; or a `LibretroVectorEnv` with autoreset in the same step.
        content: As for `LibretroVectorEnv`.
        **arguments: Any other arguments of `LibretroVectorEnv` but `autoreset_mode`.

    Raises:
        ValueError: The given env has another autoreset mode.

    ```python
    from stable_baselines3 import PPO
    from pylibretro.envs.registration import game_2048
    from pylibretro.envs.stable_baselines3 import LibretroVecEnv

    envs = LibretroVecEnv(**game_2048(), num_envs=8)
    PPO("CnnPolicy", envs).learn(100_000)
    ```
    """

    def __init__(self, core: Any, content: Any = None, **arguments: Any) -> None:
        """Open the cores, unless an env is given."""
        if isinstance(core, LibretroVectorEnv):
            if content is not None or arguments:
                raise TypeError("an env takes no other arguments: it has been made")
            self.envs = core
        else:
            self.envs = LibretroVectorEnv(
                core, content, **{**arguments, "autoreset_mode": AutoresetMode.SAME_STEP}
            )
        if self.envs.autoreset_mode is not AutoresetMode.SAME_STEP:
            raise ValueError(
                f"autoreset_mode is {self.envs.autoreset_mode}; Stable-Baselines3 needs "
                f"AutoresetMode.SAME_STEP"
            )
        self.render_mode = self.envs.render_mode
        self.metadata = self.envs.metadata
        self._actions: Any = None
        super().__init__(
            self.envs.num_envs, self.envs.single_observation_space, self.envs.single_action_space
        )

    def reset(self) -> Any:
        """Begin an episode of all envs, with the seeds and options that were set."""
        options = [dict(one) for one in self._options]
        if any(set(one) - {"state"} for one in options):
            raise ValueError("the only option of an env is 'state'")
        states = [one.get("state") for one in options]
        chosen = {"state": states} if any(state is not None for state in states) else None
        observations, infos = self.envs.reset(seed=self._seeds, options=chosen)
        self.reset_infos = self._listed(infos)
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: NDArray[Any]) -> None:
        """Take the actions of the next step."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Step all envs; those whose episode has ended begin the next one."""
        observations, rewards, terminations, truncations, infos = self.envs.step(self._actions)
        dones = terminations | truncations
        listed = self._listed(infos)
        for i in np.flatnonzero(dones).tolist():
            final_info = {
                name: _row(column, i)
                for name, column in infos["final_info"].items()
                if not name.startswith("_")
            }
            self.reset_infos[i] = listed[i]
            listed[i] = {
                **final_info,
                "terminal_observation": infos["final_obs"][i],
                "TimeLimit.truncated": bool(truncations[i] and not terminations[i]),
            }
        return observations, rewards.astype(np.float32), dones, listed

    def _listed(self, infos: Mapping[str, Any]) -> list[dict[str, Any]]:
        names = [name for name in infos if not name.startswith("_") and "final_" not in name]
        columns = [
            infos[name].tolist() if infos[name].ndim == 1 else list(infos[name]) for name in names
        ]
        if not columns:
            return [{} for _ in range(self.num_envs)]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

    def close(self) -> None:
        """Close all cores."""
        self.envs.close()

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """Return the last picture of each env."""
        return self.envs.render() or [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of some envs, as `LibretroVectorEnv.get_attr`."""
        if attr_name == "render_mode":
            return [self.render_mode for _ in self._chosen(indices)]
        values = self.envs.get_attr(attr_name)
        return [values[i] for i in self._chosen(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the `Core` of some envs."""
        for i in self._chosen(indices):
            setattr(self.envs.batch[i], attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the `Core` of some envs, or one that `LibretroVectorEnv.call` knows."""
        chosen = list(self._chosen(indices))
        if not hasattr(self.envs.batch[0], method_name):
            answers = self.envs.call(method_name, *method_args, **method_kwargs)
            return [answers[i] for i in chosen]
        cores = [self.envs.batch[i] for i in chosen]
        return [getattr(core, method_name)(*method_args, **method_kwargs) for core in cores]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Return whether some envs are wrapped, which none of these are."""
        del wrapper_class
        return [False for _ in self._chosen(indices)]

    def _chosen(self, indices: Any) -> Iterable[int]:
        return list(self._get_indices(indices))


def _row(column: NDArray[Any], i: int) -> Any:
    return column[i].item() if column.ndim == 1 else column[i]
