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
import sys
import threading
import weakref
from collections import deque
from collections.abc import ItemsView, KeysView, Mapping, MutableMapping, ValuesView
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy

from pylibretro.picture import observation as observation_names
from pylibretro.sound.audio_window import AudioWindow
from pylibretro.batch.results import BatchResult, BranchResult
from pylibretro.core_spec import (
    JIT_MODES,
    OF_A_CORE_ALONE,
    CoreSpec,
    core_signature,
    core_spec_from,
    described_arguments,
)
from pylibretro.frontend.call_record import (
    RecordedCalls,
    RecordedCommand,
    RecordedEntry,
    RecordedPicture,
    RecordedQuery,
    RecordedStateSize,
)
from pylibretro.picture.capture import Capture
from pylibretro.memory.cheats import Cheat
from pylibretro.content.content import explain_refusal as hint_at_refusal
from pylibretro.content.content import extension_of, resolve_content
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
    CoreForkedError,
    CoreNotFoundError,
    CoreShutdownError,
    DiskError,
    InvalidCoreError,
    LibretroError,
    OptionError,
    ProtocolError,
    RuleError,
    StateError,
    UnknownOptionError,
)
from pylibretro.picture.hardware import HardwareContext, preferred_context_type
from pylibretro.input.input import Controller, InputDescriptor
from pylibretro.peripherals.camera import check_pictures
from pylibretro.peripherals.location import LocationPosition, check_position
from pylibretro.peripherals.microphones import check_samples
from pylibretro.content.lookup import LIBRARY_SUFFIX, find_core
from pylibretro.states.machine import HashedFile, HashedFiles, Machine
from pylibretro.memory.memory import MemoryDescriptor, ram_location
from pylibretro.memory.watch import watch_from
from pylibretro.frontend.messages import LogLine, Message
from pylibretro.peripherals.midi import MIDIPorts
from pylibretro.netpacket.transports import Netpacket
from pylibretro.picture.observation import Observation
from pylibretro.options.options import OptionCategory, OptionDefinition, unknown_option
from pylibretro.peripherals.power import DevicePower, check_power
from pylibretro.batch.processors import available_processors
from pylibretro.states.rewind import Rewind
from pylibretro.batch.rules import compile_rule
from pylibretro.states.run_ahead import RunAhead
from pylibretro.content.save_ram import SaveRAMFile
from pylibretro.peripherals.sensors import Sensors
from pylibretro.batch.skipping import proven_skips
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
from libc.string cimport memcmp, memcpy, memset, strcmp, strlen
from libc.string cimport memcmp, memcpy, memmove, memset, strchr, strcmp, strlen

from pylibretro.batch.engine cimport *
from pylibretro.frontend.frontend cimport *
from pylibretro.libretro cimport *


cdef extern from "Python.h":
    # Bytes that are filled in place and shortened before anybody else sees them.
    PyObject *new_bytes "PyBytes_FromStringAndSize"(const char *, Py_ssize_t) except NULL
    char *bytes_data "PyBytes_AS_STRING"(PyObject *)
    int resize_bytes "_PyBytes_Resize"(PyObject **, Py_ssize_t) except -1


_UINT8 = numpy.dtype(numpy.uint8)
_UINT16 = numpy.dtype(numpy.uint16)
_UINT32 = numpy.dtype(numpy.uint32)
_INT16 = numpy.dtype(numpy.int16)
_INT64 = numpy.dtype(numpy.int64)
_FLOAT32 = numpy.dtype(numpy.float32)
_FLOAT64 = numpy.dtype(numpy.float64)
_BOOL = numpy.dtype(numpy.bool_)


