"""The spec that Gymnasium gives an env, kept in a form that it can store as JSON."""

from __future__ import annotations

from typing import Any

from pylibretro.envs.plain import plain

__all__ = ["StoredSpec"]


class StoredSpec:
    """An env whose `spec` has arguments in plain form, so that `spec.to_json` loses nothing."""

    _spec: Any = None

    @property
    def spec(self) -> Any:
        """Gymnasium's `EnvSpec` of the env, as `gymnasium.make` sets it; None without it.

        Its `kwargs` are in plain form: values of JSON, of which `gymnasium.make` makes the same
        env again. Buffers of the caller's are left out.
        """
        return self._spec

    @spec.setter
    def spec(self, spec: Any) -> None:
        if spec is not None:
            given = {name: one for name, one in spec.kwargs.items() if name != "buffers"}
            spec.kwargs = {name: plain(value) for name, value in given.items()}
        self._spec = spec
