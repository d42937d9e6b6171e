"""A window that shows an env as it is played, made with pygame."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

__all__ = ["Window"]

SMALLEST_HEIGHT = 480  # pixels, so that even a handheld's picture is large enough


class Window:
    """A window that shows one picture after the other, at the speed of the game.

    pygame has one window in each process; several of these take turns with it.

    Attributes:
        dismissed: Whether the user has closed it. It stays closed then, and nothing waits for it.

    Raises:
        gymnasium.error.DependencyNotInstalled: pygame is not installed.
    """

    last_shown: ClassVar[Window | None] = None

    def __init__(self) -> None:
        """Find pygame; the window opens with the first picture."""
        try:
            import pygame
        except ImportError:
            raise gymnasium.error.DependencyNotInstalled(
                "render_mode='human' needs pygame: pip install pygame"
            ) from None
        self.pygame: Any = pygame
        self.clock: Any = None
        self.dismissed = False

    def show(self, picture: NDArray[np.uint8], fps: float) -> None:
        """Show a picture, and wait as long as the game shows it.

        Args:
            picture: (height, width, 3) RGB.
            fps: How many pictures a second.

        Raises:
            gymnasium.error.Error: No window can be opened here.
        """
        if self.dismissed:
            return
        pygame = self.pygame
        height, width = picture.shape[:2]
        scale = max(1, -(-SMALLEST_HEIGHT // height))
        size = (width * scale, height * scale)
        surface = pygame.display.get_surface()
        if surface is None or surface.get_size() != size:
            surface = self.opened(size)
        Window.last_shown = self
        image = pygame.surfarray.make_surface(picture.swapaxes(0, 1))
        surface.blit(pygame.transform.scale(image, size), (0, 0))
        pygame.display.flip()
        if pygame.event.get(pygame.QUIT):
            self.dismissed = True
            self.close()
            return
        pygame.event.clear()  # those of keys and of the mouse, which nobody else takes
        if self.clock is None:
            self.clock = pygame.time.Clock()
        self.clock.tick(fps)

    def opened(self, size: tuple[int, int]) -> Any:
        """Open the window, or give it another size, and return its surface."""
        display = self.pygame.display
        try:
            display.init()
            display.set_caption("pylibretro")
            return display.set_mode(size)
        except self.pygame.error as problem:
            display.quit()
            raise gymnasium.error.Error(
                f"render_mode='human' can open no window here ({problem}); use 'rgb_array', or set "
                f"SDL_VIDEODRIVER to a driver that there is"
            ) from None

    def close(self) -> None:
        """Close the window if it shows this env; closing again does nothing."""
        if Window.last_shown is self:
            Window.last_shown = None
            self.pygame.display.quit()
