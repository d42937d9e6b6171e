"""A window that shows an env as it is played, made with pygame."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

__all__ = ["Window"]

SMALLEST_HEIGHT = 480  # pixels, so that the picture of a handheld can be seen


class Window:
    """A window that shows one picture after the other, at the speed of the game.

    Raises:
        gymnasium.error.DependencyNotInstalled: pygame is not installed.
    """

    def __init__(self) -> None:
        """Find pygame; the window opens with the first picture."""
        try:
            import pygame
        except ImportError:
            raise gymnasium.error.DependencyNotInstalled(
                "render_mode='human' needs pygame: pip install pygame"
            ) from None
        self.pygame: Any = pygame
        self.surface: Any = None
        self.clock: Any = None

    def show(self, picture: NDArray[np.uint8], fps: float) -> None:
        """Show a picture, and wait as long as the game shows it.

        Args:
            picture: (height, width, 3) RGB.
            fps: How many pictures a second.
        """
        pygame = self.pygame
        height, width = picture.shape[:2]
        scale = max(1, -(-SMALLEST_HEIGHT // height))
        size = (width * scale, height * scale)
        if self.surface is None:
            pygame.display.init()
            pygame.display.set_caption("pylibretro")
            self.clock = pygame.time.Clock()
        if self.surface is None or self.surface.get_size() != size:
            self.surface = pygame.display.set_mode(size)
        image = pygame.surfarray.make_surface(picture.swapaxes(0, 1))
        self.surface.blit(pygame.transform.scale(image, size), (0, 0))
        pygame.event.pump()
        pygame.display.flip()
        self.clock.tick(fps)

    def close(self) -> None:
        """Close the window; closing again does nothing."""
        if self.surface is not None:
            self.pygame.display.quit()
            self.surface = None
