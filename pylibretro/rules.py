"""The name by which users import `batch.rules` and `memory.watch`."""

from pylibretro.batch.rules import *
from pylibretro.memory.watch import *
