"""The graphics contexts that cores draw with."""

from __future__ import annotations

from typing import Any, NamedTuple

from pylibretro.enums import HardwareContextType

__all__ = ["HardwareContext", "preferred_context_type"]


class HardwareContext(NamedTuple):
    """The context that a core draws with (`RETRO_ENVIRONMENT_SET_HW_RENDER`).

    Attributes:
        type: What the core asked for.
        version: (major, minor) of OpenGL or OpenGL ES that it got.
        version_string: The version in the driver's words.
        vendor: Who made the driver.
        renderer: What does the drawing: a graphics card, or "llvmpipe" for the processor.
        framebuffer_size: (height, width) in pixels, the maximum that the core has announced.
        depth: Whether the framebuffer has a depth buffer.
        stencil: Whether it has a stencil buffer.
        bottom_left_origin: Whether the core draws with its first row at the bottom.
        debug: Whether the core asked for a debugging context.
    """

    type: HardwareContextType
    version: tuple[int, int]
    version_string: str
    vendor: str
    renderer: str
    framebuffer_size: tuple[int, int]
    depth: bool
    stencil: bool
    bottom_left_origin: bool
    debug: bool


_OPENGL = (
    HardwareContextType.OPENGL,
    HardwareContextType.OPENGLES2,
    HardwareContextType.OPENGL_CORE,
    HardwareContextType.OPENGLES3,
    HardwareContextType.OPENGLES_VERSION,
)


def preferred_context_type(hardware: Any) -> HardwareContextType | None:
    """Return the type of context to offer first; None if none is to be offered.

    Raises:
        TypeError: The `hardware` of a Core is none of its kinds.
        ValueError: There are no contexts of this type.
    """
    if hardware is None or hardware is False:
        return None
    if hardware is True:
        return HardwareContextType.OPENGL_CORE
    kind: HardwareContextType | None
    if isinstance(hardware, HardwareContextType):
        kind = hardware
    elif isinstance(hardware, str):
        kind = HardwareContextType.__members__.get(hardware.upper())
    else:
        raise TypeError(f"hardware is {hardware!r}; True, False or a HardwareContextType is needed")
    if kind is None or kind not in _OPENGL:
        names = ", ".join(known.name for known in _OPENGL)
        raise ValueError(f"hardware is {hardware!r}; contexts of these types can be had: {names}")
    return kind
