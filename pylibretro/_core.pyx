# cython: language_level=3, auto_pickle=False, freethreading_compatible=True
"""Loads libretro cores and steps them: callbacks in C, without the GIL, into buffers that NumPy sees.

The parts are files of their own, one libretro subject each; they are included below and share this module.
"""

import atexit
import binascii
import logging
import operator
import os
import shutil
import signal
import sys
import threading
import warnings
import weakref
from collections import deque
from collections.abc import ItemsView, KeysView, Mapping, MutableMapping, ValuesView
from dataclasses import replace

import numpy

from pylibretro.frontend.call_record import (
    RecordedCalls,
    RecordedCommand,
    RecordedEntry,
    RecordedPicture,
    RecordedQuery,
    RecordedStateSize,
    command_name,
)
from pylibretro.picture.capture import Capture
from pylibretro.memory.cheats import Cheat
from pylibretro.content.content import explain_refusal as hint_at_refusal
from pylibretro.content.content import extension_of, resolve_content
from pylibretro.content.directories import NOWHERE as _NOWHERE
from pylibretro.content.directories import ScratchDirectory
from pylibretro.content.disk import read_playlist
from pylibretro.enums import (
    HardwareContextType,
    MemoryFlag,
    MessageTarget,
    NetpacketFlag,
    PowerState,
    Region,
    SerializationQuirk,
    ThrottleMode,
)
from pylibretro.error import (
    AddressError,
    ClosedError,
    ContentError,
    CoreBusyError,
    CoreCrashedError,
    CoreCrashWarning,
    CoreForkedError,
    CoreNotFoundError,
    CoreShutdownError,
    CoreTimeoutError,
    DiskError,
    InvalidCoreError,
    LibretroError,
    OptionError,
    ProtocolError,
    SoundWarning,
    StateError,
    UnknownOptionError,
)
from pylibretro.picture.hardware import HardwareContext, preferred_context_type
from pylibretro.input.input import Controller, InputDescriptor
from pylibretro.core_spec import JIT_MODES, core_signature, core_spec_from, described_arguments
from pylibretro.peripherals.camera import check_pictures
from pylibretro.peripherals.location import LocationPosition, check_position
from pylibretro.peripherals.microphones import check_samples
from pylibretro.content.lookup import LIBRARY_SUFFIX, find_core
from pylibretro.loader.symbols import function_at
from pylibretro.states.machine import HashedFile, HashedFiles, Machine
from pylibretro.memory.memory import MemoryDescriptor, ram_location
from pylibretro.memory.watch import watch_from
from pylibretro.frontend.messages import LogLine, Message
from pylibretro.frontend.output_arrays import array_over, output_array
from pylibretro.peripherals.midi import MIDIPorts
from pylibretro.movies.events import Event
from pylibretro.netpacket.transports import Netpacket
from pylibretro.options.options import OptionCategory, OptionDefinition, unknown_option
from pylibretro.peripherals.power import DevicePower, check_power
from pylibretro.states.rewind import Rewind
from pylibretro.states.run_ahead import RunAhead
from pylibretro.states.state_files import looks_packed, read_state_file, unpacked_state
from pylibretro.content.save_ram import SaveRAMFile
from pylibretro.files.whole_file import replace_file
from pylibretro.peripherals.sensors import Sensors
from pylibretro.skips.enable_bits import proven_skips
from pylibretro.frontend.system import AVInfo, Geometry, Subsystem, SubsystemMemory, SubsystemROM, SystemInfo
from pylibretro.sound.timing import FastForwardingOverride, PerformanceCounter, ThrottleState, checked_refresh_rate
from pylibretro.content.vfs import FileOperation, FilePolicy

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_FillInfo, PyBuffer_Release, PyObject_CheckBuffer, PyObject_GetBuffer
from cpython.exc cimport PyErr_CheckSignals
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memmove, memset, strchr, strcmp, strlen

