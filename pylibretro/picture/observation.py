"""What a learner sees of a game: how `CoreBatch` makes observations from a core's pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from operator import index
from typing import Any, Literal

import numpy

__all__ = ["Observation"]

# A name's place here is its number in include/planes.h, resize.h and observation.h.
LUMAS = ("bt601", "bt709", "average")
POOL_MODES = ("max", "mean")
RESIZE_MODES = ("nearest", "bilinear", "area", "area-exact")
PADDINGS = ("repeat", "zero")
LAYOUTS = ("CHW", "HWC")
DTYPES = ("uint8", "float32")

SIDE_LIMIT = 16384
STACK_LIMIT = 16

Rectangle = tuple[int, int, int, int]


def _whole_number(value: Any, what: str, least: int, most: int) -> int:
    try:
        if isinstance(value, (bool, numpy.bool_)):
            raise TypeError
        number = index(value)
    except TypeError:
        raise TypeError(f"{what} is a whole number, not {value!r}") from None
    if not least <= number <= most:
        raise ValueError(f"{what} is between {least} and {most}, not {number}")
    return number


def _numbers(value: Any, what: str, names: Sequence[str], least: Sequence[int]) -> tuple[int, ...]:
    form = f"({', '.join(names)})"
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{what} is {form} in pixels, not {value!r}")
    values = tuple(value)
    if len(values) != len(names):
        raise ValueError(f"{what} is {form}, {len(names)} numbers; {value!r} has {len(values)}")
    return tuple(
        _whole_number(number, f"{name} of {what} {value!r}", lowest, SIDE_LIMIT)
        for number, name, lowest in zip(values, names, least, strict=True)
    )


def _rectangle(value: Any, what: str) -> Rectangle:
    top, left, height, width = _numbers(
        value, what, ("top", "left", "height", "width"), (0, 0, 1, 1)
    )
    return top, left, height, width


def _one_of(value: Any, what: str, names: Sequence[str]) -> str:
    choices = f"{', '.join(map(repr, names[:-1]))} or {names[-1]!r}"
    if not isinstance(value, str):
        raise TypeError(f"{what} is {choices}, not {value!r}")
    if value not in names:
        raise ValueError(f"{what} is {choices}; there is no {value!r}")
    return value


def _truth(value: Any, what: str) -> bool:
    if not isinstance(value, (bool, numpy.bool_)):
        raise TypeError(f"{what} is True or False, not {value!r}")
    return bool(value)


@dataclass(frozen=True)
class Observation:
    """How the pictures of a core become what `CoreBatch.observations` holds.

    Everything happens in C, in one pass over the core's framebuffer and in this order: rotate,
    crop, mask, gray, pool, resize, stack. It is plain data: it can be compared, hashed and pickled,
    and one object serves any number of batches. Values are checked and brought to one form, so that
    `Observation(gray=True) == Observation(gray="bt601")`.

    Args:
        size: (height, width) of the result in pixels; None keeps the size of the picture after
            rotation and crop. When a core changes the size of its pictures, those are resized to
            the size that the batch began with.
        crop: (top, left, height, width) of the part to look at, in pixels of the upright picture;
            None is all of it. What lies outside the picture is black.
        mask: Rectangles (top, left, height, width) that become black, in pixels of the upright
            picture before the crop; to hide a score, for example.
        rotate: Whether the picture is turned upright, as the core asks with `SET_ROTATION`.
        gray: False for red, green and blue; or how much each counts in gray: "bt601" (True is the
            same), the 0.299, 0.587, 0.114 of OpenCV and Pillow; "bt709", the 0.2126, 0.7152, 0.0722
            of high definition; "average", a third each.
        pool: 1, or 2 to combine the last two frames of a step, against sprites that flicker. A step
            of one frame shows that frame alone, as Gymnasium's `AtariPreprocessing` does with a
            frame skip of 1. A frame that repeats the one before counts as that picture once more.
        pool_mode: "max" or "mean" of the two, the mean rounded up; of the gray values, or of each
            colour.
        resize: "nearest", "bilinear", "area" (the mean of the pixels that fall into one; within 1
            of OpenCV's `INTER_AREA` and fast) or "area-exact" (equal to `INTER_AREA` to the bit).
        stack: How many observations, one for each step, lie one after the other, the newest last: 1
            to 16.
        padding: What stands for the observations that are missing after a reset: "repeat", the
            first one again, or "zero", black.
        layout: "CHW" for (stack * channels, height, width) or "HWC" for (height, width,
            stack * channels); there is one channel in gray, and red, green and blue otherwise.
        dtype: "uint8", 0 to 255, or "float32", 0 to 1: the same divided by 255. NumPy's own
            objects for these two are also taken.

    Raises:
        TypeError: A value is of the wrong kind.
        ValueError: A value is out of its range, or not one of the names.

    >>> from pylibretro.picture.observation import Observation
    >>> nature = Observation(size=(84, 84), gray=True, pool=2, stack=4)
    >>> nature.shape_for(210, 160)
    (4, 84, 84)
    >>> Observation(crop=(16, 0, 200, 256), layout="HWC").shape_for(224, 256)
    (200, 256, 3)
    >>> Observation(pool=3)
    Traceback (most recent call last):
        ...
    ValueError: pool is between 1 and 2, not 3
    """

    size: tuple[int, int] | None = None
    _: KW_ONLY
    crop: Rectangle | None = None
    mask: tuple[Rectangle, ...] = ()
    rotate: bool = True
    gray: bool | Literal["bt601", "bt709", "average"] = False
    pool: int = 1
    pool_mode: Literal["max", "mean"] = "max"
    resize: Literal["nearest", "bilinear", "area", "area-exact"] = "area"
    stack: int = 1
    padding: Literal["repeat", "zero"] = "repeat"
    layout: Literal["CHW", "HWC"] = "CHW"
    dtype: Literal["uint8", "float32"] = "uint8"

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        if self.size is not None:
            self._settle("size", _numbers(self.size, "size", ("height", "width"), (1, 1)))
        if self.crop is not None:
            self._settle("crop", _rectangle(self.crop, "crop"))
        self._settle("mask", self._checked_mask())
        self._settle("rotate", _truth(self.rotate, "rotate"))
        self._settle("gray", self._checked_gray())
        self._settle("pool", _whole_number(self.pool, "pool", 1, 2))
        self._settle("stack", _whole_number(self.stack, "stack", 1, STACK_LIMIT))
        self._settle("dtype", self._checked_dtype())
        for name, choices in (
            ("pool_mode", POOL_MODES),
            ("resize", RESIZE_MODES),
            ("padding", PADDINGS),
            ("layout", LAYOUTS),
        ):
            _one_of(getattr(self, name), name, choices)

    def _settle(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _checked_mask(self) -> tuple[Rectangle, ...]:
        mask: Any = self.mask
        form = "a sequence of rectangles (top, left, height, width)"
        if isinstance(mask, (str, bytes)) or not isinstance(mask, Iterable):
            raise TypeError(f"mask is {form}, not {mask!r}")
        rectangles = tuple(mask)
        if len(rectangles) == 4 and not any(isinstance(side, Iterable) for side in rectangles):
            raise TypeError(f"mask is {form}; for a single one give mask=[{mask!r}]")
        return tuple(_rectangle(rectangle, f"mask[{i}]") for i, rectangle in enumerate(rectangles))

    def _checked_gray(self) -> bool | str:
        gray: Any = self.gray
        if isinstance(gray, (bool, numpy.bool_)):
            return LUMAS[0] if gray else False
        if not isinstance(gray, str):
            raise TypeError(f"gray is True, False or the name of a luma, not {gray!r}")
        return _one_of(gray, "gray", LUMAS)

    def _checked_dtype(self) -> str:
        asked: Any = self.dtype
        choices = "dtype is 'uint8' or 'float32'"
        if asked is None:  # which numpy.dtype takes for float64
            raise TypeError(f"{choices}, not None")
        try:
            dtype = numpy.dtype(asked)
        except (TypeError, ValueError):
            kind = ValueError if isinstance(asked, str) else TypeError
            raise kind(f"{choices}, not {asked!r}") from None
        for name in DTYPES:
            if dtype == numpy.dtype(name):
                return name
        raise ValueError(f"{choices}, not {asked!r}")

    @property
    def channels(self) -> int:
        """Channels of one observation that is not stacked: 1 in gray, else 3."""
        return 1 if self.gray else 3

    def size_for(self, picture_height: int, picture_width: int) -> tuple[int, int]:
        """Return (height, width) of the result for pictures of this size.

        Args:
            picture_height: Height of the picture in pixels, after rotation where that is honoured.
            picture_width: Its width.

        Raises:
            TypeError: A side is no whole number.
            ValueError: A side is not between 1 and 16384 pixels.

        >>> Observation(crop=(0, 8, 224, 240)).size_for(224, 256)
        (224, 240)
        """
        height = _whole_number(picture_height, "picture_height", 1, SIDE_LIMIT)
        width = _whole_number(picture_width, "picture_width", 1, SIDE_LIMIT)
        if self.size is not None:
            return self.size
        if self.crop is not None:
            return self.crop[2:]
        return height, width

    def shape_for(self, picture_height: int, picture_width: int) -> tuple[int, int, int]:
        """Return the shape of one core's observation, for pictures of this size.

        Args:
            picture_height: Height of the picture in pixels, after rotation where that is honoured.
            picture_width: Its width.

        Raises:
            TypeError: A side is no whole number.
            ValueError: A side is not between 1 and 16384 pixels.

        >>> Observation(gray=True, layout="HWC").shape_for(144, 160)
        (144, 160, 1)
        """
        height, width = self.size_for(picture_height, picture_width)
        planes = self.stack * self.channels
        return (planes, height, width) if self.layout == "CHW" else (height, width, planes)
