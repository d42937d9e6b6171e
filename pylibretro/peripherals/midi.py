"""Where a core's MIDI cables are plugged in."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MIDIPorts"]


class MIDIPorts(NamedTuple):
    """What a core finds plugged in when it asks for MIDI, the `midi` of a `Core`.

    Some cores look only while they start.

    Attributes:
        input: Whether there is something to listen to (`retro_midi_input_enabled_t`).
        output: Whether somebody listens (`retro_midi_output_enabled_t`).
    """

    input: bool = True
    output: bool = True