cdef void *array_data(object array) except? NULL:
    """Where the data of a contiguous array lies."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_SIMPLE)
    PyBuffer_Release(&view)  # the caller holds the array, which keeps its data where it is
    return view.buf


include "frontend/blocks.pxi"
include "picture/video.pxi"
include "picture/hardware.pxi"
include "sound/audio.pxi"
include "input/input.pxi"
include "input/keyboard.pxi"
include "peripherals/peripherals.pxi"
include "peripherals/microphones.pxi"
include "peripherals/camera.pxi"
include "peripherals/location.pxi"
include "peripherals/midi.pxi"
include "frontend/messages.pxi"
include "memory/memory.pxi"
include "options/options.pxi"
include "content/vfs.pxi"
include "frontend/host.pxi"
include "frontend/procedure.pxi"
include "content/content.pxi"
include "sound/timing.pxi"
include "netpacket/netpacket.pxi"
include "frontend/call_record.pxi"
include "frontend/arguments.pxi"
include "frontend/environment.pxi"
include "frontend/call.pxi"
include "content/disk.pxi"
include "content/subsystem.pxi"
include "memory/cheats.pxi"
include "memory/watch.pxi"
include "frontend/run.pxi"
include "movies/tape.pxi"
include "states/core_states.pxi"
include "states/state.pxi"
include "states/rewind.pxi"
include "states/run_ahead.pxi"
include "frontend/life.pxi"
include "batch/lanes.pxi"
include "batch/specs.pxi"
include "batch/prepare.pxi"
include "batch/results.pxi"
include "batch/core_batch.pxi"
include "batch/states.pxi"
include "batch/branches.pxi"


cdef platform_mutex lifecycle_lock  # cores share libc and the loader: one at a time is opened, initialised or closed
platform_mutex_init(&lifecycle_lock)
platform_watch_fork()
hardware_start()
simd_select()
cdef bytes _callbacks_library = os.fsencode(os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "frontend", "callbacks" + LIBRARY_SUFFIX))
frontend_callbacks_library = _callbacks_library
frontend_callbacks.environment = environment
frontend_callbacks.video_refresh = video_refresh
frontend_callbacks.audio_sample = audio_sample
frontend_callbacks.audio_sample_batch = audio_sample_batch
frontend_callbacks.audio_sample_batch_float = audio_sample_batch_float
frontend_callbacks.input_state = input_state
frontend_callbacks.set_rumble_state = set_rumble_state
frontend_callbacks.set_sensor_state = set_sensor_state
frontend_callbacks.get_sensor_input = get_sensor_input
frontend_callbacks.set_led_state = set_led_state
frontend_callbacks.midi_input_enabled = midi_input_enabled
frontend_callbacks.midi_output_enabled = midi_output_enabled
frontend_callbacks.midi_read = midi_read
frontend_callbacks.midi_write = midi_write
frontend_callbacks.midi_flush = midi_flush
frontend_callbacks.open_mic = open_microphone
frontend_callbacks.camera_start = camera_start
frontend_callbacks.camera_stop = camera_stop
frontend_callbacks.location_start = location_start
frontend_callbacks.location_stop = location_stop
frontend_callbacks.location_get_position = location_get_position
frontend_callbacks.location_set_interval = location_set_interval

_open_cores = weakref.WeakSet()
_LOG_LINES_KEPT = 1000
_MESSAGES_KEPT = 256


def _before_fork():
    with nogil:  # it may take a core's whole start until the lock is free
        platform_mutex_lock(&lifecycle_lock)
        hardware_before_fork()


def _after_fork():
    hardware_after_fork()
    platform_mutex_unlock(&lifecycle_lock)


# A child has only the thread that forked: a lock that another one holds would stay taken there, and what it guards half
# done. Not by pthread_atfork: that would wait with the GIL, and before glibc 2.36 with a lock that unloading needs.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


@atexit.register
def _close_open_cores():
    for core in list(_open_cores):
        try:
            core.close()
        except LibretroError:
            pass


@cython.no_gc_clear
cdef class Core:
    __doc__ = f"""A libretro core, loaded as a private instance: two Cores on the same file share nothing.

Args:
{described_arguments()}

