"""How much of a core is looked at: known to the process that runs it and to the one that judges."""

REPLAY_FRAMES = 120
# Restored states are looked at after frames of no round number: some machines show every third.
FRAMES_BEFORE_STATE = 31
FRAMES_OF_OTHER_PLAY = 97
RESTORED_FRAMES = 300
FRAMES_UNTIL_STATES = 10
CYCLES = 8
