"""What a core does wrong or unusually, found by running it in separate processes."""

from pylibretro.conformance.check import *
