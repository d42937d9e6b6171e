"""Video files with sound: H.264 and AAC by PyAV."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterable
from fractions import Fraction
from types import TracebackType
from typing import Any

import numpy
from numpy.typing import NDArray

from pylibretro.command_line.failure import CommandError
from pylibretro.picture.fitting import fitted

__all__ = ["VideoWriter"]

AUDIO_RATE = 48_000
SMOOTHEST_TIME_BASE = 90_000


class VideoWriter:
    """Writes pictures and samples of a core to a file, in step with each other.

    Pictures of other sizes than `size` are fitted to it. As on the console, sound is placed by the
    count of its samples and pictures by the count of frames, each as long as it is at the rates of
    that moment: a core may change both at any frame.

    Args:
        path: The file; its extension says which container, such as .mp4 or .mkv.
        size: Height and width of most pictures.
        fps: Frames per second of the core at first.
        sample_rate: Samples per second of the core at first; 0 for no sound.
        scale: How many pixels wide and high each pixel becomes.
        aspect: Width by height of the picture as it is to be shown; 0 for square pixels.
        quality: Constant rate factor of H.264: 0 loses nothing, larger is smaller.
    """

    def __init__(
        self,
        path: str,
        size: tuple[int, int],
        *,
        fps: float,
        sample_rate: float,
        scale: int = 2,
        aspect: float = 0.0,
        quality: int = 18,
    ) -> None:
        """Begin an empty file."""
        try:
            import av
        except ImportError:
            raise CommandError(
                "a video needs PyAV, which is not installed: pip install 'pylibretro[video]'"
            ) from None
        self._av = av
        self.path = path
        # Beside it until it is whole, with its extension, by which the container is chosen.
        target = os.path.realpath(path)
        self._unfinished = path
        if os.path.isdir(os.path.dirname(target)) and not special_file(target):
            directory, name = os.path.split(target)
            self._unfinished = os.path.join(directory, f".{os.getpid()}-{name}")
        self.frames = 0
        self.samples = 0
        self._fps = frame_rate(fps)
        self._rate = whole_rate(sample_rate)
        self._seconds = Fraction(0)  # of picture
        self._resampler: Any = None
        self._size = size
        self._scale = scale
        self._aspect = aspect
        self._quality = quality
        self._video: Any = None
        self._audio: Any = None
        try:
            self._container: Any = av.open(self._unfinished, "w")
            if self._rate > 0:
                self._audio = self._container.add_stream("aac", rate=AUDIO_RATE)
                self._audio.layout = "stereo"
                self._audio.bit_rate = 192_000
        except (av.FFmpegError, ValueError) as problem:
            self._discard()
            said = str(problem).replace(self._unfinished, path)
            raise CommandError(f"{path} cannot be written as a video: {said}") from None

    def __enter__(self) -> VideoWriter:
        """Return the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the file, or leave the one that was there if something went wrong."""
        if error is None:
            self.close()
        elif self._container is not None:
            container, self._container = self._container, None
            container.close()
            self._discard()

    def add(
        self,
        picture: NDArray[numpy.uint8] | None,
        samples: NDArray[numpy.int16],
        *,
        fps: float | None = None,
        sample_rate: float | None = None,
    ) -> None:
        """Add the picture and sound of one frame; before the first picture it is black.

        Args:
            picture: (H, W, 3), or None.
            samples: (n, 2).
            fps: Frames per second now, if they have changed.
            sample_rate: Samples per second now, if they have changed.
        """
        if picture is None:
            picture = numpy.zeros((*self._size, 3), numpy.uint8)
        if self._video is None:
            self._open_video(*self._size)
        frame = self._av.VideoFrame.from_ndarray(self._fitted(picture), format="rgb24")
        frame.pts = round(self._seconds * SMOOTHEST_TIME_BASE)
        frame.time_base = Fraction(1, SMOOTHEST_TIME_BASE)
        self._container.mux(self._video.encode(frame))
        self.frames += 1
        self._seconds += 1 / (self._fps if fps is None else frame_rate(fps))
        if sample_rate is not None and whole_rate(sample_rate) != self._rate:
            self._end_sound()
            self._rate = whole_rate(sample_rate)
        if self._audio is not None and self._rate > 0 and len(samples):
            self._add_sound(samples)

    def _add_sound(self, samples: NDArray[numpy.int16]) -> None:
        sound = self._av.AudioFrame.from_ndarray(
            numpy.ascontiguousarray(samples).reshape(1, -1), format="s16", layout="stereo"
        )
        sound.rate = self._rate
        if self._resampler is None:
            self._resampler = self._av.AudioResampler(
                format="fltp", layout="stereo", rate=AUDIO_RATE
            )
        self._mux_sound(self._resampler.resample(sound))

    def _end_sound(self) -> None:
        """Write what is left of the sound at one rate."""
        if self._resampler is not None:
            self._mux_sound(self._resampler.resample(None))
        self._resampler = None

    def _mux_sound(self, resampled: Iterable[Any]) -> None:
        for sound in resampled:
            sound.pts = self.samples
            sound.time_base = Fraction(1, AUDIO_RATE)
            self.samples += sound.samples
            self._container.mux(self._audio.encode(sound))

    def _open_video(self, height: int, width: int) -> None:
        self._shown = height * self._scale, width * self._scale
        # The format halves the colours' resolution, so that both numbers have to be even.
        self._height, self._width = (number + number % 2 for number in self._shown)
        self._video = self._container.add_stream("libx264", rate=self._fps)
        self._video.codec_context.time_base = Fraction(1, SMOOTHEST_TIME_BASE)
        self._video.width, self._video.height = self._width, self._height
        self._video.pix_fmt = "yuv420p"
        self._video.options = {"crf": str(self._quality), "preset": "veryfast"}
        if self._aspect > 0:
            pixel = Fraction(self._aspect * height / width).limit_denominator(255)
            self._video.codec_context.sample_aspect_ratio = pixel

    def _fitted(self, picture: NDArray[numpy.uint8]) -> NDArray[numpy.uint8]:
        """Return the picture with larger pixels, in the size of the video."""
        shown = fitted(picture, *self._shown)
        edges = ((0, self._height - shown.shape[0]), (0, self._width - shown.shape[1]), (0, 0))
        return numpy.pad(shown, edges, "edge") if any(map(any, edges)) else shown

    def close(self) -> None:
        """Write what the encoders still hold, and close the file."""
        if self._container is None:
            return
        container, self._container = self._container, None
        try:
            if self._video is not None:
                container.mux(self._video.encode(None))
            if self._audio is not None and self._video is not None:
                self._container = container
                self._end_sound()
                self._container = None
                container.mux(self._audio.encode(None))
            container.close()
            if self._unfinished != self.path:
                os.replace(self._unfinished, os.path.realpath(self.path))
        except BaseException:
            container.close()
            self._discard()
            raise

    def _discard(self) -> None:
        if self._unfinished != self.path:
            with contextlib.suppress(OSError):
                os.unlink(self._unfinished)


def special_file(path: str) -> bool:
    """Whether this is there and no regular file, such as a device or a pipe."""
    return os.path.exists(path) and not os.path.isfile(path)


def frame_rate(fps: float) -> Fraction:
    """Return frames per second as a fraction, and 60 for what cannot be a rate."""
    rate = Fraction(fps) if math.isfinite(fps) and fps > 0 else Fraction(60)
    return rate.limit_denominator(100_000) or Fraction(1, 100_000)


def whole_rate(sample_rate: float) -> int:
    """Return samples per second as a whole number; 0 for what cannot be a rate."""
    return round(sample_rate) if math.isfinite(sample_rate) and 0 < sample_rate < 1 << 31 else 0
