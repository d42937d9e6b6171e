"""How large a game's picture is as it is played: the one size in which an env shows it."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

from pylibretro._core import Core, State
from pylibretro.envs.env_spec import EnvSpec, state_contents
from pylibretro.error import LibretroError
from pylibretro.picture.observation import Observation

__all__ = ["played_size", "sized"]

FRAMES_TO_SEE = 60  # in which a console that has been turned on finds the size of its game


class Size(NamedTuple):
    """The size of a picture.

    Attributes:
        height: Of the upright picture, in pixels.
        width: Its width.
        turned: Whether the core draws it lying on its side.
    """

    height: int
    width: int
    turned: bool


def played_size(spec: EnvSpec) -> Size:
    """Return the size of a game's picture as it is played.

    Consoles switch between sizes, and have another one when they are turned on. A core of its own
    is opened to see: with start states it is the size of the first picture of the first of them;
    otherwise the one that is seen most in the second after `EnvSpec.start`. Where there is no
    picture, it is the base size that the core declares.
    """
    core_spec = replace(spec.core_spec(), save_dir=None)  # so that nothing is written
    seen: Counter[Size] = Counter()
    with Core(core_spec) as core:
        geometry = core.geometry
        declared = _upright(core, geometry.base_height, geometry.base_width)
        with suppress(LibretroError):  # what needs the state or the frames says what is wrong
            _look(core, spec, seen)
    return seen.most_common(1)[0][0] if seen else declared


def _look(core: Core, spec: EnvSpec, seen: Counter[Size]) -> None:
    first = None if spec.states is None else next(iter(spec.states.values()))
    if first is None:
        held: Any = spec.start
        for mask, frames in held:
            core.run(frames, [mask] * frames)
        count = FRAMES_TO_SEE
    else:
        contents = state_contents(first)
        if isinstance(contents, State):
            core.restore(contents)
        else:
            core.load_state(contents)
        count = 0 if isinstance(contents, State) and core.frame is not None else 1
    if count == 0:
        seen.update(_shown(core))
    for _ in range(count):
        if core.shut_down or not core.run():
            break
        seen.update(_shown(core))


def _shown(core: Core) -> list[Size]:
    picture = core.raw_frame
    return [] if picture is None else [_upright(core, *picture.shape[:2])]


def _upright(core: Core, height: int, width: int) -> Size:
    turned = core.rotation % 2 == 1
    return Size(width, height, turned) if turned else Size(height, width, turned)


def sized(observation: Observation, size: Size) -> Observation:
    """Return an `Observation` that has a size: that of the game's picture, unless it has its own.

    Args:
        observation: Any.
        size: The size of the game's picture.
    """
    if observation.size is not None or observation.crop is not None:
        return observation
    lies = size.turned and not observation.rotate
    return replace(
        observation, size=(size.width, size.height) if lies else (size.height, size.width)
    )
