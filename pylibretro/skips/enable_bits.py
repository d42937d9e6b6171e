"""Which cores may be told that nobody will look at a frame, or listen to it.

`RETRO_ENVIRONMENT_GET_AUDIO_VIDEO_ENABLE` lets a core leave out the drawing of frames that nobody
will see. Some cores then also compute something else: a game can read what only drawing finds out,
such as that two sprites touch. So drawing is switched off by default only for the cores in the
table here.

A core is in the table when it asks at all, and when runs of thousands of frames with
pseudo-random input, with and without pictures switched off, agreed in every byte of
`retro_serialize` and of system RAM, in all sound, and in every picture of a frame that was not
switched off. The runs had pictures on every 2nd, 4th and 10th frame, on two frames in four, on
random frames, and after hundreds of frames without; and a state was saved and loaded on the way.

docs/skipping.md says what was measured for each core, including those that are not in the table.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SkippedFrames", "proven_skips"]


class SkippedFrames(NamedTuple):
    """What a core may leave out without any change to its states, memory and other pictures.

    Attributes:
        video: Pictures that nobody will look at (`RETRO_AV_ENABLE_VIDEO`); its sound does not
            change either.
        audio: Sound that nobody will listen to (`RETRO_AV_ENABLE_AUDIO`). This never means
            `RETRO_AV_ENABLE_HARD_DISABLE_AUDIO`, with which a core may save different states.
    """

    video: bool
    audio: bool


NOTHING = SkippedFrames(video=False, audio=False)

# library_name -> the start of the library_version that was measured -> what was proven
PROVEN = {
    "2048": {"1.0": SkippedFrames(video=True, audio=True)},
}


def proven_skips(name: str, version: str) -> SkippedFrames:
    """Return what a core may leave out in frames that nobody sees or hears.

    Args:
        name: The core's name for itself, `Core.info.name` (`library_name` of `retro_system_info`).
        version: Its version, `Core.info.version` (`library_version`). A version that was not
            measured counts as another core.

    Returns:
        What was proven to change nothing else; nothing for a core that is not known.

    Example:
        >>> proven_skips("2048", "1.0")
        SkippedFrames(video=True, audio=True)
        >>> proven_skips("a core from elsewhere", "1.0")
        SkippedFrames(video=False, audio=False)
    """
    for measured, skips in PROVEN.get(name, {}).items():
        if version.startswith(measured):
            return skips
    return NOTHING
