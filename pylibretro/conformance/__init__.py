"""What a core does wrong or unusually, found by running it in processes of its own."""

from pylibretro.conformance.check import *