Raises:
    CoreNotFoundError: There is no such core.
    InvalidCoreError: The file is no libretro core that this process can load.
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

    cdef frontend *f
    cdef readonly object path
    """Path of the core's file, absolute."""
    cdef readonly str name
    """Short name of the core, such as "snes9x"."""
    cdef object system_info, content, scratch, logger, log_lines, message_list, save_files, subsystem
    cdef object message_hook, wanted_options, library_name, transport, port
    cdef list loaded, contents, more_disks
    cdef dict cheat_list
    cdef tuple initial_disk
    cdef object rewind_settings, run_ahead_settings
    cdef object opened_with  # a CoreSpec
    cdef dict plugged
    cdef Core second
    cdef bint begun
    cdef bint closing
    cdef bint torn_down
    cdef bint keeps_file_operations
    cdef Py_ssize_t loans
    cdef set state_sizes
    cdef BlockPool pool
    cdef StatePool states
    cdef object machine
    cdef Sources sources
    cdef Tape tape
    cdef bint departed  # from what loading the content made of the machine, by other things than frames
    cdef object __weakref__

    def __cinit__(self, *args, **kwargs):
        self.f = <frontend *> calloc(1, sizeof(frontend))
        if self.f is NULL:
            raise MemoryError("no memory for a Core")
        self.f.fork_generation = platform_fork_generation()
        platform_mutex_init(&self.f.lock)
        platform_mutex_init(&self.f.host.lock)
        self.log_lines = deque(maxlen=_LOG_LINES_KEPT)
        self.message_list = deque(maxlen=_MESSAGES_KEPT)
        self.closing = True

    def __init__(self, path, content=None, **arguments):
        if self.begun:
            raise TypeError("a Core is opened once, by its constructor")
        self.begun = True
        spec = core_spec_from(path, content, arguments)
        self.opened_with = spec
        self.message_hook = spec.on_message
        self.state_sizes = set()
        self.loaded = []
        self.contents = []
        self.more_disks = []
        self.save_files = []
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
            link_core(self, spec.host.clock, spec.record_calls)
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
        """What this Core was opened with, a `CoreSpec`; with the content that `load_game` has loaded.

        >>> from pylibretro import Core
        >>> with Core("2048", options={"2048_seed": "7"}) as core, Core(core.spec) as other:
        ...     other.options["2048_seed"]
        '7'
        """
        self.check()
        return self.opened_with

    # ---- life ------------------------------------------------------------------------------------------------------

    def load_game(self, content, *, content_name=None, controllers=None, subsystem=None):
        """Load the content of a core that was opened without (`retro_load_game`).

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

    def close(self):
        """Unload content and core, and write save RAM to `save_dir`; closing again does nothing.

        Raises:
            CoreBusyError: Another thread is inside this Core.
            OSError: Save RAM could not be written; the Core is closed all the same.
        """
        if self.closing or self.torn_down:
            return
        if self.f.fork_generation != platform_fork_generation():
            self.closing = True  # the parent's: unloading it here would run its code in a process without its threads
            self.torn_down = True
            return
        self.enter()
        problem = None
        try:
            if self.save_files and self.f.phase == FRONTEND_LOADED and not self.f.crashed:
                try:
                    write_save_ram(self)
                except OSError as error:
                    problem = error
            self.closing = True
        finally:
            self.leave()
        close_second(self)
        _open_cores.discard(self)
        if self.loans == 0:
            tear_down_core(self)
        if problem is not None:
            raise problem

    def flush_save_ram(self):
        """Write save RAM to `<save_dir>/<content>.srm` now, if it changed; `close()` does so too.

        The clock of a cartridge, where the core has one, goes to `<content>.rtc`. A subsystem has a file for each of
        its memories, with the extension that the core gives it.

        Raises:
            OSError: The file could not be written.
        """
        self.enter_loaded()
        try:
            write_save_ram(self)
        finally:
            self.leave()

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

    def __repr__(self):
        if self.closed:
            return f"<pylibretro.Core {self.name} (closed)>"
        content = f" with {self.content.display_name}" if self.content is not None else ""
        return f"<pylibretro.Core {self.name}{content}, frame {frontend_frames(self.f)}>"

    # ---- states that a call needs ----------------------------------------------------------------------------------

    cdef int check(self) except -1:
        if self.closing or self.torn_down:
            raise ClosedError(f"this Core ({self.name}) has been closed; open a new one")
        if self.f.fork_generation != platform_fork_generation():
            raise CoreForkedError(f"this Core ({self.name}) was opened before fork() and belongs to the parent "
                                  f"process; open one in the child")
        return 0

    cdef int check_loaded(self) except -1:
        self.check()
        if self.f.phase < FRONTEND_LOADED:
            raise ContentError(f"{self.name} has no content yet; open it with content, or call load_game "
                               f"(it takes: {', '.join(self.system_info.extensions) or 'anything'})")
        return self.check_not_crashed()

    cdef int check_not_crashed(self) except -1:
        if self.f.crashed:
            raise CoreCrashedError(f"{self.name} crashed before and can only be closed: "
                                   f"{(<char *> self.f.guard.message).decode('utf-8', 'replace')}")
        return 0

    cdef int check_running(self) except -1:
        self.check_loaded()
        if self.f.shutdown:
            raise CoreShutdownError(f"{self.name} asked to shut down and cannot run any more; close it")
        return 0

    cdef int enter(self) except -1:
        self.check()
        if platform_atomic_exchange(&self.f.busy, 1):
            if self.f.busy_thread == platform_thread_id():
                raise CoreBusyError(f"this Core ({self.name}) was called from inside one of its own calls, such as a "
                                    f"log handler or on_message; call it after run() has returned")
            raise CoreBusyError(f"another thread is inside this Core ({self.name}); one Core is one thread's at a time")
        self.f.busy_thread = platform_thread_id()
        if self.closing:  # while this thread was on its way in
            self.leave()
            self.check()
        return 0

    cdef int enter_alive(self) except -1:
        self.check()
        self.check_not_crashed()
        return self.enter()

    cdef int enter_loaded(self) except -1:
        self.check_loaded()
        return self.enter()

    cdef int enter_running(self) except -1:
        self.check_running()
        return self.enter()

    cdef void leave(self) noexcept:
        self.f.busy_thread = 0
        platform_atomic_store(&self.f.busy, 0)

    cdef void lock(self) noexcept:
        with nogil:  # whoever holds it may be waiting for the GIL
            platform_mutex_lock(&self.f.lock)

    cdef void unlock(self) noexcept:
        platform_mutex_unlock(&self.f.lock)

    # ---- calls into the core ---------------------------------------------------------------------------------------

    cdef int call(self, void (*function)(void *) noexcept nogil, core_request *request) except -1:
        cdef int outcome
        request.f = self.f
        if function != request_memory:
            note_call(self.f)
        with nogil:
            outcome = frontend_call(self.f, function, request)
        deliver_messages(self)
        if outcome != GUARD_OK:
            self.raise_crash(outcome)
        return 0

    cdef int call_alone(self, void (*function)(void *) noexcept nogil, core_request *request) except -1:
        cdef int outcome
        request.f = self.f
        with nogil:
            platform_mutex_lock(&lifecycle_lock)
            outcome = frontend_call(self.f, function, request)
            platform_mutex_unlock(&lifecycle_lock)
        deliver_messages(self)
        if outcome != GUARD_OK:
            self.raise_crash(outcome)
        return 0

    cdef int raise_crash(self, int outcome) except -1:
        if outcome == FRONTEND_NO_CONTEXT:
            failure = (<char *> self.f.hardware.failure).decode("utf-8", "replace")
            raise LibretroError(f"{self.name} cannot draw: {failure}")
        what = {GUARD_EXCEPTION: "threw a C++ exception", GUARD_ABORTED: "aborted", GUARD_EXITED: "exited"}[outcome]
        message = (<char *> self.f.guard.message).decode("utf-8", "replace")
        raise CoreCrashedError(f"{self.name} {what}: {message}{last_words(self)}")

    cdef int report(self) except -1:
        """Raise what went wrong in the frames that have just run."""
        if self.f.out_of_memory:
            self.f.out_of_memory = False
            raise MemoryError(f"no memory for what {self.name} sent: {self.f.audio.frames} audio frames are kept")
        if self.f.violation[0]:
            violation = (<char *> self.f.violation).decode("utf-8", "replace")
            self.f.violation[0] = 0
            raise ProtocolError(f"{self.name} broke a rule of libretro: {violation}")
        return 0

    # ---- running ---------------------------------------------------------------------------------------------------

    def run(self, frames=1, inputs=None):
        """Run frames without the GIL (`retro_run`), and keep the last picture and all samples.

        Args:
            frames: How many frames to run.
            inputs: Input of each frame instead of the live input: (frames,) or (frames, ports) uint16 joypad masks, or
                the same shapes of records with the dtype `pylibretro.PORT_INPUT`. Ports beyond it and, with masks,
                devices other than the joypad keep their live input.

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
            out: A (n, H, W, 3) uint8 C-contiguous array to write into instead of a new one.
            audio: Whether to return all samples and where each picture's begin.
            watch: Values to read after each picture: a sequence of `(address, type)`, or a mapping from name to such
                pairs; see `Memory.read`.

        Returns:
            A `Capture`.

        Raises:
            ValueError: `out` has another shape than the pictures need.
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
        cdef CaptureSink sink
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
            return picture_as_rgb(self.f, self.pool) if self.f.video.has_picture else None
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
            return picture_as_sent(self.f, self.pool) if self.f.video.has_picture else None
        finally:
            self.leave()

    @property
    def pixel_format(self):
        """The format of `raw_frame`, a `PixelFormat` (`RETRO_ENVIRONMENT_SET_PIXEL_FORMAT`)."""
        self.check()
        from pylibretro.enums import PixelFormat
        return PixelFormat(self.f.video.picture_format if self.f.video.has_picture else self.f.video.pixel_format)

    @property
    def rotation(self):
        """Quarter turns, counter-clockwise, by which `frame` was turned (`RETRO_ENVIRONMENT_SET_ROTATION`)."""
        self.check()
        return self.f.video.picture_rotation if self.f.video.has_picture else self.f.video.rotation

    @property
    def frame_count(self):
        """Frames run since the content was loaded."""
        self.check()
        return frontend_frames(self.f)

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
        """All samples of the last `run` or `capture`, as sent with `Display(float_audio=True)`: (n, 2) float32.

        Samples that a core sends as integers are there, too, in steps of 1/32768 from -1. `audio` holds the nearest of
        these steps, of two the one farther from 0; numbers beyond -1 and 32767/32768 become these, and what is no
        number becomes 0
        (`RETRO_ENVIRONMENT_GET_AUDIO_SAMPLE_BATCH_FLOAT`).

        Raises:
            LibretroError: The Core was not opened with `Display(float_audio=True)`.
        """
        self.enter_loaded()
        try:
            if not self.f.audio.keeps_floats:
                raise LibretroError(f"this Core ({self.name}) keeps no floating-point sound; open it with "
                                    f"display=Display(float_audio=True)")
            return audio_as_floats(self.f, self.pool)
        finally:
            self.leave()

    # ---- time ------------------------------------------------------------------------------------------------------

    @property
    def throttle(self):
        """How fast the core is told that frames run, a `ThrottleState` (`RETRO_ENVIRONMENT_GET_THROTTLE_STATE`).

        It changes nothing but the answer, which some cores act on. Set it to a `ThrottleState` or a `ThrottleMode`.

        >>> from pylibretro import Core, ThrottleMode, ThrottleState
        >>> with Core("2048") as core:
        ...     core.throttle.mode is ThrottleMode.UNBLOCKED
        ...     core.throttle = ThrottleState(ThrottleMode.VSYNC, 60.0)
        True
        """
        self.check()
        return throttle_of(self.f)

    @throttle.setter
    def throttle(self, value):
        self.check()
        use_throttle(self.f, value)

    @property
    def fast_forwarding(self):
        """Whether the core is told that frames run as fast as they can (`RETRO_ENVIRONMENT_GET_FASTFORWARDING`)."""
        self.check()
        return bool(self.f.timing.fast_forwarding)

    @fast_forwarding.setter
    def fast_forwarding(self, value):
        self.check()
        self.f.timing.fast_forwarding = bool(value)

    @property
    def fast_forwarding_override(self):
        """How the core wants to be run faster, a `FastForwardingOverride`; None if it has said nothing.

        (`RETRO_ENVIRONMENT_SET_FASTFORWARDING_OVERRIDE`)
        """
        self.check()
        return override_of(self.f)

    @property
    def refresh_rate(self):
        """Pictures a second of the display that the core is told of (`RETRO_ENVIRONMENT_GET_TARGET_REFRESH_RATE`)."""
        self.check()
        return self.f.timing.refresh_rate

    @refresh_rate.setter
    def refresh_rate(self, value):
        self.check()
        self.f.timing.refresh_rate = checked_refresh_rate(value)

    @property
    def performance_level(self):
        """How demanding the core says it is, 0 until it does (`RETRO_ENVIRONMENT_SET_PERFORMANCE_LEVEL`)."""
        self.check()
        return self.f.performance_level

    @property
    def performance_counters(self):
        """What the core has measured of itself: a list of `PerformanceCounter`.

        (`RETRO_ENVIRONMENT_GET_PERF_INTERFACE`) The clock that it measures with is the instance's own unless the
        Core was opened with `real_time=True`.
        """
        self.enter_loaded()
        try:
            return counters_of(self)
        finally:
            self.leave()

    @property
    def audio_buffer_occupancy(self):
        """How full the core is told that the buffer of the sound is, in per cent; None for no sound.

        Below 25 it is also told that the buffer may run dry, and some cores then leave out pictures. 50 unless set
        (`RETRO_ENVIRONMENT_SET_AUDIO_BUFFER_STATUS_CALLBACK`).
        """
        self.check()
        return self.f.timing.buffer_occupancy if self.f.timing.buffer_occupancy >= 0 else None

    @audio_buffer_occupancy.setter
    def audio_buffer_occupancy(self, value):
        self.check()
        use_buffer_occupancy(self.f, value)

    @property
    def minimum_audio_latency(self):
        """Milliseconds of sound that the core wants to be buffered, 0 for any number.

        (`RETRO_ENVIRONMENT_SET_MINIMUM_AUDIO_LATENCY`)
        """
        self.check()
        return self.f.minimum_audio_latency

    # ---- the time machine ------------------------------------------------------------------------------------------

    @property
    def rewind(self):
        """How much of the past is remembered for `step_back`, a `Rewind`; None for nothing.

        Setting it begins a new past, as `reset`, `load_state` and `restore` do.

        Raises:
            StateError: Set for a core that has no states.
        """
        self.check()
        return self.rewind_settings

    @rewind.setter
    def rewind(self, value):
        wanted = rewind_from(value)
        self.enter()
        try:
            use_rewind(self, wanted)
        finally:
            self.leave()

    @property
    def rewind_frames(self):
        """How many frames `step_back` can go back now."""
        self.enter()
        try:
            return frames_to_go_back(<rewind_history *> self.f.time_machine.rewind) \
                if self.f.time_machine.rewind is not NULL else 0
        finally:
            self.leave()

    @property
    def rewind_bytes(self):
        """How many bytes the past takes of the memory that `rewind` allows it."""
        self.enter()
        try:
            return (<rewind_history *> self.f.time_machine.rewind).ring.used \
                if self.f.time_machine.rewind is not NULL else 0
        finally:
            self.leave()

    @property
    def run_ahead(self):
        """How far the picture runs ahead of the machine, a `RunAhead`; None if it does not.

        A game answers to input some frames late. After each frame the core runs on with the input of now, so that
        `frame` shows what the machine will show so many frames later, and goes back; `audio` is the sound of the frame
        that is shown. With two instances a second, hidden one runs on, and `audio` is the sound of the machine.
        Everything else is of the machine itself: `frame_count`, memory, states, rumble.

        Set it to a number of frames, a `RunAhead`, or None.

        Raises:
            StateError: Set for a core that has no states.

        >>> from pylibretro import Core
        >>> with Core("2048", run_ahead=1) as core, Core("2048") as plain:
        ...     core.run(30)
        ...     plain.run(31)
        ...     bool((core.frame == plain.frame).all()), core.frame_count
        30
        31
        (True, 30)
        """
        self.check()
        return self.run_ahead_settings

    @run_ahead.setter
    def run_ahead(self, value):
        wanted = run_ahead_from(value)
        self.enter()
        try:
            use_run_ahead(self, wanted)
        finally:
            self.leave()

    def step_back(self, frames=1):
        """Go back in time, as far as `rewind` remembers, to the moment after an earlier frame.

        The machine and its memory are what they were when that moment passed, and so are `frame`, `frame_count` and
        `av_info`; `audio` is the sound of the last frame before it. What runs from there is what ran then, given the
        same inputs, as far as the core saves all that it needs (docs/time-machine.md). Options, plugged controllers,
        cheats and the live input stay as they are now.

        Args:
            frames: How many frames to go back. With a `Rewind.granularity` above 1, to the last moment remembered that
                is not later.

        Returns:
            How many frames it went back: fewer than asked for where the past does not reach so far.

        Raises:
            LibretroError: This Core remembers no past.
            StateError: The core refused one of its own states.

        >>> from pylibretro import Core, Joypad, Rewind
        >>> with Core("2048", rewind=Rewind()) as core:
        ...     core.run(10)
        ...     core.run(50, inputs=[Joypad.START] * 50)
        ...     core.step_back(50), core.frame_count, core.rewind_frames
        10
        50
        (50, 10, 10)
        """
        cdef Py_ssize_t count = frame_count_from(frames)
        self.enter_running()
        try:
            return step_core_back(self, count)
        finally:
            self.leave()

    # ---- input -----------------------------------------------------------------------------------------------------

    cdef port_input *live_port(self, unsigned port) noexcept:
        self.f.live_ports = max(self.f.live_ports, port + 1)
        return &self.f.live[port]

    def set_buttons(self, buttons, port=0):
        """Hold these joypad buttons until changed.

        Args:
            buttons: A mask of `Joypad` members, 0 to release all.
            port: The port, 0 to 15.

        >>> from pylibretro import Core, Joypad
        >>> with Core("2048") as core:
        ...     core.set_buttons(Joypad.A | Joypad.LEFT)
        """
        self.check()
        mask = operator.index(buttons)
        if not 0 <= mask <= 0xFFFF:
            raise ValueError(f"buttons is {mask}; a joypad mask is 0..65535")
        self.live_port(port_index(port)).joypad = mask

    def set_analog(self, port, stick, x, y):
        """Hold an analog stick until changed.

        Args:
            port: The port, 0 to 15.
            stick: `AnalogStick.LEFT` (0) or `AnalogStick.RIGHT` (1).
            x, y: -32768 (left, up) to 32767 (right, down).
        """
        self.check()
        index = operator.index(stick)
        if index not in (0, 1):
            raise ValueError(f"stick is {index}; a joypad has the sticks 0 (left) and 1 (right)")
        across, down = operator.index(x), operator.index(y)
        if not (-32768 <= across <= 32767 and -32768 <= down <= 32767):
            raise ValueError(f"x, y are {across}, {down}; a stick goes from -32768 to 32767")
        cdef port_input *record = self.live_port(port_index(port))
        record.analog[index][0] = across
        record.analog[index][1] = down

    @property
    def inputs(self):
        """The live input: a structured array with one record per port, dtype `pylibretro.PORT_INPUT`.

        Write into it to hold any device's state; it is latched when `run` starts. Assigning copies a whole array.
        """
        self.check()
        cdef CoreBuffer buffer = CoreBuffer.__new__(CoreBuffer)
        self.live_port(FRONTEND_PORTS - 1)
        buffer.data = self.f.live
        buffer.size = sizeof(self.f.live)
        buffer.core = self
        self.loans += 1
        return numpy.frombuffer(buffer, dtype=PORT_INPUT)

    @inputs.setter
    def inputs(self, value):
        self.inputs[:] = value

    @property
    def rumble(self):
        """How strongly each port's motors run: (16, 2) uint16, strong and weak (`retro_set_rumble_state_t`)."""
        self.check()
        array = numpy.empty((FRONTEND_PORTS, 2), dtype=numpy.uint16)
        memcpy(array_data(array), self.f.rumble, sizeof(self.f.rumble))
        return array

    @property
    def rumble_peak(self):
        """The strongest that each motor ran during the last `run` or `capture`: (16, 2) uint16, strong and weak.

        `rumble` is how they run after its last frame, when a short shock may be over.
        """
        self.check()
        array = numpy.empty((FRONTEND_PORTS, 2), dtype=numpy.uint16)
        memcpy(array_data(array), self.f.peripherals.rumble_peak, sizeof(self.f.peripherals.rumble_peak))
        return array

    @property
    def leds(self):
        """What the core shows on its LEDs: (32,) int32, 0 for off (`retro_set_led_state_t`)."""
        self.check()
        array = numpy.empty(PERIPHERAL_LEDS, dtype=numpy.int32)
        memcpy(array_data(array), self.f.peripherals.leds, sizeof(self.f.peripherals.leds))
        return array

    @property
    def sensors(self):
        """Which sensors the core has enabled: a `Sensors` for each port.

        What they measure is set as all input is: `inputs["accelerometer"]`, in g, and `inputs["gyroscope"]`, in rad/s,
        (16, 3) each, and `inputs["illuminance"]`, (16,), in lux. They are zero unless set: level, at rest, in the dark.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.inputs["illuminance"][0] = 300
        ...     core.sensors[0]
        Sensors(accelerometer=None, gyroscope=None, illuminance=None)
        """
        self.check()
        return sensors_of(self.f)

    @property
    def power(self):
        """What the core is told of the device's power: a `DevicePower`, None for nothing.

        May be set between frames.

        >>> from pylibretro import Core, DevicePower, PowerState
        >>> with Core("2048") as core:
        ...     core.power = DevicePower(PowerState.DISCHARGING, seconds=600, percent=7)
        """
        self.check()
        return power_of(self.f)

    @power.setter
    def power(self, value):
        self.enter()
        try:
            set_power(self.f, value)
        finally:
            self.leave()

    @property
    def microphones(self):
        """What the core can hear by: a tuple of `Microphone`, which the core opens in this order.

        >>> import numpy
        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.microphones[0].source = numpy.zeros(48000, numpy.int16)
        ...     core.microphones[0].open
        False
        """
        self.check()
        return microphones_of(self)

    @property
    def camera(self):
        """What the core can see by: a `Camera`.

        >>> import numpy
        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.camera.source = numpy.zeros((120, 160, 3), numpy.uint8)
        ...     core.camera.running
        False
        """
        self.check()
        return camera_of(self)

    @property
    def location(self):
        """Where the core believes to be: a `Location`.

        >>> from pylibretro import Core, LocationPosition
        >>> with Core("2048") as core:
        ...     core.location.position = LocationPosition(48.2082, 16.3738)
        ...     core.location.started
        False
        """
        self.check()
        return location_of(self)

    @property
    def midi(self):
        """What the core can play and listen to: a `MIDI`."""
        self.check()
        return MIDI(self)

    def type_text(self, text):
        """Send characters to the core's keyboard callback before the next frame, also those that no key has.

        Each is an event of the key `RETROK_UNKNOWN` with the character (`RETRO_ENVIRONMENT_SET_KEYBOARD_CALLBACK`).
        Keys held in `inputs["keyboard"]` are events by themselves, with the characters of an American keyboard.

        Args:
            text: The characters, at most 1024 for a frame.

        Raises:
            LibretroError: The core has not asked for keyboard events.
            CoreBusyError: Another thread is inside this Core.
        """
        self.enter_loaded()
        try:
            queue_text(self, text)
        finally:
            self.leave()

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
        self.enter_running()
        try:
            self.call(request_set_controller, &request)
            self.plugged[request.number] = request.device
            if self.second is not None:
                self.second.set_controller(port, device)
            if self.tape is not None:
                self.tape.note("controller", [request.number, request.device])
        finally:
            self.leave()

    @property
    def controllers(self):
        """What each port takes: a list per port of `Controller` (`RETRO_ENVIRONMENT_SET_CONTROLLER_INFO`)."""
        cdef size_t i
        self.check()
        ports = []
        self.lock()
        try:
            for i in range(self.f.controller_count):
                while len(ports) <= self.f.controllers[i].port:
                    ports.append([])
                ports[self.f.controllers[i].port].append(
                    Controller(self.f.controllers[i].id, text_or_none(self.f.controllers[i].description) or ""))
        finally:
            self.unlock()
        return ports

    @property
    def input_descriptors(self):
        """What the core calls its buttons: a list of `InputDescriptor`."""
        cdef size_t i
        self.check()
        self.lock()
        try:
            declared = []
            for i in range(self.f.descriptor_count):
                declared.append(InputDescriptor(self.f.descriptors[i].port, self.f.descriptors[i].device,
                                                self.f.descriptors[i].index, self.f.descriptors[i].id,
                                                text_or_none(self.f.descriptors[i].description) or ""))
            return declared
        finally:
            self.unlock()

    # ---- what the core is ------------------------------------------------------------------------------------------

    @property
    def info(self):
        """Name, version, extensions, need_fullpath and block_extract: a `SystemInfo`."""
        self.check()
        return self.system_info

    @property
    def av_info(self):
        """Frames per second, sample rate and geometry, as they are now: an `AVInfo`."""
        self.check_loaded()
        return AVInfo(self.f.av_info.timing.fps, self.f.av_info.timing.sample_rate, self.geometry)

    @property
    def geometry(self):
        """Sizes and aspect ratio of the picture, as they are now: a `Geometry`."""
        self.check_loaded()
        cdef retro_game_geometry *geometry = &self.f.av_info.geometry
        cdef double aspect = geometry.aspect_ratio
        if not aspect > 0:
            aspect = geometry.base_width / <double> geometry.base_height if geometry.base_height else 0.0
        return Geometry(geometry.base_width, geometry.base_height, geometry.max_width, geometry.max_height, aspect)

    @property
    def region(self):
        """NTSC or PAL (`retro_get_region`): a `Region`."""
        cdef core_request request
        memset(&request, 0, sizeof(core_request))
        self.enter_loaded()
        try:
            self.call(request_region, &request)
        finally:
            self.leave()
        try:
            return Region(request.number)
        except ValueError:
            return Region.NTSC

    @property
    def hardware(self):
        """The OpenGL context that the core draws with, a `HardwareContext`; None for one that draws by itself.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     print(core.hardware)
        None
        """
        self.enter_loaded()
        try:
            return hardware_as_tuple(self.f)
        finally:
            self.leave()

    @property
    def options(self):
        """The core's options, see `Options`."""
        return Options(self)

    @property
    def memory(self):
        """The core's memory, see `Memory`."""
        return Memory(self)

    @property
    def subsystems(self):
        """Ways to load several contents at once: a list of `Subsystem` (`RETRO_ENVIRONMENT_SET_SUBSYSTEM_INFO`)."""
        cdef size_t i
        self.check()
        self.lock()
        try:
            declared = []
            for i in range(self.f.subsystem_count):
                declared.append(subsystem_from(&self.f.subsystems[i]))
            return declared
        finally:
            self.unlock()

    @property
    def disk(self):
        """The disk drive, a `Disk`; None if the core cannot change disks."""
        self.check()
        return Disk(self) if controls_disks(self.f) else None

    @property
    def messages(self):
        """The last messages for the player, oldest first: a list of `Message`."""
        return list(self.message_list.copy())  # at once, also without a GIL

    def take_file_operations(self):
        """What the core has done through libretro's VFS since the last call: a list of `FileOperation`, oldest first.

        It is kept for a Core with `files=FilePolicy(record=True)`, the last 65536 operations at most that nobody has
        taken; a last "left out" counts any more.

        Raises:
            LibretroError: This Core keeps no such record.
            ClosedError: The Core has been closed.

        >>> from pylibretro import Core, FilePolicy
        >>> with Core("2048", files=FilePolicy(record=True)) as core:
        ...     core.run()
        ...     core.take_file_operations()
        1
        []
        """
        self.check()
        if not self.keeps_file_operations:
            raise LibretroError(f"this Core ({self.name}) records no file operations; open it with "
                                f"files=FilePolicy(record=True)")
        return take_file_operations(self.f)

    @property
    def netpacket(self):
        """The `NetpacketPort` by which `netpacket=` carries the core's packets; None without."""
        return self.port

    @property
    def recorded_calls(self):
        """What the core and its frontend have called of each other so far, as `RecordedCalls`.

        It is kept for a Core with `record_calls=True`, and can be read after `close()`, too.

        Raises:
            LibretroError: This Core keeps no such record.

        >>> from pylibretro import Core
        >>> with Core("2048", record_calls=True) as core:
        ...     core.run(3)
        ...     core.recorded_calls.entries["run"].calls
        3
        3
        """
        if self.f.calls is NULL:
            raise LibretroError(f"this Core ({self.name}) records no calls; open it with record_calls=True")
        return recorded_calls(self.f)

    @property
    def log(self):
        """The last lines of the core's log, oldest first: a list of `LogLine`.

        They also go to Python's `logging`, to the logger `pylibretro.<name>`.
        """
        return list(self.log_lines.copy())  # at once, also without a GIL

    @property
    def supports_no_game(self):
        """Whether the core starts without content (`RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME`)."""
        self.check()
        return bool(self.f.support_no_game)

    @property
    def serialization_quirks(self):
        """What the core says of its states, a `SerializationQuirk` (`RETRO_ENVIRONMENT_SET_SERIALIZATION_QUIRKS`).

        A `State` of a core that says SINGLE_SESSION is refused by every Core but the one that made it, and with
        ENDIAN_DEPENDENT or PLATFORM_DEPENDENT by machines of another kind. With MUST_INITIALIZE there are no states
        before the first frame; to load one into a new Core, a frame that nobody sees is run before. With
        CORE_VARIABLE_SIZE states of any size are tried.
        """
        self.check()
        said = SerializationQuirk(self.f.serialization_quirks)
        return said & ~SerializationQuirk.FRONT_VARIABLE_SIZE  # that one is ours to say

    @property
    def supports_achievements(self):
        """Whether the core says that achievements work with it; None if it says nothing.

        The libretro name is `RETRO_ENVIRONMENT_SET_SUPPORT_ACHIEVEMENTS`.
        """
        self.check()
        return bool(self.f.support_achievements) if self.f.told_of_achievements else None

    def proc_address(self, name):
        """Return the address of a function that the core offers beside libretro's, as an int, or None.

        The libretro names are `RETRO_ENVIRONMENT_SET_PROC_ADDRESS_CALLBACK` and `retro_get_proc_address_t`. To call it
        use `procedure`: an exception that a core throws into a `ctypes` call ends the process.

        Args:
            name: The name of the function.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     print(core.proc_address("a_function"))
        None
        """
        return find_procedure(self, name) or None

    def procedure(self, name, prototype):
        """Return a function that the core offers beside libretro's, to be called from Python.

        Args:
            name: The name of the function.
            prototype: Its type, as `ctypes.CFUNCTYPE` makes it: `CFUNCTYPE(c_int, c_char_p)` for
                `int function(const char *)`. At most 6 arguments; integers, floats, doubles and pointers.

        Returns:
            A `Procedure`.

        Raises:
            LibretroError: The core offers no such function.
            TypeError: `prototype` is no such type, or a function with it cannot be called.
        """
        return new_procedure(self, name, prototype)

    @property
    def shut_down(self):
        """Whether the core has asked to shut down (`RETRO_ENVIRONMENT_SHUTDOWN`)."""
        self.check()
        return bool(self.f.shutdown)

    # ---- states, cheats, reset -------------------------------------------------------------------------------------

    @property
    def state_size(self):
        """Bytes of a state now (`retro_serialize_size`); cores may change it. 0 if the core has no states."""
        self.enter_running()
        try:
            return size_of_state(self)
        finally:
            self.leave()

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
            state: A bytes-like object, complete and from the same core and content.

        Raises:
            StateError: The state has the wrong size, or the core refused it.
        """
        self.enter_running()
        try:
            self.departed = True
            load_bytes(self, state)
            if self.tape is not None:
                self.tape.note("state", take_snapshot(self))
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
        """
        if not isinstance(state, State):
            raise TypeError(f"state is {type(state).__name__}; a State is needed, as snapshot returns it (load_state "
                            f"takes bytes)")
        self.enter_running()
        try:
            self.departed = True
            restore_state(self, state)
            if self.tape is not None:
                self.tape.note("state", state)
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
                self.tape.note("reset", None)
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
        if option_text(code) is None:
            raise ValueError(f"code is {code!r}; text for a core cannot hold a NUL or half a surrogate pair")
        number = operator.index(index)
        if not 0 <= number < 1 << 31:
            raise ValueError(f"index is {number}; cheats are counted from 0")
        self.enter_running()
        try:
            give_cheat(self, number, code, bool(enabled))
            self.cheat_list[number] = Cheat(code, bool(enabled))
            if self.tape is not None:
                self.tape.note("cheat", [number, code, bool(enabled)])
        finally:
            self.leave()

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
        self.enter_running()
        try:
            if number not in self.cheat_list:
                raise ValueError(f"index is {number}, and there is no such cheat; there are "
                                 f"{sorted(self.cheat_list) or 'none'}")
            self.cheat_list[number] = self.cheat_list[number]._replace(enabled=bool(enabled))
            apply_cheats(self)
            if self.tape is not None:
                self.tape.note("enable_cheat", [number, bool(enabled)])
        finally:
            self.leave()

    @property
    def cheats(self):
        """The cheats that were set: a dict from number to `Cheat`."""
        self.check()
        return dict(sorted(self.cheat_list.items()))

    def reset_cheats(self):
        """Forget all cheats (`retro_cheat_reset`)."""
        self.enter_running()
        try:
            forget_cheats(self)
            self.cheat_list.clear()
            if self.tape is not None:
                self.tape.note("reset_cheats", None)
        finally:
            self.leave()
