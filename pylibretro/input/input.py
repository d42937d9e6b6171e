"""What a core offers to plug in, and what it calls its buttons."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Controller", "InputDescriptor"]


class Controller(NamedTuple):
    """A device that a port takes (`retro_controller_description`).

    Give its `id` to `Core.set_controller`.
    """

    id: int
    description: str


class InputDescriptor(NamedTuple):
    """What the core calls one button or axis (`retro_input_descriptor`)."""

    port: int
    device: int
    index: int  # type: ignore[assignment]  # libretro's word; hides tuple.index
    id: int
    description: str
