"""The name by which users import: see `pylibretro.envs.pufferlib`."""

from pylibretro.envs.pufferlib import *
