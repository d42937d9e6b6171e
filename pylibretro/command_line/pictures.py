"""Picture files: one PNG, or a GIF of a whole run."""

from __future__ import annotations

import itertools
import zlib
from collections import Counter
from collections.abc import Iterator

import numpy
from numpy.typing import NDArray

from pylibretro.command_line.failure import CommandError, needs_package
from pylibretro.command_line.gif import MOST_COLOURS, GIFWriter
from pylibretro.files.whole_file import open_whole
from pylibretro.picture.fitting import fitted

__all__ = ["GIFRecorder", "check_pillow", "save_png"]

# Viewers show frames that are said to be shorter for much longer instead.
SHORTEST_HUNDREDTHS = 2
LONGEST_HUNDREDTHS = 65535
SAMPLED_PIXELS = 1 << 19


def check_pillow() -> None:
    """Raise the error for a missing Pillow now instead of after the run."""
    with needs_package("PIL", "a picture"):
        import PIL.Image  # noqa: F401


def save_png(path: str, frame: NDArray[numpy.uint8], scale: int = 1) -> None:
    """Save an (H, W, 3) RGB frame, each pixel `scale` pixels wide and high."""
    with needs_package("PIL", "a picture"):
        from PIL import Image
    image = Image.fromarray(enlarged(frame, scale))
    with open_whole(path) as file:
        image.save(file, "PNG", optimize=True)


def enlarged(frame: NDArray[numpy.uint8], scale: int) -> NDArray[numpy.uint8]:
    """Return a frame, or its places in the palette, with every pixel made a sharp square."""
    return frame.repeat(scale, 0).repeat(scale, 1) if scale > 1 else frame


class GIFRecorder:
    """Collects frames and saves them as one animated GIF.

    All frames share one palette. A run of no more than 255 colours is kept exactly; otherwise the
    palette is chosen for the whole run, so that no colour flickers. A frame equal to the one before
    only prolongs that one. Frames are kept compressed until `save`, so memory stays small. Those of
    another size than that which is shown longest are fitted to it.

    Args:
        scale: How many pixels wide and high a pixel of the frame becomes.
    """

    def __init__(self, scale: int = 1) -> None:
        """Begin without frames."""
        check_pillow()
        self._scale = scale
        self._packed: list[bytes] = []
        self._sizes: list[tuple[int, int]] = []
        self._seconds: list[float] = []
        self._colour_seen = numpy.zeros(1 << 24, bool)
        self._last: NDArray[numpy.uint8] | None = None

    def __len__(self) -> int:
        """How many different frames there are."""
        return len(self._packed)

    def add(self, frame: NDArray[numpy.uint8], seconds: float) -> None:
        """Append an (H, W, 3) RGB frame that is shown for some time."""
        if self._last is not None and numpy.array_equal(frame, self._last):
            self._seconds[-1] += seconds
            return
        self._last = frame
        self._colour_seen[colour_numbers(frame)] = True
        self._packed.append(zlib.compress(frame.tobytes(), 1))
        self._sizes.append((frame.shape[0], frame.shape[1]))
        self._seconds.append(seconds)

    def save(self, path: str) -> None:
        """Write the file.

        Raises:
            CommandError: There are no frames.
        """
        if not self._packed:
            raise CommandError(f"there is no picture to write to {path}: the core has sent none")
        palette, places = self._choose_palette()
        height, width = self._size()
        with open_whole(path) as file:
            gif = GIFWriter(file, width * self._scale, height * self._scale, palette)
            for frame, duration in zip(self._frames(), self._durations(), strict=True):
                hundredths = duration
                while hundredths:
                    part = min(hundredths, LONGEST_HUNDREDTHS)
                    gif.add(enlarged(places[colour_numbers(frame)], self._scale), part)
                    hundredths -= part
            gif.close()

    def _size(self) -> tuple[int, int]:
        """Height and width of the pictures that are shown longest."""
        shown: Counter[tuple[int, int]] = Counter()
        for size, seconds in zip(self._sizes, self._seconds, strict=True):
            shown[size] += seconds  # type: ignore[assignment]
        return shown.most_common(1)[0][0]

    def _durations(self) -> list[int]:
        """Hundredths of a second per frame, which add up to the true time within one of them.

        A frame that would be too short to be shown has 0, and its time goes to the next one; that
        of the last ones goes to the one before them.
        """
        durations = [0] * len(self._seconds)
        ends, shown, last = 0.0, 0, 0
        for i, seconds in enumerate(self._seconds):
            ends += seconds * 100
            hundredths = round(ends) - shown
            if hundredths >= SHORTEST_HUNDREDTHS:
                durations[i] = hundredths
                shown += durations[i]
                last = i
        rest = max(round(ends) - shown, 0)
        if durations[last] + rest >= SHORTEST_HUNDREDTHS or not any(durations):
            durations[last] = max(SHORTEST_HUNDREDTHS, durations[last] + rest)
        return durations

    def _frames(self) -> Iterator[NDArray[numpy.uint8]]:
        height, width = self._size()
        for packed, size in zip(self._packed, self._sizes, strict=True):
            frame = numpy.frombuffer(zlib.decompress(packed), numpy.uint8).reshape(*size, 3)
            yield fitted(frame, height, width)

    def _choose_palette(self) -> tuple[NDArray[numpy.uint8], NDArray[numpy.uint8]]:
        """The palette (n, 3), and the place in it of every colour that occurs."""
        colours = numpy.flatnonzero(self._colour_seen)
        rgb = numpy.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1).astype(numpy.uint8)
        places = numpy.zeros(1 << 24, numpy.uint8)
        if len(colours) <= MOST_COLOURS:
            places[colours] = numpy.arange(len(colours))
            return rgb, places
        palette = self._common_colours()
        for start in range(0, len(colours), 4096):
            part = slice(start, start + 4096)
            distance = rgb[part, None].astype(numpy.int32) - palette.astype(numpy.int32)
            # Green counts most and blue least, about as the eye weighs them.
            weighted = (distance * distance * (3, 6, 1)).sum(2)
            places[colours[part]] = weighted.argmin(1)
        return palette, places

    def _common_colours(self) -> NDArray[numpy.uint8]:
        """A palette for frames from all over the run."""
        from PIL import Image

        every = max(1, len(self._packed) // 48)
        chosen = itertools.islice(self._frames(), 0, None, every)
        sample = numpy.concatenate([frame.reshape(-1, 3) for frame in chosen])
        sample = sample[:: max(1, len(sample) // SAMPLED_PIXELS)]
        rows = -(-len(sample) // 1024)
        sample = numpy.resize(sample, (rows, 1024, 3))
        quantised = Image.fromarray(sample).quantize(
            MOST_COLOURS, Image.Quantize.MEDIANCUT, kmeans=1
        )
        colours = numpy.array(quantised.getpalette(), numpy.uint8).reshape(-1, 3)
        return colours[:MOST_COLOURS]


def colour_numbers(frame: NDArray[numpy.uint8]) -> NDArray[numpy.uint32]:
    """Return each pixel of an RGB frame as one number, 0xRRGGBB."""
    byte = numpy.uint32(8)
    red, green, blue = (frame[..., channel].astype(numpy.uint32) for channel in range(3))
    numbers: NDArray[numpy.uint32] = (red << byte | green) << byte | blue
    return numbers
