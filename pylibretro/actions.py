"""The name by which users import: see `pylibretro.envs.actions`."""

from pylibretro.envs.actions import *
