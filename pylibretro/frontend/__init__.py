"""The frontend of one core: its callbacks, environment commands, life and run loop."""
