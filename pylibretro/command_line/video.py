"""Video files with sound: H.264 and AAC by PyAV."""

from __future__ import annotations

import math
from fractions import Fraction
from types import TracebackType
from typing import Any

import numpy
from numpy.typing import NDArray

from pylibretro.command_line.failure import CommandError

__all__ = ["VideoWriter"]

AUDIO_RATE = 48_000
SMOOTHEST_TIME_BASE = 90_000


class VideoWriter:
    """Writes pictures and samples of a core to a file, in step with each other.

    Pictures of other sizes than `size` are fitted to it. As on the console, sound is placed by the
    count of its samples and pictures by the count of frames.

    Args:
        path: The file; its extension says which container, such as .mp4 or .mkv.
        size: Height and width of most pictures.
        fps: Frames per second of the core.
        sample_rate: Samples per second of the core; 0 for no sound.
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
        self.frames = 0
        self.samples = 0
        self._fps = Fraction(fps if math.isfinite(fps) and fps > 0 else 60.0)
        self._fps = self._fps.limit_denominator(100_000)
        self._rate = round(sample_rate) if math.isfinite(sample_rate) else 0
        self._size = size
        self._scale = scale
        self._aspect = aspect
        self._quality = quality
        self._video: Any = None
        self._audio: Any = None
        try:
            self._container: Any = av.open(path, "w")
            if self._rate > 0:
                self._audio = self._container.add_stream("aac", rate=AUDIO_RATE)
                self._audio.layout = "stereo"
                self._audio.bit_rate = 192_000
                self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=AUDIO_RATE)
        except (av.FFmpegError, ValueError) as problem:
            raise CommandError(f"{path} cannot be written as a video: {problem}") from None

    def __enter__(self) -> VideoWriter:
        """Return the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the file."""
        self.close()

    def add(self, picture: NDArray[numpy.uint8] | None, samples: NDArray[numpy.int16]) -> None:
        """Add the picture and sound of one frame; before the first picture it is black."""
        if picture is None:
            picture = numpy.zeros((*self._size, 3), numpy.uint8)
        if self._video is None:
            self._open_video(*self._size)
        frame = self._av.VideoFrame.from_ndarray(self._fitted(picture), format="rgb24")
        frame.pts = self.frames
        frame.time_base = 1 / self._fps
        self._container.mux(self._video.encode(frame))
        self.frames += 1
        if self._audio is not None and len(samples):
            sound = self._av.AudioFrame.from_ndarray(
                numpy.ascontiguousarray(samples).reshape(1, -1), format="s16", layout="stereo"
            )
            sound.rate = self._rate
            sound.pts = self.samples
            sound.time_base = Fraction(1, self._rate)
            self.samples += len(samples)
            for resampled in self._resampler.resample(sound):
                self._container.mux(self._audio.encode(resampled))

    def _open_video(self, height: int, width: int) -> None:
        self._shown = height * self._scale, width * self._scale
        # The format halves the colours' resolution, so that both numbers have to be even.
        self._height, self._width = (number + number % 2 for number in self._shown)
        self._video = self._container.add_stream("libx264", rate=self._fps)
        self._video.width, self._video.height = self._width, self._height
        self._video.pix_fmt = "yuv420p"
        self._video.options = {"crf": str(self._quality), "preset": "veryfast"}
        if self._aspect > 0:
            pixel = Fraction(self._aspect * height / width).limit_denominator(255)
            self._video.codec_context.sample_aspect_ratio = pixel

    def _fitted(self, picture: NDArray[numpy.uint8]) -> NDArray[numpy.uint8]:
        """Return the picture with larger pixels, in the size of the video."""
        rows = numpy.arange(self._height) * picture.shape[0] // self._shown[0]
        columns = numpy.arange(self._width) * picture.shape[1] // self._shown[1]
        rows = rows.clip(max=picture.shape[0] - 1)
        columns = columns.clip(max=picture.shape[1] - 1)
        fitted: NDArray[numpy.uint8] = picture.take(columns, axis=1).take(rows, axis=0)
        return fitted

    def close(self) -> None:
        """Write what the encoders still hold, and close the file."""
        if self._container is None:
            return
        container, self._container = self._container, None
        try:
            if self._video is not None:
                container.mux(self._video.encode(None))
            if self._audio is not None and self._video is not None:
                for resampled in self._resampler.resample(None):
                    container.mux(self._audio.encode(resampled))
                container.mux(self._audio.encode(None))
        finally:
            container.close()
