# cython: language_level=3, auto_pickle=False, freethreading_compatible=True
"""Steps many Cores together with native threads, on top of `pylibretro._core`."""

import atexit
import operator
import os
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy

from pylibretro._core import Core
from pylibretro.batch.processors import available_processors
from pylibretro.batch.restoring import PARTS as _PARTS
from pylibretro.batch.restoring import SEEN_PARTS as _SEEN_PARTS
from pylibretro.batch.restoring import compare_restoring
from pylibretro.batch.results import BatchResult, BranchResult
from pylibretro.batch.rules import Bank, compile_rule
from pylibretro.batch.skipping import SkippedWork, allowed_work, checked_skips, proven_work, work_with_going_back
from pylibretro.batch.skipping import Proven as _Proven
from pylibretro.content.lookup import find_core
from pylibretro.core_spec import OF_A_CORE_ALONE, CoreSpec, core_spec_from
from pylibretro.error import (
    AddressError,
    ClosedError,
    CoreBusyError,
    CoreForkedError,
    CoreNotFoundError,
    LibretroError,
    RuleError,
    StateError,
)
from pylibretro.frontend.output_arrays import array_over, output_array
from pylibretro.skips.enable_bits import proven_skips
from pylibretro.picture import observation as observation_names
from pylibretro.picture.observation import Observation
from pylibretro.sound.audio_window import AudioWindow

cimport cython
from cpython.buffer cimport PyObject_CheckBuffer
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memset

from pylibretro._core cimport *
from pylibretro.batch.engine cimport *
from pylibretro.frontend.arrays cimport array_data

simd_force(chosen_simd_level())

# The floors, lowest first: a file uses what is defined above it, and nothing below.
# input and lengths of steps
include "inputs.pxi"
# one core of a batch, as its thread steps it
include "lanes.pxi"
# the arrays that a step fills
include "results.pxi"
# what cores leave out of frames
include "skipped_work.pxi"
# what a batch is asked for, and opening its Cores
include "specs.pxi"
# lanes made ready: rules, watches, observers, windows of sound
include "prepare.pxi"
# whose turn it is, and a step of all cores
include "batch_base.pxi"
# states of many cores
include "states.pxi"
# cores that are opened again
include "reopening.pxi"
# sequences of inputs that are tried
include "branches.pxi"
# CoreBatch
include "core_batch.pxi"