from pylibretro.frontend.arrays cimport array_data
from pylibretro.frontend.commands cimport *
from pylibretro.frontend.frontend cimport *
from pylibretro.frontend.guard cimport *
from pylibretro.skips.skips cimport *
from pylibretro.frontend.run_plan cimport *
from pylibretro.libretro cimport *
from pylibretro.memory.watch cimport *
from pylibretro.states.parts cimport *


cdef extern from "Python.h":
    # Bytes that are filled in place and shortened before anybody else sees them.
    PyObject *new_bytes "PyBytes_FromStringAndSize"(const char *, Py_ssize_t) except NULL
    char *bytes_data "PyBytes_AS_STRING"(PyObject *)
    int resize_bytes "_PyBytes_Resize"(PyObject **, Py_ssize_t) except -1


# The floors, lowest first: a file uses what is defined above it, and nothing below.
# ---- memory, text, arguments
# memory of arrays that users keep
include "frontend/blocks.pxi"
# text between Python and cores
include "frontend/texts.pxi"
# checks of what a Core is opened with
include "frontend/argument_checks.pxi"
# ---- the frontend and calls into its core
# what all Cores of a process share
include "frontend/process.pxi"
# simple answers to environment commands
include "frontend/simple_answers.pxi"
# how a declaration of the core's replaces the one before
include "frontend/declarations.pxi"
# single calls into a core
include "frontend/call.pxi"
# log lines and messages
include "frontend/messages.pxi"
# a Core as every subject knows it
include "frontend/core_base.pxi"
# ---- subjects
# the pixel format of pictures
include "picture/pixel_format.pxi"
# by how much they are turned
include "picture/rotation.pxi"
# the last picture
include "picture/kept.pxi"
# whether a core repeats pictures, and leaves them where they are
include "picture/trust.pxi"
# OpenGL: what a core asks for, and its pictures
include "picture/hardware.pxi"
# pictures as a core sends them
include "picture/video.pxi"
# their size and rate
include "picture/geometry.pxi"
# samples
include "sound/audio.pxi"
# what a core is told of time
include "sound/timing.pxi"
# what is held on each port
include "input/input.pxi"
# keyboard events
include "input/keyboard.pxi"
# what can be plugged in
include "input/controllers.pxi"
# what all peripherals share
include "peripherals/base.pxi"
# sensors, LEDs, rumble, power
include "peripherals/sensors.pxi"
include "peripherals/microphones.pxi"
include "peripherals/camera.pxi"
include "peripherals/location.pxi"
include "peripherals/midi.pxi"
# all of them together
include "peripherals/peripherals.pxi"
# core options
include "options/options.pxi"
# OpenGL or software, as an option says
include "picture/renderer.pxi"
# the machine that a core believes it runs on
include "frontend/host.pxi"
# functions that a core offers besides libretro's
include "frontend/procedure.pxi"
# files through libretro's VFS
include "content/vfs.pxi"
# games as a core is told of them
include "content/content.pxi"
# several contents at once
include "content/subsystem.pxi"
# sessions of several cores
include "netpacket/netpacket.pxi"
# the record of calls between core and frontend
include "frontend/call_record.pxi"
# blocks of memory and bus addresses
include "memory/memory.pxi"
# numbers that are read after every frame
include "memory/watch.pxi"
include "memory/cheats.pxi"
# files of save RAM
include "content/save_ram.pxi"
# ---- states
# what rewind and run-ahead remember
include "states/past.pxi"
# bytes that a core saves and loads
include "states/core_states.pxi"
# the disk drive, whose disk is part of a state
include "content/disk.pxi"
# the whole machine as a State
include "states/state.pxi"
# states that stay here
include "states/own_states.pxi"
# remembering the past
include "states/rewind.pxi"
# ---- running
# one frame
include "frontend/frame.pxi"
# frames that run ahead
include "states/run_ahead.pxi"
# pictures that are kept while frames run
include "picture/capture.pxi"
# the tape of a movie
include "movies/tape.pxi"
# signals while C runs
include "frontend/signals.pxi"
# the run loop
include "frontend/run.pxi"
# going back in time
include "states/step_back.pxi"
# ---- a Core
# the dispatch of environment commands
include "frontend/environment.pxi"
# the bodies of libretro's callbacks
include "frontend/callbacks.pxi"
# what copies of one build can leave out of a frame
include "skips/core_skips.pxi"
# how a Core is opened, gets its content, and goes
include "frontend/life.pxi"
# what a core is and says
include "frontend/core_facts.pxi"
# what its user holds, plugs in, and tells it
include "peripherals/core_devices.pxi"
# its time machine
include "states/core_time_machine.pxi"


