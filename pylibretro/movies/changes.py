"""The input of many frames, kept as its changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import PORT_INPUT

__all__ = [
    "Changes",
    "Track",
    "Tracks",
    "changes_between",
    "changes_of",
    "changes_on_tape",
    "inputs_of",
    "track_until",
    "tracks_of",
]

Changes = tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[Any]]
"""Changes of one field of `PORT_INPUT`: the frames, the ports, and the new values."""

Track = tuple[NDArray[np.uint64], NDArray[Any]]
"""Changes of one field of one port: the frames, and the new values."""

Tracks = Mapping[tuple[str, int], Track]
"""The tracks of a whole movie, by field and port."""

_TAPE_JOYPAD = np.dtype([("frame", "u8"), ("port", "u2"), ("joypad", "u2"), ("unused", "u4")])
_TAPE_RECORD = np.dtype(
    {
        "names": ["frame", "port", "input"],
        "formats": ["u8", "u8", PORT_INPUT],
        "offsets": [0, 8, 16],
        "itemsize": 16 + -(-PORT_INPUT.itemsize // 8) * 8,
    }
)


def tracks_of(columns: Mapping[str, NDArray[Any]]) -> dict[tuple[str, int], Track]:
    """Return the changes of inputs that are given for every frame.

    Args:
        columns: For each field of `PORT_INPUT` its values, (frames, ports, ...).
    """
    tracks = {}
    for name, values in columns.items():
        for port in range(values.shape[1]):
            column = np.ascontiguousarray(values[:, port])
            flat = column.reshape(len(column), -1)
            before = np.zeros_like(flat)
            before[1:] = flat[:-1]
            at = np.flatnonzero((flat != before).any(axis=1))
            if len(at):
                tracks[name, port] = (at.astype(np.uint64), column[at])
    return tracks


def inputs_of(
    tracks: Tracks, start: int, count: int, ports: int, form: np.dtype[Any]
) -> NDArray[Any]:
    """Return the inputs of `count` frames as (count, ports) joypad masks or records."""
    inputs = np.zeros((count, ports), form)
    frames = np.arange(start, start + count, dtype=np.uint64)
    for (name, port), (at, values) in tracks.items():
        which = np.searchsorted(at, frames, side="right") - 1
        known = which >= 0
        column = inputs[:, port] if form.names is None else inputs[name][:, port]
        column[known] = values[which[known]]
    return inputs


def track_until(track: Track, frames: int) -> Track:
    """Return a track without what came after so many frames."""
    at, values = track
    keep = at < frames
    return at[keep], values[keep]


def changes_of(tracks: Tracks) -> dict[str, Changes]:
    """Return the changes of all ports in the order of their frames, by field."""
    changes = {}
    for name in dict.fromkeys(name for name, _ in tracks):
        mine = {port: track for (field, port), track in tracks.items() if field == name}
        at = np.concatenate([track[0] for track in mine.values()])
        ports = np.concatenate(
            [np.full(len(track[0]), port, np.uint8) for port, track in mine.items()]
        )
        values = np.concatenate([track[1] for track in mine.values()])
        order = np.argsort(at, kind="stable")
        changes[name] = (at[order], ports[order], values[order])
    return changes


def changes_between(before: NDArray[Any], now: NDArray[Any]) -> dict[str, Changes]:
    """Return what changed from one frame's 16 records to the next one's, as changes at frame 0."""
    changes = {}
    for name in PORT_INPUT.names or ():
        new, old = now[name].reshape(16, -1), before[name].reshape(16, -1)
        ports = np.flatnonzero((new != old).any(axis=1))
        if len(ports):
            at = np.zeros(len(ports), np.uint64)
            changes[name] = (at, ports.astype(np.uint8), now[name][ports])
    return changes


def changes_on_tape(
    joypads: bytes, records: bytes, since: int, last: NDArray[Any]
) -> dict[str, Changes]:
    """Return the changes of input that are on a tape.

    Args:
        joypads: The changes of joypads alone, as `Tape.take` returns them.
        records: Those of any other device.
        since: The frame of the tape that becomes frame 0 of the changes.
        last: The 16 records of the frame before, which become those of the last frame.
    """
    pads = np.frombuffer(joypads, _TAPE_JOYPAD)
    whole = np.frombuffer(records, _TAPE_RECORD)
    changes = {}
    at = np.concatenate([pads["frame"], whole["frame"]])
    ports = np.concatenate([pads["port"], whole["port"]]).astype(np.uint8)
    values = np.concatenate([pads["joypad"], whole["input"]["joypad"]])
    order = np.argsort(at, kind="stable")
    if len(at):
        changes["joypad"] = (at[order], ports[order], values[order])
    if len(whole):
        for name in PORT_INPUT.names or ():
            if name != "joypad":
                ports = whole["port"].astype(np.uint8)
                changes[name] = (whole["frame"], ports, whole["input"][name])
    new = {name: _new(change, since, last[name]) for name, change in changes.items()}
    return {name: change for name, change in new.items() if len(change[0])}


def _new(changes: Changes, since: int, last: NDArray[Any]) -> Changes:
    """Leave out what repeats the value before it, for each port."""
    at, ports, values = changes
    keep = np.zeros(len(at), bool)
    for port in np.unique(ports):
        mine = np.flatnonzero(ports == port)
        flat = values[mine].reshape(len(mine), -1)
        before = np.empty_like(flat)
        before[0] = np.asarray(last[port]).reshape(-1)
        before[1:] = flat[:-1]
        keep[mine] = (flat != before).any(axis=1)
        last[port] = values[mine[-1]]
    return at[keep] - np.uint64(since), ports[keep], np.ascontiguousarray(values[keep])
