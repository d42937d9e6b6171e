"""The name by which pickled States know `Machine`: see `pylibretro.states.machine`."""

from pylibretro.states.machine import *
