"""Devices beside the pad: microphones, cameras, MIDI, sensors, location, power."""