@cython.no_gc_clear
cdef class Core(CoreTimeMachine):
    __doc__ = f"""A libretro core, loaded as a private instance: two Cores on the same file share nothing.

All arguments together are a `CoreSpec`, which may stand in the place of the path, with changes beside it:
`Core(spec, rewind=Rewind())`.

Args:
{described_arguments()}

Raises:
    CoreNotFoundError: There is no such core.
    InvalidCoreError: The file is not a libretro core that this process can load.
    ContentError: The content is missing, or the core refused it; the core's last words are quoted.
    OptionError: The core has no such option, or does not offer this value.
    CoreCrashedError: The core threw an exception, aborted or exited while starting.

>>> from pylibretro import Core, Joypad
>>> with Core("2048") as core:
...     core.run(60)
...     core.set_buttons(Joypad.START)
...     core.run()
...     core.frame.shape[2], core.audio.shape[1]
60
1
(3, 2)
"""
    __signature__ = core_signature()

    def __init__(self, path, content=None, **arguments):
        if self.begun:
            raise TypeError("a Core is opened once, by its constructor")
        self.begun = True
        spec = core_spec_from(path, content, arguments)
        self.opened_with = spec
        self.state_sizes = set()
        self.kept_contents = []
        self.contents = []
        self.more_disks = []
        self.save_files = []
        self.save_places = {}
        self.flush_problem = ""
        self.cheat_list = {}
        self.initial_disk = initial_disk_from(spec.initial_disk)
        self.plugged = {}
        self.pool = BlockPool()
        self.states = StatePool()
        self.sources = Sources()
        self.path = os.fspath(find_core(spec.path))
        self.name = core_name(self.path)
        self.logger = logging.getLogger(f"pylibretro.{self.name}")
        plugged = checked_controllers(spec.controllers)
        self.wanted_options = checked_options(spec.options)
        self.rewind_settings = rewind_from(spec.rewind)
        self.run_ahead_settings = run_ahead_from(spec.run_ahead)
        self.closing = False
        self.enter()  # a log handler or on_message may already find this Core
        try:
            link_core(self, spec)
            offer_all(self, spec)
            start_core(self)
            if spec.content is not None or self.f.support_no_game:
                load_content(self, spec.content, spec.content_name, plugged, spec.subsystem)
            elif plugged or spec.content_name is not None or spec.subsystem is not None:
                raise ContentError(f"{self.name} has no content yet: give the content together with controllers=, "
                                   f"content_name= and subsystem=, or plug controllers in later with set_controller")
            check_options_used(self)
        except BaseException:
            abandon_core(self)
            self.leave()
            raise
        self.leave()
        _open_cores.add(self)

    @property
    def spec(self):
        """What this Core was opened with, a `CoreSpec`, including the content that `load_game` has loaded.

        >>> from pylibretro import Core
        >>> with Core("2048", options={"2048_seed": "7"}) as core, Core(core.spec) as other:
        ...     other.options["2048_seed"]
        '7'
        """
        self.check()
        return self.opened_with

    # ---- life ------------------------------------------------------------------------------------------------------

    def load_game(self, content, *, content_name=None, controllers=None, subsystem=None):
        """Load the content of a core that was opened without any (`retro_load_game`).

        Args:
            content: As for the constructor, but not None.
            content_name: A file name for content given as bytes.
            controllers: Devices to plug in, as for the constructor.
            subsystem: One of the core's `subsystems`, as for the constructor (`retro_load_game_special`).

        Raises:
            ContentError: The content is missing or refused, or the core already has content. After a refusal the Core
                is closed, because cores cannot be trusted to load twice.

        >>> from pylibretro import Core
        >>> from pylibretro.error import ContentError
        >>> with Core("2048") as core:
        ...     try:
        ...         core.load_game(b"anything")
        ...     except ContentError as error:
        ...         print(error)
        2048 already has its content; open another Core for other content
        """
        self.check()
        if self.f.phase >= FRONTEND_LOADED:
            raise ContentError(f"{self.name} already has its content; open another Core for other content")
        if content is None:
            raise ContentError(f"{self.name} needs content: a path, bytes, or a member of a zip")
        plugged = checked_controllers(controllers)
        self.enter()
        self.opened_with = replace(self.opened_with, content=content, content_name=content_name,
                                   controllers=controllers, subsystem=subsystem)
        try:
            load_content(self, content, content_name, plugged, subsystem)
        except BaseException:
            abandon_core(self)
            self.leave()
            raise
        self.leave()

    def close(self, *, save=True):
        """Unload content and core, and write save RAM to `save_dir`; closing again does nothing.

        What a core that has crashed had in its save RAM is written beside it, as `<content>.srm.crashed`. A core that
        crashes while it is closed is told of by a `CoreCrashWarning`.

        Args:
            save: Whether to write save RAM; False to close a Core whose save RAM cannot be written.

        Raises:
            CoreBusyError: Another thread is inside this Core.
            OSError: Save RAM could not be written. The Core stays open: try again when there is room, or copy
                `memory.save_ram` and use `close(save=False)`.
        """
        if self.closing or self.torn_down:
            return
        if self.f.fork_generation != platform_fork_generation():
            self.closing = True  # the parent's: unloading it here would run its code in a process without its threads
            self.torn_down = True
            return
        self.enter()
        try:
            if save and self.save_files and self.f.phase == FRONTEND_LOADED:
                if self.f.crashed:
                    rescue_save_ram(self)
                else:
                    write_save_ram(self)
            self.closing = True
        finally:
            self.leave()
        close_second(self)
        _open_cores.discard(self)
        for file, _ in self.save_files:
            file.close()
        if self.loans == 0:
            tear_down_core(self)
            tell_of_the_end(self)

    def flush_save_ram(self):
        """Write save RAM to `<save_dir>/<content>.srm` now, if it has changed; `close()` does so too.

        While frames run this is done by itself, see `save_interval` of `CoreSpec`.

        The clock of a cartridge, where the core has one, goes to `<content>.rtc`. A subsystem has a file for each of
        its memories, with the extension that the core gives it.

        Raises:
            OSError: The file could not be written.
        """
        with self.loaded():
            write_save_ram(self)

    @property
    def closed(self):
        """Whether the Core has been closed."""
        return bool(self.closing or self.torn_down)

    def __enter__(self):
        self.check()
        return self

    def __exit__(self, *exception):
        self.close()

    def __del__(self):
        try:
            self.close()
        except Exception:
            pass  # garbage collection has nobody to tell

    def __dealloc__(self):
        if self.f is not NULL:
            if not self.torn_down and self.f.fork_generation == platform_fork_generation():
                tear_down_frontend(self.f)
                free_frontend_texts(self.f)
            free_frontend(self.f)
            self.f = NULL

    cdef void end_loan(self) noexcept:
        self.loans -= 1
        if self.loans == 0 and self.closing:
            tear_down_core(self)
            tell_of_the_end_quietly(self)

    def __repr__(self):
        if self.closed:
            return f"<pylibretro.Core {self.name} (closed)>"
        content = f" with {self.content.display_name}" if self.content is not None else ""
        return f"<pylibretro.Core {self.name}{content}, frame {frontend_frames(self.f)}>"

    # ---- running ---------------------------------------------------------------------------------------------------

    def run(self, frames=1, inputs=None):
        """Run frames without the GIL (`retro_run`), and keep the last picture and all samples.

        Args:
            frames: How many frames to run.
            inputs: Input of each frame instead of the live input: (frames,) or (frames, ports) uint16 joypad masks, or
                the same shapes of records with the dtype `pylibretro.PORT_INPUT`. Ports beyond these and, with
                masks, devices other than the joypad keep their live input.

        Returns:
            How many frames ran; fewer than asked for only if the core asked to shut down.

        Raises:
            ContentError: The core has no content yet.
            CoreBusyError: Another thread is inside this Core.
            CoreCrashedError: The core threw an exception, aborted or exited.
            CoreShutdownError: The core asked to shut down in an earlier call.
            ProtocolError: The core broke a rule of libretro, such as a picture of impossible size.
            KeyboardInterrupt: Ctrl-C, between two frames.

        >>> from pylibretro import Core, Joypad
        >>> with Core("2048") as core:
        ...     core.run(3, inputs=[Joypad.START, 0, Joypad.LEFT])
        3
        """
        cdef run_plan plan
        cdef FrameInputs given
        cdef Py_ssize_t count = frame_count_from(frames)
        memset(&plan, 0, sizeof(run_plan))
        plan.frames = count
        given = FrameInputs(inputs, count) if inputs is not None else None
        use_inputs(self, &plan, given)
        self.enter_running()
        try:
            step_core(self, &plan, None)
        finally:
            self.leave()
        return plan.done

    def capture(self, frames, inputs=None, *, every=1, out=None, audio=False, watch=None):
        """Run frames and keep every `every`-th picture, converted straight from the core's framebuffer.

        Args:
            frames: How many frames to run.
            inputs: As for `run`.
            every: Keep the pictures after frames `every`, `2 * every`, ...; n = frames // every.
            out: A (n, H, W, 3) uint8 C-contiguous array to write into instead of a new one, or other memory, as for
                `CoreBatch.run`; `Capture.frames` is then a view of it.
            audio: Whether to return all samples and where each picture's begin.
            watch: Values to read after each picture: a sequence of `(address, type)`, or a mapping from name to such
                pairs; see `Memory.read`.

        Returns:
            A `Capture`.

        Raises:
            TypeError, ValueError: `out` does not have the dtype or the shape that the pictures need, is not contiguous,
                cannot be written, or is not in the processor's memory.
            AddressError: A watched address is not mapped.
            Others: As for `run`.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     captured = core.capture(8, every=4, audio=True)
        ...     len(captured.frames), len(captured.audio_offsets)
        (2, 3)
        """
        cdef run_plan plan
        cdef FrameInputs given
        cdef CaptureSink sink = None
        cdef Py_ssize_t count = frame_count_from(frames)
        step = operator.index(every)
        if step < 1:
            raise ValueError(f"every is {step}; it counts frames from 1 up")
        step = min(step, count + 1)
        memset(&plan, 0, sizeof(run_plan))
        plan.frames = count
        given = FrameInputs(inputs, count) if inputs is not None else None
        use_inputs(self, &plan, given)
        self.enter_running()
        try:
            sink = CaptureSink(self, count // step, step, out, bool(audio), watch)
            sink.prepare(&plan)
            step_core(self, &plan, sink)
        finally:
            self.leave()
        return sink.result(&plan)

    @property
    def frame(self):
        """The last completed picture: a new (H, W, 3) uint8 array, RGB, upright; None before the first one."""
        self.enter_loaded()
        try:
            recover_picture(self.f)
            return picture_as_rgb(self.f, self.pool) if self.f.video.picture.exists else None
        finally:
            self.leave()

    @property
    def raw_frame(self):
        """The last completed picture in the core's pixel format: a new (H, W) array, not rotated.

        uint32 for XRGB8888 (its highest byte means nothing), uint16 for RGB565 and 0RGB1555, see `pixel_format`; None
        before the first picture.
        """
        self.enter_loaded()
        try:
            recover_picture(self.f)
            return picture_as_sent(self.f, self.pool) if self.f.video.picture.exists else None
        finally:
            self.leave()

    @property
    def audio(self):
        """All samples of the last `run` or `capture`: a new (n, 2) int16 array, left and right."""
        self.enter_loaded()
        try:
            return audio_as_array(self.f, self.pool)
        finally:
            self.leave()

    @property
    def audio_float(self):
        """All samples of the last `run` or `capture` as a core with `float_audio=True` sent them: (n, 2) float32.

        Samples that it sends as integers are there, too, in steps of 1/32768 from -1. `audio` holds the nearest of
        these steps, or of two equally near the one farther from 0; numbers beyond -1 and 32767/32768 become these, and
        NaN becomes 0 (`RETRO_ENVIRONMENT_GET_AUDIO_SAMPLE_BATCH_FLOAT`).

        Raises:
            LibretroError: The Core was not opened with `float_audio=True`.
        """
        with self.loaded():
            if not self.f.audio.keeps_floats:
                raise LibretroError(f"this Core ({self.name}) keeps no floating-point sound; open it with "
                                    f"float_audio=True")
            return audio_as_floats(self.f, self.pool)

    # ---- input -----------------------------------------------------------------------------------------------------

    def set_controller(self, port, device):
        """Plug a device into a port (`retro_set_controller_port_device`).

        Args:
            port: The port, 0 to 15.
            device: A `Device`, or an id from `controllers`.
        """
        cdef core_request request
        memset(&request, 0, sizeof(core_request))
        request.number = port_index(port)
        request.device = device_number(device)
        with self.running():
            self.call(request_set_controller, &request)
            self.plugged[request.number] = request.device
            if self.second is not None:
                self.second.set_controller(port, device)
            if self.tape is not None:
                self.tape.note(Event.CONTROLLER, [request.number, request.device])

    # ---- states, cheats, reset -------------------------------------------------------------------------------------

    @property
    def state_size(self):
        """How many bytes a state takes now (`retro_serialize_size`); cores may change it. 0 if the core has none."""
        with self.running():
            return size_of_state(self)

    def save_state_to(self, path):
        """Write the core's state to a file, of which there is never half, and which replaces an old one.

        Args:
            path: The file. `load_state` takes its bytes, and the command line `--state`.

        Raises:
            StateError, CoreCrashedError: As for `save_state`.
            OSError: The file cannot be written; an old one is as it was.

        >>> import pathlib, tempfile
        >>> from pylibretro import Core
        >>> with Core("2048") as core, tempfile.TemporaryDirectory() as directory:
        ...     file = pathlib.Path(directory, "game.state")
        ...     core.save_state_to(file)
        ...     core.load_state(file.read_bytes())
        """
        replace_file(path, self.save_state())

    def save_state(self):
        """Return the state of the machine as bytes (`retro_serialize`).

        Raises:
            StateError: The core has no states, or refused.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     state = core.save_state()
        ...     core.run(10)
        ...     core.load_state(state)
        10
        """
        self.enter_running()
        try:
            return serialized(self)
        finally:
            self.leave()

    def load_state(self, state):
        """Put the machine back into a state that `save_state` returned (`retro_unserialize`).

        Args:
            state: A bytes-like object, complete and from the same core and content, or the `Path` of a file of it.
                Containers of RetroArch (`RASTATE`, RZIP), gzip and zip are unpacked. It may be larger than
                `state_size`: other builds of a core and other frontends pad their states, and the core judges. A
                smaller one is given only to a core that says that its states change their size
                (`SerializationQuirk`).

        Raises:
            StateError: The state is damaged or too small, or the core refused it. Some cores take states only when
                they have run some frames: a machine that has just been started runs up to a second of hidden frames
                before this.
            OSError: The file cannot be read.
        """
        if isinstance(state, os.PathLike):
            state = read_state_file(state)
        self.enter_running()
        try:
            self.departed = True
            load_bytes(self, state)
            if self.tape is not None:
                self.tape.note(Event.STATE, take_snapshot(self))
        finally:
            self.leave()

    def snapshot(self):
        """Return the state of the whole machine: the core's, and what the frontend has to remember for it.

        Returns:
            A `State`, for `restore`; what runs after that is the same, byte for byte, as what runs after this call.

        Raises:
            StateError: The core has no states, or refused.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.run(30)
        ...     state = core.snapshot()
        ...     core.run(100)
        ...     core.restore(state)
        ...     core.frame_count
        30
        100
        30
        """
        self.enter_running()
        try:
            return take_snapshot(self)
        finally:
            self.leave()

    def restore(self, state):
        """Put the whole machine back into a state that `snapshot` returned, here or in another Core.

        Options, plugged controllers, cheats and the live input stay as they are.

        Args:
            state: A `State` of the same core and content.

        Raises:
            StateError: The state is of another core, another build of it or other content, or the core refused it.

        Warns:
            SoundWarning: The state is of a machine that left out its sound (`State.heard`).
        """
        if not isinstance(state, State):
            raise TypeError(f"state is {type(state).__name__}; a State is needed, as snapshot returns it (load_state "
                            f"takes bytes)")
        self.enter_running()
        try:
            self.departed = True
            restore_state(self, state)
            warn_of_unheard(state, self.name)
            if self.tape is not None:
                self.tape.note(Event.STATE, state)
        finally:
            self.leave()

    def reset(self):
        """Press the console's reset button (`retro_reset`)."""
        cdef core_request request
        memset(&request, 0, sizeof(core_request))
        self.enter_running()
        try:
            forget_past(self.f)
            self.departed = True
            self.call(request_reset, &request)
            if self.tape is not None:
                self.tape.note(Event.RESET, None)
        finally:
            self.leave()

    def set_cheat(self, index, code, enabled=True):
        """Set a cheat (`retro_cheat_set`).

        Many cores never look at `enabled`; to switch a cheat off, use `enable_cheat`.

        Args:
            index: Number of the cheat, counted by the caller from 0.
            code: The code, in the form that this core takes.
            enabled: Whether it is on.
        """
        if not isinstance(code, str):
            raise TypeError(f"code is {code!r}; a cheat's code is text")
        if plain_text(code) is None:
            raise ValueError(f"code is {code!r}; text for a core cannot hold a NUL or half a surrogate pair")
        number = operator.index(index)
        if not 0 <= number < 1 << 31:
            raise ValueError(f"index is {number}; cheats are counted from 0")
        with self.running():
            give_cheat(self, number, code, bool(enabled))
            self.cheat_list[number] = Cheat(code, bool(enabled))
            if self.tape is not None:
                self.tape.note(Event.CHEAT, [number, code, bool(enabled)])

    def enable_cheat(self, index, enabled=True):
        """Switch a cheat on or off: the core forgets all and is given those that are on, numbered from 0.

        Args:
            index: The number that `set_cheat` gave it.
            enabled: Whether it is to be on.

        Raises:
            ValueError: There is no cheat of this number.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.set_cheat(0, "1f:0b")
        ...     core.enable_cheat(0, False)
        ...     core.cheats
        {0: Cheat(code='1f:0b', enabled=False)}
        """
        number = operator.index(index)
        with self.running():
            if number not in self.cheat_list:
                raise ValueError(f"index is {number}, and there is no such cheat; there are "
                                 f"{sorted(self.cheat_list) or 'none'}")
            self.cheat_list[number] = self.cheat_list[number]._replace(enabled=bool(enabled))
            apply_cheats(self)
            if self.tape is not None:
                self.tape.note(Event.ENABLE_CHEAT, [number, bool(enabled)])

    def reset_cheats(self):
        """Forget all cheats (`retro_cheat_reset`)."""
        with self.running():
            forget_cheats(self)
            self.cheat_list.clear()
            if self.tape is not None:
                self.tape.note(Event.RESET_CHEATS, None)


cdef Core new_core_with(Detours detours, spec):
    """Open a Core that can leave out what these detours say."""
    cdef Core core = Core.__new__(Core)
    core.detours = detours
    core.__init__(spec)
    return core


# ---- handles, which only this library makes
include "frontend/handles.pxi"
