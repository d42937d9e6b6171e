"""The name by which users import: see `pylibretro.batch.rules`."""

from pylibretro.batch.rules import *
