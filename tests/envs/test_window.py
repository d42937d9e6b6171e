"""render_mode="human": a window of pygame's, here without a screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")
pygame: Any = pytest.importorskip("pygame")

from pylibretro import LibretroEnv, MemoryWindow  # noqa: E402
from pylibretro.envs.registration import game_2048  # noqa: E402

GAME: dict[str, Any] = {**game_2048(), "observation": MemoryWindow(), "render_mode": "human"}


@pytest.fixture(autouse=True)
def no_screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    yield
    pygame.display.quit()


def shown() -> Any:
    """What is in the window, (height, width, 3)."""
    surface = pygame.display.get_surface()
    return None if surface is None else pygame.surfarray.array3d(surface).swapaxes(0, 1)


def test_each_step_is_shown() -> None:
    env = LibretroEnv(**GAME)
    assert "human" in env.metadata["render_modes"]
    assert shown() is None
    env.reset(seed=1)
    for action in (None, 0, 2, 1):
        if action is not None:
            env.step(action)
        picture = env.core.frame
        assert picture is not None
        np.testing.assert_array_equal(shown(), picture.repeat(2, axis=0).repeat(2, axis=1))
        assert picture.std() > 10
    assert env.render() is None
    assert env.window_open
    env.close()
    assert shown() is None
    env.close()


def test_it_goes_on_when_the_user_closes_the_window() -> None:
    env = LibretroEnv(**GAME)
    plain = LibretroEnv(**{**GAME, "render_mode": None})
    env.reset(seed=1)
    plain.reset(seed=1)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    for action in (0, 2, 1, 3, 0):
        one, other = env.step(action), plain.step(action)
        np.testing.assert_array_equal(one[0], other[0])
        assert not env.window_open
        assert shown() is None
    env.reset()
    assert env.render() is None
    assert shown() is None, "it stays closed"
    env.close()
    plain.close()


def test_keys_and_clicks_do_not_pile_up() -> None:
    env = LibretroEnv(**GAME)
    env.reset(seed=1)
    for _ in range(50):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_a))
        env.step(0)
    assert not pygame.event.get(pygame.KEYDOWN)
    env.close()


def test_several_envs_take_turns_in_the_window() -> None:
    """One of pygame's is all that a process has."""
    one, other = LibretroEnv(**GAME), LibretroEnv(**GAME)
    one.reset(seed=1)
    other.reset(seed=2)
    one.step(0)
    other.step(1)
    one.close()
    picture = other.core.frame
    assert picture is not None
    np.testing.assert_array_equal(shown()[::2, ::2], picture)
    pygame.display.quit()  # by somebody else
    other.step(0)
    assert shown() is not None
    other.close()
    assert shown() is None


def test_where_there_is_no_screen_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    env = LibretroEnv(**GAME)
    with pytest.raises(gymnasium.error.Error, match="can open no window here"):
        env.reset(seed=1)
    env.close()
