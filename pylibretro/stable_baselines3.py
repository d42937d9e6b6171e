"""The name by which users import: see `pylibretro.envs.stable_baselines3`."""

from pylibretro.envs.stable_baselines3 import *
